"""Answers of the price graph (GetCalendarGraph): a fare for every day, or pair of days."""

import re
from datetime import date

from pricewatch_pipeline.domain.flights import Itinerary, Section
from pricewatch_pipeline.providers.google_flights.fares import read_fare
from pricewatch_pipeline.providers.google_flights.payload import Json, Unread

_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)


def is_graph(payload: Json) -> bool:
    """Whether the data are those of a price graph: [1] lists points that begin with a day."""
    points = payload[1] if isinstance(payload, list) and len(payload) == 2 else None
    return isinstance(points, list) and any(isinstance(point, list) and point and _is_day(point[0]) for point in points)


def _is_day(value: Json) -> bool:
    return isinstance(value, str) and _DAY.fullmatch(value) is not None


def read_point(point: Json) -> Itinerary:
    """What `["2024-01-01", "2024-01-08", [[null, 922], "token"], 1]` says.

    Raises:
        Unread: it is something else.
    """
    if not isinstance(point, list) or len(point) < 3:
        raise Unread("no point of a price graph ([1])")
    departs_on, returns_on = _day(point[0]), None if point[1] is None else _day(point[1])
    if returns_on is not None and returns_on < departs_on:
        raise Unread("a point of a price graph returns before it departs ([1][1])")
    fare = read_fare(point[2])
    return Itinerary(
        section=Section.CALENDAR,
        price=fare.price,
        currency=fare.token.currency,
        airlines=(),
        flight_numbers=(),
        origin=None,
        destination=None,
        departs_local=None,
        arrives_local=None,
        departs_on=departs_on,
        returns_on=returns_on,
    )


def _day(value: Json) -> date:
    try:
        if _is_day(value):
            return date.fromisoformat(value)
    except ValueError:  # the 31st of February
        pass
    raise Unread("no day in a point of a price graph ([1][0])")
