"""Products in the data that a page hands to its own scripts, recognised by the names of their fields.

Nothing is said by where a script puts them: a name or a number beside a price is a product, wherever it stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import decimals_of, iso_code
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.embedded_json import Json
from pricewatch_pipeline.parsing.found import Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.linked_data import scalar
from pricewatch_pipeline.parsing.price_keys import price_key, words_of
from pricewatch_pipeline.parsing.script_data import script_values
from pricewatch_pipeline.parsing.state_prices import Prices, prices_of

MOST_PRODUCTS = 300
MOST_VARIANTS = 500
_MOST_NODES = 30_000
_LEAST_CENTS = 100
_MOST_LOOKED_FOR = 20

_TITLES = (
    "name",
    "title",
    "productname",
    "itemname",
    "displayname",
    "producttitle",
    "contentname",
    "fullname",
    "label",
)
_NUMBERS = ("sku", "productsku", "itemsku", "articlenumber", "articleno", "itemnumber", "productnumber", "productcode")
_IDS = (
    *(
        "skuid",
        "itemid",
        "productid",
        "prodid",
        "contentids",
        "contentid",
        "variantid",
        "offerid",
        "asin",
        "id",
        "code",
    ),
    *("ecommprodid", "masterid", "parentid", "modelid"),
)
_GTINS = ("gtin", "gtin13", "ean", "ean13", "barcode", "upc", "isbn", "gtin14", "gtin12", "gtin8")
_URLS = ("url", "producturl", "canonicalurl", "link", "href", "pageurl", "seourl", "permalink")
_IMAGES = ("image", "imageurl", "img", "thumbnail", "mainimage", "featuredimage")
_VARIANT_KEYS = ("color", "colour", "size", "material", "pattern", "flavor", "flavour")
_AVAILABILITIES = ("availability", "stockstatus", "availabilitystatus", "stockstate", "inventorystatus")
_IN_STOCK = frozenset(
    {"instock", "isinstock", "isavailable", "available", "availableforsale", "purchasable", "isbuyable"}
)
_SOLD_OUT = frozenset({"soldout", "issoldout", "outofstock", "isoutofstock"})

_VARIANT_WORDS = frozenset(
    {
        "variant",
        "variants",
        "variations",
        "skus",
        "sku",
        "offers",
        "offer",
        "models",
        "sizes",
        "simples",
        "combinations",
    }
)
_ELSEWHERE_WORDS = frozenset(
    {
        *("related", "recommended", "recommendation", "recommendations", "similar", "upsell", "upsells", "cross", "crosssell"),
        *("also", "recently", "viewed", "bundle", "bundles", "accessories", "accessory", "cart", "basket", "wishlist", "minicart"),
        *("navigation", "menu", "reviews", "complementary", "suggestions", "suggested", "carousel", "trending", "bestsellers"),
        *("sponsored", "ads", "alternatives", "impressions", "addons", "warranties", "warranty", "services", "shipping"),
    }
)  # fmt: skip
_OWN_VIEWS = frozenset(
    {"viewitem", "viewcontent", "productdetail", "productview", "detail", "productdetailview", "eeproductdetail"}
)
_PRICE, _NAME, _MONEY, _EVENT, _VARIANTS, _ELSEWHERE, _OWN_VIEW = (1 << bit for bit in range(7))
_SAYS_SOMETHING = _PRICE | _NAME | _MONEY | _EVENT


class _Context(NamedTuple):
    """Where a node stands."""

    place: str
    holder: "_Draft | None" = None
    """The product whose variants these are."""
    currency: str | None = None
    is_listed: bool = False
    is_own: bool = False
    """Told as what this page shows."""


@dataclass
class _Draft:
    """A product under construction."""

    place: str
    fields: Mapping[str, Any]
    context: _Context
    offers: list[FoundOffer] = field(default_factory=list)


def read_state(document: Document, *, locale: str | None = None, known: frozenset[Decimal] = frozenset()) -> Findings:
    """Products that the page's scripts hold.

    Args:
        document: the page.
        locale: for amounts written as text.
        known: amounts that other data of the page gives; they tell cents from whole amounts.
    """
    reader = _Reader(locale)
    for place, value in script_values(document):
        reader.walk(value, place)
    drafts = [draft for draft in reader.drafts if draft.offers]
    amounts = (o.amount for d in drafts for o in d.offers)
    told = _Known(document, known, frozenset(a for a in amounts if a is not None and a % 1))
    products = [_product(document, draft, told) for draft in drafts]
    return Findings(products=tuple(_without_repeats(products)))


class _Reader:
    """One walk through the values of a page's scripts."""

    def __init__(self, locale: str | None) -> None:
        self.locale = locale
        self.drafts: list[_Draft] = []
        self._nodes = 0

    def walk(self, value: Json, place: str) -> None:
        stack: list[tuple[Json, _Context]] = [(value, _Context(place))]
        while stack and self._nodes < _MOST_NODES and len(self.drafts) < MOST_PRODUCTS:
            self._nodes += 1
            node, context = stack.pop()
            if isinstance(node, list):
                stack.extend(reversed(list(_entries(node, context))))
            elif isinstance(node, dict):
                stack.extend(reversed(list(self._inside(node, context))))

    def _inside(self, node: dict[str, Any], context: _Context) -> Iterator[tuple[Json, _Context]]:
        """Takes what the object itself says; gives the objects in it that are to be looked at."""
        says = 0
        inner: list[tuple[str, Json, int]] = []
        for key, value in node.items():
            hint = _hint(key)[0]
            says |= hint
            if value and isinstance(value, (dict, list)) and not hint & _ELSEWHERE:
                inner.append((key, value, hint))
        plain = {_hint(key)[1]: value for key, value in node.items()} if says & _SAYS_SOMETHING else {}
        currency = (_currency(plain) if says & _MONEY else None) or context.currency
        prices = prices_of(node, context.place, currency, self.locale) if says & _PRICE else None
        holder = self._holder(plain, prices, context)
        is_own = context.is_own or bool(says & _EVENT and _is_own_view(plain.get("event")))
        for key, value, hint in inner:
            if prices and key in prices.taken:
                continue
            is_variants = context.holder is not None or (holder is not None and bool(hint & _VARIANTS))
            yield (
                value,
                _Context(
                    f"{context.place}.{key[:40]}",
                    holder if is_variants else None,
                    currency,
                    context.is_listed,
                    is_own or bool(hint & _OWN_VIEW),
                ),
            )

    def _holder(self, plain: Mapping[str, Any], prices: Prices | None, context: _Context) -> "_Draft | None":
        """The product that what stands in an object belongs to: one begun before, or the object itself."""
        if context.holder is not None:
            if prices is not None and len(context.holder.offers) < MOST_VARIANTS:
                context.holder.offers.append(_offer(plain, prices))
        elif plain and _first(plain, (*_TITLES, *_NUMBERS, *_IDS)):
            draft = _Draft(context.place, plain, context, [_offer(plain, prices)] if prices is not None else [])
            self.drafts.append(draft)
            return draft
        return context.holder


