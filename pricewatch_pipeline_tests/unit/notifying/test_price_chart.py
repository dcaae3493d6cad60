"""The chart of a message: decoded again, what it shows is where it should be."""

import io
import subprocess
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.notifying.chart_series import series_of, time_ticks, value_range, value_ticks
from pricewatch_pipeline.notifying.draw_chart import (
    HEIGHT,
    LINE_COLOUR,
    LOWEST_COLOUR,
    SOLD_OUT_COLOUR,
    TARGET_COLOUR,
    WIDTH,
)
from pricewatch_pipeline.notifying.formats import Formats
from pricewatch_pipeline.notifying.price_chart import price_chart

UNTIL = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
GERMAN = Formats(locale="de_DE", timezone="Europe/Berlin")
SOLD_OUT = Availability.OUT_OF_STOCK


def change(days_ago: float, price: str | None, *, currency: str = "EUR", is_sold_out: bool = False) -> PriceChange:
    return PriceChange(
        began_at=UNTIL - timedelta(days=days_ago),
        price=None if price is None else Decimal(price),
        currency=currency if price else None,
        availability=SOLD_OUT if is_sold_out else Availability.IN_STOCK,
    )


USUAL = (change(100, "99"), change(60, "89.90"), change(30, "75"), change(26, "99"), change(0, "79"))


def drawn(
    changes: Sequence[PriceChange], *, title: str = "Kettle", threshold: str | None = None, formats: Formats = GERMAN
) -> Image.Image:
    png = price_chart(
        changes,
        until=UNTIL,
        currency=next((c.currency for c in changes if c.currency), "EUR"),
        title=title,
        formats=formats,
        threshold=Decimal(threshold) if threshold else None,
    )
    assert png is not None
    return Image.open(io.BytesIO(png)).convert("RGB")


def places(image: Image.Image, colour: str, *, near: int = 8) -> list[tuple[int, int]]:
    """Where a picture has this colour, or one that differs by less than `near`."""
    difference = np.abs(np.asarray(image, dtype=int) - ImageColor.getrgb(colour)).max(axis=2)
    rows, columns = np.nonzero(difference < near)
    return [(int(x), int(y)) for x, y in zip(columns, rows, strict=True)]


def test_it_is_a_small_light_png() -> None:
    image = drawn(USUAL)
    assert image.size == (WIDTH, HEIGHT)
    assert image.getpixel((WIDTH - 1, 0)) == (255, 255, 255)


def test_the_line_goes_from_the_left_to_the_last_price_and_higher_prices_are_higher_up() -> None:
    line = places(drawn(USUAL), LINE_COLOUR)
    at_left = [y for x, y in line if x < WIDTH / 4]
    in_the_middle = [y for x, y in line if WIDTH / 3 < x < WIDTH / 2]
    assert min(x for x, _ in line) < 60
    assert max(x for x, _ in line) > WIDTH * 0.75
    assert max(at_left) < max(in_the_middle)


def test_the_target_is_dashed_across_the_picture() -> None:
    image = drawn(USUAL, threshold="85")
    target = places(image, TARGET_COLOUR, near=80)
    rows = {y: [x for x, row in target if row == y] for _, y in target}
    dashed = max(rows.values(), key=len)
    gaps = sum(after - before > 2 for before, after in pairwise(dashed))
    assert gaps > 20
    assert places(drawn(USUAL), TARGET_COLOUR) == []


def test_a_target_far_off_is_only_named() -> None:
    far = places(drawn(USUAL, threshold="1"), TARGET_COLOUR)
    assert far
    assert max(y for _, y in far) < 30


def test_times_sold_out_are_shaded_where_they_were() -> None:
    shaded = places(drawn((change(80, "99"), change(40, "99", is_sold_out=True), change(20, "99"))), SOLD_OUT_COLOUR)
    assert min(x for x, _ in shaded) > WIDTH * 0.4
    assert max(x for x, _ in shaded) < WIDTH * 0.75
    assert places(drawn(USUAL), SOLD_OUT_COLOUR) == []


def test_the_lowest_price_is_marked_unless_it_is_the_last_one() -> None:
    assert places(drawn(USUAL), LOWEST_COLOUR)
    assert places(drawn((change(50, "99"), change(10, "79"))), LOWEST_COLOUR) == []


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (change(3, None),),
        (change(3, "0", currency="USD"), change(1, None)),
        (PriceChange(began_at=UNTIL + timedelta(days=1), price=Decimal(3), currency="EUR"),),
        (change(200, "9"), change(100, None)),
    ],
)
def test_without_a_price_there_is_no_chart(changes: tuple[PriceChange, ...]) -> None:
    assert price_chart(changes, until=UNTIL, currency="EUR", title="Kettle", formats=GERMAN) is None


