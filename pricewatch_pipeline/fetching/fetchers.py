"""The kinds of fetchers by name, behind one `fetch`. A new kind is a class and a line in `KINDS`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from types import TracebackType
from typing import Protocol, Self

from pricewatch_pipeline.domain.fair_access import NO_CONTACT, is_nobodys
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import Proxy, proxy_named
from pricewatch_pipeline.errors import MissingExtra
from pricewatch_pipeline.fetching.browser.limits import BrowserLimits
from pricewatch_pipeline.fetching.browser.program import find_chromium
from pricewatch_pipeline.fetching.guard import AllowedAddress, Guard
from pricewatch_pipeline.fetching.http import HttpFetcher, headers_of
from pricewatch_pipeline.fetching.walls import behind_wall


class Fetcher(Protocol):
    """One kind of fetcher."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    async def fetch(self, request: PageRequest) -> Page: ...


@dataclass(frozen=True, kw_only=True)
class Options:
    """What every kind of fetcher is made from."""

    user_agent: str
    guard: Guard
    max_connections: int
    declared_user_agent: str | None = None
    """With name and address, for hosts that want to know who asks; None: they are not asked."""
    proxies: Mapping[str, Proxy] = field(default_factory=dict)
    browser: BrowserLimits = field(default_factory=BrowserLimits)


def _impersonate(options: Options) -> Fetcher:
    try:
        from pricewatch_pipeline.fetching.impersonate import ImpersonateFetcher  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise MissingExtra("impersonate", "the fetcher `impersonate`") from error
    return ImpersonateFetcher(guard=options.guard, max_connections=options.max_connections, proxies=options.proxies)


def _http_by_socks(options: Options) -> Fetcher:
    """aiohttp speaks no SOCKS, curl does: asked with our own headers, it impersonates nobody."""
    try:
        from pricewatch_pipeline.fetching.impersonate import ImpersonateFetcher  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise MissingExtra("impersonate", "a SOCKS proxy") from error
    return ImpersonateFetcher(
        guard=options.guard,
        max_connections=options.max_connections,
        proxies=options.proxies,
        own_headers=headers_of(options.user_agent),
    )


def _browser(options: Options) -> Fetcher:
    try:
        from pricewatch_pipeline.fetching.browser.fetcher import BrowserFetcher  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise MissingExtra("browser", "the fetcher `browser`") from error
    return BrowserFetcher(
        user_agent=options.user_agent, guard=options.guard, limits=options.browser, proxies=options.proxies
    )


def profile_problem(name: str) -> str | None:
    """Why `impersonate` cannot show this browser's handshake; None when it can.

    Raises:
        MissingExtra: curl_cffi is not installed.
    """
    try:
        from pricewatch_pipeline.fetching import impersonate  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise MissingExtra("impersonate", "the fetcher `impersonate`") from error
    return impersonate.profile_problem(name)


def browser_program(named: str | None) -> str:
    """The Chromium that `browser` would start.

    Raises:
        MissingExtra: Playwright is not installed.
        ConfigurationError: there is no Chromium.
    """
    if find_spec("playwright") is None:
        raise MissingExtra("browser", "the fetcher `browser`")
    return find_chromium(named)


DEFAULT_KIND = "http"
_BY_SOCKS = "http by SOCKS"
KINDS: Mapping[str, Callable[[Options], Fetcher]] = {
    "http": lambda options: HttpFetcher(
        user_agent=options.user_agent,
        guard=options.guard,
        max_connections=options.max_connections,
        proxies=options.proxies,
    ),
    "impersonate": _impersonate,
    "browser": _browser,
}


class Fetchers:
    """All fetchers of one run; each kind is opened when it is first asked for and closed with the rest."""

    def __init__(self, options: Options, kinds: Mapping[str, Callable[[Options], Fetcher]] = KINDS) -> None:
        self._options = options
        self._kinds = kinds
        self._open: dict[str, Fetcher] = {}
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.clear()
        await self._stack.aclose()

    @property
    def has_contact(self) -> bool:
        """Whether hosts that want to know who asks may be asked."""
        return self._options.declared_user_agent is not None

    async def fetch(self, request: PageRequest) -> Page:
        """Fetch one page with the kind of fetcher the request names; a wall is told from a page here, for all kinds."""
        if not request.wants_contact:
            return await self._fetched(request)
        agent = self._options.declared_user_agent
        if agent is None:
            return _impossible(request, f"{request.url}: {NO_CONTACT}")
        if is_nobodys(agent, request.url):
            return _impossible(request, f"{request.url}: an address of example.org is nobody's: {NO_CONTACT}")
        headers = {name: value for name, value in request.headers.items() if name.lower() != "user-agent"}
        # One hop: another host, to which a redirect may lead, is not told who we are.
        saying_who = replace(request, headers={**headers, "user-agent": agent}, fetcher=DEFAULT_KIND, is_one_hop=True)
        return replace(await self._fetched(saying_who), request=replace(request, fetcher=DEFAULT_KIND))

    async def _fetched(self, request: PageRequest) -> Page:
        kind = request.fetcher or DEFAULT_KIND
        if kind not in self._kinds:
            there_are = ", ".join(sorted(self._kinds))
            return _impossible(request, f"unknown fetcher {kind!r} for {request.url}; there are: {there_are}")
        if request.proxy:
            proxy = proxy_named(request.proxy, self._options.proxies)
            if isinstance(proxy, str):
                return _impossible(request, f"{request.url}: {proxy}")
            kind = _BY_SOCKS if proxy.is_socks and kind == "http" else kind
        try:
            fetcher = self._open.get(kind) or await self._opened(kind)
        except MissingExtra as error:
            return _impossible(request, str(error))
        return behind_wall(await fetcher.fetch(request))

    async def _opened(self, name: str) -> Fetcher:
        async with self._opening:
            if name not in self._open:
                make = _http_by_socks if name == _BY_SOCKS else self._kinds[name]
                self._open[name] = await self._stack.enter_async_context(make(self._options))
            return self._open[name]


def _impossible(request: PageRequest, why: str) -> Page:
    return Page(request=request, outcome=Outcome.PROVIDER_ERROR, final_url=request.url, error=why)


def open_fetchers(
    *,
    user_agent: str,
    declared_user_agent: str | None = None,
    allowed_addresses: Sequence[AllowedAddress] = (),
    max_connections: int = 100,
    proxies: Mapping[str, Proxy] | None = None,
    browser: BrowserLimits | None = None,
) -> Fetchers:
    """The fetchers for one run: `async with open_fetchers(...) as fetchers: page = await fetchers.fetch(request)`.

    Keep fewer fetches in flight than there are connections: a fetch that waits for one waits on its own time.
    """
    return Fetchers(
        Options(
            user_agent=user_agent,
            declared_user_agent=declared_user_agent,
            guard=Guard(allowed_addresses),
            max_connections=max_connections,
            proxies=proxies or {},
            browser=browser or BrowserLimits(),
        )
    )
