"""The flights of a row, held against what the row says of them on the whole: what contradicts itself is not given.

The facts of a row are an array: [1] names of airlines, [2] the legs, [3] to [8] airport, day and time of both ends,
[9] minutes, [13] the waits between the legs ([0] minutes, [1] and [2] airports), [22] emissions.
"""

from dataclasses import dataclass
from datetime import datetime

from pricewatch_pipeline.domain.flights import Layover, Leg
from pricewatch_pipeline.providers.google_flights.legs import item, minutes, moment, positive, read_leg, text
from pricewatch_pipeline.providers.google_flights.payload import Json, Unread
from pricewatch_pipeline.providers.google_flights.places import zone_of

MOST_LEGS = 12
EMISSIONS_ROUNDED, _TENTHS_ROUNDED = 500, 6
"""Grams and tenths of a point that rounding may take from the sum of the legs, and from a percentage."""


KnownLegs = dict[str, tuple[list[Json], Leg]]
"""Legs that were read, by their number, with the array they were read from."""


@dataclass(slots=True)
class Way:
    """The flights of a row, one after the other."""

    airlines: tuple[str, ...]
    legs: tuple[Leg, ...]
    layovers: tuple[Layover, ...]
    departs: datetime | None
    arrives: datetime | None
    duration: int | None
    numbers: tuple[str, ...]
    """Of all legs, or none."""
    emissions_g: int | None
    typical_emissions_g: int | None
    flaw: str | None
    """What of it contradicts itself, in words."""


def read_way(facts: Json, known: KnownLegs) -> Way:
    """What the facts of a row say. A flight that other rows have too is read once.

    Raises:
        Unread: there are no legs, they do not join, or something else stands where a fact should be.
    """
    if not isinstance(facts, list) or len(facts) < 10:
        raise Unread("no list of facts where a row should have it ([0])")
    listed = facts[2]
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_LEGS:
        raise Unread("no list of flights ([0][2])")
    legs = [read_known(leg, known) for leg in listed]
    if facts[3] not in (None, legs[0].origin) or facts[6] not in (None, legs[-1].destination):
        raise Unread("a row and its flights do not begin and end at the same airports ([0][3], [0][6])")
    flaws: list[str] = []
    departs, arrives = _ends(facts, legs, flaws)
    layovers = _layovers(item(facts, 13), legs, flaws)
    duration = _duration(minutes(facts[9], "[0][9]"), legs, layovers, flaws)
    emissions_g, typical_emissions_g = _emissions(item(facts, 22), legs)
    numbers = tuple([leg.number for leg in legs if leg.number])
    return Way(
        airlines=_airlines(facts[1], legs),
        legs=tuple(legs),
        layovers=tuple(layovers),
        departs=departs,
        arrives=arrives,
        duration=duration,
        numbers=numbers if len(numbers) == len(legs) else (),
        emissions_g=emissions_g,
        typical_emissions_g=typical_emissions_g,
        flaw=flaws[0] if flaws else None,
    )


def read_known(values: Json, known: KnownLegs) -> Leg:
    """A flight, which is read once of all the rows that have it.

    Raises:
        Unread: as `read_leg`.
    """
    flight = values[22] if isinstance(values, list) and len(values) > 22 else None
    number = flight[1] if isinstance(flight, list) and len(flight) > 1 else None
    if not isinstance(number, str):
        return read_leg(values)
    again = known.get(number)
    if again is not None and again[0] == values:
        return again[1]
    leg = read_leg(values)
    known[number] = (values, leg)
    return leg


def _airlines(names: Json, legs: list[Leg]) -> tuple[str, ...]:
    """Said by the row and by its legs; none where the two differ."""
    of_legs = list(dict.fromkeys([leg.airline_name for leg in legs if leg.airline_name]))
    if names == of_legs or not isinstance(names, list):
        return tuple(of_legs)
    are_names = all(text(name) for name in names) and not all(leg.airline_name for leg in legs)
    return tuple(names) if are_names else ()


def _ends(facts: list[Json], legs: list[Leg], flaws: list[str]) -> tuple[datetime | None, datetime | None]:
    """When it begins and ends: said by the row and by its first and last flight."""
    first, last = facts[2][0], facts[2][-1]
    departs, arrives = legs[0].departs_local, legs[-1].arrives_local
    if facts[4] != first[20] or facts[5] != first[8]:
        departs = _end(moment(facts[4], facts[5]), departs)
        if departs is None:
            flaws.append("a row and its first flight do not depart at the same time ([0][5])")
            legs[0] = legs[0]._replace(departs_local=None)
    if facts[7] != last[21] or facts[8] != last[10]:
        arrives = _end(moment(facts[7], facts[8]), arrives)
        if arrives is None:
            flaws.append("a row and its last flight do not arrive at the same time ([0][8])")
            legs[-1] = legs[-1]._replace(arrives_local=None)
    return departs, arrives


