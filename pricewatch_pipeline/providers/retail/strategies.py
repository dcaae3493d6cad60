"""What a store's own strategies read from a page."""

from dataclasses import dataclass
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability, Candidate, PriceRole, PriceText
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import find_currencies, iso_code
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.price_text import read_price
from pricewatch_pipeline.parsing.selectors import read_strategy
from pricewatch_pipeline.providers.retail.market import Market


@dataclass(frozen=True, kw_only=True)
class OwnReading:
    """Fields read by strategies; None where none is given or none yields."""

    price: PriceText | None = None
    method: str | None = None
    list_price: Decimal | None = None
    currency: str | None = None
    availability: Availability | None = None
    title: str | None = None
    image: str | None = None
    sku: str | None = None
    candidates: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()
    """Why a price strategy gave no price, in words."""


def read_own(document: Document, store: Store | None, market: Market) -> OwnReading:
    """Run the store's strategies, first to last; the first that yields wins.

    Raises:
        UnsafePattern: an expression is not allowed or took too long.
    """
    if store is None or not store.strategies:
        return OwnReading()
    currency = _currency(_text(document, store, "currency"), market)
    price, method, candidates = _price(document, store, market, currency, "price")
    listed, _, list_candidates = _price(document, store, market, currency, "list_price")
    has_price_strategy = bool(store.strategies.get("price"))
    return OwnReading(
        price=price,
        method=method,
        list_price=listed.amount if listed else None,
        currency=currency,
        availability=read_availability(_text(document, store, "availability")),
        title=_text(document, store, "title"),
        image=_text(document, store, "image"),
        sku=_text(document, store, "sku"),
        candidates=(*candidates, *list_candidates),
        notes=("the store's own price strategies read no price",) if has_price_strategy and price is None else (),
    )


def _text(document: Document, store: Store, field: str) -> str | None:
    return next((text for s in store.strategies.get(field, ()) if (text := read_strategy(document, s))), None)


def _currency(text: str | None, market: Market) -> str | None:
    if text is None:
        return None
    return iso_code(text) or (read_price(text, locale=market.hint).currency if find_currencies(text) else None)


def _price(
    document: Document, store: Store, market: Market, currency: str | None, field: str
) -> tuple[PriceText | None, str | None, list[Candidate]]:
    """(the first readable price, the strategy that read it, every text seen)."""
    candidates = []
    for strategy in store.strategies.get(field, ()):
        raw = read_strategy(document, strategy)
        if raw is None:
            continue
        price = read_price(raw, locale=market.hint, currency_hint=currency or market.store_currency)
        candidates.append(
            Candidate(
                source="strategy",
                place=f"{strategy.kind}:{strategy.expression}"[:300],
                raw=raw[:200],
                amount=price.amount,
                currency=price.currency,
                role=PriceRole.LIST_PRICE if field == "list_price" else PriceRole.PRICE,
            )
        )
        if price.amount is not None:
            return price, f"strategy:{strategy.kind}", candidates
    return None, None, candidates
