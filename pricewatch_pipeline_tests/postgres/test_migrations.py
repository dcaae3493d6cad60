"""The schema: migrations and tables say the same, and run safely at any time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.migrate import upgrade
from pricewatch_pipeline.storage.tables import MONTHLY_TABLES, SCHEMA, metadata
from pricewatch_pipeline_tests.support.old_schema import upgrade_to

Rows = Callable[..., list[dict[str, Any]]]


def test_migrations_match_models(database: Database) -> None:
    def is_ours(name: str | None, kind: str, _: object) -> bool:
        if kind == "schema":
            return name == SCHEMA
        return not (kind == "table" and (name or "").startswith(tuple(f"{t}_2" for t in MONTHLY_TABLES)))

    with database.transaction() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": is_ours,
                "version_table_schema": SCHEMA,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_a_second_upgrade_does_nothing(database_url: str) -> None:
    assert upgrade(database_url) == []


def test_upgrades_at_the_same_time_end_with_one_schema(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(upgrade, [empty_database_url] * 4))
    assert sorted(map(len, done))[:3] == [0, 0, 0]
    assert sum(map(len, done)) > 0


def test_prices_of_before_are_what_changes_are_measured_against(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    upgrade_to(empty_database_url, "0002_good_guest")
    with engine.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO pricewatch.hosts (host) VALUES ('shop.example');
                INSERT INTO pricewatch.watches (watch_id, provider, query, host, every_s, last_currency, last_slot_at) VALUES
                    ('gone', 'retail', '{}', 'shop.example', 3600, NULL, now()),
                    ('lamp', 'retail', '{}', 'shop.example', 3600, 'EUR', now()),
                    ('new', 'retail', '{}', 'shop.example', 3600, NULL, NULL);
                SELECT pricewatch.ensure_months(now() - interval '1 day', now());
                INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price, currency, title)
                SELECT 'lamp', at, at, nullif(n, 7), CASE n WHEN 8 THEN 'USD' ELSE 'EUR' END, 'Lamp ' || n
                FROM (SELECT n, now() - make_interval(mins => 20 - n) AS at FROM generate_series(1, 20) n) s
                UNION ALL VALUES ('gone', now() - interval '1 hour', now() - interval '1 hour', 9, 'SEK', 'Chair'),
                                 ('gone', now(), now(), NULL, NULL, NULL)
            """)
        )
    assert upgrade(empty_database_url)
    with engine.begin() as connection:
        rows = connection.execute(
            text("SELECT recent_prices, recent_currency, last_title FROM pricewatch.watches ORDER BY watch_id")
        )
        gone, lamp, new = rows.all()
    engine.dispose()
    assert tuple(gone) == ([9], "SEK", "Chair")
    assert tuple(lamp) == ([4, 5, 6, *range(9, 21)], "EUR", "Lamp 20")
    assert tuple(new) == ([], None, None)


def test_months_are_created_once_and_in_utc(rows: Rows) -> None:
    made = "SELECT pricewatch.ensure_months('2031-12-31 23:30-02', '2032-02-01 00:00+00') AS n"
    assert [rows(made), rows(made)] == [[{"n": 2 * len(MONTHLY_TABLES)}], [{"n": 0}]]
    assert rows("SELECT pricewatch.has_months('2032-01-05', '2032-02-05') AS yes") == [{"yes": True}]
    assert rows("SELECT pricewatch.has_months('2032-01-05', '2032-03-05') AS yes") == [{"yes": False}]


