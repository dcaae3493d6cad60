"""Which product of a page is the one the page is about, and which of its offers a buyer gets. Pure decisions."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

from pricewatch_pipeline.domain.offers import Availability, PriceRole
from pricewatch_pipeline.parsing.found import Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.providers.retail.query import RetailQuery

_NOT_LETTERS = re.compile(r"[\W_]+")
_NOT_IN_NUMBERS = re.compile(r"[^\w]+|(?<=/)p(?=\d)")
_SHORTEST_NUMBER = 5
_LONGEST_URL = 2_000
_LEAST_SHARE = 0.4
"""Of a heading that a name in a script must make up; `Trousers` is in many."""
LOOSE = frozenset({"state", "data"})
"""Kinds of data that are not marked as what the page sells."""
_Test = Callable[[FoundProduct], bool]

BUYABLE = (Availability.IN_STOCK, Availability.LIMITED_AVAILABILITY, Availability.PRE_ORDER, Availability.BACK_ORDER)


@dataclass(frozen=True, kw_only=True)
class Clues:
    """What tells the main product from the others."""

    query: RetailQuery
    urls: tuple[str, ...]
    """The page's addresses: asked for, final, canonical."""
    headings: tuple[str, ...]
    """The page's main heading and titles."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An offer, or why there is none."""

    offer: FoundOffer | None = None
    reason: str
    is_sure: bool = True


def main_products(findings: Sequence[Findings], clues: Clues) -> list[FoundProduct]:
    """The page's product as each kind of data tells it, the most trusted first.

    What scripts and attributes hold may be any product's, or another price of this one, so it must be tied to the page, and
    is not believed against what is marked as the page's product.
    """
    marked = [f.products for f in findings if f.products and f.products[0].source not in LOOSE]
    mains = [main for products in marked if (main := main_product(products, clues))]
    stated = frozenset(a for main in mains for o in main.offers for a in (o.amount, o.low, o.high) if a is not None)
    loose = [f.products for f in findings if f.products and f.products[0].source in LOOSE]
    for products in loose:
        main = _tied_product(products, clues, mains)
        if main is not None and (not stated or any(offer.amount in stated for offer in main.offers)):
            mains.append(main)
    return mains


def main_product(products: Sequence[FoundProduct], clues: Clues) -> FoundProduct | None:
    """The one product the page is about; None when there is none or no telling."""
    for test in (
        _names_the_sku(clues),
        _is_at_one_of(clues.urls),
        lambda p: p.is_main and not p.is_listed,
        _is_named_in(clues.headings),
    ):
        matching = [product for product in products if test(product)]
        if matching:
            return _with_siblings(_fullest(matching), products)
    alone = [product for product in products if not product.is_listed]
    if len(alone) > 1 and alone[0].group and len({product.group for product in alone}) == 1:
        return _with_siblings(alone[0], products)
    return alone[0] if len(alone) == 1 and len(products) - len(alone) < 2 else None


def _fullest(products: list[FoundProduct]) -> FoundProduct:
    return max(products, key=lambda p: any(o.amount is not None for o in p.offers))


def _with_siblings(product: FoundProduct, products: Sequence[FoundProduct]) -> FoundProduct:
    """With the offers of the other variants, where each is told as a product of its own."""
    siblings = [p for p in products if p is not product and p.group and p.group == product.group]
    more = [offer for p in siblings for offer in p.offers]
    return replace(product, offers=(*product.offers, *more)) if more else product


def _tied_product(products: Sequence[FoundProduct], clues: Clues, mains: Sequence[FoundProduct]) -> FoundProduct | None:
    """The product that a number, an address or its name ties to the page."""
    for test in (
        _names_the_sku(clues),
        _has_number_of(mains),
        _is_at_one_of(clues.urls),
        _has_number_in(clues.urls),
        lambda p: p.is_main and not p.is_listed,
        _is_named_in(clues.headings, _LEAST_SHARE),
    ):
        matching = [product for product in products if any(map(_is_priced, product.offers)) and test(product)]
        if matching:
            return replace(matching[0], offers=tuple(offer for p in matching for offer in p.offers))
    return None


