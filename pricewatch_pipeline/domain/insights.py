"""What a history of prices says: lows, medians, how good a price is, whether a target can be reached. Pure functions.

A price stands from its change until the next one. It counts while the thing can be bought for it: not when sold out, not
at 0 (a giveaway would poison every low), and only in the currency asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange

SOLD_OUT = frozenset({Availability.OUT_OF_STOCK, Availability.DISCONTINUED})


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
    ordered = sorted((change for change in changes if change.began_at <= until), key=lambda change: change.began_at)
    for index, change in enumerate(ordered):
        is_newest = index == len(ordered) - 1
        ended_at = until if is_newest else ordered[index + 1].began_at
        began_at = change.began_at if since is None else max(change.began_at, since)
        is_within = began_at < ended_at or (is_newest and began_at == ended_at)
        if is_within and change.price is not None and is_price(change, currency):
            yield Stretch(began_at=began_at, ended_at=ended_at, price=change.price)


def low_of(changes: Iterable[PriceChange], *, since: datetime, until: datetime, currency: str | None) -> Decimal | None:
    """The lowest price that stood between these instants, with what stood at `since`; None where none did."""
    return min((s.price for s in stretches(changes, since=since, until=until, currency=currency)), default=None)


def median_of(
    changes: Iterable[PriceChange], *, since: datetime, until: datetime, currency: str | None
) -> Decimal | None:
    """The price at or below which half of the time went by, with what stood at `since`; None where no price stood.

    Always a price that really stood: never the mean of two.
    """
    return _median(stretches(changes, since=since, until=until, currency=currency))


def _median(found: Iterable[Stretch]) -> Decimal | None:
    by_price = sorted(found, key=lambda stretch: stretch.price)
    total = sum((_length(stretch) for stretch in by_price), timedelta())
    passed = timedelta()
    for stretch in by_price:
        passed += _length(stretch)
        if 2 * passed >= total:
            return stretch.price
    return None


def _length(stretch: Stretch) -> timedelta:
    return stretch.ended_at - stretch.began_at
