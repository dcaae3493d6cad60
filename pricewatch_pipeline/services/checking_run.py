"""A run as a guest at hosts; and of checks: what is in hand, looked at, and completed in chunks. Which, its kinds decide."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID, uuid4

from pricewatch_pipeline import __version__
from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.domain.known_pages import fingerprint
from pricewatch_pipeline.domain.providers import Provider, shelved
from pricewatch_pipeline.errors import DatabaseUnavailable, HostResting, NotStorable
from pricewatch_pipeline.fetching.fetchers import Fetchers
from pricewatch_pipeline.services.collect_rarely import rare_collections
from pricewatch_pipeline.services.fetch_politely import Guest, PoliteFetch
from pricewatch_pipeline.services.fetch_ways import obeys_robots
from pricewatch_pipeline.services.hear_interrupts import interruptible
from pricewatch_pipeline.services.keep_evidence import EvidenceKeeper
from pricewatch_pipeline.services.keep_filings import DatabaseShelf
from pricewatch_pipeline.services.make_check import CheckRules, DatabaseClock, Kept, make_check, refused
from pricewatch_pipeline.services.obey_robots import RobotsGate
from pricewatch_pipeline.services.pacing import Pacer
from pricewatch_pipeline.services.report_checks import CheckReport
from pricewatch_pipeline.services.word_alerts import Alerting
from pricewatch_pipeline.storage import learned_fetchers
from pricewatch_pipeline.storage.database import Connection, Database

Result = TypeVar("Result")

CHUNK = 50
"""Checks completed by one statement at most."""
LINGER_S = 0.2
"""How long a finished check waits for company before it is written."""
READERS = 2
"""Pages read at the same time. They share the interpreter's lock: more would be no faster and take memory."""
OVERTIME = timedelta(seconds=30)
"""What was claimed within the budget may come to its turn so much later, as when robots.txt had to be asked for."""
PAGE_THREADS = 8
"""For pages, and whatever else may block: more than read at a time, for a reader that never ends keeps its thread."""
RELEASE_PATIENCE = timedelta(seconds=5)
"""For a database that is away when a run gives back what it holds."""
DATABASE_THREADS = 3
"""For what must not wait behind pages: the lease, claims and completions."""


class Observer(Protocol):
    """Is told how a run goes on. Called off the event loop."""

    def claimed(self, checks: Sequence[OpenCheck]) -> None: ...

    def looked(self, check: FinishedCheck) -> None: ...

    def stored(self, checks: Sequence[FinishedCheck]) -> None: ...

    def progressed(self, progress: BatchProgress) -> None: ...


class SilentObserver:
    """Nobody looks."""

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        """Watches were taken."""

    def looked(self, check: FinishedCheck) -> None:
        """A check ended and is not stored yet."""

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        """Checks are in the database, and their pages no longer in hand."""

    def progressed(self, progress: BatchProgress) -> None:
        """More of a batch is in the database, or it ended."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What checks are made with."""

    database: Database
    providers: Mapping[str, Provider]
    open_fetchers: Callable[[], Fetchers]
    rules: CheckRules
    batch_size: int = 200
    concurrency: int = 16
    browser_pages: int = 2
    lease: timedelta = timedelta(minutes=2)
    budget: timedelta = timedelta(minutes=1)
    """A run claims no further watches after this long."""
    overtime: timedelta = OVERTIME
    user_agent: str = "pricewatch_pipeline"
    """The name that robots.txt may speak of, and what follows it."""
    pages_url: str | None = None
    """Where evidence is kept; None: in the database."""
    alerting: Alerting = field(default_factory=Alerting)


@dataclass(frozen=True, kw_only=True)
class Deferred:
    """A check that was not made, for its host may not be asked now."""

    check: OpenCheck
    resting: HostResting


