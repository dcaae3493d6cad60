"""What structured data says of products: values shared by all its readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability, PriceRole

GTIN_NAMES = ("gtin13", "gtin", "gtin14", "gtin12", "gtin8", "isbn")
"""schema.org's properties that hold a trade item number, the most common first."""


@dataclass(frozen=True, kw_only=True)
class FoundAmount:
    """An amount that stands beside an offer's price and is not it: per kilogram, per month, for members."""

    role: PriceRole
    place: str
    raw: str
    amount: Decimal
    currency: str | None = None
    per: Decimal | None = None
    """Of a unit price: how much of `per_unit` it buys; None is 1."""
    per_unit: str | None = None
    """As it appears: a UN/CEFACT code (`KGM`) or a text (`kg`, `100 ml`)."""


@dataclass(frozen=True, kw_only=True)
class FoundOffer:
    """One offer of a product."""

    place: str
    """Path within the page's data, such as `[0].offers.price`."""
    raw: str | None = None
    """The price as it appears."""
    amount: Decimal | None = None
    currency: str | None = None
    low: Decimal | None = None
    """With `high`: a range of prices, which is no price."""
    high: Decimal | None = None
    list_price: Decimal | None = None
    role: PriceRole = PriceRole.PRICE
    """What `amount` is; what is not a price is there to be shown, never to be chosen."""
    amounts: tuple[FoundAmount, ...] = ()
    """What else is said to be paid: unit, member and instalment prices, a delivery's."""
    availability: Availability | None = None
    condition: str | None = None
    seller: str | None = None
    url: str | None = None
    sku: str | None = None
    gtin: str | None = None
    mpn: str | None = None
    name: str | None = None
    variant: Mapping[str, str] = field(default_factory=dict)
    """What tells this variant from the others, such as `color` and `size`."""
    is_selected: bool = False
    """The page itself marks this variant as the one chosen now."""


@dataclass(frozen=True, kw_only=True)
class FoundProduct:
    """One product."""

    source: str
    """`json_ld`, `microdata`, `rdfa`, `meta`, `state` (scripts) or `data` (attributes)."""
    place: str
    title: str | None = None
    brand: str | None = None
    sku: str | None = None
    gtin: str | None = None
    mpn: str | None = None
    image_url: str | None = None
    url: str | None = None
    category: str | None = None
    variant: Mapping[str, str] = field(default_factory=dict)
    """Attributes that the product as a whole has, such as `color` and `size`."""
    pack_size: Decimal | None = None
    pack_unit: str | None = None
    """As it appears: a UN/CEFACT code (`GRM`) or a text (`g`)."""
    ids: tuple[str, ...] = ()
    """Other numbers that it is called by, which tie it to a page and are not its article number."""
    group: str | None = None
    """What variants of one product have in common, where each is told as a product of its own."""
    is_main: bool = False
    """The page names it as its main entity."""
    is_listed: bool = False
    """An entry of a list."""
    offers: tuple[FoundOffer, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that one page's structured data says."""

    products: tuple[FoundProduct, ...] = ()
    page_types: frozenset[str] = field(default_factory=frozenset)
    """schema.org types of the page itself and of its lists."""
