"""How differences of a replay are told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.cli.replay import changes_text, rows_of, summary
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.replays import Difference, ReplayKind
from pricewatch_pipeline.services.replay_pages import ReplayReport

AT = datetime(2026, 11, 1, tzinfo=UTC)


def difference(hours: int = 0, *, watch_id: str = "lamp", **changes: Any) -> Difference:
    return Difference(
        kind=ReplayKind.PRICE,
        watch_id=watch_id,
        slot_at=AT + timedelta(hours=hours),
        finished_at=AT + timedelta(hours=hours),
        outcome_before=Outcome.OK,
        outcome=Outcome.OK,
        changes=changes or {"price": (Decimal(12), Decimal(11))},
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"price": (Decimal("12.5000"), Decimal("11.9"))}, "price: 12.50 -> 11.90"),
        ({"currency": (None, "EUR"), "title": ("[bold]A", "B")}, "currency: - -> EUR; title: [bold]A -> B"),
        ({"variant": ({}, {"color": "red", "size": "L"})}, "variant: - -> color: red, size: L"),
        ({"title": ("x" * 61, None)}, f"title: {'x' * 60}... -> -"),
    ],
)
def test_changes_are_told_as_old_and_new(changes: dict[str, Any], text: str) -> None:
    assert changes_text(difference(**changes)) == text


def test_checks_one_after_another_that_come_to_the_same_are_one_row() -> None:
    other = difference(3, price=(Decimal(12), Decimal(10)))
    rows = rows_of(
        [difference(0), difference(1), difference(2), other, difference(4), difference(5, watch_id="kettle")]
    )
    assert [(row["watch_id"], row["checks"], row["first"].hour, row["last"].hour) for row in rows] == [
        ("lamp", 3, 0, 2),
        ("lamp", 1, 3, 3),
        ("lamp", 1, 4, 4),
        ("kettle", 1, 5, 5),
    ]


def test_the_summary_says_what_is_to_be_done() -> None:
    shown = ReplayReport(is_applied=False)
    assert "no check to read again" in summary(shown)[0]
    shown.counts.update({ReplayKind.SAME: 2})
    assert summary(shown)[1:] == ["  2 read the same", "Nothing would change."]
    shown.counts.update({ReplayKind.LOST: 1})
    assert summary(shown)[-1] == "1 would be corrected: the same again with --apply writes that down."


def test_a_replay_that_wrote_nothing_does_not_speak_of_corrections() -> None:
    applied = ReplayReport(is_applied=True)
    applied.counts.update({ReplayKind.SAME: 2})
    assert summary(applied)[-1] == "Nothing was to be corrected."
    applied.written = 1
    assert summary(applied)[-1].startswith("1 correction written;")
