"""What the product is: title, brand, article numbers, picture."""

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.providers.retail.seen import Seen, first


def described(seen: Seen) -> Offer:
    """What the product is, from the best source for each field; without price and availability."""
    document, own = seen.document, seen.own
    products = [source.product for source in seen.sources]
    return Offer(
        title=own.title
        or first(p.title for p in products)
        or document.heading
        or document.meta("og:title")
        or document.title,
        brand=first(p.brand for p in products),
        sku=own.sku or first(p.sku for p in products),
        gtin=first(p.gtin for p in products),
        mpn=first(p.mpn for p in products),
        image_url=document.absolute(own.image)
        or first(p.image_url for p in products)
        or document.absolute(document.meta("og:image")),
    )
