"""Reads the offer on a product page: the store's own strategies first, then JSON-LD, microdata and meta tags."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pricewatch_pipeline.domain.offers import Availability, Candidate, Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.shells import shell_of
from pricewatch_pipeline.parsing.structured import read_structured
from pricewatch_pipeline.providers.retail.choosing import BUYABLE, Choice, Clues, choose_offer, main_product
from pricewatch_pipeline.providers.retail.market import Market, market_of
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.strategies import OwnReading, read_own

T = TypeVar("T")

_LISTING_TYPES = frozenset({"ItemList", "SearchResultsPage", "CollectionPage", "OfferCatalog"})
_CONFIDENCE = {"json_ld": 0.9, "microdata": 0.85, "meta": 0.75}
_GONE = (Availability.OUT_OF_STOCK, Availability.DISCONTINUED)


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One kind of structured data: its main product, and the offer chosen from it."""

    name: str
    product: FoundProduct
    choice: Choice


def read_offer(page: Page, *, store: Store | None, query: RetailQuery) -> Reading:
    """Read a page. Every way it can end is a reading with its outcome; the offer is there exactly when a price, or a reason for none, was read."""
    if page.outcome is Outcome.NOT_MODIFIED:
        return Reading(outcome=page.outcome, pages=(page,))
    if page.outcome is not Outcome.OK:
        return Reading(outcome=page.outcome, pages=(page,), error=page.error)
    document = Document(page.utf8, url=page.final_url)
    if document.refusal:
        return _failed(page, Outcome.UNREADABLE, document.refusal)
    market = market_of(document, store)
    findings = read_structured(document, locale=market.locale)
    clues = _clues(document, page, query)
    sources = _sources(findings, clues)
    try:
        own = read_own(document, store, market)
    except UnsafePattern as error:
        return _failed(
            page,
            Outcome.UNREADABLE,
            f"a strategy of the store {store.store_id if store else ''!r} was refused: {error}",
        )
    if own.price is None and _is_listing(document, findings, sources):
        return _failed(page, Outcome.NOT_A_PRODUCT, "the page lists several products; watch the page of one of them")
    offer = _decide(document, market, findings, sources, own)
    if offer.price is not None or offer.availability in _GONE:
        return Reading(outcome=Outcome.OK, offer=offer, pages=(page,))
    if not any(found.products for found in findings) and (shell := shell_of(document)):
        return replace(_failed(page, Outcome.UNREADABLE, f"{shell}: {_what_fills(page)}"), needs_script=True)
    return _failed(page, Outcome.UNREADABLE, f"no price: {offer.reason}")


def _what_fills(page: Page) -> str:
    if page.request.fetcher == "browser":
        return "also in the browser; say what to wait for with `browser: {wait_for: ...}` in the store's file"
    return "its content comes by script, which needs a browser: `fetcher: auto` in the store's file"


def _failed(page: Page, outcome: Outcome, error: str) -> Reading:
    return Reading(outcome=outcome, pages=(page,), error=error)


def _clues(document: Document, page: Page, query: RetailQuery) -> Clues:
    urls = (query.url, page.final_url, document.canonical_url)
    headings = (document.heading, document.meta("og:title"), document.title)
    return Clues(query=query, urls=tuple(dict.fromkeys(u for u in urls if u)), headings=tuple(h for h in headings if h))


def _sources(findings: Sequence[Findings], clues: Clues) -> list[_Source]:
    mains = [(product.source, product) for found in findings if (product := main_product(found.products, clues))]
    sources = []
    for name, product in mains:
        elsewhere = frozenset(o.amount for other, p in mains if other != name for o in p.offers if o.amount is not None)
        sources.append(_Source(name=name, product=product, choice=choose_offer(product.offers, clues, elsewhere)))
    return sources


def _decide(
    document: Document, market: Market, findings: Sequence[Findings], sources: list[_Source], own: OwnReading
) -> Offer:
    """One offer from everything that was read; its price is None where nothing gave one."""
    chosen = _winner(sources)
    found = chosen.choice.offer if chosen else None
    availability = own.availability or _first(o.availability for o in _offers(found, sources))
    described = _described(document, sources, own)
    offer = replace(
        described,
        availability=availability,
        candidates=(*own.candidates, *_candidates(findings)),
        seller=found.seller if found else None,
        condition=found.condition if found else None,
    )
    if own.price is not None:
        return _checked_zero(
            replace(
                offer,
                price=own.price.amount,
                currency=own.currency
                or own.price.currency
                or market.currency_of(None, _first(o.currency for o in _offers(found, sources))),
                price_text=own.price.raw,
                list_price=own.list_price,
                method=own.method,
                confidence=0.95,
                reason=f"the store's own strategy {own.method} read it",
            ),
            is_structured=False,
        )
    if chosen is None or found is None:
        reasons = [s.choice.reason for s in sources] or ["the page has no product data"]
        return replace(offer, reason="; ".join([*own.notes, *dict.fromkeys(reasons)]))
    return _checked_zero(_structured(offer, market, sources, chosen, found, own), is_structured=True)


