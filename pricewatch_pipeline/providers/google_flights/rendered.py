"""Pages that have no data but the list as it is drawn: read from the labels for screen readers. English labels only.

A label says: "From 287 US dollars round trip total. Nonstop flight with JetBlue. Leaves John F. Kennedy International Airport at
10:10 PM on Friday, August 8 and arrives at ... Total duration 6 hr 14 min. ...". The year and the codes of airports are not in
it: they come from the address on emissions that follows (`itinerary=JFK-LAX-B6-923-20250808`); without it they stay null.
"""

import html
import re
from calendar import month_name
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_name

from pricewatch_pipeline.domain.flights import Itinerary, Layover, Leg, Section
from pricewatch_pipeline.parsing.currencies import iso_codes
from pricewatch_pipeline.providers.google_flights.itineraries import instants

_ARRIVES = b" and arrives at "
_CARRIED = b" flight with "
_LABEL = b'aria-label="'
_LONGEST_LABEL = 3_000
_MOST_LABELS = 5_000
_WHEN = r"(\d{1,2}):(\d\d) ([AP])M on [A-Z][a-z]+, ([A-Z][a-z]+) (\d{1,2})"
_ENDS = re.compile(rf"Leaves .{{1,150}}? at {_WHEN} and arrives at .{{1,150}}? at {_WHEN}\.")
_FARE = re.compile(r"From ([\d,]+(?:\.\d{1,3})?) ([^.\d]{3,60}?)(?: round trip total)?\.")
_AIRLINES = re.compile(r"(?:Nonstop|(\d+) stops?) flight with (.{1,200}?)\. (?:Operated by|Leaves) ")
_TOTAL = re.compile(r"Total duration ([^.]{1,30})\.")
_WAIT = re.compile(r"Layover \(\d+ of \d+\) is an? ([^.]{1,30}?) (?:overnight )?layover ")
_SPAN = re.compile(r"(?:(\d+) hr)? ?(?:(\d+) min)?")
_BAGS = re.compile(r"(\d+) carry-on bags? included\. (\d+) checked bags? included\.")
_FLIGHTS = re.compile(rb"[?&;]itinerary=([0-9A-Z,-]{10,300})")
_FLIGHT = re.compile(r"([A-Z]{3})-([A-Z]{3})-([0-9A-Z]{2})-(\d{1,5})-(\d{4})(\d\d)(\d\d)", re.ASCII)
_EMISSIONS = re.compile(rb'data-co2currentflight="(\d{1,9})" data-co2typical="(\d{1,9})"')
_HEADING = re.compile(rb"<h3[^>]*>([^<]*)")
_MONTHS = {name: number for number, name in enumerate(month_name) if name}


@dataclass(frozen=True, slots=True)
class _Flight:
    """One flight of the address on emissions."""

    origin: str
    destination: str
    airline: str
    number: str
    day: date


def read_rendered(body: bytes) -> tuple[Itinerary, ...]:
    """The itineraries of a drawn list, each once; none where there is no such list in English."""
    spots = _labels(body)
    found: dict[tuple[str, bytes], Itinerary] = {}
    heading, looked = -1, 0
    for number, (start, end) in enumerate(spots):
        # What is above the label before was looked through for that one.
        heading, looked = max(heading, body.rfind(b"<h3", looked, start)), start
        label = " ".join(html.unescape(body[start:end].decode("utf-8", errors="replace")).split())
        rest = body[end : spots[number + 1][0] if number + 1 < len(spots) else end + 60_000]
        itinerary = _itinerary(label, rest, _section(body, heading))
        flights = _FLIGHTS.search(rest)
        if itinerary is not None:
            found.setdefault((label, flights[1] if flights else b""), itinerary)
    return tuple(found.values())


def _labels(body: bytes) -> list[tuple[int, int]]:
    """Where the labels stand that tell of a flight."""
    spots: list[tuple[int, int]] = []
    at = body.find(_ARRIVES)
    for _ in range(_MOST_LABELS):
        if at < 0:
            break
        opens = body.rfind(b'"', max(0, at - _LONGEST_LABEL), at)
        closes = body.find(b'"', at, at + _LONGEST_LABEL)
        is_label = closes >= 0 and opens >= len(_LABEL) and body.startswith(_LABEL, opens + 1 - len(_LABEL))
        if is_label and body.find(_CARRIED, opens, at) >= 0:
            spots.append((opens + 1, closes))
        at = body.find(_ARRIVES, at + 1)
    return spots


def _section(body: bytes, opens: int) -> Section:
    """By the heading above, which opens there: what is not headed as the best is in the list of the others."""
    heading = _HEADING.match(body, opens) if opens >= 0 else None
    is_best = heading is not None and heading[1].lstrip().startswith((b"Top", b"Best"))
    return Section.BEST if is_best else Section.OTHER


