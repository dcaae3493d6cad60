"""The fetcher `impersonate`: curl with a browser's TLS handshake, HTTP/2 and headers, under the guard and the caps.

Needs the extra `impersonate`; fetchers.py imports it when it is asked for. We resolve names and hand curl the addresses
that the guard let pass; curl follows nothing and keeps no cookies.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Self, get_args

import aiohttp
import brotli  # type: ignore[import-untyped]  # noqa: F401 - here, so that it is missed with the rest: bodies.py needs it
from aiohttp.abc import AbstractResolver
from curl_cffi import AsyncCurl, Curl, CurlError, CurlHttpVersion, CurlInfo, CurlOpt
from curl_cffi.requests.impersonate import BrowserTypeLiteral, resolve_latest_browser_type
from yarl import URL

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import Proxy
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.attempt import MAX_HEADER_BYTES, MAX_HEADERS, Answer, Attempt
from pricewatch_pipeline.fetching.bodies import ACCEPT_ENCODING
from pricewatch_pipeline.fetching.curl_errors import failure_of
from pricewatch_pipeline.fetching.guard import Guard, IpAddress, RefusedConnection
from pricewatch_pipeline.fetching.http import PROXY_PATIENCE_S
from pricewatch_pipeline.fetching.outcomes import FetchFailed

CODINGS = "gzip, deflate, br, zstd"
"""What browsers ask for; each profile says its own part of it."""
_PLAIN_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")
_STATUS_LINE = re.compile(rb"HTTP/[\d.]+ (\d{3})")
_STOP = 0xFFFFFFFF
"""What a callback returns to end a transfer."""
_DISCARDED_BYTES = 65_536
"""Of a body that is not wanted: reading so much keeps the connection for the next request."""


def profile_problem(name: str) -> str | None:
    """Why a browser cannot be impersonated by the installed curl_cffi; None when it can."""
    known = get_args(BrowserTypeLiteral)
    if name in known:
        return None
    usual = ", ".join(sorted(each for each in known if not any(sign.isdigit() for sign in each)))
    return f"unknown browser {name!r} to impersonate; there are: {usual}, and versions of them such as chrome131"


class ImpersonateFetcher:
    """Fetches pages as a browser would; open it with `async with`, use it for many pages, from many tasks.

    With `own_headers` it says these and impersonates nobody.
    """

    def __init__(
        self,
        *,
        guard: Guard,
        max_connections: int = 100,
        proxies: Mapping[str, Proxy] | None = None,
        resolver: AbstractResolver | None = None,
        ca_file: str = "",
        own_headers: Mapping[str, str] | None = None,
    ) -> None:
        self._guard = guard
        self._places = asyncio.Semaphore(max_connections)
        self._proxies = proxies or {}
        self._given_resolver = resolver
        self._ca_file = ca_file
        self._own_headers = own_headers
        self._codings = CODINGS if own_headers is None else ACCEPT_ENCODING
        self._multi: AsyncCurl | None = None

    async def __aenter__(self) -> Self:
        self._resolver = self._given_resolver or aiohttp.ThreadedResolver()
        self._multi = AsyncCurl(cacert=self._ca_file)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._multi is not None:
            await self._multi.close()  # type: ignore[no-untyped-call]
            self._multi = None

    async def fetch(self, request: PageRequest) -> Page:
        """Fetch one page; whatever the site does, the answer is a page. A proxy it names must be one of ours."""
        if self._multi is None:
            raise RuntimeError("the fetcher is not open; use it with `async with`")
        proxy = self._proxies[request.proxy] if request.proxy else None
        exchange = partial(self._exchange, self._multi, proxy)
        headers = self._own_headers or {}
        attempt = Attempt(exchange, request, guard=self._guard, headers=headers, proxy=proxy, codings=self._codings)
        return await attempt.fetch()

    async def _exchange(
        self, multi: AsyncCurl, proxy: Proxy | None, answer: Answer, headers: Mapping[str, str]
    ) -> None:
        profile = None if self._own_headers else answer.request.impersonates
        if profile and (problem := profile_problem(profile)):
            raise FetchFailed(Outcome.PROVIDER_ERROR, f"{answer.url}: {problem}")
        url = _plain(answer.url)
        addresses = await self._addresses(url, proxy)
        async with self._places:
            curl = Curl(cacert=self._ca_file)
            try:
                transfer = _Transfer(curl, answer, addresses if proxy is None else None)
                _ask(curl, url, headers, profile=profile)
                if proxy is None or proxy.scheme == "socks5":
                    _pin(curl, url, addresses)
                _set_proxy(curl, proxy, answer.request)
                await transfer.run(multi, proxy)
            finally:
                curl.close()

    async def _addresses(self, url: URL, proxy: Proxy | None) -> list[IpAddress]:
        """Where curl may connect to, or have the proxy connect to."""
        if proxy and proxy.scheme != "socks5":
            await self._guard.check_behind_proxy(str(url), self._resolver)
            return []
        try:
            return await self._guard.addresses(str(url), self._resolver)
        except RefusedConnection:
            raise
        except OSError as error:
            raise socket.gaierror(str(error)) from error


class _Transfer:
    """One response as curl hands it over, line by line and part by part."""

    def __init__(self, curl: Curl, answer: Answer, addresses: list[IpAddress] | None) -> None:
        self._curl = curl
        self._answer = answer
        self._addresses = addresses
        """Those it may have come from; None: from a proxy."""
        self._status = 0
        self._lines: list[tuple[bytes, bytes]] = []
        self._has_begun = False
        self._is_wanted = True
        self._is_enough = False
        self._discarded = 0
        self._failure: Exception | None = None
        curl.setopt(CurlOpt.HEADERFUNCTION, partial(self._take, self._head))
        curl.setopt(CurlOpt.WRITEFUNCTION, partial(self._take, self._body))

    async def run(self, multi: AsyncCurl, proxy: Proxy | None) -> None:
        """Ask, and feed the answer to its end."""
        try:
            done = multi.add_handle(self._curl)
            try:
                await done
            except asyncio.CancelledError:
                multi.remove_handle(self._curl)
                raise
        except CurlError as error:
            if self._failure:
                raise self._failure from None
            if not self._is_enough:
                raise failure_of(error, self._curl, self._answer, proxy) from error
        if not self._has_begun:
            raise ConnectionError("in the middle of its headers")

    def _take(self, part: Callable[[bytes], bool], data: bytes) -> int:
        """A callback of curl's: an exception cannot pass through C, so it is kept."""
        try:
            is_going_on = part(data)
        except (FetchFailed, ForbiddenAddress) as error:
            self._failure = error
            return _STOP
        self._is_enough = not is_going_on
        return len(data) if is_going_on else _STOP

    def _head(self, line: bytes) -> bool:
        if self._has_begun:
            return True  # trailers
        if found := _STATUS_LINE.match(line):
            self._status, self._lines = int(found[1]), []
        elif line.strip():
            name, _, value = line.partition(b":")
            self._lines.append((name.strip(), value.strip()))
            self._check_lines()
        elif self._status >= 200:
            self._has_begun = True
            self._check_address()
            self._is_wanted = self._answer.begin(self._status, self._lines)
        return True

    def _check_lines(self) -> None:
        size = sum(len(name) + len(value) for name, value in self._lines)
        if len(self._lines) > MAX_HEADERS or size > 2 * MAX_HEADER_BYTES:
            raise FetchFailed(
                Outcome.TRANSPORT, f"{self._answer.url} did not answer with usable HTTP (too many or too long headers)"
            )

    def _check_address(self) -> None:
        """What was pinned is what was connected to; this holds it also against a curl that thinks otherwise."""
        if self._addresses is None:
            return
        said = self._curl.getinfo(CurlInfo.PRIMARY_IP)
        came_from = said.decode() if isinstance(said, bytes) else str(said)
        if not came_from or ipaddress.ip_address(came_from) not in self._addresses:
            raise ForbiddenAddress(f"{self._answer.url} was answered by {came_from or 'nobody'}, which was not checked")

    def _body(self, chunk: bytes) -> bool:
        if self._is_wanted:
            return self._answer.feed(chunk)
        self._discarded += len(chunk)
        return self._discarded <= _DISCARDED_BYTES


