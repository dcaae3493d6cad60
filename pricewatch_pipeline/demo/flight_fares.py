"""What the demo's flight search knows: which flights there are between two airports, and what they cost at an instant.

All of it is a pure function of the trip and of the clock. Distances, times and zones are those of the real airports.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from math import asin, cos, pi, radians, sin, sqrt
from zoneinfo import ZoneInfo

import airportsdata

from pricewatch_pipeline.domain.flights import FareLevel
from pricewatch_pipeline.domain.schedule import stable_hash

RATES = {"USD": 1.0, "EUR": 0.9, "GBP": 0.8, "CHF": 0.9, "CAD": 1.4, "PLN": 4.0, "JPY": 150.0}
"""What a dollar is in each currency of the site; any other is answered in dollars."""
CITIES = {"/m/04jpl": ("LHR", "LGW"), "/m/02_286": ("JFK", "EWR"), "/m/05qtj": ("CDG", "ORY"), "/m/0156q": ("BER",)}
"""Airports by the id of their city."""
CABINS = ("economy", "premium_economy", "business", "first")
_CABIN_FACTORS = dict(zip(CABINS, (1.0, 1.7, 3.4, 5.2), strict=True))
_RETURN_FACTOR = 1.8
_STEPS_PER_SWING = 10
_SWING = 0.24
_MOST_STAYED_H = 5
_HUBS = {
    ("BA", "British Airways"): "LHR",
    ("VS", "Virgin Atlantic"): "LHR",
    ("EI", "Aer Lingus"): "DUB",
    ("AF", "Air France"): "CDG",
    ("KL", "KLM"): "AMS",
    ("LH", "Lufthansa"): "FRA",
    ("LX", "SWISS"): "ZRH",
    ("IB", "Iberia"): "MAD",
    ("TP", "TAP Air Portugal"): "LIS",
    ("FI", "Icelandair"): "KEF",
    ("LO", "LOT"): "WAW",
    ("TK", "Turkish Airlines"): "IST",
    ("QR", "Qatar Airways"): "DOH",
    ("EK", "Emirates"): "DXB",
    ("DL", "Delta"): "JFK",
    ("B6", "JetBlue"): "JFK",
    ("UA", "United"): "EWR",
    ("AA", "American"): "ORD",
    ("AC", "Air Canada"): "YYZ",
    ("AS", "Alaska"): "SEA",
    ("NH", "ANA"): "HND",
    ("SQ", "Singapore Airlines"): "SIN",
    ("QF", "Qantas"): "SYD",
}
_AIRCRAFT = ("Airbus A320neo", "Boeing 737", "Airbus A350", "Boeing 777", "Boeing 787")


@dataclass(frozen=True, kw_only=True)
class Airport:
    """A real airport."""

    code: str
    name: str
    city: str
    country: str
    latitude: float
    longitude: float
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Trip:
    """What was asked for. Places are IATA codes or ids of cities."""

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    departs_on: date
    returns_on: date | None = None
    cabin: str = "economy"
    travellers: int = 1
    max_stops: int | None = None

    @property
    def origin(self) -> str:
        return "+".join(self.origins)

    @property
    def destination(self) -> str:
        return "+".join(self.destinations)


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One flight."""

    airline: str
    airline_name: str
    number: str
    origin: Airport
    destination: Airport
    departs_at: datetime
    """In the zone of its airport, as all times here."""
    arrives_at: datetime
    aircraft: str
    emissions_g: int


@dataclass(frozen=True, kw_only=True)
class Flight:
    """A way out, with its price in whole units; None where none is shown."""

    hops: tuple[Hop, ...]
    price: int | None = None

    @property
    def duration(self) -> timedelta:
        return self.hops[-1].arrives_at.astimezone(UTC) - self.hops[0].departs_at.astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Usual:
    """How the lowest fare stands against what the trip usually costs."""

    lowest: int
    typical_low: int
    typical_high: int
    level: FareLevel


@cache
def airport(code: str) -> Airport | None:
    """A real airport by its IATA code."""
    found = _airports().get(code)
    if found is None:
        return None
    return Airport(
        code=code,
        name=found["name"],
        city=found["city"],
        country=found["country"],
        latitude=found["lat"],
        longitude=found["lon"],
        zone=ZoneInfo(found["tz"]),
    )


def flights_for(trip: Trip, step: int, currency: str, *, is_priceless: bool = False) -> tuple[Flight, ...]:
    """Six to twelve ways out with their prices, the cheapest first; none between places that nobody flies."""
    found = [
        flight
        for origin in _codes(trip.origins)
        for destination in _codes(trip.destinations)
        for flight in _flights_between(origin, destination, trip.departs_on)
        if trip.max_stops is None or len(flight.hops) - 1 <= trip.max_stops
    ]
    if not found:
        return ()
    lowest = lowest_fare(trip, step, currency)
    found.sort(key=lambda flight: _rank(flight, trip))
    most = 6 + stable_hash("rows", trip.origin, trip.destination) % 7
    dearer = [0.0, *(0.02 + 0.11 * place + _share("dearer", trip.origin, str(place)) / 20 for place in range(most))]
    priced = (
        replace(flight, price=round(lowest * (1 + more))) for flight, more in zip(found[:most], dearer, strict=False)
    )
    return tuple(
        replace(flight, price=None) if is_priceless or _hides_price(trip, place) else flight
        for place, flight in enumerate(priced)
    )


def lowest_fare(trip: Trip, step: int, currency: str) -> int:
    """The lowest price of the trip: its usual one with what the day of departure and the clock do to it."""
    swing = 1 + _SWING * sin(2 * pi * (step / _STEPS_PER_SWING + _share("phase", trip.origin, trip.destination)))
    return round(_usual(trip) * swing * RATES.get(currency, 1.0))


