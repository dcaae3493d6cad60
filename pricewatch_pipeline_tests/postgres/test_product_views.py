"""The analysts' views say what the pure functions say, and may be read by the analysts' role."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.insights import insights
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.services.show_insights import currency_of_history
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.rows import as_json
from pricewatch_pipeline_tests.support.past import Past

Rows = Callable[..., list[dict[str, Any]]]
VIEWS = ("products", "product_offers", "price_changes", "watch_insights", "price_drops", "exchange_rates")


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[float, PriceChange]], float | None]:
    """Changes as (days ago, change), and how many days ago the newest check was."""
    ages = draw(st.lists(st.integers(0, 120 * 24).map(lambda hours: hours / 24), max_size=20, unique=True))
    found = [
        (
            age,
            PriceChange(
                began_at=datetime(2026, 1, 1, tzinfo=UTC),
                price=draw(
                    st.none() | st.sampled_from([Decimal(n) for n in ("0", "95", "97", "98.5", "100", "103", "130")])
                ),
                currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD", None])),
                availability=draw(st.sampled_from([None, Availability.IN_STOCK, Availability.OUT_OF_STOCK])),
            ),
        )
        for age in sorted(ages, reverse=True)
    ]
    return found, draw(st.none() | st.sampled_from([0, 0.5, 3, 45]))


def written(
    connection: Connection, aged: list[tuple[float, PriceChange]], confirmed: float | None
) -> list[PriceChange]:
    now = connection.execute(text("SELECT now()")).scalar_one()
    found = [
        PriceChange(
            began_at=now - timedelta(days=age),
            price=change.price,
            currency=change.currency,
            availability=change.availability,
        )
        for age, change in aged
    ]
    connection.execute(
        text("""
            INSERT INTO pricewatch.price_changes (watch_id, began_at, price, currency, availability)
            SELECT 'a', began_at, price, currency, availability
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(began_at timestamptz, price numeric, currency text, availability text)
        """),
        {"rows": as_json(vars(change) for change in found)},
    )
    connection.execute(
        text("UPDATE pricewatch.watches SET last_success_at = :at"),
        {"at": None if confirmed is None else now - timedelta(days=confirmed)},
    )
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(past=histories())
def test_the_view_on_insights_says_what_the_pure_function_says(
    database: Database, past: tuple[list[tuple[float, PriceChange]], float | None]
) -> None:
    aged, confirmed = past
    with database.engine.connect() as connection:
        connection.execute(text("INSERT INTO pricewatch.hosts (host) VALUES ('shop.test')"))
        connection.execute(
            text(
                "INSERT INTO pricewatch.watches (watch_id, provider, query, host, every_s) "
                "VALUES ('a', 'retail', '{}', 'shop.test', 3600)"
            )
        )
        changes = written(connection, aged, confirmed)
        now = connection.execute(text("SELECT now()")).scalar_one()
        until = now - timedelta(days=confirmed or 0)
        view = connection.execute(text("SELECT * FROM analytics.watch_insights")).mappings().all()
        connection.rollback()
    currency = currency_of_history([change for change in changes if change.began_at <= until])
    expected = insights(changes, now=now, until=until, currency=currency)
    if expected.lowest is None:
        assert view == []
        return
    (row,) = view
    month, quarter, _ = expected.windows
    assert dict(row) | {
        "currency": currency,
        "price": expected.price,
        "lowest_price": expected.lowest.price,
        "lowest_at": expected.lowest.at,
        "highest_price": expected.highest and expected.highest.price,
        "highest_at": expected.highest and expected.highest.at,
        "low_30_days": month.low,
        "median_30_days": month.median,
        "low_90_days": quarter.low,
        "median_90_days": quarter.median,
        "changed_at": expected.changed_at,
        "days_since_change": expected.days_since_change,
        "drops": len(expected.drops),
        "last_dropped_at": expected.drops[-1].at if expected.drops else None,
        "known_until": until,
    } == dict(row)


def test_changes_and_drops_are_rows(database: Database, rows: Rows) -> None:
    past = Past(database)
    past.watch("a")
    start = datetime(2026, 5, 1, tzinfo=UTC)
    for day, price, availability in [
        (0, "100", "InStock"),
        (1, "99", "InStock"),
        (2, "99", "InStock"),
        (3, "97", "InStock"),
        (4, None, "OutOfStock"),
        (5, "50", "OutOfStock"),
    ]:
        past.saw("a", start + timedelta(days=day), price, availability=availability)
    found = rows("SELECT began_at, ended_at, price, is_price FROM analytics.price_changes ORDER BY began_at")
    assert [((r["began_at"] - start).days, r["ended_at"] and (r["ended_at"] - start).days, r["is_price"]) for r in found] == [
        (0, 1, True), (1, 3, True), (3, 4, True), (4, 5, False), (5, None, False),
    ]  # fmt: skip
    assert rows("SELECT watch_id, dropped_at, was_price, price, share FROM analytics.price_drops") == [
        {
            "watch_id": "a",
            "dropped_at": start + timedelta(days=3),
            "was_price": Decimal(100),
            "price": Decimal(97),
            "share": Decimal("0.03"),
        }
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_analysts_may_read_each_view_and_are_told_what_it_is(database: Database, rows: Rows, view: str) -> None:
    with database.engine.connect() as connection:
        connection.execute(text("SET LOCAL ROLE pricewatch_analyst"))
        connection.execute(text(f"SELECT * FROM analytics.{view}")).all()
        connection.rollback()
    (found,) = rows("SELECT obj_description(cast(:name AS regclass)) AS said", name=f"analytics.{view}")
    assert found["said"]
