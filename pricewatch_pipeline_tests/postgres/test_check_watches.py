"""The engine on a real database and a real server: what is due is looked at once, stored, and due again later."""

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import ActiveWindow, Schedule, Store, Watch
from pricewatch_pipeline.errors import DatabaseUnavailable, NotFound
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import SilentObserver, check_due, check_now
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.migrate import upgrade
from pricewatch_pipeline_tests.support.loopback import Received, Reply, html, serve
from pricewatch_pipeline_tests.support.shop import (
    EVERY_HOUR,
    engine_on,
    product,
    store_watches,
    watch,
    watches_on,
)

Rows = Callable[..., list[dict[str, Any]]]


def test_a_due_watch_gets_a_snapshot_a_ledger_row_and_its_next_slot(database: Database, rows: Rows) -> None:
    with serve({"/0": product("1299.00", currency="GBP", name="Lounge chair")}) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        report = check_due(engine_on(database), run_id="run-1")
        again = check_due(engine_on(database), run_id="run-2")
    assert (report.checks, report.snapshots, again.checks) == (1, 1, 0)
    assert server.paths == ["/0"]
    (snapshot,) = rows("SELECT * FROM pricewatch.price_snapshots")
    assert (snapshot["price"], snapshot["currency"], snapshot["availability"]) == (Decimal(1299), "GBP", "InStock")
    assert (snapshot["title"], snapshot["run_id"], snapshot["price_text"]) == ("Lounge chair", "run-1", "1299.00")
    (check,) = rows("SELECT * FROM pricewatch.checks")
    assert (check["outcome"], check["attempt"], check["http_status"], check["kind"]) == ("ok", 1, 200, "scheduled")
    assert check["slot_at"] == snapshot["slot_at"]
    assert check["page_sha256"] == snapshot["page_sha256"] == rows("SELECT sha256 FROM pricewatch.pages")[0]["sha256"]
    (state,) = rows("SELECT *, now() AS now FROM pricewatch.watches")
    assert state["now"] < state["next_due_at"] <= state["now"] + timedelta(minutes=90)
    assert (state["slot_at"], state["claim_token"], state["attempt"]) == (state["next_due_at"], None, 0)
    assert state["last_price"] == Decimal(1299)


OUTCOMES: list[tuple[str, Reply, Outcome]] = [
    ("ok", product(), Outcome.OK),
    ("sold-out", product(availability="OutOfStock"), Outcome.OK),
    ("missing", html("no such page", status=404), Outcome.NOT_FOUND),
    ("gone", html("gone", status=410), Outcome.GONE),
    ("busy", html("busy", status=503), Outcome.TRANSPORT),
    ("slow-down", html("slow down", status=429, retry_after="120"), Outcome.RATE_LIMITED),
    (
        "wall",
        html("<title>Just a moment...</title><script>window._cf_chl_opt={}; // challenge</script>"),
        Outcome.BLOCKED,
    ),
    ("consent", html('<form action="https://consent.example/save"><button>Ja</button></form>'), Outcome.CONSENT),
    ("throttled", html("<title>Request Rate Threshold Exceeded</title>", status=403), Outcome.RATE_LIMITED),
    ("article", html("<h1>News</h1>" + "<p>Nothing is for sale here, only words.</p>" * 50), Outcome.UNREADABLE),
]


def test_every_outcome_is_a_row_of_the_ledger_and_only_a_success_is_a_snapshot(database: Database, rows: Rows) -> None:
    with ExitStack() as servers:  # one host each: what a host is told by one answer would hold up the others
        found = [
            watch(name, servers.enter_context(serve({f"/{name}": reply})).url(f"/{name}"), schedule=EVERY_HOUR)
            for name, reply, _ in OUTCOMES
        ]
        private = watch("private", "http://10.0.0.1/lamp", schedule=EVERY_HOUR)
        store_watches(database, [*found, private])
        report = check_due(engine_on(database))
    ledger = {row["watch_id"]: row for row in rows("SELECT * FROM pricewatch.checks")}
    due = {name: outcome for name, _, outcome in OUTCOMES} | {"private": Outcome.FORBIDDEN_ADDRESS}
    assert {name: row["outcome"] for name, row in ledger.items()} == due
    assert report.outcomes == Counter(due.values())
    stored = {row["watch_id"] for row in rows("SELECT watch_id FROM pricewatch.price_snapshots")}
    assert stored == {"ok", "sold-out"}
    assert all(row["error"] for name, row in ledger.items() if name not in stored)
    unread = rows("SELECT count(*) AS n FROM pricewatch.watches WHERE consecutive_failures = 1 AND next_due_at > now()")
    assert unread == [{"n": len(due) - 2}]
    (asked_to_wait,) = rows(
        "SELECT next_due_at - last_checked_at AS wait FROM pricewatch.watches WHERE watch_id = 'slow-down'"
    )
    assert asked_to_wait["wait"] >= timedelta(seconds=119)


