"""`python -m benchmarks.insiders`: fair access, proven at a server that refuses more than ten requests in any one second.

Companies with filings, two scheduled runs side by side in two processes: every filing must come, once, and nothing be refused.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from benchmarks.rig import Rig, opened_rig
from benchmarks.workers import Message, Worker, WorkerFailed

MOST_A_SECOND = 10
RUNS = 2
PATIENCE = timedelta(minutes=15)
_SETTINGS = {"PRICEWATCH_BATCH_SIZE": "4", "PRICEWATCH_CONCURRENCY": "1"}
"""So that neither run takes all the watches, or all the places at the host."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What came of it."""

    seconds: float
    wanted: int
    """Filings."""
    read: int
    transactions: int
    by_run: Sequence[int]
    """Filings that each process read."""
    server: Message

    @property
    def is_proven(self) -> bool:
        """Everything came, once, by both, and nothing was refused."""
        server = self.server
        is_whole = self.read == server["documents"] == self.wanted and self.transactions == 2 * self.wanted
        is_fair = not server["refused"] and server["most_in_a_second"] <= MOST_A_SECOND and not server["nameless"]
        return is_whole and is_fair and not server["asked_twice"] and min(self.by_run, default=0) > 0


def prove(companies: int, filings: int) -> Proof:
    """All of it, at the SEC's own pace."""
    with (
        opened_rig(None) as rig,
        Worker("benchmarks.sec_server", *map(str, (companies, filings, MOST_A_SECOND)), log=rig.log("sec")) as server,
    ):
        address = f"127.0.0.1:{server.hello['port']}"
        environment = {
            **rig.environment,
            **_SETTINGS,
            "PRICEWATCH_ALLOWED_ADDRESSES": address,
            "PRICEWATCH_CONTACT": "Pricewatch benchmark benchmark@example.org",
        }
        workers = [
            Worker("benchmarks.insider_worker", log=rig.log(f"run-{number}"), environment=environment)
            for number in range(RUNS)
        ]
        try:
            workers[0].ask(do="watch", companies=companies, site=f"http://{address}")
            started = time.monotonic()
            with ThreadPoolExecutor(RUNS) as threads:
                list(threads.map(lambda number: _work(rig, workers[number], number), range(RUNS)))
            return _proof(rig, time.monotonic() - started, companies * filings, server.ask(do="tell"))
        finally:
            for worker in workers:
                worker.__exit__(None, None, None)


def _work(rig: Rig, worker: Worker, number: int) -> None:
    """Run after run, until there is nothing left to read."""
    gives_up_at = time.monotonic() + PATIENCE.total_seconds()
    with psycopg.connect(rig.database_url, autocommit=True) as connection:
        while time.monotonic() < gives_up_at and _is_work_left(connection):
            if not worker.ask(do="run", run_id=f"run-{number}")["checks"]:
                time.sleep(0.2)  # the other one has them all


def _is_work_left(connection: psycopg.Connection) -> bool:
    row = connection.execute("""
        SELECT EXISTS (SELECT FROM pricewatch.watches WHERE last_success_at IS NULL)
            OR EXISTS (SELECT FROM pricewatch.insider_filings WHERE state <> 'read')
    """).fetchone()
    return bool(row and row[0])


def _proof(rig: Rig, seconds: float, wanted: int, server: Message) -> Proof:
    by_run = rig.connection.execute(
        "SELECT count(*) FROM pricewatch.insider_filings WHERE state = 'read' GROUP BY run_id ORDER BY run_id"
    ).fetchall()
    (transactions,) = rig.connection.execute("SELECT count(*) FROM pricewatch.insider_transactions").fetchone() or (0,)
    return Proof(
        seconds=seconds,
        wanted=wanted,
        read=sum(count for (count,) in by_run),
        transactions=transactions,
        by_run=[count for (count,) in by_run],
        server=server,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prove, print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insiders", description=__doc__)
    parser.add_argument("--companies", type=int, default=25)
    parser.add_argument("--filings", type=int, default=40, help="of each company")
    options = parser.parse_args(arguments)
    try:
        proof = prove(options.companies, options.filings)
    except WorkerFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    server = proof.server
    sys.stdout.write(
        f"{proof.read:,} of {proof.wanted:,} filings read ({' + '.join(map(str, proof.by_run))} by {RUNS} runs side by side), "
        f"{proof.transactions:,} transactions, in {proof.seconds:.1f} s\n"
        f"{server['requests']:,} requests ({server['requests'] / proof.seconds:.2f} a second), at most "
        f"{server['most_in_a_second']} in any one second (the limit is {MOST_A_SECOND}); {server['refused']} refused, "
        f"{server['asked_twice']} documents asked for twice, {server['nameless']} requests that do not say who asks\n"
        f"{'proven' if proof.is_proven else 'NOT proven'}\n"
    )
    return 0 if proof.is_proven else 1


if __name__ == "__main__":
    sys.exit(main())
