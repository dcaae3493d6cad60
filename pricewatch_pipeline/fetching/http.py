"""The fetcher `http`: httpx's requests and responses over aiohttp's connections, under the guard and the caps.

httpx's client is left out on purpose: it reads the target of a redirect with a parser of its own, and keeps cookies.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import aiohttp
import certifi
import httpx
from aiohttp.abc import AbstractResolver
from httpx_aiohttp import AiohttpTransport

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.fetching.bodies import ACCEPT_ENCODING, BodyReader, read_into
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.journey import Journey
from pricewatch_pipeline.fetching.outcomes import (
    FetchFailed,
    outcome_of_error,
    outcome_of_status,
    retry_after,
    sentence_of_status,
)

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_EVIDENCE_BYTES = 500_000
"""Of the body of a failed answer: enough to tell a wall from an error page."""
_MAX_HEADERS = 200
_MAX_HEADER_BYTES = 65_536
# What a fetch may end with besides an answer. ValueError: a URL that passed our parser and not the client's.
_FAILURES = (PricewatchError, httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError)


class HttpFetcher:
    """Fetches pages over plain HTTP; open it with `async with`, use it for many pages, from many tasks."""

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        max_connections: int = 100,
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._headers = {"user-agent": user_agent, "accept": ACCEPT, "accept-encoding": ACCEPT_ENCODING}
        self._guard = guard
        self._max_connections = max_connections
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._transport: httpx.AsyncBaseTransport | None = None

    async def __aenter__(self) -> Self:
        context = self._ssl_context or _trust()
        connector = aiohttp.TCPConnector(
            limit=self._max_connections,
            ssl=context,
            ttl_dns_cache=60,
            resolver=self._guard.resolver(self._resolver or aiohttp.ThreadedResolver()),
            socket_factory=self._guard.open_socket,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_headers=_MAX_HEADERS,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )
        self._transport = AiohttpTransport(verify=context, trust_env=False, client=session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def fetch(self, request: PageRequest) -> Page:
        """Fetch one page; whatever the site does, the answer is a page."""
        if self._transport is None:
            raise RuntimeError("the fetcher is not open; use it with `async with`")
        attempt = _Attempt(self._transport, self._guard, self._headers, request)
        try:
            async with asyncio.timeout(request.timeout.total_seconds()):
                return await attempt.run()
        except _FAILURES as error:
            return attempt.failed(error)


class _Attempt:
    """One fetch in progress: knows at any moment how far it came."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, guard: Guard, headers: Mapping[str, str], request: PageRequest
    ) -> None:
        self._transport = transport
        self._guard = guard
        self._headers = headers
        self._request = request
        self._started = time.monotonic()
        self._fetched_at = datetime.now(UTC)
        self._url = request.url
        self._response: httpx.Response | None = None

    async def run(self) -> Page:
        journey = Journey(self._request, self._guard)
        while True:
            self._url, self._response = journey.url, None
            asked = httpx.Request("GET", journey.url, headers={**self._headers, **journey.headers})
            if journey.cookies is not None:
                journey.cookies.set_cookie_header(asked)
            self._response = response = await self._transport.handle_async_request(asked)
            try:
                if not journey.follow(response):
                    return await self._answered(response)
            finally:
                await response.aclose()

    async def _answered(self, response: httpx.Response) -> Page:
        outcome = outcome_of_status(response.status_code, response.headers)
        sentence = sentence_of_status(outcome, url=self._url, status=response.status_code, headers=response.headers)
        match outcome:
            case Outcome.OK:
                body = await self._body(response, self._request.max_bytes)
                if not body:
                    # Not `unreadable`: no reader failed. Sites answer so when they are ill or shy; soon again.
                    outcome, sentence = (
                        Outcome.TRANSPORT,
                        f"{self._url} answered {response.status_code} with an empty page",
                    )
            case Outcome.NOT_A_PRODUCT | Outcome.NOT_MODIFIED:
                body = b""
            case _:
                body = await self._evidence(response)
        return self._page(outcome, sentence, body)

    async def _body(self, response: httpx.Response, max_bytes: int) -> bytes:
        reader = BodyReader(url=self._url, coding=response.headers.get("content-encoding", ""), max_bytes=max_bytes)
        reader.announce(response.headers.get("content-length"))
        return await read_into(reader, response.aiter_raw())

    async def _evidence(self, response: httpx.Response) -> bytes:
        """The body of an answer that failed already: worth having, not worth failing again."""
        try:
            return await self._body(response, min(self._request.max_bytes, _EVIDENCE_BYTES))
        except (FetchFailed, httpx.HTTPError, aiohttp.ClientError):
            return b""

    def failed(self, error: BaseException) -> Page:
        outcome, sentence = outcome_of_error(error, self._url)
        if outcome is Outcome.TIMEOUT:
            sentence += f" (we waited {self._request.timeout.total_seconds():g} s in all)"
        return self._page(outcome, sentence, b"")

    def _page(self, outcome: Outcome, sentence: str | None, body: bytes) -> Page:
        response = self._response
        headers = {} if response is None else {n: v for n, v in response.headers.items() if n != "set-cookie"}
        return Page(
            request=self._request,
            outcome=outcome,
            final_url=self._url,
            fetched_at=self._fetched_at,
            status=None if response is None else response.status_code,
            headers=headers,
            body=body,
            wire_bytes=0 if response is None else response.num_bytes_downloaded,
            elapsed=timedelta(seconds=time.monotonic() - self._started),
            error=sentence,
            retry_after=retry_after(headers, self._fetched_at),
        )


def _trust() -> ssl.SSLContext:
    """The system's certificates (so that an operator's own count) and Mozilla's (for systems that bring none)."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
