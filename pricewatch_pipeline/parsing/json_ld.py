"""schema.org JSON-LD: which products a page's linked data describes, and their offers."""

from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import iso_code
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.embedded_json import Json, json_ld, nodes
from pricewatch_pipeline.parsing.found import GTIN_NAMES, Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.price_text import read_amount

_PRODUCTS = frozenset(
    {"Product", "ProductGroup", "ProductModel", "IndividualProduct", "SomeProducts", "Vehicle", "Car", "Motorcycle"}
)
_SOLD_TOO = frozenset(
    {
        "Book",
        "SoftwareApplication",
        "MobileApplication",
        "WebApplication",
        "VideoGame",
        "Game",
        "Movie",
        "MusicAlbum",
        "Event",
        "Course",
        "Service",
        "MenuItem",
    }
)
_LISTS = frozenset({"ItemList", "SearchResultsPage", "CollectionPage", "OfferCatalog"})
# Only these lead from a page to what it is about; `isRelatedTo`, `isSimilarTo` and the like are never followed.
_LEADS = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item", "itemOffered")
_NOT_THE_PRICE = ("ListPrice", "StrikethroughPrice", "MSRP", "SRP", "RegularPrice", "SuggestedRetailPrice")
_MOST_PRODUCTS = 2_000


def read_json_ld(document: Document, *, locale: str | None = None) -> Findings:
    """Products of the page's linked data."""
    values = json_ld(document)
    reader = _Reader(document, _index(values), locale)
    for number, value in enumerate(values):
        reader.walk(value, f"[{number}]")
    return Findings(products=tuple(reader.products), page_types=frozenset(reader.page_types))


def _index(values: list[Json]) -> dict[str, dict[str, Any]]:
    """Nodes by `@id`, where they say more than the id."""
    index: dict[str, dict[str, Any]] = {}
    for value in values:
        for node in nodes(value):
            if isinstance(node, dict) and isinstance(node.get("@id"), str) and len(node) > 2:
                index.setdefault(node["@id"], node)
    return index


def types_of(node: dict[str, Any]) -> set[str]:
    """Short type names of a node."""
    return {t.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1] for t in _list(node.get("@type")) if isinstance(t, str)}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Json) -> str | None:
    """A scalar as text; the name of a thing; the first of several."""
    if isinstance(value, list):
        return next((text for item in value if (text := _text(item))), None)
    if isinstance(value, dict):
        return (
            _text(value.get("name") or value.get("@value") or value.get("url") or value.get("contentUrl"))
            if len(value) < 200
            else None
        )
    if isinstance(value, bool) or value is None:
        return None
    return unescape(str(value)).strip()[:2_000] or None  # many shops escape for HTML what stands in a script


