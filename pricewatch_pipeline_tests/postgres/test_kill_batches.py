"""Whatever ends a run in the middle of a batch: the next one goes on where it was. The site's own log is the truth."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psutil
import pytest

from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.check_watches import Engine
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import serve
from pricewatch_pipeline_tests.support.matrix import MatrixProvider, matrix, priced
from pricewatch_pipeline_tests.support.shop import engine_on, store_watches
from pricewatch_pipeline_tests.support.waiting import wait_until

Rows = Callable[..., list[dict[str, Any]]]


def start_doomed(url: str, pages: int, kind: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_batch", url, str(pages), kind],
        stdout=subprocess.PIPE,
        text=True,
    )


def engine(database: Database, **fields: Any) -> Engine:
    return engine_on(database, providers={"matrix": MatrixProvider()}, **fields)


def end_leases(rows: Rows) -> None:
    rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second' WHERE claim_token IS NOT NULL")
    rows("UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'")


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
        end_leases(rows)
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
