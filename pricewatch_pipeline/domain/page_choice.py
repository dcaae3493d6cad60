"""What kind of page it is, decided from its features: one product's, or one that lists several. Pure."""

from dataclasses import dataclass, replace

_ENOUGH = 3.0
SOME_CARDS = 5
"""Fewer that look alike are not a list."""
_MANY_CARDS = 10
_MOST_CONTROLS = 3
"""Kinds of controls; more say no more."""


@dataclass(frozen=True, kw_only=True)
class PageFeatures:
    """What tells a list of products from the page of one."""

    is_search: bool = False
    """Its title or heading says that it shows what a search found."""
    list_types: frozenset[str] = frozenset()
    """schema.org types that lists have."""
    price_tags_in_head: int = 0
    listed_products: int = 0
    """Products in structured data, none of them the page's own."""
    cards: int = 0
    """Prices that look the same and stand in a row, where the page's own would be."""
    list_controls: int = 0
    """Of sorting, filters, a count of products, a next page: how many there are."""
    has_own_product: bool = False
    """Structured data tells of the page's own product ..."""
    has_own_price: bool = False
    """... and of its price."""
    has_own_button: bool = False
    """One button to buy beside its title ..."""
    has_own_statement: bool = False
    """... or one statement on stock."""
    has_heading: bool = True
    """Its title is a heading."""


def is_listing(features: PageFeatures) -> bool:
    """Whether a page lists products and is no product's own. No sign decides alone but a search's heading, or data that names
    several products and none as the page's; what tells of one product weighs against it."""
    if features.has_own_price:
        return False
    return _for_it(features) - _against(features) >= _ENOUGH


def may_be_listing(features: PageFeatures) -> bool:
    """Whether a page whose cards and controls nobody has counted yet may turn out to list products."""
    return is_listing(replace(features, cards=_MANY_CARDS, list_controls=_MOST_CONTROLS))


def _for_it(features: PageFeatures) -> float:
    cards, types = features.cards, features.list_types
    is_typed = "SearchResultsPage" in types or len(types) > 1
    return (
        3.0 * features.is_search
        + (3.0 if is_typed else 2.0 if types else 0.0)
        + (3.0 if features.listed_products > 1 else 0.0)
        + (3.0 if features.price_tags_in_head > 2 else 0.0)
        + (2.0 if cards >= _MANY_CARDS else 1.5 if cards >= SOME_CARDS else 0.0)
        + min(features.list_controls, _MOST_CONTROLS) * 0.75
        + 0.75 * (not features.has_heading)
    )


def _against(features: PageFeatures) -> float:
    return 1.5 * features.has_own_product + 2.5 * features.has_own_button + 1.0 * features.has_own_statement
