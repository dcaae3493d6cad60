"""The end of a batch: one check, with the cheapest combination's offer, or how the combinations failed."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from pricewatch_pipeline.domain.backoff import Plan, plan_after, plan_unschedulable
from pricewatch_pipeline.domain.batches import BatchProgress, error_of, outcome_of, plan_doubted, worded
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck, OpenCheck
from pricewatch_pipeline.domain.offers import Offer, storable
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import Judgement, PlausibilityBounds, merged
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.errors import ScheduleError
from pricewatch_pipeline.services.ask_combinations import combination_check
from pricewatch_pipeline.services.checking_run import GuestRun
from pricewatch_pipeline.services.fetch_politely import PoliteFetch
from pricewatch_pipeline.services.judge_reading import Judged, judged
from pricewatch_pipeline.services.make_check import (
    LONGEST_ERROR,
    CheckRules,
    DatabaseClock,
    is_worth_an_event,
    ledger_error,
    look,
    schedule_state,
)
from pricewatch_pipeline.storage.batch_results import Best, Results

MOST_PAGES = 32_767
"""What the ledger's column holds."""


async def finished_batch(
    run: GuestRun, check: OpenCheck, progress: BatchProgress, results: Results, clock: DatabaseClock, *, moves: bool
) -> FinishedCheck:
    """The check that a batch comes to. `check` is the watch's, at the batch's slot; `moves`: it counts for the schedule."""
    believed = await _believed(run, check, results, clock)
    now = clock.now()
    reading, best = believed.reading, results.best
    shown = best if reading.outcome in (Outcome.OK, Outcome.IMPLAUSIBLE) else None
    return FinishedCheck(
        watch_id=check.watch.watch_id,
        slot_at=check.slot_at,
        attempt=check.attempt,
        kind=check.kind,
        outcome=reading.outcome,
        started_at=progress.opened_at,
        finished_at=now,
        host=check.watch.host,
        offer=reading.offer,
        doubted_offer=believed.doubted_offer,
        waiting_becomes=believed.judgement.waiting_becomes,
        history=believed.history,
        signals=reading.signals if reading.outcome.is_success else {},
        url=check.watch.url,
        final_url=shown.combination.url if shown else None,
        wire_bytes=results.wire_bytes,
        body_bytes=results.body_bytes,
        fetch_time=results.fetch_time,
        page_count=min(results.page_count, MOST_PAGES),
        error=ledger_error(reading),
        page=shown.page if shown else None,
        plan=plan_for(check, reading.outcome, now, run.engine.rules) if moves else None,
        is_event_due=is_worth_an_event(check, reading, now, run.engine.rules),
    )


def failed_batch(check: OpenCheck, error: str, now: datetime, rules: CheckRules, *, moves: bool) -> FinishedCheck:
    """A batch that could not be begun."""
    return FinishedCheck(
        watch_id=check.watch.watch_id,
        slot_at=check.slot_at,
        attempt=check.attempt,
        kind=check.kind,
        outcome=Outcome.PROVIDER_ERROR,
        started_at=now,
        finished_at=now,
        host=check.watch.host,
        url=check.watch.url,
        error=error[:LONGEST_ERROR],
        plan=plan_for(check, Outcome.PROVIDER_ERROR, now, rules) if moves else None,
    )


async def _believed(run: GuestRun, check: OpenCheck, results: Results, clock: DatabaseClock) -> Judged:
    outcome, best = outcome_of(results.tally), results.best
    if outcome is not Outcome.OK or best is None:
        return Judged(reading=Reading(outcome=outcome, error=error_of(results.tally, outcome)), judgement=Judgement())
    reading = Reading(outcome=Outcome.OK, offer=best.offer, signals=best.signals)
    believed = await _judged(run, _without_title(check), best, reading, clock)
    return replace(
        believed,
        reading=replace(believed.reading, offer=_worded(believed.reading.offer, results)),
        doubted_offer=_worded(believed.doubted_offer, results),
    )


def _worded(offer: Offer | None, results: Results) -> Offer | None:
    return offer and storable(worded(offer, results.tally))


async def _judged(run: GuestRun, check: OpenCheck, best: Best, reading: Reading, clock: DatabaseClock) -> Judged:
    """What to believe of the lowest price; where the store's file allows another way, its combination is asked once more."""
    one = combination_check(check, best.combination)
    fetch = PoliteFetch(run.guest, one, read_with="", now=clock.now())
    async with fetch.in_hand():
        return await judged(check, reading, fetch, clock.now, partial(look, one, run.engine.providers, fetch))


def _without_title(check: OpenCheck) -> OpenCheck:
    """Another title is another combination, and no reason for doubt."""
    store = check.store.plausibility if check.store else None
    bounds = merged(check.watch.plausibility, store, PlausibilityBounds(checks_title=False))
    return replace(check, watch=replace(check.watch, plausibility=bounds))


def plan_for(check: OpenCheck, outcome: Outcome, now: datetime, rules: CheckRules) -> Plan | None:
    """How the schedule goes on after a batch that counts for it."""
    if check.watch.schedule_error:
        return None
    # One by hand that counts stands for the slot of its moment.
    attempt = max(check.attempt, 1) if check.kind is CheckKind.SCHEDULED else 1
    state = schedule_state(check, rules.quarantine_after, attempt=attempt)
    try:
        return plan_doubted(state, now=now) if outcome is Outcome.IMPLAUSIBLE else plan_after(outcome, state, now=now)
    except ScheduleError:
        return plan_unschedulable(state, now=now)
