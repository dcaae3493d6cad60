"""schema.org microdata: products and offers marked in the page's own elements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import iso_code
from pricewatch_pipeline.parsing.documents import Document, Node, Notable, text_of
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
_VARIANT_KEYS = ("color", "size", "material", "pattern")
_MOST_OFFERS = 2_000
_MOST_REFERENCES = 50
_DEEPEST = 100
"""Items within each other that are looked at."""


class _Item:
    """A marked element. An item is one with `itemscope`; else it is a property and no more."""

    def __init__(self, node: Node, attributes: Mapping[str, str | None], owner: "_Item | None") -> None:
        self.node = node
        self.attributes = attributes
        self.owner = owner
        """The item that this element stands in, itself excepted."""
        self.names = [name.lower() for name in (self.attributes.get("itemprop") or "").split()]
        self.is_property = "itemprop" in self.attributes
        self.is_item = "itemscope" in self.attributes
        self.types = [t.rstrip("/").rsplit("/", 1)[-1] for t in (self.attributes.get("itemtype") or "").split()]
        self.properties: Properties = {}
        """By name; those of the items inside are not among them."""
        self.loose_offers: list[_Item] = []
        """Offers inside that are nobody's property."""

    def is_a(self, kinds: tuple[str, ...]) -> bool:
        return any(kind.lower() in kinds for kind in self.types)

    def owners(self) -> Iterator["_Item"]:
        owner = self.owner
        for _ in range(_DEEPEST):
            if owner is None:
                return
            yield owner
            owner = owner.owner


Properties = dict[str, list[_Item]]


def read_microdata(document: Document, *, locale: str | None = None) -> Findings:
    """Products of the page's microdata; a lone price without a product counts as one."""
    return read_marked(document, document.marked, source="microdata", locale=locale)


def read_marked(document: Document, elements: Sequence[Notable], *, source: str, locale: str | None = None) -> Findings:
    """Products that elements are marked as.

    Args:
        document: the page.
        elements: each with its attributes, named as those of microdata; in document order.
        source: of the products.
        locale: for prices written as text.
    """
    marked = _items(document, elements)
    scopes = [item for item in marked if item.is_item]
    products = [scope for scope in scopes if scope.is_a(_PRODUCTS) and not _is_inside_product(scope)]
    found = [_product(document, scope, f"[{number}]", source, locale) for number, scope in enumerate(products)]
    if (
        len(found) < 2
        and not any(o.amount or o.low for p in found for o in p.offers)
        and (lone := _lone_offer(document, marked, locale))
    ):
        found = [replace(p, offers=(lone,)) for p in found] or [
            FoundProduct(source=source, place=lone.place, offers=(lone,))
        ]
    return Findings(products=tuple(found), page_types=frozenset(kind for scope in scopes for kind in scope.types))


def _items(document: Document, elements: Sequence[Notable]) -> list[_Item]:
    """The marked elements in document order, each with what belongs to it."""
    items: list[_Item] = []
    owners: dict[int, _Item | None] = {}
    """By element: the item it is or stands in."""
    for node, attributes in elements:
        item = _Item(node, attributes, _owner_of(node.parent, owners))
        owners[node.mem_id] = item if item.is_item else item.owner
        items.append(item)
        if item.owner is not None:
            for name in item.names:
                item.owner.properties.setdefault(name, []).append(item)
        if item.is_item and not item.is_property and item.is_a(_OFFERS):
            for owner in item.owners():
                owner.loose_offers.append(item)
    _refer(document, items)
    return items


def _owner_of(node: Node | None, owners: dict[int, _Item | None]) -> _Item | None:
    """The nearest item around; what was found is remembered for every element on the way."""
    way: list[int] = []
    while node is not None and node.mem_id not in owners:
        way.append(node.mem_id)
        node = node.parent
    owner = owners[node.mem_id] if node is not None else None
    owners.update(dict.fromkeys(way, owner))
    return owner


def _refer(document: Document, items: list[_Item]) -> None:
    """Gives items the properties that stand elsewhere, in the elements that their `itemref` names."""
    referring = [(item, item.attributes.get("itemref") or "") for item in items if item.is_item]
    wanted = [(item, name) for item, names in referring if names for name in names.split()][:_MOST_REFERENCES]
    targets: dict[str, Node] = {}
    for node in document.tree.css("[id]") if wanted else ():
        targets.setdefault(node.id or "", node)
    for item, name in wanted:
        if name in targets:
            _take(item, targets[name], items)


def _take(item: _Item, target: Node, items: list[_Item]) -> None:
    """The properties inside an element that an item names, as though it stood in the item."""
    is_item = "itemscope" in target.attributes
    inside = {target.mem_id} if is_item else {node.mem_id for node in target.css("[itemprop], [itemscope]")}
    for each in items:
        if each.node.mem_id in inside and (each.owner is None or each.owner.node.mem_id not in inside):
            for name in each.names:
                item.properties.setdefault(name, []).append(each)


