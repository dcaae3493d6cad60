"""The documents of a check: which are asked for, what becomes of each, and how a check ends that cannot have them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from pricewatch_pipeline.demo.sec_documents import ownership_xml, submission_text
from pricewatch_pipeline.demo.sec_values import EdgarFiling
from pricewatch_pipeline.domain.filings import LONGEST_PART, MOST_A_CHECK, FilingState, ListedFiling
from pricewatch_pipeline.domain.insiders import ParsedFiling
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.providers.sec_form4 import SecForm4Provider
from pricewatch_pipeline_tests.support.sec_site import filing_by, owner, purchase
from pricewatch_pipeline_tests.unit.providers.sec_form4.edgar import (
    APPLE,
    OTHER,
    Edgar,
    document_path,
    failing,
    feed_path,
    row_of,
    serving,
    sold,
)


@pytest.fixture
def edgar() -> Edgar:
    return Edgar(APPLE, OTHER)


def test_a_document_that_vanished_is_counted_and_asked_for_again_later(edgar: Edgar) -> None:
    gone = sold()
    edgar.file(gone, sold(number=2, on="2026-11-16", price="170"))
    edgar.instead[document_path(gone)] = failing(Outcome.NOT_FOUND, "404", status=404)
    reading = edgar.check("AAPL")
    assert reading.outcome is Outcome.OK
    assert reading.offer is not None
    assert reading.offer.price == 170
    assert (row_of(reading)["gone"], reading.remaining) == (1, 0)
    assert row_of(reading)["problem"] == "the document of 0000320193-26-000001 is not there: 404"
    edgar.instead.clear()
    edgar.check("AAPL")
    assert edgar.shelf.states()[gone.accession] is FilingState.GONE
    edgar.now += timedelta(hours=1)
    edgar.check("AAPL")
    assert edgar.shelf.states()[gone.accession] is FilingState.READ


def truncated(filed: EdgarFiling) -> bytes:
    assert filed.filing is not None
    return ownership_xml(filed.filing)[:700]


def bomb(_: EdgarFiling) -> bytes:
    return b'<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><ownershipDocument>&b;</ownershipDocument>'


@pytest.mark.parametrize("spoil", [truncated, bomb, lambda _: b"", lambda _: b"<html><body>moved</body></html>"])
def test_a_document_that_cannot_be_read_is_counted_and_fails_nothing(
    edgar: Edgar, spoil: Callable[[EdgarFiling], bytes]
) -> None:
    bad = sold()
    edgar.file(bad, sold(number=2, on="2026-11-16"))
    edgar.instead[document_path(bad)] = serving(spoil(bad))
    reading = edgar.check("AAPL")
    assert reading.outcome is Outcome.OK
    assert (row_of(reading)["unreadable"], row_of(reading)["read"]) == (1, 1)
    assert edgar.shelf.states()[bad.accession] is FilingState.UNREADABLE


def test_a_filing_that_cannot_be_stored_is_counted_as_one_that_cannot_be_read(edgar: Edgar) -> None:
    bad = sold()
    edgar.file(bad, sold(number=2, on="2026-11-16"))
    edgar.shelf.refused[bad.accession] = "It cannot be stored: two rows have one number"
    told = row_of(edgar.check("AAPL"))
    assert (told["unreadable"], told["read"]) == (1, 1)
    assert "It cannot be stored: two rows have one number" in told["problem"]


def test_a_document_that_is_too_large_is_one_that_cannot_be_read(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.instead[document_path(sold())] = failing(Outcome.TOO_LARGE)
    assert row_of(edgar.check("AAPL"))["unreadable"] == 1


def test_the_text_of_a_submission_that_names_another_filing_is_not_that_one(edgar: Edgar) -> None:
    asked, other = sold(), sold(number=2)
    edgar.file(asked)
    edgar.instead[document_path(asked)] = serving(submission_text(other, {}))
    edgar.check("AAPL")
    assert edgar.shelf.filings[asked.accession].state is FilingState.UNREADABLE
    error = edgar.shelf.filings[asked.accession].error
    assert error == "the document is that of another filing: it names 0000320193-26-000002"


@pytest.mark.parametrize("outcome", [Outcome.RATE_LIMITED, Outcome.BLOCKED, Outcome.ROBOTS, Outcome.PROVIDER_ERROR])
def test_a_refusal_ends_the_check_at_once_and_what_was_read_stays(edgar: Edgar, outcome: Outcome) -> None:
    filings = [sold(number=number) for number in (1, 2, 3)]
    edgar.file(*filings)
    edgar.instead[document_path(filings[1])] = failing(outcome, "no more")
    reading = edgar.check("AAPL")
    assert (reading.outcome, reading.error, reading.offer, reading.remaining) == (outcome, "no more", None, 0)
    assert (row_of(reading)["read"], row_of(reading)["remaining"], row_of(reading)["outcome"]) == (1, 2, outcome)
    assert edgar.shelf.kept == [filings[2].accession]
    assert [each.outcome for each in reading.pages] == [outcome]
    edgar.instead.clear()
    edgar.paths()
    edgar.check("AAPL")
    assert edgar.paths() == [feed_path(APPLE.cik), document_path(filings[1]), document_path(filings[0])]


def test_a_failed_document_is_no_reason_not_to_read_the_others(edgar: Edgar) -> None:
    filings = [sold(number=number) for number in range(1, 6)]
    edgar.file(*filings)
    for filed in (filings[4], filings[2]):
        edgar.instead[document_path(filed)] = failing(Outcome.TIMEOUT, "too slow")
    reading = edgar.check("AAPL")
    assert (reading.outcome, reading.error) == (
        Outcome.TIMEOUT,
        "2 of 5 documents could not be had, the last one: too slow",
    )
    assert len(edgar.shelf.kept) == 3


def test_three_failures_in_a_row_are_enough(edgar: Edgar) -> None:
    filings = [sold(number=number) for number in range(1, 6)]
    edgar.file(*filings)
    for filed in filings[:4]:
        edgar.instead[document_path(filed)] = failing(Outcome.TRANSPORT, "503")
    assert edgar.check("AAPL").outcome is Outcome.TRANSPORT
    assert edgar.paths()[2:] == [document_path(filed) for filed in reversed(filings[1:])]


def rest(_: PageRequest) -> Page:
    raise HostResting("sec.gov", until=None, reason="it asked for it")


def test_a_host_that_rests_after_something_was_read_leaves_the_rest_for_later(edgar: Edgar) -> None:
    filings = [sold(number=number) for number in (1, 2, 3)]
    edgar.file(*filings)
    edgar.instead[document_path(filings[1])] = rest
    reading = edgar.check("AAPL")
    assert (reading.outcome, reading.remaining) == (Outcome.OK, 2)
    assert reading.offer is not None
    assert reading.offer.reason is not None
    assert reading.offer.reason.endswith("2 filings still to be read")
    with pytest.raises(HostResting):
        edgar.check("AAPL")  # nothing was read: the watch is given back


def test_a_check_reads_so_many_and_leaves_the_others_to_the_next(edgar: Edgar) -> None:
    edgar.file(*(sold(number=number) for number in range(1, MOST_A_CHECK + 4)))

    def read(_: bytes, *, listed: ListedFiling | None = None) -> ParsedFiling:
        return ParsedFiling(outcome=Outcome.UNREADABLE, error="not looked at")

    setattr(edgar.provider, "read", read)  # noqa: B010 - four hundred documents are not what this is about
    reading = edgar.check("AAPL")
    assert (reading.remaining, row_of(reading)["unreadable"]) == (3, MOST_A_CHECK)
    assert edgar.check("AAPL").remaining == 0


def test_a_check_stops_in_time(edgar: Edgar) -> None:
    edgar.file(*(sold(number=number) for number in range(1, 12)))
    edgar.takes = LONGEST_PART / 6
    reading = edgar.check("AAPL")
    assert (row_of(reading)["read"], reading.remaining) == (4, 7)  # two lists came before


def test_checks_of_one_run_ask_for_a_filing_once_and_all_tell_of_it(edgar: Edgar) -> None:
    holder = owner(OTHER.cik, "Other Corp", is_ten_percent_owner=True)
    block = filing_by(holder, APPLE, purchase("9", "171", on="2026-11-19"), accession="0000320193-26-000077")
    edgar.file(block, *(sold(number=number) for number in (1, 2, 3)))

    async def all_at_once() -> list[Reading]:
        watches = [edgar.watch("AAPL", "one"), edgar.watch(320193, "two"), edgar.watch("OTHR", "other")]
        return await asyncio.gather(*(edgar.provider.check(watch, None, edgar.fetch_slowly) for watch in watches))

    one, two, other = asyncio.run(all_at_once())
    documents = [path for path in edgar.paths() if path.startswith("/Archives")]
    assert len(documents) == len({path.rpartition("/data/")[2].partition("/")[2] for path in documents}) == 4
    assert [reading.remaining for reading in (one, two, other)] == [0, 0, 0]
    assert one.offer is not None
    assert one.offer == two.offer
    assert one.offer.sku == block.accession
    assert sum(reading.details[0].row["read"] for reading in (one, two, other)) == 4


def test_runs_that_read_one_list_at_once_part_and_hardly_ask_for_a_document_twice(edgar: Edgar) -> None:
    filings = [sold(number=number) for number in range(1, 41)]
    edgar.file(*filings)
    runs = [SecForm4Provider(now=lambda: edgar.now).with_shelf(edgar.shelf) for _ in range(3)]

    async def in_step(request: PageRequest) -> Page:
        for _ in range(20):  # whatever threads and locks there are between two of them
            await asyncio.sleep(0)
        return await edgar.fetch(request)

    async def all_at_once() -> list[Reading]:
        watch = edgar.watch(320193, "one")
        return await asyncio.gather(*(run.check(watch, None, in_step) for run in runs))

    readings = asyncio.run(all_at_once())
    documents = [path for path in edgar.paths() if path.startswith("/Archives")]
    assert set(edgar.shelf.states().values()) == {FilingState.READ}
    assert len(documents) < 40 + 40 / 2  # 120 side by side; where each goes on is chance
    assert sum(row_of(reading)["read"] for reading in readings) == 40  # type: ignore[misc]
