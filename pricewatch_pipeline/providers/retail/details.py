"""What the product is: title, brand, article numbers, picture."""

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.parsing.labels import facts_of
from pricewatch_pipeline.providers.retail.identity import brand_in, gtin_in, mpn_in, sku_in
from pricewatch_pipeline.providers.retail.naming import title_in
from pricewatch_pipeline.providers.retail.seen import Seen, first


def described(seen: Seen) -> Offer:
    """What the product is, from the best source for each field; without price and availability."""
    document, own = seen.document, seen.own
    facts = facts_of(document.layout.lines)
    return Offer(
        title=title_in(seen),
        brand=brand_in(seen, facts),
        sku=own.sku or sku_in(seen, facts),
        gtin=gtin_in(seen, facts),
        mpn=mpn_in(seen, facts),
        image_url=document.absolute(own.image)
        or first(source.product.image_url for source in seen.sources)
        or document.absolute(document.meta("og:image")),
    )
