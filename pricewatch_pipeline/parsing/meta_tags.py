"""Product meta tags: OpenGraph (`og:price:amount`), its product vocabulary (`product:price:amount`), Twitter's labels."""

from collections.abc import Iterator
from decimal import Decimal

from pricewatch_pipeline.domain.offers import Availability, PriceRole
from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import find_currencies, iso_code
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings, FoundAmount, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.price_text import read_amount, read_price

_SALE = ("product:sale_price:amount", "product:sale_price", "og:sale_price:amount", "og:price:sale_amount")
_PRICES = ("product:price:amount", "og:price:amount", "product:price", "og:price")
_LIST = (
    "product:original_price:amount",
    "product:original_price",
    "product:regular_price:amount",
    "og:price:standard_amount",
    "product:price:normal_price",
)
_BESIDE = {
    "product:pretax_price:amount": PriceRole.WITHOUT_TAX,
    "product:shipping_cost:amount": PriceRole.SHIPPING,
}
_CURRENCIES = (
    "product:sale_price:currency",
    "product:price:currency",
    "og:price:currency",
    "product:original_price:currency",
)
_AVAILABILITIES = ("product:availability", "og:availability", "og:product:availability")
_MOST_OFFERS = 200
_LONGEST_PRICE = 60


def read_meta_tags(document: Document, *, locale: str | None = None) -> Findings:
    """The product that a page's meta tags describe, if they do."""
    currency = iso_code(document.meta(*_CURRENCIES))
    availability = next(
        (a for name in _AVAILABILITIES for text in document.metas.get(name, ()) if (a := read_availability(text))), None
    )
    offers = tuple(_offers(document, currency, availability, locale)) or tuple(_labelled(document, locale))
    if (
        not offers
        and availability is None
        and document.meta("og:type") not in ("product", "og:product", "product.item")
    ):
        return Findings()
    product = FoundProduct(
        source="meta",
        place="meta",
        title=document.meta("og:title", "twitter:title"),
        brand=document.meta("product:brand", "og:brand"),
        sku=document.meta("product:retailer_item_id", "product:sku"),
        gtin=document.meta("product:ean", "product:gtin", "product:isbn", "product:upc"),
        mpn=document.meta("product:mfr_part_no"),
        image_url=document.absolute(document.meta("og:image", "twitter:image")),
        url=document.absolute(document.meta("og:url")),
        category=document.meta("product:category"),
        offers=offers or (FoundOffer(place="meta", availability=availability),),
    )
    return Findings(products=(product,))


def _offers(
    document: Document, currency: str | None, availability: Availability | None, locale: str | None
) -> Iterator[FoundOffer]:
    """An offer for each price tag, of the sale where there is one."""

    def amount(raw: str | None) -> Decimal | None:
        return read_amount(raw, currency=currency, locale=locale)

    is_sale = any(amount(raw) for name in _SALE for raw in document.metas.get(name, ()))
    listed = amount(document.meta(*_LIST)) or (amount(document.meta(*_PRICES)) if is_sale else None)
    beside = tuple(_beside(document, currency, locale))
    for name in _SALE if is_sale else _PRICES:
        raws = document.metas.get(name, [])[:_MOST_OFFERS]
        regular = None
        if _is_regular_and_sale(document, name, [amount(raw) for raw in raws]):
            regular, raws = amount(raws[0]), raws[1:]
        for raw in raws:
            yield FoundOffer(
                place=f"meta[{name}]",
                raw=raw,
                amount=amount(raw),
                currency=currency,
                list_price=listed or regular,
                amounts=beside,
                availability=availability,
            )


def _is_regular_and_sale(document: Document, name: str, amounts: list[Decimal | None]) -> bool:
    """Two amounts in one currency, the second below the first: what it was, then what it is."""
    currencies = document.metas.get(name.removesuffix(":amount") + ":currency", [])
    if len(amounts) != 2 or len(set(currencies)) > 1:
        return False
    was, now = amounts
    return was is not None and now is not None and 0 < now < was


def _beside(document: Document, currency: str | None, locale: str | None) -> Iterator[FoundAmount]:
    for name, role in _BESIDE.items():
        raw = document.meta(name)
        if raw and (amount := read_amount(raw, currency=currency, locale=locale)) is not None:
            yield FoundAmount(role=role, place=f"meta[{name}]", raw=raw, amount=amount, currency=currency)


def _labelled(document: Document, locale: str | None) -> Iterator[FoundOffer]:
    """`twitter:label1` and `twitter:data1`: a price is what is written with a currency."""
    found = availability = None
    for number in ("1", "2"):
        said = document.meta(f"twitter:data{number}")
        label = document.meta(f"twitter:label{number}")
        if said is None or label is None:
            continue
        availability = availability or read_availability(said)
        price = read_price(said, locale=locale)
        if found is None and price.amount and find_currencies(said[:_LONGEST_PRICE]):
            found = FoundOffer(
                place=f"meta[twitter:data{number}]", raw=said, amount=price.amount, currency=price.currency
            )
    if found is not None:
        yield FoundOffer(
            place=found.place,
            raw=found.raw,
            amount=found.amount,
            currency=found.currency,
            availability=availability,
        )
