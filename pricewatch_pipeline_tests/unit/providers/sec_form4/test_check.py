"""A check of a company: what is asked for, what is kept of it, and what is told."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

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
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, other_form, owner, purchase, row, sale
from pricewatch_pipeline_tests.unit.providers.sec_form4.edgar import (
    NOW,
    TICKERS,
    Edgar,
    document_path,
    failing,
    feed_path,
    serving,
)

APPLE = entity(320193, "Apple Inc.", "AAPL")
OTHER = entity(789019, "Other Corp", "OTHR")
COOK = owner(1214156, "COOK TIMOTHY D", officer_title="CEO")
ADAMS = owner(1462356, "Adams Katherine L.")
FEED = feed_path(APPLE.cik)
OLD = sale("100", "150", on="2026-10-01")


def sold(shares: str = "3000", price: str = "172.30", on: str = "2026-11-18", number: int = 1) -> EdgarFiling:
    return filing_by(COOK, APPLE, sale(shares, price, on=on), accession=f"0000320193-26-{number:06}")


@pytest.fixture
def edgar() -> Edgar:
    return Edgar(APPLE, OTHER)


def row_of(reading: Reading) -> dict[str, object]:
    assert [detail.table for detail in reading.details] == ["filing_checks"]
    return dict(reading.details[0].row)


def test_the_latest_trade_is_the_offer(edgar: Edgar) -> None:
    edgar.file(
        sold(),
        filing_by(ADAMS, APPLE, OLD, accession="0000320193-26-000009"),
        other_form(APPLE, "8-K", "2026-11-20", "0000320193-26-000010"),
    )
    reading = edgar.check("aapl")
    assert (reading.outcome, reading.error, reading.is_exact, reading.remaining) == (Outcome.OK, None, True, 0)
    offer = reading.offer
    assert offer is not None
    assert (offer.price, offer.currency, offer.price_text) == (Decimal("172.30"), "USD", "USD 172.30")
    assert offer.title == "Apple Inc.: sale of 3,000 at 172.30 on 2026-11-18"
    assert (offer.seller, offer.sku, offer.method) == ("COOK TIMOTHY D", "0000320193-26-000001", "sec_form4")
    assert offer.reason is not None
    assert "filed on 2026-11-20 as 0000320193-26-000001 (Table I, row 1)" in offer.reason
    assert [request.outcome for request in reading.pages] == [Outcome.OK]
    assert reading.pages[0].final_url.endswith(FEED)
    assert edgar.paths() == [
        TICKERS,
        FEED,
        "/Archives/edgar/data/320193/000032019326000001/form4.xml",
        "/Archives/edgar/data/320193/000032019326000009/form4.xml",
    ]


def test_a_check_has_its_numbers(edgar: Edgar) -> None:
    edgar.file(sold(), sold(number=2, on="2025-01-02"))
    assert row_of(edgar.check("AAPL")) == {
        "outcome": "ok",
        "cik": "0000320193",
        "listed": 2,
        "found": 2,
        "read": 1,
        "gone": 0,
        "unreadable": 0,
        "left_out": 1,
        "remaining": 0,
        "transactions": 1,
        "holdings": 0,
        "told_up_to": 1,
        "price": Decimal("172.30"),
        "currency": "USD",
        "traded_on": date(2026, 11, 18),
        "problem": None,
    }


def test_every_request_says_who_asks_and_only_lists_may_be_unchanged(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.check("AAPL")
    edgar.check("AAPL")
    assert all(request.wants_contact for request in edgar.asked)
    kinds = [(request.may_be_unchanged, request.is_one_of_many) for request in edgar.asked]
    assert kinds == [(False, False), (True, False), (False, True), (True, False)]


def test_a_filing_is_fetched_once(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.check("AAPL")
    edgar.paths()
    edgar.file(sold(number=2, on="2026-11-19", price="174"))
    reading = edgar.check("AAPL")
    assert edgar.paths() == [FEED, "/Archives/edgar/data/320193/000032019326000002/form4.xml"]
    assert reading.offer is not None
    assert reading.offer.price == 174


def test_an_unchanged_list_without_news_is_not_modified(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.check("AAPL")
    edgar.is_unchanged = True
    reading = edgar.check("AAPL")
    assert (reading.outcome, reading.offer, reading.signals) == (Outcome.NOT_MODIFIED, None, {})
    assert row_of(reading)["told_up_to"] == 1


def test_what_another_watch_read_is_news_to_this_one(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.check("AAPL")
    edgar.file(sold(number=2, price="175", on="2026-11-20"))
    edgar.check("AAPL", watch_id="another")
    edgar.is_unchanged = True
    reading = edgar.check("AAPL")
    assert reading.outcome is Outcome.OK
    assert reading.offer is not None
    assert reading.offer.price == 175
    assert edgar.check("AAPL").outcome is Outcome.NOT_MODIFIED


def test_what_is_pending_is_fetched_though_the_list_is_unchanged(edgar: Edgar) -> None:
    filed = sold()
    edgar.file(sold(number=2, on="2026-11-19"), filed)
    edgar.instead[document_path(filed)] = failing(Outcome.TRANSPORT, "it answered 503")
    assert edgar.check("AAPL").outcome is Outcome.TRANSPORT
    edgar.instead.clear()
    edgar.is_unchanged = True
    assert edgar.check("AAPL").outcome is Outcome.OK
    assert set(edgar.shelf.states().values()) == {FilingState.READ}


def test_the_first_check_tells_of_no_trade_and_later_ones_of_those_of_the_last_week(edgar: Edgar) -> None:
    edgar.file(sold(number=8))
    assert edgar.check("AAPL").signals == {}
    two = (sale("10", "170.5", on="2026-11-18"), sale("20", "171", on="2026-11-18"))
    edgar.file(
        filing_by(COOK, APPLE, *two, purchase("1", "9", on="2026-11-18"), accession="0000320193-26-000009"),
        filing_by(ADAMS, APPLE, sale("1000000", "150", on="2026-09-01")),
    )
    assert edgar.check("AAPL").signals == {
        "insider_trade_value": "5125.0",
        "insider_trade": "sale of 30 shares by COOK TIMOTHY D (0000320193-26-000009)",
    }
    edgar.file(sold(number=10, on="2026-11-19"))
    reading = edgar.check("AAPL")
    assert reading.signals["insider_trade_value"] == "516900.00"
    assert reading.news_at is not None
    assert f"{reading.news_at:%Y-%m-%d %H:%M}" == "2026-11-21 05:00"


def test_a_company_may_be_named_by_its_cik(edgar: Edgar) -> None:
    edgar.file(sold())
    for company in (320193, "320193", "CIK0000320193"):
        assert edgar.check(company).outcome.is_success
    assert TICKERS not in edgar.paths()


def test_a_ticker_is_known_whatever_its_spelling() -> None:
    berkshire = entity(1067983, "BERKSHIRE HATHAWAY INC", "BRK-B", "BRK-A")
    edgar = Edgar(berkshire)
    edgar.file(filing_by(COOK, berkshire, sale("1", "700000.50", on="2026-11-18")))
    for company in ("brk.b", "BRK-B", "brk/b", "BRK A", "$brk-a"):
        assert edgar.check(company, watch_id=company).outcome is Outcome.OK, company
    assert edgar.paths().count(feed_path(berkshire.cik)) == 5


def test_an_unknown_ticker_is_not_found_and_the_near_ones_are_named(edgar: Edgar) -> None:
    reading = edgar.check("AAPLE")
    assert (reading.outcome, reading.details) == (Outcome.NOT_FOUND, ())
    assert reading.error == (
        "the SEC's list of companies has no ticker AAPLE; did you mean AAPL? (a company without one is watched by its CIK)"
    )
    assert edgar.check("AAPLE").error == reading.error
    assert edgar.paths() == [TICKERS]  # asked for again after ten minutes, not at once


def test_the_list_of_tickers_is_asked_for_once_a_day_or_for_an_unknown_ticker_every_ten_minutes(edgar: Edgar) -> None:
    edgar.file(sold())
    for hours, asks in ((0, True), (23, False), (24, True)):
        edgar.now = NOW + timedelta(hours=hours)
        edgar.check("AAPL")
        assert (TICKERS in edgar.paths()) is asks, hours
    edgar.now += timedelta(minutes=10)
    edgar.entities["0000000007"] = entity(7, "New Inc.", "NEWI")
    assert edgar.check("NEWI").outcome is Outcome.NO_OFFERS
    assert edgar.paths()[0] == TICKERS


def test_a_known_ticker_needs_no_fresh_list_of_tickers(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.check("AAPL")
    edgar.now += timedelta(days=2)
    edgar.instead[TICKERS] = failing(Outcome.TRANSPORT, "it answered 503")
    reading = edgar.check("AAPL")
    assert reading.outcome is Outcome.OK
    assert row_of(reading)["problem"] == "the list of tickers could not be had: it answered 503"
    assert edgar.check("NOPE").outcome is Outcome.TRANSPORT
    edgar.instead[TICKERS] = serving(b"<html>")
    assert edgar.check("NOPE").outcome is Outcome.UNREADABLE


@pytest.mark.parametrize("company", ["0000000001", 1])
def test_a_cik_that_does_not_exist_is_not_found(edgar: Edgar, company: str | int) -> None:
    reading = edgar.check(company)
    assert reading.outcome is Outcome.NOT_FOUND
    assert reading.error is not None
    assert reading.error.startswith("the SEC knows no company with the CIK 0000000001")


def test_a_company_without_filings_has_no_offers(edgar: Edgar) -> None:
    reading = edgar.check("AAPL")
    assert reading.outcome is Outcome.NO_OFFERS
    assert reading.error == "the SEC lists no filing of insiders (forms 3, 4, 5) for Apple Inc."


def test_without_a_trade_at_a_price_there_is_no_offer(edgar: Edgar) -> None:
    edgar.file(
        filing_by(COOK, APPLE, row(code="A", shares="10", price="0", traded_on="2026-11-18")),
        sold(number=3, on="2020-01-02"),
    )
    reading = edgar.check("AAPL")
    assert reading.outcome is Outcome.NO_OFFERS
    assert reading.error == (
        "none of the 1 filing read tells of a trade in shares of Apple Inc. at a price on the open market; 1 filing beyond the bounds of the watch"
    )


@pytest.mark.parametrize(
    ("body", "outcome", "error"),
    [
        (b"<html>maintenance", Outcome.UNREADABLE, "it is no JSON"),
        (b"", Outcome.TRANSPORT, "empty list of filings"),
        (b"[]", Outcome.UNREADABLE, "it has no `filings.recent`"),
        (b'{"filings": {"recent": {"form": []}}}', Outcome.UNREADABLE, "it has no column 'accessionNumber'"),
        (b'{"cik": 789019, "filings": {"recent": {}}}', Outcome.UNREADABLE, "that of another company: CIK 0000789019"),
    ],
)
def test_a_list_that_is_none_is_said(edgar: Edgar, body: bytes, outcome: Outcome, error: str) -> None:
    edgar.instead[FEED] = serving(body)
    reading = edgar.check("AAPL")
    assert reading.outcome is outcome
    assert reading.error is not None
    assert error in reading.error
    assert reading.pages[0].body == body


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


def test_a_filing_about_another_issuer_is_kept_and_is_neither_price_nor_news(edgar: Edgar) -> None:
    holder = owner(APPLE.cik, "Apple Inc.", is_ten_percent_owner=True)
    edgar.file(sold())
    edgar.check("AAPL")
    block = purchase("9000000", "10", on="2026-11-20")
    edgar.file(filing_by(holder, OTHER, block, accession="0000320193-26-000077"))
    reading = edgar.check("AAPL")
    assert (row_of(reading)["read"], row_of(reading)["transactions"]) == (1, 1)
    assert reading.offer is not None
    assert reading.offer.sku == "0000320193-26-000001"
    assert reading.signals == {}
    other = edgar.check("OTHR", watch_id="other")
    assert other.offer is not None
    assert (other.offer.price, other.details[0].row["read"]) == (Decimal(10), 0)
    assert edgar.shelf.kept == ["0000320193-26-000001", "0000320193-26-000077"]  # each once


def test_an_amendment_is_read_like_any_filing_before_its_original_too(edgar: Edgar) -> None:
    edgar.file(
        filing_by(
            COOK,
            APPLE,
            sale("5", "171", on="2026-11-18"),
            form="4/A",
            original_filed_on=date(2026, 11, 19),
            accession="0000320193-26-000020",
        )
    )
    assert edgar.check("AAPL").outcome is Outcome.OK
    edgar.file(sold())
    edgar.check("AAPL")
    assert edgar.shelf.kept == ["0000320193-26-000020", "0000320193-26-000001"]


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
    assert edgar.paths() == [FEED, document_path(filings[1]), document_path(filings[0])]


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


def test_without_a_shelf_a_check_says_what_it_needs(edgar: Edgar) -> None:
    edgar.provider = SecForm4Provider()
    reading = edgar.check("AAPL")
    assert (reading.outcome, edgar.paths()) == (Outcome.PROVIDER_ERROR, [])
    assert reading.error is not None
    assert "filings are kept in the database" in reading.error


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


def test_a_list_that_is_unchanged_and_not_known_here_is_asked_for_in_full(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.is_unchanged = True
    assert edgar.check("AAPL").outcome is Outcome.OK
    assert [request.may_be_unchanged for request in edgar.asked if request.url.endswith(FEED)] == [True, False]
