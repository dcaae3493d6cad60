"""Drawing a price chart with matplotlib, by its objects and on pixels. Imported late by price_chart.py, under its lock."""

import io
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from matplotlib import get_data_path
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import IdentityTransform

from pricewatch_pipeline.notifying.chart_series import Series, time_ticks, value_range, value_ticks
from pricewatch_pipeline.notifying.formats import Formats, tidy
from pricewatch_pipeline.notifying.plain_text import one_line

WIDTH, HEIGHT = 600, 260
"""Pixels."""
_LONGEST_TITLE = 56
_TOP, _BOTTOM = 46, 36
_SMALL, _LARGE = 11, 14
"""Points: read on a phone, where the picture is half as wide as here."""
_GAP = 8
_MANY = 500
"""Corners of a line that is drawn thin."""
_DPI = 100
_INK, _FAINT, _GRID = "#1f2933", "#66727f", "#e3e7eb"
LINE_COLOUR, TARGET_COLOUR, LOWEST_COLOUR, SOLD_OUT_COLOUR = "#1f6feb", "#c2410c", "#15803d", "#f1e4e4"
# Those that come with matplotlib: no others need to be installed, or looked for.
_FILE, _BOLD_FILE = (f"{get_data_path()}/fonts/ttf/{name}.ttf" for name in ("DejaVuSans", "DejaVuSans-Bold"))


