"""The address of a search, the searches that a matrix stands for, and what is to be said of a query."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from pricewatch_pipeline.domain.providers import Combination
from pricewatch_pipeline.providers.google_flights.counting import Route, Trip, counted, routes_of, trips_of
from pricewatch_pipeline.providers.google_flights.meeting import day_gone_by
from pricewatch_pipeline.providers.google_flights.query import DEFAULT_MAX_COMBINATIONS, SEARCH_PATH, FlightQuery
from pricewatch_pipeline.providers.google_flights.tfs import encode


def search_url(query: FlightQuery) -> str:
    """The address of the results page of one search.

    Raises:
        NotASearch: a matrix, which stands for many.
    """
    asked = {"tfs": encode(query), "hl": query.language, "curr": query.currency, "gl": query.country}
    return f"{query.site}{SEARCH_PATH}?{urlencode(asked)}"


def combinations_of(query: FlightQuery) -> tuple[Combination, ...]:
    """What a matrix stands for, by departure, then return, origin and destination; past days too. Empty for one search."""
    if not query.matrix:
        return ()
    return tuple(_combination(number, query, *one) for number, one in enumerate(_singles(query), 1))


def first_url(query: FlightQuery) -> str:
    """The address of the search, or of the first one that a matrix stands for."""
    return search_url(_single(query, *next(_singles(query))) if query.matrix else query)


def remarks_on(query: FlightQuery, *, now: datetime | None = None) -> tuple[str, ...]:
    """What whoever writes the query should know: how many searches it stands for, that its days have gone by."""
    instant = now or datetime.now(UTC)
    return tuple(remark for remark in (_on_number(query), _on_past_days(query, instant)) if remark)


def _singles(query: FlightQuery) -> Iterator[tuple[Trip, Route]]:
    routes = sorted(routes_of(query))
    return ((trip, route) for trip in trips_of(query) for route in routes)


def _single(query: FlightQuery, trip: Trip, route: Route) -> FlightQuery:
    """The query of one combination. It is made of values that are valid already, so they are not looked at again."""
    changed = {
        "origins": route[:1],
        "destinations": route[1:],
        "departs": (trip[0],),
        "returns": (trip[1],) if trip[1] else None,
        "stay": None,
        "matrix": False,
        "max_combinations": DEFAULT_MAX_COMBINATIONS,
    }
    return query.model_copy(update=changed)


def _combination(number: int, query: FlightQuery, trip: Trip, route: Route) -> Combination:
    single = _single(query, trip, route)
    return Combination(
        number=number,
        key=" ".join(["-".join(route), *(str(day) for day in trip if day)]),
        query=single.model_dump(mode="json", exclude_none=True),
        url=search_url(single),
    )


def _on_number(query: FlightQuery) -> str | None:
    return f"stands for {counted(query)}" if query.matrix else None


def _on_past_days(query: FlightQuery, now: datetime) -> str | None:
    days = query.departs
    if gone := day_gone_by(query, now):
        name = "last day" if len(days) > 1 else "day of departure"
        return f"its {name}, {gone}, has gone by: it is finished and will not be checked"
    over = [day for day in days if day_gone_by(query.model_copy(update={"departs": (day,)}), now)]
    return f"{len(over):,} of its {len(days):,} days have gone by, and are not asked for" if over else None