def _is_inside_product(scope: _Item) -> bool:
    """A product within another is a part, an accessory or a related one."""
    return scope.is_property and any(owner.is_a(_PRODUCTS) for owner in scope.owners())


def _value(items: list[_Item] | None) -> str | None:
    """The value of a property's first element that has one."""
    for item in items or ():
        named = [*item.properties.get("name", ()), *item.properties.get("url", ())][:1] if item.is_item else ()
        value = (
            item.attributes.get("content") or next((v for i in named if (v := _own_value(i))), None) or _own_value(item)
        )
        if value and value.strip():
            return value.strip()[:2_000]
    return None


def _own_value(item: _Item) -> str | None:
    """What an element says itself: in the attribute that HTML has for it, or in its text."""
    attribute = "content" if item.is_item else _LINKS.get(item.node.tag or "", "content")
    return item.attributes.get("content") or item.attributes.get(attribute) or text_of(item.node)


def _product(document: Document, scope: _Item, place: str, source: str, locale: str | None) -> FoundProduct:
    properties = scope.properties
    sold = [item for item in properties.get("offers", []) if item.is_item] + scope.loose_offers
    offers = [
        _offer(document, item.properties, f"{place}.offers[{number}]", locale)
        for number, item in enumerate([*sold, *_inner_offers(sold)][:_MOST_OFFERS])
    ]
    if not offers and "price" in properties:
        offers = [_offer(document, properties, place, locale)]
    return FoundProduct(
        source=source,
        place=place,
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
        category=_value(properties.get("category")),
        variant={key: value for key in _VARIANT_KEYS if (value := _value(properties.get(key)))},
        is_main="mainentity" in scope.names,
        is_listed="itemlistelement" in scope.names,
        offers=tuple(offers),
    )


def _inner_offers(sold: Sequence[_Item]) -> list[_Item]:
    """The offers that offers hold: an AggregateOffer tells its range and what it is made of."""
    inner = [item for offer in sold for item in offer.properties.get("offers", []) if item.is_item]
    return [item for item in inner if not any(item is offer for offer in sold[:_MOST_REFERENCES])]


def _with_specified(properties: Properties) -> Properties:
    """An offer's properties, with the price of its `priceSpecification` where it has none itself."""
    if "price" in properties:
        return properties
    specified = next((item for item in properties.get("pricespecification", []) if "price" in item.properties), None)
    return {**specified.properties, **properties} if specified is not None else properties


def _offer(document: Document, properties: Properties, place: str, locale: str | None) -> FoundOffer:
    properties = _with_specified(properties)
    currency = iso_code(_value(properties.get("pricecurrency")))
    raw, amount, written_currency = _price(properties.get("price"), currency, locale)
    low, high = (
        read_amount(_value(properties.get(key)), currency=currency, locale=locale) for key in ("lowprice", "highprice")
    )
    if amount is None and low is not None and low == high:
        raw, amount = _value(properties.get("lowprice")), low
    return FoundOffer(
        place=f"{place}.price",
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
        gtin=next((value for key in GTIN_NAMES if (value := _value(properties.get(key)))), None),
        mpn=_value(properties.get("mpn")),
        name=_value(properties.get("name")),
        variant={key: value for key in _VARIANT_KEYS if (value := _value(properties.get(key)))},
    )


def _is_struck(item: _Item) -> bool:
    """Whether a price is marked as no longer true."""
    node: Node | None = item.node
    for _ in range(3):
        if node is None:
            return False
        if node.tag in ("del", "s", "strike"):
            return True
        node = node.parent
    return False


def _price(
    items: list[_Item] | None, currency: str | None, locale: str | None
) -> tuple[str | None, Decimal | None, str | None]:
    """(raw, amount, currency written in it). `content` follows the data rule, visible text is read as text."""
    for item in sorted((items or [])[:_MOST_REFERENCES], key=_is_struck):
        raw = item.attributes.get("content") or item.attributes.get("value")
        if raw:
            amount = read_amount(raw, currency=currency, locale=locale)
            written = None if amount is None else read_price(raw, locale=locale).currency
        else:
            raw = text_of(item.node)
            price = read_price(raw, locale=locale, currency_hint=currency)
            amount, written = price.amount, price.currency
        if amount is not None:
            return raw.strip(), amount, written
    return (_value(items), None, None)


def _lone_offer(document: Document, marked: list[_Item], locale: str | None) -> FoundOffer | None:
    """The one price marked on a page whose markup forgot the product; None when there are several."""
    prices = [item for item in marked if item.attributes.get("itemprop") == "price"][:50]
    if not prices:
        return None
    beside = {
        name.lower(): [item for item in marked if item.attributes.get("itemprop") == name][:1]
        for name in ("priceCurrency", "availability")
    }
    offers = [
        _offer(document, {"price": [price], **beside}, f"price[{number}]", locale)
        for number, price in enumerate(prices)
    ]
    priced = [offer for offer in offers if offer.amount is not None]
    return priced[0] if len({offer.amount for offer in priced}) == 1 else None
