"""The fetcher `browser`, behind the same seam as the others."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import Proxy, proxy_named
from pricewatch_pipeline.errors import ConfigurationError, ForbiddenAddress
from pricewatch_pipeline.fetching.browser.chromium import BrowserGone, Chromium
from pricewatch_pipeline.fetching.browser.limits import BrowserLimits
from pricewatch_pipeline.fetching.browser.pool import Pool
from pricewatch_pipeline.fetching.browser.program import find_chromium
from pricewatch_pipeline.fetching.browser.upstream import Upstream
from pricewatch_pipeline.fetching.browser.visit import Visit
from pricewatch_pipeline.fetching.guard import Guard

_ATTEMPTS = 2
"""A page whose browser died is shown once more, in a new one."""


class BrowserFetcher:
    """Fetches pages in a Chromium of its own; open it with `async with`, use it from many tasks.

    A page's time begins when a place in the browser is free for it.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        limits: BrowserLimits | None = None,
        proxies: Mapping[str, Proxy] | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._guard = guard
        self._limits = limits or BrowserLimits()
        self._proxies = proxies or {}
        self._resolver = resolver
        self._pool: Pool | None = None

    async def __aenter__(self) -> Self:
        self._resolver = self._resolver or aiohttp.ThreadedResolver()
        self._pool = Pool(lambda: Chromium.start(find_chromium(self._limits.program)), self._limits)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool:
            await self._pool.close()
            self._pool = None

    async def fetch(self, request: PageRequest) -> Page:
        """Fetch one page; whatever the site or the browser does, the answer is a page."""
        if self._pool is None or self._resolver is None:
            raise RuntimeError("the fetcher is not open; use it with `async with`")
        started, now = time.monotonic(), datetime.now(UTC)
        try:
            self._guard.check_url(request.url)
            return await self._shown(request, self._pool, self._resolver)
        except ForbiddenAddress as error:
            outcome, sentence = Outcome.FORBIDDEN_ADDRESS, str(error)
        except (ConfigurationError, BrowserGone) as error:
            outcome, sentence = Outcome.PROVIDER_ERROR, str(error)
        page = Page(request=request, outcome=outcome, final_url=request.url, error=sentence)
        return replace(page, fetched_at=now, elapsed=timedelta(seconds=time.monotonic() - started))

    async def _shown(self, request: PageRequest, pool: Pool, resolver: AbstractResolver) -> Page:
        upstream = self._upstream(request.proxy)
        for _ in range(_ATTEMPTS):
            try:
                async with pool.chromium() as chromium:
                    visit = Visit(
                        request,
                        chromium,
                        guard=self._guard,
                        resolver=resolver,
                        user_agent=self._user_agent,
                        upstream=upstream,
                    )
                    return await visit.run()
            except BrowserGone as gone:
                why = str(gone)
        raise BrowserGone(f"the browser ended while it showed {request.url}, and so did the next one ({why})")

    def _upstream(self, name: str | None) -> Upstream | None:
        if name is None:
            return None
        proxy = proxy_named(name, self._proxies)
        if isinstance(proxy, str):
            raise ConfigurationError(proxy)
        return Upstream(proxy=proxy)