TITLES = {
    "mathtext": r"$\frac{1}{$ $x^2$ $$ \text{a}_",
    "one dollar": "for $5",
    "emoji": "🫖 Kettle 👨‍👩‍👧",
    "only emoji": "🫖🫖🫖",
    "cjk": "湯沸かし 电热水壶 주전자",
    "arabic": "غلاية ماء",
    "hebrew and latin": "קומקום Kettle 1.7",
    "devanagari": "केतली",
    "direction marks": "a\u202egnp.exe\u2066",
    "lines and nulls": "a\nb\x00c\x1b[31m",
    "lone surrogates": "a\ud800b",
    "nothing": "",
    "very long": "kettle " * 1000,
    "one long word": "k" * 5000,
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_any_title_is_drawn_without_a_warning(title: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert places(drawn(USUAL, title=title, threshold="85"), LINE_COLOUR)


LOCALES = ("en_US", "de_DE", "ja_JP", "zh_CN", "ar_EG", "hi_IN", "th_TH", "he_IL", "fa_IR", "pl_PL")


@pytest.mark.parametrize(
    ("locale", "currency"),
    [*((locale, "EUR") for locale in LOCALES), ("ja_JP", "JPY"), ("ar_KW", "KWD"), ("th_TH", "THB"), ("en_US", "XYZ")],
)
def test_amounts_and_dates_of_any_locale_are_drawn_without_a_warning(locale: str, currency: str) -> None:
    changes = (change(20, "12800", currency=currency), change(3, "11900", currency=currency))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert places(drawn(changes, formats=Formats(locale=locale, timezone="Asia/Tokyo")), LINE_COLOUR)


HISTORIES = {
    "one price, just now": (change(0, "79"),),
    "one price, long ago": (change(400, "79"),),
    "hours": (change(0.3, "79"), change(0.1, "78")),
    "2,000 changes": tuple(change(120 - i * 0.06, str(300 + i * 7 % 60), is_sold_out=i % 50 == 0) for i in range(2000)),
    "huge": (change(40, "99999999999999"), change(20, "88888888888888")),
    "tiny": (change(40, "0.0012"), change(20, "0.0011")),
    "tiny and huge": (change(40, "0.01"), change(20, "99999999999999")),
    "nothing but 0": (change(40, "0"), change(20, "0")),
    "sold out at the end": (change(40, "79"), change(2, None, is_sold_out=True)),
    "sold out from the beginning": (change(40, "79", is_sold_out=True), change(2, "79")),
    "two at once": (change(40, "79"), change(2, "80"), change(2, "81")),
}


@pytest.mark.parametrize("changes", HISTORIES.values(), ids=HISTORIES)
def test_any_history_with_a_price_is_drawn(changes: tuple[PriceChange, ...]) -> None:
    assert places(drawn(changes, threshold="70"), LINE_COLOUR) or changes[-1].availability is SOLD_OUT


def test_threads_draw_at_once_what_one_draws() -> None:
    alone = drawn(USUAL, threshold="85").tobytes()
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda _: drawn(USUAL, threshold="85").tobytes(), range(8)))
    assert together == [alone] * 8


def test_who_draws_nothing_does_not_load_matplotlib() -> None:
    program = "import sys, pricewatch_pipeline.services.compose_digests; print('matplotlib' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"


def test_prices_in_another_currency_break_the_line() -> None:
    changes = (change(50, "100"), change(30, "120", currency="USD"), change(10, "90"))
    series = series_of(changes, until=UNTIL, currency="EUR")
    assert series is not None
    assert [str(price) for price in (series.lowest[1], series.highest, series.last)] == ["90", "100", "90"]
    assert [value for _, value in series.points] == [100, 100, None, None, 90, 90]


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (90, ["25. Aug.", "15. Sept.", "6. Okt.", "27. Okt.", "17. Nov."]),
        (9, ["14. Nov.", "16. Nov.", "18. Nov.", "20. Nov.", "22. Nov."]),
        (0.4, ["06:00", "08:00", "10:00", "12:00", "14:00"]),
    ],
)
def test_times_are_marked_where_days_or_hours_begin_for_the_reader(days: float, labels: list[str]) -> None:
    series = series_of((change(days, "79"),), until=UNTIL, currency="EUR")
    assert series is not None
    assert [label for _, label in time_ticks(series, GERMAN)] == labels


@settings(max_examples=200)
@given(
    st.lists(st.decimals("0", "99999999999999", places=4), min_size=1, max_size=8), st.decimals("0", "1e14", places=2)
)
def test_values_have_a_few_marks_within_the_picture(prices: list[Decimal], target: Decimal) -> None:
    changes = [change(len(prices) - i, str(price)) for i, price in enumerate(prices)]
    series = series_of(changes, until=UNTIL, currency="EUR")
    assert series is not None
    low, high, _ = value_range(series, target)
    ticks = value_ticks(low, high, GERMAN)
    assert low < float(min(prices)) <= float(max(prices)) < high
    assert 1 <= len(ticks) <= 6
    assert all(low <= value <= high for value, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)
