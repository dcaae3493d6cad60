"""schema.org microdata: products and offers marked in the page's own elements."""

from dataclasses import replace
from decimal import Decimal

from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import iso_code
from pricewatch_pipeline.parsing.documents import Document, Element, select, text_of
from pricewatch_pipeline.parsing.found import GTIN_NAMES, Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.price_text import read_amount, read_price

_PRODUCTS = ("product", "productgroup", "individualproduct", "productmodel", "book", "vehicle", "car")
_OFFERS = ("offer", "aggregateoffer")
_LINKS = {
    "a": "href",
    "link": "href",
    "area": "href",
    "img": "src",
    "source": "src",
    "data": "value",
    "meter": "value",
    "time": "datetime",
    "object": "data",
}
_MOST = 2_000

Properties = dict[str, list[Element]]


def read_microdata(document: Document, *, locale: str | None = None) -> Findings:
    """Products of the page's microdata; a lone price without a product counts as one."""
    if not document.root.xpath("boolean(//@itemprop)"):  # in the tree, where `itemProp` is `itemprop` too
        return Findings()
    scopes = select(document.root, "//*[@itemscope]")[:_MOST]
    page_types = frozenset(kind for scope in scopes for kind in _raw_types(scope))
    products = [scope for scope in scopes if _is_a(scope, _PRODUCTS) and not _is_inside_product(scope)]
    found = [_product(document, scope, locale) for scope in products]
    if (
        len(found) < 2
        and not any(o.amount or o.low for p in found for o in p.offers)
        and (lone := _lone_offer(document, locale))
    ):
        found = [replace(p, offers=(lone,)) for p in found] or [
            FoundProduct(source="microdata", place=lone.place, offers=(lone,))
        ]
    return Findings(products=tuple(found), page_types=page_types)


def _raw_types(scope: Element) -> list[str]:
    return [kind.rstrip("/").rsplit("/", 1)[-1] for kind in (scope.get("itemtype") or "").split()]


def _is_a(scope: Element, kinds: tuple[str, ...]) -> bool:
    return any(kind.lower() in kinds for kind in _raw_types(scope))


def _is_inside_product(scope: Element) -> bool:
    """A product within another is a part, an accessory or a related one."""
    return scope.get("itemprop") is not None and any(
        ancestor.get("itemscope") is not None and _is_a(ancestor, _PRODUCTS) for ancestor in scope.iterancestors()
    )


def _properties(document: Document, scope: Element) -> Properties:
    """Elements by property name, within this item and not within the items inside it."""
    found: Properties = {}
    referenced = [
        select(document.root, "//*[@id=$name]", name=name)[:1] for name in (scope.get("itemref") or "").split()[:20]
    ]
    stack = [child for group in referenced for child in group] + list(reversed(scope))
    while stack:
        element = stack.pop()
        for name in (element.get("itemprop") or "").split():
            found.setdefault(name.lower(), []).append(element)
        if element.get("itemscope") is None:
            stack.extend(reversed(element))
    return found


def _value(elements: list[Element] | None) -> str | None:
    """The value of a property's first element that has one."""
    for element in elements or ():
        if element.get("itemscope") is not None:
            inner = select(element, ".//*[@itemprop='name' or @itemprop='url']")[:1]
            value = (
                element.get("content")
                or (_value(inner) if inner and inner[0] is not element else None)
                or text_of(element)
            )
        else:
            value = element.get("content") or element.get(_LINKS.get(str(element.tag), "content")) or text_of(element)
        if value and value.strip():
            return value.strip()[:2_000]
    return None


def _product(document: Document, scope: Element, locale: str | None) -> FoundProduct:
    properties = _properties(document, scope)
    offers = [
        _offer(document, _properties(document, element), element, locale)
        for element in properties.get("offers", [])
        if element.get("itemscope") is not None
    ]
    offers.extend(
        _offer(document, _properties(document, element), element, locale)
        for element in select(scope, ".//*[@itemscope][not(@itemprop)]")[:_MOST]
        if _is_a(element, _OFFERS)
    )
    if not offers and "price" in properties:
        offers = [_offer(document, properties, scope, locale)]
    return FoundProduct(
        source="microdata",
        place=document.root.getroottree().getpath(scope),
        title=_value(properties.get("name")),
        brand=_value(properties.get("brand")),
        sku=_value(properties.get("sku")) or _value(properties.get("productid")),
        gtin=next(
            (value for key in GTIN_NAMES if (value := _value(properties.get(key)))),
            None,
        ),
        mpn=_value(properties.get("mpn")),
        image_url=document.absolute(_value(properties.get("image"))),
        url=document.absolute(_value(properties.get("url"))),
        is_main="mainentity" in (scope.get("itemprop") or "").lower().split(),
        is_listed="itemlistelement" in (scope.get("itemprop") or "").lower().split(),
        offers=tuple(offers),
    )


def _offer(document: Document, properties: Properties, scope: Element, locale: str | None) -> FoundOffer:
    currency = iso_code(_value(properties.get("pricecurrency")))
    raw, amount, written_currency = _price(properties.get("price"), currency, locale)
    low, high = (
        read_amount(_value(properties.get(key)), currency=currency, locale=locale) for key in ("lowprice", "highprice")
    )
    if amount is None and low is not None and low == high:
        raw, amount = _value(properties.get("lowprice")), low
    return FoundOffer(
        place=document.root.getroottree().getpath((properties.get("price") or [scope])[0]),
        raw=raw,
        amount=amount,
        currency=currency or written_currency,
        low=low if amount is None else None,
        high=high if amount is None else None,
        availability=read_availability(_value(properties.get("availability"))),
        condition=(_value(properties.get("itemcondition")) or "").rsplit("/", 1)[-1] or None,
        seller=_value(properties.get("seller")),
        url=document.absolute(_value(properties.get("url"))),
        sku=_value(properties.get("sku")),
        name=_value(properties.get("name")),
    )


def _price(
    elements: list[Element] | None, currency: str | None, locale: str | None
) -> tuple[str | None, Decimal | None, str | None]:
    """(raw, amount, currency written in it). `content` follows the data rule, visible text is read as text."""
    for element in elements or ():
        raw = element.get("content") or element.get("value")
        if raw:
            amount = read_amount(raw, currency=currency, locale=locale)
            written = None if amount is None else read_price(raw, locale=locale).currency
        else:
            raw = text_of(element)
            price = read_price(raw, locale=locale, currency_hint=currency)
            amount, written = price.amount, price.currency
        if amount is not None:
            return raw.strip(), amount, written
    return (_value(elements), None, None)


def _lone_offer(document: Document, locale: str | None) -> FoundOffer | None:
    """The one price marked on a page whose markup forgot the product; None when there are several."""
    prices = select(document.root, "//*[@itemprop='price']")[:50]
    if not prices:
        return None
    beside = {
        name.lower(): select(document.root, "//*[@itemprop=$name]", name=name)[:1]
        for name in ("priceCurrency", "availability")
    }
    offers = [_offer(document, {"price": [price], **beside}, price, locale) for price in prices]
    priced = [offer for offer in offers if offer.amount is not None]
    return priced[0] if len({offer.amount for offer in priced}) == 1 else None