def _plain(url: str) -> URL:
    """The URL as every client of ours spells it, with a host that curl cannot read in another way than we."""
    found = URL(url).with_fragment(None)
    host = (found.raw_host or "").rstrip(".")
    if not _PLAIN_HOST.fullmatch(host):
        raise ForbiddenAddress(f"{url!r}: {host!r} is not the name of a host")
    return found.with_host(host)


def _ask(curl: Curl, url: URL, headers: Mapping[str, str], *, profile: str | None) -> None:
    curl.setopt(CurlOpt.URL, str(url))
    curl.setopt(CurlOpt.PROTOCOLS_STR, "http,https")
    curl.setopt(CurlOpt.FOLLOWLOCATION, 0)
    curl.setopt(CurlOpt.PATH_AS_IS, 1)
    curl.setopt(CurlOpt.NETRC, 0)
    curl.setopt(CurlOpt.NOSIGNAL, 1)
    curl.setopt(CurlOpt.HTTP_CONTENT_DECODING, 0)  # curl knows neither our caps nor when compressed data ends too early
    curl.setopt(CurlOpt.SUPPRESS_CONNECT_HEADERS, 1)
    # Before the profile, which adds its own for those that are not here.
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in headers.items()]
    curl.setopt(CurlOpt.HTTPHEADER, [line.encode() for line in lines])
    if profile and curl.impersonate(resolve_latest_browser_type(profile)) != 0:  # type: ignore[no-untyped-call]
        raise FetchFailed(Outcome.PROVIDER_ERROR, f"{url}: this curl cannot impersonate {profile!r}")
    if url.scheme == "http":
        curl.setopt(CurlOpt.HTTP_VERSION, CurlHttpVersion.V1_1)  # no browser asks for HTTP/2 there


def _pin(curl: Curl, url: URL, addresses: list[IpAddress]) -> None:
    """Give curl the addresses of the host, so that it resolves nothing."""
    where = ",".join(f"[{address}]" if address.version == 6 else str(address) for address in addresses)
    curl.setopt(CurlOpt.RESOLVE, [f"{url.raw_host}:{url.port}:{where}"])


def _set_proxy(curl: Curl, proxy: Proxy | None, request: PageRequest) -> None:
    curl.setopt(CurlOpt.NOPROXY, "")
    curl.setopt(CurlOpt.PROXY, proxy.address if proxy else "")  # said also when there is none: else the environment's
    if proxy:
        patience_s = min(PROXY_PATIENCE_S, request.timeout.total_seconds() / 2)
        curl.setopt(CurlOpt.CONNECTTIMEOUT_MS, int(patience_s * 1000))
        # A connection made as one user of a proxy must not serve another.
        curl.setopt(CurlOpt.PROXY_CREDENTIAL_NO_REUSE, 1)
        if proxy.credentials:
            user, password = proxy.credentials
            curl.setopt(CurlOpt.PROXYUSERNAME, user.encode())
            curl.setopt(CurlOpt.PROXYPASSWORD, password.encode())