class GuestRun:
    """A run on an event loop of its own that asks hosts as a guest, and the database beside it."""

    is_asked: bool = False
    """Whether a person waits for it."""

    def __init__(self, engine: Engine, run_id: str | None, observer: Observer) -> None:
        self.engine = engine
        self.run_id = run_id
        self.observer = observer
        self.token: UUID = uuid4()
        self.report = CheckReport()
        self.is_interrupted = False
        """Stopped before its time, by a signal."""
        self.keeper = EvidenceKeeper(engine.database, pages_url=engine.pages_url)
        shelf = DatabaseShelf(engine.database, run_id=run_id, keeper=self.keeper)
        self.providers = {name: shelved(provider, shelf) for name, provider in engine.providers.items()}
        self._group = asyncio.TaskGroup()
        self._database_threads = ThreadPoolExecutor(DATABASE_THREADS)
        self._stored_learned: dict[str, str] = {}

    @property
    def patience(self) -> timedelta | None:
        """How long it stays, and so how late a turn at a host may come; None: as late as it likes."""
        return None if self.is_asked else self.engine.budget + self.engine.overtime

    async def run(self) -> CheckReport:
        started = time.monotonic()
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(PAGE_THREADS))
        try:
            await self._work_as_guest()
        except* DatabaseUnavailable as unavailable:
            raise _first(unavailable) from None
        finally:
            await asyncio.shield(self.give_back())
            self._database_threads.shutdown(wait=False)
        self.report.elapsed = timedelta(seconds=time.monotonic() - started)
        return self.report

    async def _work_as_guest(self) -> None:
        try:
            async with self.engine.open_fetchers() as fetchers, self._received(fetchers), self._group:
                await self.work()
        except asyncio.CancelledError:  # from without: what fails within ends the group with a group of errors
            self.is_interrupted = True
            raise

    @asynccontextmanager
    async def _received(self, fetchers: Fetchers) -> AsyncIterator[None]:
        """As a guest, for as long as the block runs."""
        engine = self.engine
        pacer = self.pacer = Pacer(
            engine.database,
            holder=self.token,
            places=engine.concurrency,
            is_asked=self.is_asked,
            patience=self.patience,
        )
        clock = DatabaseClock(await self.off_loop(engine.database.now))
        self.guest = Guest(
            fetch=fetchers.fetch,
            has_contact=fetchers.has_contact,
            pacer=pacer,
            robots=RobotsGate(engine.database, user_agent=engine.user_agent, now=clock.now, has_learnt=pacer.settle),
            places=asyncio.Semaphore(engine.concurrency),
            robots_places=asyncio.Semaphore(engine.concurrency),
            browser_places=asyncio.Semaphore(engine.browser_pages),
            readers=asyncio.Semaphore(READERS),
        )
        try:
            yield
        finally:
            with suppress(DatabaseUnavailable):  # then what it holds there ends by itself
                await pacer.close()

    async def work(self) -> None:
        raise NotImplementedError

    async def give_back(self) -> None:
        """Release what is still in hand when the run ends before its time."""

    async def off_loop(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do what waits for the database, in a thread that no page holds up."""
        return await asyncio.get_running_loop().run_in_executor(self._database_threads, work, *arguments)

    async def in_database(self, work: Callable[[Connection], Result]) -> Result:
        """Do it in a transaction."""
        return await self.off_loop(self.engine.database.run, work)

    def store_learned(self) -> None:
        """Remember what worked at stores that say `auto`. Off the event loop."""
        if learned := dict(self.guest.learned.items() - self._stored_learned.items()):
            self.engine.database.run(lambda connection: learned_fetchers.store(connection, learned))
            self._stored_learned |= learned

    def background(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._group.create_task(coroutine)


class CheckingRun(GuestRun):
    """What runs of checks share that end one by one: checks in hand, and their completion in chunks."""

    keeps_results: ClassVar[bool] = False

    def __init__(self, engine: Engine, run_id: str | None, observer: Observer) -> None:
        super().__init__(engine, run_id, observer)
        self.in_hand: dict[str, asyncio.Task[None]] = {}
        self.leaving: set[str] = set()
        """Being stored or given back at this moment: that the database does not know them as ours is no loss."""
        self.has_room = asyncio.Event()
        """Set whenever fewer checks are in hand than before."""
        self._kept = Kept(keeper=self.keeper, rules=engine.rules, looked=observer.looked)
        self._ranks = count()
        self._done: asyncio.Queue[FinishedCheck | Deferred | None] = asyncio.Queue()

    def store(self, checks: Sequence[FinishedCheck]) -> frozenset[str]:
        raise NotImplementedError

    async def defer(self, deferred: Sequence[Deferred]) -> None:
        """What becomes of checks whose hosts may not be asked now."""
        raise NotImplementedError

    async def begin(self, checks: Sequence[OpenCheck], clock: DatabaseClock) -> None:
        """Start to look at these: each host is asked for them in this order."""
        await asyncio.gather(
            self.pacer.reserve_for(check.watch.host for check in checks),
            self.guest.robots.prepare(
                check.watch.url for check in checks if check.watch.url and obeys_robots(check.store)
            ),
            self.keeper.prepare_for({check.watch.host for check in checks}),
        )
        for check in checks:
            # The order in which they come to their first request may be another one: they ask the database before.
            self.in_hand[check.watch.watch_id] = self.background(self._look(check, clock, rank=next(self._ranks)))

    async def store_next(self) -> None:
        """Wait for finished checks and store a chunk of them."""
        ended = await self._next_chunk()
        chunk = [e for e in ended if isinstance(e, FinishedCheck) and e.watch_id in self.in_hand]
        deferred = [e for e in ended if isinstance(e, Deferred) and e.check.watch.watch_id in self.in_hand]
        self.leaving = {check.watch_id for check in chunk} | {each.check.watch.watch_id for each in deferred}
        if deferred:
            await self.defer(deferred)
        if not chunk:
            self.leaving.clear()
            return
        stored = await self.off_loop(self._store_and_tell, chunk)
        for check in chunk:
            self.let_go(check.watch_id)
        self.leaving.clear()
        self.report.lost += len(chunk) - len(stored)
        self.report.add(stored, keeps_results=self.keeps_results)
        await self.pacer.settle()
        await self.go_on(stored)

    async def go_on(self, stored: Sequence[FinishedCheck]) -> None:
        """What follows at once from checks that are stored: of those that left something to read, the next ones by hand."""

    def let_go(self, watch_id: str) -> asyncio.Task[None]:
        """A check is no longer in hand."""
        self.has_room.set()
        return self.in_hand.pop(watch_id)

    def drop(self, watch_ids: set[str]) -> None:
        """Stop looking at watches that others hold now."""
        lost = (watch_ids & self.in_hand.keys()) - self.leaving
        for watch_id in lost:
            self.let_go(watch_id).cancel()
            self.report.lost += 1
        if lost:
            self.wake()

    def wake(self) -> None:
        """Let whoever waits for finished checks look again whether there are any to wait for."""
        self._done.put_nowait(None)

    async def _look(self, check: OpenCheck, clock: DatabaseClock, *, rank: int) -> None:
        read_with = fingerprint(__version__, check.watch, check.store)
        fetch = PoliteFetch(self.guest, check, read_with=read_with, now=clock.now(), rank=rank)
        try:
            finished = await make_check(check, self.providers, fetch, clock, self._kept)
        except HostResting as resting:
            self._done.put_nowait(Deferred(check=check, resting=resting))
        else:
            self._done.put_nowait(finished)

    async def _next_chunk(self) -> list[FinishedCheck | Deferred]:
        found = [await self._done.get()]
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while len(found) < min(CHUNK, len(self.in_hand)):
                    found.append(await self._done.get())
        return [check for check in found if check]

    def _store_and_tell(self, chunk: Sequence[FinishedCheck]) -> Sequence[FinishedCheck]:
        # Whoever is told may keep the checks of a long run, and its pages would fill the memory.
        stored = [replace(check, page=None, screenshot=None) for check in self._stored(self._placed(chunk))]
        self.store_learned()
        if stored:
            self.observer.stored(stored)
        return stored

    def _placed(self, chunk: Sequence[FinishedCheck]) -> list[FinishedCheck]:
        """The checks with their evidence where it is to be kept."""
        pages = {p.sha256: p for check in chunk for p in (check.page, check.screenshot) if p}
        placed = {page.sha256: page for page in self.keeper.place(list(pages.values()))}
        return [
            replace(
                check,
                page=placed[check.page.sha256] if check.page else None,
                screenshot=placed[check.screenshot.sha256] if check.screenshot else None,
            )
            for check in chunk
        ]

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


def run_to_end(run: GuestRun) -> CheckReport:
    """Run on an event loop of its own."""
    with interruptible(), rare_collections(), asyncio.Runner() as runner:
        return runner.run(run.run())


def _first(group: BaseExceptionGroup[DatabaseUnavailable]) -> DatabaseUnavailable:
    error = group.exceptions[0]
    return error if isinstance(error, DatabaseUnavailable) else _first(error)
