"""Which product of a page is the one the page is about, and which of its offers a buyer gets. Pure decisions."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.found import FoundOffer, FoundProduct
from pricewatch_pipeline.providers.retail.query import RetailQuery

_NOT_LETTERS = re.compile(r"[\W_]+")
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
            return _fullest(matching)
    alone = [product for product in products if not product.is_listed]
    return alone[0] if len(alone) == 1 and len(products) - len(alone) < 2 else None


def _fullest(products: list[FoundProduct]) -> FoundProduct:
    return max(products, key=lambda p: any(o.amount is not None for o in p.offers))


def _names_the_sku(clues: Clues) -> _Test:
    wanted = {text.casefold() for text in (clues.query.sku, clues.query.variant) if text}
    return lambda p: bool(wanted) and any(value and value.casefold() in wanted for value in (p.sku, p.mpn, p.gtin))


def _is_at_one_of(urls: Iterable[str]) -> _Test:
    return lambda p: any(
        same_page(url, mine) for url in urls for mine in (p.url, *(o.url for o in p.offers[:20])) if mine
    )


def _is_named_in(headings: Iterable[str]) -> _Test:
    texts = [_plain(heading) for heading in headings]

    def test(product: FoundProduct) -> bool:
        title = _plain(product.title or "")
        return len(title) > 3 and any(
            title == text or (len(title) > 8 and (title in text or (len(text) > 8 and text in title))) for text in texts
        )

    return test


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
    priced = [offer for offer in offers if offer.amount is not None]
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
    if len(_amounts(offers)) < 2:
        return None
    for url in clues.urls:
        exact = [offer for offer in offers if offer.url and _same_address(offer.url, url)]
        if exact and len(exact) < len(offers):
            return exact
    return None


def _is_variant(offer: FoundOffer, wanted: str) -> bool:
    values = [value for _, value in parse_qsl(urlsplit(offer.url).query)] if offer.url else []
    return wanted.casefold() in {text.casefold() for text in (offer.sku, offer.name, *values) if text}


def _same_address(left: str, right: str) -> bool:
    one, other = urlsplit(left), urlsplit(right)
    return (one.path.rstrip("/"), sorted(parse_qsl(one.query))) == (
        other.path.rstrip("/"),
        sorted(parse_qsl(other.query)),
    )


def _amounts(offers: Iterable[FoundOffer]) -> set[Decimal]:
    return {offer.amount for offer in offers if offer.amount is not None}


def _new(offers: list[FoundOffer]) -> list[FoundOffer]:
    return [offer for offer in offers if offer.condition in (None, "NewCondition", "new")]


def _buyable(offers: list[FoundOffer]) -> list[FoundOffer]:
    return [offer for offer in offers if offer.availability in BUYABLE]
