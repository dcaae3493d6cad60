"""Rows of a results page: array positions -> itineraries. Every position is checked before it is believed.

What is said twice is compared: the ends of a row with its first and last flight, waits with the times around them, the whole
duration with its parts, the price with its token, emissions with their percentage. What contradicts itself is not given.
A row is an array: [0] the flights, [1] the price, [4] and [5] bags, [8] the token for booking.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from pricewatch_pipeline.domain.flights import Itinerary, Section
from pricewatch_pipeline.providers.google_flights.fares import Fare, read_fare
from pricewatch_pipeline.providers.google_flights.legs import item
from pricewatch_pipeline.providers.google_flights.payload import Json, Unread
from pricewatch_pipeline.providers.google_flights.places import zone_of
from pricewatch_pipeline.providers.google_flights.ways import KnownLegs, Way, read_way

_NO_FARE = read_fare(None)
_MOST_BAGS = 50
_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class ReadRow:
    """One row: its itinerary, or why there is none; and what is wrong with it."""

    itinerary: Itinerary | None
    flaw: str | None = None


def read_row(row: Json, section: Section, known: KnownLegs) -> ReadRow:
    """What a row says. `known` is kept for all rows of an answer."""
    if not isinstance(row, list) or len(row) < 2:
        return ReadRow(None, "no list where a row should be")
    try:
        way = read_way(row[0], known)
    except Unread as unread:
        return ReadRow(None, str(unread))
    try:
        return ReadRow(_itinerary(row, section, way, _fare_of(row, way)), way.flaw)
    except Unread as unread:
        return ReadRow(_itinerary(row, section, way, _NO_FARE), str(unread))


def _fare_of(row: list[Json], way: Way) -> Fare:
    fare = read_fare(row[1])
    flights = fare.token.flights
    if flights is not None and way.numbers and flights != "|".join(way.numbers):
        raise Unread("the price belongs to other flights ([1][1])")
    return fare


def _itinerary(row: list[Json], section: Section, way: Way, fare: Fare) -> Itinerary:
    origin, destination = way.legs[0].origin, way.legs[-1].destination
    departs_at, arrives_at = instants(way.departs, origin, way.arrives, destination, way.duration)
    carry_on_bags, checked_bags = bags(item(row, 4), item(row, 5))
    return Itinerary(
        section=section,
        price=fare.price,
        currency=fare.token.currency,
        airlines=way.airlines,
        flight_numbers=way.numbers,
        origin=origin,
        destination=destination,
        departs_local=way.departs,
        arrives_local=way.arrives,
        departs_at=departs_at,
        arrives_at=arrives_at,
        duration_minutes=way.duration,
        stops=len(way.legs) - 1,
        layovers=way.layovers,
        legs=way.legs,
        emissions_g=way.emissions_g,
        typical_emissions_g=way.typical_emissions_g,
        carry_on_bags=carry_on_bags,
        checked_bags=checked_bags,
        booking_token=booking_token(item(row, 8)),
    )


def instants(
    departs: datetime | None,
    origin: str | None,
    arrives: datetime | None,
    destination: str | None,
    duration_minutes: int | None,
) -> tuple[datetime | None, datetime | None]:
    """Departure and arrival in UTC; not where the zones we know do not give the duration the page says."""
    departs_at, arrives_at = _instant(departs, origin), _instant(arrives, destination)
    if departs_at is None or arrives_at is None or duration_minutes is None:
        return departs_at, arrives_at
    is_meant = arrives_at - departs_at == duration_minutes * _MINUTE
    return (departs_at, arrives_at) if is_meant else (None, None)


@lru_cache(maxsize=4096)
def _instant(local: datetime | None, code: str | None) -> datetime | None:
    if local is None or code is None or (zone := zone_of(code)) is None:
        return None
    return local.replace(tzinfo=zone).astimezone(UTC)


def bags(facts: Json, icons: Json) -> tuple[int | None, int | None]:
    """Carry-on and checked bags that are included. Known only where both are: the page words no half of it.

    The facts end with `[checked, carry-on]`, and say before it whether a checked bag is included; the icons begin with
    whether a carry-on bag is not.
    """
    both = item(facts, 6) if isinstance(facts, list) else None
    if not (isinstance(both, list) and len(both) == 2 and isinstance(icons, list) and icons):
        return None, None
    checked, carry_on = both
    if type(checked) is not int or type(carry_on) is not int:
        return None, None
    if not (0 <= checked <= _MOST_BAGS and 0 <= carry_on <= _MOST_BAGS):
        return None, None
    if bool(facts[5]) is not (checked > 0) or bool(icons[0]) is not (carry_on == 0):
        return None, None
    return carry_on, checked


def booking_token(value: Json) -> str | None:
    """The token, out of the list of one text that it is written as."""
    if not isinstance(value, str) or len(value) < 5:
        return None
    if value.startswith('["') and value.endswith('"]'):
        return value[2:-2].replace("\\u003d", "=")
    return value
