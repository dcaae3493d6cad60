"""The bare loop, the limit of what Python can do here: fetch with aiohttp, parse with lexbor, COPY a row per page.

No politeness, no guard, no reading, no ledger, no evidence, no events.
"""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext

import aiohttp
import psycopg
from selectolax.lexbor import LexborHTMLParser

from benchmarks.loops import run
from benchmarks.stages import StageSampler
from benchmarks.workers import Message, Span, serve

CONCURRENCY = 16
ROWS_PER_COPY = 50

Row = tuple[str, str, int]


class Loop:
    """Fetches, parses and stores."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._rows: list[Row] = []

    async def run(self, urls: list[str]) -> Span:
        span = Span()
        left = iter(urls)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY)) as session:
            await asyncio.gather(*(self._work(session, left, span) for _ in range(CONCURRENCY)))
        self._store(span)
        return span

    async def _work(self, session: aiohttp.ClientSession, left: Iterator[str], span: Span) -> None:
        for url in left:
            async with session.get(url) as response:
                body = await response.read()
            self._rows.append((url, parse_title(body), len(body)))
            if len(self._rows) >= ROWS_PER_COPY:
                self._store(span)

    def _store(self, span: Span) -> None:
        rows, self._rows = self._rows, []
        with self._connection.cursor().copy("COPY bare_pages (url, title, bytes) FROM STDIN") as copy:
            for url, title, size in rows:
                copy.write_row((url, title, size))
        self._connection.commit()
        span.add(len(rows))


def parse_title(body: bytes) -> str:
    """The whole page parsed, and one thing taken from it."""
    title = LexborHTMLParser(body).css_first("title")
    return title.text().replace("\x00", "") if title else ""


def main() -> None:
    """Answer `{"database_url": ..., "urls": [...]}` with a span, again and again."""

    def handle(message: Message) -> Message:
        with psycopg.connect(message["database_url"]) as connection:
            with StageSampler() if message.get("is_profiled") else nullcontext() as sampler:
                span = run(Loop(connection).run(message["urls"]))
            return span.as_message() | {"stages_cpu_s": dict(sampler.cpu_s) if sampler else {}}

    serve(handle)


if __name__ == "__main__":
    main()
