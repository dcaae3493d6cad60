"""Amounts of money seen on a page, and what was noticed about each: the material of the choice of a price."""

from dataclasses import dataclass
from decimal import Decimal

from pricewatch_pipeline.domain.offers import PriceRole

TEXT = "text"
"""The source of what stands in the visible text."""

_REGIONS = {
    "header": "in the page's head",
    "navigation": "in a menu",
    "footer": "in the page's foot",
    "aside": "in a side column",
    "related": "among related products",
    "reviews": "among reviews",
    "dialog": "in a dialog",
    "cart": "in the shopping cart",
}
_LABELS = {
    "price": "called price",
    "now": "called the price now",
    "list": "called a list price or the price before",
    "saving": "called a saving",
    "unit": "given per unit",
    "instalment": "called an instalment",
    "shipping": "said of the delivery",
    "conditional": "for members, coupons or cards only",
    "without_tax": "without tax",
    "with_tax": "with tax",
    "used": "of a used item",
    "extra": "of an extra",
    "cart": "the sum of a cart",
    "from": "a starting price",
    "up_to": "an upper bound",
    "points": "said of points",
    "quantity": "for larger quantities",
    "lowest_before": "the lowest price of a time before",
    "other_offer": "of another seller",
}
_SOURCES = {
    "json_ld": "JSON-LD",
    "microdata": "microdata",
    "rdfa": "RDFa",
    "meta": "meta tags",
    "state": "the page's scripts",
    "data": "data attributes",
}

TRAITS: dict[str, str] = {
    "text": "visible on the page",
    "hidden": "hidden",
    "spoken": "in text for screen readers",
    "struck": "struck through",
    "repeated": "one of several blocks of one kind",
    "title_near": "close behind the title",
    "title_mid": "behind the title",
    "title_far": "far behind the title",
    "title_before": "before the title",
    "title_same_block": "in the title's block",
    "title_none": "on a page without a title",
    "buy_near": "beside the buy button",
    "buy_mid": "near the buy button",
    "buy_far": "far from the buy button",
    "buy_same_block": "in the buy button's block",
    "buy_closest": "the closest price to the buy button",
    "buy_none": "on a page without a buy button",
    "first_shown": "the first price behind the title",
    "second_shown": "the second price behind the title",
    "large": "written large",
    "heading": "in a heading",
    "link": "in a link",
    "control": "on a button",
    "option": "one of several options",
    "cell": "in a table",
    "with_currency": "with a currency",
    "with_cents": "with cents",
    "signed": "added or taken off",
    "lone_struck": "called old, with no newer price beside it",
    "shares_line": "one of several amounts in a line",
    "wordy": "within a sentence",
    "range_low": "the lower end of a range",
    "beside_struck": "beside a higher amount that is struck through",
    "low_of_line": "below the other amount of its line",
    "zero": "nothing",
    "tiny": "below all others by far",
    "often": "written several times on the page",
    "highest_near": "the highest price near the title",
    "lowest_near": "the lowest price near the title",
    "matches_data": "as rounded or written otherwise in the product data",
    "data_shown": "in the product data and on the page",
    "data_not_shown": "in the product data and not on the page",
    "data_contradicted": "in the product data, while the page shows another price",
    "with_tax_of_data": "the amount of the product data with tax added",
    "data_without_tax": "less than what the page shows by just a tax",
    "other_currency": "in another currency than the page's",
    "page_has_main_data": "on a page whose product data names another price",
    **{f"region_{name}": words for name, words in _REGIONS.items()},
    **{f"label_{name}": words for name, words in _LABELS.items()},
    **{f"next_{name}": f"{words} (in the line behind it)" for name, words in _LABELS.items()},
    **{f"near_{name}": f"{words} (in the line before it)" for name, words in _LABELS.items()},
    **{f"class_{name}": f"{words} by its class name" for name, words in _LABELS.items()},
    **{f"outer_{name}": f"{words} by the class name of what is around it" for name, words in _LABELS.items()},
    **{f"{name}_chosen": f"the main product's offer in {words}" for name, words in _SOURCES.items()},
    **{f"{name}_offer": f"an offer of the main product in {words}" for name, words in _SOURCES.items()},
    **{f"{name}_range": f"an end of a range in {words}" for name, words in _SOURCES.items()},
    **{f"{name}_list": f"a list price in {words}" for name, words in _SOURCES.items()},
    **{f"{name}_beside": f"not a price by {words}" for name, words in _SOURCES.items()},
    **{f"{name}_other": f"of another product in {words}" for name, words in _SOURCES.items()},
    "data_sure": "the only price of the main product",
    "data_out_of_stock": "of an offer that cannot be had",
    "data_two_sources": "in two kinds of product data",
}
"""Every trait an amount may have, and how it is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """One place where an amount was seen."""

    source: str
    """As `Candidate.source`."""
    place: str
    raw: str
    amount: Decimal
    currency: str | None = None
    has_currency: bool = False
    """The currency is written beside it, not guessed."""
    high: Decimal | None = None
    """The upper end, where `amount` is the lower end of a range."""
    role: PriceRole = PriceRole.PRICE
    order: int = 0
    """Its place in the document: of lines; 0 for data."""
    traits: frozenset[str] = frozenset()
