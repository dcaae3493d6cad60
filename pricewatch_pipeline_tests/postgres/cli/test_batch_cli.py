"""Batches on the command line: rows of the tables in, what people see out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from pricewatch_pipeline.cli.batch_watch import awaited
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_batches import show_batch
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def matrix(synced: Path, rows: Rows) -> str:
    """A watch that stands for four queries, due in two days."""
    rows(
        "UPDATE pricewatch.watches SET is_matrix = true, next_due_at = now() + interval '49 hours 30 minutes' WHERE watch_id = 'lamp'"
    )
    return "lamp"


@pytest.fixture
def open_batch(rows: Rows) -> Callable[..., int]:
    """Writes a batch of the lamp with two answers, a failure and one to come; its number."""

    def write(*, state: str = "open", outcome: str | None = None, price: str | None = "321.00") -> int:
        (batch,) = rows(
            """INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, state, combinations, done, failed, outcome,
                                               price, currency, best_number, opened_at, finished_at)
               VALUES ('lamp', now(), 'scheduled', '{}', :state, 4, 2, 1, :outcome, cast(:price AS numeric), 'GBP', 2,
                       now() - interval '90 seconds', CASE WHEN :state <> 'open' THEN now() END)
               RETURNING batch_id""",
            state=state,
            outcome=outcome,
            price=price,
        )
        rows(
            """INSERT INTO pricewatch.batch_combinations (batch_id, number, key, query, url, state, attempts, outcome, error,
                                                          price, currency)
               SELECT :batch_id, number, 'LHR-JFK 2027-01-0' || number, '{}', 'http://127.0.0.1/' || number, r.state, 1,
                      r.outcome, r.error, price, CASE WHEN price IS NOT NULL THEN 'GBP' END
               FROM (VALUES (1, 'done', 'ok', NULL, 400.5), (2, 'done', 'ok', NULL, 321),
                            (3, 'failed', 'timeout', 'it took too long', NULL), (4, 'waiting', NULL, NULL, NULL))
                    AS r(number, state, outcome, error, price)""",
            batch_id=batch["batch_id"],
        )
        number: int = batch["batch_id"]
        return number

    return write


def test_batches_are_listed_the_open_one_first(
    matrix: str, open_batch: Callable[..., int], run: Run, ask: Json
) -> None:
    assert run("batch", "list").stdout.startswith("No batches yet")
    opened = open_batch()
    done = open_batch(state="done", outcome="ok")
    assert [(each["batch_id"], each["state"]) for each in ask("batch", "list")] == [(opened, "open"), (done, "done")]
    rows = [line.split("│") for line in run("batch", "list").stdout.splitlines() if " lamp " in line]
    assert [[cell.strip() for cell in row[3:6]] for row in rows] == [
        ["open", "3 of 4, 1 failed", "321 GBP"],
        ["ok", "3 of 4, 1 failed", "321 GBP"],
    ]
    assert f"Batch {opened} of lamp: 3 of 4 combinations, 1 failed; lowest 321 GBP" in run("status").stdout
    assert "batch " in run("watch", "show", "lamp").stdout


def test_a_batch_is_shown_by_its_watch_or_number_with_the_cheapest_and_what_failed(
    matrix: str, open_batch: Callable[..., int], run: Run, ask: Json
) -> None:
    number = open_batch()
    for name in ("lamp", str(number)):
        shown = run("batch", "show", name).stdout
        assert "3 of 4, 1 failed" in shown
        assert "it took too long" in shown
        assert shown.index("LHR-JFK 2027-01-02") < shown.index("LHR-JFK 2027-01-01")
        assert "LHR-JFK 2027-01-04" not in shown
    assert "LHR-JFK 2027-01-04" in run("batch", "show", "lamp", "--all").stdout
    found = ask("batch", "show", "lamp")
    assert found["outcomes"] == {"ok": 2, "timeout": 1}
    assert [each["price"] for each in found["cheapest"]] == ["321", "400.50"]


def test_looking_at_a_batch_that_is_over_says_how_it_ended_and_ends_at_once(
    matrix: str, open_batch: Callable[..., int], run: Run, ask: Json
) -> None:
    number = open_batch(state="done", outcome="ok")
    result = run("batch", "watch", "lamp")
    assert result.stdout == (
        f"Batch {number} of lamp ended in 1m 30s: 3 of 4 combinations, 1 failed; lowest 321 GBP (LHR-JFK 2027-01-02).\n"
    )
    assert result.exit_code == 0
    assert ask("batch", "watch", "lamp")["state"] == "done"


def test_looking_at_a_batch_that_failed_gives_exit_code_one(
    matrix: str, open_batch: Callable[..., int], run: Run
) -> None:
    open_batch(state="done", outcome="blocked", price=None)
    assert run("batch", "watch", "lamp").exit_code == 1


def test_a_matrix_without_a_batch_says_when_the_next_is_due(matrix: str, run: Run) -> None:
    for result in (run("batch", "watch", "lamp"), run("batch", "show", "lamp")):
        assert "lamp has had no batch yet: next in 2d 1h" in result.output
        assert result.exit_code == 0


def test_a_batch_is_cancelled_by_its_watch_and_only_once(
    matrix: str, open_batch: Callable[..., int], run: Run, ask: Json
) -> None:
    number = open_batch()
    said = run("flights", "cancel", "lamp").stdout
    assert said.startswith(
        f"Batch {number} of lamp is cancelled: 3 of 4 combinations, 1 failed; what was read of them stays."
    )
    assert "`pricewatch check lamp` starts a new one" in said
    assert ask("batch", "show", "lamp")["state"] == "cancelled"
    again = run("batch", "cancel", "lamp")
    assert again.stderr.startswith(
        "error: lamp has no open batch (the last one is cancelled): there is nothing to cancel"
    )
    assert again.exit_code == 1
    assert run("batch", "watch", "lamp").exit_code == 1


def test_what_has_no_batches_is_one_clear_sentence(matrix: str, run: Run) -> None:
    for arguments, says in (
        (("watch", "nothing"), "there is no watch and no batch 'nothing'"),
        (("show", "999999"), "there is no watch and no batch '999999'"),
        (("cancel", "kettle"), "kettle is one query and has no batches: `pricewatch check kettle` looks at once"),
        (("watch", "kettle"), "kettle is one query and has no batches"),
    ):
        result = run("batch", *arguments)
        assert result.stderr.startswith(f"error: {says}")
        assert result.exit_code == 1


def test_a_batch_that_is_due_is_waited_for_until_it_begins(
    matrix: str, open_batch: Callable[..., int], rows: Rows, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    rows("UPDATE pricewatch.watches SET claimed_until = now() + interval '1 hour', claimed_by = 'a run'")
    begun: list[int] = []
    with opened_pipeline(load_settings()) as pipeline:
        found = awaited(pipeline, matrix, sleep=lambda _: begun.append(open_batch()))
        assert found is not None
        assert [found.batch_id] == begun
    assert "lamp has had no batch yet: being checked by a run" in capsys.readouterr().err


def test_the_waiting_ends_when_no_batch_begins(matrix: str, rows: Rows, run: Run) -> None:
    rows("UPDATE pricewatch.watches SET claimed_until = now() + interval '1 hour', claimed_by = 'a run'")

    def lapse(_: float) -> None:
        rows("UPDATE pricewatch.watches SET claimed_until = NULL WHERE watch_id = 'lamp'")

    with opened_pipeline(load_settings()) as pipeline:
        assert awaited(pipeline, matrix, sleep=lapse) is None


def test_the_parts_of_a_batch_are_of_one_instant(
    matrix: str, open_batch: Callable[..., int], rows: Rows, run: Run
) -> None:
    open_batch()

    def go_on(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "GROUP BY outcome" in statement:  # between the numbers of the batch and those of its combinations
            rows("UPDATE pricewatch.batch_combinations SET state = 'done', outcome = 'ok' WHERE number = 4")

    with opened_pipeline(load_settings()) as pipeline:
        event.listen(pipeline.database.engine, "before_cursor_execute", go_on)
        before, after = (show_batch(pipeline, matrix, with_all=False) for _ in range(2))
    assert before is not None
    assert before.progress.ended == sum(before.outcomes.values()) == 3
    assert after is not None
    assert sum(after.outcomes.values()) == 4


def test_a_matrix_that_a_run_checks_is_refused_before_a_run_is_made(matrix: str, rows: Rows, run: Run) -> None:
    rows("UPDATE pricewatch.watches SET claimed_until = now() + interval '1 hour' WHERE watch_id = 'lamp'")
    refused = run("check", matrix)
    assert refused.stderr == "error: lamp is being checked: `pricewatch batch watch lamp` shows how far it is\n"
    assert refused.exit_code == 1
