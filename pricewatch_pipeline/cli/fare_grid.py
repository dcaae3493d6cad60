"""Fares by departure day as months: a week a line, for a terminal of 100 columns. Fares in, tables out."""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from pricewatch_pipeline.cli.output import decimal_text

_DAYS = tuple(calendar.day_abbr)
_CHEAP, _LOWEST, _MARK = "green", "bold green", "*"
_CHEAP_SHARE = Decimal("0.1")
"""Of the span between the lowest and the highest fare: what lies within it is coloured."""


def month_grids(fares: Mapping[date, Decimal | None], *, title: str) -> Iterator[Table]:
    """A table for each month that has a day asked for; the lowest fare of all is marked. None: that day has no fare."""
    known = [fare for fare in fares.values() if fare is not None]
    low, high = (min(known), max(known)) if known else (None, None)
    for year, month in _months(sorted(fares)):
        table = Table(title=f"{calendar.month_name[month]} {year}: {title}", title_justify="left", header_style="bold")
        for day in _DAYS:
            table.add_column(day, justify="right", min_width=11, no_wrap=True)
        for week in calendar.Calendar().monthdatescalendar(year, month):
            days = [day if day.month == month else None for day in week]
            if any(day in fares for day in days):
                table.add_row(*(_cell(day, fares, low, high) for day in days))
        yield table


def _months(days: Sequence[date]) -> list[tuple[int, int]]:
    return list(dict.fromkeys((day.year, day.month) for day in days))


def _cell(day: date | None, fares: Mapping[date, Decimal | None], low: Decimal | None, high: Decimal | None) -> Text:
    if day is None:
        return Text("")
    if day not in fares:
        return Text(f"{day.day:>2}", style="dim")
    fare = fares[day]
    if fare is None or low is None or high is None:
        return Text(f"{day.day:>2} {'-':>7} ", style="dim")
    style = _LOWEST if fare == low else _CHEAP if fare - low <= (high - low) * _CHEAP_SHARE else ""
    amount = decimal_text(fare) + (_MARK if fare == low else " ")
    return Text.assemble((f"{day.day:>2} ", "dim"), (f"{amount:>8}", style))
