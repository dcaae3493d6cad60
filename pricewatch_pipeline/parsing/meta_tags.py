"""Product meta tags: OpenGraph (`og:price:amount`) and its product vocabulary (`product:price:amount`)."""

from pricewatch_pipeline.parsing.availability import read_availability
from pricewatch_pipeline.parsing.currencies import iso_code
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import Findings, FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.price_text import read_amount

_SALE = ("product:sale_price:amount",)
_PRICES = ("product:price:amount", "og:price:amount", "product:price", "og:price")
_LIST = ("product:original_price:amount", "og:price:standard_amount", "product:price:normal_price")
_CURRENCIES = (
    "product:sale_price:currency",
    "product:price:currency",
    "og:price:currency",
    "product:original_price:currency",
)
_AVAILABILITIES = ("product:availability", "og:availability", "og:product:availability")


def read_meta_tags(document: Document, *, locale: str | None = None) -> Findings:
    """The product that a page's meta tags describe, if they do."""
    currency = iso_code(document.meta(*_CURRENCIES))
    availability = next(
        (a for name in _AVAILABILITIES for text in document.metas.get(name, ()) if (a := read_availability(text))), None
    )
    offers = [
        FoundOffer(
            place=f"meta[{name}]",
            raw=raw,
            amount=read_amount(raw, currency=currency, locale=locale),
            currency=currency,
            list_price=read_amount(document.meta(*_LIST), currency=currency, locale=locale),
            availability=availability,
        )
        for name in (_SALE if any(n in document.metas for n in _SALE) else _PRICES)
        for raw in document.metas.get(name, ())[:200]
    ]
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
        offers=tuple(offers) or (FoundOffer(place="meta", availability=availability),),
    )
    return Findings(products=(product,))
