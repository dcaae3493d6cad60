"""Reads saved answers of flight searches in bulk: the reader of a check, with files in place of the network."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

from pricewatch_pipeline.domain.flights import FlightResults, Itinerary, Leg
from pricewatch_pipeline.registry import google_flights
from pricewatch_pipeline.services.saved_files import FileProblem, json_line, saved_bytes

PARSED = (
    *("file", "outcome", "section", "price", "currency", "airlines", "flight_numbers", "origin", "destination"),
    *("departs_at", "arrives_at", "duration_minutes", "stops", "layovers", "emissions_g"),
    *("typical_emissions_g", "carry_on_bags", "checked_bags", "aircraft", "legs", "departs_utc", "arrives_utc"),
    *("departs_on", "returns_on", "price_indicator", "typical_low", "typical_high", "booking_token", "error"),
)

Read = Callable[[bytes], FlightResults]


@dataclass(kw_only=True)
class Parsed:
    """How many files had each outcome, and how many itineraries came of them."""

    outcomes: Counter[str] = field(default_factory=Counter)
    itineraries: int = 0


def parse_flights(files: Sequence[str], output: TextIO, on_progress: Callable[[], None] | None = None) -> Parsed:
    """Write one JSON object per itinerary; for a file without any, one with its outcome and why."""
    parsed = Parsed()
    read = google_flights().read
    for name in files:
        results = _read(name, read)
        parsed.outcomes[results.outcome.value] += 1
        parsed.itineraries += len(results.itineraries)
        output.writelines(json_line(line) for line in _lines(name, results))
        if on_progress:
            on_progress()
    return parsed


def _read(name: str, read: Read) -> FlightResults:
    """What a file says. One that cannot be read is a failed fetch."""
    body = saved_bytes(name)
    if isinstance(body, FileProblem):
        return FlightResults(outcome=body.outcome, error=body.error)
    return read(body)


def _lines(name: str, results: FlightResults) -> Iterator[dict[str, Any]]:
    insight = results.insight
    whole = dict.fromkeys(PARSED) | {
        "file": name,
        "outcome": results.outcome.value,
        "price_indicator": insight.level.value if insight.level else None,
        "typical_low": _plain(insight.typical_low),
        "typical_high": _plain(insight.typical_high),
        "error": results.error,
    }
    if not results.itineraries:
        yield whole
    for itinerary in results.itineraries:
        yield whole | _facts(itinerary)


def _facts(itinerary: Itinerary) -> dict[str, Any]:
    return {
        "section": itinerary.section.value,
        "price": _plain(itinerary.price),
        "currency": itinerary.currency,
        "airlines": itinerary.airlines,
        "flight_numbers": itinerary.flight_numbers,
        "origin": itinerary.origin,
        "destination": itinerary.destination,
        "departs_at": _minute(itinerary.departs_local),
        "arrives_at": _minute(itinerary.arrives_local),
        "duration_minutes": itinerary.duration_minutes,
        "stops": itinerary.stops,
        "layovers": [
            {
                "airport": layover.airport,
                "next_airport": layover.next_airport,
                "duration_minutes": layover.duration_minutes,
            }
            for layover in itinerary.layovers
        ],
        "emissions_g": itinerary.emissions_g,
        "typical_emissions_g": itinerary.typical_emissions_g,
        "carry_on_bags": itinerary.carry_on_bags,
        "checked_bags": itinerary.checked_bags,
        "aircraft": [leg.aircraft for leg in itinerary.legs],
        "legs": [_leg(leg) for leg in itinerary.legs],
        "departs_utc": _minute(itinerary.departs_at),
        "arrives_utc": _minute(itinerary.arrives_at),
        "departs_on": _day(itinerary.departs_on),
        "returns_on": _day(itinerary.returns_on),
        "booking_token": itinerary.booking_token,
    }


def _leg(leg: Leg) -> dict[str, Any]:
    return {
        "flight_number": leg.number,
        "airline": leg.airline,
        "airline_name": leg.airline_name,
        "operator": leg.operator,
        "origin": leg.origin,
        "destination": leg.destination,
        "departs_at": _minute(leg.departs_local),
        "arrives_at": _minute(leg.arrives_local),
        "duration_minutes": leg.duration_minutes,
        "aircraft": leg.aircraft,
        "legroom": leg.legroom,
        "emissions_g": leg.emissions_g,
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _minute(instant: datetime | None) -> str | None:
    """`2027-01-15T09:05`; in UTC with its `+00:00`."""
    return None if instant is None else instant.isoformat(timespec="minutes")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
