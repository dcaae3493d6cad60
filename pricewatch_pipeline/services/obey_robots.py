"""Obeys robots.txt: says of an address whether it may be fetched, and gets to know the robots.txt of its site for that.

docs/howto/robots.md tells users what follows from which answer; `domain/robots.py` decides it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.domain.robots import RobotsFile, learnt, robots_request, robots_site
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.robots import RobotsRules, product_token
from pricewatch_pipeline.storage import robots
from pricewatch_pipeline.storage.database import Database

MOST_SITES = 500
"""Kept in memory: more than a run of the usual size has in hand, at 20 to 70 KiB each."""
HOW_TO_TURN_OFF = "`politeness: {robots: false}` in its store's file turns this off"
_OF_OUR_MAKING = frozenset({Outcome.FORBIDDEN_ADDRESS, Outcome.PROVIDER_ERROR})
"""Our guard or our installation refused: to ask less of robots.txt would help nobody."""


@dataclass(frozen=True, kw_only=True)
class _Site:
    file: RobotsFile
    rules: RobotsRules | None
    """None: nothing is forbidden, unless the file is unreachable."""


class RobotsGate:
    """The robots.txt of all sites of one run. Without a database it remembers them for this run alone."""

    def __init__(
        self,
        database: Database | None,
        *,
        user_agent: str,
        now: Callable[[], datetime],
        has_learnt: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`has_learnt` is awaited when a file was read, before anyone may go on: a crawl-delay counts from then."""
        self._database = database
        self._token = product_token(user_agent)
        self._now = now
        self._has_learnt = has_learnt
        self._sites: dict[str, _Site] = {}
        self._looked_up: set[str] = set()
        """What the database knew of these is in `_sites`, if it knew anything."""
        self._locks: dict[str, asyncio.Lock] = {}

    async def prepare(self, urls: Iterable[str]) -> None:
        """Load what the database knows of the sites of these addresses: one statement for all of them."""
        sites = {site for url in urls if (site := _site_of(url))} - self._looked_up
        if sites:
            await self._look_up(sites)

    async def refusal(self, url: str, fetch: Fetch) -> Page | None:
        """None where the address may be fetched; else the failed page that stands for it.

        `fetch` is asked for robots.txt where that is not known: in turn, and by the proxies that the page itself comes by.
        Its `retry_after` is the time until robots.txt is asked for again, where that could not be reached.
        """
        name = _site_of(url)
        if name is None or urlsplit(url).path == "/robots.txt":
            return None
        site = self._sites.get(name)
        if site is None or site.file.expires_at <= self._now():
            site = await self._current(name, fetch)
        if site.file.is_unreachable:
            return self._unreachable(url, site.file)
        if site.rules is None or site.rules.allows(url):
            return None
        return await self._forbidden(url, site.file, site.rules)

    def crawl_delay(self, url: str) -> timedelta | None:
        """What the site asks for between two requests, as far as its robots.txt is known."""
        name = _site_of(url)
        site = self._sites.get(name) if name else None
        return site.rules.crawl_delay if site and site.rules else None

    async def _current(self, name: str, fetch: Fetch) -> _Site:
        """The site as of now; one fetch, however many wait for it."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._looked_up:
                await self._look_up({name})
            known = self._sites.get(name)
            if known and known.file.expires_at > self._now():
                return known
            file = known.file if known else None
            page = await fetch(robots_request(name, file))
            # In a thread: a file may hold half a megabyte of rules.
            learn = self._read if _is_of_our_making(page) else self._learn
            site = await asyncio.to_thread(learn, learnt(name, page, file, now=self._now()))
            if self._has_learnt:
                await self._has_learnt()
            self._remember({name: site})
            return site

    async def _look_up(self, names: set[str]) -> None:
        found = await asyncio.to_thread(self._load, names)
        self._looked_up |= names
        # What was learnt while we asked is newer.
        self._remember({name: site for name, site in found.items() if name not in self._sites})

    def _remember(self, found: Mapping[str, _Site]) -> None:
        """Keep these in memory, and of those before as many as there is room for; the database knows the others."""
        for name, site in found.items():
            self._sites.pop(name, None)
            self._sites[name] = site
        for name in list(self._sites)[: max(len(self._sites) - MOST_SITES, 0)]:
            del self._sites[name]
            self._looked_up.discard(name)

    def _load(self, names: set[str]) -> Mapping[str, _Site]:
        if self._database is None:
            return {}
        files = self._database.run(lambda connection: robots.load(connection, names))
        return {name: self._read(file) for name, file in files.items()}

    def _learn(self, file: RobotsFile) -> _Site:
        site = self._read(file)
        if self._database:
            delay = site.rules.crawl_delay if site.rules else None
            self._database.run(lambda connection: robots.store(connection, file, delay))
        return site

    def _read(self, file: RobotsFile) -> _Site:
        return _Site(file=file, rules=RobotsRules.parse(file.body, self._token) if file.body else None)

    def _unreachable(self, url: str, file: RobotsFile) -> Page:
        wait = max(file.expires_at - self._now(), timedelta(0))
        if file.outcome in _OF_OUR_MAKING:
            error = f"robots.txt could not be asked for, so {url} was not fetched: {file.problem}"
        else:
            error = (
                f"{file.site}/robots.txt could not be reached, so nothing may be fetched there (RFC 9309); it is tried "
                f"again after {file.expires_at:%Y-%m-%d %H:%M} UTC. {HOW_TO_TURN_OFF}. What went wrong: {file.problem}"
            )
        return Page(
            request=PageRequest(url=url),
            outcome=file.outcome,
            final_url=url,
            error=error,
            retry_after=wait,
        )

    async def _forbidden(self, url: str, file: RobotsFile, rules: RobotsRules) -> Page:
        rule = await asyncio.to_thread(rules.rule_against, url)
        where = f", {rule}" if rule else ""
        return Page(
            request=PageRequest(url=url),
            outcome=Outcome.ROBOTS,
            final_url=url,
            error=f"{file.site}/robots.txt does not allow {url}{where}; {HOW_TO_TURN_OFF}",
        )


def _is_of_our_making(page: Page) -> bool:
    """Whether this says nothing of the site: our guard, our proxy or our installation. Another process may get through."""
    return page.is_proxy_failure or page.outcome in _OF_OUR_MAKING


def _site_of(url: str) -> str | None:
    """None for what is no address of a page: the fetch itself says what is wrong with it."""
    try:
        return robots_site(url)
    except ForbiddenAddress:
        return None
