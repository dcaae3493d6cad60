"""The kinds of fetchers by name, behind one `fetch`. A new kind is a class and a line in `KINDS`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.fetching.guard import AllowedAddress, Guard
from pricewatch_pipeline.fetching.http import HttpFetcher
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


DEFAULT_KIND = "http"
KINDS: Mapping[str, Callable[[Options], Fetcher]] = {
    "http": lambda options: HttpFetcher(
        user_agent=options.user_agent, guard=options.guard, max_connections=options.max_connections
    ),
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

    async def fetch(self, request: PageRequest) -> Page:
        """Fetch one page with the kind of fetcher the request names; a wall is told from a page here, for all kinds."""
        kind = request.fetcher or DEFAULT_KIND
        if kind not in self._kinds:
            return Page(
                request=request,
                outcome=Outcome.PROVIDER_ERROR,
                final_url=request.url,
                error=f"unknown fetcher {kind!r} for {request.url}; there are: {', '.join(sorted(self._kinds))}",
            )
        fetcher = self._open.get(kind) or await self._opened(kind)
        return behind_wall(await fetcher.fetch(request))

    async def _opened(self, name: str) -> Fetcher:
        async with self._opening:
            if name not in self._open:
                self._open[name] = await self._stack.enter_async_context(self._kinds[name](self._options))
            return self._open[name]


def open_fetchers(
    *, user_agent: str, allowed_addresses: Sequence[AllowedAddress] = (), max_connections: int = 100
) -> Fetchers:
    """The fetchers for one run: `async with open_fetchers(...) as fetchers: page = await fetchers.fetch(request)`.

    Keep fewer fetches in flight than there are connections: a fetch that waits for one waits on its own time.
    """
    return Fetchers(Options(user_agent=user_agent, guard=Guard(allowed_addresses), max_connections=max_connections))
