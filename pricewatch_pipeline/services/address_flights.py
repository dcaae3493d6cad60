"""Addresses of flight searches: those that a query stands for, and what one says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import google_flights
from pricewatch_pipeline.watch_files.issues import message_of


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a query is looked up."""

    looks_for: str
    """In words."""
    urls: tuple[tuple[str, str], ...]
    """By the key of the combination; one with an empty key where the query is a single search."""
    remarks: tuple[str, ...]


def addresses_of(fields: Mapping[str, Any]) -> Addresses:
    """The addresses of a query, given as a watch file says it.

    Raises:
        ConfigurationError: the query is not valid; every problem is named, one on a line.
    """
    flights = google_flights()
    model = flights.query_model
    try:
        query = model.model_validate(dict(fields))
    except ValidationError as error:
        problems = (_problem(detail["loc"], message_of(detail, model)) for detail in error.errors(include_url=False))
        raise ConfigurationError("\n".join(dict.fromkeys(problems))) from error
    combinations = flights.combinations_of(query)
    urls = tuple((one.key, one.url) for one in combinations) or (("", flights.url_of(query) or ""),)
    return Addresses(looks_for=flights.in_words(query), urls=urls, remarks=flights.remarks_on(query))


def explained(text: str) -> dict[str, Any]:
    """What an address, or its `tfs`, asks for: in plain values, for people and scripts.

    Raises:
        NotASearch: it is none that we know; says why.
    """
    flights = google_flights()
    found = flights.decode(text)
    query = found.flight_query
    return {
        "looks_for": flights.in_words(query) if query else None,
        "trip": found.trip_name,
        "legs": [
            {
                "date": leg.date,
                "origins": [place.code for place in leg.origins],
                "destinations": [place.code for place in leg.destinations],
                "max_stops": leg.max_stops,
                "airlines": list(leg.airlines),
                "without_airlines": list(leg.without_airlines),
                "via": list(leg.via),
                "min_layover": leg.min_layover,
                "max_layover": leg.max_layover,
                "chosen_flights": list(leg.chosen),
            }
            for leg in found.legs
        ],
        "cabin": found.cabin_name,
        "travellers": found.people or {"adults": 1},
        "carry_on": found.carry_on,
        "checked_bags": found.checked_bags,
        "query": query.model_dump(mode="json", exclude_none=True) if query else None,
        "left_out": list(found.left_out),
        "problem": found.problem,
        "remarks": list(flights.remarks_on(query)) if query else [],
    }


def _problem(loc: tuple[int | str, ...], message: str) -> str:
    field = str(loc[0]) if loc else "query"
    return f"{field}: {message.removeprefix(f'`{field}` ')}"
