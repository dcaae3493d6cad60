"""Batches of matrix watches on a real database and a real server: each combination once, one check in the end."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.batches import BatchProgress, BatchState
from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import NotFound, WatchBusy
from pricewatch_pipeline.registry import google_flights, providers
from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.check_watches import Engine, SilentObserver, check_due, check_now
from pricewatch_pipeline.services.decide_doubts import confirm_price
from pricewatch_pipeline.storage import batches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.flight_site import serve_flights
from pricewatch_pipeline_tests.support.loopback import Answer, Received, Server, html, serve
from pricewatch_pipeline_tests.support.matrix import MatrixProvider, answer, matrix, priced
from pricewatch_pipeline_tests.support.raised import ALERTING
from pricewatch_pipeline_tests.support.shop import engine_on, product, store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]


def engine(database: Database, **fields: Any) -> Engine:
    return engine_on(database, **{"providers": {"matrix": MatrixProvider()}, **fields})


@contextmanager
def site(database: Database, pages: int, reply: Callable[[str], Answer] = priced) -> Iterator[Server]:
    """A server with so many pages, and a watch on them that is due."""
    with serve(lambda request: reply(request.path)) as server:
        store_watches(database, [matrix(server.base_url, pages)])
        yield server


def progress_of(database: Database, name: str = "sweep") -> BatchProgress:
    found = database.run(lambda connection: batches.progress_of(connection, name))
    assert found
    return found


def end_lease(rows: Rows) -> None:
    rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second' WHERE claim_token IS NOT NULL")
    rows("UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'")


def test_a_batch_ends_as_one_check_with_the_lowest_price(database: Database, rows: Rows) -> None:
    with site(database, 30) as server:
        (before,) = rows("SELECT slot_at FROM pricewatch.watches")
        assert database.run(lambda connection: batches.due(connection, at_most=10)) == 1
        assert check_due(engine(database)).checks == 0
        report = check_batches(engine(database), run_id="run-1")
        again = check_batches(engine(database), run_id="run-2")
    assert (report.checks, report.snapshots, again.claimed) == (1, 1, 0)
    assert database.run(lambda connection: batches.due(connection, at_most=10)) == 0
    assert Counter(server.paths) == Counter(f"/{n}" for n in range(30))
    (snapshot,) = rows("SELECT * FROM pricewatch.price_snapshots")
    assert (snapshot["price"], snapshot["currency"], snapshot["title"]) == (Decimal("1.50"), "EUR", "trip /0")
    assert (snapshot["reason"], snapshot["url"]) == ("lowest of 30 combinations: the only price", server.url("/0"))
    assert snapshot["slot_at"] == before["slot_at"]
    (check,) = rows(
        "SELECT *, (SELECT sum(wire_bytes) FROM pricewatch.batch_combinations) AS sum FROM pricewatch.checks"
    )
    assert (check["outcome"], check["attempt"], check["page_count"], check["error"]) == ("ok", 1, 30, None)
    assert check["wire_bytes"] == check["sum"] > 0
    (state,) = rows("SELECT *, now() AS now FROM pricewatch.watches")
    assert (state["claim_token"], state["attempt"], state["last_price"]) == (None, 0, Decimal("1.50"))
    assert state["now"] < state["next_due_at"] == state["slot_at"]
    assert len(rows("SELECT 1 FROM pricewatch.pending_events")) == 1


def test_of_the_pages_only_the_lowest_so_far_and_some_that_cannot_be_read_are_kept(
    database: Database, rows: Rows
) -> None:
    def reply(path: str) -> Answer:
        return answer(outcome="unreadable", path=path) if int(path[1:]) % 3 == 0 else priced(path)

    with site(database, 30, reply):
        check_batches(engine(database))
    kept = rows(
        "SELECT outcome, count(*) AS n FROM pricewatch.batch_combinations WHERE page_sha256 IS NOT NULL GROUP BY 1"
    )
    found = {row["outcome"]: row["n"] for row in kept}
    assert found["unreadable"] == 5
    assert found["ok"] <= 4  # those in hand at the beginning: /1 is the lowest
    (evidence,) = rows("""
        SELECT c.page_sha256 = b.page_sha256 AS is_same, n.page_sha256 = b.page_sha256 AS is_shown
        FROM pricewatch.checks c, pricewatch.price_snapshots n, pricewatch.batch_combinations b WHERE b.number = 2
    """)
    assert evidence == {"is_same": True, "is_shown": True}


OUTCOMES: list[tuple[list[str], str, str | None]] = [
    (["no_offers"] * 4, "no_offers", None),
    (["finished"] * 4, "finished", None),
    (["finished", "no_offers", "no_offers", "finished"], "no_offers", None),
    (["not_priced", "no_offers", "no_offers", "no_offers"], "not_priced", None),
    (["no_offers", "no_offers", "no_offers", "unreadable"], "unreadable", "1 of 4 combinations failed, 1 of them with unreadable, as: page 3: No price could"),
    (["unreadable", "unreadable", "consent", "7.00"], "unreadable", "3 of 4 combinations failed, 2 of them"),
    (["unreadable", "unreadable", "no_offers", "7.00"], "ok", None),
]  # fmt: skip


@pytest.mark.parametrize(("ends", "outcome", "error"), OUTCOMES)
def test_a_batch_ends_by_what_its_combinations_say(
    database: Database, rows: Rows, ends: list[str], outcome: str, error: str | None
) -> None:
    def reply(path: str) -> Answer:
        said = ends[int(path[1:])]
        return answer(said) if said[0].isdigit() else answer(outcome=said)

    with site(database, 4, reply) as server:
        check_batches(engine(database))
        check_batches(engine(database))
    assert len(server.requests) == 4
    (check,) = rows("SELECT outcome, error FROM pricewatch.checks")
    assert check["outcome"] == outcome
    assert error is None or error in check["error"]
    (batch,) = rows("SELECT state, outcome FROM pricewatch.batches")
    assert batch == {"state": "done", "outcome": outcome}
    (state,) = rows(
        "SELECT next_due_at > now() + interval '100 years' AS is_over, consecutive_failures FROM pricewatch.watches"
    )
    assert state["is_over"] == (outcome == "finished")
    assert state["consecutive_failures"] == int(outcome in {"unreadable", "not_priced"})
    assert len(rows("SELECT 1 FROM pricewatch.price_snapshots")) == int(outcome == "ok")


def test_a_batch_that_failed_asks_in_its_next_try_only_what_failed(database: Database, rows: Rows) -> None:
    is_down = True

    def reply(path: str) -> Answer:
        return answer(outcome="unreadable") if is_down and int(path[1:]) >= 2 else priced(path)

    with site(database, 6, reply) as server:
        check_batches(engine(database))
        is_down = False
        rows("UPDATE pricewatch.watches SET next_due_at = now()")
        check_batches(engine(database))
    assert Counter(server.paths) == {"/0": 1, "/1": 1, "/2": 2, "/3": 2, "/4": 2, "/5": 2}
    checks = rows("SELECT slot_at, attempt, outcome FROM pricewatch.checks ORDER BY attempt")
    assert [(check["attempt"], check["outcome"]) for check in checks] == [(1, "unreadable"), (2, "ok")]
    assert checks[0]["slot_at"] == checks[1]["slot_at"]
    (batch,) = rows("SELECT state, outcome, done, failed, takes FROM pricewatch.batches")
    assert batch == {"state": "done", "outcome": "ok", "done": 6, "failed": 0, "takes": 2}
    (snapshot,) = rows("SELECT price, reason FROM pricewatch.price_snapshots")
    assert snapshot == {"price": Decimal("1.50"), "reason": "lowest of 6 combinations: the only price"}


def test_a_page_that_fails_in_passing_is_asked_again_in_the_same_batch(database: Database, rows: Rows) -> None:
    seen: Counter[str] = Counter()

    def reply(path: str) -> Answer:
        seen[path] += 1
        fails = {"/0": 1, "/1": 2, "/2": 3}.get(path, 0)
        return html("busy", status=503) if seen[path] <= fails else priced(path)

    with site(database, 20, reply):
        report = check_batches(engine(database))
    assert [seen[f"/{n}"] for n in range(4)] == [2, 3, 3, 1]
    states = rows(
        "SELECT number, state, attempts, outcome FROM pricewatch.batch_combinations WHERE number <= 4 ORDER BY 1"
    )
    assert [(row["state"], row["attempts"], row["outcome"]) for row in states] == [
        ("done", 2, "ok"),
        ("done", 3, "ok"),
        ("failed", 3, "transport"),
        ("done", 1, "ok"),
    ]
    assert report.outcomes == {Outcome.OK: 1}
    (snapshot,) = rows("SELECT price, reason FROM pricewatch.price_snapshots")
    assert snapshot == {"price": Decimal("1.50"), "reason": "lowest of 19 of 20 combinations; 1 failed: the only price"}
    assert rows("SELECT page_count FROM pricewatch.checks") == [{"page_count": 25}]


def test_prices_in_another_currency_than_most_are_not_compared(database: Database, rows: Rows) -> None:
    with site(database, 5, lambda path: answer("0.10", currency="USD") if path == "/4" else priced(path)):
        check_batches(engine(database))
    assert rows("SELECT price, currency FROM pricewatch.price_snapshots") == [
        {"price": Decimal("1.50"), "currency": "EUR"}
    ]


def test_alerts_are_told_the_signals_of_the_cheapest_combination(database: Database) -> None:
    seen: list[FinishedCheck] = []

    class Listener(SilentObserver):
        def looked(self, check: FinishedCheck) -> None:
            seen.append(check)

    with site(database, 3):
        check_batches(engine(database), observer=Listener())
    assert [check.signals for check in seen] == [{"price_indicator": "of /0"}]


def test_details_lie_with_their_combination_and_partial_results_are_visible(database: Database, rows: Rows) -> None:
    found: list[int] = []

    def reply(path: str) -> Answer:
        if path == "/39":
            found.append(rows("SELECT count(*)::int AS n FROM pricewatch.flight_searches")[0]["n"])
        return priced(path)

    with site(database, 40, reply):
        check_batches(engine(database), run_id="run-1")
    assert 25 < found[0] < 40
    searches = rows("SELECT combination, price, slot_at, run_id FROM pricewatch.flight_searches ORDER BY combination")
    assert [row["combination"] for row in searches] == list(range(1, 41))
    assert searches[6]["price"] == Decimal("7.50")
    assert {(row["slot_at"], row["run_id"]) for row in searches} == {(progress_of(database).slot_at, "run-1")}


def test_progress_is_told_from_the_beginning_to_the_end(database: Database) -> None:
    told: list[BatchProgress] = []

    class Listener(SilentObserver):
        def progressed(self, progress: BatchProgress) -> None:
            told.append(progress)

    with site(database, 12):
        check_batches(engine(database), observer=Listener())
    assert [told[0].ended, told[0].combinations, told[0].share, told[0].state] == [0, 12, 0.0, BatchState.OPEN]
    assert [each.ended for each in told] == sorted(each.ended for each in told)
    assert (told[-1].ended, told[-1].state, told[-1].outcome) == (12, BatchState.DONE, Outcome.OK)
    assert (told[-1].price, told[-1].best_key) == (Decimal("1.50"), "page 0")


def test_few_combinations_are_in_hand_at_a_time(database: Database) -> None:
    in_hand, most, lock = 0, 0, threading.Lock()

    class Counting(MatrixProvider):
        async def check(self, *given: Any) -> Any:
            nonlocal in_hand, most
            with lock:
                in_hand += 1
                most = max(most, in_hand)
            try:
                return await super().check(*given)
            finally:
                in_hand -= 1

    with site(database, 60):
        check_batches(engine(database, providers={"matrix": Counting()}))
    assert most == 4  # the host answers two at once


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
            "UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = now() - interval '1 s', attempt = 3"
        )
        report = check_batches(engine(database))
    assert (report.checks, report.deferred, server.requests) == (0, 1, [])
    (state,) = rows("SELECT quarantined_at, claim_token, next_due_at - now() AS wait FROM pricewatch.watches")
    assert state["quarantined_at"] is not None
    assert state["wait"] > timedelta(hours=23)
    assert rows("SELECT state, outcome FROM pricewatch.batches") == [{"state": "done", "outcome": "abandoned"}]


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


def test_without_its_provider_a_matrix_watch_fails_in_words(database: Database, rows: Rows) -> None:
    with site(database, 5) as server:
        check_batches(engine(database, providers={}))
    assert server.requests == []
    (check,) = rows("SELECT outcome, error FROM pricewatch.checks")
    assert (check["outcome"], check["error"]) == (
        "provider_error",
        "no provider 'matrix' is installed here; there are: none",
    )
    assert rows("SELECT consecutive_failures, claim_token FROM pricewatch.watches") == [
        {"consecutive_failures": 1, "claim_token": None}
    ]


def test_a_doubtful_lowest_price_is_kept_apart_and_the_next_slot_decides(database: Database, rows: Rows) -> None:
    prices = ["100.00"]
    with site(database, 3, lambda path: answer(prices[-1] if path == "/1" else "500.00")) as server:
        check_batches(engine(database))
        prices.append("10.00")
        rows("UPDATE pricewatch.watches SET slot_at = now() - interval '1 s', next_due_at = now() - interval '1 s'")
        check_batches(engine(database))
        assert check_batches(engine(database)).claimed == 0  # not the whole sweep again, for one doubt
    assert len(server.requests) == 6
    assert [row["price"] for row in rows("SELECT price FROM pricewatch.price_snapshots")] == [Decimal(100)]
    assert [row["price"] for row in rows("SELECT price FROM pricewatch.quarantined_offers")] == [Decimal(10)]
    assert rows("SELECT next_due_at > now() + interval '20 minutes' AS is_later FROM pricewatch.watches") == [
        {"is_later": True}
    ]
    newest = """SELECT outcome, price FROM pricewatch.flight_searches
                WHERE slot_at = (SELECT max(slot_at) FROM pricewatch.batches) ORDER BY combination"""
    dear = {"outcome": "ok", "price": Decimal(500)}
    assert rows(newest) == [dear, {"outcome": "implausible", "price": Decimal(10)}, dear]
    confirm_price(database, "sweep", alerting=ALERTING)
    assert rows(newest) == [dear, {"outcome": "ok", "price": Decimal(10)}, dear]


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


def test_by_hand_a_batch_has_a_slot_of_its_own_and_leaves_the_schedule_alone(database: Database, rows: Rows) -> None:
    with site(database, 5) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"))])
        rows(
            "UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour', slot_at = now() + interval '1 hour'"
        )
        before = rows("SELECT watch_id, slot_at, next_due_at, attempt, claim_token FROM pricewatch.watches ORDER BY 1")
        report = check_now(engine(database, moves_schedule=False), ["sweep", "lamp"], run_id="hand")
        assert (
            rows("SELECT watch_id, slot_at, next_due_at, attempt, claim_token FROM pricewatch.watches ORDER BY 1")
            == before
        )
        assert check_batches(engine(database)).claimed == 0
    assert [(check.watch_id, check.outcome) for check in report.results] == [
        ("lamp", Outcome.PROVIDER_ERROR),  # this engine knows no shops
        ("sweep", Outcome.OK),
    ]
    assert rows("SELECT kind, state, run_id FROM pricewatch.batches") == [
        {"kind": "manual", "state": "done", "run_id": "hand"}
    ]
    (check,) = rows("SELECT kind, slot_at < now() AS is_past FROM pricewatch.checks WHERE watch_id = 'sweep'")
    assert check == {"kind": "manual", "is_past": True}


def test_by_hand_a_watch_that_a_run_checks_is_refused_in_words(database: Database, rows: Rows) -> None:
    refused: list[str] = []

    def reply(path: str) -> Answer:
        if path == "/3":
            with pytest.raises(WatchBusy) as error:
                check_now(engine(database), ["sweep"])
            refused.append(str(error.value))
        return priced(path)

    with site(database, 5, reply) as server:
        check_batches(engine(database))
    assert refused == ["sweep is being checked: `pricewatch batch watch sweep` shows how far it is"]
    assert len(server.requests) == 5


def test_by_hand_an_open_batch_is_finished_and_counts_as_what_it_is(database: Database, rows: Rows) -> None:
    rests = [True]

    def reply(path: str) -> Answer:
        return html("slow", status=429, retry_after="60") if path == "/3" and rests and rests.pop() else priced(path)

    with site(database, 8, reply) as server:
        (before,) = rows("SELECT slot_at FROM pricewatch.watches")
        check_batches(engine(database))
        assert progress_of(database).is_open
        rows(
            "UPDATE pricewatch.hosts SET rests_until = NULL, breaker_until = NULL, adaptive_delay_s = 0, next_slot_at = now()"
        )
        report = check_now(engine(database, moves_schedule=False), ["sweep"])
    assert [check.outcome for check in report.results] == [Outcome.OK]
    assert rows("SELECT slot_at, kind FROM pricewatch.checks") == [before | {"kind": "scheduled"}]
    assert rows("SELECT next_due_at > now() AS is_later FROM pricewatch.watches") == [{"is_later": True}]
    assert len(server.requests) == 9


def test_a_cancelled_batch_keeps_what_it_has_and_the_schedule_goes_on(database: Database, rows: Rows) -> None:
    asked: list[BatchProgress | None] = []

    def reply(path: str) -> Answer:
        if path == "/10":
            asked.append(database.run(lambda connection: batches.ask_cancel(connection, "sweep")))
        return priced(path)

    with site(database, 10_000, reply) as server:
        report = check_batches(engine(database))
    assert asked[0]
    assert asked[0].cancel_asked_at
    assert len(server.requests) < 10_000
    assert report.outcomes == {Outcome.CANCELLED: 1}
    ended = progress_of(database)
    assert (ended.state, ended.outcome) == (BatchState.CANCELLED, Outcome.CANCELLED)
    (check,) = rows("SELECT outcome, error FROM pricewatch.checks")
    assert check == {
        "outcome": "cancelled",
        "error": f"cancelled after {ended.ended} of 10000 combinations; what was read of them is kept",
    }
    assert rows("SELECT count(*)::int AS n FROM pricewatch.flight_searches") == [{"n": ended.ended}]
    assert rows("SELECT 1 FROM pricewatch.price_snapshots") == []
    (state,) = rows("SELECT next_due_at > now() AS is_later, claim_token, consecutive_failures FROM pricewatch.watches")
    assert state == {"is_later": True, "claim_token": None, "consecutive_failures": 0}


def test_a_batch_that_no_run_makes_is_cancelled_at_once(database: Database, rows: Rows) -> None:
    with site(database, 5):
        rows("""INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations, done)
                SELECT watch_id, slot_at, 'scheduled', query, 5, 2 FROM pricewatch.watches""")
        rows("""UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = now() - interval '1 s',
                    consecutive_failures = 2""")
        ended = database.run(lambda connection: batches.ask_cancel(connection, "sweep"))
        assert check_batches(engine(database)).claimed == 0
    assert ended
    assert (ended.state, ended.outcome, ended.finished_at is None) == (BatchState.CANCELLED, Outcome.CANCELLED, False)
    assert rows("SELECT outcome FROM pricewatch.checks") == [{"outcome": "cancelled"}]
    assert rows(
        "SELECT next_due_at > now() AS is_later, claim_token, consecutive_failures AS failed FROM pricewatch.watches"
    ) == [{"is_later": True, "claim_token": None, "failed": 2}]


def test_what_is_not_there_cannot_be_cancelled(database: Database) -> None:
    with site(database, 5):
        assert database.run(lambda connection: batches.ask_cancel(connection, "sweep")) is None
        assert database.run(lambda connection: batches.progress_of(connection, "sweep")) is None
        with pytest.raises(NotFound, match="no watch 'nope'"):
            database.run(lambda connection: batches.ask_cancel(connection, "nope"))
        with pytest.raises(NotFound, match="no watch and no batch '77'"):
            database.run(lambda connection: batches.progress_of(connection, "77"))


def test_a_combination_whose_details_cannot_be_stored_has_its_price_all_the_same(
    database: Database, rows: Rows
) -> None:
    no_day = {"departs_on": None}
    with site(database, 5, lambda path: answer("7.00", row=no_day if path == "/2" else {})):
        check_batches(engine(database))
    states = rows(
        "SELECT number, state, error IS NOT NULL AS has_error FROM pricewatch.batch_combinations ORDER BY number"
    )
    assert [(row["state"], row["has_error"]) for row in states] == [("done", n == 2) for n in range(5)]
    assert rows("SELECT price FROM pricewatch.price_snapshots") == [{"price": Decimal(7)}]


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


def let_ask(rows: Rows) -> None:
    rows(
        "UPDATE pricewatch.hosts SET rests_until = NULL, breaker_until = NULL, adaptive_delay_s = 0, next_slot_at = now()"
    )
    rows("UPDATE pricewatch.watches SET next_due_at = now()")


def test_a_few_that_always_fail_and_close_their_host_keep_nothing_back(database: Database, rows: Rows) -> None:
    with site(database, 40, lambda path: html("", status=503) if int(path[1:]) % 4 == 3 else priced(path)) as server:
        for _ in range(3):
            if check_batches(engine(database)).checks:
                break
            let_ask(rows)
    assert max(Counter(server.paths).values()) <= 3
    assert rows("SELECT state, outcome, done, failed FROM pricewatch.batches") == [
        {"state": "done", "outcome": "ok", "done": 30, "failed": 10}
    ]
    (snapshot,) = rows("SELECT price, reason FROM pricewatch.price_snapshots")
    assert snapshot["reason"].startswith("lowest of 30 of 40 combinations; 10 failed")


def test_of_several_at_the_lowest_price_the_page_of_one_is_kept(database: Database, rows: Rows) -> None:
    failed: list[str] = []

    def reply(path: str) -> Answer:
        if path == "/0" and not failed:
            failed.append(path)
            return html("", status=503)
        return answer("7.50")

    with site(database, 6, reply):
        check_batches(engine(database))
    assert rows("SELECT price, page_sha256 IS NOT NULL AS is_kept FROM pricewatch.price_snapshots") == [
        {"price": Decimal("7.50"), "is_kept": True}
    ]


def test_a_site_that_shows_all_the_same_wall_is_not_asked_for_the_whole_sweep(database: Database, rows: Rows) -> None:
    with site(database, 60, lambda path: answer(outcome="login")) as server:
        report = check_batches(engine(database))
    assert (report.checks, 20 <= len(server.requests) < 30) == (1, True)
    assert rows("SELECT state, outcome, done, failed FROM pricewatch.batches") == [
        {"state": "done", "outcome": "login", "done": 0, "failed": 60}
    ]
    (last,) = rows("SELECT attempts, outcome, error FROM pricewatch.batch_combinations ORDER BY number DESC LIMIT 1")
    assert last == {
        "attempts": 0, "outcome": "login", "error": "not asked: those before it failed, all in this way",
    }  # fmt: skip


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


def test_a_plain_watch_is_no_batch(database: Database, rows: Rows) -> None:
    with serve({"/lamp": product()}) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"))])
        assert check_batches(engine(database)).claimed == 0
    assert database.run(lambda connection: batches.matrix_watches(connection, ["lamp"])) == []


def test_a_matrix_of_flights_has_the_lowest_fare_of_the_site(database: Database, rows: Rows) -> None:
    with serve_flights() as flights:
        asked = {
            "origins": ["LHR", "LGW"], "destinations": "JFK", "departs": "2027-01-10..2027-01-12", "stay": [7],
            "matrix": True, "currency": "GBP", "site": flights.base_url,
        }  # fmt: skip
        provider = google_flights()
        query = provider.query_model.model_validate(asked)
        found = Watch(
            watch_id="ny",
            provider=provider.name,
            query=query.model_dump(mode="json", exclude_none=True),
            host=provider.host_of(query),
            url=provider.url_of(query),
            is_matrix=True,
        )
        store_watches(database, [found])
        report = check_batches(engine_on(database, providers=providers()))
        fares = {
            (one.origin, one.departs_on): flights.fare_of(
                one.origin, one.destination, one.departs_on, one.returns_on, currency="GBP"
            )
            for one in flights.asked
        }
    assert report.outcomes == {Outcome.OK: 1}
    assert len(fares) == len(flights.asked) == 6
    (snapshot,) = rows("SELECT price, currency, reason FROM pricewatch.price_snapshots")
    assert (snapshot["price"], snapshot["currency"]) == (min(fares.values()), "GBP")
    assert snapshot["reason"].startswith("lowest of 6 combinations: ")
    lowest = rows("SELECT combination, min(price) AS price FROM pricewatch.flight_offers GROUP BY 1 ORDER BY 1")
    assert sorted(row["price"] for row in lowest) == sorted(fares.values())
    assert len(rows("SELECT 1 FROM analytics.fare_calendar")) == 6
