"""What operators and analysts see of hosts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pricewatch_pipeline.storage import host_views, ledger
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def two_watches(database: Database) -> None:
    store_watches(database, watches_on("https://shop.example", 2), min_delay_s=2)


def test_the_hours_of_a_host_add_up(rows: Rows) -> None:
    insert = """
    INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at, host, wire_bytes,
                                   page_count, fetch_ms, wait_ms)
    VALUES ('w0', :at, :attempt, 'scheduled', :outcome, :at, :at, 'shop.example', 100, :pages, :fetch_ms, :wait_ms)
    """
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for attempt, (at, outcome, pages, fetch_ms, wait_ms) in enumerate(
        [
            (hour, "ok", 2, 100, 10),
            (hour + timedelta(minutes=59), "ok", 1, 300, None),
            (hour + timedelta(minutes=59), "abandoned", None, None, None),
            (hour - timedelta(seconds=1), "blocked", 1, 50, 30),
        ]
    ):
        rows(insert, at=at, attempt=attempt, outcome=outcome, pages=pages, fetch_ms=fetch_ms, wait_ms=wait_ms)
    before, this = rows("SELECT * FROM analytics.host_hours ORDER BY hour")
    assert (before["hour"], before["outcomes"], before["checks"]) == (hour - timedelta(hours=1), {"blocked": 1}, 1)
    assert (this["hour"], this["host"], this["outcomes"]) == (hour, "shop.example", {"ok": 2, "abandoned": 1})
    assert (this["checks"], this["pages"], this["wire_bytes"]) == (3, 3, 300)
    assert (this["mean_fetch_ms"], this["mean_wait_ms"]) == (200, 10)


@pytest.mark.parametrize(
    ("changes", "state", "has_end"),
    [
        ("failures = 2", "ok", False),
        ("rests_until = now() - interval '1 s', rest_reason = 'operator'", "ok", False),
        ("rests_until = 'infinity', rest_reason = 'operator'", "paused", False),
        ("rests_until = now() + interval '1 h', rest_reason = 'retry_after'", "resting", True),
        ("breaker_until = now() + interval '1 h'", "breaker_open", True),
        ("breaker_until = now() - interval '1 s'", "half_open", False),
        ("breaker_until = now() + interval '2 h', rests_until = now() + interval '1 h'", "breaker_open", True),
        ("breaker_until = now() + interval '1 h', rests_until = now() + interval '2 h'", "resting", True),
        (
            "breaker_until = now() + interval '2 h', rests_until = now() + interval '1 h', rest_reason = 'operator'",
            "paused",
            True,
        ),
    ],
)
def test_a_host_is_in_one_state(database: Database, rows: Rows, changes: str, state: str, has_end: bool) -> None:
    rows(f"UPDATE pricewatch.hosts SET {changes}")
    host = database.run(lambda connection: host_views.one(connection, "shop.example"))
    assert host
    assert (host["state"], host["state_until"] is not None) == (state, has_end)
    left_alone = database.run(host_views.left_alone)
    assert [each["host"] for each in left_alone] == ([] if state == "ok" else ["shop.example"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ("crawl_delay_s = 1", "store"),
        ("crawl_delay_s = 3", "robots"),
        ("crawl_delay_s = 3, adaptive_delay_s = 4", "adaptive"),
        ("adaptive_delay_s = 1", "store"),
    ],
)
def test_the_pace_has_a_reason(rows: Rows, changes: str, reason: str) -> None:
    rows(f"UPDATE pricewatch.hosts SET {changes}")
    assert rows("SELECT pace_reason, watches, due_watches FROM analytics.hosts") == [
        {"pace_reason": reason, "watches": 2, "due_watches": 2}
    ]


def test_a_pause_does_not_shorten_a_rest_that_the_host_asked_for(database: Database, rows: Rows) -> None:
    asked = "rests_until = now() + interval '3 h', rest_reason = 'retry_after'"
    rows(f"UPDATE pricewatch.hosts SET {asked}")
    database.run(lambda c: host_views.pause(c, "shop.example", lasts=timedelta(hours=1), note=None))
    assert rows("SELECT rest_reason FROM pricewatch.hosts") == [{"rest_reason": "retry_after"}]
    database.run(lambda c: host_views.pause(c, "shop.example", lasts=None, note=None))
    assert rows("SELECT rest_reason FROM pricewatch.hosts") == [{"rest_reason": "operator"}]
    database.run(lambda c: host_views.pause(c, "shop.example", lasts=timedelta(hours=1), note=None))
    assert rows("SELECT rests_until < now() + interval '2 h' AS is_short FROM pricewatch.hosts") == [{"is_short": True}]


def test_watches_of_a_host_that_is_left_alone_are_not_overdue(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.watches SET next_due_at = now() - interval '2 days'")
    assert len(database.run(ledger.overdue)) == 2
    rows("UPDATE pricewatch.hosts SET rests_until = 'infinity', rest_reason = 'operator'")
    assert database.run(ledger.overdue) == []
