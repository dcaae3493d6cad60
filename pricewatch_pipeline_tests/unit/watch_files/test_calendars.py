from datetime import time

import pytest

from pricewatch_pipeline.domain.watches import Schedule
from pricewatch_pipeline.errors import ScheduleError
from pricewatch_pipeline.watch_files.calendars import parse_clock, parse_cron, parse_days, schedule_problem


@pytest.mark.parametrize(
    "text", ["0 9 * * mon-fri", "*/5 * * * *", "0 0 29 2 *", "0 18 L * *", "0 9 * * fri#1", "0 0 1 jan *"]
)
def test_a_cron_expression_that_fires_is_kept(text: str) -> None:
    assert parse_cron(text) == text
    assert schedule_problem(Schedule(every=None, cron=text)) is None


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 4 *", "0 0 31 feb,apr,jun *"])
def test_a_cron_expression_that_never_fires_is_well_formed(text: str) -> None:
    assert parse_cron(text) == text
    assert "never fires" in str(schedule_problem(Schedule(every=None, cron=text)))


@pytest.mark.parametrize(
    "text",
    ["", "@daily", "0 9 * *", "0 0 9 * * *", "61 * * * *", "0 24 * * *", "0 0 32 * *", "0 0 * 13 *", "0 0 * * 8", "a b c d e",
     "0 0 * * fri-mon", "*/0 * * * *", "0 0 30 2 x", "0 0 30 13 *", "0 0 32 2 *", "9" * 5000 + " * * * *"],
)  # fmt: skip
def test_a_malformed_cron_expression_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is not a cron expression"):
        parse_cron(text)


def test_a_time_zone_that_does_not_exist_is_a_problem_with_a_proposal() -> None:
    assert "Europe/Berlin" in str(schedule_problem(Schedule(timezone="Europe/Belin")))
    assert schedule_problem(Schedule(timezone="../etc/passwd")) is not None
    assert schedule_problem(Schedule(timezone="Europe")) is not None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        ("sun-sun", {6}),
        ("sat, sun", {5, 6}),
        ("Monday,wed-Thursday", {0, 2, 3}),
        ("all", set(range(7))),
    ],
)
def test_days_are_read(text: str, days: set[int]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "mon-", "-fri", "mo", "1-5", "mon--fri", "mon,,tue", "weekend"])
def test_what_is_no_weekday_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is not a weekday"):
        parse_days(text)


@pytest.mark.parametrize(
    ("text", "clock"),
    [("22:00", time(22)), ("6:05", time(6, 5)), ("06:05:00", time(6, 5)), ("00:00", time(0)), ("24:00", time(0))],
)
def test_a_time_of_day_is_read(text: str, clock: time) -> None:
    assert parse_clock(text) == clock


@pytest.mark.parametrize("text", ["", "24:01", "25:00", "12:60", "12", "noon", "12:30:15", "12.30"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is not a time of day"):
        parse_clock(text)
