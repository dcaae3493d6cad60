"""Which itineraries of a page meet the query, why others do not, and which of them is the offer. Pure.

The site was asked for all of it and mostly obeys; this looks again. What the page does not say speaks against nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from pricewatch_pipeline.domain.flights import Itinerary
from pricewatch_pipeline.domain.offers import is_amount
from pricewatch_pipeline.providers.google_flights.places import is_city_id, zone_of
from pricewatch_pipeline.providers.google_flights.query import FlightQuery
from pricewatch_pipeline.providers.google_flights.values import ALLIANCES, minutes_written

_LAST_ON_EARTH = timezone(timedelta(hours=-12))
_MANY = 10**6


@dataclass(frozen=True, kw_only=True)
class Met:
    """An itinerary, and how it stands to the query."""

    number: int
    """The row of the page, from 1 on."""
    itinerary: Itinerary
    why_not: str | None
    """What it does not meet; None: it meets everything that the page tells of it."""

    @property
    def meets_query(self) -> bool:
        return self.why_not is None

    @property
    def has_price(self) -> bool:
        price = self.itinerary.price
        return price is not None and is_amount(price) and price > 0


def measured(itineraries: Iterable[Itinerary], query: FlightQuery) -> tuple[Met, ...]:
    """Every itinerary of a page, measured by the query."""
    return tuple(
        Met(number=number, itinerary=itinerary, why_not=why_not(itinerary, query))
        for number, itinerary in enumerate(itineraries, 1)
    )


def cheapest(rows: Sequence[Met], *, currency: str | None) -> tuple[Met, ...]:
    """The rows with a price that meet the query, the offer first; at one price fewer stops, then the shorter, then the
    earlier comes first. Amounts in another currency than the page's are not compared."""
    found = [row for row in rows if row.meets_query and row.has_price and row.itinerary.currency in (None, currency)]
    return tuple(sorted(found, key=_rank))


def _rank(row: Met) -> tuple[object, ...]:
    one = row.itinerary
    return (
        one.price,
        _MANY if one.stops is None else one.stops,
        _MANY if one.duration_minutes is None else one.duration_minutes,
        one.departs_local.isoformat() if one.departs_local else "~",
        row.number,
    )


def why_not(itinerary: Itinerary, query: FlightQuery) -> str | None:
    """What of the query an itinerary does not meet, in words; None: nothing that the page tells."""
    checks = (_places(itinerary, query), _day(itinerary, query), _stops(itinerary, query), _carriers(itinerary, query))
    return next((problem for problem in (*checks, _layovers(itinerary, query)) if problem), None)


def _places(itinerary: Itinerary, query: FlightQuery) -> str | None:
    for word, code, asked in (
        ("begins", itinerary.origin, query.origins),
        ("ends", itinerary.destination, query.destinations),
    ):
        # Which airports a city has, Google knows and we do not.
        if code and code not in asked and not any(is_city_id(place) for place in asked):
            return f"it {word} at {code}"
    return None


def _day(itinerary: Itinerary, query: FlightQuery) -> str | None:
    leaves = itinerary.departs_local
    return f"it leaves on {leaves:%Y-%m-%d}" if leaves and leaves.date() not in query.departs else None


def _stops(itinerary: Itinerary, query: FlightQuery) -> str | None:
    stops = itinerary.stops
    if query.max_stops is None or stops is None or stops <= query.max_stops:
        return None
    return f"it has {stops} stop{'' if stops == 1 else 's'}"


def _carriers(itinerary: Itinerary, query: FlightQuery) -> str | None:
    """Who is in an alliance, Google knows and we do not: where one is named, its word stands."""
    flown = [leg.airline for leg in itinerary.legs if leg.airline]
    asked = query.airlines or ()
    if flown and asked and not any(name in ALLIANCES for name in asked) and not any(code in asked for code in flown):
        return f"it is flown by {', '.join(dict.fromkeys(flown))}"
    unwanted = [code for code in flown if code in (query.without_airlines or ())]
    return f"it is flown by {unwanted[0]}" if unwanted else None


def _layovers(itinerary: Itinerary, query: FlightQuery) -> str | None:
    for stop in itinerary.layovers:
        if query.via and not {stop.airport, stop.next_airport} <= set(query.via):
            return f"it stops at {stop.airport}"
        minutes = stop.duration_minutes
        if minutes is None:
            continue
        longest = _MANY if query.max_layover is None else query.max_layover
        if not (query.min_layover or 0) <= minutes <= longest:
            return f"its layover at {stop.airport} takes {minutes_written(minutes)}"
    return None


def day_gone_by(query: FlightQuery, now: datetime) -> date | None:
    """The last day of departure, once it is over at every airport where the trip may begin; None before that.

    Where no clock is known, as for a city, a day is over when it is over everywhere on Earth.
    """
    last = query.departs[-1]
    clocks = [zone_of(place) or _LAST_ON_EARTH for place in query.origins]
    aware = now if now.tzinfo else now.replace(tzinfo=UTC)
    return last if all(aware.astimezone(clock).date() > last for clock in clocks) else None
