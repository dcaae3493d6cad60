"""Checks matrix watches: each as a batch of combinations, which a run takes up, asks one by one, and finishes as one check.

A run that dies loses nothing but what it had in hand: its lease ends, and the next run goes on where it was. A batch
that somebody cancels, or whose host wants rest, keeps what it has.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from pydantic import ValidationError

from pricewatch_pipeline.domain.backoff import Plan, plan_poisonous, plan_resting
from pricewatch_pipeline.domain.batches import MOST_IDLE_TAKES, BatchProgress, BatchState, cancelled_check, most_in_hand
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck, OpenCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Combination, combinations_of
from pricewatch_pipeline.errors import (
    DatabaseUnavailable,
    HostResting,
    NotStorable,
    PricewatchError,
    WatchBusy,
)
from pricewatch_pipeline.services import raise_alerts
from pricewatch_pipeline.services.ask_combinations import CombinationAsker
from pricewatch_pipeline.services.checking_run import (
    RELEASE_PATIENCE,
    Engine,
    GuestRun,
    Observer,
    SilentObserver,
    run_to_end,
)
from pricewatch_pipeline.services.fetch_ways import obeys_robots
from pricewatch_pipeline.services.finish_batch import failed_batch, finished_batch, plan_for
from pricewatch_pipeline.services.make_check import DatabaseClock, refused, rested, schedule_state
from pricewatch_pipeline.services.plan_unchecked import plan_unchecked
from pricewatch_pipeline.services.report_checks import CheckReport
from pricewatch_pipeline.storage import batch_claims, batch_results, batch_steps, batches, claims, completions
from pricewatch_pipeline.storage.batch_claims import Claimed
from pricewatch_pipeline.storage.batch_steps import NotOpened, OpenBatch
from pricewatch_pipeline.storage.database import Connection, Database

BEAT_S = 1.0
"""How often a run asks whether its batch still is its own, and whether somebody cancelled it."""


def check_batches(
    engine: Engine,
    *,
    run_id: str | None = None,
    observer: Observer | None = None,
    watch_ids: Sequence[str] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> CheckReport:
    """Make the batches of matrix watches that are due, one after the other, or of these watches, whatever their schedule
    says; each to its end.

    `is_cancelled` is asked when the run is interrupted: where a person did that, its batch is cancelled; else the batch
    stays open, and the next run goes on with it.

    Raises:
        WatchBusy: a run is checking one of `watch_ids`; those before it are checked.
        DatabaseUnavailable: PostgreSQL went away for longer than we wait; the next run goes on.
    """
    return run_to_end(_BatchesRun(engine, run_id, observer or SilentObserver(), watch_ids, is_cancelled))


def require_free(database: Database, watch_ids: Sequence[str]) -> None:
    """Nothing, where no run is checking any of these.

    Raises:
        WatchBusy: one is.
    """
    if held := database.run(lambda connection: batches.held_by_a_run(connection, watch_ids)):
        raise _busy(held[0])


def _busy(watch_id: str) -> WatchBusy:
    return WatchBusy(f"{watch_id} is being checked: `pricewatch batch watch {watch_id}` shows how far it is")


@dataclass(kw_only=True)
class _InHand:
    """The batch that a run makes."""

    claimed: Claimed
    clock: DatabaseClock
    check: OpenCheck
    """Of the whole watch, at the batch's slot."""
    asker: CombinationAsker
    moves: bool
    """Whether its end counts for the schedule."""
    is_cancel_asked: bool = False

    @property
    def progress(self) -> BatchProgress:
        return self.asker.progress


