"""What a check's outcome means for the schedule: the next slot, a retry of this one, or quarantine. Pure functions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.schedule import (
    is_active,
    least_distance,
    next_due,
    next_due_apart,
    stable_hash,
    within_windows,
)
from pricewatch_pipeline.domain.watches import Schedule

SHORTEST_RETRY = timedelta(seconds=30)
LONGEST_RETRY_AFTER = timedelta(days=1)
QUARANTINE_PROBE = timedelta(days=1)
RESTING_LOOK = timedelta(minutes=1)
MOST_LOOKS = 3
"""At one slot, when what they show is doubtful each time."""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When a finished watch is due again."""
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, kw_only=True)
class ScheduleState:
    """Where a watch stood in its schedule while it was checked."""

    schedule: Schedule
    watch_id: str
    slot_at: datetime
    """The slot that was checked."""
    attempt: int
    """Attempts at this slot, this one included (counted when it was claimed)."""
    consecutive_failures: int
    """Before this check."""
    quarantine_after: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where a watch stands in its schedule from now on."""

    slot_at: datetime
    next_due_at: datetime
    """The slot itself, or the retry of a slot that stays open."""
    attempt: int
    consecutive_failures: int
    is_quarantined: bool


def plan_after(outcome: Outcome, state: ScheduleState, *, now: datetime, retry_after: timedelta | None = None) -> Plan:
    """The whole schedule state after a check that ended at `now`. `retry_after` is what the site asked for."""
    if outcome is Outcome.FINISHED:
        return _new_slot(NEVER, failures=0)
    following = next_due(state.schedule, state.watch_id, state.slot_at, now)
    if outcome is Outcome.CANCELLED:  # says nothing of the site: what failed before has failed
        failures = state.consecutive_failures
        return _new_slot(following, failures=failures, is_quarantined=is_quarantined(failures, state.quarantine_after))
    if not outcome.is_failure:
        return _new_slot(next_due_apart(state.schedule, state.watch_id, state.slot_at, now), failures=0)
    failures = state.consecutive_failures + 1
    if is_quarantined(failures, state.quarantine_after):
        return _new_slot(quarantine_probe_at(state, failures, now=now), failures=failures, is_quarantined=True)
    retry = retry_at(
        outcome,
        attempt=state.attempt,
        consecutive_failures=failures,
        interval=_interval(state.schedule, following - now),
        watch_id=state.watch_id,
        now=now,
        retry_after=retry_after,
        first_wait=state.schedule.retry_first,
    )
    # In a closed window nothing happens before the following slot either.
    if retry < following and is_active(state.schedule, retry):
        return Plan(
            slot_at=state.slot_at,
            next_due_at=retry,
            attempt=state.attempt,
            consecutive_failures=failures,
            is_quarantined=False,
        )
    not_before = now + _asked_for(retry_after)
    return _new_slot(next_due(state.schedule, state.watch_id, state.slot_at, not_before), failures=failures)


def plan_continued(state: ScheduleState, *, now: datetime) -> Plan:
    """The schedule state after a check that ended well at `now` and left something to read: a new slot at once, or when the
    next window opens. It waits its turn there among all others: it has not waited for long."""
    return _new_slot(within_windows(state.schedule, state.watch_id, now), failures=0)


def plan_doubtful(state: ScheduleState, *, now: datetime, is_new: bool) -> Plan:
    """The schedule state after a price that is not believed: our doubt, and so no failure of the watch, nor a success.

    A price that is new is looked at again soon, in the same slot; one that waits already, or the third look, ends the slot.
    """
    failures = state.consecutive_failures
    keeps_quarantine = is_quarantined(failures, state.quarantine_after)
    following = next_due(state.schedule, state.watch_id, state.slot_at, now)
    again = retry_at(
        Outcome.IMPLAUSIBLE,
        attempt=state.attempt,
        consecutive_failures=state.attempt,
        interval=_interval(state.schedule, following - now),
        watch_id=state.watch_id,
        now=now,
        retry_after=None,
    )
    if is_new and state.attempt < MOST_LOOKS and again < following and is_active(state.schedule, again):
        return Plan(
            slot_at=state.slot_at,
            next_due_at=again,
            attempt=state.attempt,
            consecutive_failures=failures,
            is_quarantined=keeps_quarantine,
        )
    return _new_slot(following, failures=failures, is_quarantined=keeps_quarantine)


def plan_deferred(state: ScheduleState, *, now: datetime) -> Plan:
    """The schedule state of a watch that was claimed outside its windows: not checked, and no failure."""
    return _new_slot(
        within_windows(state.schedule, state.watch_id, now),
        failures=state.consecutive_failures,
        is_quarantined=is_quarantined(state.consecutive_failures, state.quarantine_after),
    )


def plan_too_soon(state: ScheduleState, *, now: datetime, answered_at: datetime | None) -> Plan | None:
    """The schedule state of a watch that was claimed too soon after its last good check, which somebody had asked for: not
    checked, and no failure. None: it may be checked. `answered_at` is when that check ended.

    A slot that was planned by that check itself is what it asked for: there is more to read.
    """
    distance = least_distance(state.schedule)
    if not distance or answered_at is None or now - answered_at >= distance or state.slot_at == answered_at:
        return None
    return _new_slot(
        next_due_apart(state.schedule, state.watch_id, state.slot_at, answered_at),
        failures=state.consecutive_failures,
        is_quarantined=is_quarantined(state.consecutive_failures, state.quarantine_after),
    )


def plan_resting(state: ScheduleState, *, now: datetime, until: datetime | None) -> Plan:
    """The schedule state of a watch whose host may not be asked now: the same slot and attempt, and no failure.

    Looked at again soon even when the host rests for long, for an operator may end that; claims leave it out till then.
    """
    return Plan(
        slot_at=state.slot_at,
        next_due_at=min(max(until or now, now + RESTING_LOOK / 10), now + RESTING_LOOK),
        attempt=max(state.attempt - 1, 0),
        consecutive_failures=state.consecutive_failures,
        is_quarantined=is_quarantined(state.consecutive_failures, state.quarantine_after),
    )


def plan_poisonous(state: ScheduleState, *, now: datetime) -> Plan:
    """The schedule state of a watch whose workers keep dying: quarantined, whatever it has failed before."""
    failures = max(state.consecutive_failures, state.quarantine_after)
    return _new_slot(
        quarantine_probe_at(state, state.consecutive_failures, now=now), failures=failures, is_quarantined=True
    )


def plan_unschedulable(state: ScheduleState, *, now: datetime) -> Plan:
    """The schedule state of a watch whose schedule cannot be kept here: looked at once a day, whatever it says."""
    return _new_slot(now + QUARANTINE_PROBE, failures=state.consecutive_failures + 1, is_quarantined=True)


def retry_at(
    outcome: Outcome,
    *,
    attempt: int,
    consecutive_failures: int,
    interval: timedelta,
    watch_id: str,
    now: datetime,
    retry_after: timedelta | None,
    first_wait: timedelta | None = None,
) -> datetime:
    """When to look again at a slot whose check failed (`consecutive_failures` includes it).

    The outcome's first wait, doubled with every further failure up to the watch's own interval, times a jitter between
    a half and one and a half; never sooner than the site asked for. A `first_wait` that the watch itself says is kept:
    its jitter adds at most a tenth.
    """
    doublings = min(max(consecutive_failures - 1, 0), _MOST_DOUBLINGS)
    first = outcome.verdict.first_retry if first_wait is None else first_wait
    wait = max(SHORTEST_RETRY, min(first * (1 << doublings), interval))
    shortest, spread = (500, 1000) if first_wait is None else (1000, 100)
    jitter = shortest + stable_hash("retry", watch_id, attempt, consecutive_failures) % spread
    return now + max(wait * jitter / 1000, _asked_for(retry_after))


def is_quarantined(consecutive_failures: int, limit: int) -> bool:
    """Whether a watch has failed so often that it is only looked at once a day."""
    return consecutive_failures >= limit


def quarantine_probe_at(state: ScheduleState, consecutive_failures: int, *, now: datetime) -> datetime:
    """When to look again at a quarantined watch: in a day, a little spread, and never sooner than its own schedule."""
    spread = 1000 + stable_hash("quarantine", state.watch_id, consecutive_failures) % 100
    probe = within_windows(state.schedule, state.watch_id, now + QUARANTINE_PROBE * spread / 1000)
    return max(probe, next_due(state.schedule, state.watch_id, state.slot_at, now))


def _interval(schedule: Schedule, to_the_following: timedelta) -> timedelta:
    return schedule.every if schedule.cron is None and schedule.every is not None else to_the_following


def _asked_for(retry_after: timedelta | None) -> timedelta:
    return min(max(retry_after or timedelta(0), timedelta(0)), LONGEST_RETRY_AFTER)


def _new_slot(slot_at: datetime, *, failures: int, is_quarantined: bool = False) -> Plan:
    return Plan(
        slot_at=slot_at,
        next_due_at=slot_at,
        attempt=0,
        consecutive_failures=failures,
        is_quarantined=is_quarantined,
    )
