"""Drawing a fare calendar. Imported late by calendar_chart.py, under the lock of all charts."""

from collections.abc import Iterator
from datetime import date, timedelta

from babel.dates import format_skeleton

from pricewatch_pipeline.notifying.calendar_chart import Calendar, Route
from pricewatch_pipeline.notifying.chart_series import value_ticks
from pricewatch_pipeline.notifying.draw_chart import LINE_COLOUR, LOWEST_COLOUR
from pricewatch_pipeline.notifying.formats import Formats
from pricewatch_pipeline.notifying.picture import FAINT, GAP, GRID, SMALL, Picture, is_writable
from pricewatch_pipeline.notifying.plain_text import one_line

WIDTH, HEIGHT = 720, 320
"""Pixels."""
ROUTE_COLOURS = (LINE_COLOUR, "#b45309", "#7c3aed", "#0e7490", "#be185d", "#4d7c0f")
_LONGEST_TITLE = 72
_TOP, _BOTTOM = 68, 36
_MOST_DAYS = 7
_MOST_DOTS = 45
"""Days of a route that have a dot each."""
_COLOURS = 48
"""Lines and letters need no more, and the picture is half as large: it goes into a page as text."""
_STEPS = (1, 2, 3, 7, 14, 30, 61, 92, 183, 366)


class CalendarDrawing(Picture):
    """One calendar while it is drawn."""

    def __init__(self, calendar: Calendar, formats: Formats) -> None:
        super().__init__(WIDTH, HEIGHT, formats)
        self._calendar = calendar
        days = [day for route in calendar.routes for day, _ in route.fares]
        self._first, self._last = min(days), max(days)
        self._low, self._high = _value_range(calendar)
        self._ticks = value_ticks(self._low, self._high, formats)
        self._left = 14 + max(self._width(label, SMALL) for _, label in self._ticks)
        self._right = WIDTH - 20

    def png(self, title: str) -> bytes:
        self._draw_grid()
        for route, colour in zip(self._calendar.routes, ROUTE_COLOURS, strict=False):
            self._draw_route(route, colour)
        self._draw_lowest()
        self._draw_legend()
        self._draw_title(one_line(title, _LONGEST_TITLE), WIDTH - 2 * GAP)
        return self._written(colours=_COLOURS)

    def _x(self, day: date) -> float:
        length = (self._last - self._first).days
        return self._left + ((day - self._first).days / length if length else 0.5) * (self._right - self._left)

    def _y(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return int(_BOTTOM + share * (HEIGHT - _TOP - _BOTTOM)) + 0.5

    def _draw_grid(self) -> None:
        for value, label in self._ticks:
            self._line([self._left, self._right], [self._y(value)] * 2, color=GRID, linewidth=1)
            self._text(self._left - 6, self._y(value), label, color=FAINT, ha="right")
        for day in _days_marked(self._first, self._last):
            label = self._day(day)
            half = self._width(label, SMALL) / 2
            self._text(min(max(self._x(day), half + 2), WIDTH - half - 2), 15, label, color=FAINT, ha="center")

    def _draw_route(self, route: Route, colour: str) -> None:
        xs = [self._x(day) for day, _ in route.fares]
        ys = [float("nan") if fare is None else self._y(float(fare)) for _, fare in route.fares]
        dots = {"marker": "o", "markersize": 3.5} if len(xs) <= _MOST_DOTS else {}
        self._line(xs, ys, color=colour, linewidth=1.8, solid_joinstyle="round", **dots)

    def _draw_lowest(self) -> None:
        lowest = self._calendar.lowest
        if lowest.price is None:
            return
        at, height = self._x(lowest.departs_on), self._y(float(lowest.price))
        self._dot(at, height, LOWEST_COLOUR)
        money = self._money(lowest.price, self._calendar.currency)
        label = f"lowest {money}, {lowest.origin}-{lowest.destination}, {self._day(lowest.departs_on)}"
        half = self._width(label, SMALL) / 2
        middle = min(max(at, self._left + half + 2), self._right - half)
        self._text(middle, height - 14, label, color=LOWEST_COLOUR, ha="center")

    def _draw_legend(self) -> None:
        at: float = GAP
        for route, colour in zip(self._calendar.routes, ROUTE_COLOURS, strict=False):
            self._line([at, at + 14], [HEIGHT - 42.5] * 2, color=colour, linewidth=3)
            self._text(at + 20, HEIGHT - 42, route.name, color=colour)
            at += 20 + self._width(route.name, SMALL) + 16
        if self._calendar.left_out:
            self._text(at, HEIGHT - 42, f"and {self._calendar.left_out} dearer", color=FAINT)

    def _day(self, day: date) -> str:
        named = str(format_skeleton("MMMd", day, locale=self._formats.locale))
        return named if is_writable(named) else str(format_skeleton("Md", day, locale=self._formats.locale))


def _value_range(calendar: Calendar) -> tuple[float, float]:
    """With room for what is written below the lowest fare."""
    fares = [float(fare) for route in calendar.routes for _, fare in route.fares if fare is not None]
    low, high = min(fares), max(fares)
    span = max(high - low, high * 0.1, 0.01)
    return low - 0.2 * span, max(high, low + span) + 0.08 * span


def _days_marked(first: date, last: date) -> Iterator[date]:
    """A few days, evenly spread."""
    length = (last - first).days
    step = next((days for days in _STEPS if length / days <= _MOST_DAYS), length // _MOST_DAYS + 1)
    for passed in range(0, length + 1, step):
        yield first + timedelta(days=passed)
