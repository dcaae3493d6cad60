"""What cannot stand together in a flight query, each with the field it is said of. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pricewatch_pipeline.providers.google_flights.counting import counted
from pricewatch_pipeline.providers.google_flights.values import LONGEST_RANGE

if TYPE_CHECKING:  # the model checks itself by this module
    from pricewatch_pipeline.providers.google_flights.query import FlightQuery

MOST_TRAVELLERS = 9
MOST_COMBINATIONS = 10_000

Problem = tuple[str, str]
"""The field, and what is wrong."""


def problems_in(query: "FlightQuery") -> tuple[Problem, ...]:
    """Everything that does not fit together."""
    parts = (_of_places(query), _of_days(query), _of_travellers(query), _of_filters(query))
    problems = tuple(problem for part in parts for problem in part)
    # The number of combinations means nothing while the days or places are wrong.
    return problems or tuple(_of_number(query))


def _of_places(query: "FlightQuery") -> Iterator[Problem]:
    both = [code for code in query.destinations if code in query.origins]
    if query.matrix:
        if len(query.origins) == len(query.destinations) == len(both) == 1:
            yield "destinations", f"{both[0]} is where the trip begins too: name another destination"
    elif both:
        yield "destinations", f"{', '.join(both)} is where the trip begins too: name another destination"


def _of_days(query: "FlightQuery") -> Iterator[Problem]:
    for field, days in (("departs", query.departs), ("returns", query.returns)):
        span = (days[-1] - days[0]).days + 1 if days else 0
        if span > LONGEST_RANGE:
            yield (
                field,
                (
                    f"{span:,} days lie between its first and last day (allowed: {LONGEST_RANGE}): airlines sell seats "
                    f"less than a year ahead"
                ),
            )
    if query.returns is not None and query.stay is not None:
        yield "stay", "the return is given by `returns` and by `stay`: remove one"
    elif query.returns is not None and query.returns[-1] < query.departs[0]:
        yield "returns", f"the return on {query.returns[-1]} is before the departure on {query.departs[0]}"
    elif query.stay and timedelta(days=query.stay[-1]) > date.max - query.departs[-1]:
        yield "stay", f"the return is after {date.max}, the last day of all"


def _of_travellers(query: "FlightQuery") -> Iterator[Problem]:
    infants = query.infants_in_seat + query.infants_on_lap
    if query.travellers > MOST_TRAVELLERS:
        yield (
            "adults",
            f"{query.travellers} travellers are more than one search takes (allowed: {MOST_TRAVELLERS}): split the party",
        )
    if query.travellers == 0:
        yield "adults", "nobody travels: say how many adults"
    elif infants and not query.adults:
        field = "infants_on_lap" if query.infants_on_lap else "infants_in_seat"
        yield field, "infants do not fly without an adult: add `adults`"
    elif query.infants_on_lap > query.adults:
        laps = "1 lap" if query.adults == 1 else f"{query.adults} laps"
        yield (
            "infants_on_lap",
            f"{query.infants_on_lap} infants on {laps}: an adult holds one; seat the others (`infants_in_seat`)",
        )


def _of_filters(query: "FlightQuery") -> Iterator[Problem]:
    both = [code for code in query.without_airlines or () if code in (query.airlines or ())]
    if both:
        yield "without_airlines", f"{', '.join(both)} is asked for in `airlines` too: remove it from one"
    shortest, longest = query.min_layover, query.max_layover
    if shortest is not None and longest is not None and shortest > longest:
        yield "max_layover", f"the longest layover, {longest} minutes, is below the shortest, {shortest}"
    if query.max_stops == 0:
        for field in ("via", "min_layover", "max_layover"):
            if getattr(query, field) is not None:
                yield field, "a non-stop flight (`max_stops: 0`) has no layover: remove one of the two"


def _of_number(query: "FlightQuery") -> Iterator[Problem]:
    number = counted(query)
    if query.matrix:
        if number.total == 0:
            yield "destinations", "no combination is left: each goes from an airport to itself"
        elif number.total > query.max_combinations:
            way_out = "raise `max_combinations`" if number.total <= MOST_COMBINATIONS else "split the watch"
            yield (
                "max_combinations",
                (
                    f"the query stands for {number} and at most {query.max_combinations:,} are allowed: name fewer, or "
                    f"{way_out}"
                ),
            )
        return
    several = next((f for f in ("departs", "returns", "stay") if len(getattr(query, f) or ()) > 1), None)
    if several:
        yield (
            several,
            (
                f"one search has one day of departure and at most one of return, and this stands for {number}: write "
                f"`matrix: true` to have each looked up, or name one day"
            ),
        )
    elif query.returns is not None and query.returns[0] < query.departs[0]:
        yield "returns", f"the return on {query.returns[0]} is before the departure on {query.departs[0]}"
