from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pricewatch_pipeline.domain.backoff import NEVER
from pricewatch_pipeline.services.explain_waiting import begins_soon, is_held_back, roughly, why_it_waits

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
NIGHTS = [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "22:00:00", "end": "06:00:00"}]


def _watch(**fields: Any) -> dict[str, Any]:
    return {
        "watch_id": "lamp",
        "host": "shop.de",
        "archived_at": None,
        "schedule_error": None,
        "is_paused": False,
        "paused_at": None,
        "source_file": None,
        "source_line": None,
        "claimed_until": None,
        "claimed_by": None,
        "next_due_at": NOW - MINUTE,
        "quarantined_at": None,
        "consecutive_failures": 0,
        "every_s": 3600,
        "cron": None,
        "timezone": "UTC",
        "active_windows": [],
        "host_free_at": NOW,
        "delay_s": 1.0,
        "pace_reason": "store",
        "host_state": "ok",
        "host_state_until": None,
        "host_state_reason": None,
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "says", "is_held"),
    [
        ({"archived_at": NOW}, "its history stays", True),
        ({"schedule_error": "'Mars' is not a time zone"}, "cannot be scheduled: 'Mars'", True),
        ({"paused_at": NOW}, "`pricewatch watch resume lamp`", True),
        ({"is_paused": True, "source_file": "a.yaml", "source_line": 7}, "paused by its file (a.yaml, line 7)", True),
        ({"is_paused": True}, "`pricewatch watch edit lamp --no-paused`", True),
        ({"claimed_until": NOW + MINUTE, "claimed_by": "box:42"}, "being checked by box:42; when that dies, it is due again in 1m", False),
        ({"claimed_until": NOW - MINUTE, "claimed_by": "box:42"}, "due for 1m; the next run takes it", False),
        ({"next_due_at": NOW + 90 * MINUTE}, "next in 1h 30m", False),
        ({"next_due_at": NOW + MINUTE, "consecutive_failures": 3}, "failed 3 in a row; next in 1m", False),
        ({"next_due_at": NOW + MINUTE, "consecutive_failures": 12, "quarantined_at": NOW}, "quarantined after 12 failures", True),
        ({"next_due_at": NOW + 600 * MINUTE, "active_windows": NIGHTS}, "outside its active windows; next in 10h", True),
        ({"next_due_at": NEVER, "last_error": "its last day, 20 Nov 2026, has gone by."}, "finished: its last day, 20 Nov 2026, has gone by", False),
        ({"next_due_at": NEVER, "last_error": None, "active_windows": NIGHTS}, "finished: there is nothing left to watch", False),
        ({"next_due_at": NEVER, "last_error": None, "paused_at": NOW}, "paused by command", False),
        ({"host_free_at": NOW + MINUTE}, "waits for its turn at shop.de (one request every 1 s): 1m", False),
        ({"host_free_at": NOW + MINUTE, "delay_s": 20.0, "pace_reason": "robots"}, "(one request every 20 s, as its robots.txt asks): 1m", False),
        ({"host_state": "paused", "host_state_reason": "sale"}, "due, but shop.de is paused by command (sale): `pricewatch host resume shop.de` ends it", False),
        ({"host_state": "paused", "host_state_until": NOW + MINUTE}, "due, but shop.de is paused by command: for 1m more; `pricewatch host", False),
        ({"host_state": "resting", "host_state_until": NOW + MINUTE, "host_state_reason": "asked to slow down (429): as its Retry-After asks"}, "due, but shop.de rests for 1m: asked to slow down (429)", False),
        ({"host_state": "breaker_open", "host_state_until": NOW + 12 * MINUTE, "host_state_reason": "blocked 3 times in a row"}, "due, but shop.de is left alone: blocked 3 times in a row; next probe in 12m", False),
        ({"host_state": "half_open", "host_state_reason": "blocked 3 times in a row"}, "one probe is asked next", False),
        ({"host_state": "paused", "next_due_at": NOW + MINUTE}, "next in 1m", False),
        ({}, "due for 1m; the next run takes it", False),
    ],
)  # fmt: skip
def test_why_a_watch_waits(fields: dict[str, Any], says: str, is_held: bool) -> None:
    watch = _watch(**fields)
    assert says in why_it_waits(watch, now=NOW, is_running=True)
    assert is_held_back(watch, now=NOW) is is_held


def test_a_due_watch_waits_for_somebody_to_start_the_pipeline() -> None:
    assert "start `pricewatch up`" in why_it_waits(_watch(), now=NOW, is_running=False)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=-5), "0s"),
        (timedelta(seconds=59.6), "1m"),
        (timedelta(days=2, hours=3, minutes=4), "2d 3h"),
        (timedelta(hours=1, seconds=5), "1h 5s"),
    ],
)
def test_a_span_has_two_units_at_most(span: timedelta, text: str) -> None:
    assert roughly(span) == text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"next_due_at": NOW + MINUTE}, "left half done; the next run goes on with it"),
        ({"claimed_until": NOW + MINUTE, "claimed_by": "box:42"}, "being checked by box:42"),
        ({"host_state": "paused", "next_due_at": NOW + MINUTE}, "left half done, but shop.de is paused by command"),
    ],
)
def test_a_batch_that_is_half_done_waits_for_no_slot(fields: dict[str, Any], says: str) -> None:
    assert why_it_waits(_watch(**fields), now=NOW, is_running=True, is_half_done=True).startswith(says)


@pytest.mark.parametrize(
    ("fields", "is_running", "begins"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"next_due_at": NOW + MINUTE}, True, True),
        ({"next_due_at": NOW + 5 * MINUTE}, True, False),
        ({"next_due_at": NEVER, "last_error": None}, True, False),
        ({"claimed_until": NOW + MINUTE, "claimed_by": "box:42"}, False, True),
        ({"paused_at": NOW}, True, False),
        ({"host_state": "paused"}, True, False),
    ],
)
def test_a_check_begins_soon_where_something_runs_that_makes_it(
    fields: dict[str, Any], is_running: bool, begins: bool
) -> None:
    assert begins_soon(_watch(**fields), now=NOW, is_running=is_running) is begins
