"""schema.org JSON-LD: which products a page's linked data describes, and their offers."""

from collections.abc import Iterator

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.embedded_json import MOST_NODES, Json, json_ld
from pricewatch_pipeline.parsing.found import GTIN_NAMES, Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.linked_data import MOST_ENTRIES, Graph, Properties, listed, scalar, types_of
from pricewatch_pipeline.parsing.linked_offers import OfferReader

_PRODUCTS = frozenset(
    [
        "product",
        "productgroup",
        "productmodel",
        "productcollection",
        "individualproduct",
        "someproducts",
        "vehicle",
        "car",
        "motorcycle",
    ]
)
_SOLD_TOO = frozenset(
    [
        "book",
        "audiobook",
        "softwareapplication",
        "mobileapplication",
        "webapplication",
        "videogame",
        "game",
        "movie",
        "musicalbum",
        "musicrelease",
        "event",
        "course",
        "service",
        "menuitem",
        "creativework",
        "drug",
        "hotelroom",
        "accommodation",
        "apartment",
        "house",
        "trip",
        "touristtrip",
    ]
)
_OFFERS = frozenset({"offer", "aggregateoffer", "offerforpurchase"})
_LISTS = frozenset({"itemlist", "searchresultspage", "collectionpage", "offercatalog"})
# Only these lead from a page to what it is about; `isRelatedTo`, `isSimilarTo` and the like are never followed.
_LEADS = ("@graph", "mainEntity", "mainEntityOfPage", "about", "itemListElement", "item", "itemOffered", "makesOffer")


def read_json_ld(document: Document, *, locale: str | None = None) -> Findings:
    """Products of the page's linked data."""
    values = json_ld(document)
    if not values:
        return Findings()
    graph = Graph(values)
    reader = _Reader(document, graph, OfferReader(document, graph, locale))
    for number, value in enumerate(values):
        reader.walk(value, f"[{number}]")
    return Findings(products=tuple(reader.all_products()), page_types=frozenset(reader.page_types))


class _Reader:
    """One walk through a page's linked data."""

    def __init__(self, document: Document, graph: Graph, offers: OfferReader) -> None:
        self.document = document
        self.graph = graph
        self.offers = offers
        self.page_types: set[str] = set()
        self._products: list[FoundProduct] = []
        self._loose: list[FoundProduct] = []
        """Offers that name no product."""
        self._seen: set[int] = set()
        self._steps = 0

    def all_products(self) -> list[FoundProduct]:
        """A page with a single offer of nothing means its own product."""
        return self._products or (self._loose if len(self._loose) == 1 else [])

    def walk(self, value: Json, place: str) -> None:
        """Follow containers and main entities, collecting products."""
        stack: list[tuple[Json, str, bool, bool]] = [(value, place, False, False)]
        while stack and len(self._products) < MOST_ENTRIES and self._steps < MOST_NODES:
            self._steps += 1
            node, where, is_main, is_listed = stack.pop()
            if isinstance(node, list):
                numbered = reversed(list(enumerate(node[:MOST_ENTRIES])))
                stack.extend((item, f"{where}[{n}]", is_main, is_listed) for n, item in numbered)
                continue
            if not isinstance(node, dict):
                continue
            node = self.graph.resolved(node)
            if id(node) in self._seen:
                continue
            self._seen.add(id(node))
            types = types_of(node)
            kinds = {name.lower() for name in types}
            if self._collect(node, kinds, where, is_main=is_main, is_listed=is_listed):
                continue
            self.page_types |= types
            in_list = is_listed or bool(kinds & _LISTS)
            stack.extend(
                (node[key], f"{where}.{key}", is_main or key == "mainEntity", in_list or key == "itemListElement")
                for key in reversed(_LEADS)
                if key in node
            )

    def _collect(self, node: Properties, kinds: set[str], place: str, *, is_main: bool, is_listed: bool) -> bool:
        """Takes a node that is a product or an offer; says whether it was one."""
        is_named = "offers" in node and ("name" in node or "sku" in node)
        if kinds & _PRODUCTS or ("offers" in node and kinds & _SOLD_TOO) or (is_named and not kinds):
            self._products.append(self._product(node, place, is_main=is_main, is_listed=is_listed))
            return True
        if not kinds & _OFFERS:
            return False
        offered = [item for item in self.graph.each(node.get("itemOffered")) if not types_of(item) & {"Service"}]
        for item in offered:
            whole = {**item, "offers": {**node, "itemOffered": None}}
            self._products.append(self._product(whole, place, is_main=is_main, is_listed=is_listed))
        if not offered and not is_listed:
            self._loose.append(self._product({"name": node.get("name"), "offers": node}, place))
        return True

    def _product(self, node: Properties, place: str, *, is_main: bool = False, is_listed: bool = False) -> FoundProduct:
        text = self.graph.text
        size, unit = self.offers.pack(node)
        url = scalar(node.get("url")) or text(node.get("url")) or text(node.get("mainEntityOfPage"))
        return FoundProduct(
            source="json_ld",
            place=place,
            title=text(node.get("name")),
            brand=text(node.get("brand")) or text(node.get("manufacturer")),
            sku=text(node.get("sku")) or text(node.get("productID")),
            gtin=next((found for key in GTIN_NAMES if (found := text(node.get(key)))), None),
            mpn=text(node.get("mpn")),
            image_url=self.document.absolute(self._image(node.get("image"))),
            url=self.document.absolute(url),
            category=text(node.get("category")),
            variant=self.offers.variant(node),
            pack_size=size,
            pack_unit=unit,
            group=self._group(node),
            is_main=is_main or "mainEntityOfPage" in node,
            is_listed=is_listed,
            offers=tuple(self._all_offers(node, place)),
        )

    def _image(self, value: Json) -> str | None:
        for item in listed(value)[:5]:
            node = self.graph.resolved(item) if isinstance(item, dict) else {"url": item}
            address = scalar(node.get("contentUrl")) or scalar(node.get("url")) or scalar(node.get("@id"))
            if address:
                return address
        return None

    def _group(self, node: Properties) -> str | None:
        """What a variant and its siblings have in common, and the group itself."""
        parent = next(self.graph.each(node.get("isVariantOf")), {})
        for text in (
            scalar(node.get("inProductGroupWithID")),
            scalar(parent.get("productGroupID")),
            scalar(node.get("productGroupID")),
            scalar(parent.get("@id")),
        ):
            if text:
                return text
        is_group = "ProductGroup" in types_of(node)
        return scalar(node.get("@id")) if is_group else None

    def _all_offers(self, node: Properties, place: str) -> Iterator[FoundOffer]:
        yield from self.offers.offers(node, f"{place}.offers")
        shared = {key: node[key] for key in ("priceCurrency",) if key in node}
        for number, variant in enumerate(self.graph.each(node.get("hasVariant"))):
            yield from self.offers.offers({**shared, **variant}, f"{place}.hasVariant[{number}].offers")
        models = node.get("model")
        for number, model in enumerate(self.graph.each(models)):
            yield from self.offers.offers(model, f"{place}.model[{number}].offers")
