"""What can be read from a page: values, no reading."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any

LARGEST_AMOUNT = Decimal(10) ** 14 - 1
"""Amounts stay below this: the columns hold 14 digits before the point."""
LONGEST_TEXT = 4000
"""Characters of one text of an offer; what is longer is cut."""
_LONGEST_NAME = 100
_MOST_ATTRIBUTES = 50
"""Of a variant."""
_CURRENCY = re.compile(r"[A-Z]{3}")


class Availability(StrEnum):
    """Whether a buyer can have it. Not known is `None`, never one of these."""

    IN_STOCK = "InStock"
    OUT_OF_STOCK = "OutOfStock"
    PRE_ORDER = "PreOrder"
    BACK_ORDER = "BackOrder"
    DISCONTINUED = "Discontinued"
    LIMITED_AVAILABILITY = "LimitedAvailability"


@dataclass(frozen=True, kw_only=True)
class PriceText:
    """A text that was read as an amount of money, or could not be."""

    raw: str
    """As it appears, no post-processing."""
    amount: Decimal | None = None
    """None where the text holds no price, several, or one that may be read in two ways; never 0 for that."""
    currency: str | None = None
    """ISO 4217; None where neither text nor hints say."""
    outcome: str = "ok"
    """`ok`, `no_price`, `several_prices`, or `needs_review` (two readings are possible)."""


class PriceRole(StrEnum):
    """What an amount on a page is."""

    PRICE = "price"
    """What a buyer pays now, of this or of another variant."""
    LIST_PRICE = "list_price"
    """Before a reduction, or recommended by the maker."""
    RANGE_LOW = "range_low"
    RANGE_HIGH = "range_high"
    UNIT_PRICE = "unit_price"
    INSTALMENT = "instalment"
    SHIPPING = "shipping"
    """A delivery's price, or the amount from which it costs nothing."""
    SAVING = "saving"
    CONDITIONAL = "conditional"
    """For members, subscribers, holders of a card or a coupon only."""
    WITHOUT_TAX = "without_tax"
    USED = "used"
    EXTRA = "extra"
    """For something sold with it: an insurance, a protection plan, a surcharge."""
    OTHER_PRODUCT = "other_product"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One price seen on the page, chosen or not."""

    source: str
    """`strategy`, `json_ld`, `microdata`, `rdfa`, `meta`, `state` (application state in scripts), `data` (attributes), `text`."""
    place: str
    """Where in the page: a selector or a path."""
    raw: str
    amount: Decimal | None = None
    currency: str | None = None
    role: PriceRole = PriceRole.PRICE
    is_chosen: bool = False
    score: float | None = None
    """How well it fits, 0 to 1, by what it was compared with; None where nothing was compared."""
    why: str | None = None
    """Why it won or lost, in words."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What one page says of one product."""

    price: Decimal | None = None
    """What a buyer pays now; None when the page shows none (then availability must say why)."""
    currency: str | None = None
    price_text: str | None = None
    """The raw text the price came from."""
    price_high: Decimal | None = None
    """Where the page gives a range of prices: its upper end; the price is the lower one."""
    list_price: Decimal | None = None
    shipping_price: Decimal | None = None
    """What the page says that a delivery costs; 0 when it is free. None when it does not say."""
    unit_price: Decimal | None = None
    unit_price_per: str | None = None
    """`kg`, `l`, `m`, `m2`, `m3` or `piece`; what shops give per 100 g or 100 ml is turned into kg and l."""
    pack_size: Decimal | None = None
    pack_unit: str | None = None
    """As `unit_price_per`."""
    availability: Availability | None = None
    title: str | None = None
    brand: str | None = None
    sku: str | None = None
    gtin: str | None = None
    """8, 12, 13 or 14 digits whose check digit is right."""
    mpn: str | None = None
    variant: Mapping[str, str] = field(default_factory=dict)
    """Attributes of the selected variant, such as `color` and `size`."""
    image_url: str | None = None
    seller: str | None = None
    condition: str | None = None
    method: str | None = None
    """The reader that won: `strategy:css`, or a candidate's source."""
    confidence: float | None = None
    reason: str | None = None
    """Why this price, in words."""
    candidates: tuple[Candidate, ...] = field(default=())


_SIDE_AMOUNTS = ("price_high", "list_price", "shipping_price", "unit_price", "pack_size")


def is_amount(value: Decimal | None) -> bool:
    """Whether it is no amount at all, or one that can be stored."""
    return value is None or (value.is_finite() and 0 <= value < LARGEST_AMOUNT)


def problem_of(offer: Offer) -> str | None:
    """Why an offer cannot be stored, in words; None when it can be."""
    if not is_amount(offer.price):
        return f"the price read, {str(offer.price)[:40]}, is no amount of money"
    if offer.currency is not None and not _CURRENCY.fullmatch(offer.currency):
        return f"the currency read, {offer.currency[:40]!r}, is no ISO 4217 code"
    return None


def storable(offer: Offer) -> Offer:
    """The offer with its texts cut to a length that can be shown, and without what cannot be stored beside its price."""
    texts: dict[str, Any] = {
        f.name: text[:LONGEST_TEXT]
        for f in fields(offer)
        if isinstance(text := getattr(offer, f.name), str) and len(text) > LONGEST_TEXT
    }
    refused: dict[str, Any] = {name: None for name in _SIDE_AMOUNTS if not is_amount(getattr(offer, name))}
    return replace(
        offer,
        **texts,
        **refused,
        variant={n[:_LONGEST_NAME]: v[:LONGEST_TEXT] for n, v in islice(offer.variant.items(), _MOST_ATTRIBUTES)},
        confidence=None
        if offer.confidence is None or math.isnan(offer.confidence)
        else min(max(offer.confidence, 0), 1),
        candidates=tuple(replace(c, raw=c.raw[:LONGEST_TEXT], place=c.place[:LONGEST_TEXT]) for c in offer.candidates),
    )