class _BatchesRun(GuestRun):
    """One batch at a time."""

    def __init__(
        self,
        engine: Engine,
        run_id: str | None,
        observer: Observer,
        watch_ids: Sequence[str] | None,
        is_cancelled: Callable[[], bool] | None,
    ) -> None:
        super().__init__(engine, run_id, observer)
        self.is_asked = watch_ids is not None
        self._watch_ids = watch_ids
        self._is_cancelled = is_cancelled or (lambda: False)
        self._claimed_by = f"{socket.gethostname()}:{os.getpid()}"
        self._hand: _InHand | None = None

    @property
    def patience(self) -> timedelta | None:
        return None

    async def work(self) -> None:
        if self._watch_ids is not None:
            for watch_id in self._watch_ids:
                await self._make(await self._claim_asked(watch_id))
            return
        await self.in_database(batches.supersede_left_behind)
        seen: list[str] = []
        while claimed := await self._claim_due(seen):
            seen.append(claimed.check.watch.watch_id)
            await self._make(claimed)

    async def _claim_due(self, seen: Sequence[str]) -> Claimed | None:
        engine = self.engine
        return await self.in_database(
            lambda connection: batch_claims.claim(
                connection,
                token=self.token,
                lease=engine.lease,
                budget=engine.budget,
                claimed_by=self._claimed_by,
                passed_over=seen,
            )
        )

    async def _claim_asked(self, watch_id: str) -> Claimed:
        claimed = await self.in_database(
            lambda connection: batch_claims.claim_asked(
                connection, watch_id, token=self.token, lease=self.engine.lease, claimed_by=self._claimed_by
            )
        )
        if claimed is None:
            raise _busy(watch_id)
        return claimed

    async def _make(self, claimed: Claimed) -> None:
        clock = DatabaseClock(claimed.claimed_at)
        self.report.claimed += 1
        if plan := self._plan_unchecked(claimed, clock):
            await self._release(claimed, plan)
            self.report.deferred += 1
            return
        await self.off_loop(self.observer.claimed, [claimed.check])
        try:
            combinations = await asyncio.to_thread(_combinations, self.engine, claimed)
        except PricewatchError as error:
            await self._fail(claimed, str(error), clock)
            return
        kind = CheckKind.MANUAL if self.is_asked else CheckKind.SCHEDULED
        batch = await self.in_database(
            lambda connection: batch_steps.open_or_resume(
                connection, self.token, claimed, combinations, kind=kind, run_id=self.run_id
            )
        )
        if batch is NotOpened.LOST:
            self.report.lost += 1
        elif batch is NotOpened.NOTHING_LEFT:
            self.report.deferred += 1
        elif batch.idle_takes >= MOST_IDLE_TAKES and not self.is_asked:
            await self._shut_away(claimed, batch, clock)
        else:
            await self._make_batch(claimed, batch, clock)

    async def _make_batch(self, claimed: Claimed, batch: OpenBatch, clock: DatabaseClock) -> None:
        hand = self._hand = self._taken(claimed, batch, clock)
        await self.off_loop(self.observer.progressed, batch.progress)
        beats = self.background(self._beat(hand))
        if batch.progress.cancel_asked_at is None:
            await self._prepare(hand.check, batch)
            await hand.asker.ask_all()
        else:
            hand.is_cancel_asked = True
        if hand.asker.is_lost:
            self.report.lost += 1
            await self._release(claimed, None)  # where the batch alone was taken away
        elif hand.is_cancel_asked:
            await self._cancel(hand)
        elif hand.asker.resting:
            await self._rest(hand, hand.asker.resting)
        else:
            if hopeless := hand.asker.hopeless:
                end = partial(batch_steps.give_up, token=self.token, progress=hand.progress, hopeless=hopeless)
                await self.in_database(end)
            await self._finish(hand)
        self._hand = None
        beats.cancel()

    def _taken(self, claimed: Claimed, batch: OpenBatch, clock: DatabaseClock) -> _InHand:
        progress = batch.progress
        check = replace(claimed.check, kind=progress.kind, slot_at=progress.slot_at, attempt=batch.attempt)
        counts = self.engine.rules.moves_schedule if self.is_asked else claimed.is_due
        return _InHand(
            claimed=claimed,
            clock=clock,
            check=check,
            moves=progress.kind is CheckKind.SCHEDULED or counts,
            asker=CombinationAsker(
                self,
                check,
                progress,
                batch.waiting,
                clock=clock,
                pace=claimed.delay,
                in_hand=most_in_hand(claimed.concurrency, self.engine.concurrency),
            ),
        )

    async def _prepare(self, check: OpenCheck, batch: OpenBatch) -> None:
        urls = [combination.url for combination in batch.waiting] if obeys_robots(check.store) else []
        await asyncio.gather(self.guest.robots.prepare(urls), self.keeper.prepare_for({check.watch.host}))

    async def _beat(self, hand: _InHand) -> None:
        """Keep the lease, and hear whether the batch is to end."""
        asker, renew_after_s = hand.asker, self.engine.lease.total_seconds() / 3
        since_s = 0.0
        while True:
            beat_s = min(BEAT_S, renew_after_s)
            await asyncio.sleep(beat_s)
            since_s += beat_s
            renews_for = self.engine.lease if since_s >= renew_after_s else None
            since_s = 0.0 if renews_for else since_s
            beat = await self.in_database(
                partial(batch_claims.beat, token=self.token, batch_id=hand.progress.batch_id, renews_for=renews_for)
            )
            if not beat.is_held:
                asker.is_lost = True
                asker.stop()
            elif beat.is_cancel_asked and not hand.is_cancel_asked:
                hand.is_cancel_asked = True
                asker.stop()

    async def _finish(self, hand: _InHand) -> None:
        results = await self.in_database(partial(batch_results.results_of, batch_id=hand.progress.batch_id))
        check = await finished_batch(self, hand.check, hand.progress, results, hand.clock, moves=hand.moves)
        await self.off_loop(self.observer.looked, check)
        await self._complete(check, hand.progress, BatchState.DONE)

    async def _cancel(self, hand: _InHand) -> None:
        now = hand.clock.now()
        plan = plan_for(hand.check, Outcome.CANCELLED, now, self.engine.rules) if hand.moves else None
        check = cancelled_check(hand.check.watch, hand.progress, attempt=hand.check.attempt, now=now, plan=plan)
        await self._complete(check, hand.progress, BatchState.CANCELLED)

    async def _rest(self, hand: _InHand, resting: HostResting) -> None:
        """Leave the batch open: whoever takes it up when the host may be asked goes on with it. Unless little is left of it
        that was asked in vain."""
        if await self.in_database(partial(batch_steps.give_up, token=self.token, progress=hand.progress)):
            await self._finish(hand)
            return
        now = await self.off_loop(self.engine.database.now)
        state = schedule_state(hand.claimed.check, self.engine.rules.quarantine_after)
        plan = plan_resting(state, now=now, until=resting.until) if hand.claimed.is_counted else None
        await self.in_database(partial(batch_steps.rest, token=self.token, claimed=hand.claimed, plan=plan))
        self.report.deferred += 1
        if self.is_asked:
            self.report.results.append(rested(hand.check, resting, now))

    async def _shut_away(self, claimed: Claimed, batch: OpenBatch, clock: DatabaseClock) -> None:
        """Its runs keep dying, and none of them stored anything: it is looked at once a day."""
        state = schedule_state(claimed.check, self.engine.rules.quarantine_after)
        plan = plan_poisonous(state, now=clock.now())

        def end(connection: Connection) -> None:
            batch_claims.release(connection, token=self.token, claimed=claimed, plan=plan)
            batches.close(connection, batch.progress.batch_id, BatchState.DONE, Outcome.ABANDONED)

        await self.in_database(end)
        self.report.deferred += 1

    async def _fail(self, claimed: Claimed, error: str, clock: DatabaseClock) -> None:
        """It cannot be asked at all."""
        check = claimed.check
        if self.is_asked:
            check = replace(check, kind=CheckKind.MANUAL, slot_at=await self.off_loop(self.engine.database.now))
        moves = self.engine.rules.moves_schedule if self.is_asked else claimed.is_due
        attempt = await self.in_database(
            partial(batch_claims.next_attempt, watch_id=check.watch.watch_id, slot_at=check.slot_at)
        )
        check = replace(check, attempt=attempt)
        finished = failed_batch(check, error, clock.now(), self.engine.rules, moves=moves)
        progress = await self.in_database(partial(batches.progress_of, name=check.watch.watch_id))
        await self._complete(finished, progress if progress and progress.is_open else None, BatchState.DONE)

    async def _complete(self, check: FinishedCheck, progress: BatchProgress | None, state: BatchState) -> None:
        stored = await self.off_loop(self._store_and_tell, check, progress, state)
        if stored is None:
            self.report.lost += 1
        else:
            self.report.add([stored], keeps_results=self.is_asked)
        await self.pacer.settle()

    def _store_and_tell(
        self, check: FinishedCheck, progress: BatchProgress | None, state: BatchState
    ) -> FinishedCheck | None:
        try:
            is_stored = self._stored(check, progress, state)
        except NotStorable as error:
            check = refused(check, str(error))
            is_stored = self._stored(check, progress, state)
        if not is_stored:
            return None
        self.store_learned()
        check = replace(check, page=None, screenshot=None)
        self.observer.stored([check])
        if progress:
            self.observer.progressed(self.engine.database.run(partial(batches.progress, batch_id=progress.batch_id)))
        return check

    def _stored(self, check: FinishedCheck, progress: BatchProgress | None, state: BatchState) -> bool:
        """The check and the end of its batch, in one transaction."""

        def work(connection: Connection) -> bool:
            written = raise_alerts.complete(
                connection, self.token, [check], run_id=self.run_id, alerting=self.engine.alerting
            )
            if written and progress:
                batches.close(connection, progress.batch_id, state, check.outcome)
            # An answer that was lost: it had been written.
            return bool(written or completions.stored_by_run(connection, [check], run_id=self.run_id))

        return self.engine.database.run(work)

    async def _release(self, claimed: Claimed, plan: Plan | None) -> None:
        await self.in_database(partial(batch_claims.release, token=self.token, claimed=claimed, plan=plan))

    def _plan_unchecked(self, claimed: Claimed, clock: DatabaseClock) -> Plan | None:
        """How the schedule goes on for a watch that must not be looked at now; None for all others."""
        if self.is_asked or not claimed.is_due:
            return None
        return plan_unchecked(claimed.check, self.engine.rules.quarantine_after, now=clock.now())

    async def give_back(self) -> None:
        """What an interrupted run leaves: a batch that the next one goes on with, or one that is cancelled."""
        with suppress(DatabaseUnavailable):  # then the lease ends by itself
            if hand := self._hand:
                await hand.asker.flush()
                if not hand.asker.is_lost and await self.off_loop(self._is_cancelled):
                    await self._cancel(hand)
                else:
                    # A run that is stopped did not die of its batch: as where a host wants rest.
                    leave = batch_steps.rest if self.is_interrupted else batch_claims.release
                    leave = partial(leave, token=self.token, claimed=hand.claimed, plan=None)
                    await self.off_loop(partial(self.engine.database.run, leave, patience=RELEASE_PATIENCE))
            # A claim whose answer was lost holds a watch that nobody here knows of.
            rest = partial(claims.release_all, token=self.token)
            await self.off_loop(partial(self.engine.database.run, rest, patience=RELEASE_PATIENCE))


def _combinations(engine: Engine, claimed: Claimed) -> tuple[Combination, ...]:
    """What a watch stands for.

    Raises:
        PricewatchError: that cannot be told here.
    """
    watch = claimed.check.watch
    provider = engine.providers.get(watch.provider)
    if provider is None:
        known = ", ".join(sorted(engine.providers)) or "none"
        raise PricewatchError(f"no provider {watch.provider!r} is installed here; there are: {known}")
    try:
        found = combinations_of(provider, provider.query_model.model_validate(dict(watch.query)))
    except ValidationError as error:
        raise PricewatchError(f"the query of {watch.watch_id} is not valid any more: {error}") from error
    if not found:
        raise PricewatchError(f"the query of {watch.watch_id} stands for no combination any more")
    return found
