"""Keeps every host's pace within a run, on slots and places reserved in the database for all runs together."""

import asyncio
import math
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from uuid import UUID

from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.politeness import Observation, after_all
from pricewatch_pipeline.errors import DatabaseUnavailable
from pricewatch_pipeline.services.host_turns import LAST, HostTurns
from pricewatch_pipeline.storage import hosts
from pricewatch_pipeline.storage.database import Connection, Database, clock

PLACES_LEASE = timedelta(seconds=60)
NEWS_S = 2.5
"""How often a run that waits, or has requests in flight, asks what others found out."""
NEWS_PATIENCE = timedelta(seconds=2)


class Pacer:
    """Says when a run may ask which host. One per run, used on its event loop."""

    def __init__(
        self,
        database: Database,
        *,
        holder: UUID,
        places: int,
        is_asked: bool = False,
        lease: timedelta = PLACES_LEASE,
        patience: timedelta | None = None,
    ) -> None:
        """`holder` names the run, `places` is how many requests it can have in flight, and `is_asked` says that a person
        waits for it: then its first request at a host is the probe of an open breaker. Turns that come when `patience`
        has run out are not waited for; None: all are."""
        self._database = database
        self._holder = holder
        self._places = places
        self._is_asked = is_asked
        self._lease = lease
        self._gives_up_at = time.monotonic() + patience.total_seconds() if patience else math.inf
        self._hosts: dict[str, HostTurns] = {}
        self._waits: defaultdict[str, timedelta] = defaultdict(timedelta)
        self._exchanging = asyncio.Lock()
        """What is held here is what is held in the database, so one exchange at a time."""
        self._settlings: set[asyncio.Task[None]] = set()
        self._settled_at = -math.inf
        self._follower: asyncio.Task[None] | None = None

    @property
    def waits(self) -> Mapping[str, timedelta]:
        """How long the requests of this run waited for their turns, together, by host."""
        return self._waits

    async def reserve_for(self, wanted: Iterable[str]) -> None:
        """Reserve one slot per host named, as often as it is named: one statement for the whole group.

        At a host that rests nothing is reserved; its turns raise HostResting.
        """
        if counts := Counter(wanted):
            await self._reserve(counts)

    @asynccontextmanager
    async def turn(
        self,
        host: str,
        *,
        ready: Callable[[], Awaitable[None]] | None = None,
        overtakes: bool = False,
        rank: float = LAST,
    ) -> AsyncIterator[None]:
        """Wait until it is this request's turn at the host, and hold a place there while the block runs. The lowest `rank` of
        those who wait is next, and of these who came first.

        `ready` is awaited when the turn has come, for whatever else the request needs: should that take long, the turn
        is not late but another one. A request whose check holds what others are waiting for in `ready` must overtake
        them, or all would wait for each other.

        Raises:
            HostResting: the host may not be asked, was found while waiting to want rest, or its turn comes too late.
        """
        turns = self._turns(host)
        began = time.monotonic()
        turns.waiting += 1
        self._follow_news()
        try:
            if overtakes:
                with turns.overtaken():
                    await self._await_turn(turns, ready, overtakes=True)
            else:
                async with turns.gate.passed(rank):
                    await self._await_turn(turns, ready)
        finally:
            turns.waiting -= 1
            self._waits[host] += timedelta(seconds=time.monotonic() - began)
        try:
            yield
        finally:
            turns.in_flight -= 1
            turns.changed.set()

    async def note(self, host: str, page: Page) -> None:
        """Remember how the host answered. A bad answer, or a probe's, is settled at once; others are kept for `settle`."""
        if self._turns(host).note(page):
            await self.settle()

    async def settle(self) -> None:
        """Let what was noted count, for all runs; learn what others found out; renew this run's places."""
        # A caller that is cancelled leaves it to its end: what was noted must not count half.
        settling = asyncio.create_task(self._settle_noted())
        self._settlings.add(settling)
        settling.add_done_callback(self._settlings.discard)
        await asyncio.shield(settling)

    async def _settle_noted(self) -> None:
        async with self._exchanging:
            noted = {host: turns.take_noted() for host, turns in self._hosts.items() if turns.noted}
            try:
                news = await self._exchange(noted)
            finally:
                for host, observations in noted.items():
                    self._hosts[host].settled(observations)
            self._tell(news)

    async def _exchange(self, noted: Mapping[str, list[Observation]]) -> Mapping[str, hosts.News]:
        """Bring the database what is known here; what it knows of the same hosts."""
        places = {host: turns.shed_places() for host, turns in self._hosts.items() if turns.places}
        asked = noted.keys() | places.keys() | {host for host, turns in self._hosts.items() if turns.waiting}
        if not asked:
            return {}
        self._settled_at = time.monotonic()
        held_until = self._settled_at + self._lease.total_seconds()
        news, kept = await asyncio.to_thread(
            self._database.run, lambda connection: self._settle(connection, noted, places, asked)
        )
        for host in places:
            self._hosts[host].kept_places(held_until if host in kept else None)
        return news

    async def close(self) -> None:
        """Settle, and give back places, probes, and slots that were not used where nobody has reserved behind them."""
        if self._follower:
            self._follower.cancel()
            with suppress(asyncio.CancelledError):
                await self._follower
        if not self._hosts:
            return
        await self.settle()
        unused = {host: turns.unused() for host, turns in self._hosts.items()}
        await asyncio.to_thread(
            self._database.run, lambda connection: hosts.give_back(connection, unused, holder=self._holder)
        )

    def _turns(self, host: str) -> HostTurns:
        if host not in self._hosts:
            self._hosts[host] = HostTurns(host=host, passes_breaker=self._is_asked)
        return self._hosts[host]

    async def _await_turn(
        self, turns: HostTurns, ready: Callable[[], Awaitable[None]] | None, *, overtakes: bool = False
    ) -> None:
        while True:
            turns.refuse(time.monotonic())
            wait = turns.wait_s(time.monotonic())
            if wait is not None and wait <= 0 and turns.overtakers and not overtakes:
                wait = math.inf
            if wait is None:
                await self._reserve({turns.host: 0})
            elif wait > 0:
                turns.refuse_late(time.monotonic(), wait, gives_up_at=self._gives_up_at)
                turns.changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == math.inf else wait):
                        await turns.changed.wait()
            elif ready:
                with turns.standing_aside() if overtakes else nullcontext():
                    await ready()
                ready = None
            else:
                turns.take(time.monotonic())
                return

    async def _reserve(self, counts: Mapping[str, int]) -> None:
        async with self._exchanging:
            wanted = {host: self._turns(host).wanted(count, most_places=self._places) for host, count in counts.items()}
            held_until = time.monotonic() + self._lease.total_seconds()
            granted = await asyncio.to_thread(self._granted, wanted)
            for host, grant in granted.items():
                self._hosts[host].granted(grant, time.monotonic(), held_until=held_until)

    def _granted(self, wanted: Mapping[str, hosts.Wanted]) -> dict[str, hosts.Grant]:
        def reserve(connection: Connection) -> dict[str, hosts.Grant]:
            found = hosts.reserve(connection, wanted, holder=self._holder, lease=self._lease)
            if unknown := wanted.keys() - found.keys():
                hosts.ensure(connection, dict.fromkeys(unknown))
                rest = {host: wanted[host] for host in unknown}
                found |= hosts.reserve(connection, rest, holder=self._holder, lease=self._lease)
            return found

        return self._database.run(reserve)

    def _settle(
        self,
        connection: Connection,
        noted: Mapping[str, list[Observation]],
        places: Mapping[str, int],
        asked: Iterable[str],
    ) -> tuple[dict[str, hosts.News], frozenset[str]]:
        if noted:
            states = hosts.locked_states(connection, noted.keys())
            now = clock(connection)
            hosts.write_states(
                connection, {host: after_all(state, noted[host], now=now) for host, state in states.items()}
            )
        kept = hosts.keep_places(connection, places, holder=self._holder, lease=self._lease) if places else frozenset()
        return hosts.news(connection, list(asked)), kept

    def _tell(self, news: Mapping[str, hosts.News]) -> None:
        now = time.monotonic()
        for host, each in news.items():
            self._hosts[host].told(each, now)

    def _follow_news(self) -> None:
        if self._follower is None or self._follower.done():
            self._follower = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Learn what other runs found out, and keep the places, for as long as anything waits or is in flight."""
        while True:
            await asyncio.sleep(NEWS_S)
            if not any(turns.is_busy for turns in self._hosts.values()):
                return
            with suppress(DatabaseUnavailable):  # whoever needs a slot will say so
                await self._ask_for_news()

    async def _ask_for_news(self) -> None:
        if time.monotonic() - self._settled_at > self._lease.total_seconds() / 3:
            await self.settle()
            return
        waiting = [host for host, turns in self._hosts.items() if turns.waiting]
        if waiting:
            self._tell(
                await asyncio.to_thread(
                    self._database.run, lambda connection: hosts.news(connection, waiting), patience=NEWS_PATIENCE
                )
            )
