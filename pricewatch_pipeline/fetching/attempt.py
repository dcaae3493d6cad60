"""One fetch in progress, whatever the client: the way over redirects, the answer, and the page that comes of it.

A client is an `Exchange`: it asks for one URL and hands over what comes back. It decides nothing.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import aiohttp

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import Proxy
from pricewatch_pipeline.domain.redaction import SHORTEST_SECRET
from pricewatch_pipeline.domain.retry_after import retry_after
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.fetching.bodies import ACCEPT_ENCODING, BodyReader
from pricewatch_pipeline.fetching.cookies import cookies_in
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.fetching.journey import Journey, is_redirect
from pricewatch_pipeline.fetching.outcomes import (
    FetchFailed,
    ProxyFailed,
    outcome_of_error,
    outcome_of_status,
    sentence_of_status,
)

MAX_HEADERS = 200
MAX_HEADER_BYTES = 65_536
EVIDENCE_BYTES = 500_000
"""Of the body of a failed answer: enough to tell a wall from an error page."""
_NOT_DOWNLOADED = (Outcome.NOT_A_PRODUCT, Outcome.NOT_MODIFIED)
# What a fetch may end with besides an answer. ValueError: a URL that passed our parser and not the client's.
_FAILURES = (PricewatchError, aiohttp.ClientError, OSError, ValueError)


class Answer:
    """One response as it comes in: judged by its head, its body taken under the caps."""

    def __init__(self, url: str, request: PageRequest, *, codings: str) -> None:
        self.url = url
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        """Names in lower case; repeated ones joined by commas."""
        self.cookies: list[str] = []
        """The `Set-Cookie` lines, which are not among the headers."""
        self.outcome = Outcome.TRANSPORT
        self.request = request
        self._codings = codings
        self._reader: BodyReader | None = None

    def begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Take the head; whether the body is wanted.

        Raises:
            FetchFailed: the body is too large by what it announces, or compressed as we did not ask for.
        """
        self.status = status
        for raw_name, raw_value in headers:
            name, value = _text(raw_name).lower(), _text(raw_value).strip()
            if name == "set-cookie":
                self.cookies.append(value)
            else:
                self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        if is_redirect(status, self.headers):
            return False
        self.outcome = outcome_of_status(status, self.headers)
        if self.outcome is Outcome.NOT_A_PRODUCT and self.request.is_file:
            self.outcome = Outcome.OK
        if self.outcome in _NOT_DOWNLOADED:
            return False
        try:
            self._reader = self._new_reader()
        except FetchFailed:
            if self.outcome is Outcome.OK:
                raise
            return False
        return True

    def _new_reader(self) -> BodyReader:
        limit = self.request.max_bytes
        reader = BodyReader(
            url=self.url,
            coding=self.headers.get("content-encoding", ""),
            accepted=self._codings,
            max_bytes=limit if self.outcome is Outcome.OK else min(limit, EVIDENCE_BYTES),
            is_cut=self.request.is_cut,
        )
        reader.announce(self.headers.get("content-length"))
        return reader

    def feed(self, chunk: bytes) -> bool:
        """Take a part of the body; whether more is wanted.

        Raises:
            FetchFailed: the body is too large or broken. Not where the answer failed already: its body is worth having,
                not worth failing again.
        """
        if self._reader is None:
            return False
        try:
            self._reader.feed(chunk)
        except FetchFailed:
            if self.outcome is Outcome.OK:
                raise
            self._reader = None
            return False
        return not self._reader.is_full

    def body(self) -> bytes:
        """The whole body; empty where it was not wanted.

        Raises:
            FetchFailed: it is not complete.
        """
        try:
            return self._reader.finish() if self._reader else b""
        except FetchFailed:
            if self.outcome is Outcome.OK:
                raise
            return b""

    @property
    def wire_bytes(self) -> int:
        return self._reader.wire_bytes if self._reader else 0


