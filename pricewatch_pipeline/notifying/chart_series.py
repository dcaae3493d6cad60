"""What a price chart shows: the steps of the price, when it was sold out, where its axes have marks. Pure."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_time
from babel.numbers import format_compact_decimal, format_decimal

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.notifying.formats import Formats

LONGEST = timedelta(days=90)
SHORTEST = timedelta(minutes=5)
_MOST_TIMES = 5
_MINUTES = (2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
_DAYS = (1, 2, 3, 7, 14, 21, 30)
_SOLD_OUT = frozenset({Availability.OUT_OF_STOCK, Availability.DISCONTINUED})


@dataclass(frozen=True, kw_only=True)
class Series:
    """The price over a stretch of time. Instants are shares of it: 0 is `begin_at`, 1 is `end_at`."""

    begin_at: datetime
    end_at: datetime
    points: tuple[tuple[float, float | None], ...]
    """Corners of the line; None: it is broken."""
    sold_out: tuple[tuple[float, float], ...]
    lowest: tuple[float, Decimal]
    highest: Decimal
    last: Decimal
    """The newest price known, and until when it stood."""
    last_at: float
    is_sold_out: bool
    """At the end."""


def series_of(changes: Sequence[PriceChange], *, until: datetime, currency: str) -> Series | None:
    """The last 90 days before `until`, or less; None without a price in them."""
    known = [change for change in changes if change.began_at <= until]
    if not known:
        return None
    begin = min(max(known[0].began_at, until - LONGEST), until - SHORTEST)
    length = until - begin
    stretches: list[tuple[float, float, Decimal | None, bool]] = []
    for change, end in zip(known, [*(c.began_at for c in known[1:]), until], strict=True):
        if end >= begin and (end > change.began_at or end == until):
            price = change.price if change.currency == currency and change.price is not None else None
            start = max((change.began_at - begin) / length, 0.0)
            stretches.append((start, (end - begin) / length, price, change.availability in _SOLD_OUT))
    priced = [(end, price, start) for start, end, price, _ in stretches if price is not None]
    if not priced:
        return None
    lowest = min(price for _, price, _ in priced)
    last_at, last, _ = priced[-1]
    return Series(
        begin_at=begin,
        end_at=until,
        points=tuple(_corners(stretches)),
        sold_out=tuple(_joined(stretches)),
        lowest=(next((start + end) / 2 for end, price, start in reversed(priced) if price == lowest), lowest),
        highest=max(price for _, price, _ in priced),
        last=last,
        last_at=last_at,
        is_sold_out=stretches[-1][3],
    )


def value_range(series: Series, threshold: Decimal | None) -> tuple[float, float, bool]:
    """The lowest and the highest value of the picture, and whether the target is within: one far off would flatten the line."""
    low, high = float(series.lowest[1]), float(series.highest)
    is_near = False
    if threshold is not None:
        target = float(threshold)
        with_target = max(high, target) - min(low, target)
        is_near = with_target <= max(4 * (high - low), 0.25 * high)
        if is_near:
            low, high = min(low, target), max(high, target)
    span = (high - low) or max(abs(high) * 0.1, 0.01)
    middle = (high + low) / 2
    span = max(span, abs(high) * 0.01)
    low, high = min(low, middle - span / 2), max(high, middle + span / 2)
    return low - 0.24 * span, high + 0.1 * span, is_near


def value_ticks(low: float, high: float, formats: Formats) -> list[tuple[float, str]]:
    """Three to five round values with their labels."""
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw)
    first, decimals = math.ceil(low / step), _decimals(step)
    values = [number * step for number in range(first, first + 8) if number * step <= high and number >= 0]
    return [(value, _label(value, step, decimals, formats)) for value in values] or [(low, "")]


def time_ticks(
    series: Series, formats: Formats, is_writable: Callable[[str], bool] = lambda _text: True
) -> Iterator[tuple[float, str]]:
    """A few instants with their labels: midnights, or full hours or minutes where it is about these.

    Months are named where what names them `is_writable`.
    """
    zone = ZoneInfo(formats.timezone)
    length = series.end_at - series.begin_at
    begin = series.begin_at.astimezone(zone)
    if length <= timedelta(days=2):
        step = next(minutes for minutes in _MINUTES if length / timedelta(minutes=minutes) <= _MOST_TIMES)
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        passed = (begin.hour * 60 + begin.minute) // step
        times = [midnight + timedelta(minutes=(passed + n) * step) for n in range(_MOST_TIMES + 1)]
        forms = [[str(format_time(at, form, locale=formats.locale)) for at in times] for form in ("short", "HH:mm")]
    else:
        step = next(days for days in _DAYS if length / timedelta(days=days) <= _MOST_TIMES)
        first = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        times = [first + timedelta(days=days) for days in range(1, LONGEST.days + 1, step)]
        forms = [[str(format_skeleton(form, at, locale=formats.locale)) for at in times] for form in ("MMMd", "Md")]
    labels = next((labels for labels in forms if all(map(is_writable, labels))), forms[-1])
    for at, label in zip(times, labels, strict=True):
        if series.begin_at <= at <= series.end_at:
            yield (at - series.begin_at) / length, label


def _corners(stretches: Sequence[tuple[float, float, Decimal | None, bool]]) -> Iterator[tuple[float, float | None]]:
    for start, end, price, _ in stretches:
        value = None if price is None else float(price)
        yield start, value
        yield end, value


def _joined(stretches: Sequence[tuple[float, float, Decimal | None, bool]]) -> Iterator[tuple[float, float]]:
    """The times sold out, each as long as it lasted."""
    begin: float | None = None
    for start, end, _, is_sold_out in stretches:
        if is_sold_out and begin is None:
            begin = start
        elif not is_sold_out and begin is not None:
            yield begin, start
            begin = None
        if is_sold_out and end >= 1 and begin is not None:
            yield begin, end


def _decimals(step: float) -> int:
    """How many decimals tell values apart that are one step away."""
    return next((places for places in range(7) if abs(step * 10**places - round(step * 10**places)) < 1e-6), 6)


def _label(value: float, step: float, decimals: int, formats: Formats) -> str:
    if value >= 1_000_000:
        unit = 1000.0 ** int(math.log10(value) / 3)
        digits = _decimals(step / unit)
        # The signs of other languages for millions are often missing in the chart's font, and then a factor.
        return str(format_compact_decimal(value, locale="en", fraction_digits=digits))
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(round(value, decimals), pattern, locale=formats.locale))
