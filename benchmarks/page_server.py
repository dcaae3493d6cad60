"""The shop that everybody fetches from: pages out of memory over keep-alive, in a process of its own.

`/N` is page N of the set, again and again. A trailing comment makes every answer unlike all before it, so that neither
hashes nor conditional requests nor kept evidence can spare anybody work.
"""

import asyncio
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import cast

from benchmarks.loops import run
from benchmarks.pages import load_pages
from benchmarks.workers import serve

HOST = "127.0.0.1"
_END = b"\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"


class PageProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, pages: Sequence[bytes], numbers: "count[int]") -> None:
        self._pages = pages
        self._numbers = numbers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while _END in self._received:
            head, _, self._received = self._received.partition(_END)
            name = head.split(b" ", 2)[1][1:]
            if name.isdigit():
                page = self._pages[int(name) % len(self._pages)]
                tail = b"<!-- %d -->" % next(self._numbers)
                self._transport.writelines([_HEAD % (len(page) + len(tail)), page, tail])
            else:
                self._transport.write(_NOT_FOUND)  # such as robots.txt: everything is allowed


async def _listen(pages: Sequence[bytes]) -> None:
    numbers = count()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: PageProtocol(pages, numbers), HOST, 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    size = sum(map(len, pages))
    await asyncio.to_thread(serve, lambda _: {}, port=port, count=len(pages), bytes=size)
    server.close()


def main() -> None:
    """Serve until standard input ends."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    pages = load_pages(folder).bodies
    run(_listen(pages))


if __name__ == "__main__":
    main()
