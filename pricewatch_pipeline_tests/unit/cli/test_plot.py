from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.cli.plot import plot

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _points(prices: Sequence[str | None], *, every: timedelta = HOUR) -> list[tuple[datetime, Decimal | None]]:
    return [(START + every * n, None if price is None else Decimal(price)) for n, price in enumerate(prices)]


def _columns(drawn: str) -> list[str]:
    """The drawing without its labels, as columns from top to bottom."""
    rows = [line.partition("│")[2] for line in drawn.splitlines()[:-1]]
    width = max(map(len, rows))
    return ["".join(column) for column in zip(*(row.ljust(width) for row in rows), strict=True)]


def test_the_lowest_price_fills_an_eighth_and_the_highest_everything() -> None:
    assert plot(_points(["10", "12", "11"]), width=3, height=2).splitlines()[:2] == ["12 │ █▁", "10 │▁██"]


def test_a_price_stands_until_the_next_look() -> None:
    drawn = plot(
        [(START, Decimal(1)), (START + HOUR * 4, Decimal(2)), (START + HOUR * 8, Decimal(2))], width=9, height=1
    )
    assert _columns(drawn) == ["▁"] * 4 + ["█"] * 5


def test_a_missing_price_leaves_its_columns_empty() -> None:
    assert _columns(plot(_points(["1", None, "2", "1"]), width=4, height=1)) == ["▁", " ", "█", "▁"]


def test_a_price_does_not_stand_over_a_long_gap() -> None:
    points = [*_points(["5", "6", "5"]), (START + HOUR * 20, Decimal(6))]
    columns = _columns(plot(points, width=21, height=1))
    assert columns[:3] == ["▁", "█", "▁"]
    assert columns[7:20] == [" "] * 13
    assert columns[20] == "█"


def test_a_constant_price_fills_half_and_is_named_once() -> None:
    drawn = plot(_points(["7.50"] * 4), width=4, height=4)
    assert drawn.count("7.50") == 1
    assert _columns(drawn) == ["  ██"] * 4


def test_one_point_is_one_column() -> None:
    assert _columns(plot(_points(["3"]), width=40, height=2)) == [" █"]


@pytest.mark.parametrize("points", [[], _points([None, None])])
def test_without_a_price_there_is_nothing_to_draw(points: list[tuple[datetime, Decimal | None]]) -> None:
    assert plot(points) == ""


def test_the_first_and_the_last_day_stand_below() -> None:
    assert plot(_points(["1", "2"], every=timedelta(days=10)), width=30).splitlines()[-1].split() == [
        "2026-05-01",
        "2026-05-11",
    ]


def test_points_may_come_in_any_order() -> None:
    points = _points(["3", "1", "2", None, "5"])
    assert plot(points[::-1]) == plot(points)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**6).map(lambda hours: START + HOUR * hours),
            st.none() | st.decimals(0, 10**9, places=2),
        )
    ),
    st.integers(1, 120),
    st.integers(1, 20),
)
def test_a_drawing_keeps_its_measures(points: list[tuple[datetime, Decimal | None]], width: int, height: int) -> None:
    drawn = plot(points, width=width, height=height)
    if drawn:
        *rows, _dates = drawn.splitlines()
        assert len(rows) == height
        assert all(len(row.partition("│")[2]) <= width for row in rows)