def test_the_analyst_reads_the_views_and_nothing_else(postgres_server: EmbeddedServer, database_url: str) -> None:
    name = create_engine(database_url).url.database
    with psycopg.connect(postgres_server.libpq_url(str(name)), autocommit=True) as connection:
        connection.execute("SET ROLE pricewatch_analyst")
        for view in (
            "watches",
            "price_snapshots",
            "latest_prices",
            "daily_prices",
            "checks",
            "daily_outcomes",
            "hosts",
            "host_hours",
            "pages",
            "snapshot_corrections",
            "quarantined_offers",
        ):
            connection.execute(f"SELECT * FROM analytics.{view}")
        for statement in (
            "SELECT * FROM pricewatch.watches",
            "SELECT * FROM pricewatch.current_snapshots",
            "CREATE TABLE analytics.mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_every_view_and_its_schema_is_documented(rows: Rows) -> None:
    undocumented = rows("""
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'v'
          AND obj_description(c.oid) IS NULL
    """)
    assert undocumented == []


def test_a_snapshot_cannot_be_changed(rows: Rows) -> None:
    a_snapshot(rows)
    with pytest.raises(ProgrammingError, match="price_snapshots is append-only"):
        rows("UPDATE pricewatch.price_snapshots SET price = 6")


def a_snapshot(rows: Rows, *, slot_at: str = "2026-11-01T12:00:00Z", price: str = "5") -> None:
    """Of the watch `lamp`."""
    rows("INSERT INTO pricewatch.hosts (host) VALUES ('shop.example') ON CONFLICT DO NOTHING")
    rows(
        "INSERT INTO pricewatch.watches (watch_id, provider, query, host, every_s) "
        "VALUES ('lamp', 'retail', '{}', 'shop.example', 3600) ON CONFLICT DO NOTHING"
    )
    rows("SELECT pricewatch.ensure_months(cast(:at AS timestamptz), cast(:at AS timestamptz))", at=slot_at)
    rows(
        "INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price, currency, title) "
        "VALUES ('lamp', :at, :at, :price, 'EUR', 'A lamp')",
        at=slot_at,
        price=price,
    )


CORRECT = """
    INSERT INTO pricewatch.snapshot_corrections (watch_id, slot_at, corrected_at, outcome, price, currency, reason, reader_version)
    SELECT watch_id, slot_at, :at, :outcome, :price, 'EUR', 'read again', '9' FROM pricewatch.price_snapshots
    WHERE slot_at = '2026-11-01T12:00:00Z'
"""


def test_a_correction_cannot_be_changed(rows: Rows) -> None:
    a_snapshot(rows)
    rows(CORRECT, at="2026-11-02T00:00:00Z", outcome="ok", price="6")
    with pytest.raises(ProgrammingError, match="snapshot_corrections is append-only"):
        rows("UPDATE pricewatch.snapshot_corrections SET price = 7")


def test_the_views_show_the_newest_correction_whole_and_what_was_read_at_first(rows: Rows) -> None:
    a_snapshot(rows)
    a_snapshot(rows, slot_at="2026-11-01T13:00:00Z", price="4")
    rows(CORRECT, at="2026-11-03T00:00:00Z", outcome="ok", price="6")
    rows(CORRECT, at="2026-11-02T00:00:00Z", outcome="ok", price="7")

    shown = rows("""
        SELECT price::int, original_price::int AS first, title, is_corrected, outcome, corrected_at::date::text AS day, reason
        FROM analytics.price_snapshots ORDER BY slot_at
    """)

    assert [tuple(row.values()) for row in shown] == [
        (6, 5, None, True, "ok", "2026-11-03", "read again"),
        (4, 4, "A lamp", False, "ok", None, None),
    ]
    assert len(rows("SELECT FROM analytics.snapshot_corrections WHERE original_price = 5")) == 2


def test_a_snapshot_corrected_to_no_price_has_none_and_says_why(rows: Rows) -> None:
    a_snapshot(rows)
    rows(CORRECT, at="2026-11-03T00:00:00Z", outcome="not_a_product", price=None)
    assert rows("SELECT price, outcome, reason, original_price::int AS was FROM analytics.price_snapshots") == [
        {"price": None, "outcome": "not_a_product", "reason": "read again", "was": 5}
    ]
