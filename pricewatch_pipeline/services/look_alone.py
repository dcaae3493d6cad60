"""Looks at pages by the very path of a check, without a database: nothing is remembered, nothing is stored."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from pricewatch_pipeline.domain.checks import CheckKind, OpenCheck
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.domain.providers import Reading, as_of, asked_by
from pricewatch_pipeline.domain.watches import Politeness, Store, Watch
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.registry import provider_named, providers
from pricewatch_pipeline.services.fetch_politely import Guest, PoliteFetch
from pricewatch_pipeline.services.host_turns import LAST
from pricewatch_pipeline.services.make_check import look
from pricewatch_pipeline.services.obey_robots import RobotsGate
from pricewatch_pipeline.services.open_fetchers import fetchers_for
from pricewatch_pipeline.settings import Settings

PROVIDER = "retail"
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""A page that is there is read, though the day of the trip that it is about has gone by."""


class Looker:
    """Looks at one page after the other: `async with opened_looker(settings) as looker`."""

    def __init__(self, guest: Guest, turns: "_OwnTurns") -> None:
        self._guest = guest
        self._turns = turns

    async def look(self, url: str, store: Store | None) -> Reading:
        """What a check of a page would say; what was seen is in `offer` also where it failed.

        Raises:
            ForbiddenAddress: it is no address of a page.
        """
        check = _check_of(url, store)
        politeness = store.politeness if store else Politeness()
        self._turns.delay = politeness.min_delay
        if politeness.obeys_robots:
            self._turns.delay = max(self._turns.delay, self._guest.robots.crawl_delay(url) or timedelta(0))
        fetch = PoliteFetch(self._guest, check, read_with="", now=check.slot_at)
        async with fetch.in_hand():
            return await look(check, providers(), fetch, keeps_seen=True)


@asynccontextmanager
async def opened_looker(settings: Settings) -> AsyncIterator[Looker]:
    """With fetchers of its own, for as long as the block runs."""
    turns = _OwnTurns()
    async with fetchers_for(settings) as fetchers:
        guest = Guest(
            fetch=fetchers.fetch,
            has_contact=fetchers.has_contact,
            pacer=turns,
            robots=RobotsGate(None, user_agent=settings.user_agent, now=lambda: datetime.now(UTC)),
            places=asyncio.Semaphore(1),
            robots_places=asyncio.Semaphore(1),
            browser_places=asyncio.Semaphore(1),
            readers=asyncio.Semaphore(1),
        )
        yield Looker(guest, turns)


def watch_of(url: str) -> Watch:
    """A watch on a page, for the length of a look.

    Raises:
        ForbiddenAddress: it is no address of a page.
    """
    if asked := asked_by(url, providers().values()):
        provider, found = asked
        query = found.model_dump(mode="json", exclude_none=True)
        return Watch(watch_id="look", provider=provider.name, query=query, host=host_key(url), url=url)
    try:
        provider_named(PROVIDER).query_model.model_validate({"url": url})
    except ValidationError as error:
        raise ForbiddenAddress(f"{url[:200]!r}: {error.errors()[0]['msg']}") from error
    return Watch(watch_id="look", provider=PROVIDER, query={"url": url}, host=host_key(url), url=url)


def _check_of(url: str, store: Store | None) -> OpenCheck:
    slot_at = datetime.now(UTC)
    return OpenCheck(watch=watch_of(url), store=store, kind=CheckKind.MANUAL, slot_at=slot_at, attempt=1)


class _OwnTurns:
    """Keeps the delay between pages of one host within this process. Other runs are not known here: a person asks for a
    few pages, one after the other."""

    def __init__(self) -> None:
        self.delay = timedelta(0)
        self._asked_at: dict[str, float] = {}

    @asynccontextmanager
    async def turn(
        self,
        host: str,
        *,
        ready: Callable[[], Awaitable[None]] | None = None,
        overtakes: bool = False,
        rank: float = LAST,
    ) -> AsyncIterator[None]:
        # What overtakes belongs to a page whose turn has come: its robots.txt, or another way to it.
        if not overtakes and host in self._asked_at:
            await asyncio.sleep(max(self._asked_at[host] + self.delay.total_seconds() - time.monotonic(), 0))
        if ready:
            await ready()
        self._asked_at[host] = time.monotonic()
        yield

    async def note(self, host: str, page: Page) -> None:
        """Nothing is kept: the next page is a person's wish again."""


def look_again(page: Page, url: str, store: Store | None) -> Reading:
    """What a check would have read from a page that is there already; what was seen is in `offer` also where it failed."""

    async def there(request: PageRequest) -> Page:
        return replace(page, request=request)

    return look_with(there, url, store)


def look_with(fetch: Fetch, url: str, store: Store | None) -> Reading:
    """As a check would read what `fetch` gives; nothing else is asked for.

    Raises:
        ForbiddenAddress: it is no address of a page.
    """
    check = _check_of(url, store)
    readers = {name: as_of(provider, _LONG_AGO) for name, provider in providers().items()}
    return asyncio.run(look(check, readers, _Given(fetch), keeps_seen=True))


class _Given:
    """Serves what is there already: no turn is waited for, and there is no other way to it."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.pages: list[Page] = []

    @property
    def may_escalate(self) -> bool:
        return False

    def escalate(self) -> None:
        """The page is what it is."""

    @asynccontextmanager
    async def limited(self, limit: timedelta) -> AsyncIterator[None]:
        async with asyncio.timeout(limit.total_seconds()):
            yield

    async def __call__(self, request: PageRequest) -> Page:
        page = await self._fetch(request)
        self.pages.append(page)
        return page
