"""One product in many stores: what each asks for it now in one currency, and which is best. Pure functions over values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from pricewatch_pipeline.domain.exchange import Rates, convert
from pricewatch_pipeline.domain.insights import SOLD_OUT, is_price
from pricewatch_pipeline.domain.offers import LARGEST_AMOUNT, Availability
from pricewatch_pipeline.domain.price_changes import PriceChange

LEAST_FRESHNESS = timedelta(days=7)
INTERVALS_FRESH = 3
USED_GOODS = frozenset({"used", "refurbished", "damaged"})


class Standing(StrEnum):
    """Whether an offer can be compared with those of other stores; if not, why."""

    COMPARED = "compared"
    NO_PRICE = "no_price"
    """None was read yet, or the page shows none, or 0: giveaways count nowhere."""
    SOLD_OUT = "sold_out"
    STALE = "stale"
    """No check has confirmed it for too long."""
    USED = "used"
    """Other stores sell it new."""
    NO_RATE = "no_rate"
    """It is in a currency for which there is no rate."""


@dataclass(frozen=True, kw_only=True)
class StoreOffer:
    """What one watch of a product last read, in its own currency."""

    watch_id: str
    price: Decimal | None = None
    currency: str | None = None
    availability: Availability | None = None
    condition: str | None = None
    """`new`, `used`, `refurbished` or `damaged`; None: the page does not say, which means new."""
    shipping_price: Decimal | None = None
    """0: it is free; None: not known."""
    unit_price: Decimal | None = None
    unit_price_per: str | None = None
    pack_size: Decimal | None = None
    pack_unit: str | None = None
    """As the page says; where it does not, the product's."""
    confirmed_at: datetime | None = None
    """By the newest check that ended well."""
    every: timedelta | None = None
    """How often it is looked at; None: by cron."""


