"""Whatever kills a run, at whatever point: nothing is lost, nothing is doubled. The shop's own log is the truth."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.doomed_run import POINTS
from pricewatch_pipeline_tests.support.loopback import Received, Reply, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watches_on
from pricewatch_pipeline_tests.support.waiting import wait_until

Rows = Callable[..., list[dict[str, Any]]]

WATCHES = 20


def start_doomed(url: str, point: str, kind: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_run", url, point, kind],
        stdout=subprocess.PIPE,
        text=True,
    )


def shop(request: Received) -> Reply:
    return product(price=f"{request.path.removeprefix('/')}.50")


def end_leases(rows: Rows) -> None:
    rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second' WHERE claim_token IS NOT NULL")
    rows("UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'")


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_loses_and_doubles_nothing(database: Database, database_url: str, rows: Rows, point: str) -> None:
    with serve(shop) as server:
        store_watches(database, watches_on(server.base_url, WATCHES, schedule=EVERY_HOUR))
        slots = rows("SELECT watch_id, slot_at FROM pricewatch.watches ORDER BY watch_id")
        doomed = start_doomed(database_url, point, "SIGKILL")
        assert doomed.wait(60) == -signal.SIGKILL
        stored_before = rows("SELECT count(*) AS n FROM pricewatch.price_snapshots")[0]["n"]
        assert check_due(engine_on(database)).checks == 0  # the dead run's lease still holds
        end_leases(rows)
        report = check_due(engine_on(database), run_id="after")

    assert (stored_before > 0) == (point == "stored")
    assert report.checks == WATCHES - stored_before
    assert rows("SELECT watch_id, slot_at FROM pricewatch.price_snapshots ORDER BY watch_id") == slots
    wrong = rows("SELECT watch_id FROM pricewatch.price_snapshots WHERE 'w' || trim_scale(price - 0.5) <> watch_id")
    assert wrong == []
    asked = Counter(server.paths)
    assert set(asked) == {f"/{n}" for n in range(WATCHES)}
    assert max(asked.values()) <= 2  # what the dead run had fetched and not stored is fetched once more
    ledger = rows("SELECT outcome, count(*) AS n FROM pricewatch.checks GROUP BY outcome ORDER BY outcome")
    abandoned = [{"outcome": "abandoned", "n": WATCHES - stored_before}]
    assert ledger == (abandoned if stored_before < WATCHES else []) + [{"outcome": "ok", "n": WATCHES}]
    assert rows("SELECT count(*) AS n FROM pricewatch.watches WHERE claim_token IS NOT NULL") == [{"n": 0}]


def test_a_frozen_run_that_wakes_after_its_lease_writes_nothing(
    database: Database, database_url: str, rows: Rows
) -> None:
    with serve(shop) as server:
        store_watches(database, watches_on(server.base_url, WATCHES, schedule=EVERY_HOUR))
        zombie = start_doomed(database_url, "looked", "SIGSTOP")
        process = psutil.Process(zombie.pid)
        wait_until(lambda: process.status() == psutil.STATUS_STOPPED, what="the run to freeze")
        end_leases(rows)
        report = check_due(engine_on(database), run_id="living")
        zombie.send_signal(signal.SIGCONT)
        output, _ = zombie.communicate(timeout=60)

    assert report.checks == WATCHES
    assert output == f"checks=0 lost={WATCHES}\n"
    assert rows("SELECT DISTINCT run_id FROM pricewatch.price_snapshots") == [{"run_id": "living"}]
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": WATCHES}]


def test_several_workers_at_once_check_everything_exactly_once(
    database: Database, database_url: str, rows: Rows
) -> None:
    with serve(shop) as server:
        store_watches(database, watches_on(server.base_url, 60, schedule=EVERY_HOUR))
        # A signal that nobody acts on: these live on.
        workers = [start_doomed(database_url, "claimed", "SIGURG") for _ in range(3)]
        outputs = [worker.communicate(timeout=60)[0] for worker in workers]

    checks = [int(output.partition("checks=")[2].split()[0]) for output in outputs]
    assert sum(checks) == 60
    assert Counter(server.paths) == Counter(f"/{n}" for n in range(60))
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 60}]
