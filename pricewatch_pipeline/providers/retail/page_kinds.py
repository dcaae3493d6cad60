"""Pages that are no product's: lists, searches, pages that say there is nothing; and why a product's page shows no price."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate
from urllib.parse import urlsplit

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.page_choice import SOME_CARDS, PageFeatures, is_listing, may_be_listing
from pricewatch_pipeline.parsing.layout import Layout, Line
from pricewatch_pipeline.parsing.page_words import ABOUT_HEADINGS, ABOUT_LISTS, ABOUT_PRICE, PageSays
from pricewatch_pipeline.parsing.phrases import folded, numbered
from pricewatch_pipeline.parsing.visible_stock import has_own_button, has_own_statement
from pricewatch_pipeline.providers.retail.seen import Seen

_LISTING_TYPES = frozenset({"ItemList", "SearchResultsPage", "CollectionPage", "OfferCatalog"})
_NO_LISTS = frozenset({"meta", "state", "data"})
"""Data whose many products say nothing of the page: scripts hold those of carts and proposals too."""
_PRICE_TAGS = ("product:price:amount", "og:price:amount")
_LONGEST_HEADING = 120
_LONGEST_CARD_PRICE = 40
_LONGEST_CONTROL = 40
_MOST_LINES = 1_500
_PLACES = frozenset({"main", "header", "aside", "navigation"})
_MONEY = re.compile(
    r"[$€£¥₹₽₴₺₩₫฿₪₦₱元円원]|S/|\d[.,]\d{2}(?!\d)|\b(?:[A-Z]{3}|kr|zł|Kč|Ft|lei|лв|руб|грн|ден|дин|р|TL|Rs|Rp|DT|DA|DH|Dhs?|Sfr|Br)\b|,-"
)
_DIGIT = re.compile(r"\d")
_BESIDE_TITLE = 40
"""Lines behind the title in which it is said why there is no price."""
_LONGEST_REMARK = 80
_HOME = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:index\.\w+|home/?)?", re.IGNORECASE)
"""The path of a home page, of a country's or a language's too."""


def why_no_product(seen: Seen) -> tuple[Outcome, str] | None:
    """The outcome of a page that is not one product's, and why in words; None for a product's page."""
    products = [product for source in seen.sources for product in [source.product] if source.name != "meta"]
    has_own_price = any(offer.amount is not None or offer.low is not None for p in products for offer in p.offers)
    if has_own_price:
        return None
    headings = _headings(seen)
    if PageSays.NOT_FOUND in headings and not products and not has_own_button(seen.document.layout):
        return Outcome.NOT_FOUND, "the page says that there is no such page or product"
    if _is_listing(seen, headings, has_own_product=bool(products)):
        return Outcome.NOT_A_PRODUCT, "the page lists several products; watch the page of one of them"
    if not products and _is_sent_home(seen):
        return Outcome.NOT_FOUND, "the address led to the shop's home page: the product is no longer there"
    return None


def why_no_price(seen: Seen, availability: Availability | None = None) -> tuple[Outcome, str] | None:
    """Why a product's page that shows no price shows none: for customers who are logged in, on request, not on sale yet; None:
    no telling."""
    layout = seen.document.layout
    title = layout.title_line
    first = title.number if title else 0
    near = [
        line
        for line in layout.lines[max(first - 5, 0) : first + _BESIDE_TITLE]
        if len(line.text) <= _LONGEST_REMARK
        and not line.is_hidden
        and line.region not in ("footer", "related", "dialog")
    ]
    said = {kind for line in near for _, _, kind in ABOUT_PRICE.find(folded(line.text))}
    if PageSays.LOGIN_FOR_PRICE in said:
        return Outcome.LOGIN, "the page shows its price only to customers who are logged in"
    if PageSays.ON_REQUEST in said:
        return Outcome.NOT_PRICED, "the page gives its price on request only"
    if availability is Availability.PRE_ORDER:
        return Outcome.NOT_PRICED, "the product is not on sale yet, and the page shows no price"
    return None


def _headings(seen: Seen) -> set[PageSays]:
    """What title and headings say of the page."""
    document = seen.document
    line = document.layout.title_line
    texts = [document.title, document.heading, line.text if line else None]
    return {
        kind
        for text in dict.fromkeys(texts)
        if text and len(text) <= _LONGEST_HEADING
        for _, _, kind in ABOUT_HEADINGS.find(folded(text))
    }


def _is_listing(seen: Seen, headings: set[PageSays], *, has_own_product: bool) -> bool:
    """The cheapest features first; the rest only of pages that may still be one."""
    features, layout = _features(seen, headings, has_own_product=has_own_product), seen.document.layout
    if not may_be_listing(features):
        return False
    features = replace(features, has_own_button=has_own_button(layout))
    if not may_be_listing(features):
        return False
    features = _with_cards(features, layout)
    return is_listing(features) and is_listing(replace(features, has_own_statement=has_own_statement(layout)))


def _with_cards(features: PageFeatures, layout: Layout) -> PageFeatures:
    cards = _cards(layout)
    is_like_one = cards >= SOME_CARDS or features.list_types
    controls = _list_controls(layout.lines[:_MOST_LINES]) if is_like_one else ()
    return replace(features, cards=cards, list_controls=len(controls))


def _features(seen: Seen, headings: set[PageSays], *, has_own_product: bool) -> PageFeatures:
    document, title = seen.document, seen.document.layout.title_line
    listed = [product for found in seen.findings for product in found.products if product.source not in _NO_LISTS]
    types = _LISTING_TYPES & frozenset().union(*(found.page_types for found in seen.findings))
    return PageFeatures(
        is_search=PageSays.SEARCH in headings,
        list_types=types,
        price_tags_in_head=len({text for name in _PRICE_TAGS for text in document.metas.get(name, ())}),
        listed_products=0 if seen.sources else len(listed),
        has_own_product=has_own_product,
        has_heading=title is not None and title.heading > 0,
    )


def _cards(layout: Layout) -> int:
    """The largest number of different prices that look the same."""
    shapes: dict[object, list[Line]] = {}
    for line in layout.lines[:_MOST_LINES]:
        if len(line.text) <= _LONGEST_CARD_PRICE and _is_money(line):
            box = line.box
            shape = (box.tag, box.words, box.parent.words if box.parent else ())
            shapes.setdefault(shape, []).append(line)
    many = [lines for lines in shapes.values() if len(lines) >= SOME_CARDS]
    seen = ({line.text for line in lines if line.region in _PLACES and not line.is_hidden} for lines in many)
    return max(map(len, seen), default=0)


def _is_money(line: Line) -> bool:
    if _DIGIT.search(line.text) is None:
        return False
    return bool(_MONEY.search(line.text)) or "price" in line.box.words


def _list_controls(lines: Iterable[Line]) -> set[PageSays]:
    """What there is of sorting, filters and counts of products."""
    short = [line for line in lines if len(line.text) <= _LONGEST_CONTROL]
    joined = numbered(folded("\0".join(line.text for line in short)))
    starts = list(accumulate((len(text) + 1 for text in joined.split("\0")), initial=0))
    found: set[PageSays] = set()
    for start, _, kind in ABOUT_LISTS.find(joined):
        index = bisect_right(starts, start) - 1
        begins = kind is PageSays.COUNT or start == starts[index]
        if kind not in found and begins and short[index].region not in ("reviews", "footer", "related"):
            found.add(kind)
    return found


def _is_sent_home(seen: Seen) -> bool:
    """Whether a product's address ended at the home page."""
    try:
        asked, ended = urlsplit(seen.clues.query.url), urlsplit(seen.document.url)
    except ValueError:
        return False
    return bool(_HOME.fullmatch(ended.path)) and not ended.query and not _HOME.fullmatch(asked.path)