@lru_cache(maxsize=20_000)
def _hint(key: str) -> tuple[int, str]:
    """What a field's name lets expect, and the name in its plain form."""
    plain, words = _plain(key), frozenset(words_of(key))
    hint = (
        (_PRICE if price_key(key) else 0)
        | (_NAME if plain in _TITLES or plain in _NUMBERS or plain in _IDS else 0)
        | (_MONEY if "currency" in plain else 0)
        | (_EVENT if plain == "event" else 0)
        | (_VARIANTS if words & _VARIANT_WORDS else 0)
        | (_ELSEWHERE if words & _ELSEWHERE_WORDS else 0)
        | (_OWN_VIEW if _is_own_view(key) else 0)
    )
    return hint, plain


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "") if len(key) < 40 else ""


def _is_own_view(text: object) -> bool:
    """`view_item`, `productDetail`: what is told of the product that the page shows."""
    return isinstance(text, str) and _plain(text) in _OWN_VIEWS


def _entries(items: list[Json], context: _Context) -> Iterator[tuple[Json, _Context]]:
    """What an array holds; several products in one are a list."""
    is_list = context.is_listed or (context.holder is None and sum(isinstance(item, dict) for item in items[:3]) > 1)
    place, holder, currency, _, is_own = context
    for number, item in enumerate(items[:MOST_VARIANTS]):
        if isinstance(item, str):  # `gtag("event", "view_item", {...})` kept as a list
            is_own = is_own or _is_own_view(item)
        elif isinstance(item, (dict, list)):
            yield item, _Context(f"{place}[{number}]", holder, currency, is_list, is_own)


