"""How checks are shown while they happen."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from pricewatch_pipeline.cli.live import CheckBoard, one_line
from pricewatch_pipeline.errors import DatabaseUnavailable


def check(watch_id: str, minute: int = 0, **fields: Any) -> dict[str, Any]:
    nothing = {"price": None, "currency": None, "availability": None, "error": None}
    return {
        **nothing,
        "watch_id": watch_id,
        "finished_at": datetime(2026, 1, 1, 12, minute, tzinfo=UTC),
        "outcome": "ok",
        **fields,
    }


KETTLE = check("kettle", 1, price=Decimal("12.50"), currency="EUR", availability="InStock")
TOASTER = check("toaster", 2, outcome="blocked", error="a challenge [403]")


class Ledger:
    """Answers one thing after the other."""

    def __init__(self, *answers: Sequence[Mapping[str, Any]] | DatabaseUnavailable) -> None:
        self._answers = list(answers)

    def __call__(self) -> Sequence[Mapping[str, Any]]:
        answer = self._answers.pop(0)
        if isinstance(answer, DatabaseUnavailable):
            raise answer
        return answer


def shown(ledger: Ledger, *, ticks: int, is_terminal: bool = False) -> str:
    output = io.StringIO()
    console = Console(file=output, width=200, force_terminal=is_terminal)
    board = CheckBoard(console, ledger, heading="the UI is here", since=datetime(2026, 1, 1, 12, tzinfo=UTC))
    with board.showing() as tick:
        for _ in range(ticks):
            tick()
    return output.getvalue()


@pytest.mark.parametrize(
    ("row", "end"),
    [
        (KETTLE, "kettle  ok  12.50 EUR InStock"),
        (TOASTER, "toaster  blocked  a challenge [403]"),
        (check("lamp"), "lamp  ok  -"),
    ],
)
def test_a_check_is_one_line_of_what_was_read_or_what_went_wrong(row: Mapping[str, Any], end: str) -> None:
    assert one_line(row).endswith(end)


def test_without_a_terminal_every_check_is_printed_once_oldest_first() -> None:
    lines = shown(Ledger([KETTLE], [TOASTER, KETTLE], [TOASTER, KETTLE]), ticks=3).splitlines()

    assert [line.split("  ")[1:3] for line in lines[1:]] == [["kettle", "ok"], ["toaster", "blocked"]]
    assert lines[0] == "the UI is here"
    assert lines[2].endswith("a challenge [403]")


def test_without_a_terminal_checks_of_an_earlier_session_are_not_told_again() -> None:
    old = check("lamp") | {"finished_at": datetime(2025, 12, 31, tzinfo=UTC)}

    assert shown(Ledger([KETTLE, old]), ticks=1).count("  ok  ") == 1


def test_a_database_that_is_away_is_said_once_and_again_when_it_goes_away_again() -> None:
    away = DatabaseUnavailable("refused")

    output = shown(Ledger(away, away, [KETTLE], away), ticks=4)

    assert output.count("PostgreSQL does not answer; waiting for it: refused") == 2


def test_a_terminal_shows_a_table() -> None:
    output = shown(Ledger([], [KETTLE, TOASTER]), ticks=2, is_terminal=True)

    assert "the first checks come within a minute" in output
    assert all(text in output for text in ("the UI is here", "kettle", "12.5", "InStock", "blocked"))
