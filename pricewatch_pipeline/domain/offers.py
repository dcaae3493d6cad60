"""What can be read from a page: values, no reading."""

import math
import re
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

LARGEST_AMOUNT = Decimal(10) ** 14 - 1
"""Amounts stay below this: the columns hold 14 digits before the point."""
LONGEST_TEXT = 4000
"""Characters of one text of an offer; what is longer is cut."""
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


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One price seen on the page, chosen or not."""

    source: str
    """`strategy`, `json_ld`, `microdata`, `meta`, ..."""
    place: str
    """Where in the page: a selector or a path."""
    raw: str
    amount: Decimal | None = None
    currency: str | None = None
    is_list_price: bool = False


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What one page says of one product."""

    price: Decimal | None = None
    """What a buyer pays now; None when the page shows none (then availability must say why)."""
    currency: str | None = None
    price_text: str | None = None
    """The raw text the price came from."""
    list_price: Decimal | None = None
    availability: Availability | None = None
    title: str | None = None
    brand: str | None = None
    sku: str | None = None
    gtin: str | None = None
    mpn: str | None = None
    image_url: str | None = None
    seller: str | None = None
    condition: str | None = None
    method: str | None = None
    """The reader that won: `strategy:css`, `json_ld`, `microdata`, `meta`."""
    confidence: float | None = None
    reason: str | None = None
    """Why this price, in words."""
    candidates: tuple[Candidate, ...] = field(default=())


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
    return replace(
        offer,
        **texts,
        list_price=offer.list_price if is_amount(offer.list_price) else None,
        confidence=None
        if offer.confidence is None or math.isnan(offer.confidence)
        else min(max(offer.confidence, 0), 1),
        candidates=tuple(replace(c, raw=c.raw[:LONGEST_TEXT], place=c.place[:LONGEST_TEXT]) for c in offer.candidates),
    )
