"""Answers without rows: an empty market, which must say so itself, or something that is no results page at all.

How sure an empty market is: no page of one is in the corpus. What is known: a list without rows is written `[null, ...]` (a
public reader of these pages stops there, and takes it for no flights), while an answer that comes in chunks begins with
one whose lists are null, so that null alone proves nothing. Nor does an error: error 13 is none of the market's.
"""

import re
from collections.abc import Sequence

from pricewatch_pipeline.providers.google_flights.payload import Json, Payloads
from pricewatch_pipeline.providers.google_flights.rows import BEST, OTHER

_SAID = re.compile(rb"No flights found|No options matching your search|No results found", re.IGNORECASE)
"""In English; never believed alone."""
_PLACES_CALL = "H028ib"
_LEAST_POSITIONS = 5
_INSIGHT, _FILTERS, _AIRLINES, _LOWEST = 5, 7, 11, 25


def is_empty_market(payloads: Sequence[Json], errors: Sequence[str], body: bytes) -> bool:
    """Whether the page says that there are no flights: a search that is echoed, no trace of any fare, and one word of it.

    That word is a list that is there and has no rows, or the sentence a person reads.
    """
    if errors or not payloads or not all(_is_without_fares(payload) for payload in payloads):
        return False
    last = payloads[-1]
    return any(_is_empty_list(last[position]) for position in (BEST, OTHER)) or _SAID.search(body) is not None


def _is_without_fares(payload: Json) -> bool:
    if not isinstance(payload, list) or len(payload) < _LEAST_POSITIONS or not _is_search(payload):
        return False
    if any(payload[position] is not None and not _is_empty_list(payload[position]) for position in (BEST, OTHER)):
        return False
    filters = _at(payload, _FILTERS)
    has_range = isinstance(filters, list) and bool(filters) and filters[0] is not None
    return not has_range and all(not _at(payload, position) for position in (4, _INSIGHT, _AIRLINES, _LOWEST))


def _is_search(payload: list[Json]) -> bool:
    """Whether the head of a search stands there, and the places that were asked for."""
    head, places = payload[0], payload[1]
    return (
        isinstance(head, list)
        and len(head) > 4
        and isinstance(head[4], str)
        and isinstance(places, list)
        and bool(places)
        and isinstance(places[0], list)
    )


def _is_empty_list(part: Json) -> bool:
    """`[null, null, 0, 0, [0]]`: a list of rows that is there, and has none."""
    return isinstance(part, list) and len(part) > 2 and part[0] in (None, []) and part[1] in (None, 0)


def _at(payload: list[Json], position: int) -> Json:
    return payload[position] if len(payload) > position else None


def description_of(found: Payloads) -> str:
    """What an answer without rows is, in a sentence."""
    if found.errors:
        return "; ".join(found.errors[:3])
    if _PLACES_CALL in found.calls:
        return "this answers a search for places, not one for flights"
    if any(_is_booking(payload) for payload in found.values):
        return "these are the offers for booking one trip, not the results of a search"
    if any(isinstance(payload, list) and len(payload) > 1 and _is_search(payload) for payload in found.values):
        return (
            "the search is echoed, but there is no list of flights ([2], [3]): the first part of an answer, "
            "or another layout; that nothing was found is not said"
        )
    if found.values:
        return "there are data, but not those of a flight search: another kind of answer, or a changed layout"
    return "no data of a flight search: neither the script ds:1 nor a response, nor a list that is drawn in English"


def _is_booking(payload: Json) -> bool:
    offers = payload[1] if isinstance(payload, list) and len(payload) == 2 else None
    return isinstance(offers, list) and len(offers) > 5
