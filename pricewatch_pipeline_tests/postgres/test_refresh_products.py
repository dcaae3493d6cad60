"""Products' prices follow the snapshots: best over stores, lowest ever, trend; only where there is news."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.services.refresh_products import RefreshReport, refresh
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.product_prices import products_with_news
from pricewatch_pipeline_tests.support.past import Past

Rows = Callable[..., list[dict[str, Any]]]
NOW = datetime.now(UTC)


def ago(days: float = 0, **more: float) -> datetime:
    return NOW - timedelta(days=days, **more)


@pytest.fixture
def past(database: Database) -> Past:
    return Past(database)


@pytest.fixture
def price_of(database: Database, rows: Rows) -> Callable[..., dict[str, Any]]:
    """Refreshes a product; its row."""

    def run(product_id: str, **settings: Any) -> dict[str, Any]:
        refresh(database, Settings(**settings), [product_id])
        (row,) = rows("SELECT * FROM pricewatch.product_prices WHERE product_id = :id", id=product_id)
        return row

    return run


def news(database: Database) -> list[str]:
    return database.run(lambda connection: products_with_news(connection, 100))


def test_the_best_price_is_over_all_stores_in_one_currency(past: Past, price_of: Callable) -> None:
    past.product("lamp", currency="EUR")
    past.rate(ago(1), "USD", "1.25")
    for watch_id, price, currency in [("a", "10", "EUR"), ("b", "11", "USD"), ("c", "5", "GBP")]:
        past.watch(watch_id, "lamp")
        past.saw(watch_id, ago(hours=1), price, currency)
    row = price_of("lamp")
    assert (row["currency"], row["best_price"], row["best_watch_id"]) == ("EUR", Decimal("8.8000"), "b")
    assert (row["highest_price"], row["watches"], row["priced_watches"], row["not_comparable"]) == (10, 3, 3, 1)
    assert row["rates_day"] == ago(1).date()


def test_what_is_sold_out_or_removed_or_failing_for_long_is_not_best(past: Past, price_of: Callable) -> None:
    past.product("lamp")
    for watch_id in ("out", "gone", "stale", "ok"):
        past.watch(watch_id, "lamp")
    past.saw("out", ago(hours=1), "1", availability="OutOfStock")
    past.saw("gone", ago(hours=1), "2")
    past.saw("stale", ago(8), "3")
    past.saw("ok", ago(hours=1), "40")
    past.run("UPDATE pricewatch.watches SET archived_at = now() WHERE watch_id = 'gone'")
    row = price_of("lamp")
    assert (row["best_watch_id"], row["watches"], row["priced_watches"]) == ("ok", 3, 1)
    assert row["lowest_ever_price"] == 2  # the past of a store stays when its watch goes


def test_landed_and_unit_prices_have_stores_of_their_own(past: Past, price_of: Callable) -> None:
    past.product("coffee", pack_size=Decimal("0.5"), pack_unit="kg")
    for watch_id in ("a", "b", "c"):
        past.watch(watch_id, "coffee")
    past.saw("a", ago(hours=1), "9")
    past.saw("b", ago(hours=1), "10", shipping_price="0")
    past.saw("c", ago(hours=1), "16", shipping_price="5", pack_size="1", pack_unit="kg")
    row = price_of("coffee")
    assert (row["best_watch_id"], row["best_landed_watch_id"], row["best_landed_price"]) == ("a", "b", 10)
    assert (row["best_unit_watch_id"], row["best_unit_price"], row["unit_price_per"]) == ("c", 16, "kg")


def test_the_currency_is_the_products_own_else_that_of_all_its_stores_else_the_settings(
    past: Past, price_of: Callable
) -> None:
    for product_id, own, currencies in [("a", "CZK", "USD USD"), ("b", None, "USD USD"), ("c", None, "USD GBP")]:
        past.product(product_id, currency=own)
        for index, currency in enumerate(currencies.split()):
            past.watch(f"{product_id}{index}", product_id)
            past.saw(f"{product_id}{index}", ago(hours=1), "10", currency)
    assert [price_of(product_id, currency="PLN")["currency"] for product_id in "abc"] == ["CZK", "USD", "PLN"]


def test_the_lowest_ever_is_over_all_watches_by_the_rates_of_its_day(past: Past, price_of: Callable) -> None:
    past.product("lamp", currency="EUR")
    past.rate(ago(40), "USD", "2")
    past.rate(ago(1), "USD", "1")
    past.watch("a", "lamp")
    past.watch("b", "lamp")
    past.saw("a", ago(50), "12")
    past.saw("b", ago(60), "1", "USD")  # no rate that day: it counts nowhere
    past.saw("b", ago(40), "16", "USD")
    past.saw("b", ago(1), "15", "USD")
    past.saw("a", ago(1), "0")
    past.saw("a", ago(hours=2), "20")
    row = price_of("lamp")
    assert (row["lowest_ever_price"], row["lowest_ever_at"]) == (8, ago(40))
    assert row["best_price"] == 15


@pytest.mark.parametrize(
    ("prices", "trend"),
    [
        ([(40, "10"), (1, "9")], "lowest"),
        ([(80, "5"), (40, "10"), (1, "9")], "down"),
        ([(40, "10"), (1, "11")], "up"),
        ([(40, "10"), (1, "10")], "steady"),
        ([(0.5, "10")], None),
        ([(40, "10"), (1, None)], None),
    ],
)
def test_the_trend_is_of_the_watch_that_stands_for_the_product(
    past: Past, price_of: Callable, prices: list[tuple[float, str | None]], trend: str | None
) -> None:
    past.product("lamp")
    past.watch("a", "lamp")
    for days, price in prices:
        past.saw("a", ago(days), price)
    assert price_of("lamp")["trend"] == trend


def test_a_primary_watch_goes_before_the_one_that_is_known_longest(past: Past, price_of: Callable) -> None:
    past.product("lamp", primary_watch_id="b")
    past.watch("a", "lamp")
    past.watch("b", "lamp")
    for watch_id, days, price in [("a", 90, "5"), ("a", 40, "10"), ("a", 1, "9"), ("b", 30, "20"), ("b", 1, "25")]:
        past.saw(watch_id, ago(days), price)
    assert price_of("lamp")["trend"] == "up"
    past.product("lamp")
    assert price_of("lamp")["trend"] == "down"


def test_only_products_with_news_are_refreshed(database: Database, past: Past, rows: Rows) -> None:
    past.product("lamp")
    past.product("kettle")
    past.watch("a", "lamp")
    past.saw("a", ago(hours=1), "10")
    first = refresh(database, Settings())
    assert first == RefreshReport(products=("kettle", "lamp"), trends={"unknown": 2}, priced=1, not_comparable=0)
    assert news(database) == []
    assert refresh(database, Settings()).products == ()
    past.saw("a", ago(minutes=30), "9")
    assert news(database) == ["lamp"]
    refresh(database, Settings())
    assert (news(database), rows("SELECT best_price FROM pricewatch.product_prices WHERE product_id = 'lamp'")) == (
        [],
        [{"best_price": Decimal("9.0000")}],
    )


def test_a_check_that_is_stored_late_is_not_missed(database: Database, past: Past) -> None:
    past.product("lamp")
    past.watch("a", "lamp")
    past.watch("b", "lamp")
    just_now = datetime.now(UTC)
    past.saw("a", just_now, "10")
    refresh(database, Settings())
    past.saw("b", just_now - timedelta(seconds=3), "9")
    assert news(database) == ["lamp"]


def test_other_news(database: Database, past: Past) -> None:
    past.product("lamp", currency="EUR")
    past.watch("a", "lamp")
    past.saw("a", ago(hours=1), "10", "USD")
    refresh(database, Settings())
    assert news(database) == []
    past.rate(ago(1), "USD", "1.25")
    assert news(database) == ["lamp"]
    refresh(database, Settings())
    past.rate(ago(0), "USD", "1.26")
    assert news(database) == ["lamp"]
    refresh(database, Settings())
    past.product("lamp", currency="USD")
    assert news(database) == ["lamp"]
    refresh(database, Settings())
    past.watch("b", "lamp")
    assert news(database) == ["lamp"]
    refresh(database, Settings())
    past.run("UPDATE pricewatch.watches SET archived_at = now(), updated_at = now() WHERE watch_id = 'b'")
    assert news(database) == ["lamp"]
    refresh(database, Settings())
    past.run("UPDATE pricewatch.product_prices SET refreshed_at = now() - interval '25 hours'")
    assert news(database) == ["lamp"]
    refresh(database, Settings())
    past.run("UPDATE pricewatch.products SET archived_at = now(), updated_at = now()")
    assert news(database) == []


def test_amounts_that_no_column_holds_keep_no_product_from_being_refreshed(past: Past, price_of: Callable) -> None:
    past.product("lamp", currency="CZK")
    past.rate(ago(2), "CZK", "1000000")
    past.watch("a", "lamp")
    past.saw(
        "a", ago(hours=1), "90000000000000", "CZK", shipping_price="90000000000000", pack_size="0.001", pack_unit="kg"
    )
    row = price_of("lamp")
    assert (row["best_price"], row["lowest_ever_price"]) == (90_000_000_000_000, 90_000_000_000_000)
    assert (row["best_landed_price"], row["best_unit_price"]) == (None, None)
    past.product("kettle", currency="CZK")
    past.watch("b", "kettle")
    past.saw("b", ago(1, hours=12), "90000000000", "EUR")
    assert price_of("kettle")["lowest_ever_price"] is None


def test_products_that_do_not_exist_are_left_out(database: Database) -> None:
    assert refresh(database, Settings(), ["nothing"]).products == ()


def test_views_and_pure_functions_compare_alike(database: Database, past: Past, rows: Rows) -> None:
    past.product("coffee", currency="EUR", pack_size=Decimal("0.5"), pack_unit="kg")
    past.rate(ago(1), "USD", "1.25")
    offers: list[tuple[str, float, str | None, str | None, dict[str, Any]]] = [
        ("best", 0.1, "9", "EUR", {"shipping_price": "0"}),
        ("dollars", 0.1, "12.50", "USD", {"shipping_price": "2.50", "unit_price": "25", "unit_price_per": "kg"}),
        ("out", 0.1, "1", "EUR", {"availability": "OutOfStock"}),
        ("stale", 8, "1", "EUR", {}),
        ("used", 0.1, "1", "EUR", {"condition": "refurbished"}),
        ("foreign", 0.1, "1", "GBP", {}),
        ("free", 0.1, "0", "EUR", {}),
        ("none", 0.1, None, None, {}),
    ]
    for watch_id, days, price, currency, more in offers:
        past.watch(watch_id, "coffee")
        past.saw(watch_id, ago(days), price, currency, **more)
    past.watch("new", "coffee")
    refresh(database, Settings())
    found = {row["watch_id"]: row for row in rows("SELECT * FROM analytics.product_offers")}
    assert {watch_id: row["standing"] for watch_id, row in found.items()} == {
        "best": "compared", "dollars": "compared", "out": "sold_out", "stale": "stale", "used": "used",
        "foreign": "no_rate", "free": "no_price", "none": "no_price", "new": "no_price",
    }  # fmt: skip
    assert [watch_id for watch_id, row in found.items() if row["is_best"]] == ["best"]
    assert (found["dollars"]["converted_price"], found["dollars"]["landed_price"], found["dollars"]["unit_price"]) == (
        10, 12, 20,
    )  # fmt: skip
    assert (found["best"]["unit_price"], found["best"]["unit_price_per"], found["free"]["unit_price"]) == (
        18,
        "kg",
        None,
    )
    (product,) = rows("SELECT * FROM analytics.products")
    assert (product["best_price"], product["best_unit_watch_id"], product["best_landed_price"]) == (9, "best", 9)
    assert (product["currency"], product["watches"], product["not_comparable"]) == ("EUR", 9, 1)


def test_the_prices_of_a_deleted_product_go_with_it(database: Database, past: Past, rows: Rows) -> None:
    past.product("lamp")
    refresh(database, Settings())
    past.run("DELETE FROM pricewatch.products")
    assert rows("SELECT * FROM pricewatch.product_prices") == []
    assert refresh(database, Settings(), ["lamp"]).products == ()
