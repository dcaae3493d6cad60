"""Airports by IATA code, their time zones, and what a person may have meant by a code that is none.

The list of airports is read at its first use (7,900 rows: 0.08 s of CPU, and 9 MB more of memory) and kept.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_CITY_ID = re.compile(r"/[mg]/[0-9a-z_]{2,20}", re.ASCII)
_MOST_SUGGESTED = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Airport:
    """An airport that has an IATA code."""

    code: str
    icao: str
    name: str
    city: str
    country: str
    """ISO 3166, two letters."""
    zone: str
    """`Europe/London`."""


def airport_named(code: str) -> Airport | None:
    """The airport with this IATA code, in capitals."""
    return _airports().get(code)


@lru_cache(maxsize=1024)
def zone_of(code: str) -> ZoneInfo | None:
    """The time zone of an airport; None where we know no such airport (or it is a city id)."""
    airport = airport_named(code)
    if airport is None:
        return None
    try:
        return ZoneInfo(airport.zone)
    except (ZoneInfoNotFoundError, ValueError):  # a zone newer than this machine's list of zones
        return None


def is_city_id(text: str) -> bool:
    """Whether a text is one of Google's ids for a city: `/m/04jpl`."""
    return _CITY_ID.fullmatch(text) is not None


def suggestion_for(text: str) -> str:
    """The end of a message on a text that is no airport: what was probably meant; empty when nothing is like it."""
    wanted = text.strip().upper()
    city = _cities().get(wanted)
    if city is not None:
        return (
            f"; it stands for a city: name its airports ({_listed(city)}) or Google's id of the city, such as /m/04jpl"
        )
    found = _alike(wanted)
    return f"; did you mean {_listed(found)}?" if found else ""


def _alike(wanted: str) -> list[str]:
    airports = _airports().values()
    if len(wanted) == 4 and (by_icao := [airport.code for airport in airports if airport.icao == wanted]):
        return by_icao
    if len(wanted) == 3 and (swapped := [c for c in _rearranged(wanted) if c in _airports()]):
        return swapped
    if len(wanted) < 3:
        return []
    in_city = [airport.code for airport in airports if airport.city.upper() == wanted]
    # Of several cities of a name, that which has a code of its own (several airports) is meant first.
    first = next((codes for name, codes in _city_names() if name == wanted), ())
    found = [*first, *(code for code in in_city if code not in first)]
    return found or [airport.code for airport in airports if wanted in airport.name.upper()]


def _rearranged(code: str) -> list[str]:
    return sorted({"".join(letters) for letters in itertools.permutations(code)} - {code})


def _listed(codes: Iterable[str]) -> str:
    all_codes = list(codes)
    more = ", ..." if len(all_codes) > _MOST_SUGGESTED else ""
    return ", ".join(all_codes[:_MOST_SUGGESTED]) + more


@cache
def _airports() -> Mapping[str, Airport]:
    # Late: most commands and Dagster's definitions know no airport, and the list takes its time.
    import airportsdata  # noqa: PLC0415

    return {
        code: Airport(
            code=code,
            icao=row["icao"],
            name=row["name"],
            city=row["city"],
            country=row["country"],
            zone=row["tz"],
        )
        for code, row in airportsdata.load("IATA").items()
    }


@cache
def _cities() -> Mapping[str, tuple[str, ...]]:
    """Codes of cities with several airports, by code: `LON`. Those that are an airport's too mean the airport."""
    return {code: tuple(city["airports"]) for code, city in _metropolitan().items() if code not in _airports()}


def _city_names() -> list[tuple[str, tuple[str, ...]]]:
    return [(city["name"].upper(), tuple(city["airports"])) for city in _metropolitan().values()]


@cache
def _metropolitan() -> Mapping[str, Any]:
    import airportsdata  # noqa: PLC0415  # late, as above

    return airportsdata.load_iata_macs()