def test_a_failed_slot_stays_open_and_is_tried_again(database: Database, rows: Rows) -> None:
    answers = [html("busy", status=503), product("5.00")]
    with serve(lambda _: answers.pop(0)) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        (before,) = rows("SELECT slot_at FROM pricewatch.watches")
        check_due(engine_on(database))
        (failed,) = rows("SELECT slot_at, next_due_at FROM pricewatch.watches")
        rows("UPDATE pricewatch.watches SET next_due_at = now()")
        check_due(engine_on(database))
    assert failed["slot_at"] == before["slot_at"] < failed["next_due_at"]
    ledger = rows("SELECT slot_at, attempt, outcome FROM pricewatch.checks ORDER BY attempt")
    assert [(r["slot_at"], r["attempt"], r["outcome"]) for r in ledger] == [
        (before["slot_at"], 1, "transport"),
        (before["slot_at"], 2, "ok"),
    ]
    assert rows("SELECT slot_at FROM pricewatch.price_snapshots") == [before]


def test_a_watch_that_keeps_failing_is_looked_at_once_a_day(database: Database, rows: Rows) -> None:
    with serve({}) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        for _ in range(10):
            rows("UPDATE pricewatch.watches SET next_due_at = now()")
            check_due(engine_on(database))
    (state,) = rows("SELECT *, next_due_at - now() AS wait FROM pricewatch.watches")
    assert state["consecutive_failures"] == 10
    assert state["quarantined_at"] is not None
    assert state["wait"] > timedelta(hours=23)


class _Query(BaseModel):
    pass


class _Broken:
    """A plug-in with a bug."""

    name: ClassVar[str] = "broken"
    query_model: ClassVar[type[BaseModel]] = _Query

    def host_of(self, query: BaseModel) -> str:
        return "broken.example"

    def url_of(self, query: BaseModel) -> str | None:
        return None

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        raise ZeroDivisionError("of the plug-in")


def test_one_watch_never_takes_down_its_batch(database: Database, rows: Rows) -> None:
    with serve({f"/{n}": product() for n in range(5)}) as server:
        bad = Watch(watch_id="bad", provider="broken", query={}, host="broken.example", schedule=EVERY_HOUR)
        gone = Watch(watch_id="gone", provider="uninstalled", query={}, host="broken.example", schedule=EVERY_HOUR)
        store_watches(database, [bad, gone, *watches_on(server.base_url, 5)])
        report = check_due(engine_on(database, providers={**providers(), "broken": _Broken()}))
    assert report.outcomes == {Outcome.OK: 5, Outcome.PROVIDER_ERROR: 2}
    errors = rows("SELECT error FROM pricewatch.checks WHERE outcome = 'provider_error' ORDER BY watch_id")
    assert errors[0]["error"] == "ZeroDivisionError: of the plug-in"
    assert "no provider 'uninstalled'" in errors[1]["error"]


class _Busy(_Broken):
    """A reader that does not come to an end before it is let."""

    name: ClassVar[str] = "busy"

    def __init__(self) -> None:
        self.may_end = threading.Event()

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        await asyncio.to_thread(self.may_end.wait)
        return Reading(outcome=Outcome.UNREADABLE)


class _EndsWhenStored(SilentObserver):
    def __init__(self, busy: _Busy) -> None:
        self.busy = busy
        self.stored_before_the_end = 0

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        if not self.busy.may_end.is_set():
            self.stored_before_the_end += len(checks)
            if self.stored_before_the_end == 5:
                self.busy.may_end.set()


