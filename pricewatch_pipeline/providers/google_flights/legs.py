"""One flight of a row: array positions -> a leg; and the small readers of values that every position goes through.

A leg is an array: [2] operator, [3] and [6] airports, [8] and [10] times, [11] minutes, [14] legroom, [17] aircraft,
[20] and [21] days, [22] code, number and name of the airline, [31] emissions in grams.
"""

import re
from datetime import datetime

from pricewatch_pipeline.domain.flights import Leg
from pricewatch_pipeline.providers.google_flights.payload import Json, Unread

LONGEST_MINUTES = 14 * 24 * 60
_YEARS = range(2000, 2101)
_LONGEST_TEXT = 200
_NO_TIME = "no day or no time of a flight ([0][4] to [0][8])"
_AIRLINE = re.compile(r"[0-9A-Z]{2}")
_NUMBER = re.compile(r"[0-9]{1,5}[A-Z]?")


def read_leg(values: Json) -> Leg:
    """What the array of a flight says.

    Raises:
        Unread: its airports are not there, or something else stands where a fact should be.
    """
    if not isinstance(values, list) or len(values) < 23:
        raise Unread("no list of a flight's facts ([0][2])")
    code, number, name = _flight(values[22])
    operator = values[2] and text(values[2])  # mostly null
    return Leg(  # in the order of its fields: their names would take as long as half of the reading
        code,
        name,
        number,
        None if operator is not None and is_airport(operator) else operator,
        airport(values[3], "[0][2][3]"),
        airport(values[6], "[0][2][6]"),
        moment(values[20], values[8]),
        moment(values[21], values[10]),
        minutes(values[11], "[0][2][11]"),
        text(values[17]),
        _legroom(values[14]),
        positive(item(values, 31)),
    )


def _flight(values: Json) -> tuple[str | None, str | None, str | None]:
    """Code, number with the code, and name of `["UA", "4434", null, "United"]`."""
    if values is None:
        return None, None, None
    if not isinstance(values, list) or len(values) < 2:
        raise Unread("no airline and number of a flight ([0][2][22])")
    code, number = values[0], values[1]
    if code is not None and not (isinstance(code, str) and _AIRLINE.fullmatch(code)):
        raise Unread("no code of an airline ([0][2][22][0])")
    if number is not None and not (isinstance(number, str) and _NUMBER.fullmatch(number)):
        raise Unread("no number of a flight ([0][2][22][1])")
    return code, code + number if code and number else None, text(item(values, 3))


def item(values: list[Json], index: int) -> Json:
    """What stands there; None past the end, for trailing nulls may be left out."""
    return values[index] if index < len(values) else None


def is_airport(value: Json) -> bool:
    """Whether this looks like an IATA code."""
    return type(value) is str and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()


def airport(value: Json, where: str) -> str:
    """An IATA code.

    Raises:
        Unread: it is none.
    """
    if not is_airport(value):
        raise Unread(f"no airport ({where})")
    code: str = value
    return code


def moment(day: Json, time: Json) -> datetime | None:
    """A local time of `[2025, 8, 22]` and `[7]`, `[8, 21]` or `[null, 5]`: a 0 is left out. None where one is missing.

    Raises:
        Unread: they are something else.
    """
    if day is None or time is None:
        return None
    if type(time) is not list or type(day) is not list or len(day) != 3 or len(time) > 2 or day[0] not in _YEARS:
        raise Unread(_NO_TIME)
    hour = time[0] or 0 if time else 0
    minute = time[1] or 0 if len(time) == 2 else 0
    try:
        # Local: the zone is the airport's, not the page's to say.
        return datetime(day[0], day[1], day[2], hour, minute)  # noqa: DTZ001
    except (TypeError, ValueError, OverflowError):
        raise Unread(_NO_TIME) from None


def minutes(value: Json, where: str) -> int | None:
    """How long something takes; None where it is not said.

    Raises:
        Unread: something else stands there.
    """
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= LONGEST_MINUTES:
        raise Unread(f"no minutes ({where})")
    return value


def text(value: Json) -> str | None:
    """A short text; None of anything else, for nothing depends on it."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT else None


def positive(value: Json) -> int | None:
    """A figure above 0; None of anything else, for nothing depends on it."""
    return value if type(value) is int and value > 0 else None


def _legroom(value: Json) -> str | None:
    legroom = text(value)
    return legroom if legroom is not None and legroom[0].isdigit() else None
