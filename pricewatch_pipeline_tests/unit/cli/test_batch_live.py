"""How a batch is shown while it goes on."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from pricewatch_pipeline.cli.batch_live import BatchBoard, Rate, Speedometer, end_text, one_line, pace_text
from pricewatch_pipeline.domain.batches import BatchProgress, BatchState
from pricewatch_pipeline.domain.checks import CheckKind
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import DatabaseUnavailable

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPEN = BatchProgress(
    batch_id=7,
    watch_id="lhr-jfk",
    slot_at=NOON,
    kind=CheckKind.SCHEDULED,
    state=BatchState.OPEN,
    combinations=600,
    opened_at=NOON,
    updated_at=NOON,
)
DONE = replace(
    OPEN,
    state=BatchState.DONE,
    done=600,
    outcome=Outcome.NO_OFFERS,
    finished_at=NOON + timedelta(minutes=10, seconds=2),
)
FARE: dict[str, Any] = {"price": Decimal("321.0000"), "currency": "GBP", "best_key": "LHR-JFK 2027-01-15"}


class Ticking:
    """Time that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds


def answers(*found: BatchProgress | DatabaseUnavailable) -> Callable[[], BatchProgress]:
    """One after the other."""
    left = list(found)

    def ask() -> BatchProgress:
        answer = left.pop(0)
        if isinstance(answer, DatabaseUnavailable):
            raise answer
        return answer

    return ask


def followed(*found: BatchProgress | DatabaseUnavailable, is_terminal: bool = False, why: str | None = None) -> str:
    output = io.StringIO()
    console = Console(file=output, width=160, force_terminal=is_terminal)
    BatchBoard(console, answers(*found), lambda: why, clock=Ticking()).follow()
    return output.getvalue()


@pytest.mark.parametrize(
    ("fields", "rate", "says"),
    [
        ({}, None, "lhr-jfk: 0 of 600 combinations"),
        ({"done": 237, "failed": 3}, None, "lhr-jfk: 240 of 600 combinations, 3 failed"),
        ({"done": 4, "cancel_asked_at": NOON}, None, "lhr-jfk: 4 of 600 combinations, being cancelled"),
        (
            {"done": 240, **FARE},
            Rate(per_s=1.0, left=timedelta(seconds=360)),
            "lhr-jfk: 240 of 600 combinations; lowest 321 GBP (LHR-JFK 2027-01-15); 1.0 a second, about 6m left",
        ),
    ],
)
def test_a_batch_is_one_line_of_how_far_it_is(fields: dict[str, Any], rate: Rate | None, says: str) -> None:
    assert one_line(replace(OPEN, **fields), rate) == says


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            replace(DONE, outcome=Outcome.OK, **FARE),
            "Batch 7 of lhr-jfk ended in 10m 2s: 600 of 600 combinations; lowest 321 GBP (LHR-JFK 2027-01-15).",
        ),
        (DONE, "Batch 7 of lhr-jfk ended in 10m 2s: 600 of 600 combinations; The site says that nothing is on offer."),
        (
            replace(OPEN, state=BatchState.CANCELLED, done=5, outcome=Outcome.CANCELLED, **FARE),
            "Batch 7 of lhr-jfk was cancelled after 5 of 600 combinations; lowest 321 GBP (LHR-JFK 2027-01-15).",
        ),
    ],
)
def test_the_end_of_a_batch_is_a_sentence(found: BatchProgress, says: str) -> None:
    assert end_text(found) == says


def test_the_rate_is_that_of_the_last_minute() -> None:
    speed = Speedometer()
    for second in range(100):
        speed.saw(second, second, of=600)
    for second in range(100, 200):
        rate = speed.saw(100 + (second - 100) * 5, second, of=600)
    assert rate.per_s == pytest.approx(5)
    assert rate.left == timedelta(seconds=1)


def test_a_batch_that_takes_the_place_of_another_is_measured_anew() -> None:
    speed = Speedometer()
    speed.saw(500, 0, of=600)
    assert speed.saw(0, 1, of=600) == Rate(per_s=0.0, left=None)
    assert pace_text(speed.saw(3, 61, of=6)) == "3.0 a minute, about 1m left"


def test_without_a_terminal_a_line_comes_every_ten_seconds() -> None:
    steps = [replace(OPEN, done=second) for second in range(25)]
    lines = followed(*steps, DONE).splitlines()
    assert [line.partition(" of ")[0] for line in lines] == ["lhr-jfk: 0", "lhr-jfk: 10", "lhr-jfk: 20"]
    assert lines[1].endswith("; 1.0 a second, about 9m 50s left")


def test_it_is_said_why_nothing_goes_on_and_no_longer_when_it_does() -> None:
    still = [OPEN] * 12 + [replace(OPEN, done=1)] * 9
    lines = followed(*still, DONE, why="www.google.com is left alone").splitlines()
    assert [line.endswith("; www.google.com is left alone") for line in lines] == [False, True, True]
    moving = [replace(OPEN, done=second) for second in range(20)]
    assert "left alone" not in followed(*moving, DONE, why="www.google.com is left alone")


def test_a_terminal_shows_a_bar_with_the_lowest_fare() -> None:
    output = followed(OPEN, replace(OPEN, done=240, **FARE), DONE, is_terminal=True)
    assert all(text in output for text in ("lhr-jfk", "━", "240 of 600 combinations", "lowest 321 GBP"))


def test_a_database_that_is_away_is_waited_for_and_said_once() -> None:
    away = DatabaseUnavailable("refused")
    output = followed(OPEN, away, away, DONE)
    assert output.count("PostgreSQL does not answer; waiting for it: refused") == 1


def test_json_is_a_line_whenever_it_went_on(capsys: pytest.CaptureFixture[str]) -> None:
    board = BatchBoard(
        Console(file=io.StringIO()),
        answers(OPEN, OPEN, replace(OPEN, done=2, **FARE), DONE),
        str,
        clock=Ticking(),
        as_json=True,
    )
    board.follow()
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["done"], each["price"], each["state"]) for each in found] == [
        (0, None, "open"),
        (2, "321", "open"),
        (600, None, "done"),
    ]
    assert found[1]["left_s"] == pytest.approx(598)
