"""Batches that a run leaves behind, and what the next one makes of them: leases, rests, changed definitions, poison."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.check_watches import SilentObserver
from pricewatch_pipeline.storage import batches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.batches import end_lease, engine, let_ask, site
from pricewatch_pipeline_tests.support.loopback import Answer, Received, html, serve
from pricewatch_pipeline_tests.support.matrix import matrix, priced
from pricewatch_pipeline_tests.support.shop import store_watches

Rows = Callable[..., list[dict[str, Any]]]


def test_two_runs_at_once_share_no_batch(database: Database, database_url: str, rows: Rows) -> None:
    others = Database(database_url)
    with site(database, 60) as server:
        store_watches(database, [matrix(server.base_url, 20, watch_id="other")])
        with ThreadPoolExecutor(2) as threads:
            reports = list(threads.map(lambda d: check_batches(engine(d)), [database, others]))
    others.close()
    assert sum(report.checks for report in reports) == 2
    assert sum(report.lost for report in reports) == 0
    assert Counter(server.paths) == Counter([f"/{n}" for n in range(60)] + [f"/{n}" for n in range(20)])
    assert rows("SELECT takes FROM pricewatch.batches") == [{"takes": 1}, {"takes": 1}]


def test_a_run_that_lost_its_lease_writes_nothing_more(database: Database, rows: Rows) -> None:
    thieves = ["another run"]

    def reply(path: str) -> Answer:
        if path == "/10" and thieves:
            thieves.pop()
            rows("UPDATE pricewatch.watches SET claim_token = gen_random_uuid()")
        return priced(path)

    with site(database, 40, reply) as server:
        report = check_batches(engine(database))
        (stopped,) = rows("SELECT state, done FROM pricewatch.batches")
        assert (report.lost, report.checks, stopped["state"]) == (1, 0, "open")
        assert stopped["done"] <= 11
        assert len(server.requests) <= 30
        end_lease(rows)
        assert check_batches(engine(database)).checks == 1
    assert rows("SELECT done FROM pricewatch.batches") == [{"done": 40}]
    assert max(Counter(server.paths).values()) <= 2


def test_a_definition_that_changes_in_the_middle_supersedes_the_batch(database: Database, rows: Rows) -> None:
    def reply(request: Received) -> Answer:
        if request.path == "/10":
            store_watches(database, [matrix(server.base_url, 5)])
        return priced(request.path)

    with serve(reply) as server:
        store_watches(database, [matrix(server.base_url, 40)])
        assert check_batches(engine(database)).lost == 1
        assert check_batches(engine(database)).checks == 1
    states = rows("SELECT state, combinations, done FROM pricewatch.batches ORDER BY batch_id")
    assert [(row["state"], row["combinations"]) for row in states] == [("superseded", 40), ("done", 5)]
    assert states[1]["done"] == 5
    assert len(rows("SELECT 1 FROM pricewatch.price_snapshots")) == 1


def test_what_lay_for_a_day_is_not_compared_with_what_is_found_now(database: Database, rows: Rows) -> None:
    with site(database, 5) as server:
        rows("""INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations, opened_at)
                SELECT watch_id, slot_at, 'scheduled', query, 5, now() - interval '25 hours' FROM pricewatch.watches""")
        check_batches(engine(database))
    assert [row["state"] for row in rows("SELECT state FROM pricewatch.batches ORDER BY batch_id")] == [
        "superseded",
        "done",
    ]
    assert len(server.requests) == 5


def test_a_host_that_wants_rest_leaves_the_batch_open_and_the_next_run_goes_on(database: Database, rows: Rows) -> None:
    blocked: list[str] = []

    def reply(path: str) -> Answer:
        if path == "/10" and not blocked:
            blocked.append(path)
            return html("slow down", status=429, retry_after="3600")
        return priced(path)

    with site(database, 30, reply) as server:
        report = check_batches(engine(database))
        (open_batch,) = rows("SELECT state, done, failed, slot_at FROM pricewatch.batches")
        (state,) = rows("SELECT claim_token, attempt, consecutive_failures, slot_at FROM pricewatch.watches")
        assert (report.deferred, report.checks) == (1, 0)
        assert (open_batch["state"], open_batch["failed"]) == ("open", 0)
        assert 10 <= open_batch["done"] < 20
        assert state == {"claim_token": None, "attempt": 0, "consecutive_failures": 0, "slot_at": open_batch["slot_at"]}
        assert database.run(lambda connection: batches.due(connection, at_most=10)) == 0
        assert check_batches(engine(database)).claimed == 0
        rows(
            "UPDATE pricewatch.hosts SET rests_until = NULL, breaker_until = NULL, adaptive_delay_s = 0, next_slot_at = now()"
        )
        rows("UPDATE pricewatch.watches SET next_due_at = now()")
        assert check_batches(engine(database)).checks == 1
    asked = Counter(server.paths)
    assert asked.pop("/10") == 2
    assert asked == Counter(f"/{n}" for n in range(30) if n != 10)
    assert rows("SELECT outcome, attempt FROM pricewatch.checks") == [{"outcome": "ok", "attempt": 1}]
    assert rows("SELECT done, takes FROM pricewatch.batches") == [{"done": 30, "takes": 2}]


def test_a_batch_that_keeps_killing_its_runs_is_taken_for_poison(database: Database, rows: Rows) -> None:
    with site(database, 5) as server:
        rows("""INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations, idle_takes)
                SELECT watch_id, slot_at, 'scheduled', query, 5, 3 FROM pricewatch.watches""")
        rows(
            "UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = now() - interval '9 h', attempt = 3"
        )
        (lease,) = rows("SELECT claimed_until FROM pricewatch.watches")
        made_with = engine(database)
        report = check_batches(made_with)
    assert (report.checks, report.deferred, server.requests) == (0, 1, [])
    (state,) = rows("SELECT quarantined_at, claim_token, next_due_at - now() AS wait FROM pricewatch.watches")
    assert state["quarantined_at"] is not None
    assert state["wait"] > timedelta(hours=23)
    assert rows("SELECT state, outcome FROM pricewatch.batches") == [{"state": "done", "outcome": "abandoned"}]
    # Given up when its lease ended, and not when somebody came by.
    lost_at = lease["claimed_until"]
    assert rows("SELECT started_at, finished_at FROM pricewatch.checks") == [
        {"started_at": lost_at - made_with.lease, "finished_at": lost_at}
    ]


def test_a_batch_that_gets_on_between_deaths_is_no_poison(database: Database, rows: Rows) -> None:
    thieves = ["/20", "/40", "/60", "/80"]

    def reply(path: str) -> Answer:
        if path in thieves:
            thieves.remove(path)
            rows("UPDATE pricewatch.watches SET claim_token = gen_random_uuid()")
        return priced(path)

    with site(database, 100, reply):
        for _ in range(4):
            assert check_batches(engine(database)).lost == 1
            end_lease(rows)
        assert check_batches(engine(database)).checks == 1
    assert rows("SELECT quarantined_at FROM pricewatch.watches") == [{"quarantined_at": None}]
    ledger = rows("SELECT outcome FROM pricewatch.checks ORDER BY attempt")
    assert [row["outcome"] for row in ledger] == ["abandoned"] * 4 + ["ok"]


def test_a_batch_by_hand_that_is_superseded_before_its_watch_is_due_is_no_lost_one(
    database: Database, rows: Rows
) -> None:
    with site(database, 3) as server:
        rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour'")
        rows("""INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations)
                SELECT watch_id, now(), 'manual', '{}', 5 FROM pricewatch.watches""")
        report = check_batches(engine(database))
    assert (report.claimed, report.lost, report.deferred, report.checks) == (1, 0, 1, 0)
    assert rows("SELECT state FROM pricewatch.batches") == [{"state": "superseded"}]
    assert rows("SELECT claim_token, attempt FROM pricewatch.watches") == [{"claim_token": None, "attempt": 0}]
    assert server.requests == []


def test_a_watch_whose_batch_is_taken_away_is_given_back_before_the_next_one(database: Database, rows: Rows) -> None:
    held: list[dict[str, Any]] = []
    taken: list[str] = []

    def reply(request: Received) -> Answer:
        (claims,) = rows(
            "SELECT count(claim_token)::int AS held, sum(attempt)::int AS attempts FROM pricewatch.watches"
        )
        if request.path == "/3" and not taken:
            taken.append(request.path)
            rows("UPDATE pricewatch.batches SET state = 'superseded', finished_at = now()")
        held.append(claims)
        return priced(request.path)

    with serve(reply) as server:
        store_watches(database, [replace(matrix(server.base_url, 40), watch_id=name) for name in ("one", "two")])
        report = check_batches(engine(database))
    assert (report.claimed, report.lost, report.checks) == (2, 1, 1)
    assert held[-1] == {"held": 1, "attempts": 1}


def test_a_host_that_rests_again_and_again_makes_no_poison_of_a_batch(database: Database, rows: Rows) -> None:
    rests = [True] * 5

    def reply(path: str) -> Answer:
        return html("slow", status=429, retry_after="60") if rests and rests.pop() else priced(path)

    with site(database, 3, reply):
        for _ in range(8):
            check_batches(engine(database))
            rows(
                "UPDATE pricewatch.hosts SET rests_until = NULL, breaker_until = NULL, adaptive_delay_s = 0, next_slot_at = now()"
            )
            rows("UPDATE pricewatch.watches SET next_due_at = now() WHERE last_checked_at IS NULL")
    assert rows("SELECT outcome FROM pricewatch.checks") == [{"outcome": "ok"}]
    assert rows("SELECT quarantined_at FROM pricewatch.watches") == [{"quarantined_at": None}]


def test_probes_that_are_refused_keep_no_batch_alive(database: Database, rows: Rows) -> None:
    """Two days with a refusal every twelve hours: the fares of the first day are not compared with those of the third."""
    refuses = [False]

    def reply(path: str) -> Answer:
        refuses[0] = refuses[0] or path == "/10"
        return html("slow", status=429, retry_after="60") if refuses[0] else priced(path)

    with site(database, 30, reply):
        for _ in range(4):
            check_batches(engine(database))
            let_ask(rows)
            rows("""UPDATE pricewatch.batches SET opened_at = opened_at - interval '12 hours',
                    updated_at = updated_at - interval '12 hours'""")
            rows("UPDATE pricewatch.batch_combinations SET finished_at = finished_at - interval '12 hours'")
    states = rows("SELECT state, done FROM pricewatch.batches ORDER BY batch_id")
    assert [row["state"] for row in states] == ["superseded", "open"]
    assert [row["done"] >= 10 for row in states] == [True, False]


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """SIGINT is heard, also where whoever started the tests in the background had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupts")
def test_runs_that_are_stopped_make_no_poison_of_a_batch(database: Database, rows: Rows) -> None:
    class Stop(SilentObserver):
        def progressed(self, progress: BatchProgress) -> None:
            if progress.is_open:
                os.kill(os.getpid(), signal.SIGINT)

    with site(database, 3, lambda _: html("slow", status=503)):
        for _ in range(4):
            with pytest.raises(KeyboardInterrupt):
                check_batches(engine(database), observer=Stop())
            (batch,) = rows("SELECT state, idle_takes FROM pricewatch.batches")
            assert batch == {"state": "open", "idle_takes": 0}


def test_a_batch_of_a_watch_that_is_gone_does_not_stay_open(database: Database, rows: Rows) -> None:
    with site(database, 3):
        rows("""INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations)
                SELECT watch_id, slot_at, 'manual', query, 3 FROM pricewatch.watches""")
        rows("UPDATE pricewatch.watches SET archived_at = now()")
        assert check_batches(engine(database)).claimed == 0
    assert rows("SELECT state FROM pricewatch.batches") == [{"state": "superseded"}]