def test_a_page_that_keeps_its_reader_busy_holds_up_no_other(database: Database) -> None:
    busy = _Busy()
    observer = _EndsWhenStored(busy)
    with serve({f"/{n}": product() for n in range(5)}) as server:
        stuck = Watch(watch_id="stuck", provider="busy", query={}, host="busy.example", schedule=EVERY_HOUR)
        store_watches(database, [stuck, *watches_on(server.base_url, 5)])
        report = check_due(engine_on(database, providers={**providers(), "busy": busy}), observer=observer)
    assert observer.stored_before_the_end == 5
    assert report.outcomes == {Outcome.OK: 5, Outcome.UNREADABLE: 1}


def test_outside_its_window_a_claimed_watch_is_put_off_and_not_looked_at(database: Database, rows: Rows) -> None:
    tomorrow = (datetime.now(UTC).weekday() + 2) % 7
    midnight = datetime.min.time()
    window = ActiveWindow(days=frozenset({tomorrow}), start=midnight, end=midnight)
    with serve({"/0": product()}) as server:
        schedule = Schedule(every=timedelta(hours=1), windows=(window,))
        store_watches(database, watches_on(server.base_url, 1, schedule=schedule))
        report = check_due(engine_on(database))
    assert (report.checks, report.deferred, server.requests) == (0, 1, [])
    (state,) = rows("SELECT next_due_at, claim_token, consecutive_failures FROM pricewatch.watches")
    assert state["next_due_at"].weekday() == tomorrow
    assert (state["claim_token"], state["consecutive_failures"]) == (None, 0)


def test_a_watch_whose_workers_keep_dying_is_taken_for_poison(database: Database, rows: Rows) -> None:
    with serve({"/0": product()}) as server:
        store_watches(database, watches_on(server.base_url, 1))
        rows(
            "UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = now() - interval '1 s', attempt = 3"
        )
        report = check_due(engine_on(database))
    assert (report.checks, report.deferred, server.requests) == (0, 1, [])
    (state,) = rows("SELECT quarantined_at, next_due_at - now() AS wait FROM pricewatch.watches")
    assert state["quarantined_at"] is not None
    assert state["wait"] > timedelta(hours=23)


def test_an_outage_is_followed_by_one_check_per_watch(database: Database, rows: Rows) -> None:
    with serve({f"/{n}": product() for n in range(20)}) as server:
        store_watches(database, watches_on(server.base_url, 20, schedule=EVERY_HOUR))
        rows(
            "UPDATE pricewatch.watches SET slot_at = now() - interval '9 hours', next_due_at = now() - interval '9 hours'"
        )
        check_due(engine_on(database))
        check_due(engine_on(database))
    assert len(server.requests) == 20
    assert rows("SELECT count(*) AS n FROM pricewatch.watches WHERE next_due_at > now()") == [{"n": 20}]


def test_checks_by_hand_have_slots_of_their_own_and_leave_the_schedule_alone(database: Database, rows: Rows) -> None:
    with serve({"/0": product("7.00")}) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        before = rows("SELECT slot_at, next_due_at, attempt FROM pricewatch.watches")
        engine = engine_on(database, moves_schedule=False)
        results = [check_now(engine, ["w0"]).results[0] for _ in range(2)]
    assert [result.outcome for result in results] == [Outcome.OK, Outcome.OK]
    assert rows("SELECT slot_at, next_due_at, attempt FROM pricewatch.watches") == before
    assert len(rows("SELECT DISTINCT slot_at FROM pricewatch.price_snapshots")) == 2
    assert rows("SELECT DISTINCT kind FROM pricewatch.checks") == [{"kind": "manual"}]


def test_a_check_by_hand_moves_the_schedule_when_told_to(database: Database, rows: Rows) -> None:
    with serve({"/0": product()}) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        check_now(engine_on(database), ["w0"])
    assert rows("SELECT next_due_at > now() AS is_later FROM pricewatch.watches") == [{"is_later": True}]


def test_an_unknown_watch_is_named_and_nothing_is_checked(database: Database) -> None:
    with serve({"/0": product()}) as server:
        store_watches(database, watches_on(server.base_url, 1))
        with pytest.raises(NotFound, match="no such watch: nope"):
            check_now(engine_on(database), ["w0", "nope"])
    assert server.requests == []


