"""A real little proxy on loopback, in a thread of its own: CONNECT, absolute-form and SOCKS 5, maybe with a password, and a log.

with serve_proxy(password="secret") as proxy:
    ... proxy.url ... proxy.asked ... proxy.connections
"""

import asyncio
import base64
import ipaddress
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

USER = "operator"


@dataclass(kw_only=True)
class ProxyServer:
    """A proxy that is up."""

    host: str
    port: int
    password: str | None
    asked: list[str] = field(default_factory=list)
    """`CONNECT host:port`, `GET http://...` or `SOCKS host:port`, as asked for; also what was refused."""
    connections: int = 0

    @property
    def url(self) -> str:
        """With its password."""
        credentials = f"{USER}:{self.password}@" if self.password else ""
        return f"http://{credentials}{self.host}:{self.port}"


@contextmanager
def serve_proxy(
    *,
    password: str | None = None,
    refuses_with: int | None = None,
    is_silent: bool = False,
    names: Mapping[str, tuple[str, int]] | None = None,
) -> Iterator[ProxyServer]:
    """Run a proxy until the block ends.

    `refuses_with`: the status of every answer; `is_silent`: it takes connections and never answers; `names`: where
    `host:port` is found from the proxy, as only it knows.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loopback proxy", daemon=True)
    thread.start()
    runner = _Runner(password, refuses_with, is_silent, names or {})
    try:
        yield asyncio.run_coroutine_threadsafe(runner.start(), loop).result(timeout=10)
    finally:
        asyncio.run_coroutine_threadsafe(runner.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


class _Runner:
    def __init__(
        self, password: str | None, refuses_with: int | None, is_silent: bool, names: Mapping[str, tuple[str, int]]
    ) -> None:
        self._wanted = "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode() if password else None
        self._password = password
        self._refuses_with = refuses_with
        self._is_silent = is_silent
        self._names = names
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> ProxyServer:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._listener.sockets[0].getsockname()[1]
        self._server = ProxyServer(host="127.0.0.1", port=port, password=self._password)
        return self._server

    async def stop(self) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server.connections += 1
        task = asyncio.create_task(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if (first := await reader.readexactly(1)) == b"\x05":
                await self._socks(reader, writer)
                return
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            start, *lines = head.rstrip().split("\r\n")
            method, target, _ = start.split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._server.asked.append(f"{method} {target}")
            if self._is_silent:
                await reader.read()
            elif status := self._refusal(headers):
                writer.write(f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
                await writer.drain()
            elif method == "CONNECT":
                await self._tunnel(target, reader, writer)
            else:
                await self._forward(method, target, lines, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _refusal(self, headers: Mapping[str, str]) -> int | None:
        if self._wanted and headers.get("proxy-authorization") != self._wanted:
            return 407
        return self._refuses_with

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """RFC 1928 and 1929."""
        await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(b"\x05\x02" if self._password else b"\x05\x00")
        if self._password:
            await reader.readexactly(1)
            given = [(await reader.readexactly((await reader.readexactly(1))[0])).decode() for _ in range(2)]
            is_right = given == [USER, self._password]
            writer.write(b"\x01\x00" if is_right else b"\x01\x01")
            if not is_right:
                return
        *_, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self._server.asked.append(f"SOCKS {host}:{port}")
        site_reader, site_writer = await self._connect(host, port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await _join(reader, writer, site_reader, site_writer)

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        site_reader, site_writer = await self._connect(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _join(reader, writer, site_reader, site_writer)

    async def _forward(
        self, method: str, target: str, lines: list[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        parts = urlsplit(target)
        site_reader, site_writer = await self._connect(parts.hostname or "", parts.port or 80)
        kept = [line for line in lines if not line.lower().startswith(("proxy-", "connection:"))]
        path = parts._replace(scheme="", netloc="").geturl() or "/"
        asked = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""])
        site_writer.write(asked.encode("latin-1"))
        await _join(reader, writer, site_reader, site_writer)

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self._names.get(f"{host}:{port}", (host, port)))


async def _join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    site_reader: asyncio.StreamReader,
    site_writer: asyncio.StreamWriter,
) -> None:
    """Hand bytes on in both directions until one side ends."""
    ways = [asyncio.create_task(_pump(reader, site_writer)), asyncio.create_task(_pump(site_reader, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        site_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
