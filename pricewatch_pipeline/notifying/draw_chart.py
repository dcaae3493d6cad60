"""Drawing a price chart. Imported late by price_chart.py, under its lock."""

from decimal import Decimal

from matplotlib.patches import Rectangle

from pricewatch_pipeline.notifying.chart_series import Series, time_ticks, value_range, value_ticks
from pricewatch_pipeline.notifying.formats import Formats
from pricewatch_pipeline.notifying.picture import FAINT, GAP, GRID, INK, LARGE, SMALL, Picture, is_writable
from pricewatch_pipeline.notifying.plain_text import one_line

WIDTH, HEIGHT = 600, 260
"""Pixels."""
_LONGEST_TITLE = 56
_TOP, _BOTTOM = 46, 36
_MANY = 500
"""Corners of a line that is drawn thin."""
LINE_COLOUR, TARGET_COLOUR, LOWEST_COLOUR, SOLD_OUT_COLOUR = "#1f6feb", "#c2410c", "#15803d", "#f1e4e4"


class Drawing(Picture):
    """One chart while it is drawn."""

    def __init__(self, series: Series, *, currency: str, formats: Formats, threshold: Decimal | None) -> None:
        super().__init__(WIDTH, HEIGHT, formats)
        self._series = series
        self._currency = currency
        self._threshold = threshold
        self._low, self._high, self._is_target_near = value_range(series, threshold)
        self._ticks = value_ticks(self._low, self._high, formats)
        self._last = "sold out" if series.is_sold_out else self._money(series.last, self._currency)
        self._left = 10 + max(self._width(label, SMALL) for _, label in self._ticks)
        self._right = WIDTH - self._width(self._last, LARGE, is_bold=True) - 20

    def png(self, title: str) -> bytes:
        self._draw_grid()
        self._draw_sold_out()
        self._draw_prices()
        self._draw_lowest()
        free = WIDTH - 2 * GAP - self._draw_target()
        self._draw_title(one_line(title, _LONGEST_TITLE), free)
        return self._written()

    def _x(self, at: float) -> float:
        """The place of an instant: 0 is the beginning, 1 the end."""
        return self._left + at * (self._right - self._left)

    def _y(self, value: float) -> float:
        """The middle of a row of pixels: lines along it are sharp."""
        share = (value - self._low) / (self._high - self._low)
        return int(_BOTTOM + share * (HEIGHT - _TOP - _BOTTOM)) + 0.5

    def _draw_grid(self) -> None:
        for value, label in self._ticks:
            self._line([self._left, self._right], [self._y(value)] * 2, color=GRID, linewidth=1)
            self._text(self._left - 6, self._y(value), label, size=SMALL, color=FAINT, ha="right")
        end = -1.0
        for at, label in time_ticks(self._series, self._formats, is_writable):
            half = self._width(label, SMALL) / 2
            middle = min(max(self._x(at), half + 2), WIDTH - half - 2)
            if middle - half > end:
                self._text(middle, 15, label, size=SMALL, color=FAINT, ha="center")
                end = middle + half + 12

    def _draw_sold_out(self) -> None:
        for begin, end in self._series.sold_out:
            left, width = self._x(begin), max(self._x(end) - self._x(begin), 1.5)
            box = Rectangle((left, _BOTTOM), width, HEIGHT - _TOP - _BOTTOM, facecolor=SOLD_OUT_COLOUR, linewidth=0)
            self._add(box)
            if width > self._width("sold out", SMALL) + 8:
                self._text(left + width / 2, _BOTTOM + 11, "sold out", size=SMALL, color="#9b5c5c", ha="center")

    def _draw_target(self) -> float:
        """Give the width that it takes beside the title: one far off is only named."""
        if self._threshold is None:
            return 0
        label = f"target {self._money(self._threshold, self._currency)}"
        if not self._is_target_near:
            self._text(WIDTH - GAP, HEIGHT - 18, label, color=TARGET_COLOUR, ha="right")
            return self._width(label, SMALL) + 12
        height = self._y(float(self._threshold))
        self._line([self._left, self._right], [height] * 2, color=TARGET_COLOUR, linewidth=1.3, dashes=(4, 3))
        self._text(self._left + 4, height + 11, label, color=TARGET_COLOUR)
        return 0

    def _draw_prices(self) -> None:
        xs = [self._x(at) for at, _ in self._series.points]
        ys = [float("nan") if value is None else self._y(value) for _, value in self._series.points]
        self._line(xs, ys, color=LINE_COLOUR, linewidth=2.2 if len(xs) < _MANY else 1, solid_joinstyle="round")
        colour = FAINT if self._series.is_sold_out else LINE_COLOUR
        at, height = self._x(self._series.last_at), self._y(float(self._series.last))
        self._dot(at, height, colour)
        ink = FAINT if self._series.is_sold_out else INK
        self._text(self._right + 10, height, self._last, size=LARGE, color=ink, is_bold=True)

    def _draw_lowest(self) -> None:
        lowest_at, lowest = self._series.lowest
        if lowest == self._series.last or lowest == self._series.highest:
            return
        at, height = self._x(lowest_at), self._y(float(lowest))
        self._dot(at, height, LOWEST_COLOUR)
        label = f"lowest {self._money(lowest, self._currency)}"
        half = self._width(label, SMALL) / 2
        middle = min(max(at, self._left + half + 2), self._right - half)
        self._text(middle, height - 14, label, color=LOWEST_COLOUR, ha="center")
