"""Prices in `data-` attributes, recognised by the attributes' names: `data-price`, `data-product-price`, `data-old-price`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import iso_code
from pricewatch_pipeline.parsing.documents import Document, Node
from pricewatch_pipeline.parsing.found import Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.price_keys import price_key
from pricewatch_pipeline.parsing.price_text import read_amount

_NAMED = re.compile(rb"price(-[\w-]{0,30})?\s?=\s?[\"'\d]")
_BEFORE = re.compile(rb"\sdata-([\w-]{0,30}-)?$")
"""Looked for backwards from there: a search that begins with a letter is five times as fast."""
_KEPT = (PriceRole.PRICE, PriceRole.LIST_PRICE)
"""An attribute that tells what a delivery costs says nothing of the amounts beside it."""
_MOST_NAMES = 12
_MOST_LOOKED_AT = 100
_MOST_ELEMENTS = 300
_MOST_SHOWN = 3
"""Products of a form to buy; a page with more is a list of them."""
_LONGEST_AMOUNT = 40
_FARTHEST_FORM = 12
_BUYING = re.compile(r"cart|basket|checkout|buy|purchase|product|order", re.IGNORECASE)
_KINDS = ("data-price-type", "data-type")
_NUMBERS = ("data-sku", "data-product-sku", "data-product-code", "data-article-number", "data-item-sku")
_IDS = ("data-product-id", "data-productid", "data-item-id", "data-id", "data-variant-id", "data-product")
_TITLES = ("data-product-name", "data-name", "data-title", "data-product-title", "data-item-name")
_CURRENCIES = ("data-currency", "data-price-currency", "data-currency-code", "data-product-currency")
_AVAILABILITIES = ("data-availability", "data-stock-status", "data-product-availability")


@dataclass(frozen=True)
class _Priced:
    """One element with a price in its attributes."""

    product: FoundProduct
    is_bought: bool
    """It stands in a form that buys."""


def read_data_attributes(document: Document, *, locale: str | None = None) -> Findings:
    """Products that elements' attributes tell the price of; one bought here is the page's unless there are many."""
    names = [name for name in _names(document.body) if (key := price_key(name)) and key.role in _KEPT]
    if not names:
        return Findings()
    found: list[_Priced] = []
    seen: set[int] = set()
    for node in document.tree.css(", ".join(f"[data-{name}]" for name in names[:_MOST_NAMES])):
        if node.mem_id not in seen and len(seen) < _MOST_ELEMENTS:
            seen.add(node.mem_id)
            found.extend(_priced(node, names, len(seen) - 1, locale))
    bought = {p.product.offers[0].amount for p in found if p.is_bought}
    is_one = 0 < len(bought) <= _MOST_SHOWN
    return Findings(products=tuple(_placed(p, is_one=is_one) for p in found))


def _names(body: bytes) -> list[str]:
    """Of the attributes that name a price, without `data-`."""
    found: dict[bytes, None] = {}
    for match in _NAMED.finditer(body):
        start = match.start()
        if before := _BEFORE.search(body[max(0, start - 40) : start]):
            found[(before[1] or b"") + b"price" + (match[1] or b"")] = None
            if len(found) >= _MOST_LOOKED_AT:
                break
    return sorted(name.decode() for name in found)


def _placed(priced: _Priced, *, is_one: bool) -> FoundProduct:
    product = priced.product
    return FoundProduct(
        source="data",
        place=product.place,
        title=product.title,
        sku=product.sku,
        ids=product.ids,
        is_main=priced.is_bought and is_one,
        is_listed=not is_one,
        offers=product.offers,
    )


def _priced(node: Node, names: list[str], number: int, locale: str | None) -> Iterator[_Priced]:
    attributes = node.attributes
    offers = tuple(_offers(attributes, names, number, locale))
    if offers:
        sku = _first(attributes, _NUMBERS)
        ids = tuple(dict.fromkeys(text for name in _IDS if (text := _first(attributes, (name,)))))
        title = _first(attributes, _TITLES)
        product = FoundProduct(source="data", place=offers[0].place, title=title, sku=sku, ids=ids, offers=offers)
        yield _Priced(product, _is_in_buying_form(node))


def _offers(
    attributes: Mapping[str, str | None], names: list[str], number: int, locale: str | None
) -> Iterator[FoundOffer]:
    """An offer for each of an element's prices, with what it is a price of by its name."""
    currency = iso_code(_first(attributes, _CURRENCIES))
    kind = _first(attributes, _KINDS) or ""
    for name in names:
        raw = attributes.get(f"data-{name}")
        key = price_key(f"{name} {kind}" if len(kind) < _LONGEST_AMOUNT else name) or price_key(name)
        if not raw or key is None or key.role not in _KEPT or len(raw) > _LONGEST_AMOUNT:
            continue
        amount = read_amount(raw, currency=currency, locale=locale)
        if amount:
            yield FoundOffer(
                place=f"[data-{name}][{number}]",
                raw=raw,
                amount=key.in_whole(amount, currency),
                currency=currency,
                role=key.role,
                availability=read_availability(_first(attributes, _AVAILABILITIES)),
                sku=_first(attributes, (*_NUMBERS, *_IDS)),
                name=_first(attributes, _TITLES),
                is_selected="selected" in attributes or "checked" in attributes,
            )


def _first(attributes: Mapping[str, str | None], names: tuple[str, ...]) -> str | None:
    return next((text.strip() for name in names if (text := attributes.get(name)) and len(text) <= 500), None)


def _is_in_buying_form(node: Node) -> bool:
    at: Node | None = node
    for _ in range(_FARTHEST_FORM):
        if at is None:
            return False
        if at.tag == "form":
            attributes = at.attributes
            return any(_BUYING.search((attributes.get(name) or "")[:300]) for name in ("action", "id", "class", "name"))
        at = at.parent
    return False