def test_two_runs_side_by_side_keep_a_hosts_pace_by_the_servers_own_clock(
    database: Database, database_url: str, rows: Rows
) -> None:
    arrivals: list[float] = []

    def answer(_: Received) -> Reply:
        arrivals.append(time.monotonic())
        return product()

    with serve(answer) as server:
        store_watches(database, watches_on(server.base_url, 12), min_delay_s=0.1)
        start = database.now()
        others = Database(database_url)
        with ThreadPoolExecutor(2) as threads:
            reports = list(threads.map(lambda d: check_due(engine_on(d, batch_size=6)), [database, others]))
        others.close()
    assert sum(report.checks for report in reports) == 12
    assert len(arrivals) == 12
    (host,) = rows("SELECT next_slot_at - :start AS reserved FROM pricewatch.hosts", start=start)
    assert host["reserved"] >= timedelta(seconds=12 * 0.1)
    # An arrival may be late by scheduling, so by the server's clock only the order of magnitude is sure.
    assert arrivals[-1] - arrivals[0] > 11 * 0.1 / 2


def test_a_worker_that_lost_its_lease_writes_nothing(database: Database, rows: Rows) -> None:
    def lose(_: Received) -> Reply:
        rows("UPDATE pricewatch.watches SET claim_token = gen_random_uuid()")
        return product()

    with serve(lose) as server:
        store_watches(database, watches_on(server.base_url, 1))
        report = check_due(engine_on(database))
    assert (report.lost, report.checks) == (1, 0)
    assert rows("SELECT 1 FROM pricewatch.checks") == rows("SELECT 1 FROM pricewatch.price_snapshots") == []


def test_a_long_run_renews_its_lease(database: Database, rows: Rows) -> None:
    seen: list[bool] = []

    def answer(_: Received) -> Reply:
        seen.append(
            rows("SELECT claimed_until > now() AS held FROM pricewatch.watches WHERE watch_id = 'w9'")[0]["held"]
        )
        return product()

    with serve(answer) as server:
        store_watches(database, watches_on(server.base_url, 10), min_delay_s=0.3)
        report = check_due(engine_on(database, lease=timedelta(seconds=1)))
    assert (report.checks, report.lost) == (10, 0)
    assert all(seen[:9])


def test_editing_a_watch_while_it_is_checked_discards_the_old_answer(database: Database, rows: Rows) -> None:
    def edit(request: Received) -> Reply:
        if request.path == "/0":
            store_watches(database, [watch("w0", f"{server.base_url}/new", schedule=EVERY_HOUR)])
            return product("1.00")
        return product("2.00")

    with serve(edit) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR))
        check_due(engine_on(database))
        check_due(engine_on(database))
    assert rows("SELECT price FROM pricewatch.price_snapshots") == [{"price": Decimal(2)}]


@contextmanager
def _server_of_its_own(folder: Any) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(folder)
    try:
        with server.running():
            server.ensure_database("pricewatch")
            upgrade(server.url("pricewatch"))
            yield server
    finally:
        server.destroy()


class _PullsThePlug(SilentObserver):
    """Stops PostgreSQL at the first look and starts it again a while later."""

    def __init__(self, server: EmbeddedServer, then: Callable[[], None]) -> None:
        self.server = server
        self.then = then
        self.is_done = False

    def looked(self, check: object) -> None:
        if not self.is_done:
            self.is_done = True
            self.then()


def test_postgresql_gone_in_the_middle_loses_and_doubles_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("gone")
    with _server_of_its_own(folder) as server, serve({f"/{n}": product() for n in range(30)}) as shop:
        database = Database(server.url("pricewatch"))
        store_watches(database, watches_on(shop.base_url, 30, schedule=EVERY_HOUR))
        observer = _PullsThePlug(server, lambda: _restart(server))
        report = check_due(engine_on(database), observer=observer)
        with database.transaction() as connection:
            stored = connection.exec_driver_sql(
                "SELECT count(*), count(DISTINCT watch_id) FROM pricewatch.checks"
            ).one()
        database.close()
    assert observer.is_done
    assert (report.checks, report.lost) == (30, 0)
    assert tuple(stored) == (30, 30)
    assert len(shop.requests) == 30


def _restart(server: EmbeddedServer) -> None:
    """As a crash would: without a word to the clients."""
    _crash(server)
    server.start_and_keep()


def _crash(server: EmbeddedServer) -> None:
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_database_that_stays_away_ends_the_run_with_the_reason(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("away")
    with _server_of_its_own(folder) as server:
        database = Database(server.url("pricewatch"))
        _crash(server)
        with pytest.raises(DatabaseUnavailable, match="did not answer") as refused:
            database.run(lambda connection: None, patience=timedelta(0))
        database.close()
    assert "postgres:***@" in str(refused.value)