def _is_priced(offer: FoundOffer) -> bool:
    return bool(offer.low or offer.amount) and offer.role is PriceRole.PRICE


def _has_number_of(mains: Sequence[FoundProduct]) -> _Test:
    numbers = {n.casefold() for p in mains for n in (p.sku, p.gtin, p.mpn) if n and len(n) >= _SHORTEST_NUMBER}
    return lambda p: any(n and n.casefold() in numbers for n in (p.sku, p.gtin, p.mpn, *p.ids))


def _has_number_in(urls: Iterable[str]) -> _Test:
    """Whether an address holds the product's number as a word; numbers that could be anything's do not count."""
    words = {word.casefold() for url in urls for word in _NOT_IN_NUMBERS.split(url[:_LONGEST_URL])}

    def test(product: FoundProduct) -> bool:
        return any(
            len(number) >= _SHORTEST_NUMBER and any(map(str.isdigit, number)) and number.casefold() in words
            for number in (product.sku, *product.ids)
            if number
        )

    return test


def _names_the_sku(clues: Clues) -> _Test:
    wanted = {text.casefold() for text in (clues.query.sku, clues.query.variant) if text}
    return lambda p: bool(wanted) and any(value and value.casefold() in wanted for value in (p.sku, p.mpn, p.gtin))


def _is_at_one_of(urls: Iterable[str]) -> _Test:
    return lambda p: any(
        same_page(url, mine) for url in urls for mine in (p.url, *(o.url for o in p.offers[:20])) if mine
    )


def _is_named_in(headings: Iterable[str], least_share: float = 0) -> _Test:
    """Whether a heading is the product's name, or one holds the other.

    Args:
        headings: of the page.
        least_share: of the longer of the two that the shorter must make up.
    """
    texts = [_plain(heading) for heading in headings]

    def test(product: FoundProduct) -> bool:
        title = _plain(unquote(product.title or ""))
        return len(title) > 3 and any(_is_same_name(title, text, least_share) for text in texts)

    return test


def _is_same_name(title: str, text: str, least_share: float) -> bool:
    shorter, longer = sorted((title, text), key=len)
    return shorter == longer or (len(shorter) > 8 and len(shorter) >= least_share * len(longer) and shorter in longer)


def _plain(text: str) -> str:
    return _NOT_LETTERS.sub(" ", text.casefold()).strip()


def same_page(left: str, right: str) -> bool:
    """Whether two URLs name one page: same path, and no query parameter on which they disagree."""
    try:
        one, other = urlsplit(left), urlsplit(right)
    except ValueError:
        return False
    path = unquote(one.path).rstrip("/")
    if path != unquote(other.path).rstrip("/") or (not path and one.query != other.query):
        return False
    mine, theirs = dict(parse_qsl(one.query)), dict(parse_qsl(other.query))
    return all(mine[key] == theirs[key] for key in mine.keys() & theirs.keys())


