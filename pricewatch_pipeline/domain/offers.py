"""What can be read from a page: values, no reading."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


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
