"""The quick reading of a plain row: one in which all is said, as in nearly all of them, and nothing contradicts itself.

It gives what the careful reading (`itineraries.read_row`) gives, in a third of the time. Of any other row it gives nothing, for
only the careful one knows what of it to keep and what to say. What stands where is told there, in `ways`, `legs` and `fares`.
"""

from datetime import timedelta

from pricewatch_pipeline.domain.flights import Itinerary, Layover, Leg, Section
from pricewatch_pipeline.providers.google_flights.fares import read_plain_fare
from pricewatch_pipeline.providers.google_flights.itineraries import bags, booking_token, instants
from pricewatch_pipeline.providers.google_flights.legs import LONGEST_MINUTES
from pricewatch_pipeline.providers.google_flights.payload import Json, Unread
from pricewatch_pipeline.providers.google_flights.ways import (
    EMISSIONS_ROUNDED,
    MOST_LEGS,
    KnownLegs,
    are_apart,
    read_known,
)

_MINUTE = timedelta(minutes=1)
_NOT_PLAIN = Unread("not a plain row")


def read_plain(row: Json, section: Section, known: KnownLegs) -> Itinerary | None:
    """The itinerary of a plain row; None of any other. `known` is kept for all rows of an answer."""
    try:
        return _itinerary(row, section, known)
    except (LookupError, TypeError, ValueError):  # nothing, or something else, stands where a fact should be
        return None


def _itinerary(row: list[Json], section: Section, known: KnownLegs) -> Itinerary:
    facts = row[0]
    if type(row) is not list or type(facts) is not list:
        raise _NOT_PLAIN
    legs = _legs(facts, known)
    first, last = legs[0], legs[-1]
    minutes, grams, numbers, airlines = _said_by(legs)
    layovers = _layovers(facts[13], legs) if len(legs) > 1 else ()
    for layover in layovers:
        minutes += layover.duration_minutes or 0
    if type(facts[9]) is not int or facts[9] != minutes or minutes > LONGEST_MINUTES or facts[1] != airlines:
        raise _NOT_PLAIN
    departs_at, arrives_at = instants(first.departs_local, first.origin, last.arrives_local, last.destination, minutes)
    price, currency = read_plain_fare(row[1], "|".join(numbers))
    emissions_g, typical_emissions_g = _emissions(facts[22], grams)
    carry_on_bags, checked_bags = bags(row[4], row[5])
    return Itinerary(  # in the order of its fields: their names would take as long as all of this
        section,
        price,
        currency,
        tuple(airlines),
        tuple(numbers),
        first.origin,
        last.destination,
        first.departs_local,
        last.arrives_local,
        departs_at,
        arrives_at,
        minutes,
        len(legs) - 1,
        layovers,
        legs,
        emissions_g,
        typical_emissions_g,
        carry_on_bags,
        checked_bags,
        booking_token(row[8]),
    )


def _legs(facts: list[Json], known: KnownLegs) -> tuple[Leg, ...]:
    """The flights: they begin and end where and when the row does."""
    listed = facts[2]
    first, last = listed[0], listed[-1]
    if not (
        type(listed) is list
        and len(listed) <= MOST_LEGS
        and facts[3] == first[3]
        and facts[4] == first[20]
        and facts[5] == first[8]
        and facts[6] == last[6]
        and facts[7] == last[21]
        and facts[8] == last[10]
    ):
        raise _NOT_PLAIN
    return tuple([read_known(leg, known) for leg in listed])


def _said_by(legs: tuple[Leg, ...]) -> tuple[int, int, list[str], list[str]]:
    """Minutes and grams of all flights together, their numbers, and the airlines, each once."""
    minutes = grams = 0
    numbers: list[str] = []
    airlines: list[str] = []
    for leg in legs:
        number, name, duration, emissions = leg.number, leg.airline_name, leg.duration_minutes, leg.emissions_g
        if number is None or name is None or duration is None or emissions is None:
            raise _NOT_PLAIN
        minutes += duration
        grams += emissions
        numbers.append(number)
        if name not in airlines:
            airlines.append(name)
    return minutes, grams, numbers, airlines


def _layovers(waits: list[Json], legs: tuple[Leg, ...]) -> tuple[Layover, ...]:
    """A wait between every two flights: at one airport, from the arrival to the departure."""
    layovers = []
    if len(waits) != len(legs) - 1:
        raise _NOT_PLAIN
    before = legs[0]
    for wait, after in zip(waits, legs[1:], strict=True):
        airport, minutes, arrives, departs = before.destination, wait[0], before.arrives_local, after.departs_local
        if not (
            airport == wait[1] == wait[2] == after.origin
            and type(minutes) is int
            and 0 <= minutes <= LONGEST_MINUTES
            and arrives is not None
            and departs is not None
            and departs - arrives == minutes * _MINUTE
        ):
            raise _NOT_PLAIN
        layovers.append(Layover(airport, airport, minutes))
        before = after
    return tuple(layovers)


def _emissions(values: list[Json], grams: int) -> tuple[int, int]:
    """Of the row and what is typical for it: as far apart as the percentage says, and the sum of the flights'."""
    own, typical = values[7], values[8]
    if not (
        type(values) is list
        and type(own) is type(typical) is int
        and own > 0 < typical
        and abs(grams - own) <= EMISSIONS_ROUNDED
        and are_apart(own, typical, values[3])
    ):
        raise _NOT_PLAIN
    return own, typical