@dataclass(frozen=True, kw_only=True)
class ComparedOffer:
    """An offer in the product's currency. Amounts are not rounded; None where they are not known."""

    offer: StoreOffer
    standing: Standing
    price: Decimal | None = None
    landed_price: Decimal | None = None
    """With shipping, where that is known."""
    unit_price: Decimal | None = None
    unit_price_per: str | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The stores of a product side by side."""

    currency: str
    offers: tuple[ComparedOffer, ...] = ()
    """Those that are compared first, the cheapest before the others."""
    best: ComparedOffer | None = None
    best_landed: ComparedOffer | None = None
    """Among those whose shipping is known."""
    best_unit: ComparedOffer | None = None
    """Among those with a unit price in the unit that most of them have."""
    highest_price: Decimal | None = None


def is_fresh(offer: StoreOffer, *, now: datetime) -> bool:
    """Whether a price is of now: a check confirmed it within 7 days, or within three of its intervals where that is longer."""
    if offer.confirmed_at is None:
        return False
    longest = max(LEAST_FRESHNESS, INTERVALS_FRESH * offer.every) if offer.every else LEAST_FRESHNESS
    return now - offer.confirmed_at <= longest


def currency_of(offers: Iterable[StoreOffer], *, own: str | None, default: str) -> str:
    """In which currency a product is compared: as it says, else the one that all its prices are in, else the default."""
    used = {offer.currency for offer in offers if offer.price is not None and offer.currency is not None}
    return own or (used.pop() if len(used) == 1 else default)


def best_offers(
    offers: Sequence[StoreOffer], rates: Rates, currency: str, *, now: datetime, pack_unit: str | None = None
) -> Comparison:
    """Compare the stores of a product. `pack_unit`: the unit that the product itself names."""
    has_new = any(not _is_used(offer) and offer.price for offer in offers)
    compared = [_compared(offer, rates, currency, now=now, has_new=has_new) for offer in offers]
    pool = sorted((each for each in compared if each.standing is Standing.COMPARED), key=_by_price)
    rest = sorted((each for each in compared if each.standing is not Standing.COMPARED), key=lambda e: e.offer.watch_id)
    unit = _common_unit(pool, pack_unit)
    return Comparison(
        currency=currency,
        offers=(*pool, *rest),
        best=pool[0] if pool else None,
        best_landed=min((e for e in pool if e.landed_price is not None), key=_by_landed_price, default=None),
        best_unit=min((e for e in pool if unit and e.unit_price_per == unit), key=_by_unit_price, default=None),
        highest_price=pool[-1].price if pool else None,
    )


def _compared(offer: StoreOffer, rates: Rates, currency: str, *, now: datetime, has_new: bool) -> ComparedOffer:
    standing = _standing(offer, now=now, has_new=has_new)
    price = _converted(offer.price, offer, rates, currency) if offer.price else None
    if price is None:
        standing = Standing.NO_RATE if standing is Standing.COMPARED else standing
        return ComparedOffer(offer=offer, standing=standing)
    compared = ComparedOffer(offer=offer, standing=standing, price=price)
    shipping = _converted(offer.shipping_price, offer, rates, currency)
    if shipping is not None and price + shipping < LARGEST_AMOUNT:
        compared = replace(compared, landed_price=price + shipping)
    unit_price, unit = _unit_price(offer)
    return replace(compared, unit_price=_converted(unit_price, offer, rates, currency), unit_price_per=unit)


def _standing(offer: StoreOffer, *, now: datetime, has_new: bool) -> Standing:
    if offer.availability in SOLD_OUT:
        return Standing.SOLD_OUT
    if not offer.price:
        return Standing.NO_PRICE
    if not is_fresh(offer, now=now):
        return Standing.STALE
    return Standing.USED if has_new and _is_used(offer) else Standing.COMPARED


def _is_used(offer: StoreOffer) -> bool:
    return offer.condition in USED_GOODS


def _converted(amount: Decimal | None, offer: StoreOffer, rates: Rates, currency: str) -> Decimal | None:
    return None if amount is None or offer.currency is None else convert(amount, offer.currency, currency, rates)


def _unit_price(offer: StoreOffer) -> tuple[Decimal | None, str | None]:
    """As the page says it, else the price by what a pack holds."""
    if offer.unit_price and offer.unit_price_per:
        return offer.unit_price, offer.unit_price_per
    if offer.price and offer.pack_size and offer.pack_unit:
        return offer.price / offer.pack_size, offer.pack_unit
    return None, None


def _common_unit(pool: Iterable[ComparedOffer], pack_unit: str | None) -> str | None:
    """The product's own unit where an offer has it, else the one that most have: a kilogram is not compared with a piece."""
    counts = Counter(each.unit_price_per for each in pool if each.unit_price is not None and each.unit_price_per)
    if pack_unit in counts:
        return pack_unit
    return min(counts, key=lambda unit: (-counts[unit], unit), default=None)


def _by_price(each: ComparedOffer) -> tuple[Decimal, str]:
    return each.price or Decimal(0), each.offer.watch_id


def _by_landed_price(each: ComparedOffer) -> tuple[Decimal, str]:
    return each.landed_price or Decimal(0), each.offer.watch_id


def _by_unit_price(each: ComparedOffer) -> tuple[Decimal, str]:
    return each.unit_price or Decimal(0), each.offer.watch_id


@dataclass(frozen=True, kw_only=True)
class StoreHistory:
    """What one watch of a product showed, in the product's currency."""

    changes: tuple[PriceChange, ...]
    ended_at: datetime | None = None
    """When it was removed, or too long not confirmed: then its last price ended. None: it stands."""


def best_history(histories: Iterable[StoreHistory], currency: str) -> tuple[PriceChange, ...]:
    """The best price of a product over time: a change whenever another price is the lowest that can be had."""
    moves: list[tuple[datetime, int, Decimal | None]] = []
    for index, history in enumerate(histories):
        within = [c for c in history.changes if history.ended_at is None or c.began_at <= history.ended_at]
        moves += [(c.began_at, index, c.price if is_price(c, currency) else None) for c in within]
        moves += [(history.ended_at, index, None)] if history.ended_at else []
    standing: dict[int, Decimal] = {}
    found: list[PriceChange] = []
    for at, those in groupby(sorted(moves, key=lambda move: move[0]), key=lambda move: move[0]):
        for _, index, price in those:
            if price is None:
                standing.pop(index, None)
            else:
                standing[index] = price
        best = min(standing.values(), default=None)
        if not found or found[-1].price != best:
            found.append(PriceChange(began_at=at, price=best, currency=currency))
    return tuple(found)
