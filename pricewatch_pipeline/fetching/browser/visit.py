"""One visit: a page is opened in a Chromium as its store says, and becomes a `Page` however it ends."""

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

from aiohttp.abc import AbstractResolver
from playwright.async_api import BrowserContext, Error, Response

from pricewatch_pipeline.domain.browsing import Blockable, WaitUntil
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.redaction import SHORTEST_SECRET
from pricewatch_pipeline.domain.retry_after import retry_after
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.fetching.attempt import EVIDENCE_BYTES
from pricewatch_pipeline.fetching.browser.chromium import BrowserGone, Chromium
from pricewatch_pipeline.fetching.browser.ends import authority_of, failure_of, is_by_our_proxy
from pricewatch_pipeline.fetching.browser.guarding_proxy import GuardingProxy
from pricewatch_pipeline.fetching.browser.steps import StepFailed, take, wait_for
from pricewatch_pipeline.fetching.browser.tab import Tab, TabCrashed
from pricewatch_pipeline.fetching.browser.trackers import calls_home, is_unwanted
from pricewatch_pipeline.fetching.browser.upstream import Upstream
from pricewatch_pipeline.fetching.cookies import cookies_in
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.outcomes import (
    FetchFailed,
    ProxyFailed,
    outcome_of_error,
    outcome_of_status,
    sentence_of_status,
)
from pricewatch_pipeline.fetching.walls import behind_wall

