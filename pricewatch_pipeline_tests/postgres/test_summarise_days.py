"""A day's prices, summarised into their table."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.services.summarise_days import summarise_day
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]
DAY = date(2026, 11, 1)


def observe(rows: Rows, watch_id: str, at: str, price: str | None, currency: str | None) -> None:
    rows("SELECT pricewatch.ensure_months(:at, :at)", at=at)
    rows(
        "INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price, currency) "
        "VALUES (:id, :at, :at, :price, :currency)",
        id=watch_id,
        at=at,
        price=price,
        currency=currency,
    )


def test_a_day_holds_the_prices_of_its_last_currency_and_those_without_one(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 4))
    for watch_id, at, price, currency in (
        ("w0", "2026-10-31T23:59:59Z", "1", "EUR"),
        ("w0", "2026-11-01T00:00:00Z", "9", "EUR"),
        ("w0", "2026-11-01T12:00:00Z", "8", "EUR"),
        ("w0", "2026-11-02T00:00:00Z", "2", "EUR"),
        ("w1", "2026-11-01T01:00:00Z", "5", None),
        ("w1", "2026-11-01T02:00:00Z", "6", None),
        ("w2", "2026-11-01T01:00:00Z", "5", "EUR"),
        ("w2", "2026-11-01T02:00:00Z", "7", "USD"),
        ("w3", "2026-11-01T02:00:00Z", None, None),
    ):
        observe(rows, watch_id, at, price, currency)
    for _ in range(2):  # written anew, not twice
        summarise_day(database, DAY)
    found = rows("SELECT * FROM pricewatch.daily_prices ORDER BY watch_id")
    assert [
        (r["watch_id"], r["currency"], r["open"], r["low"], r["close"], r["mean"], r["snapshots"]) for r in found
    ] == [
        ("w0", "EUR", Decimal(9), Decimal(8), Decimal(8), Decimal("8.5"), 2),
        ("w1", None, Decimal(5), Decimal(5), Decimal(6), Decimal("5.5"), 2),
        ("w2", "USD", Decimal(7), Decimal(7), Decimal(7), Decimal(7), 1),
    ]


def test_a_day_without_prices_has_no_rows(database: Database, rows: Rows) -> None:
    summarise_day(database, DAY)
    assert rows("SELECT 1 FROM pricewatch.daily_prices") == []
