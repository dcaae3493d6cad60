"""A real HTTP server on loopback, in a thread of its own: answers as a test says and keeps the ground truth.

with serve({"/": html("<p>hello")}) as server:
    ... server.url("/") ... server.requests ... server.connections
"""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver, ResolveResult

CRLF = b"\r\n"


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as the server saw it."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """Keys in lower case."""
    connection: int
    """The how-manieth connection it came over, from 1."""
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A whole answer; `content-length` is added."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""

    def encoded(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Reason", f"content-length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode("latin-1") + CRLF + CRLF + self.body


RawAnswer = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Writes to the socket itself; the connection is closed afterwards."""
Answer = Reply | RawAnswer
Handler = Callable[[Received], Answer] | Mapping[str, Answer]
"""Called in the server's thread, or a table by path (without the query); any other path is a 404."""


@dataclass(kw_only=True)
class Server:
    """A server that is up."""

    base_url: str
    host: str
    port: int
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    """TCP connections accepted, whether or not anything was asked over them."""

    def url(self, path: str) -> str:
        return self.base_url + path

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


def html(text: str, *, status: int = 200, **headers: str) -> Reply:
    """An HTML page; `retry_after="5"` becomes a header."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Reply(status=status, headers=[("content-type", "text/html; charset=utf-8"), *named], body=text.encode())


def redirect(location: str, *, status: int = 302, cookie: str | None = None) -> Reply:
    cookies = [("set-cookie", cookie)] if cookie else []
    return Reply(status=status, headers=[("location", location), *cookies])


def raw(*parts: bytes) -> RawAnswer:
    """Exactly these bytes, then the end of the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


def drip(every_s: float = 0.02, head: bytes = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n") -> RawAnswer:
    """A byte now and then, for ever: never silent long enough for a read timeout."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(every_s)

    return answer


@contextmanager
def serve(handler: Handler, *, host: str = "127.0.0.1", ssl_context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on a free port until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loopback server", daemon=True)
    thread.start()
    runner = _Runner(handler)
    try:
        yield asyncio.run_coroutine_threadsafe(runner.start(host, ssl_context), loop).result(timeout=10)
    finally:
        asyncio.run_coroutine_threadsafe(runner.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


class _Runner:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, ssl_context: ssl.SSLContext | None) -> Server:
        self._listener = await asyncio.start_server(self._accept, host, 0, ssl=ssl_context)
        port: int = self._listener.sockets[0].getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if ssl_context else "http"
        self._server = Server(base_url=f"{scheme}://{shown}:{port}", host=host, port=port)
        return self._server

    async def stop(self) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server.connections += 1
        task = asyncio.create_task(self._converse(reader, writer, self._server.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        try:
            while True:
                first = await reader.readexactly(1)
                if not first.isalpha():  # TLS spoken to a server without it
                    writer.write(html("bad request", status=400).encoded())
                    return
                request = await _read_request(first, reader, connection)
                self._server.requests.append(request)
                answer = self._answer(request)
                if not isinstance(answer, Reply):
                    await answer(writer)
                    return
                writer.write(answer.encoded())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return  # the client went away, which is its right
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    def _answer(self, request: Received) -> Answer:
        if callable(self._handler):
            return self._handler(request)
        return self._handler.get(request.path.partition("?")[0]) or html("not found", status=404)


async def _read_request(first: bytes, reader: asyncio.StreamReader, connection: int) -> Received:
    head = (first + await reader.readuntil(CRLF + CRLF)).decode("latin-1")
    start, *lines = head.rstrip().split("\r\n")
    method, path, _ = start.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method=method, path=path, headers=headers, connection=connection, body=body)


class Names(AbstractResolver):
    """A DNS of the test's own: what each name resolves to, and which names were asked for."""

    def __init__(self, addresses: Mapping[str, Sequence[str]]) -> None:
        self._addresses = addresses
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self._addresses:
            raise OSError(None, f"{host} is not a name of this test")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self._addresses[host]
        ]

    async def close(self) -> None:
        """Nothing is open."""