class _Reader:
    """One walk through a page's linked data."""

    def __init__(self, document: Document, index: dict[str, dict[str, Any]], locale: str | None) -> None:
        self.document = document
        self.index = index
        self.locale = locale
        self.products: list[FoundProduct] = []
        self.page_types: set[str] = set()
        self._seen: set[int] = set()

    def walk(self, value: Json, place: str) -> None:
        """Follow containers and main entities, collecting products."""
        stack: list[tuple[Json, str, bool, bool]] = [(value, place, False, False)]
        while stack and len(self.products) < _MOST_PRODUCTS:
            node, where, is_main, is_listed = stack.pop()
            if isinstance(node, list):
                stack.extend((item, f"{where}[{n}]", is_main, is_listed) for n, item in reversed(list(enumerate(node))))
                continue
            if not isinstance(node, dict):
                continue
            node = self._resolved(node)
            if id(node) in self._seen:
                continue
            self._seen.add(id(node))
            types = types_of(node)
            if types & _PRODUCTS or (types & _SOLD_TOO and "offers" in node):
                self.products.append(self._product(node, where, is_main=is_main, is_listed=is_listed))
                continue
            if types & {"Offer", "AggregateOffer"} and "itemOffered" in node:
                self._offered(node, where)
                continue
            self.page_types |= types
            stack.extend(
                (
                    node[key],
                    f"{where}.{key}",
                    is_main or key == "mainEntity",
                    is_listed or key == "itemListElement" or bool(types & _LISTS),
                )
                for key in reversed(_LEADS)
                if key in node
            )

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        """The node an `@id` reference stands for."""
        reference = node.get("@id")
        return self.index.get(reference, node) if isinstance(reference, str) and len(node) <= 2 else node

    def _offered(self, node: dict[str, Any], place: str) -> None:
        for item in _list(node["itemOffered"]):
            if isinstance(item, dict):
                self.products.append(
                    self._product(
                        {**self._resolved(item), "offers": {**node, "itemOffered": None}},
                        place,
                        is_main=False,
                        is_listed=False,
                    )
                )

    def _product(self, node: dict[str, Any], place: str, *, is_main: bool, is_listed: bool) -> FoundProduct:
        offers = list(self._offers(node, f"{place}.offers"))
        for number, variant in enumerate(_list(node.get("hasVariant"))[:500]):
            if isinstance(variant, dict):
                offers.extend(self._offers(self._resolved(variant), f"{place}.hasVariant[{number}].offers"))
        url = _text(node.get("url")) or _text(node.get("mainEntityOfPage"))
        return FoundProduct(
            source="json_ld",
            place=place,
            title=_text(node.get("name")),
            brand=_text(node.get("brand")),
            sku=_text(node.get("sku")) or _text(node.get("productID")),
            gtin=next(
                (text for key in GTIN_NAMES if (text := _text(node.get(key)))),
                None,
            ),
            mpn=_text(node.get("mpn")),
            image_url=self.document.absolute(_text(node.get("image"))),
            url=self.document.absolute(url),
            is_main=is_main or "mainEntityOfPage" in node,
            is_listed=is_listed,
            offers=tuple(offers[:_MOST_PRODUCTS]),
        )

    def _offers(self, owner: dict[str, Any], place: str) -> Iterator[FoundOffer]:
        """The offers of a product or variant; an AggregateOffer gives its offers, or its range."""
        for number, value in enumerate(_list(owner.get("offers"))[:_MOST_PRODUCTS]):
            if not isinstance(value, dict):
                continue
            offer = self._resolved(value)
            where = f"{place}[{number}]" if isinstance(owner.get("offers"), list) else place
            inner = [item for item in _list(offer.get("offers")) if isinstance(item, dict)][:_MOST_PRODUCTS]
            if inner:
                shared: dict[str, Any] = {key: offer[key] for key in ("priceCurrency", "availability") if key in offer}
                for n, item in enumerate(inner):
                    yield self._offer({**shared, **self._resolved(item)}, owner, f"{where}.offers[{n}]")
            else:
                yield self._offer(offer, owner, where)

    def _offer(self, offer: dict[str, Any], owner: dict[str, Any], place: str) -> FoundOffer:
        sale, listed = _specifications(offer)
        raw = offer.get("price")
        price_place = "price"
        if raw in (None, "") and sale is not None:
            raw, price_place = sale.get("price"), "priceSpecification.price"
        currency = iso_code(
            _text(offer.get("priceCurrency"))
            or _text((sale or {}).get("priceCurrency"))
            or _text(offer.get("currency"))
        )
        low, high = self._amount(offer.get("lowPrice"), currency), self._amount(offer.get("highPrice"), currency)
        if (
            raw in (None, "")
            and low is not None
            and (low == high or (high is None and str(offer.get("offerCount")) == "1"))
        ):
            raw, price_place, low, high = offer.get("lowPrice"), "lowPrice", None, None
        item = offer.get("itemOffered") if isinstance(offer.get("itemOffered"), dict) else {}
        amount = self._amount(raw, currency)
        return FoundOffer(
            place=f"{place}.{price_place}",
            raw=_text(raw),
            amount=amount,
            currency=currency,
            low=low if amount is None else None,
            high=high if amount is None else None,
            list_price=self._amount((listed or {}).get("price"), currency),
            availability=read_availability(_text(offer.get("availability"))),
            condition=(_text(offer.get("itemCondition")) or "").rsplit("/", 1)[-1] or None,
            seller=_text(offer.get("seller")) or _text(offer.get("offeredBy")),
            url=self.document.absolute(_text(offer.get("url")) or _text(owner.get("url"))),
            sku=_text(offer.get("sku")) or _text((item or {}).get("sku")) or _text(owner.get("sku")),
            name=_text(offer.get("name")) or _text((item or {}).get("name")) or _text(owner.get("name")),
        )

    def _amount(self, raw: Json, currency: str | None) -> Decimal | None:
        return read_amount(_text(raw) if isinstance(raw, list | dict) else raw, currency=currency, locale=self.locale)


def _specifications(offer: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """(what a buyer pays, the list price) of an offer's price specifications; unit and member prices are neither."""
    sale = listed = None
    for item in _list(offer.get("priceSpecification"))[:50]:
        if not isinstance(item, dict) or item.get("price") in (None, ""):
            continue
        kind = str(item.get("priceType") or item.get("name") or "")
        if any(name in kind for name in _NOT_THE_PRICE):
            listed = listed or item
        elif not ("validForMemberTier" in item or "referenceQuantity" in item or "billingDuration" in item):
            sale = sale or item
    return sale, listed
