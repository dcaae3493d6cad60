"""Reads the offer on a product page: the store's own strategies first, then JSON-LD, microdata and meta tags."""

from collections.abc import Sequence
from dataclasses import replace

from pricewatch_pipeline.domain.offers import Availability, Candidate, Offer, PriceRole
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings, FoundOffer
from pricewatch_pipeline.parsing.shells import shell_of
from pricewatch_pipeline.parsing.structured import read_structured
from pricewatch_pipeline.providers.retail.choosing import BUYABLE, Clues, choose_offer, main_product
from pricewatch_pipeline.providers.retail.details import described
from pricewatch_pipeline.providers.retail.market import market_of
from pricewatch_pipeline.providers.retail.page_kinds import why_no_price, why_no_product
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.seen import Seen, Source, first
from pricewatch_pipeline.providers.retail.stock import availability_of
from pricewatch_pipeline.providers.retail.strategies import read_own
from pricewatch_pipeline.providers.retail.terms import with_terms

_CONFIDENCE = {"json_ld": 0.9, "microdata": 0.85, "meta": 0.75}
_GONE = (Availability.OUT_OF_STOCK, Availability.DISCONTINUED)
MOST_CANDIDATES = 200


def read_offer(page: Page, *, store: Store | None, query: RetailQuery) -> Reading:
    """Read a page. Every way it can end is a reading with its outcome; the offer is there exactly when a price, or a reason for none, was read."""
    if page.outcome is Outcome.NOT_MODIFIED:
        return Reading(outcome=page.outcome, pages=(page,))
    if page.outcome is not Outcome.OK:
        return Reading(outcome=page.outcome, pages=(page,), error=page.error)
    document = Document(page.utf8, url=page.final_url)
    if document.refusal:
        return _failed(page, Outcome.UNREADABLE, document.refusal)
    try:
        seen = look_at(document, page, store=store, query=query)
    except UnsafePattern as error:
        which = store.store_id if store else ""
        return _failed(page, Outcome.UNREADABLE, f"a strategy of the store {which!r} was refused: {error}")
    if seen.own.price is None and (why := why_no_product(seen)):
        return _failed(page, *why)
    offer = with_terms(_decide(seen), seen)
    if offer.price is not None or offer.availability in _GONE:
        return Reading(outcome=Outcome.OK, offer=offer, pages=(page,))
    if why := why_no_price(seen):
        return replace(_failed(page, *why), offer=offer)
    if not any(found.products for found in seen.findings) and (shell := shell_of(document)):
        return replace(_failed(page, Outcome.UNREADABLE, f"{shell}: {_what_fills(page)}"), needs_script=True)
    return _failed(page, Outcome.UNREADABLE, f"no price: {offer.reason}")


def look_at(document: Document, page: Page, *, store: Store | None, query: RetailQuery) -> Seen:
    """Everything that the readers find on a page; what it means is decided afterwards.

    Raises:
        UnsafePattern: one of the store's strategies is not allowed or took too long.
    """
    market = market_of(document, store)
    findings = read_structured(document, locale=market.locale)
    clues = _clues(document, page, query)
    return Seen(
        document=document,
        market=market,
        clues=clues,
        findings=findings,
        sources=_sources(findings, clues),
        own=read_own(document, store, market),
    )


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


def _sources(findings: Sequence[Findings], clues: Clues) -> tuple[Source, ...]:
    mains = [(product.source, product) for found in findings if (product := main_product(found.products, clues))]
    sources: list[Source] = []
    for name, product in mains:
        elsewhere = frozenset(o.amount for other, p in mains if other != name for o in p.offers if o.amount is not None)
        sources.append(Source(name=name, product=product, choice=choose_offer(product.offers, clues, elsewhere)))
    return tuple(sources)


def _decide(seen: Seen) -> Offer:
    """One offer from everything that was read; its price is None where nothing gave one."""
    own, market, sources = seen.own, seen.market, seen.sources
    chosen = _winner(sources)
    found = chosen.choice.offer if chosen else None
    offer = replace(
        described(seen, found),
        availability=availability_of(seen, found),
        candidates=(*own.candidates, *_candidates(seen.findings)),
    )
    if own.price is not None:
        return _checked_zero(
            replace(
                offer,
                price=own.price.amount,
                currency=own.currency
                or own.price.currency
                or market.currency_of(None, first(o.currency for o in seen.offers(found))),
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
    return _checked_zero(_structured(offer, seen, chosen, found), is_structured=True)


def _winner(sources: tuple[Source, ...]) -> Source | None:
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


def _structured(offer: Offer, seen: Seen, chosen: Source, found: FoundOffer) -> Offer:
    own = seen.own
    others = {s.choice.offer.amount for s in seen.sources if s is not chosen and s.choice.offer is not None}
    agreement = 0.05 if found.amount in others else -0.2 if others else 0.0
    doubt = (0.0 if chosen.choice.is_sure else -0.1) + (-0.2 if own.notes else 0.0)
    said = f"; other data of the page says {', '.join(sorted(map(str, others)))}" if agreement < 0 else ""
    listed = own.list_price or first(o.list_price for o in seen.offers(found))
    return replace(
        offer,
        price=found.amount,
        currency=own.currency
        or seen.market.currency_of(found.raw, found.currency or first(o.currency for o in seen.offers(found))),
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
                for amount, role in (
                    (offer.low, PriceRole.RANGE_LOW),
                    (offer.high, PriceRole.RANGE_HIGH),
                    (offer.list_price, PriceRole.LIST_PRICE),
                ):
                    if amount is not None:
                        candidates.append(
                            Candidate(
                                source=product.source,
                                place=offer.place,
                                raw=str(amount),
                                amount=amount,
                                currency=offer.currency,
                                role=role,
                            )
                        )
    return candidates[:MOST_CANDIDATES]
