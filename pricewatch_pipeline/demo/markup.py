"""What the demo shops tell machines: JSON-LD, and meta tags. (Microdata is part of the page's own elements.)"""

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from pricewatch_pipeline.demo.catalogue import (
    Item,
    Shop,
    availability_at,
    items_of,
    list_price_at,
    price_at,
    true_price,
)
from pricewatch_pipeline.domain.offers import Availability

_META_AVAILABILITY = {
    Availability.IN_STOCK: "in stock",
    Availability.LIMITED_AVAILABILITY: "in stock",
    Availability.OUT_OF_STOCK: "out of stock",
    Availability.PRE_ORDER: "preorder",
}


def json_ld(shop: Shop, item: Item, variants: Sequence[Item], base_url: str, instant: datetime) -> str:
    """The page's script elements: a breadcrumb list and the product, or the group of its variants."""
    breadcrumbs = {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": shop.name, "item": base_url + "/"},
            {"@type": "ListItem", "position": 2, "name": item.title},
        ],
    }
    thing = _group(shop, variants, base_url, instant) if item.variant else _product(shop, item, base_url, instant)
    return "".join(_script(value) for value in (breadcrumbs, {"@context": "https://schema.org", **thing}))


def meta_tags(shop: Shop, item: Item, base_url: str, instant: datetime) -> str:
    """OpenGraph's and Facebook's product tags."""
    tags = {
        "og:type": "product",
        "og:site_name": shop.name,
        "og:title": item.title,
        "og:description": item.description,
        "og:url": base_url + item.path,
        "og:image": f"{base_url}/image/{item.slug}.svg",
        "product:brand": item.brand,
        "product:retailer_item_id": item.sku,
        "product:availability": _META_AVAILABILITY[availability_at(item, instant)],
        "product:price:amount": str(true_price(item, instant)),
        "product:price:currency": shop.currency,
    }
    return "".join(f'<meta property="{name}" content="{escape(content)}">\n' for name, content in tags.items())


def _product(shop: Shop, item: Item, base_url: str, instant: datetime) -> dict[str, Any]:
    product: dict[str, Any] = {
        "@type": "Product",
        "name": item.title if item.variant is None else f"{item.title}, {item.variant}",
        "description": item.description,
        "image": [f"{base_url}/image/{item.slug}.svg"],
        "sku": item.sku,
        "gtin13": item.gtin,
        "brand": {"@type": "Brand", "name": item.brand},
        "url": base_url + item.path,
    }
    if item.variant is None:
        # Before the offer on purpose: who takes the first price on the page takes a neighbour's.
        product["isRelatedTo"] = [
            {"@type": "Product", "name": other.title, "offers": _offer(shop, other, base_url, instant)}
            for other in items_of(shop.shop_id)
            if other != item
        ]
    return {**product, "offers": _offer(shop, item, base_url, instant)}


def _group(shop: Shop, variants: Sequence[Item], base_url: str, instant: datetime) -> dict[str, Any]:
    first = variants[0]
    return {
        "@type": "ProductGroup",
        "name": first.title,
        "description": first.description,
        "productGroupID": first.slug,
        "brand": {"@type": "Brand", "name": first.brand},
        "url": f"{base_url}/p/{first.slug}",
        "hasVariant": [_product(shop, variant, base_url, instant) for variant in variants],
    }


def _offer(shop: Shop, item: Item, base_url: str, instant: datetime) -> dict[str, Any]:
    offer: dict[str, Any] = {
        "@type": "Offer",
        "url": base_url + item.path,
        "priceCurrency": shop.currency,
        "availability": f"https://schema.org/{availability_at(item, instant)}",
        "itemCondition": "https://schema.org/NewCondition",
        "seller": {"@type": "Organization", "name": shop.name},
    }
    if true_price(item, instant) is not None:
        offer["price"] = str(price_at(item, instant))
        if (list_price := list_price_at(item, instant)) is not None:
            offer["priceSpecification"] = {
                "@type": "UnitPriceSpecification",
                "priceType": "https://schema.org/StrikethroughPrice",
                "price": str(list_price),
                "priceCurrency": shop.currency,
            }
    return offer


def _script(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1).replace("<", "\\u003c")
    return f'<script type="application/ld+json">\n{text}\n</script>\n'
