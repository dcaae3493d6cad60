"""What was on offer at a check of a flight watch, and how far a batch of such is, as metadata of `flight_offers`."""

from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.metadata import amount, exact, plain, text_table
from pricewatch_pipeline.domain.materializations import CheapOffer, OffersEvent

FLIGHT_OFFERS = dg.AssetKey("flight_offers")
CHEAPEST_COLUMNS = (
    *("price", "trip", "departs", "arrives", "returns_on"),
    *("airlines", "flights", "stops", "duration", "meets_watch"),
)


def offers_metadata(offers: OffersEvent) -> dict[str, Any]:
    """How many itineraries, the lowest fare and what the page says of it, and the cheapest five."""
    metadata: dict[str, Any] = {
        "itineraries": offers.itineraries,
        "priced": offers.priced,
        "lowest_fare": amount(offers.price),
        "lowest_fare_exact": exact(offers.price, offers.currency),
        "currency": offers.currency,
        "price_indicator": offers.indicator,
        "typical_low": amount(offers.typical_low),
        "typical_high": amount(offers.typical_high),
        "combinations": offers.combinations,
        "combinations_asked": offers.asked if offers.combinations is not None else None,
        "combinations_failed": offers.failed,
        "cheapest": text_table(CHEAPEST_COLUMNS, map(_row, offers.cheapest)),
    }
    return {name: value for name, value in metadata.items() if value is not None}


def _row(offer: CheapOffer) -> dict[str, Any]:
    minutes = offer.duration_minutes
    return {
        "price": exact(offer.price, offer.currency),
        "trip": f"{plain(offer.origin)}-{plain(offer.destination)}",
        "departs": f"{offer.departs_local:%Y-%m-%d %H:%M}" if offer.departs_local else "",
        "arrives": f"{offer.arrives_local:%Y-%m-%d %H:%M}" if offer.arrives_local else "",
        "returns_on": offer.returns_on,
        "airlines": ", ".join(offer.airlines),
        "flights": ", ".join(offer.flight_numbers),
        "stops": offer.stops,
        "duration": f"{minutes // 60} h {minutes % 60:02} min" if minutes is not None else "",
        "meets_watch": "yes" if offer.meets_query else "no",
    }
