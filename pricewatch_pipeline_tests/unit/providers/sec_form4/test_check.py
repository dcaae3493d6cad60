"""A check of a company: what is asked for, what is kept of it, and what is told."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.filings import FilingState
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.sec_form4 import SecForm4Provider
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, other_form, owner, purchase, row, sale
from pricewatch_pipeline_tests.unit.providers.sec_form4.edgar import (
    APPLE,
    COOK,
    NOW,
    OTHER,
    TICKERS,
    Edgar,
    document_path,
    failing,
    feed_path,
    row_of,
    serving,
    sold,
)

ADAMS = owner(1462356, "Adams Katherine L.")
FEED = feed_path(APPLE.cik)
OLD = sale("100", "150", on="2026-10-01")


@pytest.fixture
def edgar() -> Edgar:
    return Edgar(APPLE, OTHER)


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
    edgar.file(sold(number=10, on="2026-11-19"), sold("7", number=11, on="2026-11-19"))
    reading = edgar.check("AAPL")
    assert reading.signals == {
        "insider_trade_value": "516900.00",
        "insider_trade": "sale of 3,000 shares by COOK TIMOTHY D (0000320193-26-000010; 1 filing more with trades)",
    }
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


def test_without_a_shelf_a_check_says_what_it_needs(edgar: Edgar) -> None:
    edgar.provider = SecForm4Provider()
    reading = edgar.check("AAPL")
    assert (reading.outcome, edgar.paths()) == (Outcome.PROVIDER_ERROR, [])
    assert reading.error is not None
    assert "filings are kept in the database" in reading.error


def test_a_list_that_is_unchanged_and_not_known_here_is_asked_for_in_full(edgar: Edgar) -> None:
    edgar.file(sold())
    edgar.is_unchanged = True
    assert edgar.check("AAPL").outcome is Outcome.OK
    assert [request.may_be_unchanged for request in edgar.asked if request.url.endswith(FEED)] == [True, False]
