"""Whatever is wrong with a rule, a memory or an alert, or ends a run: no price is lost for it, and none told twice."""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.checks import OpenCheck
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.checking_run import SilentObserver
from pricewatch_pipeline.services.raise_alerts import record_manual
from pricewatch_pipeline.services.steer_alert_rules import list_rules, remove_rules
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.checks import BEGIN, Checker, finished, offer, store
from pricewatch_pipeline_tests.support.loopback import serve
from pricewatch_pipeline_tests.support.raised import ALERTING, alerts, watched
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def lamp(database: Database) -> Checker:
    """A watch with a target of 20 EUR."""
    return watched(database, "lamp", target_price=Decimal(20))


BAD = [
    ("kind", "moon_phase", "{}"),
    ("field", "below", '{"amount": "20", "made_by_a_newer_version": 1}'),
    ("number", "below", '{"amount": "cheap"}'),
    ("shape", "below", '["amount", 20]'),
    ("window", "change", '{"quiet": [{"days": "always"}]}'),
    ("empty", "drop", "{}"),
    ("days", "lowest", '{"days": "30"}'),
    ("zone", "below", '{"amount": "20", "digest": "daily", "timezone": 1}'),
    ("channels", "below", '{"amount": "20", "channels": "mail"}'),
    ("nothing", "below", '{"amount": "20", "digest": null}'),
]


def test_a_rule_that_cannot_be_read_costs_no_price_and_no_other_alert(
    lamp: Checker, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    for name, kind, params in BAD:
        rows(
            "INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, params) VALUES (:id, :kind, 'all', cast(:params AS jsonb))",
            id=f"bad-{name}",
            kind=kind,
            params=params,
        )
    with caplog.at_level(logging.ERROR):
        lamp.check("19", "30", "18")
    assert alerts(rows) == [("target", "lamp", Decimal(19))]
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 3}]
    told = [record.getMessage() for record in caplog.records if "cannot be read" in record.getMessage()]
    assert {text.split()[2] for text in told} == {f"bad-{name}" for name, *_ in BAD if name != "empty"}
    assert [each["rule_id"] for each in list_rules(lamp.database) if each["rule_id"].startswith("bad")] == ["bad-empty"]
    assert remove_rules(lamp.database, ["bad-kind"]) == ["bad-kind"]


def test_a_memory_that_cannot_be_read_begins_anew(lamp: Checker, rows: Rows) -> None:
    lamp.check("30", "19")
    rows("""UPDATE pricewatch.alert_states SET state = '{"of_a_newer_version": true}'""")
    lamp.check("18")
    assert alerts(rows) == [("target", "lamp", Decimal(19)), ("target", "lamp", Decimal(18))]


def test_alerts_that_the_database_refuses_cost_no_price_and_no_other_watchs_alerts(
    lamp: Checker, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    watched(lamp.database, "desk", target_price=Decimal(20))
    rows("ALTER TABLE pricewatch.alerts ADD CHECK (subject <> 'lamp')")
    checks = [finished(name, offer("10"), BEGIN) for name in ("lamp", "desk")]
    with caplog.at_level(logging.ERROR):
        assert store(lamp.database, checks, ALERTING) == {"lamp", "desk"}
    assert alerts(rows) == [("target", "desk", Decimal(10))]
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 2}]
    assert "lamp" in caplog.text


def test_a_transaction_that_ends_before_its_commit_leaves_neither_snapshot_nor_alert(lamp: Checker, rows: Rows) -> None:
    check = finished("lamp", offer("19"), BEGIN)
    connection = lamp.database.engine.connect()
    record_manual(connection, [check], run_id=None, alerting=ALERTING)
    assert connection.exec_driver_sql("SELECT count(*) FROM pricewatch.alert_deliveries").scalar() == 2
    (pid,) = connection.exec_driver_sql("SELECT pg_backend_pid()").one()
    rows("SELECT pg_terminate_backend(:pid, 10000)", pid=pid)
    connection.invalidate()
    connection.close()
    for table in ("price_snapshots", "price_changes", "checks", "alerts", "alert_deliveries", "alert_states"):
        assert rows(f"SELECT count(*) AS n FROM pricewatch.{table}") == [{"n": 0}], table
    store(lamp.database, [check], ALERTING)
    assert alerts(rows) == [("target", "lamp", Decimal(19))]


def killed_run(url: str, point: str) -> int:
    """How a run in a process of its own ends that is killed at this point."""
    command = [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_run", url, point, "SIGKILL"]
    return subprocess.run(command, check=False, timeout=60).returncode


class Together(SilentObserver):
    """Of runs that share a barrier, none looks before all have claimed."""

    def __init__(self, barrier: threading.Barrier) -> None:
        self._barrier = barrier
        self._has_met = False

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        if checks and not self._has_met:
            self._has_met = True
            self._barrier.wait(30)


def test_a_killed_run_and_runs_side_by_side_raise_each_alert_once(
    database: Database, database_url: str, rows: Rows
) -> None:
    with serve(lambda _: product("9.50")) as server:
        store_watches(database, watches_on(server.base_url, 30, schedule=EVERY_HOUR, target_price=Decimal(10)))
        assert killed_run(database_url, "looked") == -signal.SIGKILL
        assert alerts(rows) == []
        rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second' WHERE claim_token IS NOT NULL")
        rows("UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'")
        engine, barrier = engine_on(database, batch_size=10), threading.Barrier(2)
        with ThreadPoolExecutor(2) as threads:
            reports = list(threads.map(lambda _: check_due(engine, observer=Together(barrier)), range(2)))
    assert sum(report.checks for report in reports) == 30
    assert sorted(alerts(rows), key=lambda each: int(each[1][1:])) == [
        ("target", f"w{n}", Decimal("9.5")) for n in range(30)
    ]