class Drawing:
    """One chart while it is drawn. Coordinates are pixels, from the lower left corner."""

    def __init__(self, series: Series, *, currency: str, formats: Formats, threshold: Decimal | None) -> None:
        self._series = series
        self._currency = currency
        self._formats = formats
        self._threshold = threshold
        self._figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor="white")
        self._canvas = FigureCanvasAgg(self._figure)
        self._renderer = self._canvas.get_renderer()  # type: ignore[no-untyped-call]
        self._low, self._high, self._is_target_near = value_range(series, threshold)
        self._ticks = value_ticks(self._low, self._high, formats)
        self._last = "sold out" if series.is_sold_out else self._money(series.last)
        self._left = 10 + max(self._width(label, _SMALL) for _, label in self._ticks)
        self._right = WIDTH - self._width(self._last, _LARGE, is_bold=True) - 20

    def png(self, title: str) -> bytes:
        self._draw_grid()
        self._draw_sold_out()
        self._draw_prices()
        self._draw_lowest()
        free = WIDTH - 2 * _GAP - self._draw_target()
        self._draw_title(one_line(title, _LONGEST_TITLE), free)
        written = io.BytesIO()
        self._canvas.print_png(written)  # type: ignore[no-untyped-call]
        return written.getvalue()

    def _x(self, at: float) -> float:
        """The place of an instant: 0 is the beginning, 1 the end."""
        return self._left + at * (self._right - self._left)

    def _y(self, value: float) -> float:
        """The middle of a row of pixels: lines along it are sharp."""
        share = (value - self._low) / (self._high - self._low)
        return int(_BOTTOM + share * (HEIGHT - _TOP - _BOTTOM)) + 0.5

    def _draw_grid(self) -> None:
        for value, label in self._ticks:
            self._line([self._left, self._right], [self._y(value)] * 2, color=_GRID, linewidth=1)
            self._text(self._left - 6, self._y(value), label, size=_SMALL, color=_FAINT, ha="right")
        end = -1.0
        for at, label in time_ticks(self._series, self._formats, _is_writable):
            half = self._width(label, _SMALL) / 2
            middle = min(max(self._x(at), half + 2), WIDTH - half - 2)
            if middle - half > end:
                self._text(middle, 15, label, size=_SMALL, color=_FAINT, ha="center")
                end = middle + half + 12

    def _draw_sold_out(self) -> None:
        for begin, end in self._series.sold_out:
            left, width = self._x(begin), max(self._x(end) - self._x(begin), 1.5)
            box = Rectangle((left, _BOTTOM), width, HEIGHT - _TOP - _BOTTOM, facecolor=SOLD_OUT_COLOUR, linewidth=0)
            self._add(box)
            if width > self._width("sold out", _SMALL) + 8:
                self._text(left + width / 2, _BOTTOM + 11, "sold out", size=_SMALL, color="#9b5c5c", ha="center")

    def _draw_target(self) -> float:
        """Give the width that it takes beside the title: one far off is only named."""
        if self._threshold is None:
            return 0
        label = f"target {self._money(self._threshold)}"
        if not self._is_target_near:
            self._text(WIDTH - _GAP, HEIGHT - 18, label, color=TARGET_COLOUR, ha="right")
            return self._width(label, _SMALL) + 12
        height = self._y(float(self._threshold))
        self._line([self._left, self._right], [height] * 2, color=TARGET_COLOUR, linewidth=1.3, dashes=(4, 3))
        self._text(self._left + 4, height + 11, label, color=TARGET_COLOUR)
        return 0

    def _draw_title(self, title: str, width: float) -> None:
        shown = title = _writable(title)
        while shown and self._width(shown, _LARGE, is_bold=True) > width:
            title = title[: len(title) - 2].rstrip()
            shown = f"{title}…"
        self._text(_GAP, HEIGHT - 18, shown, size=_LARGE, is_bold=True)

    def _draw_prices(self) -> None:
        xs = [self._x(at) for at, _ in self._series.points]
        ys = [float("nan") if value is None else self._y(value) for _, value in self._series.points]
        self._line(xs, ys, color=LINE_COLOUR, linewidth=2.2 if len(xs) < _MANY else 1, solid_joinstyle="round")
        colour = _FAINT if self._series.is_sold_out else LINE_COLOUR
        at, height = self._x(self._series.last_at), self._y(float(self._series.last))
        self._dot(at, height, colour)
        ink = _FAINT if self._series.is_sold_out else _INK
        self._text(self._right + 10, height, self._last, size=_LARGE, color=ink, is_bold=True)

    def _draw_lowest(self) -> None:
        lowest_at, lowest = self._series.lowest
        if lowest == self._series.last or lowest == self._series.highest:
            return
        at, height = self._x(lowest_at), self._y(float(lowest))
        self._dot(at, height, LOWEST_COLOUR)
        label = f"lowest {self._money(lowest)}"
        half = self._width(label, _SMALL) / 2
        middle = min(max(at, self._left + half + 2), self._right - half)
        self._text(middle, height - 14, label, color=LOWEST_COLOUR, ha="center")

    def _money(self, amount: Decimal) -> str:
        """With the currency's code where no glyph of the font is its symbol."""
        text = self._formats.money(amount, self._currency)
        if not _is_writable(text):
            code = "¤¤ #,##0.##########"
            text = str(format_currency(tidy(amount, self._currency), self._currency, code, locale=self._formats.locale))
        return text

    def _width(self, text: str, size: float, *, is_bold: bool = False) -> float:
        return float(self._renderer.get_text_width_height_descent(_writable(text), _font(size, is_bold), False)[0])

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = _SMALL,
        color: str = _INK,
        ha: str = "left",
        is_bold: bool = False,
    ) -> None:
        look: dict[str, Any] = {"ha": ha, "va": "center", "color": color, "fontproperties": _font(size, is_bold)}
        paper = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.5}
        self._figure.text(x / WIDTH, y / HEIGHT, _writable(text), parse_math=False, zorder=5, bbox=paper, **look)

    def _line(self, xs: list[float], ys: list[float], **look: Any) -> None:
        self._add(Line2D(xs, ys, **look))

    def _dot(self, x: float, y: float, colour: str) -> None:
        self._line([x], [y], color=colour, marker="o", markersize=6, markeredgecolor="white")

    def _add(self, artist: Artist) -> None:
        """Put it on the figure, in pixels."""
        artist.set_transform(IdentityTransform())
        artist.set_zorder(len(self._figure.get_children()) / 1000)
        self._figure.add_artist(artist)


def _font(size: float, is_bold: bool) -> FontProperties:
    return FontProperties(fname=_BOLD_FILE if is_bold else _FILE, size=size)


def _writable(text: str) -> str:
    """Without what the font has no glyphs for, such as emoji: boxes in their place would say nothing."""
    return text if _is_writable(text) else " ".join("".join(c if _has_glyph(c) else " " for c in text).split())


def _is_writable(text: str) -> bool:
    return all(_has_glyph(character) for character in text)


def _has_glyph(character: str) -> bool:
    return character.isspace() or bool(get_font(_FILE).get_char_index(ord(character)))
