"""The searches a flight query stands for: their routes and days, and how many there are. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the model counts itself by this module
    from pricewatch_pipeline.providers.google_flights.query import FlightQuery

Trip = tuple[date, date | None]
"""The day of departure, and that of return."""
Route = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many combinations, and what they are made of."""

    total: int
    factors: str
    """`3 origins x 2 destinations x 100 days`."""

    def __str__(self) -> str:
        return f"{_several(self.total, 'combination')} ({self.factors})"


def routes_of(query: "FlightQuery") -> Iterator[Route]:
    """Each origin with each destination but itself."""
    return ((start, end) for start in query.origins for end in query.destinations if start != end)


def trips_of(query: "FlightQuery") -> Iterator[Trip]:
    """Each departure with each return that is not before it, in order."""
    for departs in query.departs:
        if query.stay is not None:
            yield from ((departs, departs + timedelta(days=nights)) for nights in query.stay)
        elif query.returns is not None:
            yield from ((departs, returns) for returns in query.returns if returns >= departs)
        else:
            yield departs, None


def counted(query: "FlightQuery") -> Count:
    """How many searches with one origin, destination, departure and return a query stands for."""
    routes = sum(1 for _ in routes_of(query))
    trips = sum(1 for _ in trips_of(query))
    return Count(total=routes * trips, factors=f"{_routes(query, routes)} x {_trips(query, trips)}")


def _routes(query: "FlightQuery", routes: int) -> str:
    origins, destinations = len(query.origins), len(query.destinations)
    if routes < origins * destinations:
        return _several(routes, "route")
    return f"{_several(origins, 'origin')} x {_several(destinations, 'destination')}"


def _trips(query: "FlightQuery", trips: int) -> str:
    departures = len(query.departs)
    if query.stay is not None:
        return f"{_several(departures, 'day')} x {_several(len(query.stay), 'length')} of stay"
    if query.returns is None:
        return _several(departures, "day")
    if trips < departures * len(query.returns):
        return f"{_several(trips, 'pair')} of departure and return"
    return f"{_several(departures, 'day')} x {_several(len(query.returns), 'return')}"


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
