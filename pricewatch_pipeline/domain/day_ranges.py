"""Days as few ranges: a pure decision."""

from collections.abc import Collection
from datetime import date, timedelta
from itertools import pairwise

NEAR = timedelta(days=7)
"""Days that are nearer to each other are in one range, with those between them."""


def day_ranges(days: Collection[date], *, most: int) -> list[tuple[date, date]]:
    """All of these days in at most so many ranges (first and last day): split where they lie farthest apart."""
    ordered = sorted(set(days))
    if not ordered:
        return []
    gaps = [(later - earlier, index) for index, (earlier, later) in enumerate(pairwise(ordered), 1)]
    far = sorted((gap for gap in gaps if gap[0] > NEAR), reverse=True)[: most - 1]
    starts = [0, *sorted(index for _, index in far)]
    return [(ordered[start], ordered[end - 1]) for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True)]
