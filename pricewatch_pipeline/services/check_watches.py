"""Checks watches: those that are due, which it claims, or those that somebody asks for. The engine of everything.

Claim, wait for a turn at the host, look, complete in chunks; a lease renewed all the while. Whatever dies here loses
nothing: a lease that ends makes its watches due again, and only the holder of a lease can write.
"""

import asyncio
import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar, Protocol
from uuid import UUID, uuid4

from pricewatch_pipeline.domain.backoff import Plan, plan_deferred, plan_poisonous, plan_unschedulable
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.schedule import is_active
from pricewatch_pipeline.errors import DatabaseUnavailable, NotStorable, ScheduleError
from pricewatch_pipeline.fetching.fetchers import Fetchers
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.make_check import CheckRules, DatabaseClock, make_check, refused, schedule_state
from pricewatch_pipeline.services.pacing import PacedFetch, Pacer
from pricewatch_pipeline.storage import claims, completions, watches
from pricewatch_pipeline.storage.database import Database

CHUNK = 50
"""Checks completed by one statement at most."""
LINGER_S = 0.2
"""How long a finished check waits for company before it is written."""
MOST_ABANDONED_ATTEMPTS = 3
"""A watch whose worker died so often at one slot is taken for the cause, and looked at once a day."""


class Observer(Protocol):
    """Is told how a run goes on. Called off the event loop."""

    def claimed(self, checks: Sequence[OpenCheck]) -> None: ...

    def looked(self, check: FinishedCheck) -> None: ...

    def stored(self, checks: Sequence[FinishedCheck]) -> None: ...


class SilentObserver:
    """Nobody looks."""

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        """Watches were taken."""

    def looked(self, check: FinishedCheck) -> None:
        """A check ended and is not stored yet."""

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        """Checks are in the database."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What checks are made with."""

    database: Database
    providers: Mapping[str, Provider]
    open_fetchers: Callable[[], Fetchers]
    rules: CheckRules
    batch_size: int = 200
    concurrency: int = 16
    lease: timedelta = timedelta(minutes=2)
    budget: timedelta = timedelta(minutes=1)
    """A run claims no further watches after this long."""


@dataclass(kw_only=True)
class CheckReport:
    """What a run did."""

    claimed: int = 0
    deferred: int = 0
    """Claimed outside their windows or taken for poison, and given back unchecked."""
    lost: int = 0
    """Checked, but the lease was gone: another worker has them."""
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    wire_bytes: int = 0
    elapsed: timedelta = timedelta(0)
    results: list[FinishedCheck] = field(default_factory=list)
    """Of checks asked for by hand only, without their pages: a scheduled run may make any number."""

    @property
    def checks(self) -> int:
        return self.outcomes.total()

    @property
    def snapshots(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if outcome.is_success)


def check_due(engine: Engine, *, run_id: str | None = None, observer: Observer | None = None) -> CheckReport:
    """Claim and check due watches until none is left or the budget is used up.

    Raises:
        DatabaseUnavailable: PostgreSQL went away for longer than we wait; what was claimed becomes due by itself.
    """
    return asyncio.run(_DueRun(engine, run_id, observer or SilentObserver()).run())


def check_now(
    engine: Engine, watch_ids: Sequence[str], *, run_id: str | None = None, observer: Observer | None = None
) -> CheckReport:
    """Check these watches at once, whatever their schedule says. Each check gets a slot of its own: this instant.

    Raises:
        NotFound: one of them does not exist; nothing is checked.
        DatabaseUnavailable: PostgreSQL went away for longer than we wait.
    """
    engine.database.run(lambda connection: require_watches(connection, watch_ids))
    return asyncio.run(_AskedRun(engine, run_id, observer or SilentObserver(), watch_ids).run())


