"""The batch of a matrix watch: how far it is, and the decisions about it. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pricewatch_pipeline.domain.backoff import Plan, ScheduleState, plan_after, plan_doubtful, plan_unschedulable
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ScheduleError

MOST_ATTEMPTS = 3
"""At one combination, within one batch."""
MOST_IDLE_TAKES = 3
"""A batch that so many runs died with, one after the other and without storing anything, is taken for the cause."""
LONGEST_BREAK = timedelta(days=1)
"""What a batch has found so far is not compared with what is found so long after."""
HOPELESS = 20
"""So many that fail alike, and none that does not: the others of the batch are not asked. A sign-in is shown to all."""
AHEAD = 2
"""Combinations in hand beyond those that a host answers at once: they wait for their turn, or are being read."""
SHORTEST_WAIT = timedelta(milliseconds=50)
_ANSWERS = frozenset({Outcome.OK, Outcome.NOT_PRICED, Outcome.NO_OFFERS, Outcome.FINISHED})
_PASSING = frozenset({Outcome.TRANSPORT, Outcome.TIMEOUT, Outcome.RATE_LIMITED, Outcome.BLOCKED})


class BatchState(StrEnum):
    """Where a batch stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """The watch asks for something else now, or the batch lay too long."""


class CombinationState(StrEnum):
    """Where one combination stands."""

    WAITING = "waiting"
    DONE = "done"
    """Answered, with or without a price."""
    FAILED = "failed"
    """Given up."""


@dataclass(frozen=True, kw_only=True)
class BatchProgress:
    """How far a batch is."""

    batch_id: int
    watch_id: str
    slot_at: datetime
    kind: CheckKind
    state: BatchState
    combinations: int
    done: int = 0
    failed: int = 0
    price: Decimal | None = None
    """The lowest so far."""
    currency: str | None = None
    best_key: str | None = None
    """The combination that has it."""
    opened_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    """Of the check, when it is over."""
    takes: int = 0
    """How many runs took it up."""
    run_id: str | None = None
    """The run that took it up last."""
    cancel_asked_at: datetime | None = None

    @property
    def ended(self) -> int:
        """Combinations that are over."""
        return self.done + self.failed

    @property
    def share(self) -> float:
        """How much of it is over, 0 to 1."""
        return self.ended / self.combinations if self.combinations else 1.0

    @property
    def is_open(self) -> bool:
        return self.state is BatchState.OPEN


@dataclass(frozen=True, kw_only=True)
class BatchCombination:
    """One combination of a batch, and how it ended."""

    number: int
    key: str
    query: Mapping[str, Any]
    url: str
    state: CombinationState
    attempts: int = 0
    outcome: Outcome | None = None
    error: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BatchTally:
    """What a batch has come to: what its check says in the end."""

    combinations: int
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    """Of the combinations that are over."""
    example: str | None = None
    """What went wrong with one of those that failed in the most frequent way."""

    @property
    def failed(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if not is_answer(outcome))

    @property
    def live(self) -> int:
        """Those that were to be asked: of the others the day has gone by."""
        return self.combinations - self.outcomes.get(Outcome.FINISHED, 0)

    @property
    def worst(self) -> Outcome | None:
        """The most frequent failure."""
        failures = [(count, outcome.value) for outcome, count in self.outcomes.items() if not is_answer(outcome)]
        return Outcome(max(failures)[1]) if failures else None


def is_answer(outcome: Outcome) -> bool:
    """Whether a combination that ended so was asked and answered, with or without a price."""
    return outcome in _ANSWERS


def is_asked_again(outcome: Outcome, attempts: int) -> bool:
    """Whether a combination is asked again in the same batch, after so many attempts: where it is no fault of its own."""
    return outcome in _PASSING and attempts < MOST_ATTEMPTS


def wait_before(attempts: int, pace: timedelta) -> timedelta:
    """How long to leave a combination alone after so many failed attempts: the host's pace, four times it, ..."""
    waits: int = 4 ** max(attempts - 1, 0)
    return max(pace, SHORTEST_WAIT) * waits


def most_in_hand(concurrency: int, places: int) -> int:
    """How many combinations to have in hand at a host that answers `concurrency` at once, for a run that has `places`.

    Not many more: each that waits has reserved its turn, and others that want to ask the same host stand behind it.
    """
    return max(1, min(concurrency, places)) + AHEAD


def may_go_on(*, asked: Mapping[str, Any], asks: Mapping[str, Any], found_at: datetime, now: datetime) -> bool:
    """Whether an open batch may go on: its watch still asks for the same, and what was found is still of today.

    `found_at` is when something was found last, and not when it was tried: a host that refuses a probe now and then would
    keep a batch alive for weeks, with fares of the first day.
    """
    return asked == asks and now - found_at < LONGEST_BREAK


