"""Which days' indexes of filings are still to be compared with what the feeds listed. Pure functions; days are those of New York."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pricewatch_pipeline.domain.outcomes import Outcome

ZONE = "America/New_York"
"""Of the SEC."""
MOST_DAYS_BACK = 14
"""So far back days are made up for by themselves."""
_SURE_AFTER = timedelta(days=2)
"""An index that is not there may come so late; then the SEC was closed."""
_DAY = timedelta(days=1)
_THURSDAY, _MONDAY, _SATURDAY = 3, 0, 5


@dataclass(frozen=True, kw_only=True)
class SweptDay:
    """A day whose index was asked for."""

    day: date
    outcome: Outcome
    """`ok`; `not_found`: it is not there; else how it failed."""
    swept_on: date

    @property
    def is_settled(self) -> bool:
        """Whether there is no more to learn of that day."""
        is_closed = self.outcome is Outcome.NOT_FOUND and self.swept_on - self.day > _SURE_AFTER
        return self.outcome is Outcome.OK or is_closed


def today_in_new_york(now: datetime) -> date:
    """The SEC's day at an instant."""
    return now.astimezone(ZoneInfo(ZONE)).date()


def days_to_sweep(today: date, swept: Mapping[date, SweptDay]) -> tuple[date, ...]:
    """The business days before today, from the first that was ever swept on, that are not settled; the first time: the last
    one. None of more than MOST_DAYS_BACK days ago."""
    yesterday = last_business_day_before(today)
    first = max(min(swept, default=yesterday), today - timedelta(days=MOST_DAYS_BACK))
    return tuple(day for day in business_days(first, yesterday) if day not in swept or not swept[day].is_settled)


def skipped_days(today: date, swept: Mapping[date, SweptDay]) -> int:
    """Business days since the last one that was swept which are too long ago: they are swept only when they are asked for."""
    last = max(swept, default=today)
    return len(tuple(business_days(last + _DAY, today - timedelta(days=MOST_DAYS_BACK + 1))))


def unswept_days(today: date, swept: Mapping[date, SweptDay], *, since: date) -> tuple[date, ...]:
    """Business days from the first that was swept on, none before `since`, that are not settled and too long ago to be made up
    for by themselves."""
    first = max(min(swept, default=today), since)
    days = business_days(first, today - timedelta(days=MOST_DAYS_BACK + 1))
    return tuple(day for day in days if day not in swept or not swept[day].is_settled)


def last_business_days(today: date, count: int) -> tuple[date, ...]:
    """So many before today, the oldest first."""
    found: list[date] = []
    day = today
    while len(found) < count:
        day = last_business_day_before(day)
        found.append(day)
    return tuple(reversed(found))


def last_business_day_before(day: date) -> date:
    """Which is before that day, however long."""
    day -= _DAY
    while not is_business_day(day):
        day -= _DAY
    return day


def business_days(first: date, last: date) -> Iterator[date]:
    """Those from the first to the last, both included."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return (day for day in days if is_business_day(day))


def is_business_day(day: date) -> bool:
    """Whether the SEC takes filings: no weekend and no federal holiday (5 U.S.C. 6103). When it closes for anything else, its
    index is not there."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year) | _holidays(day.year + 1)


def closed_text(day: date, today: date) -> str:
    """Why there is no index of a day, in words."""
    if day.weekday() >= _SATURDAY:
        return f"The SEC was closed: {day} was a {'Saturday' if day.weekday() == _SATURDAY else 'Sunday'}"
    if not is_business_day(day):
        return f"The SEC was closed: {day} was a federal holiday"
    if today - day > _SURE_AFTER:
        return f"The SEC was closed on {day}, or keeps no index of it any more"
    return f"The index of {day} is not there yet: it may come late; the next sweep asks again"


def _holidays(year: int) -> frozenset[date]:
    """As they are observed: one on a Saturday the day before (New Year's Day even in the old year), one on a Sunday the day after."""
    fixed = (date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25))
    return frozenset(
        {
            *map(_observed, fixed),
            _nth(year, 1, _MONDAY, 3),
            _nth(year, 2, _MONDAY, 3),
            _nth(year, 6, _MONDAY, 1) - timedelta(days=7),
            _nth(year, 9, _MONDAY, 1),
            _nth(year, 10, _MONDAY, 2),
            _nth(year, 11, _THURSDAY, 4),
        }
    )


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))
