"""When a watch is due: interval or cron, in a time zone, within its active windows.

Pure functions over values. There is no clock in here: `now` is the database's, always aware. Results are UTC.
"""

import difflib
import hashlib
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from pricewatch_pipeline.domain.watches import SHORTEST_INTERVAL, ActiveWindow, Schedule
from pricewatch_pipeline.errors import ScheduleError

LONGEST_INTERVAL = timedelta(days=366)
LONGEST_OPENING_PHASE = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_APART_SHARE = 0.95
_TICK = timedelta(microseconds=1)
_WEEK, _MOST_SLOTS = timedelta(days=7), 2_000
_LONGEST_CRON = 200
# A weekly window can fall into the hour that a spring night skips; then it opens the week after.
_DAYS_TO_LOOK_AHEAD = 16

Span = tuple[datetime, datetime]
"""[start, end) as UTC instants."""


def first_due(schedule: Schedule, watch_id: str, now: datetime) -> datetime:
    """When a new watch is due: at once; by cron, at the next firing; outside its windows, when the next one opens."""
    if schedule.cron is not None:
        return within_windows(schedule, watch_id, _slot_after(schedule, watch_id, now))
    return within_windows(schedule, watch_id, now)


def next_due(schedule: Schedule, watch_id: str, slot_at: datetime, now: datetime) -> datetime:
    """The slot after `slot_at`, always later than `now`: what an outage missed is one slot, not many.

    Interval watches sit on a grid of their own (epoch + phase + k * every), so they neither drift nor all come at the
    same second. The half interval lets a watch that was first checked at an odd instant join its grid in no hurry.
    """
    after = max(now, slot_at)
    if schedule.cron is None:
        after = max(now, slot_at + _every(schedule) / 2)
    return within_windows(schedule, watch_id, _slot_after(schedule, watch_id, after))


def next_due_apart(schedule: Schedule, watch_id: str, slot_at: datetime, now: datetime) -> datetime:
    """The slot after a check that ended well at `now`: as `next_due`, and no sooner than `at_least_apart` after it.

    A twentieth less counts as that long: a check takes its time, and a slot that comes every four hours is four hours apart.
    """
    return next_due(schedule, watch_id, slot_at, now.astimezone(UTC) + least_distance(schedule))


def least_distance(schedule: Schedule) -> timedelta:
    """From the end of a check that ended well to the next one that nobody asked for."""
    return (schedule.at_least_apart or timedelta(0)) * _APART_SHARE


def checks_per_day(schedule: Schedule, watch_id: str, now: datetime) -> float:
    """How often a watch is due: by its interval, or by the slots of the coming week."""
    if schedule.cron is None and not schedule.windows:
        return timedelta(days=1) / _every(schedule)
    slot, slots = next_due(schedule, watch_id, now, now), 0
    while slot <= now + _WEEK and slots < _MOST_SLOTS:
        slot, slots = next_due(schedule, watch_id, slot, slot), slots + 1
    return slots * timedelta(days=1) / min(slot - now, _WEEK)


def is_active(schedule: Schedule, instant: datetime) -> bool:
    """Whether checks may happen at this instant."""
    # A window is at most a day long by the clock, so only yesterday's and today's can be open.
    return not schedule.windows or any(start <= instant < end for start, end in _spans(schedule, instant, range(-1, 1)))


def next_opening(schedule: Schedule, instant: datetime) -> datetime:
    """The first instant from this one on at which checks may happen."""
    if is_active(schedule, instant):
        return instant.astimezone(UTC)
    return _next_span(schedule, instant)[0]


def closing(schedule: Schedule, instant: datetime) -> datetime:
    """When the window ends that is open at this instant, with those that follow it without a gap.

    Raises:
        ScheduleError: none is open; or the time zone is not known here.
    """
    start, end = _next_span(schedule, instant)
    if start > instant:
        raise ScheduleError("no active window is open at this instant")
    return end


def check_schedule(schedule: Schedule) -> None:
    """Make sure that the schedule can be kept.

    Raises:
        ScheduleError: says what is wrong and what is allowed.
    """
    _check_timezone(schedule.timezone)
    for window in schedule.windows:
        _check_window(window)
    if schedule.cron is not None:
        _check_cron(schedule.cron)
        _slot_after(schedule, "", _EPOCH)
    elif not SHORTEST_INTERVAL <= _every(schedule) <= LONGEST_INTERVAL:
        raise ScheduleError(
            f"the interval is {schedule.every}; allowed is from 1 minute to {LONGEST_INTERVAL.days} days"
        )


def stable_hash(*parts: object) -> int:
    """A 64-bit number that is the same in every process: our jitter, predictable in tests."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:8])


def within_windows(schedule: Schedule, watch_id: str, slot: datetime) -> datetime:
    """The slot itself where checks may happen then, else the watch's own instant just after the next opening."""
    if is_active(schedule, slot):
        return slot.astimezone(UTC)
    opening, closing = _next_span(schedule, slot)
    room = min(LONGEST_OPENING_PHASE, closing - opening)
    phased = opening + room * (stable_hash("opening", watch_id) % 1000) / 1000
    # A slot of its own that comes even sooner after the opening stays: nothing is checked twice in a hurry.
    return min(phased, _slot_after(schedule, watch_id, opening - _TICK))


