"""A picture drawn with matplotlib, by its objects and on pixels. Imported late by what draws, under one lock."""

import io
from decimal import Decimal
from typing import Any

import numpy as np
from babel.numbers import format_currency
from matplotlib import get_data_path
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.lines import Line2D
from matplotlib.transforms import IdentityTransform
from PIL import Image

from pricewatch_pipeline.notifying.formats import Formats, tidy

SMALL, LARGE = 11, 14
"""Points: read on a phone, where the picture is half as wide as here."""
INK, FAINT, GRID = "#1f2933", "#66727f", "#e3e7eb"
GAP = 8
_DPI = 100
# Those that come with matplotlib: no others need to be installed, or looked for.
_FILE, _BOLD_FILE = (f"{get_data_path()}/fonts/ttf/{name}.ttf" for name in ("DejaVuSans", "DejaVuSans-Bold"))


class Picture:
    """One picture while it is drawn. Coordinates are pixels, from the lower left corner."""

    def __init__(self, width: int, height: int, formats: Formats) -> None:
        self._size = (width, height)
        self._formats = formats
        self._figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
        self._canvas = FigureCanvasAgg(self._figure)
        self._renderer = self._canvas.get_renderer()  # type: ignore[no-untyped-call]

    def _written(self, colours: int | None = None) -> bytes:
        """As a PNG; with so few colours where it has to be small."""
        written = io.BytesIO()
        if colours is None:
            self._canvas.print_png(written)  # type: ignore[no-untyped-call]
            return written.getvalue()
        self._canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        image = Image.fromarray(pixels).convert("RGB")
        image.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        return written.getvalue()

    def _draw_title(self, title: str, width: float) -> None:
        shown = title = writable(title)
        while shown and self._width(shown, LARGE, is_bold=True) > width:
            title = title[: len(title) - 2].rstrip()
            shown = f"{title}…"
        self._text(GAP, self._size[1] - 18, shown, size=LARGE, is_bold=True)

    def _money(self, amount: Decimal, currency: str) -> str:
        """With the currency's code where no glyph of the font is its symbol."""
        text = self._formats.money(amount, currency)
        if not is_writable(text):
            code = "¤¤ #,##0.##########"
            text = str(format_currency(tidy(amount, currency), currency, code, locale=self._formats.locale))
        return text

    def _width(self, text: str, size: float, *, is_bold: bool = False) -> float:
        return float(self._renderer.get_text_width_height_descent(writable(text), _font(size, is_bold), False)[0])

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = SMALL,
        color: str = INK,
        ha: str = "left",
        is_bold: bool = False,
    ) -> None:
        look: dict[str, Any] = {"ha": ha, "va": "center", "color": color, "fontproperties": _font(size, is_bold)}
        paper = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.5}
        self._figure.text(
            x / self._size[0], y / self._size[1], writable(text), parse_math=False, zorder=5, bbox=paper, **look
        )

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


def writable(text: str) -> str:
    """Without what the font has no glyphs for, such as emoji: boxes in their place would say nothing."""
    return text if is_writable(text) else " ".join("".join(c if _has_glyph(c) else " " for c in text).split())


def is_writable(text: str) -> bool:
    return all(_has_glyph(character) for character in text)


def _has_glyph(character: str) -> bool:
    return character.isspace() or bool(get_font(_FILE).get_char_index(ord(character)))
