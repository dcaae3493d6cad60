"""One page in one tab, watched over while it is open: what it answered, what it still loads, how it broke off."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Dialog, Error, Frame, Page, Request, Response, Route

from pricewatch_pipeline.domain.browsing import Blockable
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.errors import ForbiddenAddress, PricewatchError
from pricewatch_pipeline.fetching.bodies import bytes_announced
from pricewatch_pipeline.fetching.browser.ends import failure_of
from pricewatch_pipeline.fetching.journey import is_redirect
from pricewatch_pipeline.fetching.outcomes import FetchFailed

_RESOURCE_TYPES = {Blockable.IMAGES: "image", Blockable.MEDIA: "media", Blockable.FONTS: "font"}
_MOST_NAVIGATIONS = 30
"""Redirects by the server, of which Chromium follows 20, and by script."""
_QUIET_S = 0.5
_LOOK_AGAIN_S = 0.05
_SHOWS_TEXT = "!!document.body?.innerText.trim()"


class Tab:
    """The tab of one visit; what happens in it is remembered here."""

    def __init__(self, page: Page, request: PageRequest) -> None:
        self.page = page
        self.answer: Response | None = None
        """What the document that is shown was answered with."""
        self.coming: Response | None = None
        """The answer to the last call for a document that did not become one (yet): a download stays here."""
        self.lost: tuple[str, str] | None = None
        """Which address did not become the document, and what Chromium says of it."""
        self.broke_off: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Set with what ends the visit at once."""
        self._request = request
        self.is_moving = False
        """Another document was asked for and has not come yet."""
        self._navigations = 0
        self._loading: set[Request] = set()
        self._last_change = time.monotonic()
        self._errands: set[asyncio.Task[None]] = set()

    async def prepare(self, context: BrowserContext) -> None:
        """Listen, and leave out what is not wanted."""
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)
        self.page.on("requestfinished", self._done)
        self.page.on("requestfailed", self._failed)
        self.page.on("framenavigated", self._moved)
        self.page.on("dialog", lambda dialog: self._run(_dismiss(dialog)))
        self.page.on("crash", lambda _: self.break_off(TabCrashed("the tab broke down")))
        context.on("page", lambda other: self._run(_close(other)))
        unwanted = {kind for blockable, kind in _RESOURCE_TYPES.items() if blockable in self._request.browsing.blocked}
        if unwanted:

            async def decide(route: Route) -> None:
                with suppress(Error):  # the page may be gone
                    await (route.abort() if route.request.resource_type in unwanted else route.continue_())

            await context.route("**/*", decide)

    def break_off(self, why: Exception) -> None:
        """End the visit at once."""
        if not self.broke_off.done():
            self.broke_off.set_exception(why)

    async def reached(self, *states: str) -> None:
        """Wait until the document is in one of these states (`document.readyState`) and about to give way to no other one.

        Playwright's own events do not come where a script called for an address that is no web page.
        """
        seen = 0
        while seen < 2:  # a script that ran at the very end may have called for another document
            with suppress(Error):  # it moved on while it was asked
                state = await self.page.evaluate("document.readyState")
                seen = seen + 1 if state in states and not self.is_moving else 0
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def quiet(self, until: float) -> bool:
        """Wait until nothing is loading for a while; False when the time is up first."""
        while time.monotonic() < until:
            if not self._loading and time.monotonic() - self._last_change >= _QUIET_S:
                return True
            await asyncio.sleep(_LOOK_AGAIN_S)
        return False

    async def filled(self, until: float) -> None:
        """Wait until what was being loaded has come and some text is shown: many pages are filled only after they loaded."""
        if self._loading:
            await self.quiet(until)
        while time.monotonic() < until:
            with suppress(Error):  # it moved on while it was asked
                if await self.page.evaluate(_SHOWS_TEXT):
                    return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def close(self) -> None:
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self.broke_off.done():
            self.broke_off.exception()  # it was heard, or came too late

    def _is_document(self, request: Request) -> bool:
        if not request.is_navigation_request():
            return False
        try:
            frame: Frame = request.frame
        except Error:  # it belongs to a frame that is not there yet
            return False
        return frame.parent_frame is None

    def _asked(self, request: Request) -> None:
        self._loading.add(request)
        self._last_change = time.monotonic()
        if not self._is_document(request):
            return
        self.is_moving = True
        self._navigations += 1
        if self._navigations > _MOST_NAVIGATIONS:
            self.break_off(FetchFailed(Outcome.TRANSPORT, f"{self._request.url} sends us on without end"))
        before = request.redirected_from
        if before and before.url.startswith("https:") and urlsplit(request.url).scheme == "http":
            self.break_off(
                ForbiddenAddress(f"{before.url} redirects from https to plain http ({request.url}), which is refused")
            )

    def _answered(self, response: Response) -> None:
        if not self._is_document(response.request) or is_redirect(response.status, response.headers):
            return
        self.coming = response

    def _done(self, request: Request) -> None:
        self._loading.discard(request)
        self._last_change = time.monotonic()

    def _failed(self, request: Request) -> None:
        self._done(request)
        if not self._is_document(request):
            return
        said = request.failure or ""
        self.lost, self.is_moving = (request.url, said), False
        if self.answer and self.answer.request == request and "ERR_ABORTED" not in said:
            self.break_off(failure_of(request.url, said))  # in the middle: the document will never be complete

    def _moved(self, frame: Frame) -> None:
        if frame.parent_frame is not None:
            return
        self.is_moving = False
        if self.coming is None or frame.url.startswith("chrome-error:"):
            return
        self.answer, self.coming, self.lost = self.coming, None, None
        announced = bytes_announced(self.answer.headers.get("content-length"))
        limit = self._request.max_bytes
        if announced > limit and not self._request.is_cut:
            sentence = f"{frame.url} announces {announced:,} bytes, more than the {limit:,} bytes we accept of a page"
            self.break_off(FetchFailed(Outcome.TOO_LARGE, sentence))

    def _run(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


class TabCrashed(PricewatchError):
    """The process that shows the page ended."""


async def _dismiss(dialog: Dialog) -> None:
    with suppress(Error):
        await dialog.dismiss()


async def _close(popup: Page) -> None:
    with suppress(Error):
        await popup.close()
