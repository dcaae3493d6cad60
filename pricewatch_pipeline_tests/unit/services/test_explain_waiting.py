from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pricewatch_pipeline.services.explain_waiting import is_held_back, roughly, why_it_waits

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
        "min_delay_s": 1.0,
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
        ({"host_free_at": NOW + MINUTE}, "waits for its turn at shop.de (one request every 1 s): 1m", False),
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