def _every(schedule: Schedule) -> timedelta:
    if schedule.every is None:
        raise ScheduleError("the schedule has neither an interval (every) nor a cron expression")
    return schedule.every


def _slot_after(schedule: Schedule, watch_id: str, after: datetime) -> datetime:
    """The first slot later than `after`, whatever the windows."""
    if schedule.cron is not None:
        return _firing_after(schedule.cron, schedule.timezone, after)
    every = _every(schedule)
    start = _EPOCH + timedelta(seconds=stable_hash(watch_id) % int(every.total_seconds()))
    return start + ((after - start) // every + 1) * every


def _firing_after(cron: str, timezone: str, after: datetime) -> datetime:
    try:
        firings = CronSim(cron, after.astimezone(_zone(timezone)))
        firing = next(firings).astimezone(UTC)
        # In the second pass of a repeated hour, firings of the first pass come again: they are past.
        while firing <= after:
            firing = next(firings).astimezone(UTC)
    except CronSimError as error:
        raise ScheduleError(
            f"cron {cron!r}: {str(error)[:1].lower()}{str(error)[1:]}; an example: '30 6 * * MON-FRI'"
        ) from error
    except StopIteration:
        raise ScheduleError(f"cron {cron!r} never fires: there is no such day in the next 50 years") from None
    return firing


def _check_cron(cron: str) -> None:
    if len(cron) > _LONGEST_CRON:
        raise ScheduleError(f"the cron expression has {len(cron)} characters; at most {_LONGEST_CRON} are allowed")
    if cron.startswith("@"):
        raise ScheduleError(f"cron {cron!r}: write the five fields, for example '0 6 * * *' for every day at 06:00")
    if (fields := len(cron.split())) != 5:
        raise ScheduleError(f"cron {cron!r} has {fields} fields, not 5: minute, hour, day of month, month, day of week")
    try:
        CronSim(cron, _EPOCH)
    except CronSimError as error:
        if is_impossible_day(cron):
            raise ScheduleError(f"cron {cron!r} never fires: no such day exists in that month") from error


def is_impossible_day(cron: str) -> bool:
    """Whether the expression is well-formed, were it not for its day of the month."""
    minute, hour, day, month, weekday = cron.split()
    try:
        CronSim(f"{minute} {hour} 1 {month} {weekday}", _EPOCH)
        CronSim(f"{minute} {hour} {day} * {weekday}", _EPOCH)
    except CronSimError:
        return False
    return True


def _check_window(window: ActiveWindow) -> None:
    if not window.days:
        raise ScheduleError(f"the active window {window.start:%H:%M}-{window.end:%H:%M} has no days, so it never opens")
    if not window.days <= frozenset(range(7)):
        raise ScheduleError(
            f"the active window has the days {sorted(window.days)}; allowed are 0 (Monday) to 6 (Sunday)"
        )


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_timezone(name: str) -> None:
    known = _timezones()
    if name in known:
        return
    by_spelling = {spelling.lower(): zone for zone in sorted(known) for spelling in (zone, zone.rpartition("/")[2])}
    spelling = name.lower().replace(" ", "_")
    matches = [spelling] if spelling in by_spelling else difflib.get_close_matches(spelling, by_spelling, cutoff=0.7)
    close = list(dict.fromkeys(by_spelling[match] for match in matches))
    hint = f"did you mean {' or '.join(close)}?" if close else "write an IANA name such as Europe/Berlin or UTC"
    raise ScheduleError(f"{name!r} is not a time zone; {hint}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder's name is an OSError
        raise ScheduleError(f"{name!r} is not a time zone that is known here") from error


def _next_span(schedule: Schedule, instant: datetime) -> Span:
    """The merged window that is open at the instant, or the first to open after it."""
    for start, end in _spans(schedule, instant, range(-1, _DAYS_TO_LOOK_AHEAD)):
        if instant < end:
            return start, end
    raise ScheduleError("the active windows never open: give each window at least one day")


def _spans(schedule: Schedule, instant: datetime, days: range) -> list[Span]:
    """The windows that open on the given days from the instant's own day on; those that touch are one."""
    zone = _zone(schedule.timezone)
    today = instant.astimezone(zone).date()
    spans = [
        _span(today + timedelta(days=offset), window, zone)
        for offset in days
        for window in schedule.windows
        if (today + timedelta(days=offset)).weekday() in window.days
    ]
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return merged


def _span(day: date, window: ActiveWindow, zone: ZoneInfo) -> Span:
    last_day = day if window.start < window.end else day + timedelta(days=1)
    return _first_instant(day, window.start, zone), _first_instant(last_day, window.end, zone)


def _first_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When the zone's clocks first show this time; where they skip it, when they have jumped over it."""
    wall = datetime.combine(day, clock).replace(tzinfo=None, fold=0)
    while (instant := wall.replace(tzinfo=zone).astimezone(UTC)).astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
    return instant
