"""Which Chromium a page gets: one at a time, replaced when it is worn, and never more pages at once than allowed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pricewatch_pipeline.fetching.browser.chromium import Chromium
from pricewatch_pipeline.fetching.browser.limits import BrowserLimits

_LOOK_EVERY_S = 0.25


class Pool:
    """The browsers of one run. `start` starts one."""

    def __init__(self, start: Callable[[], Awaitable[Chromium]], limits: BrowserLimits) -> None:
        self._start = start
        self._limits = limits
        self._memory_bytes = limits.memory_mb * 1024 * 1024
        self._room = asyncio.Semaphore(limits.pages)
        self._changing = asyncio.Lock()
        self._current: Chromium | None = None
        self._watchers: dict[Chromium, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def chromium(self) -> AsyncIterator[Chromium]:
        """A browser for one page, as soon as there is room."""
        async with self._room:
            async with self._changing:
                chromium = await self._healthy()
                chromium.in_use += 1
            try:
                yield chromium
            finally:
                chromium.in_use -= 1
                chromium.served += 1
                if self._is_worn(chromium) and not chromium.in_use:
                    await self._retire(chromium)

    async def close(self) -> None:
        """End all browsers."""
        for chromium in list(self._watchers):
            await self._retire(chromium)

    async def _healthy(self) -> Chromium:
        """The current one, or a new one; the old one ends with its last page."""
        current = self._current
        if current and not current.in_use and await current.memory() > self._memory_bytes * 3 // 4:
            current.is_broken = True
        if current and not self._is_worn(current):
            return current
        if current and not current.in_use:
            await self._retire(current)
        self._current = chromium = await self._start()
        watching = chromium.keep_below(self._memory_bytes, _LOOK_EVERY_S, lambda: self._give_up(chromium))
        self._watchers[chromium] = asyncio.create_task(watching)
        return chromium

    def _is_worn(self, chromium: Chromium) -> bool:
        is_old = chromium.served >= self._limits.pages_each
        return is_old or chromium.is_broken or chromium.gone.is_set() or chromium is not self._current

    def _give_up(self, chromium: Chromium) -> None:
        """Its pages end as those of a browser that died."""
        chromium.is_broken = True
        chromium.gone.set()

    async def _retire(self, chromium: Chromium) -> None:
        watcher = self._watchers.pop(chromium, None)
        if watcher is None:
            return  # another page's end was quicker
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        if self._current is chromium:
            self._current = None
        await chromium.close()
