"""What a history of prices says: lows, medians, how good a price is, whether a target can be reached. Pure functions.

A price stands from its change until the next one. It counts while the thing can be bought for it: not when sold out, not
at 0 (a giveaway would poison every low), and only in the currency asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from itertools import groupby
from operator import attrgetter, itemgetter

from pricewatch_pipeline.domain.exchange import minor_unit
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange

SOLD_OUT = frozenset({Availability.OUT_OF_STOCK, Availability.DISCONTINUED})
WINDOWS = (30, 90, 365)
"""Days."""
SCORE_DAYS = 365
"""How far back a price is compared for its percentile and score: prices from years ago say little of today's."""
ENOUGH_POINTS = 14
"""Days with a price; with fewer, a score is a guess."""
LEAST_SCORE_AT_LOWEST = Decimal("9.5")
DROP_SHARE = Decimal("0.03")
TREND_DAYS = 30
TREND_SHARE = Decimal("0.01")
TARGET_ABOVE_BEST = Decimal("1.05")
_BEGAN_AT = attrgetter("began_at")
_PRICE = itemgetter(0)


class Trend(StrEnum):
    """Where a price goes: now against the median of the last 30 days; less than 1 % away from it is steady."""

    DOWN = "down"
    UP = "up"
    LOWEST = "lowest"
    """As low as ever, having been higher: goes before the others."""
    STEADY = "steady"


@dataclass(frozen=True, kw_only=True)
class PricedAt:
    """A price, and when it began to stand for the last time."""

    price: Decimal
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Window:
    """The last so many days."""

    days: int
    low: Decimal | None
    median: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Drop:
    """A fall by 3 % or more below where the price stood before: small steps add up until they are that much."""

    at: datetime
    was: Decimal
    price: Decimal

    @property
    def share(self) -> Decimal:
        """0.1: ten percent."""
        return 1 - self.price / self.was


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """How a target looks beside the history."""

    target: Decimal
    is_reached: bool
    """Now."""
    is_reachable: bool
    """The price was as low before, or is now."""


@dataclass(frozen=True, kw_only=True)
class Insights:
    """What a history says at one moment, in one currency. None: there is nothing to tell it from."""

    currency: str | None
    price: Decimal | None
    """For which it can be had now."""
    lowest: PricedAt | None
    """Ever."""
    highest: PricedAt | None
    windows: tuple[Window, ...]
    percentile: Decimal | None
    """The share of the last 365 days' priced time in which it cost as little, or less: 0.1 is a good price."""
    score: Decimal | None
    """0 to 10, 10 is best: the share of that time in which it cost more, and half of that in which it cost the same,
    times ten; at least 9.5 when it is as low as ever and was higher."""
    points: int
    """Days (UTC) of the last 365 with a price."""
    is_confident: bool
    """There are 14 points or more."""
    drops: tuple[Drop, ...]
    """Oldest first."""
    changed_at: datetime | None
    """When the price last became another one; that it was sold out in between is no change."""
    days_since_change: int | None
    trend: Trend | None
    outlook: Outlook | None
    """None without a target."""
    proposed_target: Decimal | None
    """The lower one of 5 % above the best ever, and just below the price now."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A time in which one price stood."""

    began_at: datetime
    ended_at: datetime
    price: Decimal


def is_price(change: PriceChange, currency: str | None) -> bool:
    """Whether somebody could buy for the price of this change, in this currency."""
    return bool(change.price) and change.currency == currency and change.availability not in SOLD_OUT


def stretches(
    changes: Iterable[PriceChange], *, until: datetime, currency: str | None, since: datetime | None = None
) -> Iterator[Stretch]:
    """Where prices stood between these instants, oldest first; of what stood at `since`, the part from then on."""
    for began_at, ended_at, price in _spans(changes, since=since, until=until, currency=currency):
        yield Stretch(began_at=began_at, ended_at=ended_at, price=price)


