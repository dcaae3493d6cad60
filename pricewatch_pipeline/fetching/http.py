"""The fetcher `http`: aiohttp's connections under the guard and the caps, direct or through proxies.

aiohttp follows no redirect, keeps no cookie and decompresses nothing here: see attempt.py.
"""

import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver
from yarl import URL

from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import Proxy
from pricewatch_pipeline.fetching.attempt import MAX_HEADER_BYTES, MAX_HEADERS, Answer, Attempt, Exchange
from pricewatch_pipeline.fetching.bodies import ACCEPT_ENCODING
from pricewatch_pipeline.fetching.guard import Guard, ProxyGuard
from pricewatch_pipeline.fetching.outcomes import ProxyFailed, reason_of

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PROXY_PATIENCE_S = 10.0
"""A proxy that has not opened the way by then is down."""
_BUFFER_BYTES = 256 * 1024
"""Taken from a socket before we look: few, large chunks."""


def headers_of(user_agent: str) -> dict[str, str]:
    """What every request of ours says, whichever client sends it."""
    return {"user-agent": user_agent, "accept": ACCEPT, "accept-encoding": ACCEPT_ENCODING}


class HttpFetcher:
    """Fetches pages over plain HTTP; open it with `async with`, use it for many pages, from many tasks."""

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        max_connections: int = 100,
        proxies: Mapping[str, Proxy] | None = None,
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._headers = headers_of(user_agent)
        self._guard = guard
        self._max_connections = max_connections
        self._proxies = proxies or {}
        self._given_resolver = resolver
        self._ssl_context = ssl_context
        self._exchanges: dict[str | None, Exchange] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._ssl_context = self._ssl_context or _trust()
        self._resolver = self._given_resolver or aiohttp.ThreadedResolver()
        self._exchanges[None] = _Direct(self._session(self._guard))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exchanges.clear()
        await self._stack.aclose()

    async def fetch(self, request: PageRequest) -> Page:
        """Fetch one page; whatever the site does, the answer is a page. A proxy it names must be one of ours, and speak HTTP."""
        if not self._exchanges:
            raise RuntimeError("the fetcher is not open; use it with `async with`")
        proxy = self._proxies[request.proxy] if request.proxy else None
        if request.proxy not in self._exchanges and proxy:
            self._exchanges[proxy.name] = self._through(proxy)
        exchange = self._exchanges[request.proxy]
        attempt = Attempt(exchange, request, guard=self._guard, headers=self._headers, proxy=proxy)
        return await attempt.fetch()

    def _through(self, proxy: Proxy) -> Exchange:
        traces = aiohttp.TraceConfig()
        traces.on_connection_create_start.append(_connecting)
        traces.on_connection_create_end.append(_connected)
        # A pool of its own: a tunnel through one proxy must never serve a page that is to come through another.
        session = self._session(ProxyGuard(proxy.host, proxy.port), trace_configs=[traces])
        return _ThroughProxy(session, proxy, self._guard, self._resolver)

    def _session(self, guard: Guard | ProxyGuard, **how: Any) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._max_connections,
            ssl=self._ssl_context or True,
            ttl_dns_cache=60,
            resolver=guard.resolver(self._resolver),
            socket_factory=guard.open_socket,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            read_bufsize=_BUFFER_BYTES,
            max_headers=MAX_HEADERS,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            **how,
        )
        self._stack.push_async_callback(session.close)
        return session


class _Direct:
    """An exchange over one of the session's connections."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __call__(self, answer: Answer, headers: Mapping[str, str], **how: Any) -> None:
        response = await self._session.get(URL(answer.url), headers=headers, allow_redirects=False, **how)
        try:
            if answer.begin(response.status, response.raw_headers):
                while (chunk := await response.content.readany()) and answer.feed(chunk):
                    pass
        finally:
            response.release()  # for the next one, or closed where something is left unread


class _ThroughProxy:
    """An exchange through a proxy: a tunnel for https, so that TLS is checked up to the site."""

    def __init__(self, session: aiohttp.ClientSession, proxy: Proxy, guard: Guard, resolver: AbstractResolver) -> None:
        self._exchange = _Direct(session)
        self._proxy = proxy
        self._guard = guard
        self._resolver = resolver
        self._address = URL(proxy.address)
        self._credentials = _credentials(proxy)

    async def __call__(self, answer: Answer, headers: Mapping[str, str]) -> None:
        await self._guard.check_behind_proxy(answer.url, self._resolver)
        patience_s = min(PROXY_PATIENCE_S, answer.request.timeout.total_seconds() / 2)
        timeout = aiohttp.ClientTimeout(total=None, connect=patience_s, sock_connect=None)
        stage = SimpleNamespace(is_connecting=False)
        how = {"proxy": self._address, "timeout": timeout, "trace_request_ctx": stage}
        if answer.url.lower().startswith("https:"):
            how["proxy_headers"] = self._credentials
        else:  # no tunnel: the proxy reads the very headers of the request
            headers = {**headers, **self._credentials}
        try:
            await self._exchange(answer, headers, **how)
        except (aiohttp.ClientError, OSError) as error:
            if stage.is_connecting and not _is_of_site(error, self._proxy):
                raise ProxyFailed(self._proxy, _what_failed(error)) from error
            raise


async def _connecting(_session: aiohttp.ClientSession, stage: SimpleNamespace, _: object) -> None:
    stage.trace_request_ctx.is_connecting = True


async def _connected(_session: aiohttp.ClientSession, stage: SimpleNamespace, _: object) -> None:
    stage.trace_request_ctx.is_connecting = False


def _is_of_site(error: BaseException, proxy: Proxy) -> bool:
    """Whether what failed is TLS with the site: the tunnel was there already."""
    return isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError) and (
        (error.host, error.port) != (proxy.host, proxy.port)
    )


def _what_failed(error: BaseException) -> str:
    match error:
        case aiohttp.ClientHttpProxyError(status=407):
            return "wants another user name or password (407)"
        case aiohttp.ClientHttpProxyError(status=status):
            return f"refuses to connect us to the site ({status})"
        case TimeoutError():
            return "does not answer in time"
        case _:
            return f"cannot be reached ({reason_of(error)})"


def _credentials(proxy: Proxy) -> dict[str, str]:
    if not proxy.credentials:
        return {}
    return {"Proxy-Authorization": aiohttp.encode_basic_auth(*proxy.credentials, encoding="utf-8")}


def _trust() -> ssl.SSLContext:
    """The system's certificates (so that an operator's own count) and Mozilla's (for systems that bring none)."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
