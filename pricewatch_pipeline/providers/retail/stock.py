"""Whether the product can be had."""

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.found import FoundOffer
from pricewatch_pipeline.providers.retail.seen import Seen, first


def availability_of(seen: Seen, chosen: FoundOffer | None) -> Availability | None:
    """As the store's strategies, then the chosen offer, then the product's other offers say; None: nothing says."""
    return seen.own.availability or first(offer.availability for offer in seen.offers(chosen))
