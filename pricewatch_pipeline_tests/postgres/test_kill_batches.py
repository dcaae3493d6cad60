"""Whatever ends a run in the middle of a batch: the next one goes on where it was. The site's own log is the truth."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psutil

from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.batches import end_lease, engine
from pricewatch_pipeline_tests.support.loopback import Received, Reply, serve
from pricewatch_pipeline_tests.support.matrix import matrix, priced
from pricewatch_pipeline_tests.support.shop import store_watches
from pricewatch_pipeline_tests.support.waiting import wait_until

Rows = Callable[..., list[dict[str, Any]]]


def start_doomed(url: str, pages: int, kind: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_batch", url, str(pages), kind, *words],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_600_combinations_are_asked_once_each_with_a_kill_in_the_middle(
    database: Database, database_url: str, rows: Rows
) -> None:
    with serve(lambda request: priced(request.path)) as server:
        store_watches(database, [matrix(server.base_url, 600)])
        (before,) = rows("SELECT slot_at FROM pricewatch.watches")
        doomed = start_doomed(database_url, 300, "SIGKILL")
        assert doomed.wait(60) == -signal.SIGKILL
        asked_by_the_dead = Counter(server.paths)
        (half,) = rows("SELECT state, done, failed, price FROM pricewatch.batches")
        assert check_batches(engine(database)).claimed == 0  # the dead run's lease still holds
        end_lease(rows)
        report = check_batches(engine(database), run_id="after")

    assert (half["state"], half["failed"], half["price"]) == ("open", 0, Decimal("1.50"))
    assert 0 < half["done"] < 300 <= asked_by_the_dead.total() < 310
    asked = Counter(server.paths)
    assert set(asked) == {f"/{n}" for n in range(600)}
    assert max(asked.values()) <= 2
    assert asked.total() - 600 == asked_by_the_dead.total() - half["done"]  # what was in hand, or not stored yet
    assert report.checks == 1
    (batch,) = rows("SELECT state, outcome, done, failed, takes, slot_at, run_id FROM pricewatch.batches")
    assert batch == before | {
        "state": "done", "outcome": "ok", "done": 600, "failed": 0, "takes": 2, "run_id": "after",
    }  # fmt: skip
    snapshots = rows("SELECT slot_at, price FROM pricewatch.price_snapshots")
    assert snapshots == [before | {"price": Decimal("1.50")}]
    ledger = rows("SELECT slot_at, attempt, outcome, page_count FROM pricewatch.checks ORDER BY attempt")
    assert ledger == [
        before | {"attempt": 1, "outcome": "abandoned", "page_count": None},
        before | {"attempt": 2, "outcome": "ok", "page_count": 600},
    ]
    assert rows("SELECT count(*)::int AS n, count(DISTINCT combination)::int AS d FROM pricewatch.flight_searches") == [
        {"n": 600, "d": 600}
    ]


def test_an_interrupted_run_leaves_its_batch_to_the_next_one_at_once(
    database: Database, database_url: str, rows: Rows
) -> None:
    with serve(lambda request: priced(request.path)) as server:
        store_watches(database, [matrix(server.base_url, 200)])
        output, _ = start_doomed(database_url, 50, "SIGINT").communicate(timeout=60)
        (half,) = rows("SELECT state, done FROM pricewatch.batches")
        asked_by_the_first = len(server.requests)
        report = check_batches(engine(database))
    assert output == "interrupted\n"
    assert (half["state"], report.checks) == ("open", 1)
    assert 40 <= half["done"] <= asked_by_the_first < 100  # what had ended was stored
    assert max(Counter(server.paths).values()) <= 2
    assert len(server.requests) - 200 == asked_by_the_first - half["done"] <= 4
    assert rows("SELECT outcome, attempt FROM pricewatch.checks") == [{"outcome": "ok", "attempt": 1}]


def test_a_run_that_a_person_ends_cancels_its_batch(database: Database, database_url: str, rows: Rows) -> None:
    with serve(lambda request: priced(request.path)) as server:
        store_watches(database, [matrix(server.base_url, 200)])
        output, _ = start_doomed(database_url, 50, "SIGINT", "cancelled").communicate(timeout=60)
        assert check_batches(engine(database)).claimed == 0
    assert output == "interrupted\n"
    (batch,) = rows("SELECT state, outcome, done FROM pricewatch.batches")
    assert (batch["state"], batch["outcome"]) == ("cancelled", "cancelled")
    assert 40 <= batch["done"] < 100
    assert rows("SELECT outcome FROM pricewatch.checks") == [{"outcome": "cancelled"}]
    assert rows("SELECT next_due_at > now() AS is_later, claim_token FROM pricewatch.watches") == [
        {"is_later": True, "claim_token": None}
    ]


def test_a_frozen_run_that_wakes_after_its_lease_writes_nothing(
    database: Database, database_url: str, rows: Rows
) -> None:
    with serve(lambda request: priced(request.path)) as server:
        store_watches(database, [matrix(server.base_url, 60)])
        zombie = start_doomed(database_url, 20, "SIGSTOP")
        process = psutil.Process(zombie.pid)
        wait_until(lambda: process.status() == psutil.STATUS_STOPPED, what="the run to freeze")
        end_lease(rows)
        report = check_batches(engine(database), run_id="living")
        zombie.send_signal(signal.SIGCONT)
        output, _ = zombie.communicate(timeout=60)
    assert (report.checks, output) == (1, "checks=0 lost=1\n")
    assert rows("SELECT done, run_id FROM pricewatch.batches") == [{"done": 60, "run_id": "living"}]
    assert rows("SELECT count(*)::int AS n FROM pricewatch.price_snapshots") == [{"n": 1}]


def test_a_database_that_hangs_up_in_the_middle_costs_nothing(database: Database, rows: Rows) -> None:
    def reply(request: Received) -> Reply:
        if request.path in ("/20", "/40"):
            rows("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()""")
        return priced(request.path)

    with serve(reply) as server:
        store_watches(database, [matrix(server.base_url, 60)])
        report = check_batches(engine(database))
    assert (report.checks, report.lost) == (1, 0)
    assert Counter(server.paths) == Counter(f"/{n}" for n in range(60))
    assert rows("SELECT done, takes FROM pricewatch.batches") == [{"done": 60, "takes": 1}]
    assert rows("SELECT count(*)::int AS n FROM pricewatch.flight_searches") == [{"n": 60}]