def _first(plain: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first of these fields that holds a text or a number."""
    for key in keys:
        value = plain.get(key)
        if value is None or isinstance(value, bool):
            continue
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        elif isinstance(value, dict):
            value = value.get("name") or value.get("value")
        if (text := scalar(value)) and len(text) <= 500:
            return text
    return None


def _currency(plain: Mapping[str, Any]) -> str | None:
    return iso_code(_first(plain, ("currency", "currencycode", "pricecurrency", "currencyiso", "currencyisocode")))


def _offer(plain: Mapping[str, Any], prices: Prices) -> FoundOffer:
    return FoundOffer(
        place=prices.place,
        raw=prices.raw,
        amount=prices.amount,
        currency=prices.currency,
        low=prices.low,
        high=prices.high,
        list_price=prices.list_price,
        amounts=prices.others,
        availability=_availability(plain),
        url=_first(plain, _URLS),
        sku=_first(plain, _NUMBERS) or _first(plain, _IDS),
        gtin=_first(plain, _GTINS),
        name=_first(plain, _TITLES),
        variant={key: text for key in _VARIANT_KEYS if (text := _first(plain, (key,))) and len(text) < 100},
        is_selected=plain.get("selected") is True or plain.get("isselected") is True,
    )


def _availability(plain: Mapping[str, Any]) -> Availability | None:
    """Of a field that says so in words, or with yes and no."""
    for key in _AVAILABILITIES:
        if found := read_availability(_first(plain, (key,))):
            return found
    for key, value in plain.items():
        if isinstance(value, bool) and (key in _IN_STOCK or key in _SOLD_OUT):
            return Availability.IN_STOCK if value is (key in _IN_STOCK) else Availability.OUT_OF_STOCK
    return None


def _product(document: Document, draft: _Draft, known: "_Known") -> FoundProduct:
    fields = draft.fields
    return FoundProduct(
        source="state",
        place=draft.place,
        title=_first(fields, _TITLES),
        brand=_first(fields, ("brand", "brandname", "manufacturer", "vendor", "itembrand")),
        sku=_first(fields, _NUMBERS),
        gtin=_first(fields, _GTINS),
        ids=tuple(dict.fromkeys(text for key in _IDS if (text := _first(fields, (key,))))),
        mpn=_first(fields, ("mpn", "manufacturernumber", "manufacturerpartnumber")),
        image_url=document.absolute(_first(fields, _IMAGES)),
        url=document.absolute(_first(fields, _URLS)),
        category=_first(fields, ("category", "itemcategory", "categoryname")),
        is_main=draft.context.is_own,
        is_listed=draft.context.is_listed and not draft.context.is_own,
        offers=tuple(
            replace(offer, url=document.absolute(offer.url)) if offer.url else offer
            for offer in _whole(draft.offers, known)
        ),
    )


def _whole(offers: Sequence[FoundOffer], known: "_Known") -> list[FoundOffer]:
    """A product's offers in whole units, where one of them is told elsewhere and here in cents."""
    looked_at = [offer for offer in offers[:_MOST_LOOKED_FOR] if decimals_of(offer.currency or "") > 0]
    if not any(known.is_in_cents(amount) for offer in looked_at for amount in (offer.amount, offer.low)):
        return list(offers)
    return [offer if offer.amount is not None and offer.amount % 1 else _divided(offer) for offer in offers]


def _divided(offer: FoundOffer) -> FoundOffer:
    """An offer in cents as one in whole units, with all amounts of it that are no fractions."""
    return replace(
        offer,
        amount=_of_cents(offer.amount),
        low=_of_cents(offer.low),
        high=_of_cents(offer.high),
        list_price=_of_cents(offer.list_price),
        amounts=tuple(replace(beside, amount=_of_cents(beside.amount) or beside.amount) for beside in offer.amounts),
    )


def _of_cents(amount: Decimal | None) -> Decimal | None:
    return amount if amount is None or amount % 1 else amount / 100


@dataclass(frozen=True)
class _Known:
    """Amounts that tell cents from whole units."""

    document: Document
    marked: frozenset[Decimal]
    """In the page's other data."""
    decimals: frozenset[Decimal]
    """Written with cents in the scripts themselves."""

    def is_in_cents(self, amount: Decimal | None) -> bool:
        if amount is None or amount in self.marked or amount % 1 or amount < _LEAST_CENTS:
            return False
        whole = amount / 100
        return whole in self.marked or whole in self.decimals or (not self.marked and _is_written(whole, self.document))


def _is_written(amount: Decimal, document: Document) -> bool:
    """Whether the page's source has this amount with its cents."""
    return any(f"{amount:.2f}".replace(".", mark).encode() in document.body for mark in ".,")


def _without_repeats(products: list[FoundProduct]) -> Iterator[FoundProduct]:
    """A page says the same of its product many times."""
    seen = set()
    for product in products:
        told = (product.title, product.sku, frozenset((o.amount, o.sku) for o in product.offers), product.is_listed)
        if told not in seen:
            seen.add(told)
            yield product
