"""What is told of an issuer's insiders: the newest trade at a price, and what is news to a watch. In the database."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.filings import FeedState, FilingBounds
from pricewatch_pipeline.domain.sweeps import today_in_new_york
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.insider_filings import DAY, ISSUER, Shelf, filing, holding, trade
from pricewatch_pipeline_tests.support.insider_rows import watched_company

Rows = Callable[..., list[dict[str, Any]]]
Traded = tuple[Decimal, str, Decimal | None, int]
"""Value, code, shares, and how many others there are."""
OTHER = "0000000099"


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


@pytest.fixture
def watch_id(database: Database, rows: Rows) -> str:
    rows("SELECT pricewatch.ensure_months(now(), now())")
    return watched_company(database).watch_id


def told(shelf: Shelf, rows: Rows, watch_id: str, *, remaining: int = 0) -> tuple[int, int, Traded | None]:
    """What is news; it is told."""
    news = asyncio.run(shelf.shelf.news(ISSUER, watch_id=watch_id))
    rows(
        """
        INSERT INTO pricewatch.filing_checks (watch_id, slot_at, combination, observed_at, outcome, cik, told_up_to, remaining)
        VALUES (:watch_id, clock_timestamp(), 0, now(), 'ok', :cik, :up_to, :remaining)
        """,
        remaining=remaining,
        watch_id=watch_id,
        cik=ISSUER,
        up_to=news.up_to,
    )
    largest = news.largest
    traded = None if largest is None else (largest.value, largest.code, largest.shares, largest.others)
    return news.filings, news.open_market, traded


def test_news_is_what_was_read_since_and_the_first_check_alerts_of_nothing(
    shelf: Shelf, database: Database, rows: Rows, watch_id: str
) -> None:
    today = today_in_new_york(database.now())
    shelf.put(1, filing(trade(), owners=(1,)), filed_on=today)
    assert told(shelf, rows, watch_id) == (1, 1, None)
    assert told(shelf, rows, watch_id) == (0, 0, None)
    shelf.put(2, filing(trade(1, shares="7"), trade(2, shares="8"), trade(3, code="P"), owners=(2,)), filed_on=today)
    shelf.put(3, filing(trade(shares="999"), owners=(3,)), filed_on=today - timedelta(days=8))
    rows(
        """
        INSERT INTO pricewatch.filing_checks (watch_id, slot_at, combination, observed_at, outcome, cik, told_up_to)
        VALUES (:watch_id, clock_timestamp(), 0, now(), 'transport', :issuer, 99),
               (:watch_id, clock_timestamp() + interval '1 s', 0, now(), 'ok', :other, 99)
        """,
        watch_id=watch_id,
        issuer=ISSUER,
        other=OTHER,
    )
    assert told(shelf, rows, watch_id) == (2, 4, (Decimal(1000), "P", Decimal(100), 0))
    shelf.put(4, filing(trade(code="A", price="0"), issuer_cik=OTHER), filed_on=today)
    shelf.put(5, filing(trade(5), owners=(4,)), filed_on=today)
    shelf.put(6, filing(trade(6, shares="101"), owners=(5,)), filed_on=today)
    shelf.put(7, filing(trade(7, code="A"), owners=(6,)), filed_on=today)
    assert told(shelf, rows, watch_id) == (3, 2, (Decimal(1010), "S", Decimal(101), 1))
    assert told(shelf, rows, watch_id) == (0, 0, None)


def test_what_was_filed_before_a_company_was_looked_at_alerts_of_nothing_in_whichever_part_it_is_read(
    shelf: Shelf, database: Database, rows: Rows, watch_id: str
) -> None:
    today = today_in_new_york(database.now())
    asyncio.run(shelf.shelf.list_filings(FeedState(cik=ISSUER), (), FilingBounds()))
    rows("UPDATE pricewatch.insider_feeds SET first_seen_on = first_seen_on - 1")
    yesterday = today - timedelta(days=1)
    shelf.put(1, filing(trade(), owners=(1,)), filed_on=yesterday)
    assert told(shelf, rows, watch_id, remaining=2) == (1, 1, None)
    shelf.put(2, filing(trade(2), owners=(2,)), filed_on=yesterday)
    assert told(shelf, rows, watch_id, remaining=1) == (1, 1, None), (
        "it was there at first sight, and is read by the second check"
    )
    shelf.put(3, filing(trade(3, shares="7"), owners=(3,)), filed_on=today)
    assert told(shelf, rows, watch_id) == (1, 1, (Decimal(70), "S", Decimal(7), 0)), "it was filed since"
    shelf.put(4, filing(trade(4, shares="8"), owners=(4,)), filed_on=yesterday)
    assert told(shelf, rows, watch_id) == (1, 1, (Decimal(80), "S", Decimal(8), 0)), "it was listed late"


def test_the_latest_trade_is_the_newest_that_can_be_and_counts(shelf: Shelf) -> None:
    def latest() -> tuple[str, int] | None:
        found = asyncio.run(shelf.shelf.latest_trade(ISSUER))
        return (str(int(found.accession[-2:])), found.row) if found else None

    assert latest() is None
    shelf.put(1, filing(trade(1, code="A"), trade(2, price="0"), trade(3, table="derivative"), holding(4)))
    assert latest() is None
    shelf.put(2, filing(trade(1), trade(2, price="11")))
    assert latest() == ("2", 2)
    day = timedelta(days=1)
    shelf.put(3, filing(trade(1, traded_on=DAY + 9 * day), trade(2, traded_on=DAY - day)), filed_on=DAY + 3 * day)
    shelf.put(4, filing(trade(1, shares="1", price="6000000", traded_on=DAY + day)), filed_on=DAY + 3 * day)
    shelf.put(5, filing(trade(1, shares=None, price="12"), issuer_cik=OTHER), filed_on=DAY + 3 * day)
    assert latest() == ("2", 2)
    shelf.put(6, filing(trade(1, shares=None, price="12")), filed_on=DAY + 3 * day)
    found = asyncio.run(shelf.shelf.latest_trade(ISSUER))
    assert found is not None
    assert (found.price, found.owner, found.code) == (Decimal(12), "Owner 1", "S")
    assert found.shares is None
