"""A small plot for a terminal: prices over time as filled columns. Text in, text out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from pricewatch_pipeline.cli.output import decimal_text

Point = tuple[datetime, Decimal | None]
"""When it was seen, and the price; None where there was none."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_TICK = timedelta(microseconds=1)
_GAP_AFTER = 4
"""A price stands until the next look; after so many times the usual time between two looks, nobody knows."""


def plot(points: Sequence[Point], width: int = 60, height: int = 8) -> str:
    """The points in the order of their time, labelled with the highest and lowest price and the first and last day.

    Empty where no point has a price.
    """
    prices = [price for _, price in points if price is not None]
    if not prices:
        return ""
    points = sorted(points, key=lambda point: point[0])
    low, high = min(prices), max(prices)
    levels = [_level(price, low, high, height * 8) for price in _columns(points, width)]
    rows = ["".join(_EIGHTHS[min(max(level - row * 8, 0), 8)] for level in levels) for row in reversed(range(height))]
    return "\n".join([*_labelled(rows, low, high), _dates(points, width, _margin(low, high))])


def _columns(points: Sequence[Point], width: int) -> list[Decimal | None]:
    """The price in force at each column: the last one seen in it, else the one before it for as long as it holds."""
    start, end = points[0][0], points[-1][0]
    step = (end - start) / max(width - 1, 1)
    holds = max(_usual_spacing(points) * _GAP_AFTER, step)
    columns: list[Decimal | None] = []
    seen, index = points[0], 0
    for column in range(width if step else 1):
        begins = start + step * column
        while index < len(points) and (column == width - 1 or points[index][0] < begins + max(step, _TICK)):
            seen, index = points[index], index + 1
        columns.append(seen[1] if begins - seen[0] <= holds else None)
    return columns


def _usual_spacing(points: Sequence[Point]) -> timedelta:
    spacings = [(later[0] - earlier[0]).total_seconds() for earlier, later in pairwise(points)]
    return timedelta(seconds=median(spacings)) if spacings else timedelta(0)


def _level(price: Decimal | None, low: Decimal, high: Decimal, levels: int) -> int:
    """How many eighths of a row a price fills; the lowest fills one, a constant price half of all."""
    if price is None:
        return 0
    if low == high:
        return levels // 2
    return 1 + round((price - low) / (high - low) * (levels - 1))


def _margin(low: Decimal, high: Decimal) -> int:
    return max(len(decimal_text(low)), len(decimal_text(high)))


def _labelled(rows: Sequence[str], low: Decimal, high: Decimal) -> list[str]:
    labels = [""] * len(rows)
    labels[-1] = decimal_text(low)
    if high != low:
        labels[0] = decimal_text(high)
    return [f"{label:>{_margin(low, high)}} │{row.rstrip()}".rstrip() for label, row in zip(labels, rows, strict=True)]


def _dates(points: Sequence[Point], width: int, margin: int) -> str:
    first, last = (point[0].astimezone() for point in (points[0], points[-1]))
    form = "%Y-%m-%d" if last - first >= timedelta(days=2) else "%m-%d %H:%M"
    begins, ends = first.strftime(form), last.strftime(form)
    if begins == ends or len(begins) + len(ends) >= width:
        return f"{'':{margin}}  {begins if begins == ends else f'{begins} to {ends}'}"
    return f"{'':{margin}}  {begins}{ends:>{width - len(begins)}}"
