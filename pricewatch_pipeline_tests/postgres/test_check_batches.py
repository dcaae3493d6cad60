"""Batches of matrix watches on a real database and a real server: each combination once, one check in the end."""

import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.batches import BatchProgress, BatchState
from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.registry import google_flights, providers
from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.check_watches import SilentObserver, check_due
from pricewatch_pipeline.services.decide_doubts import confirm_price
from pricewatch_pipeline.storage import batches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.batches import engine, let_ask, progress_of, site
from pricewatch_pipeline_tests.support.flight_site import serve_flights
from pricewatch_pipeline_tests.support.loopback import Answer, html, serve
from pricewatch_pipeline_tests.support.matrix import MatrixProvider, answer, priced
from pricewatch_pipeline_tests.support.raised import ALERTING
from pricewatch_pipeline_tests.support.shop import engine_on, product, store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]


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
