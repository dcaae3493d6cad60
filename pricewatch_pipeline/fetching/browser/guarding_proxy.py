"""The forward proxy on loopback through which a browser does everything: the guard, the byte counts and the caps are here.

One is opened for each visit of a page and knows its secret, so that no other process of this machine can use it.
docs/decisions/0009-a-proxy-guards-the-browser.md says why a proxy.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from aiohttp.abc import AbstractResolver

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.browser.heads import (
    END,
    Asked,
    BadHead,
    Head,
    basic_auth,
    parse_asked,
    parse_head,
    status_of,
)
from pricewatch_pipeline.fetching.browser.upstream import Upstream
from pricewatch_pipeline.fetching.guard import Guard, IpAddress
from pricewatch_pipeline.fetching.outcomes import FetchFailed

MAX_CONNECTIONS = 256
"""That one page may have open at once."""
_CHUNK = 65_536
_MAX_HEAD = 65_536
_CONNECT_S = 10.0
"""For each address of a name; the next one is tried after it."""
_USER = "page"
_CHALLENGE = (
    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="pricewatch"\r\n'
    b"Content-Length: 0\r\n\r\n"
)
_REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_FAILURES = (ForbiddenAddress, FetchFailed, OSError, UnicodeError, BadHead)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class GuardingProxy:
    """Connects a browser's page to what the guard allows and to nothing else; open it with `async with`."""

    def __init__(
        self,
        *,
        guard: Guard,
        resolver: AbstractResolver,
        max_bytes: int,
        upstream: Upstream | None = None,
        is_unwanted: Callable[[str], bool] = lambda host: False,
        when_full: Callable[[], None] = lambda: None,
    ) -> None:
        self._guard = guard
        self._resolver = resolver
        self._max_bytes = max_bytes
        self._upstream = upstream
        self._is_unwanted = is_unwanted
        self._when_full = when_full
        self._tasks: set[asyncio.Task[None]] = set()
        self.user = _USER
        self.password = secrets.token_urlsafe(24)
        self.wire_bytes = 0
        """Received from outside, as it came."""
        self.failures: dict[str, BaseException] = {}
        """Why nothing came of a connection, by `host:port`."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_MAX_HEAD)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if (asked := await self._asked(reader, writer)) and not self._is_unwanted(asked.host):
                await self._answer(asked, (reader, writer))
        except (BadHead, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return  # the browser went away or talks nonsense; it sees a closed connection
        finally:
            writer.close()

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Asked | None:
        """The first request that brings the secret; None for a client that does not know it."""
        expected = basic_auth(self.user, self.password)
        for _ in range(2):
            head = parse_head(await reader.readuntil(END))
            if secrets.compare_digest(head.get("proxy-authorization").encode(), expected.encode()):
                return parse_asked(head)
            writer.write(_CHALLENGE)
            await writer.drain()
        return None

    async def _answer(self, asked: Asked, browser: Streams) -> None:
        try:
            outside = await self._reach(asked)
        except _FAILURES as error:
            self.failures[asked.authority] = error
            # Only for a tunnel: as the answer to a plain request it would look like the site's own.
            if asked.is_tunnel:
                browser[1].write(_REFUSED)
                await browser[1].drain()
            return
        try:
            await (self._tunnel(browser, outside) if asked.is_tunnel else self._forward(asked, browser, outside))
        except _FAILURES as error:
            self.failures[asked.authority] = error
        finally:
            outside[1].close()

    async def _reach(self, asked: Asked) -> Streams:
        """A connection on which the target hears us, maybe through the operator's proxy."""
        if self._upstream is None:
            return await self._connect(await self._addresses(asked.url), asked.port)
        await self._guard.check_behind_proxy(asked.url, self._resolver)
        return await self._upstream.reach(asked.authority, is_tunnel=asked.is_tunnel)

    async def _addresses(self, url: str) -> list[IpAddress]:
        try:
            return await self._guard.addresses(url, self._resolver)
        except ForbiddenAddress:
            raise
        except OSError as error:  # by its class, so that the sentence is about a name
            raise socket.gaierror(error.errno, error.strerror or str(error)) from error

    async def _connect(self, addresses: Sequence[IpAddress], port: int) -> Streams:
        """A connection to the first address that takes one; each is judged once more as its socket is opened."""
        failure: OSError = ConnectionRefusedError("there is no address to connect to")
        for address in addresses:
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            opened = self._guard.open_socket((family, socket.SOCK_STREAM, 0, "", (str(address), port)))
            try:
                opened.setblocking(False)
                async with asyncio.timeout(_CONNECT_S):
                    await asyncio.get_running_loop().sock_connect(opened, (str(address), port))
                return await asyncio.open_connection(sock=opened, limit=_MAX_HEAD)
            except OSError as error:
                opened.close()
                failure = error
            except asyncio.CancelledError:
                opened.close()
                raise
        raise failure

    async def _tunnel(self, browser: Streams, outside: Streams) -> None:
        browser[1].write(_ESTABLISHED)
        up = asyncio.create_task(_pump(browser[0], outside[1], lambda count: None))
        try:
            await _pump(outside[0], browser[1], self._count)
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)

    async def _forward(self, asked: Asked, browser: Streams, outside: Streams) -> None:
        """One plain request and its answer; both connections end with it."""
        start = f"{asked.method} {asked.path} HTTP/1.1"
        extra: tuple[tuple[str, str], ...] = ()
        if self._upstream is not None:
            start, extra = f"{asked.method} {asked.url} HTTP/1.1", self._upstream.authorization
        outside[1].write(asked.head.encoded(*extra, start=start))
        up = asyncio.create_task(_pump(browser[0], outside[1], lambda count: None))
        try:
            head = await self._answered(outside[0])
            if self._upstream is not None:
                self._upstream.check_answer(head)
            browser[1].write(head.encoded())
            await _pump(outside[0], browser[1], self._count)
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)

    async def _answered(self, outside: asyncio.StreamReader) -> Head:
        """The head of the answer proper, after those that only announce it (100, 103)."""
        while True:
            try:
                data = await outside.readuntil(END)
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError("it ended before its answer began") from error
            except asyncio.LimitOverrunError as error:
                raise BadHead(f"its headers are larger than {_MAX_HEAD:,} bytes") from error
            self._count(len(data))
            head = parse_head(data)
            if not 100 <= status_of(head) < 200:
                return head

    def _count(self, count: int) -> None:
        self.wire_bytes += count
        if self.wire_bytes > self._max_bytes:
            self._when_full()
            raise FetchFailed(Outcome.TOO_LARGE, f"the page loads more than {self._max_bytes:,} bytes in all")


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, count: Callable[[int], None]) -> None:
    """Hand on what comes until it ends, and then say that it ended."""
    with suppress(ConnectionError):
        while data := await source.read(_CHUNK):
            count(len(data))
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
