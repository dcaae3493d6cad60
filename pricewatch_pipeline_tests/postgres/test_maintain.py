"""Upkeep: months ahead, old rows and pages away; and the outbox to Dagster's log."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from pricewatch_pipeline.domain.materializations import SnapshotEvent
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.log_events import log_events
from pricewatch_pipeline.services.maintain import maintain
from pricewatch_pipeline.services.make_check import CheckRules
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage import detail_rows, events, maintenance
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.detail_rows import DetailsOf
from pricewatch_pipeline_tests.support.flight_rows import itinerary, search, watched_flight
from pricewatch_pipeline_tests.support.loopback import serve
from pricewatch_pipeline_tests.support.outbox import put_alerts
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def checked(database: Database) -> Database:
    """Three watches, each checked once."""
    with serve({f"/{n}": product(price=f"{n + 1}.00") for n in range(3)}) as server:
        store_watches(database, watches_on(server.base_url, 3, schedule=EVERY_HOUR))
        check_due(engine_on(database))
    return database


def age(rows: Rows, by: str) -> None:
    """Move the ledger into the past."""
    rows(f"SELECT pricewatch.ensure_months(now() - interval '{by}', now() - interval '{by}')")
    rows(f"UPDATE pricewatch.checks SET slot_at = slot_at - interval '{by}'")
    rows(f"UPDATE pricewatch.pages SET last_seen_at = now() - interval '{by}'")


def test_old_ledger_rows_and_pages_go_and_snapshots_stay(checked: Database, rows: Rows) -> None:
    age(rows, "400 days")
    report = maintain(checked, load_settings(check_retention_days=365, page_retention_days=30))
    assert (report.checks_deleted, report.pages.deleted) == (3, 3)
    assert maintain(checked, load_settings()).checks_deleted == 0
    assert len(rows("SELECT 1 FROM pricewatch.price_snapshots")) == 3


def test_old_alerts_go_with_the_checks_that_fired_them(database: Database, rows: Rows) -> None:
    put_alerts(database, 2, "phone")
    rows("UPDATE pricewatch.alert_deliveries SET state = 'sent'")
    rows("UPDATE pricewatch.alerts SET fired_at = now() - interval '400 days' WHERE subject = 'w0'")
    assert maintain(database, load_settings(check_retention_days=365)).alerts_deleted == 1
    assert rows("SELECT subject FROM pricewatch.alerts") == [{"subject": "w1"}]


def test_what_is_young_stays(checked: Database, rows: Rows) -> None:
    report = maintain(checked, load_settings())
    assert (report.checks_deleted, report.pages.deleted, report.check_months_dropped) == (0, 0, ())
    assert len(rows("SELECT 1 FROM pricewatch.checks")) == 3


def test_a_ledger_that_is_too_large_loses_its_oldest_months_and_never_this_one(checked: Database, rows: Rows) -> None:
    age(rows, "70 days")
    dropped = checked.run(lambda connection: maintenance.drop_oldest_months(connection, "checks", max_bytes=1))
    assert len(dropped) >= 1
    assert rows(
        "SELECT to_regclass('pricewatch.checks_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')) IS NOT NULL AS kept"
    ) == [{"kept": True}]


def test_pages_beyond_the_size_go_oldest_first(checked: Database, rows: Rows) -> None:
    rows(
        "UPDATE pricewatch.pages SET last_seen_at = now() - interval '1 hour' WHERE sha256 = (SELECT min(sha256) FROM pricewatch.pages)"
    )
    (oldest,) = rows("SELECT sha256 FROM pricewatch.pages ORDER BY last_seen_at LIMIT 1")
    total = rows("SELECT sum(stored_bytes)::int AS n FROM pricewatch.pages")[0]["n"]
    deleted = checked.run(
        lambda connection: maintenance.prune_pages(connection, keep=timedelta(days=30), max_bytes=total - 1)
    )
    assert deleted == (1, [])
    assert oldest not in rows("SELECT sha256 FROM pricewatch.pages")


def put_flights(database: Database, *slots: datetime) -> None:
    """A search with two itineraries for each of these slots."""
    found = (search(), itinerary(1), itinerary(2))
    details = [DetailsOf(watch_id="lhr-jfk", slot_at=slot, observed_at=slot, details=found) for slot in slots]
    assert database.run(lambda connection: detail_rows.store(connection, details)) == []


def test_old_itineraries_go_in_whole_months_and_their_fares_stay(database: Database, rows: Rows) -> None:
    watched_flight(database)
    now = database.now()
    slots = [now - timedelta(days=500), now - timedelta(days=440), now - timedelta(days=40), now]
    put_flights(database, *slots)
    report = maintain(database, load_settings())
    assert {f"flight_offers_{slot:%Y_%m}" for slot in slots[:2]} <= set(report.flight_offer_months_dropped)
    assert max(report.flight_offer_months_dropped) < f"flight_offers_{now - timedelta(days=400):%Y_%m}"
    assert maintain(database, load_settings()).flight_offer_months_dropped == ()
    assert len(rows("SELECT 1 FROM pricewatch.flight_offers")) == 4
    assert len(rows("SELECT 1 FROM analytics.flight_searches")) == 4
    put_flights(database, slots[0])  # a page of then is read again
    assert len(rows("SELECT 1 FROM pricewatch.flight_offers")) == 6


def test_itineraries_that_take_too_much_room_lose_their_oldest_months_and_never_this_one(
    database: Database, rows: Rows
) -> None:
    watched_flight(database)
    now = database.now()
    put_flights(database, now - timedelta(days=70), now)
    database.run(lambda connection: maintenance.drop_oldest_months(connection, "flight_offers", max_bytes=1))
    assert rows("SELECT slot_at FROM pricewatch.flight_offers") == [{"slot_at": now}] * 2


def test_batches_go_like_checks_and_the_newest_of_each_watch_stays(database: Database, rows: Rows) -> None:
    watched_flight(database)
    rows("""
        INSERT INTO pricewatch.batches (watch_id, slot_at, finished_at, kind, query, combinations, state)
        SELECT 'lhr-jfk', now() - n * interval '100 days', now() - n * interval '100 days', 'scheduled', '{}', 2, 'done'
        FROM generate_series(1, 6) n
    """)
    rows("""
        INSERT INTO pricewatch.batch_combinations (batch_id, number, key, query, url)
        SELECT batch_id, n, 'k' || n, '{}', 'https://flights.example/' FROM pricewatch.batches, generate_series(1, 2) n
    """)
    assert maintain(database, load_settings(check_retention_days=365)).batches_deleted == 3
    kept = "SELECT count(*) AS n, count(DISTINCT batch_id) AS batches FROM pricewatch.batch_combinations"
    assert rows(kept) == [{"n": 6, "batches": 3}]
    prune = partial(maintenance.prune_batches, keep=timedelta(days=365))
    assert database.run(lambda connection: prune(connection, max_bytes=10_000)) == 0
    assert database.run(lambda connection: prune(connection, max_bytes=0)) == 2
    assert rows("SELECT slot_at > now() - interval '101 days' AS is_newest FROM pricewatch.batches") == [
        {"is_newest": True}
    ]


def test_months_are_there_before_they_are_needed(checked: Database, rows: Rows) -> None:
    checked.run(maintenance.ensure_months)
    assert rows("SELECT pricewatch.has_months(now(), now() + interval '60 days') AS ready") == [{"ready": True}]


def test_a_snapshot_waits_for_dagsters_log_until_it_is_logged(checked: Database) -> None:
    logged: list[SnapshotEvent] = []
    assert checked.run(events.backlog)[0] == 3
    assert log_events(checked, logged.extend, older_than=timedelta(minutes=2)) == 0
    assert log_events(checked, logged.extend) == 3
    assert log_events(checked, logged.extend) == 0
    assert sorted((event.watch_id, str(event.price), event.currency) for event in logged) == [
        ("w0", "1.0000", "EUR"),
        ("w1", "2.0000", "EUR"),
        ("w2", "3.0000", "EUR"),
    ]
    assert [price.price for price in logged[0].recent_prices] == [str(logged[0].price)]


def test_what_a_run_in_progress_will_log_is_left_to_it(database: Database) -> None:
    logged: list[SnapshotEvent] = []
    with serve({"/0": product()}) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        check_due(engine_on(database), run_id="in progress")
    assert log_events(database, logged.extend, except_runs=["in progress"]) == 0
    assert log_events(database, logged.extend, except_runs=["another"]) == 1


def test_a_log_that_fails_keeps_the_snapshots_waiting(checked: Database) -> None:
    def fail(_: Sequence[SnapshotEvent]) -> None:
        raise RuntimeError("the log is away")

    with pytest.raises(RuntimeError, match="the log is away"):
        log_events(checked, fail)
    assert checked.run(events.backlog)[0] == 3


def test_under_changes_only_what_changed_is_logged(database: Database, rows: Rows) -> None:
    rules = CheckRules(quarantine_after=10, materialization_events="changes")
    prices = ["5.00", "5.00", "6.00"]
    with serve(lambda _: product(prices.pop(0))) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        counts = []
        for _ in range(3):
            rows("UPDATE pricewatch.watches SET next_due_at = now()")
            check_due(engine_on(database, rules=rules))
            counts.append(log_events(database, lambda _: None))
    assert counts == [1, 0, 1]
