"""Saved answers of flight searches, and what is in them."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricewatch_pipeline.domain.flights import Itinerary
from pricewatch_pipeline.providers.google_flights.payload import find_payloads

SAMPLES = Path(__file__).parent / "samples"
CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "google_flights"


def truth_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_name(f"{path.name}.truth.json").read_text(encoding="utf-8"))
    return found


def facts(itinerary: Itinerary) -> tuple[object, ...]:
    """What a truth says of a row."""
    departs, arrives = itinerary.departs_local, itinerary.arrives_local
    return (
        itinerary.section.value,
        itinerary.price,
        itinerary.airlines,
        itinerary.origin,
        itinerary.destination,
        departs and f"{departs:%Y-%m-%d %H:%M}",
        arrives and f"{arrives:%Y-%m-%d %H:%M}",
        itinerary.duration_minutes,
        itinerary.stops,
        tuple(f"{leg.number} {leg.origin}-{leg.destination}" for leg in itinerary.legs),
    )


def true_facts(truth: dict[str, Any]) -> Counter[tuple[object, ...]]:
    """The same of a truth. What its chunks list more than once (in both lists, at two fares) counts once, at the lower fare."""
    listed = [_true_fact(row) for row in truth.get("itineraries_from_ds1") or truth["itineraries"]]
    if len(truth.get("chunks", ())) < 2:
        return Counter(listed)
    lowest: dict[object, tuple[object, ...]] = {}
    for section, price, *rest in listed:
        known = lowest.get(tuple(rest), (section, price))
        known_price: Any = known[1]
        lower = min((known_price, price), key=lambda one: (one is None, one or 0))
        lowest[tuple(rest)] = ("best" if "best" in (known[0], section) else "other", lower)
    return Counter((*fare, *rest) for rest, fare in lowest.items() if isinstance(rest, tuple))


def _true_fact(row: dict[str, Any]) -> tuple[Any, ...]:
    price = None if row["price"] is None else Decimal(str(row["price"]))
    ends = (row["from_"], row["to"], row["depart"], row["arrive"], row["duration_min"], row["stops"])
    return row["section"], price, tuple(row["airlines"]), *ends, tuple(row["legs"])


def payload_of(name: str, rows: int) -> Any:
    """The data of a sample with so many rows of each list, for tests that change them."""
    data = find_payloads((SAMPLES / name).read_bytes()).values[-1]
    for position in (2, 3):
        if data[position]:
            data[position][0] = data[position][0][:rows]
    return data
