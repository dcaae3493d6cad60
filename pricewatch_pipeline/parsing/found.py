"""What structured data says of products: values shared by the readers of JSON-LD, microdata and meta tags."""

from dataclasses import dataclass, field
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability

GTIN_NAMES = ("gtin13", "gtin", "gtin14", "gtin12", "gtin8", "isbn")
"""schema.org's properties that hold a trade item number, the most common first."""


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
    availability: Availability | None = None
    condition: str | None = None
    seller: str | None = None
    url: str | None = None
    sku: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class FoundProduct:
    """One product."""

    source: str
    """`json_ld`, `microdata` or `meta`."""
    place: str
    title: str | None = None
    brand: str | None = None
    sku: str | None = None
    gtin: str | None = None
    mpn: str | None = None
    image_url: str | None = None
    url: str | None = None
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
