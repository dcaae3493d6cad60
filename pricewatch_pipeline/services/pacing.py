"""Keeps every host's pace within a run, on slots reserved in the database for all runs together."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.storage import hosts
from pricewatch_pipeline.storage.database import Database


class Pacer:
    """Hands out instants at which a host may be asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._slots: dict[str, deque[float]] = {}
        """Reserved instants by host, on this process's monotonic clock."""
        self._pace: dict[str, float] = {}
        self._last: dict[str, float] = {}

    async def reserve_for(self, wanted: Iterable[str]) -> None:
        """Reserve one slot per host named, as often as it is named: one statement for the whole group."""
        counts = Counter(wanted)
        if not counts:
            return
        reserved = await asyncio.to_thread(self._reserve, counts)
        arrived = time.monotonic()
        for host, slots in reserved.items():
            first = arrived + slots.wait.total_seconds()
            pace = self._pace[host] = slots.pace.total_seconds()
            self._slots.setdefault(host, deque()).extend(first + pace * n for n in range(counts[host]))

    async def turn(self, host: str) -> None:
        """Wait until it is this request's turn at the host."""
        if not self._slots.get(host):
            await self.reserve_for([host])
        slot = self._slots[host].popleft()
        # A turn that came late (a busy processor) must not be followed at once by the next.
        turn = self._last[host] = max(slot, time.monotonic(), self._last.get(host, 0.0) + self._pace[host])
        delay = turn - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)

    def _reserve(self, counts: Counter[str]) -> dict[str, hosts.Slots]:
        reserved = self._database.run(lambda connection: hosts.reserve(connection, counts))
        unknown = counts.keys() - reserved.keys()
        if not unknown:
            return reserved
        self._database.run(lambda connection: hosts.ensure(connection, dict.fromkeys(unknown)))
        return reserved | self._reserve(Counter({host: counts[host] for host in unknown}))


class PacedFetch:
    """A fetch that waits for its turn at the host, and for a free place in the run. Remembers how long it took."""

    def __init__(self, fetch: Fetch, pacer: Pacer, places: asyncio.Semaphore) -> None:
        self._fetch = fetch
        self._pacer = pacer
        self._places = places
        self.pages: list[Page] = []
        self.time_away = timedelta(0)
        """Waiting and fetching together: what is left of a check is reading."""
        self._limit: asyncio.Timeout | None = None
        self._left_s = 0.0
        self._waiting = 0
        self._places_held = 0
        """One, unless a provider starts with several fetches at once."""

    async def __call__(self, request: PageRequest) -> Page:
        started = time.monotonic()
        with self._off_the_clock():
            await self._pacer.turn(host_key(request.url))
            if not self._places_held:
                await self._places.acquire()
                self._places_held += 1
        page = await self._fetch(request)
        self.pages.append(page)
        self.time_away += timedelta(seconds=time.monotonic() - started)
        return page

    @asynccontextmanager
    async def limited(self, limit: timedelta) -> AsyncIterator[None]:
        """Raise TimeoutError when the block takes longer, its waits for a turn or a place apart.

        The place is kept to the end of the block: pages that wait to be read take memory as those in flight do.
        """
        try:
            async with asyncio.timeout(limit.total_seconds()) as self._limit:
                yield
        finally:
            self._limit = None
            for _ in range(self._places_held):
                self._places.release()
            self._places_held = 0

    @contextmanager
    def _off_the_clock(self) -> Iterator[None]:
        """The limit stands still while any fetch of the check waits."""
        self._waiting += 1
        if self._waiting == 1 and self._limit and (ends_at := self._limit.when()) and not self._limit.expired():
            self._left_s = ends_at - asyncio.get_running_loop().time()
            self._limit.reschedule(None)
        try:
            yield
        finally:
            self._waiting -= 1
            if self._waiting == 0 and self._limit and not self._limit.expired():
                self._limit.reschedule(asyncio.get_running_loop().time() + self._left_s)
