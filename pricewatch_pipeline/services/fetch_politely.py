"""The fetch that a provider is given: what robots.txt allows, in its turn at the host, in the ways the store's file
allows, and only what has changed. Remembers the pages and how long it all took."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from pricewatch_pipeline.domain.checks import CheckKind, KnownPage, OpenCheck
from pricewatch_pipeline.domain.fair_access import NO_CONTACT, asked_alike, hop_to
from pricewatch_pipeline.domain.hosts import host_key, site_of
from pricewatch_pipeline.domain.known_pages import (
    conditional_headers,
    freshness_headers,
    is_same,
    is_stale,
    is_usable,
)
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.domain.proxies import RestingProxies
from pricewatch_pipeline.domain.schedule import stable_hash
from pricewatch_pipeline.fetching.journey import MAX_REDIRECTS
from pricewatch_pipeline.services.fetch_ways import (
    DEAR,
    another_kind,
    fetch_as_allowed,
    first_kind,
    may_escalate,
    obeys_robots,
)
from pricewatch_pipeline.services.host_turns import LAST
from pricewatch_pipeline.services.obey_robots import RobotsGate

TakePlaces = Callable[[PageRequest, AsyncExitStack], Awaitable[None]]


class Turns(Protocol):
    """What says when a host may be asked."""

    def turn(
        self,
        host: str,
        *,
        ready: Callable[[], Awaitable[None]] | None = None,
        overtakes: bool = False,
        rank: float = LAST,
    ) -> AbstractAsyncContextManager[None]:
        """Wait for the turn of a request, and hold its place while the block runs; `ready` is awaited when it has come. The
        lowest `rank` is next."""
        ...

    async def note(self, host: str, page: Page) -> None:
        """Remember how the host answered."""
        ...


@dataclass(frozen=True, kw_only=True)
class Guest:
    """What all fetches of one run share."""

    fetch: Fetch
    pacer: Turns
    robots: RobotsGate
    places: asyncio.Semaphore
    """Of pages in hand: in flight, or waiting to be read."""
    robots_places: asyncio.Semaphore
    """Of requests for robots.txt in flight: their own, for checks that hold a place wait for them."""
    browser_places: asyncio.Semaphore
    """Of pages open in the browser: one that had its turn must not wait for another to be closed."""
    readers: asyncio.Semaphore
    """Of pages being read: more at once would only take memory."""
    has_contact: bool = False
    """Whether `fetch` can say who asks, to hosts that want to know."""
    resting_proxies: RestingProxies = field(default_factory=lambda: RestingProxies(time.monotonic))
    learned: dict[str, str] = field(default_factory=dict)
    """What worked at stores that say `auto`, by store; learnt in this run."""


@dataclass
class AnotherWay:
    """A way to a page that is tried."""

    stays: bool = False

    def stay(self) -> None:
        """It was the better one."""
        self.stays = True


class PoliteFetch:
    """The fetch of one check."""

    def __init__(self, guest: Guest, check: OpenCheck, *, read_with: str, now: datetime, rank: float = LAST) -> None:
        """`rank` is that of the check among those of its run: of their first pages, the lowest is next."""
        self._guest = guest
        self._check = check
        self.read_with = read_with
        self._now = now
        self._rank = rank
        store = check.store
        learned = guest.learned.get(store.store_id) if store else None
        self._kind = first_kind(store, learned or check.learned_fetcher)
        self.pages: list[Page] = []
        self.time_away = timedelta(0)
        """Waiting and fetching together: what is left of a check is reading."""
        self.wait_time = timedelta(0)
        """For turns and places."""
        self.body_bytes = 0
        """Of all pages, also of those whose bodies are let go."""
        self._limit: asyncio.Timeout | None = None
        self._left_s = 0.0
        self._waiting = 0
        self._holds_place = False
        self._one_at_a_time = asyncio.Lock()
        """A check that holds a place must not wait for another one, nor behind those who do."""
        self._is_reading = False
        self._asking: set[asyncio.Task[Any] | None] = set()
        """The tasks that wait for a page."""

    @property
    def may_escalate(self) -> bool:
        """Whether a page that is an empty shell may be fetched again, by the browser."""
        return may_escalate(self._check.store, self._kind)

    def escalate(self) -> None:
        """Fetch by the browser from now on."""
        self._kind = DEAR

    @property
    def may_go_another_way(self) -> bool:
        """Whether the store's file allows another way to its pages than the one that was gone last."""
        return another_kind(self._check.store, self.way) is not None

    @property
    def way(self) -> str:
        """The fetcher of the last page: not the one that was begun with, where that one was blocked."""
        return (self.pages[-1].request.fetcher if self.pages else None) or self._kind

    @contextmanager
    def another_way(self) -> Iterator["AnotherWay"]:
        """Fetch in another way for as long as the block runs; afterwards too, when that way is to stay."""
        way = AnotherWay()
        before = self._kind
        self._kind = another_kind(self._check.store, self.way) or before
        try:
            yield way
        finally:
            if not way.stays:
                self._kind = before

    def learn(self) -> None:
        """What was done in the end worked: begin with it from now on."""
        store = self._check.store
        if store and self._kind == DEAR and self._check.learned_fetcher != DEAR:
            self._guest.learned[store.store_id] = DEAR

    async def __call__(self, request: PageRequest) -> Page:
        """Fetch one page. What a site does wrong is the page's outcome. Fetches of one check follow each other.

        Raises:
            HostResting: nobody may ask the host now.
        """
        asking = asyncio.current_task()
        self._asking.add(asking)
        try:
            async with self._one_at_a_time:
                return await self._timed(request)
        finally:
            self._asking.discard(asking)

    async def _timed(self, request: PageRequest) -> Page:
        self._stop_reading()
        started = time.monotonic()
        page = await self._allowed(request)
        self._remember(page)
        # Whoever collects files may wait for another check between two of them, and nobody could read meanwhile.
        if not request.is_file:
            await self._start_reading()
        self.time_away += timedelta(seconds=time.monotonic() - started)
        return page

    def _remember(self, page: Page) -> None:
        self.body_bytes += len(page.body)
        is_let_go = page.request.is_one_of_many
        self.pages.append(replace(page, body=b"", screenshot=b"", headers={}) if is_let_go else page)

    async def _allowed(self, request: PageRequest) -> Page:
        if request.wants_contact and not self._guest.has_contact:
            return Page(
                request=request,
                outcome=Outcome.PROVIDER_ERROR,
                final_url=request.url,
                error=f"{request.url}: {NO_CONTACT}",
            )
        if refusal := await self._refusal(request.url, request):
            return replace(refusal, request=request)
        known = self._known(request)
        page = await self._by_ways(replace(request, headers={**request.headers, **self._validators(known)}))
        if is_stale(page.headers, self._interval) and request.may_be_unchanged:
            known = None
            page = await self._by_ways(replace(request, headers={**request.headers, "cache-control": "no-cache"}))
        page = await self._told_from_the_known(page, known)
        # Where a redirect led to another site, that one is asked too; what came from there is not used against its will.
        is_elsewhere = page.outcome.is_success and site_of(page.final_url) != site_of(request.url)
        if is_elsewhere and (refusal := await self._refusal(page.final_url, request)):
            return replace(page, outcome=refusal.outcome, error=refusal.error, body=b"")
        return page

    async def _refusal(self, url: str, for_page: PageRequest) -> Page | None:
        if not obeys_robots(self._check.store):
            return None

        async def fetch(request: PageRequest) -> Page:
            return await self._robots_by_ways(asked_alike(request, for_page))

        with self._off_the_clock():
            return await self._guest.robots.refusal(url, fetch)

    @property
    def _interval(self) -> timedelta | None:
        return self._check.watch.schedule.every if self._check.kind is CheckKind.SCHEDULED else None

    def _known(self, request: PageRequest) -> KnownPage | None:
        known = self._check.known_page if request.may_be_unchanged else None
        return known if is_usable(known, url=request.url, read_with=self.read_with, now=self._now) else None

    def _validators(self, known: KnownPage | None) -> dict[str, str]:
        if self._kind == DEAR:  # it would send them with every picture of the page
            return {}
        return freshness_headers(self._interval) | (conditional_headers(known) if known else {})

    async def _told_from_the_known(self, page: Page, known: KnownPage | None) -> Page:
        if page.outcome is Outcome.NOT_MODIFIED and known is None:
            error = f"{page.final_url} answered `not modified`, but nobody had asked whether it was"
            return replace(page, outcome=Outcome.TRANSPORT, error=error)
        if known and page.outcome is Outcome.OK and await asyncio.to_thread(is_same, known, page):
            return replace(page, outcome=Outcome.NOT_MODIFIED)
        return page

    async def _by_ways(self, request: PageRequest) -> Page:
        return await self._ways_of(request, self._page_in_turn)

    async def _robots_by_ways(self, request: PageRequest) -> Page:
        return await self._ways_of(request, self._robots_in_turn)

    async def _ways_of(self, request: PageRequest, fetch: Fetch) -> Page:
        check = self._check
        turn = stable_hash("proxy", check.watch.watch_id, check.slot_at.timestamp(), check.attempt)
        *before, page = await fetch_as_allowed(
            request, fetch, store=check.store, kind=self._kind, turn=turn, resting=self._guest.resting_proxies
        )
        for each in before:
            self._remember(each)
        return page

    async def _page_in_turn(self, request: PageRequest) -> Page:
        if request.is_one_of_many:  # else a few checks that go on for long would keep all others from their pages
            self._give_back_place()
        return await self._by_hops(
            request, lambda hop: self._in_turn(hop, self._take_page_places, overtakes=self._holds_place)
        )

    async def _robots_in_turn(self, request: PageRequest) -> Page:
        return await self._by_hops(request, lambda hop: self._in_turn(hop, self._take_robots_place, overtakes=True))

    async def _by_hops(self, request: PageRequest, fetch: Fetch) -> Page:
        """The page, or where it was handed back: what the redirects lead to, each in a turn of its own."""
        page = await fetch(request)
        hops = 0
        while page.redirects_to and hops < MAX_REDIRECTS:
            hops += 1
            page = await fetch(hop_to(page.redirects_to, request))
        return replace(page, request=replace(request, fetcher=page.request.fetcher)) if hops else page

    async def _in_turn(self, request: PageRequest, take_places: TakePlaces, *, overtakes: bool) -> Page:
        host = host_key(request.url)
        started = time.monotonic()
        async with AsyncExitStack() as held:
            # Later ones go behind whoever waits: a check of many documents must not keep the others from their first.
            rank = LAST if self.pages else self._rank
            ready = partial(take_places, request, held)
            turn = self._guest.pacer.turn(host, ready=ready, overtakes=overtakes, rank=rank)
            with self._off_the_clock():
                await held.enter_async_context(turn)
            self.wait_time += timedelta(seconds=time.monotonic() - started)
            page = await self._guest.fetch(request)
        await self._guest.pacer.note(host, page)
        return page

    async def _take_page_places(self, request: PageRequest, held: AsyncExitStack) -> None:
        if not self._holds_place:
            await self._guest.places.acquire()
            self._holds_place = True
        if request.fetcher == DEAR:
            await held.enter_async_context(self._guest.browser_places)

    async def _take_robots_place(self, _: PageRequest, held: AsyncExitStack) -> None:
        await held.enter_async_context(self._guest.robots_places)

    @asynccontextmanager
    async def in_hand(self) -> AsyncIterator[None]:
        """Give the place back at the end of the block: pages that are read or kept take memory as those in flight do."""
        try:
            yield
        finally:
            self._give_back_place()

    def _give_back_place(self) -> None:
        if self._holds_place:
            self._guest.places.release()
        self._holds_place = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Work on a page for as long as the block runs: only so many do at once."""
        async with self._guest.readers:
            yield

    async def _start_reading(self) -> None:
        if not self._is_reading:
            with self._off_the_clock():
                await self._guest.readers.acquire()
            self._is_reading = True

    def _stop_reading(self) -> None:
        if self._is_reading:
            self._is_reading = False
            self._guest.readers.release()

    @asynccontextmanager
    async def limited(self, limit: timedelta) -> AsyncIterator[None]:
        """Raise TimeoutError when the block takes longer, its waits for a turn or a place apart.

        Fetches that a provider began and does not wait for any more end with it: else they would keep their places for good.
        """
        try:
            async with asyncio.timeout(limit.total_seconds()) as self._limit:
                yield
        finally:
            self._limit = None
            for left_behind in self._asking - {asyncio.current_task()}:
                if left_behind:
                    left_behind.cancel()
            self._stop_reading()

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