def _end(of_row: datetime | None, of_leg: datetime | None) -> datetime | None:
    """A time said twice, or once; None where the two differ."""
    if of_row is None or of_leg is None:
        return of_row or of_leg
    return of_row if of_row == of_leg else None


def _layovers(waits: Json, legs: list[Leg], flaws: list[str]) -> list[Layover]:
    """The waits between the legs, held against the times around them."""
    if len(legs) == 1:
        return []
    if waits is not None and not (isinstance(waits, list) and len(waits) == len(legs) - 1):
        raise Unread("not a wait between every two flights ([0][13])")
    layovers = []
    for number in range(len(legs) - 1):
        before, after = legs[number], legs[number + 1]
        wait = _wait(waits[number] if waits is not None else None, before, after)
        gap = _gap(before, after)
        if gap is not None and gap != (gap if wait is None and gap >= 0 else wait):
            flaws.append("a wait does not fill the time between two flights ([0][13])")
            legs[number] = before._replace(arrives_local=None)
            legs[number + 1] = after._replace(departs_local=None)
            wait = gap = None
        layovers.append(
            Layover(
                airport=before.destination,
                next_airport=after.origin,
                duration_minutes=wait if wait is not None else gap,
            )
        )
    return layovers


def _wait(values: Json, before: Leg, after: Leg) -> int | None:
    """The minutes of a wait, which names the airports it lies between."""
    if values is None:
        if before.destination != after.origin:
            raise Unread("two flights do not join ([0][2])")
        return None
    if not isinstance(values, list) or len(values) < 3:
        raise Unread("no wait between two flights ([0][13])")
    if values[1] not in (None, before.destination) or values[2] not in (None, after.origin):
        raise Unread("a wait is not where its flights end and begin ([0][13])")
    return minutes(values[0], "[0][13][0]")


def _gap(before: Leg, after: Leg) -> int | None:
    """Minutes between two flights by their local times; None where they do not meet in one time zone."""
    arrives, departs = before.arrives_local, after.departs_local
    if arrives is None or departs is None:
        return None
    if before.destination != after.origin and zone_of(before.destination) is not zone_of(after.origin):
        return None
    gap = departs - arrives
    return gap.days * 1440 + gap.seconds // 60


def _duration(whole: int | None, legs: list[Leg], layovers: list[Layover], flaws: list[str]) -> int | None:
    """How long it takes, held against its parts."""
    parts = [leg.duration_minutes for leg in legs]
    parts += [layover.duration_minutes for layover in layovers]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return whole if whole is not None and whole >= sum(known) else None
    if whole is None or whole == sum(known):
        return sum(known)
    flaws.append("the whole duration is not the sum of its parts ([0][9])")
    legs[:] = [leg._replace(duration_minutes=None) for leg in legs]
    layovers[:] = [layover._replace(duration_minutes=None) for layover in layovers]
    return None


def _emissions(values: Json, legs: list[Leg]) -> tuple[int | None, int | None]:
    """Grams for the row ([7]) and what is typical for it ([8]), which must be as far apart as the percentage ([3]) says.

    Where every leg has emissions, their sum must be the row's, but for its rounding; else neither is believed.
    """
    values = values if isinstance(values, list) and len(values) > 8 else [None] * 9
    own, typical, percent = positive(values[7]), positive(values[8]), values[3]
    is_apart = own is not None and typical is not None and are_apart(own, typical, percent)
    parts = [leg.emissions_g for leg in legs if leg.emissions_g is not None]
    is_meant = is_apart
    if len(parts) == len(legs):
        is_meant = own is not None and abs(sum(parts) - own) <= EMISSIONS_ROUNDED
    if parts and not is_meant:
        legs[:] = [leg._replace(emissions_g=None) for leg in legs]
    return own if is_meant else None, typical if is_meant and is_apart else None


def are_apart(own: int, typical: int, percent: Json) -> bool:
    """Whether two figures above 0 are as far apart as a percentage says. By whole numbers, which may be of any size."""
    return type(percent) is int and 10 * abs(100 * own - (100 + percent) * typical) <= _TENTHS_ROUNDED * typical
