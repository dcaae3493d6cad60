"""Bytes -> what a flight search answered: itineraries, how the fare stands, or which of five things stands in their place."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pricewatch_pipeline.domain.flights import FlightResults, Itinerary, Section
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.google_flights.itineraries import read_row
from pricewatch_pipeline.providers.google_flights.payload import Json, find_payloads

_SECTIONS = ((2, Section.BEST), (3, Section.OTHER))


@dataclass
class _Rows:
    itineraries: list[Itinerary] = field(default_factory=list)
    flaws: Counter[str] = field(default_factory=Counter)
    count: int = 0


def read_results(body: bytes, *, url: str | None = None) -> FlightResults:
    """What a page, a response or a bare payload says. Never raises: what cannot be read has an outcome that says so.

    Args:
        url: the address it came from in the end; a saved file has none.
    """
    found = find_payloads(body)
    rows = _Rows()
    for payload in found.values:
        _add(rows, payload)
    if not rows.itineraries:
        return FlightResults(outcome=Outcome.UNREADABLE, error="; ".join(found.errors) or "no list of flights")
    return FlightResults(outcome=Outcome.OK, itineraries=tuple(rows.itineraries))


def _add(rows: _Rows, payload: Json) -> None:
    if not isinstance(payload, list):
        return
    for position, section in _SECTIONS:
        part = payload[position] if len(payload) > position else None
        listed = part[0] if isinstance(part, list) and part else None
        for row in listed if isinstance(listed, list) else ():
            read = read_row(row, section)
            rows.count += 1
            if read.flaw:
                rows.flaws[read.flaw] += 1
            if read.itinerary:
                rows.itineraries.append(read.itinerary)
