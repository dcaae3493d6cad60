"""Cron expressions, weekdays and times of day as people write them; and whether a schedule can be kept."""

import re
from datetime import UTC, datetime, time
from functools import lru_cache

from cronsim import CronSim, CronSimError

from pricewatch_pipeline.domain.schedule import check_schedule, is_impossible_day
from pricewatch_pipeline.domain.watches import Schedule
from pricewatch_pipeline.errors import ScheduleError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAYS = frozenset(range(7))
_DAY_NUMBERS = {
    name: number
    for number, names in enumerate(
        [
            ("mon", "monday"),
            ("tue", "tues", "tuesday"),
            ("wed", "wednesday"),
            ("thu", "thur", "thurs", "thursday"),
            ("fri", "friday"),
            ("sat", "saturday"),
            ("sun", "sunday"),
        ]
    )
    for name in names
}
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?", re.ASCII)
_LONGEST_CRON = 120
_A_MOMENT = datetime(2024, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def parse_cron(text: str) -> str:
    """The expression with single spaces.

    Raises:
        ScheduleError: it is malformed. One that is well-formed and never fires passes: see `schedule_problem`.
    """
    fields = text.split()
    if len(fields) != 5 or len(text) > _LONGEST_CRON:
        raise ScheduleError(
            f"{text[:_LONGEST_CRON]!r} is not a cron expression: it has {len(fields)} fields, not 5 "
            "(minute hour day month weekday, such as '0 9 * * mon-fri')"
        )
    expression = " ".join(fields)
    try:
        CronSim(expression, _A_MOMENT)
    except CronSimError as error:
        if not is_impossible_day(expression):
            raise ScheduleError(
                f"{text!r} is not a cron expression: {str(error).lower()} "
                "(minute hour day month weekday, such as '0 9 * * mon-fri')"
            ) from error
    return expression


@lru_cache(maxsize=4096)
def schedule_problem(schedule: Schedule) -> str | None:
    """Why a schedule cannot be kept, in a sentence; None when it can."""
    try:
        check_schedule(schedule)
    except ScheduleError as error:
        return str(error)
    return None


def parse_days(text: str) -> frozenset[int]:
    """Weekdays from `mon`, `mon,wed`, `mon-fri` or `fri-mon`; Monday is 0.

    Raises:
        ScheduleError: a part is no weekday.
    """
    days: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        if part in ("all", "*"):
            return ALL_DAYS
        first, dash, last = part.partition("-")
        start, end = _DAY_NUMBERS.get(first), _DAY_NUMBERS.get(last if dash else first)
        if start is None or end is None:
            raise ScheduleError(
                f"{part!r} is not a weekday (allowed: {', '.join(DAYS)}, ranges such as mon-fri, or all)"
            )
        days |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return frozenset(days)


def parse_clock(text: str) -> time:
    """A time of day as `HH:MM`; `24:00` is midnight.

    Raises:
        ScheduleError: it is not one.
    """
    if text == "24:00":
        return time(0)
    match = _CLOCK.fullmatch(text)
    if not match:
        raise ScheduleError(f"{text!r} is not a time of day (allowed: 00:00 to 24:00, such as 22:30)")
    return time(int(match[1]), int(match[2]))
