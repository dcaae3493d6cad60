"""Checks watches: those that are due, which it claims, or those that somebody asks for. The engine of everything.

Claim, wait for a turn at the host, look, complete in chunks; a lease renewed all the while. Whatever dies here loses
nothing: a lease that ends makes its watches due again, and only the holder of a lease can write.
"""

import asyncio
import math
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from pricewatch_pipeline.domain.backoff import Plan, plan_poisonous, plan_resting, plan_unschedulable
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.errors import DatabaseUnavailable, ScheduleError
from pricewatch_pipeline.services import raise_alerts
from pricewatch_pipeline.services.ask_otherwise import Query, queries_asked
from pricewatch_pipeline.services.check_batches import check_batches, require_free
from pricewatch_pipeline.services.checking_run import (
    RELEASE_PATIENCE,
    CheckingRun,
    Deferred,
    Engine,
    Observer,
    SilentObserver,
    run_to_end,
)
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.make_check import DatabaseClock, rested, schedule_state
from pricewatch_pipeline.services.plan_unchecked import plan_unchecked
from pricewatch_pipeline.services.report_checks import CheckReport
from pricewatch_pipeline.storage import batches, claims, completions, watches
from pricewatch_pipeline.storage.database import Database

__all__ = ["CheckReport", "Engine", "Observer", "SilentObserver", "check_due", "check_now"]

MOST_ABANDONED_ATTEMPTS = 3
"""A watch whose worker died so often at one slot is taken for the cause, and looked at once a day."""


def check_due(engine: Engine, *, run_id: str | None = None, observer: Observer | None = None) -> CheckReport:
    """Claim and check due watches until none is left or the budget is used up.

    Raises:
        DatabaseUnavailable: PostgreSQL went away for longer than we wait; what was claimed becomes due by itself.
    """
    return run_to_end(_DueRun(engine, run_id, observer or SilentObserver()))


def check_now(
    engine: Engine,
    watch_ids: Sequence[str],
    *,
    run_id: str | None = None,
    observer: Observer | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    asked: Mapping[str, Any] | None = None,
) -> CheckReport:
    """Check these watches at once, whatever their schedule says. Each check gets a slot of its own: this instant; one that
    leaves something to read is followed by the next. Matrix watches come last, as batches; `is_cancelled` is for those: see
    `check_batches`. `asked` says fields of their queries in place of what the watches say, for this time.

    Raises:
        NotFound: one of them does not exist; nothing is checked.
        ConfigurationError: `asked` is nothing that all of them can be asked for; nothing is checked.
        WatchBusy: one of them is a matrix watch that a run is checking.
        DatabaseUnavailable: PostgreSQL went away for longer than we wait.
    """
    engine.database.run(lambda connection: require_watches(connection, watch_ids))
    matrices = require_checkable(engine.database, watch_ids)
    queries = queries_asked(engine.database, engine.providers, watch_ids, asked or {})
    others = [watch_id for watch_id in watch_ids if watch_id not in matrices]
    observer = observer or SilentObserver()
    report = CheckReport()
    if others or not matrices:
        report = run_to_end(_AskedRun(engine, run_id, observer, others, queries))
    if matrices:
        report.join(
            check_batches(engine, run_id=run_id, observer=observer, watch_ids=matrices, is_cancelled=is_cancelled)
        )
    return report


def require_checkable(database: Database, watch_ids: Sequence[str]) -> list[str]:
    """Those of these watches that are checked as batches; no run is checking any of them.

    Raises:
        WatchBusy: one is.
    """
    matrices = database.run(partial(batches.matrix_watches, watch_ids=watch_ids))
    require_free(database, matrices)
    return matrices