class _Run:
    """What both kinds of runs share: checks in hand, and their completion in chunks."""

    keeps_results: ClassVar[bool] = False

    def __init__(self, engine: Engine, run_id: str | None, observer: Observer) -> None:
        self.engine = engine
        self.run_id = run_id
        self.observer = observer
        self.report = CheckReport()
        self.in_hand: dict[str, asyncio.Task[None]] = {}
        self.storing: set[str] = set()
        self.token: UUID = uuid4()
        self._pacer = Pacer(engine.database, holder=self.token, places=engine.concurrency, is_asked=self.keeps_results)
        self._places = asyncio.Semaphore(engine.concurrency)
        self._done: asyncio.Queue[FinishedCheck | None] = asyncio.Queue()
        self._group = asyncio.TaskGroup()

    async def run(self) -> CheckReport:
        started = time.monotonic()
        try:
            async with self.engine.open_fetchers() as self._fetchers, self._group:
                await self.work()
        except* DatabaseUnavailable as unavailable:
            raise _first(unavailable) from None
        finally:
            await asyncio.shield(self._leave())
        self.report.elapsed = timedelta(seconds=time.monotonic() - started)
        return self.report

    async def _leave(self) -> None:
        await self.give_back()
        with suppress(DatabaseUnavailable):  # then places end with their lease
            await self._pacer.close()

    async def work(self) -> None:
        raise NotImplementedError

    def store(self, checks: Sequence[FinishedCheck]) -> frozenset[str]:
        raise NotImplementedError

    async def give_back(self) -> None:
        """Release what is still in hand when the run ends before its time."""

    def background(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._group.create_task(coroutine)

    async def begin(self, checks: Sequence[OpenCheck], clock: DatabaseClock) -> None:
        """Start to look at these."""
        await self._pacer.reserve_for(check.watch.host for check in checks)
        for check in checks:
            self.in_hand[check.watch.watch_id] = self.background(self._look(check, clock))

    async def store_next(self) -> None:
        """Wait for finished checks and store a chunk of them."""
        chunk = [check for check in await self._next_chunk() if check.watch_id in self.in_hand]
        if not chunk:
            return
        self.storing.update(check.watch_id for check in chunk)
        stored = await asyncio.to_thread(self._store_and_tell, chunk)
        for check in chunk:
            del self.in_hand[check.watch_id]
        self.storing.clear()
        self.report.lost += len(chunk) - len(stored)
        self.report.outcomes.update(check.outcome for check in stored)
        self.report.wire_bytes += sum(check.wire_bytes for check in stored)
        if self.keeps_results:
            self.report.results.extend(replace(check, page=None) for check in stored)

    def drop(self, watch_ids: set[str]) -> None:
        """Stop looking at watches that others hold now."""
        for watch_id in watch_ids:
            self.in_hand.pop(watch_id).cancel()
            self.report.lost += 1
        self._done.put_nowait(None)

    async def _look(self, check: OpenCheck, clock: DatabaseClock) -> None:
        fetch = PacedFetch(self._fetchers.fetch, self._pacer, self._places)
        finished = await make_check(check, self.engine.providers, fetch, clock, self.engine.rules)
        await asyncio.to_thread(self.observer.looked, finished)
        self._done.put_nowait(finished)

    async def _next_chunk(self) -> list[FinishedCheck]:
        found = [await self._done.get()]
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while len(found) < min(CHUNK, len(self.in_hand)):
                    found.append(await self._done.get())
        return [check for check in found if check]

    def _store_and_tell(self, chunk: Sequence[FinishedCheck]) -> Sequence[FinishedCheck]:
        stored = self._stored(chunk)
        if stored:
            self.observer.stored(stored)
        return stored

    def _stored(self, chunk: Sequence[FinishedCheck]) -> list[FinishedCheck]:
        """What of a chunk is in the database now. A check that it refuses is stored as a failure, alone."""
        try:
            written = self.store(chunk)
        except NotStorable as error:
            if len(chunk) > 1:
                return [stored for check in chunk for stored in self._stored([check])]
            chunk = [refused(chunk[0], str(error))]
            written = self.store(chunk)
        return [check for check in chunk if check.watch_id in written]


class _DueRun(_Run):
    """Claims what is due."""

    def __init__(self, engine: Engine, run_id: str | None, observer: Observer) -> None:
        super().__init__(engine, run_id, observer)
        self._claimed_by = f"{socket.gethostname()}:{os.getpid()}"

    async def work(self) -> None:
        renewer = self.background(self._renew())
        stop_claiming_at = time.monotonic() + self.engine.budget.total_seconds()
        may_be_more = True
        while True:
            time_left = stop_claiming_at - time.monotonic()
            # Again and again: what a crowded host has room for must not keep the others waiting until it is done.
            while may_be_more and time_left > 0 and len(self.in_hand) <= self.engine.batch_size // 2:
                may_be_more = await self._claim_more(timedelta(seconds=max(time_left, 1)))
                time_left = stop_claiming_at - time.monotonic()
            if self.in_hand:
                await self.store_next()
            elif not may_be_more or time_left <= 0:
                break
        renewer.cancel()

    async def _claim_more(self, time_left: timedelta) -> bool:
        claim = await asyncio.to_thread(
            self.engine.database.run,
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
            await asyncio.to_thread(self._release, given_back)
        to_check = [check for check in claim.checks if not plans[check.watch.watch_id]]
        await asyncio.to_thread(self.observer.claimed, to_check)
        await self.begin(to_check, clock)
        return True

    def _plan_unchecked(self, check: OpenCheck, clock: DatabaseClock) -> Plan | None:
        """How the schedule goes on for a watch that must not be looked at now; None for all others."""
        state = schedule_state(check, self.engine.rules.quarantine_after)
        try:
            if check.was_abandoned and check.attempt > MOST_ABANDONED_ATTEMPTS:
                return plan_poisonous(state, now=clock.now())
            if not is_active(check.watch.schedule, clock.now()):
                return plan_deferred(state, now=clock.now())
        except ScheduleError:
            return plan_unschedulable(state, now=clock.now())
        return None

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.engine.lease.total_seconds() / 3)
            before = set(self.in_hand)
            held = await asyncio.to_thread(
                self.engine.database.run,
                lambda connection: claims.renew(connection, self.token, lease=self.engine.lease),
            )
            if lost := (before & self.in_hand.keys()) - held - self.storing:
                self.drop(lost)

    def store(self, checks: Sequence[FinishedCheck]) -> frozenset[str]:
        written = self.engine.database.run(
            lambda connection: completions.complete(connection, self.token, checks, run_id=self.run_id)
        )
        unwritten = [check for check in checks if check.watch_id not in written]
        if not unwritten:
            return written
        return written | self.engine.database.run(
            lambda connection: completions.stored_by_run(connection, unwritten, run_id=self.run_id)
        )

    async def give_back(self) -> None:
        if self.in_hand:
            with suppress(DatabaseUnavailable):  # then the lease ends by itself
                await asyncio.to_thread(self._release, dict.fromkeys(self.in_hand))

    def _release(self, plans: Mapping[str, Plan | None]) -> None:
        self.engine.database.run(
            lambda connection: claims.release(connection, self.token, plans), patience=timedelta(seconds=5)
        )


class _AskedRun(_Run):
    """Checks what somebody asked for."""

    keeps_results = True

    def __init__(self, engine: Engine, run_id: str | None, observer: Observer, watch_ids: Sequence[str]) -> None:
        super().__init__(engine, run_id, observer)
        self._watch_ids = watch_ids

    async def work(self) -> None:
        for start in range(0, len(self._watch_ids), self.engine.batch_size):
            wanted = self._watch_ids[start : start + self.engine.batch_size]
            checks = await asyncio.to_thread(
                self.engine.database.run, lambda connection, ids=wanted: watches.manual_checks(connection, ids)
            )
            self.report.claimed += len(checks)
            await asyncio.to_thread(self.observer.claimed, checks)
            await self.begin(checks, DatabaseClock(await asyncio.to_thread(self.engine.database.now)))
            while self.in_hand:
                await self.store_next()

    def store(self, checks: Sequence[FinishedCheck]) -> frozenset[str]:
        return self.engine.database.run(
            lambda connection: completions.record_manual(connection, checks, run_id=self.run_id)
        )


def _first(group: BaseExceptionGroup[DatabaseUnavailable]) -> DatabaseUnavailable:
    error = group.exceptions[0]
    return error if isinstance(error, DatabaseUnavailable) else _first(error)