def _winner(sources: list[_Source]) -> _Source | None:
    """The most trusted source with a price, unless a more trusted one gives a range of prices that does not hold it."""
    for source in sources:
        offer = source.choice.offer
        if offer is not None:
            return source
        ranges = [o for o in source.product.offers if o.low is not None]
        others = [s.choice.offer for s in sources if s.choice.offer is not None]
        if any(_contradicts(r, other) for r in ranges for other in others):
            return None
    return None


def _contradicts(found: FoundOffer, other: FoundOffer) -> bool:
    if found.low is None or other.amount is None:
        return False
    is_other_money = bool(found.currency and other.currency and found.currency != other.currency)
    return is_other_money or other.amount < found.low or (found.high is not None and other.amount > found.high)


def _structured(
    offer: Offer, market: Market, sources: list[_Source], chosen: _Source, found: FoundOffer, own: OwnReading
) -> Offer:
    others = {s.choice.offer.amount for s in sources if s is not chosen and s.choice.offer is not None}
    agreement = 0.05 if found.amount in others else -0.2 if others else 0.0
    doubt = (0.0 if chosen.choice.is_sure else -0.1) + (-0.2 if own.notes else 0.0)
    said = f"; other data of the page says {', '.join(sorted(map(str, others)))}" if agreement < 0 else ""
    listed = own.list_price or _first(o.list_price for o in _offers(found, sources))
    return replace(
        offer,
        price=found.amount,
        currency=own.currency
        or market.currency_of(found.raw, found.currency or _first(o.currency for o in _offers(found, sources))),
        price_text=found.raw,
        list_price=listed if listed and found.amount is not None and listed > found.amount else None,
        method=chosen.name,
        confidence=round(_CONFIDENCE[chosen.name] + agreement + doubt, 2),
        reason="; ".join([*own.notes, f"{chosen.choice.reason} in the page's {_SPOKEN[chosen.name]}{said}"]),
    )


_SPOKEN = {"json_ld": "JSON-LD", "microdata": "microdata", "meta": "meta tags"}


def _checked_zero(offer: Offer, *, is_structured: bool) -> Offer:
    """A price of 0 mostly stands for `sold out` or `on request`; it is kept only where the data says it can be had."""
    if offer.price != 0:
        return offer
    if is_structured and offer.availability in BUYABLE:
        return replace(
            offer,
            confidence=0.3,
            reason=f"{offer.reason}; a price of 0 is suspicious, but the product data says it can be had",
        )
    return replace(offer, price=None, reason="the page gives a price of 0, which no shop means")


def _offers(found: FoundOffer | None, sources: list[_Source]) -> list[FoundOffer]:
    """The chosen offer, then all others of the main product, by trust."""
    return ([found] if found else []) + [offer for source in sources for offer in source.product.offers]


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _described(document: Document, sources: list[_Source], own: OwnReading) -> Offer:
    """What the product is, from the best source for each field."""
    products = [source.product for source in sources]
    return Offer(
        title=own.title
        or _first(p.title for p in products)
        or document.heading
        or document.meta("og:title")
        or document.title,
        brand=_first(p.brand for p in products),
        sku=own.sku or _first(p.sku for p in products),
        gtin=_first(p.gtin for p in products),
        mpn=_first(p.mpn for p in products),
        image_url=document.absolute(own.image)
        or _first(p.image_url for p in products)
        or document.absolute(document.meta("og:image")),
    )


def _candidates(findings: Sequence[Findings]) -> list[Candidate]:
    """Every price the structured data holds, chosen or not; bounded."""
    candidates = []
    for found in findings:
        for product in found.products:
            for offer in product.offers:
                if offer.raw is not None:
                    candidates.append(
                        Candidate(
                            source=product.source,
                            place=offer.place,
                            raw=offer.raw[:200],
                            amount=offer.amount,
                            currency=offer.currency,
                        )
                    )
                for amount, is_list in ((offer.low, False), (offer.high, False), (offer.list_price, True)):
                    if amount is not None:
                        candidates.append(
                            Candidate(
                                source=product.source,
                                place=offer.place,
                                raw=str(amount),
                                amount=amount,
                                currency=offer.currency,
                                is_list_price=is_list,
                            )
                        )
    return candidates[:MOST_CANDIDATES]


MOST_CANDIDATES = 200


def _is_listing(document: Document, findings: Sequence[Findings], sources: list[_Source]) -> bool:
    """Several products and none of them the page's own, or a price tag in the head for each of many."""
    tagged = {text for name in ("product:price:amount", "og:price:amount") for text in document.metas.get(name, ())}
    if len(tagged) > 2 and not any(s.name == "json_ld" for s in sources):
        return True
    products = [product for found in findings for product in found.products]
    types: set[str] = set().union(*(found.page_types for found in findings))
    return not sources and (len(products) > 1 or bool(types & _LISTING_TYPES))