def _itinerary(label: str, rest: bytes, section: Section) -> Itinerary | None:
    ends, carriers = _ENDS.search(label), _AIRLINES.search(label)
    if ends is None or carriers is None:
        return None
    stops = int(carriers[1] or 0)
    waits = [_minutes(text) for text in _WAIT.findall(label)]
    total = _TOTAL.search(label)
    flights = _flights(rest, ends, stops)
    departs, arrives = _times(ends, flights[0].day.year) if flights else (None, None)
    origin, destination = (flights[0].origin, flights[-1].destination) if flights else (None, None)
    duration = _minutes(total[1]) if total else None
    departs_at, arrives_at = instants(departs, origin, arrives, destination, duration)
    airlines = tuple(re.split(r", and |, | and ", carriers[2]))
    bags = _BAGS.search(label)
    price, currency = _fare(label)
    emissions_g, typical_emissions_g = _emissions(rest)
    return Itinerary(
        section=section,
        price=price,
        currency=currency,
        airlines=airlines,
        flight_numbers=tuple(flight.airline + flight.number for flight in flights),
        origin=origin,
        destination=destination,
        departs_local=departs,
        arrives_local=arrives,
        departs_at=departs_at,
        arrives_at=arrives_at,
        duration_minutes=duration,
        stops=stops,
        layovers=_layovers(flights, waits),
        legs=_legs(flights, departs, arrives, airlines),
        emissions_g=emissions_g,
        typical_emissions_g=typical_emissions_g,
        carry_on_bags=int(bags[1]) if bags else None,
        checked_bags=int(bags[2]) if bags else None,
    )


def _fare(label: str) -> tuple[Decimal | None, str | None]:
    """A price without a currency that is known is none: the words for it may have changed."""
    fare = _FARE.match(label)
    currency = _currencies().get(fare[2].lower()) if fare else None
    if fare is None or currency is None:
        return None, None
    price = Decimal(fare[1].replace(",", ""))
    return (price, currency) if price > 0 else (None, None)


@cache
def _currencies() -> dict[str, str]:
    """Codes by what English calls several of them: `us dollars`."""
    names = ((get_currency_name(code, count=count, locale="en"), code) for code in iso_codes() for count in (1, 2))
    return {name.lower(): code for name, code in names}


def _minutes(text: str) -> int | None:
    span = _SPAN.fullmatch(text.strip())
    return int(span[1] or 0) * 60 + int(span[2] or 0) if span and (span[1] or span[2]) else None


def _flights(rest: bytes, ends: re.Match[str], stops: int) -> list[_Flight]:
    """The flights of the address on emissions, where they are those of the label."""
    listed = _FLIGHTS.search(rest)
    found = [_FLIGHT.fullmatch(part) for part in listed[1].decode().split(",")] if listed else []
    if len(found) != stops + 1:
        return []
    flights = []
    for part in found:
        try:
            flights.append(
                _Flight(part[1], part[2], part[3], part[4], date(int(part[5]), int(part[6]), int(part[7])))
                if part
                else None
            )
        except ValueError:
            return []
    known = [flight for flight in flights if flight is not None]
    is_meant = len(known) == len(flights) and (known[0].day.month, known[0].day.day) == (
        _MONTHS.get(ends[4]),
        int(ends[5]),
    )
    return known if is_meant else []


def _times(ends: re.Match[str], year: int) -> tuple[datetime | None, datetime | None]:
    departs, arrives = _time(ends, 1, year), _time(ends, 6, year)
    if departs is not None and arrives is not None and arrives.month < departs.month:
        arrives = _time(ends, 6, year + 1)
    return departs, arrives


def _time(ends: re.Match[str], first: int, year: int) -> datetime | None:
    hour, minute, half, month, day = (ends[first + number] for number in range(5))
    try:
        number = _MONTHS[month]
        return datetime(year, number, int(day), int(hour) % 12 + 12 * (half == "P"), int(minute))  # noqa: DTZ001 - local
    except (KeyError, ValueError):
        return None


def _layovers(flights: list[_Flight], waits: list[int | None]) -> tuple[Layover, ...]:
    if len(waits) != len(flights) - 1:
        return ()
    return tuple(
        Layover(airport=before.destination, next_airport=after.origin, duration_minutes=wait)
        for before, after, wait in zip(flights, flights[1:], waits, strict=False)
    )


def _legs(
    flights: list[_Flight], departs: datetime | None, arrives: datetime | None, airlines: tuple[str, ...]
) -> tuple[Leg, ...]:
    """A label gives times of both ends only, and of whom the flights are only where all are of one."""
    last = len(flights) - 1
    return tuple(
        Leg(
            airline=flight.airline,
            airline_name=airlines[0] if len(airlines) == 1 else None,
            number=flight.airline + flight.number,
            operator=None,
            origin=flight.origin,
            destination=flight.destination,
            departs_local=departs if number == 0 else None,
            arrives_local=arrives if number == last else None,
            duration_minutes=None,
            aircraft=None,
            legroom=None,
            emissions_g=None,
        )
        for number, flight in enumerate(flights)
    )


def _emissions(rest: bytes) -> tuple[int | None, int | None]:
    found = _EMISSIONS.search(rest)
    return (int(found[1]) or None, int(found[2]) or None) if found else (None, None)