class _DueRun(CheckingRun):
    """Claims what is due."""

    def __init__(self, engine: Engine, run_id: str | None, observer: Observer) -> None:
        super().__init__(engine, run_id, observer)
        self._claimed_by = f"{socket.gethostname()}:{os.getpid()}"
        self._has_claimed_all = False

    async def work(self) -> None:
        renewer = self.background(self._renew())
        storer = self.background(self._store_all())
        await self._claim_all()
        self._has_claimed_all = True
        self.wake()
        await storer
        renewer.cancel()

    async def _claim_all(self) -> None:
        """Claim until nothing is due or the budget is used up, while others are looked at and stored.

        Again and again: what a crowded host has room for must not keep the others waiting until it is done.
        """
        stop_claiming_at = time.monotonic() + self.engine.budget.total_seconds()
        while (time_left := stop_claiming_at - time.monotonic()) > 0:
            if len(self.in_hand) <= self.engine.batch_size // 2:
                if not await self._claim_more(timedelta(seconds=max(time_left, 1))):
                    return
                continue
            self.has_room.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(time_left):
                    await self.has_room.wait()

    async def _store_all(self) -> None:
        while self.in_hand or not self._has_claimed_all:
            await self.store_next()

    async def _claim_more(self, time_left: timedelta) -> bool:
        claim = await self.in_database(
            lambda connection: claims.claim(
                connection,
                token=self.token,
                limit=self.engine.batch_size - len(self.in_hand),
                lease=self.engine.lease,
                budget=time_left,
                claimed_by=self._claimed_by,
            ),
        )
        if not claim.checks:
            return False
        clock = DatabaseClock(claim.claimed_at)
        self.report.claimed += len(claim.checks)
        plans = {check.watch.watch_id: self._plan_unchecked(check, clock) for check in claim.checks}
        given_back = {watch_id: plan for watch_id, plan in plans.items() if plan}
        if given_back:
            self.report.deferred += len(given_back)
            await self.off_loop(self._release, given_back)
        to_check = [check for check in claim.checks if not plans[check.watch.watch_id]]
        await self.off_loop(self.observer.claimed, to_check)
        await self.begin(to_check, clock)
        return True

    async def defer(self, deferred: Sequence[Deferred]) -> None:
        now = await self.off_loop(self.engine.database.now)
        plans = {
            each.check.watch.watch_id: plan_resting(
                schedule_state(each.check, self.engine.rules.quarantine_after), now=now, until=each.resting.until
            )
            for each in deferred
        }
        await self.off_loop(self._release, plans)
        for watch_id in plans:
            self.let_go(watch_id)
        self.report.deferred += len(plans)

    def _plan_unchecked(self, check: OpenCheck, clock: DatabaseClock) -> Plan | None:
        """How the schedule goes on for a watch that must not be looked at now; None for all others."""
        state = schedule_state(check, self.engine.rules.quarantine_after)
        if check.was_abandoned and check.attempt > MOST_ABANDONED_ATTEMPTS:
            try:
                return plan_poisonous(state, now=clock.now())
            except ScheduleError:
                return plan_unschedulable(state, now=clock.now())
        return plan_unchecked(check, self.engine.rules.quarantine_after, now=clock.now())

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.engine.lease.total_seconds() / 3)
            before = set(self.in_hand)
            held = await self.in_database(
                lambda connection: claims.renew(connection, self.token, lease=self.engine.lease),
            )
            self.drop(before - held)

    def store(self, checks: Sequence[FinishedCheck]) -> frozenset[str]:
        written = self.engine.database.run(
            lambda connection: raise_alerts.complete(
                connection, self.token, checks, run_id=self.run_id, alerting=self.engine.alerting
            )
        )
        unwritten = [check for check in checks if check.watch_id not in written]
        if not unwritten:
            return written
        return written | self.engine.database.run(
            lambda connection: completions.stored_by_run(connection, unwritten, run_id=self.run_id)
        )

    async def give_back(self) -> None:
        # Not only what is in hand: a claim whose answer was lost holds watches that nobody here knows of.
        work = partial(claims.release_all, token=self.token)
        with suppress(DatabaseUnavailable):  # then the lease ends by itself
            await self.off_loop(partial(self.engine.database.run, work, patience=RELEASE_PATIENCE))

    def _release(self, plans: Mapping[str, Plan]) -> None:
        self.engine.database.run(
            lambda connection: claims.release(connection, self.token, plans), patience=RELEASE_PATIENCE
        )


class _AskedRun(CheckingRun):
    """Checks what somebody asked for."""

    keeps_results = True
    is_asked = True

    def __init__(
        self,
        engine: Engine,
        run_id: str | None,
        observer: Observer,
        watch_ids: Sequence[str],
        queries: Mapping[str, Query],
    ) -> None:
        """`queries` are what some of these watches ask for in this run, in place of their own."""
        super().__init__(engine, run_id, observer)
        self._watch_ids = watch_ids
        self._queries = queries
        self._remaining: dict[str, int] = {}
        """Of watches that left something to read: how much."""

    async def work(self) -> None:
        for start in range(0, len(self._watch_ids), self.engine.batch_size):
            await self._begin_asked(self._watch_ids[start : start + self.engine.batch_size])
            while self.in_hand:
                await self.store_next()

    async def _begin_asked(self, watch_ids: Sequence[str]) -> None:
        found = await self.in_database(partial(watches.manual_checks, watch_ids=watch_ids))
        checks = [self._as_asked(check) for check in found]
        self.report.claimed += len(checks)
        await self.off_loop(self.observer.claimed, checks)
        await self.begin(checks, DatabaseClock(await self.off_loop(self.engine.database.now)))

    def _as_asked(self, check: OpenCheck) -> OpenCheck:
        query = self._queries.get(check.watch.watch_id)
        return replace(check, watch=replace(check.watch, query=query)) if query is not None else check

    async def go_on(self, stored: Sequence[FinishedCheck]) -> None:
        """With what is left to read, in a slot of its own, for as long as it gets less."""
        left = [check for check in stored if 0 < check.remaining < self._remaining.get(check.watch_id, math.inf)]
        self._remaining |= {check.watch_id: check.remaining for check in left}
        if left:
            await self._begin_asked([check.watch_id for check in left])

    async def defer(self, deferred: Sequence[Deferred]) -> None:
        now = await self.off_loop(self.engine.database.now)
        for each in deferred:
            self._done.put_nowait(rested(each.check, each.resting, now))

    def store(self, checks: Sequence[FinishedCheck]) -> frozenset[str]:
        return self.engine.database.run(
            lambda connection: raise_alerts.record_manual(
                connection, checks, run_id=self.run_id, alerting=self.engine.alerting
            )
        )