def _spans(
    changes: Iterable[PriceChange], *, until: datetime, currency: str | None, since: datetime | None
) -> Iterator[tuple[datetime, datetime, Decimal]]:
    """Stretches as began, ended and price: rules sum up windows of many at many checks."""
    ordered = sorted([change for change in changes if change.began_at <= until], key=_BEGAN_AT)
    ends = [*(change.began_at for change in ordered[1:]), until]
    for index, (change, ended_at) in enumerate(zip(ordered, ends, strict=False), start=1):
        began_at, price = change.began_at, change.price
        if since is not None and began_at < since:
            began_at = since
        is_within = began_at < ended_at or (index == len(ordered) and began_at == ended_at)
        if is_within and price is not None and is_price(change, currency):
            yield began_at, ended_at, price


def low_of(changes: Iterable[PriceChange], *, since: datetime, until: datetime, currency: str | None) -> Decimal | None:
    """The lowest price that stood between these instants, with what stood at `since`; None where none did."""
    spans = _spans(changes, since=since, until=until, currency=currency)
    return min((price for _, _, price in spans), default=None)


def median_of(
    changes: Iterable[PriceChange], *, since: datetime, until: datetime, currency: str | None
) -> Decimal | None:
    """The price at or below which half of the time went by, with what stood at `since`; None where no price stood.

    Always a price that really stood: never the mean of two.
    """
    spans = _spans(changes, since=since, until=until, currency=currency)
    return _median((price, ended_at - began_at) for began_at, ended_at, price in spans)


def _median(lengths: Iterable[tuple[Decimal, timedelta]]) -> Decimal | None:
    by_price = sorted(lengths, key=_PRICE)
    total = sum((length for _, length in by_price), timedelta())
    passed = timedelta()
    for price, length in by_price:
        passed += length
        if 2 * passed >= total:
            return price
    return None


def _length(stretch: Stretch) -> timedelta:
    return stretch.ended_at - stretch.began_at


def insights(
    changes: Iterable[PriceChange],
    *,
    now: datetime,
    until: datetime | None = None,
    currency: str | None,
    target: Decimal | None = None,
) -> Insights:
    """What the changes say. `until`: the newest check that confirmed the last of them; after it, nothing is known.

    `target` is in `currency`.
    """
    until = min(until or now, now)
    history = tuple(changes)
    ever = list(stretches(history, until=until, currency=currency))
    year = list(stretches(history, since=now - timedelta(days=SCORE_DAYS), until=until, currency=currency))
    price = _standing(history, until=until, currency=currency)
    lowest = _extreme(ever, min(ever, key=lambda s: s.price).price) if ever else None
    highest = _extreme(ever, max(ever, key=lambda s: s.price).price) if ever else None
    points = _days(year)
    changed_at = _changed_at(ever)
    return Insights(
        currency=currency,
        price=price,
        lowest=lowest,
        highest=highest,
        windows=tuple(_window(history, days, now=now, until=until, currency=currency) for days in WINDOWS),
        percentile=_percentile(year, price),
        score=_score(year, price, ever),
        points=points,
        is_confident=points >= ENOUGH_POINTS,
        drops=tuple(_drops(ever)),
        changed_at=changed_at,
        days_since_change=None if changed_at is None else (now - changed_at).days,
        trend=trend_of(history, now=now, until=until, currency=currency),
        outlook=_outlook(target, price, lowest),
        proposed_target=_proposal(price, lowest, currency),
    )


def trend_of(
    changes: Sequence[PriceChange], *, now: datetime, until: datetime | None = None, currency: str | None
) -> Trend | None:
    """Where the price goes; None where it cannot be had now, or was first seen less than a day ago."""
    until = min(until or now, now)
    price = _standing(changes, until=until, currency=currency)
    ever = list(stretches(changes, until=until, currency=currency))
    if price is None or until - ever[0].began_at < timedelta(days=1):
        return None
    if _is_lowest(ever, price):
        return Trend.LOWEST
    return direction_of(changes, now=now, until=until, currency=currency)


def direction_of(
    changes: Sequence[PriceChange], *, now: datetime, until: datetime, currency: str | None
) -> Trend | None:
    """Down, up or steady; None where it cannot be had now."""
    price = _standing(changes, until=until, currency=currency)
    median = median_of(changes, since=now - timedelta(days=TREND_DAYS), until=until, currency=currency)
    if price is None:
        return None
    if median is None or abs(price - median) < TREND_SHARE * median:
        return Trend.STEADY
    return Trend.DOWN if price < median else Trend.UP