def is_hopeless(outcomes: Mapping[Outcome, int]) -> bool:
    """Whether the rest of a batch need not be asked: those that were (their day had not gone by) all failed in one way."""
    asked = [outcome for outcome in outcomes if outcome is not Outcome.FINISHED]
    return len(asked) == 1 and not is_answer(asked[0]) and outcomes[asked[0]] >= HOPELESS


def gives_up(attempts: Sequence[int], *, done: int, combinations: int) -> bool:
    """Whether a batch whose host wants rest ends without the combinations that are left, asked so often each.

    Once all were asked, asking again did not help, and the others are enough for a price: else a few that always fail, and
    close their host with it, would keep back for days what was found of all others.
    """
    return done * 2 >= combinations and bool(attempts) and min(attempts) > 0 and max(attempts) > 1


def outcome_of(tally: BatchTally) -> Outcome:
    """How the check ends whose combinations ended so.

    The lowest of a few is not the lowest of all: when more than half of those that were to be asked failed, the check did
    too. An empty market is one where every combination that is not over says so.
    """
    counts, worst = tally.outcomes, tally.worst
    if worst and tally.failed * 2 > tally.live:
        return worst
    if counts.get(Outcome.OK):
        return Outcome.OK
    if worst:
        return worst
    if counts.get(Outcome.NOT_PRICED):
        return Outcome.NOT_PRICED
    return Outcome.NO_OFFERS if counts.get(Outcome.NO_OFFERS) else Outcome.FINISHED


def error_of(tally: BatchTally, outcome: Outcome) -> str | None:
    """What the ledger says of a batch that ended without a price."""
    if outcome is Outcome.OK:
        return None
    if outcome is not tally.worst:
        return f"{tally.combinations} combinations: {outcome.verdict.meaning}"
    same = tally.outcomes[outcome]
    said = f", as: {tally.example}" if tally.example else ""
    return f"{tally.failed} of {tally.combinations} combinations failed, {same} of them with {outcome}{said}"


def lowest_text(tally: BatchTally) -> str:
    """What a price stands for: `lowest of 598 of 600 combinations; 2 failed`. Days that have gone by do not count."""
    failed = f"; {tally.failed} failed" if tally.failed else ""
    some = f"{tally.live - tally.failed} of " if tally.failed else ""
    return f"lowest of {some}{tally.live} combinations{failed}"


def worded(offer: Offer, tally: BatchTally) -> Offer:
    """The offer of the cheapest combination, which says what it is the lowest of."""
    # Not in the title: a product whose name changes with every failure would be taken for another one.
    said = lowest_text(tally)
    reason = f"{said}: {offer.reason}" if offer.reason else said
    return Offer(**{**vars(offer), "reason": reason})


def cancelled_check(
    watch: Watch, progress: BatchProgress, *, attempt: int, now: datetime, plan: Plan | None
) -> FinishedCheck:
    """The ledger's row of a batch that a person stopped. What was read of it is kept."""
    return FinishedCheck(
        watch_id=watch.watch_id,
        slot_at=progress.slot_at,
        attempt=attempt,
        kind=progress.kind,
        outcome=Outcome.CANCELLED,
        started_at=progress.opened_at,
        finished_at=now,
        host=watch.host,
        url=watch.url,
        error=f"cancelled after {progress.ended} of {progress.combinations} combinations; what was read of them is kept",
        plan=plan,
    )


def plan_cancelled(
    watch: Watch, slot_at: datetime, *, now: datetime, failures: int, is_quarantined: bool
) -> Plan | None:
    """The schedule state after a slot's batch was cancelled that no run made; None: there is no schedule to keep.

    It says nothing of the site: what had failed before, so often in a row, has failed.
    """
    if watch.schedule_error:
        return None
    state = ScheduleState(
        schedule=watch.schedule,
        watch_id=watch.watch_id,
        slot_at=slot_at,
        attempt=1,
        consecutive_failures=failures,
        quarantine_after=failures if is_quarantined else failures + 1,
    )
    try:
        return plan_after(Outcome.CANCELLED, state, now=now)
    except ScheduleError:
        return plan_unschedulable(state, now=now)


def plan_doubted(state: ScheduleState, *, now: datetime) -> Plan:
    """The schedule state after a lowest price that is not believed: the next slot's batch confirms it or does not.

    A batch is not made again for one doubt, as one look is.
    """
    return plan_doubtful(state, now=now, is_new=False)
