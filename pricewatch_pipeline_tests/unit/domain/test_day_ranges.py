"""Days as few ranges."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.day_ranges import NEAR, day_ranges


def days(*numbers: int) -> list[date]:
    """By their distance from a first one."""
    return [date(2026, 1, 1) + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("found", "most", "ranges"),
    [
        (days(), 3, []),
        (days(4), 3, [(4, 4)]),
        (days(9, 2, 3, 2), 3, [(2, 9)]),
        (days(0, 8), 3, [(0, 0), (8, 8)]),
        (days(0, 100, 101, 200, 300), 3, [(0, 0), (100, 200), (300, 300)]),
        (days(0, 30, 300), 2, [(0, 30), (300, 300)]),
        (days(0, 300), 1, [(0, 300)]),
    ],
    ids=["none", "one", "near", "far", "as many as may be", "the nearer together", "one range"],
)
def test_days_are_split_where_they_lie_farthest_apart(
    found: list[date], most: int, ranges: list[tuple[int, int]]
) -> None:
    first = days(0)[0]

    got = day_ranges(found, most=most)

    assert [((start - first).days, (end - first).days) for start, end in got] == sorted(ranges)


@given(st.sets(st.dates(date(2025, 1, 1), date(2026, 12, 31))), st.integers(1, 5))
def test_every_day_is_in_one_range_that_begins_and_ends_with_one(found: set[date], most: int) -> None:
    ranges = day_ranges(found, most=most)

    assert len(ranges) <= most
    assert all(sum(start <= day <= end for start, end in ranges) == 1 for day in found)
    assert {day for each in ranges for day in each} <= found
    assert all(later[0] - earlier[1] > NEAR for earlier, later in pairwise(ranges))
