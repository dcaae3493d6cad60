"""Runs in processes of their own at one host: its pace, its places and its breaker hold, by the server's own log."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import RawAnswer, Received, Reply, html, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]

JITTER_S = 0.4
"""How late a request may arrive on a busy machine. A window's first that is late makes the window shorter by as much."""


@dataclass(kw_only=True)
class Log:
    """A shop that takes its time, and what it saw."""

    takes_s: float
    arrivals: list[float] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    def __call__(self, _: Received) -> RawAnswer:
        self.arrivals.append(time.monotonic())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return self._answer

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.takes_s)
        self.in_flight -= 1  # before the first byte: whoever has it may send the next
        writer.write(product().encoded())
        await writer.drain()

    def shortest_span(self, requests: int) -> float:
        """Of any so many requests in a row."""
        ordered = sorted(self.arrivals)
        return min(later - sooner for sooner, later in zip(ordered, ordered[requests - 1 :], strict=False))


def run_side_by_side(url: str, *, runs: int, batch_size: int) -> Sequence[int]:
    """How many checks each made."""
    command = [sys.executable, "-m", "pricewatch_pipeline_tests.support.polite_run", url, str(batch_size)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(runs)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    return [int(process.communicate(timeout=90)[0]) for process in processes]


def test_two_runs_never_exceed_a_hosts_rate(database: Database, database_url: str, rows: Rows) -> None:
    delay, burst, count = 0.1, 4, 40
    log = Log(takes_s=0.02)
    with serve(log) as server:
        store_watches(database, watches_on(server.base_url, count, schedule=EVERY_HOUR), min_delay_s=delay)
        rows("UPDATE pricewatch.hosts SET burst = :burst, concurrency = 24", burst=burst)
        checks = run_side_by_side(database_url, runs=2, batch_size=6)
    assert sum(checks) == len(log.arrivals) == count
    assert min(checks) > 0, "both runs took part"
    too_fast = {
        requests: log.shortest_span(requests)
        for requests in range(burst + 1, count + 1)
        if log.shortest_span(requests) < (requests - burst) * delay - JITTER_S
    }
    assert too_fast == {}


def test_two_runs_never_have_more_in_flight_than_a_host_allows(
    database: Database, database_url: str, rows: Rows
) -> None:
    log = Log(takes_s=0.15)
    with serve(log) as server:
        store_watches(database, watches_on(server.base_url, 60, schedule=EVERY_HOUR))
        rows("UPDATE pricewatch.hosts SET concurrency = 5")
        checks = run_side_by_side(database_url, runs=2, batch_size=3)
    assert sum(checks) == len(log.arrivals) == 60
    assert min(checks) > 0, "both runs took part"
    assert 3 < log.most_in_flight <= 5
    assert rows("SELECT 1 FROM pricewatch.host_places") == []


@dataclass(kw_only=True)
class Wall:
    """A shop that shows a wall until it is taken down; its robots.txt forbids nothing."""

    is_up: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Received) -> Reply:
        if request.path == "/robots.txt":
            return html("none", status=404)
        self.asked.append(request.path)
        return html("no", status=403) if self.is_up else product()


def test_a_host_that_blocks_is_left_alone_probed_once_and_taken_back(
    database: Database, database_url: str, rows: Rows
) -> None:
    def let_it_be_probed() -> None:
        rows("UPDATE pricewatch.hosts SET breaker_until = now() - interval '1 second'")
        rows("UPDATE pricewatch.watches SET next_due_at = now()")

    wall = Wall()
    with serve(wall) as server:
        store_watches(database, watches_on(server.base_url, 12, schedule=EVERY_HOUR))
        report = check_due(engine_on(database))
        blocked = len(wall.asked)
        assert 3 <= blocked <= 4, "two may be in flight when the third block comes"
        assert (report.checks, report.outcomes) == (blocked, {"blocked": blocked})
        # The others wait without blame: no row, no failure, no attempt, no claim.
        waiting = rows(
            "SELECT 1 FROM pricewatch.watches WHERE consecutive_failures + attempt = 0 AND claim_token IS NULL"
        )
        assert len(waiting) == 12 - blocked
        assert len(rows("SELECT 1 FROM pricewatch.checks")) == blocked
        rows("UPDATE pricewatch.watches SET next_due_at = now()")
        assert check_due(engine_on(database)).checks == 0

        let_it_be_probed()
        assert sum(run_side_by_side(database_url, runs=2, batch_size=6)) == 1
        assert len(wall.asked) == blocked + 1
        assert rows("SELECT openings FROM pricewatch.hosts") == [{"openings": 2}]

        wall.is_up = False
        let_it_be_probed()
        assert sum(run_side_by_side(database_url, runs=2, batch_size=6)) >= 1
        assert rows("SELECT openings, breaker_until FROM pricewatch.hosts") == [{"openings": 0, "breaker_until": None}]
        rows("UPDATE pricewatch.watches SET next_due_at = now() WHERE last_success_at IS NULL")
        check_due(engine_on(database))
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 12}]
