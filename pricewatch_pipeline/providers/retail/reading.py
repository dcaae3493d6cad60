"""Reads the offer on a product page: the store's own strategies first, then a choice among all amounts on the page."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability, Candidate, Offer, PriceRole, PriceText
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.price_choice import PriceChoice, list_price_of
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.sightings import TEXT
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings, FoundOffer
from pricewatch_pipeline.parsing.shells import shell_of
from pricewatch_pipeline.parsing.structured import read_structured
from pricewatch_pipeline.parsing.visible_stock import has_own_button
from pricewatch_pipeline.providers.retail.candidates import (
    candidates_of,
    choose,
    confidence_of,
    currency_of,
    found_offer,
    why_none,
)
from pricewatch_pipeline.providers.retail.choosing import BUYABLE, LOOSE, Clues, choose_offer, main_products
from pricewatch_pipeline.providers.retail.details import described
from pricewatch_pipeline.providers.retail.market import market_of
from pricewatch_pipeline.providers.retail.page_kinds import why_no_price, why_no_product
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.seen import Seen, Source, first
from pricewatch_pipeline.providers.retail.stock import availability_of
from pricewatch_pipeline.providers.retail.strategies import OwnReading, read_own
from pricewatch_pipeline.providers.retail.terms import with_terms

_GONE = (Availability.OUT_OF_STOCK, Availability.DISCONTINUED)


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
    offer = _decide(seen)
    if (why := _why_not_its_price(seen, offer)) is not None:
        return replace(_failed(page, *why), offer=_without_price(offer, why[1]))
    if offer.price is not None or offer.availability in _GONE:
        return Reading(outcome=Outcome.OK, offer=offer, pages=(page,))
    if why := why_no_price(seen, offer.availability):
        return replace(_failed(page, *why), offer=offer)
    if not any(found.products for found in seen.findings) and (shell := shell_of(document)):
        failed = _failed(page, Outcome.UNREADABLE, f"{shell}: {_what_fills(page)}")
        return replace(failed, needs_script=True, offer=offer)
    return replace(_failed(page, Outcome.UNREADABLE, f"no price: {offer.reason}"), offer=offer)


def _why_not_its_price(seen: Seen, offer: Offer) -> tuple[Outcome, str] | None:
    """Why an amount that the page's data gives as 0, or that stands in the text of a page where nothing can be bought, is
    not the price: the page says that it shows none."""
    is_weak = offer.price == 0 or (offer.method == TEXT and not has_own_button(seen.document.layout))
    return why_no_price(seen) if offer.price is not None and seen.own.price is None and is_weak else None


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
    mains = [(product.source, product) for product in main_products(findings, clues)]
    sources: list[Source] = []
    for name, product in mains:
        others = [p for other, p in mains if other != name and other not in LOOSE]
        elsewhere = frozenset(o.amount for p in others for o in p.offers if o.amount is not None)
        sources.append(Source(name=name, product=product, choice=choose_offer(product.offers, clues, elsewhere)))
    return tuple(sources)


def _without_price(offer: Offer, reason: str) -> Offer:
    """An amount that was chosen and is no price: it stays as what was seen, and nothing is marked as chosen."""
    seen = tuple(replace(candidate, is_chosen=False) for candidate in offer.candidates)
    return replace(offer, price=None, price_high=None, reason=reason, candidates=seen)


def _decide(seen: Seen) -> Offer:
    """One offer from everything that was read; its price is None where nothing gave one."""
    choice, refusal = choose(seen)
    found = found_offer(seen, choice.chosen)
    return with_terms(_priced(seen, choice, refusal, found), seen, found)


def _priced(seen: Seen, choice: PriceChoice, refusal: str | None, found: FoundOffer | None) -> Offer:
    shown = next((s.order for s in choice.chosen.sightings if s.source == TEXT), None) if choice.chosen else None
    offer = replace(described(seen, found), availability=availability_of(seen, found, shown))
    if seen.own.price is not None:
        return _checked_zero(_own(offer, seen, seen.own.price, choice, found), is_said=False)
    offer = replace(offer, candidates=(*seen.own.candidates, *candidates_of(choice, is_decided=refusal is None)))
    if choice.chosen is None or refusal is not None:
        return replace(offer, reason="; ".join([*seen.own.notes, refusal or why_none(seen, choice)]))
    option = choice.chosen
    listed = seen.own.list_price or choice.list_price
    currency = seen.own.currency or currency_of(seen, option)
    presumed = None if currency else seen.market.presumed_currency(option.best.raw)
    said = [f"`$` is taken for {presumed}, for the page is in English and names no other dollar"] if presumed else []
    priced = replace(
        offer,
        price=option.best.amount,
        price_high=option.high,
        currency=currency or presumed,
        price_text=option.best.raw[:200],
        list_price=listed if listed is not None and listed > option.amount else None,
        method=option.best.source,
        confidence=confidence_of(choice, has_doubt=bool(seen.own.notes)),
        reason="; ".join([*seen.own.notes, choice.reason, *said]),
    )
    return _checked_zero(priced, is_said=found is not None and found.availability in BUYABLE)


def _own(offer: Offer, seen: Seen, price: PriceText, choice: PriceChoice, found: FoundOffer | None) -> Offer:
    """As the store's own strategies read it."""
    own = seen.own
    return replace(
        offer,
        price=price.amount,
        currency=own.currency
        or price.currency
        or seen.market.currency_of(None, first(o.currency for o in seen.offers(found))),
        price_text=price.raw,
        list_price=own.list_price or _list_price_at(price, choice),
        method=own.method,
        confidence=0.95,
        reason=f"the store's own strategy ({(own.method or '').removeprefix('strategy:')}) read it",
        candidates=(*_with_the_chosen(own), *candidates_of(choice, is_decided=False)),
    )


def _list_price_at(price: PriceText, choice: PriceChoice) -> Decimal | None:
    """What the page calls the list price of this amount, which need not be the one that would have been chosen."""
    option = next((option for option in choice.options if option.amount == price.amount), None)
    return list_price_of(option, choice.options) if option else None


def _with_the_chosen(own: OwnReading) -> Sequence[Candidate]:
    """The strategies' candidates, the one that gave the price marked."""
    winner = next((c for c in own.candidates if c.role is PriceRole.PRICE and c.amount is not None), None)
    return [
        replace(c, is_chosen=True, why="the store's own strategy comes before all others") if c is winner else c
        for c in own.candidates
    ]


def _checked_zero(offer: Offer, *, is_said: bool) -> Offer:
    """A price of 0 mostly stands for `sold out` or `on request`; it is kept only where the data says it can be had."""
    if offer.price != 0:
        return offer
    if is_said and offer.availability in BUYABLE:
        return replace(
            offer,
            confidence=0.3,
            reason=f"{offer.reason}; a price of 0 is suspicious, but the product data says it can be had",
        )
    return _without_price(offer, "the page gives a price of 0, which no shop means")
