"""Documents on which the server fails: soon asked for again, and given up for now when it goes on failing."""

from datetime import timedelta

import pytest

from pricewatch_pipeline.demo.sec_values import EdgarFiling
from pricewatch_pipeline.domain.filing_retries import FAILURES_BORNE, wait_after
from pricewatch_pipeline.domain.filings import FilingState
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, owner, sale
from pricewatch_pipeline_tests.unit.providers.sec_form4.edgar import Edgar, document_path, failing

APPLE = entity(320193, "Apple Inc.", "AAPL")
COOK = owner(1214156, "COOK TIMOTHY D")
AN_HOUR = timedelta(hours=1)


def sold(number: int) -> EdgarFiling:
    return filing_by(COOK, APPLE, sale("10", "100", on="2026-11-17"), accession=f"0000320193-26-{number:06}")


@pytest.fixture
def edgar() -> Edgar:
    """Two filings; the document of the newer one fails."""
    edgar = Edgar(APPLE)
    edgar.file(sold(1), sold(2))
    edgar.instead[document_path(sold(2))] = failing(Outcome.TRANSPORT, "it answered 503")
    return edgar


def checks(edgar: Edgar, count: int) -> list[Outcome]:
    return [edgar.check("AAPL").outcome for _ in range(count)]


def is_asked_for(edgar: Edgar) -> bool:
    return document_path(sold(2)) in edgar.paths()


def test_a_document_that_fails_for_ever_costs_so_many_checks_their_price_and_no_more(edgar: Edgar) -> None:
    assert checks(edgar, FAILURES_BORNE - 1) == [Outcome.TRANSPORT] * (FAILURES_BORNE - 1)
    reading = edgar.check("AAPL")
    assert reading.outcome is Outcome.OK
    row = reading.details[0].row
    assert (row["gone"], row["remaining"]) == (1, 0)
    assert row["problem"] == ("the document of 0000320193-26-000002 could not be had again and again: it answered 503")
    assert edgar.shelf.states()[sold(2).accession] is FilingState.GONE


def test_what_was_given_up_is_asked_for_ever_more_rarely_and_may_come_at_last(edgar: Edgar) -> None:
    checks(edgar, FAILURES_BORNE)
    assert is_asked_for(edgar)
    assert checks(edgar, 1) == [Outcome.OK]
    assert not is_asked_for(edgar)
    for attempts in (1, 2):
        edgar.now += wait_after(attempts) or AN_HOUR
        assert checks(edgar, 2) == [Outcome.OK, Outcome.OK]
        assert edgar.paths().count(document_path(sold(2))) == 1
    edgar.instead.clear()
    edgar.now += timedelta(days=1)
    checks(edgar, 1)
    assert edgar.shelf.states()[sold(2).accession] is FilingState.READ


def test_a_document_that_was_not_there_and_fails_now_fails_no_check(edgar: Edgar) -> None:
    fails = edgar.instead[document_path(sold(2))]
    edgar.instead[document_path(sold(2))] = failing(Outcome.NOT_FOUND, status=404)
    assert checks(edgar, 1) == [Outcome.OK]
    edgar.instead[document_path(sold(2))] = fails
    edgar.now += AN_HOUR
    assert checks(edgar, 1) == [Outcome.OK]
    assert edgar.shelf.filings[sold(2).accession].attempts == 2


def test_failures_before_a_document_was_not_there_do_not_make_it_come_later(edgar: Edgar) -> None:
    checks(edgar, FAILURES_BORNE - 1)
    edgar.instead[document_path(sold(2))] = failing(Outcome.NOT_FOUND, status=404)
    assert checks(edgar, 1) == [Outcome.OK]
    assert edgar.shelf.filings[sold(2).accession].retry_at == edgar.now + AN_HOUR
