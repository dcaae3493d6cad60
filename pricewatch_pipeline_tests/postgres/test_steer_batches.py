"""Batches by hand, and the end of one by a word."""

from collections.abc import Callable
from typing import Any

import pytest

from pricewatch_pipeline.domain.batches import BatchProgress, BatchState
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import NotFound, WatchBusy
from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.check_watches import check_now
from pricewatch_pipeline.storage import batches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.batches import engine, progress_of, site
from pricewatch_pipeline_tests.support.loopback import Answer, html
from pricewatch_pipeline_tests.support.matrix import priced
from pricewatch_pipeline_tests.support.shop import store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]


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