class Exchange(Protocol):
    """Asks for `answer.url` with these headers, and feeds the answer: follows nothing, keeps no cookies."""

    async def __call__(self, answer: Answer, headers: Mapping[str, str]) -> None: ...


class Attempt:
    """One fetch: knows at any moment how far it came."""

    def __init__(
        self,
        exchange: Exchange,
        request: PageRequest,
        *,
        guard: Guard,
        headers: Mapping[str, str],
        proxy: Proxy | None = None,
        codings: str = ACCEPT_ENCODING,
    ) -> None:
        self._exchange = exchange
        self._request = request
        self._guard = guard
        self._headers = headers
        self._proxy = proxy
        self._started = time.monotonic()
        self._fetched_at = datetime.now(UTC)
        self._codings = codings
        self._answer = Answer(request.url, request, codings=codings)
        self._redirects_to: str | None = None
        self._cookie_values = set(_long(value for _, value in cookies_in(request.headers)))

    async def fetch(self) -> Page:
        """Fetch the page; whatever the site does, the answer is a page."""
        try:
            async with asyncio.timeout(self._request.timeout.total_seconds()):
                return self._answered(await self._travel())
        except _FAILURES as error:
            return self._failed(error)

    async def _travel(self) -> Answer:
        journey = Journey(self._request, self._guard)
        while True:
            self._answer = answer = Answer(journey.url, self._request, codings=self._codings)
            try:
                await self._exchange(answer, {**self._headers, **journey.headers})
            except (FetchFailed, aiohttp.ClientError, ConnectionError):
                if answer.status is None or answer.outcome is Outcome.OK:
                    raise
                # The head said enough, and what became of the body does not matter.
            self._cookie_values.update(_cookie_values(answer.cookies))
            if self._proxy and answer.status == 407:
                raise ProxyFailed(self._proxy, "wants another user name or password (407)")
            if not journey.follow(answer.status or 0, answer.headers, answer.cookies):
                return answer
            if self._request.is_one_hop:
                self._redirects_to = journey.url
                return answer

    def _answered(self, answer: Answer) -> Page:
        status = answer.status or 0
        outcome, body = answer.outcome, answer.body()
        sentence = sentence_of_status(
            outcome, url=answer.url, status=status, headers=answer.headers, is_file=self._request.is_file
        )
        if outcome is Outcome.OK and not body and not self._request.is_file:
            # Not `unreadable`: no reader failed. Sites answer so when they are ill or shy; soon again.
            outcome, sentence = Outcome.TRANSPORT, f"{answer.url} answered {status} with an empty page"
        return self._page(outcome, sentence, body)

    def _failed(self, error: BaseException) -> Page:
        outcome, sentence = outcome_of_error(error, self._answer.url)
        if outcome is Outcome.TIMEOUT:
            sentence += f" (we waited {self._request.timeout.total_seconds():g} s in all)"
        return self._page(outcome, sentence, b"", is_proxy_failure=isinstance(error, ProxyFailed))

    def _page(self, outcome: Outcome, sentence: str | None, body: bytes, *, is_proxy_failure: bool = False) -> Page:
        answer = self._answer
        return Page(
            request=self._request,
            outcome=outcome,
            final_url=answer.url,
            fetched_at=self._fetched_at,
            status=answer.status,
            headers=answer.headers,
            body=body,
            wire_bytes=answer.wire_bytes,
            elapsed=timedelta(seconds=time.monotonic() - self._started),
            error=sentence,
            retry_after=retry_after(answer.headers, self._fetched_at),
            cookie_values=frozenset(self._cookie_values),
            is_proxy_failure=is_proxy_failure,
            redirects_to=self._redirects_to,
        )


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _cookie_values(lines: Iterable[str]) -> Iterable[str]:
    return _long(line.partition(";")[0].partition("=")[2].strip().strip('"') for line in lines)


def _long(values: Iterable[str]) -> Iterable[str]:
    return (value for value in values if len(value) >= SHORTEST_SECRET)
