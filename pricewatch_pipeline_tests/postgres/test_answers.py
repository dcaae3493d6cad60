"""Checks that yield no price and did not fail either: an empty market, a watch that is finished, a check that was stopped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pricewatch_pipeline.domain.backoff import NEVER, Plan
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import Schedule
from pricewatch_pipeline.services.refresh_products import refresh
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage import definitions, frames, ledger, watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.checks import Checker, offer, plan
from pricewatch_pipeline_tests.support.flight_rows import flight_watch, watched_flight
from pricewatch_pipeline_tests.support.raised import add_rules, alerts, rule

Rows = Callable[..., list[dict[str, Any]]]
ANSWERS = [Outcome.NO_OFFERS, Outcome.FINISHED, Outcome.CANCELLED]


def ended(at: datetime) -> Plan:
    """What the schedule says of a watch that is finished."""
    return replace(plan(0, at), slot_at=NEVER, next_due_at=NEVER)


def by_hand(flight: Checker, *outcomes: Outcome) -> None:
    """Checks that do not count for the schedule."""
    flight.check(*outcomes, plan=None)


@pytest.mark.parametrize("outcome", ANSWERS)
def test_an_answer_without_a_price_is_no_failure(database: Database, rows: Rows, outcome: Outcome) -> None:
    flight = watched_flight(database)
    add_rules(database, rule("failing", "failing", times=2))
    flight.check(offer("321"))
    for _ in range(3):
        flight.check(outcome, plan=plan(0, flight.now))
    by_hand(flight, outcome, outcome)
    assert alerts(rows) == []
    assert rows("SELECT consecutive_failures, quarantined_at, last_outcome FROM pricewatch.watches") == [
        {"consecutive_failures": 0, "quarantined_at": None, "last_outcome": outcome}
    ]
    assert len(rows("SELECT 1 FROM pricewatch.price_snapshots")) == 1
    fleet = database.run(lambda connection: ledger.fleet(connection, window=timedelta(days=999)))
    assert (fleet["checks"], fleet["successes"], fleet["failing"]) == (6, 6, 0)
    assert rows("SELECT state FROM analytics.watches") == [{"state": "ok"}]


def test_a_failing_watch_that_answers_is_no_longer_failing_and_one_that_was_stopped_says_nothing(
    database: Database, rows: Rows
) -> None:
    flight = watched_flight(database)
    add_rules(database, rule("failing", "failing", times=2))
    flight.check(Outcome.BLOCKED, Outcome.BLOCKED)
    assert alerts(rows) == [("failing", "lhr-jfk", None)]
    by_hand(flight, Outcome.CANCELLED)
    flight.check(Outcome.BLOCKED)
    assert [row["status"] for row in rows("SELECT status FROM pricewatch.alert_states WHERE rule_id = 'failing'")] == [
        "fired"
    ]
    by_hand(flight, Outcome.NO_OFFERS)
    assert [row["status"] for row in rows("SELECT status FROM pricewatch.alert_states WHERE rule_id = 'failing'")] == [
        "armed"
    ]


def test_a_watch_that_never_had_a_fare_is_not_new(database: Database, rows: Rows) -> None:
    flight = watched_flight(database)
    assert rows("SELECT state FROM analytics.watches") == [{"state": "new"}]
    flight.check(Outcome.NO_OFFERS, plan=plan(0, flight.now))
    assert rows("SELECT state FROM analytics.watches") == [{"state": "ok"}]


def test_a_finished_watch_breaks_nothing_that_reckons_with_when_it_is_due(database: Database, rows: Rows) -> None:
    rows("INSERT INTO pricewatch.products (product_id, title) VALUES ('trip', 'New York')")
    flight = watched_flight(database, schedule=Schedule(every=None, cron="0 6 * * *"), product_id="trip")
    flight.check(offer("321"))
    flight.check(Outcome.FINISHED, plan=ended(flight.now), error="its last day, 2026-11-20, has gone by")
    (shown,) = rows("SELECT state, next_due_at, last_error FROM analytics.watches")
    assert (shown["state"], shown["next_due_at"].year) == ("finished", 9999)
    assert shown["last_error"] == "its last day, 2026-11-20, has gone by"
    assert rows("SELECT every_s FROM pricewatch.store_offers") == [{"every_s": None}]
    assert [row["price"] for row in rows("SELECT price FROM analytics.product_offers")] == [321]
    refresh(database, load_settings())
    assert list(database.run(frames.latest)["watch_id"]) == ["lhr-jfk"]
    fleet = database.run(ledger.fleet)
    assert (fleet["due"], fleet["finished"], fleet["active"], fleet["lag_s"]) == (0, 1, 1, 0)
    assert database.run(ledger.overdue) == []


def test_a_finished_watch_that_asks_for_another_day_is_due_again(database: Database, rows: Rows) -> None:
    flight = watched_flight(database)
    flight.check(Outcome.FINISHED, plan=ended(flight.now))
    first_due_at = datetime.now(UTC)

    def upsert(**fields: Any) -> datetime:
        changed = flight_watch(**fields)
        database.run(
            lambda connection: definitions.upsert_watches(connection, [(changed, Sourced())], {"lhr-jfk": first_due_at})
        )
        (row,) = rows("SELECT next_due_at FROM pricewatch.watches")
        due: datetime = row["next_due_at"]
        return due

    assert upsert(title="Another title") == NEVER
    later = {**flight_watch().query, "departs": ["2028-01-15"]}
    assert upsert(query=later) == first_due_at


def test_a_finished_watch_that_is_paused_and_resumed_is_looked_at_once_more(database: Database, rows: Rows) -> None:
    flight = watched_flight(database)
    flight.check(Outcome.FINISHED, plan=ended(flight.now))
    assert database.run(lambda connection: watches.resume(connection, ["lhr-jfk"])) == []
    database.run(lambda connection: watches.pause(connection, ["lhr-jfk"]))
    database.run(lambda connection: watches.resume(connection, ["lhr-jfk"]))
    assert rows("SELECT next_due_at <= now() AND slot_at <= now() AS is_due FROM pricewatch.watches") == [
        {"is_due": True}
    ]