def _standing(changes: Iterable[PriceChange], *, until: datetime, currency: str | None) -> Decimal | None:
    # As `stretches` has it: of changes at the same instant, the last one stands.
    known = sorted((change for change in changes if change.began_at <= until), key=lambda change: change.began_at)
    return known[-1].price if known and is_price(known[-1], currency) else None


def _extreme(ever: Sequence[Stretch], price: Decimal) -> PricedAt:
    return PricedAt(price=price, at=max(stretch.began_at for stretch in ever if stretch.price == price))


def _window(
    changes: Sequence[PriceChange], days: int, *, now: datetime, until: datetime, currency: str | None
) -> Window:
    found = list(stretches(changes, since=now - timedelta(days=days), until=until, currency=currency))
    return Window(
        days=days, low=min((s.price for s in found), default=None), median=_median((s.price, _length(s)) for s in found)
    )


def _percentile(year: Sequence[Stretch], price: Decimal | None) -> Decimal | None:
    total = sum(map(_length, year), timedelta())
    if price is None or not total:
        return None
    return _share(sum((_length(s) for s in year if s.price <= price), timedelta()), total)


def _score(year: Sequence[Stretch], price: Decimal | None, ever: Sequence[Stretch]) -> Decimal | None:
    total = sum(map(_length, year), timedelta())
    if price is None or not total:
        return None
    above = sum((_length(s) for s in year if s.price > price), timedelta())
    equal = sum((_length(s) for s in year if s.price == price), timedelta())
    score = 10 * _share(2 * above + equal, 2 * total)
    return max(score, LEAST_SCORE_AT_LOWEST) if _is_lowest(ever, price) else score


def _is_lowest(ever: Sequence[Stretch], price: Decimal) -> bool:
    return all(s.price >= price for s in ever) and any(s.price > price for s in ever)


def _share(part: timedelta, whole: timedelta) -> Decimal:
    microsecond = timedelta(microseconds=1)
    return (Decimal(part // microsecond) / Decimal(whole // microsecond)).quantize(Decimal("0.0001"))


def _days(found: Iterable[Stretch]) -> int:
    """How many days (UTC) the stretches touch; they are in order."""
    count, counted_to = 0, date.min
    for stretch in found:
        first = stretch.began_at.astimezone(UTC).date()
        last = max(stretch.began_at, stretch.ended_at - timedelta(microseconds=1)).astimezone(UTC).date()
        if last > counted_to:
            count += (last - max(first, counted_to + timedelta(days=1))).days + 1
            counted_to = last
    return count


def _drops(ever: Iterable[Stretch]) -> Iterator[Drop]:
    baseline: Decimal | None = None
    for stretch in ever:
        if baseline is None:
            baseline = stretch.price
        elif stretch.price <= baseline * (1 - DROP_SHARE):
            yield Drop(at=stretch.began_at, was=baseline, price=stretch.price)
            baseline = stretch.price
        elif stretch.price >= baseline * (1 + DROP_SHARE):
            baseline = stretch.price


def _changed_at(ever: Sequence[Stretch]) -> datetime | None:
    runs = [next(run).began_at for _, run in groupby(ever, key=lambda stretch: stretch.price)]
    return runs[-1] if len(runs) > 1 else None


def _outlook(target: Decimal | None, price: Decimal | None, lowest: PricedAt | None) -> Outlook | None:
    if target is None or lowest is None:
        return None
    return Outlook(target=target, is_reached=price is not None and price <= target, is_reachable=target >= lowest.price)


def _proposal(price: Decimal | None, lowest: PricedAt | None, currency: str | None) -> Decimal | None:
    if lowest is None:
        return None
    unit = minor_unit(currency) if currency else Decimal("0.01")
    best = lowest.price * TARGET_ABOVE_BEST
    proposed = (best if price is None else min(best, price - unit)).quantize(unit, rounding=ROUND_DOWN)
    return proposed if proposed > 0 else None