_LOADS_AT_MOST, _SMALLEST_PAGE = 5, 2_000_000
"""Times `max_bytes`, and no less than this: what a page may load in all, with everything it draws in."""
_READING_S = 2.0
"""Kept of the page's time to read it."""
_AFTER_STEPS_S = 5.0
"""For what a step set off (a price that is fetched for the variant chosen)."""
_FILLING_S = 5.0
"""For the scripts of a page that has loaded, where the store's file does not say what to wait for."""
_READS = 3
_LARGEST_SCREENSHOT = 3_000_000
_LANGUAGES = re.compile(r"[A-Za-z0-9,;=.*\- ]{0,200}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_WITHOUT_BODY = (204, 205)
_ANSWERED = ("ERR_ABORTED", "ERR_INVALID_AUTH_CREDENTIALS", "ERR_HTTP_RESPONSE_CODE_FAILURE")
"""Chromium shows no document, but the answer says why: a download, a login, a failure without a page."""
_EMPTY = "<html><head></head><body></body></html>"
_HTML = "text/html; charset=utf-8"
_READ = """limit => {
  const type = document.doctype ? `<!DOCTYPE ${document.doctype.name}>` : '';
  const whole = type + (document.documentElement?.outerHTML ?? '');
  return [whole.slice(0, limit), whole.length];
}"""
_TRIED_AGAIN = (Outcome.OK, Outcome.BLOCKED)
"""Answers after which the store's steps are still worth taking: a block may be a test that the page passes by itself."""


class Visit:
    """One page in one Chromium."""

    def __init__(
        self,
        request: PageRequest,
        chromium: Chromium,
        *,
        guard: Guard,
        resolver: AbstractResolver,
        user_agent: str,
        upstream: Upstream | None,
    ) -> None:
        self._request = request
        self._chromium = chromium
        self._user_agent = f"{chromium.user_agent} {user_agent}"
        self._started = time.monotonic()
        self._fetched_at = datetime.now(UTC)
        self._deadline = self._started + request.timeout.total_seconds()
        self._tab: Tab | None = None
        self._cookie_values: frozenset[str] = frozenset()
        self._note: str | None = None
        self._loads_at_most = max(request.max_bytes, _SMALLEST_PAGE) * _LOADS_AT_MOST
        self._proxy = GuardingProxy(
            guard=guard,
            resolver=resolver,
            max_bytes=self._loads_at_most,
            upstream=upstream,
            is_unwanted=is_unwanted if Blockable.TRACKERS in request.browsing.blocked else calls_home,
            when_full=self._full,
        )

    async def run(self) -> Page:
        """Open the page, and close it again.

        Raises:
            BrowserGone: the browser ended meanwhile; another one may show the page.
        """
        return replace(await self._ended(), cookie_values=self._cookie_values)

    async def _ended(self) -> Page:
        try:
            async with asyncio.timeout(self._left()), self._proxy:
                return await self._in_a_context()
        except Error as error:
            if self._chromium.gone.is_set():
                raise BrowserGone(error.message.splitlines()[0]) from error
            return self._failed(self._failure(error))
        except TabCrashed:
            return self._failed(self._crash())
        except (PricewatchError, TimeoutError) as error:
            return self._failed(error)

    async def _in_a_context(self) -> Page:
        language = _language(self._request.headers)
        context = await self._chromium.open_context(
            self._proxy,
            user_agent=self._user_agent,
            # Headers of a context go to every host of the page: nothing of the caller's but its language.
            headers={"accept-language": language} if language else {},
            locale=found[0] if (found := _LOCALE.match(language)) else None,
        )
        await self._give_cookies(context)
        work: asyncio.Future[Page] = asyncio.create_task(self._work(context))
        gone: asyncio.Future[bool] = asyncio.create_task(self._chromium.gone.wait())
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise BrowserGone("it ended while it showed the page")
            return work.result()
        finally:
            work.cancel()
            gone.cancel()
            await self._chromium.close_context(context)
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _work(self, context: BrowserContext) -> Page:
        self._tab = tab = Tab(await context.new_page(), self._request)
        await tab.prepare(context)
        showing: asyncio.Future[Page] = asyncio.create_task(self._show(tab))
        try:
            await asyncio.wait((showing, tab.broke_off), return_when=asyncio.FIRST_COMPLETED)
            if tab.broke_off.done():
                tab.broke_off.result()
            return showing.result()
        finally:
            showing.cancel()
            await tab.close()
            await self._take_cookies(context)

    async def _give_cookies(self, context: BrowserContext) -> None:
        """The caller's cookies, for the site that was asked for alone."""
        if cookies := cookies_in(self._request.headers):
            url = urljoin(self._request.url, "/")  # else they are sent below the page's own path only
            await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies])

    async def _take_cookies(self, context: BrowserContext) -> None:
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(_READING_S):
                values = [cookie["value"] for cookie in await context.cookies()]
            self._cookie_values = frozenset(value for value in values if len(value) >= SHORTEST_SECRET)

    async def _show(self, tab: Tab) -> Page:
        await tab.page.goto(self._request.url, wait_until="commit")
        await tab.reached("interactive", "complete")
        await self._wait_as_said(tab)
        failed_step: StepFailed | None = None
        if self._outcome(tab) in _TRIED_AGAIN:
            try:
                await self._do_as_said(tab)
            except StepFailed as error:
                failed_step = error
        self._check_document(tab)
        page = await self._read(tab)
        if failed_step and page.outcome is Outcome.OK:
            page = behind_wall(page)  # a wall says better than a missing element why there is none
            if page.outcome is Outcome.OK:
                page = replace(page, outcome=Outcome.UNREADABLE, error=f"{page.final_url}: {failed_step}")
        return page

    async def _wait_as_said(self, tab: Tab) -> None:
        """Until the page has loaded, or for half of its time: then it is read as it is."""
        patience = self._started + self._request.timeout.total_seconds() / 2
        try:
            async with asyncio.timeout(max(0.1, patience - time.monotonic())):
                await tab.reached("complete")
        except TimeoutError:
            self._note = f"{tab.page.url} was still loading after {time.monotonic() - self._started:.0f} s"
            return
        browsing = self._request.browsing
        if browsing.wait_until is WaitUntil.NETWORK_IDLE:
            if not await tab.quiet(patience):
                self._note = f"{tab.page.url} was never idle within {time.monotonic() - self._started:.0f} s"
        elif self._outcome(tab) is Outcome.OK and not (browsing.steps or browsing.wait_for):
            await tab.filled(min(patience, time.monotonic() + _FILLING_S))

    async def _do_as_said(self, tab: Tab) -> None:
        browsing, deadline = self._request.browsing, self._deadline - _READING_S
        if await take(browsing.steps, tab.page, deadline):
            await tab.quiet(min(deadline, time.monotonic() + _AFTER_STEPS_S))
        if browsing.wait_for:
            await wait_for(browsing.wait_for, tab.page, max(0.1, deadline - time.monotonic()))

    def _check_document(self, tab: Tab) -> None:
        """Refuse Chromium's own error page, to which a script or a reload may have led."""
        if tab.page.url.startswith("chrome-error:"):
            raise self._failure(None)

    async def _read(self, tab: Tab) -> Page:
        outcome = self._outcome(tab)
        if outcome in (Outcome.NOT_A_PRODUCT, Outcome.NOT_MODIFIED):
            return self._page(outcome, self._sentence(tab, outcome), b"")
        body = await self._body(tab, self._request.max_bytes if outcome is Outcome.OK else EVIDENCE_BYTES)
        if outcome is Outcome.OK and not body:
            sentence = f"{tab.page.url} answered {tab.answer.status if tab.answer else 0} with an empty page"
            return self._page(Outcome.TRANSPORT, sentence, b"")
        page = self._page(outcome, self._sentence(tab, outcome), body)
        return replace(page, screenshot=await self._screenshot(tab))

    async def _body(self, tab: Tab, max_bytes: int) -> bytes:
        """The document as it stands after its scripts and our steps; a file that is no HTML as it came."""
        media_type = self._headers(tab).get("content-type", _HTML)
        is_shown = "html" in media_type or tab.answer is None
        body, size = await self._document(tab, max_bytes) if is_shown else await self._file(tab, max_bytes)
        if size > max_bytes and self._outcome(tab) is Outcome.OK and not self._request.is_cut:
            raise FetchFailed(
                Outcome.TOO_LARGE, f"{tab.page.url} is larger than the {max_bytes:,} bytes we accept of a page"
            )
        return body[:max_bytes]

    async def _document(self, tab: Tab, max_bytes: int) -> tuple[bytes, int]:
        for _ in range(_READS):
            try:
                text, length = await tab.page.evaluate(_READ, max_bytes)
            except Error as error:  # it moved on while it was read
                self._check_document(tab)
                reason = error
                await tab.reached("interactive", "complete")
                continue
            is_empty = text.endswith(_EMPTY) and len(text) < len(_EMPTY) + 20
            body = b"" if is_empty else text.encode("utf-8", errors="replace")
            return body, max(length, len(body))
        raise reason

    async def _file(self, tab: Tab, max_bytes: int) -> tuple[bytes, int]:
        body = await tab.answer.body() if tab.answer else b""
        return body, len(body)

    async def _screenshot(self, tab: Tab) -> bytes:
        """The part of the page that a window shows; nothing where the page cannot be pictured in time."""
        if not self._request.browsing.has_screenshot:
            return b""
        try:
            async with asyncio.timeout(max(0.1, self._left() - 0.5)):
                picture = await tab.page.screenshot(type="png", scale="css", animations="disabled")
        except (Error, TimeoutError):
            self._note = f"{tab.page.url} could not be pictured"
            return b""
        return picture if len(picture) <= _LARGEST_SCREENSHOT else b""

    def _outcome(self, tab: Tab) -> Outcome:
        return outcome_of_status(tab.answer.status, self._headers(tab)) if tab.answer else Outcome.OK

    def _sentence(self, tab: Tab, outcome: Outcome) -> str | None:
        status = tab.answer.status if tab.answer else 0
        return sentence_of_status(outcome, url=tab.page.url, status=status, headers=self._headers(tab))

    def _headers(self, tab: Tab) -> dict[str, str]:
        return dict(tab.answer.headers) if tab.answer else {}

    def _failure(self, error: Error | None) -> FetchFailed:
        """What ended the visit: our proxy knows it best, then Chromium's word on the document."""
        said = error.message if error else ""
        tab = self._tab
        if tab and tab.lost:
            url, said = tab.lost
            if is_by_our_proxy(said) and (known := self._proxy.failures.get(authority_of(url))):
                return _as_failed(known, url)
            if not (tab.coming and any(code in said for code in _ANSWERED)):
                return failure_of(url, said)
        if tab and tab.coming and tab.coming.status not in _WITHOUT_BODY:
            return _not_a_page(tab.coming)
        return failure_of(self._request.url, said)

    def _crash(self) -> FetchFailed:
        if self._chromium.has_killed_a_tab:
            return FetchFailed(
                Outcome.TOO_LARGE,
                f"{self._request.url} took more memory than a page may have (PRICEWATCH_BROWSER_MAX_MB); its tab was ended",
            )
        return FetchFailed(Outcome.PROVIDER_ERROR, f"{self._request.url} made the browser's tab break down")

    def _full(self) -> None:
        if self._tab:
            sentence = f"{self._request.url} loads more than the {self._loads_at_most:,} bytes we accept of a page with all that it draws in"
            self._tab.break_off(FetchFailed(Outcome.TOO_LARGE, sentence))

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _failed(self, error: BaseException) -> Page:
        url = self._request.url
        if isinstance(error, TimeoutError):
            said = f"(we waited {self._request.timeout.total_seconds():g} s in all)"
            shown = (
                "its document came but was never complete" if self._tab and self._tab.answer else "it did not answer"
            )
            return self._page(
                Outcome.TIMEOUT, f"{url} was not there in time: {shown}, or its script never ends {said}", b""
            )
        outcome, sentence = outcome_of_error(error, self._tab.lost[0] if self._tab and self._tab.lost else url)
        return self._page(outcome, sentence, b"", is_proxy_failure=isinstance(error, ProxyFailed))

    def _page(self, outcome: Outcome, sentence: str | None, body: bytes, *, is_proxy_failure: bool = False) -> Page:
        tab = self._tab
        answer = (tab.answer or tab.coming) if tab else None
        headers = dict(answer.headers) if answer else {}
        headers.pop("set-cookie", None)
        if body and "html" in headers.get("content-type", _HTML):
            headers["content-type"] = _HTML  # what we serialised, whatever it was sent in
        shown = tab.page.url if tab else ""

        return Page(
            request=self._request,
            outcome=outcome,
            final_url=shown if shown.startswith(("http://", "https://")) else self._request.url,
            fetched_at=self._fetched_at,
            status=answer.status if answer else None,
            headers=headers,
            body=body,
            wire_bytes=self._proxy.wire_bytes,
            elapsed=timedelta(seconds=time.monotonic() - self._started),
            error=sentence,
            retry_after=retry_after(headers, self._fetched_at),
            is_proxy_failure=is_proxy_failure,
            note=self._note if body else None,
        )


def _language(headers: Mapping[str, str]) -> str:
    """What the caller says of languages; nothing where it could not be sent."""
    said = next((value for name, value in headers.items() if name.lower() == "accept-language"), "")
    return said if _LANGUAGES.fullmatch(said) else ""


def _as_failed(error: BaseException, url: str) -> FetchFailed:
    return error if isinstance(error, FetchFailed) else FetchFailed(*outcome_of_error(error, url))


def _not_a_page(answer: Response) -> FetchFailed:
    """The end of a visit to something that Chromium would save and not show."""
    headers = {"content-type": "a download", **answer.headers}
    outcome = outcome_of_status(answer.status, headers)
    if outcome is Outcome.OK:
        outcome = Outcome.NOT_A_PRODUCT
    sentence = sentence_of_status(outcome, url=answer.url, status=answer.status, headers=headers)
    return FetchFailed(outcome, sentence or f"{answer.url} is no page")