def choose_offer(offers: Sequence[FoundOffer], clues: Clues, elsewhere: frozenset[Decimal]) -> Choice:
    """The offer a buyer gets: the selected variant, the new and buyable one, the only price.

    Args:
        offers: of the main product.
        clues: what is known of the page and the watch.
        elsewhere: prices that the page's other structured data gives for the main product.
    """
    priced = [offer for offer in offers if offer.amount is not None and offer.role is PriceRole.PRICE]
    wanted = _selected(priced, clues)
    if wanted is not None and not wanted:
        return Choice(reason="no offer of the page is the variant asked for")
    remaining, why = (wanted, "the selected variant") if wanted else (priced, "the only price")
    for narrower in (_new, _buyable):
        if len(_amounts(remaining)) > 1:
            remaining = narrower(remaining) or remaining
    if len(_amounts(remaining)) > 1 and (agreed := [o for o in remaining if o.amount in elsewhere]):
        remaining, why = agreed, "the offer on which the page's structured data agrees"
    if len(_amounts(remaining)) == 1:
        return Choice(
            offer=next(iter(_buyable(remaining)), remaining[0]), reason=why, is_sure=len(_amounts(priced)) == 1
        )
    if remaining:
        prices = ", ".join(sorted({str(o.amount) for o in remaining})[:6])
        return Choice(reason=f"the page offers several variants ({prices}); name one by `variant` or `sku`")
    if any(offer.low is not None for offer in offers):
        found = next(offer for offer in offers if offer.low is not None)
        return Choice(reason=f"the page gives a range of prices only ({found.low} to {found.high or 'more'})")
    return Choice(reason="the product has no price")


def _selected(offers: list[FoundOffer], clues: Clues) -> list[FoundOffer] | None:
    """Offers of the variant the watch or the URL selects; None when nothing selects one."""
    wanted = clues.query.sku or clues.query.variant
    if wanted:
        return [offer for offer in offers if _is_variant(offer, wanted)]
    return _pointed_at(offers, clues) if len(_amounts(offers)) > 1 else None


def one_variant(offers: Sequence[FoundOffer], clues: Clues) -> FoundOffer | None:
    """The variant that all these offers are of, or that the watch or the URL selects among them; None when there is no telling."""
    wanted = clues.query.sku or clues.query.variant
    asked = [offer for offer in offers if wanted and _is_variant(offer, wanted)]
    remaining = asked or _pointed_at(offers, clues) or offers
    return remaining[0] if len({(offer.sku, offer.name) for offer in remaining}) == 1 else None


def _pointed_at(offers: Sequence[FoundOffer], clues: Clues) -> list[FoundOffer] | None:
    """Offers that the URL selects, or that the page marks; None when nothing selects one."""
    for test in (_is_at, _has_its_number_in):
        for url in clues.urls:
            exact = [offer for offer in offers if test(offer, url)]
            if exact and len(exact) < len(offers):
                return exact
    return [offer for offer in offers if offer.is_selected] or None


def _is_variant(offer: FoundOffer, wanted: str) -> bool:
    values = [value for _, value in parse_qsl(urlsplit(offer.url).query)] if offer.url else []
    told = (offer.sku, offer.gtin, offer.mpn, offer.name, *offer.variant.values(), *values)
    return wanted.casefold() in {text.casefold() for text in told if text}


def _is_at(offer: FoundOffer, url: str) -> bool:
    """Whether an address is the offer's, but for parameters that say where a visitor came from."""
    if not offer.url:
        return False
    mine, theirs = urlsplit(offer.url), urlsplit(url)
    said, asked = set(parse_qsl(mine.query)), set(parse_qsl(theirs.query))
    return mine.path.rstrip("/") == theirs.path.rstrip("/") and (said == asked or (bool(said) and said <= asked))


def _has_its_number_in(offer: FoundOffer, url: str) -> bool:
    """Whether an address names the variant by its number: `?variant=4711`, `#sku=4711`."""
    parts = urlsplit(url)
    values = {value.casefold() for _, value in parse_qsl(parts.query) + parse_qsl(parts.fragment)}
    return any(number and number.casefold() in values for number in (offer.sku, offer.gtin, offer.mpn))


def _amounts(offers: Iterable[FoundOffer]) -> set[Decimal]:
    return {offer.amount for offer in offers if offer.amount is not None}


def _new(offers: list[FoundOffer]) -> list[FoundOffer]:
    return [offer for offer in offers if offer.condition in (None, "NewCondition", "new")]


def _buyable(offers: list[FoundOffer]) -> list[FoundOffer]:
    return [offer for offer in offers if offer.availability in BUYABLE]
