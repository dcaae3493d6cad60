"""Itineraries and queries for tests of what is made of them: a way from London to New York and whatever a test says else."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.flights import FlightResults, Itinerary, Layover, Leg, Section
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.google_flights.query import FlightQuery

NINE = datetime(2027, 1, 15, 9)  # noqa: DTZ001 - by the clocks of the airport


def query(**fields: Any) -> FlightQuery:
    return FlightQuery(**{"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15", **fields})


def leg(airline: str = "BA", origin: str = "LHR", destination: str = "JFK") -> Leg:
    return Leg(
        airline=airline,
        airline_name=None,
        number=f"{airline}1",
        operator=None,
        origin=origin,
        destination=destination,
        departs_local=NINE,
        arrives_local=None,
        duration_minutes=None,
        aircraft=None,
        legroom=None,
        emissions_g=None,
    )


def layover(airport: str = "DUB", minutes: int | None = 60) -> Layover:
    return Layover(airport=airport, next_airport=airport, duration_minutes=minutes)


def itinerary(price: str | None = "400", **fields: Any) -> Itinerary:
    given = {
        "section": Section.BEST,
        "price": None if price is None else Decimal(price),
        "currency": "USD",
        "airlines": ("British Airways",),
        "flight_numbers": ("BA1",),
        "origin": "LHR",
        "destination": "JFK",
        "departs_local": NINE,
        "arrives_local": NINE + timedelta(hours=3),
        "duration_minutes": 480,
        "stops": 0,
        "legs": (leg(),),
    }
    return Itinerary(**{**given, **fields})


def results(*itineraries: Itinerary, **fields: Any) -> FlightResults:
    return FlightResults(**{"outcome": Outcome.OK, "currency": "USD", "itineraries": itineraries, **fields})