def usual_fare(trip: Trip, step: int, currency: str) -> Usual:
    """How the lowest fare stands."""
    usual = _usual(trip) * RATES.get(currency, 1.0)
    low, high = round(usual * 0.85), round(usual * 1.15)
    lowest = lowest_fare(trip, step, currency)
    level = FareLevel.LOW if lowest < low else FareLevel.HIGH if lowest > high else FareLevel.TYPICAL
    return Usual(lowest=lowest, typical_low=low, typical_high=high, level=level)


def usual_emissions(origin: Airport, destination: Airport) -> int:
    """Grams of a passenger on the way that most take."""
    return round(_distance_km(origin, destination) * 85 + 20_000)


def _usual(trip: Trip) -> float:
    """In dollars; never below ten."""
    pairs = [(a, b) for a in _codes(trip.origins) for b in _codes(trip.destinations)]
    distance = min((_distance_km(_known(a), _known(b)) for a, b in pairs), default=1000.0)
    weekday = 1 + 0.08 * (trip.departs_on.weekday() in (4, 5, 6))
    season = 1 + 0.15 * sin(2 * pi * (trip.departs_on.timetuple().tm_yday - 110) / 365)
    noise = 0.94 + 0.12 * _share("day", trip.origin, trip.destination, trip.departs_on.isoformat())
    ways = 1.0 if trip.returns_on is None else _RETURN_FACTOR + _share("back", trip.returns_on.isoformat()) / 10
    fare = (40 + distance * 0.06) * weekday * season * noise * ways
    return max(10.0, fare * _CABIN_FACTORS[trip.cabin] * trip.travellers)


def _hides_price(trip: Trip, place: int) -> bool:
    """In the premium cabins, every third row has no price."""
    return trip.cabin in ("business", "first") and place % 3 == 2


def _rank(flight: Flight, trip: Trip) -> tuple[int, str]:
    """Which is the cheapest has nothing to do with which is the best."""
    numbers = ",".join(hop.number for hop in flight.hops)
    return stable_hash("rank", numbers, trip.origin, trip.destination) % 1000, numbers


@cache
def _flights_between(origin_code: str, destination_code: str, departs_on: date) -> tuple[Flight, ...]:
    origin, destination = airport(origin_code), airport(destination_code)
    if origin is None or destination is None or origin == destination:
        return ()
    direct = _distance_km(origin, destination)
    ways = []
    for (code, name), hub_code in _HUBS.items():
        hub = _known(hub_code)
        detour = 0.0 if hub in (origin, destination) else _distance_km(origin, hub) + _distance_km(hub, destination)
        ways.append((detour / max(direct, 1.0), code, name, hub))
    ways.sort(key=lambda way: (way[0], way[1]))
    flights: list[Flight] = []
    for detour, code, name, hub in ways[:8]:
        stops = (origin, destination) if detour == 0 else (origin, hub, destination)
        times = 3 if detour == 0 else 1
        flights.extend(_flight(code, name, stops, departs_on, turn) for turn in range(times))
    return tuple(flights)


def _flight(airline: str, name: str, stops: tuple[Airport, ...], departs_on: date, turn: int) -> Flight:
    seed = (airline, *(stop.code for stop in stops), str(turn))
    minute = 5 * 60 + (stable_hash("departs", *seed) % 200 + turn * 60) * 5 % (18 * 60)
    ready = datetime(departs_on.year, departs_on.month, departs_on.day, minute // 60, minute % 60, tzinfo=stops[0].zone)
    hops = []
    for leg, (origin, destination) in enumerate(pairwise(stops)):
        number = f"{airline}{100 + stable_hash('number', *seed, str(leg)) % 1800}"
        hop = _hop(airline, name, number, origin, destination, ready.astimezone(origin.zone))
        hops.append(hop)
        stay = timedelta(minutes=45 + stable_hash("stay", *seed) % (_MOST_STAYED_H * 12) * 5)
        ready = (hop.arrives_at.astimezone(UTC) + stay).astimezone(destination.zone)
    return Flight(hops=tuple(hops))


def _hop(airline: str, name: str, number: str, origin: Airport, destination: Airport, departs_at: datetime) -> Hop:
    distance = _distance_km(origin, destination)
    flown = timedelta(minutes=5 * round((35 + distance / 14) / 5))
    return Hop(
        airline=airline,
        airline_name=name,
        number=number,
        origin=origin,
        destination=destination,
        departs_at=departs_at,
        arrives_at=(departs_at.astimezone(UTC) + flown).astimezone(destination.zone),
        aircraft=_AIRCRAFT[min(int(distance / 2500), 4)],
        emissions_g=round(distance * 75 + 20_000),
    )


def _codes(places: tuple[str, ...]) -> list[str]:
    """The airports of places, without those that nobody knows."""
    return [code for place in places for code in CITIES.get(place, (place,)) if airport(code) is not None]


def _known(code: str) -> Airport:
    found = airport(code)
    if found is None:
        raise LookupError(code)
    return found


def _distance_km(a: Airport, b: Airport) -> float:
    """Along a great circle."""
    first, second = radians(a.latitude), radians(b.latitude)
    height, width = second - first, radians(b.longitude - a.longitude)
    return 12_742 * asin(sqrt(sin(height / 2) ** 2 + cos(first) * cos(second) * sin(width / 2) ** 2))


def _share(*what: str) -> float:
    """From 0 to 1, always the same for the same words."""
    return stable_hash(*what) % 10_000 / 10_000


@cache
def _airports() -> dict[str, airportsdata.Airport]:
    return airportsdata.load("IATA")
