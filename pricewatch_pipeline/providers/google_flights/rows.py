"""The rows of all payloads of one answer: which lists they stand in, and the union of several chunks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pricewatch_pipeline.domain.flights import Itinerary, Section
from pricewatch_pipeline.providers.google_flights.calendar_graph import is_graph, read_point
from pricewatch_pipeline.providers.google_flights.itineraries import read_row
from pricewatch_pipeline.providers.google_flights.legs import item, positive
from pricewatch_pipeline.providers.google_flights.payload import Json, Unread
from pricewatch_pipeline.providers.google_flights.plain_rows import read_plain
from pricewatch_pipeline.providers.google_flights.ways import KnownLegs

BEST, OTHER = 2, 3
"""Positions of the two lists: `[rows, how many more (of the others only), ...]`."""
_NEVER_LISTS = (0, 1, 4)
_FEW = 8
"""Facts of a place; a row has more."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What was read of all rows."""

    itineraries: tuple[Itinerary, ...] = ()
    count: int = 0
    """Rows there were, in all chunks."""
    flaws: Counter[str] = field(default_factory=Counter)
    """What was wrong with how many."""
    currency: str | None = None


def read_rows(payloads: Sequence[Json]) -> Rows:
    """Every row of every payload; what several of them list counts once, at the lower fare."""
    chunks: list[list[Itinerary]] = []
    flaws: Counter[str] = Counter()
    known: KnownLegs = {}
    count = 0
    for payload in payloads:
        itineraries: list[Itinerary] = []
        count += _read(payload, itineraries, flaws, known)
        if itineraries:
            chunks.append(itineraries)
    currencies = Counter(itinerary.currency for chunk in chunks for itinerary in chunk if itinerary.currency)
    merged = chunks[0] if len(chunks) == 1 else _union(chunks)
    return Rows(
        itineraries=tuple(_in_one_currency(merged, currencies)),
        count=count,
        flaws=flaws,
        currency=currencies.most_common(1)[0][0] if currencies else None,
    )


def _read(payload: Json, itineraries: list[Itinerary], flaws: Counter[str], known: KnownLegs) -> int:
    """Read the rows of one payload; how many there were."""
    if not isinstance(payload, list):
        return 0
    if is_graph(payload):
        return _read_points(payload[1], itineraries, flaws)
    lists = [(section, payload[position][0]) for position, section in _sections(payload)]
    count = sum(len(rows) for _, rows in lists)
    if count and any(is_list(payload, position) for position in _NEVER_LISTS):
        flaws["lists of flights stand where there should be none"] += count
        return count
    for section, rows in lists:
        for row in rows:
            if (plain := read_plain(row, section, known)) is not None:
                itineraries.append(plain)
                continue
            read = read_row(row, section, known)
            if read.flaw is not None:
                flaws[read.flaw] += 1
            if read.itinerary is not None:
                itineraries.append(read.itinerary)
    return count


def is_list(payload: list[Json], position: int) -> bool:
    """Whether a list of rows stands there: its first row begins with a list of many facts."""
    part: Json = payload
    for index in (position, 0, 0, 0):
        if not isinstance(part, list) or len(part) <= index:
            return False
        part = part[index]
    return isinstance(part, list) and len(part) > _FEW


def _sections(payload: list[Json]) -> list[tuple[int, Section]]:
    """Where rows stand, by section: the best's list never counts more of them, the others' always does."""
    there = [p for p in (BEST, OTHER) if len(payload) > p and isinstance(payload[p], list) and _has_rows(payload[p])]
    marked = {position: bool(positive(item(payload[position], 1))) for position in there}
    if marked == {BEST: True, OTHER: False}:
        return [(BEST, Section.OTHER), (OTHER, Section.BEST)]
    best = Section.OTHER if marked.get(BEST) else Section.BEST
    return [(position, best if position == BEST else Section.OTHER) for position in there]


def _has_rows(part: list[Json]) -> bool:
    return bool(part) and isinstance(part[0], list) and bool(part[0])


def _read_points(points: list[Json], itineraries: list[Itinerary], flaws: Counter[str]) -> int:
    for point in points:
        try:
            itineraries.append(read_point(point))
        except Unread as unread:
            flaws[str(unread)] += 1
    return len(points)


def _union(chunks: list[list[Itinerary]]) -> list[Itinerary]:
    """Each itinerary once, in the order in which they came."""
    union: dict[object, Itinerary] = {}
    for number, chunk in enumerate(chunks):
        for place, itinerary in enumerate(chunk):
            key = _key_of(itinerary) or (number, place)
            known = union.get(key)
            union[key] = itinerary if known is None else _joined(known, itinerary)
    return list(union.values())


def _key_of(itinerary: Itinerary) -> object:
    """What makes it the same; None where too little is known of it to say so."""
    if itinerary.section is Section.CALENDAR:
        return itinerary.departs_on, itinerary.returns_on
    if not itinerary.flight_numbers or itinerary.departs_local is None:
        return None
    legs = tuple((leg.origin, leg.destination, leg.departs_local) for leg in itinerary.legs)
    return itinerary.flight_numbers, itinerary.arrives_local, legs


def _joined(known: Itinerary, again: Itinerary) -> Itinerary:
    """The one with the lower fare (a fare beats none), among the best if either is."""
    chosen = again if _is_lower(again, known) else known
    is_best = Section.BEST in (known.section, again.section)
    return chosen._replace(section=Section.BEST) if is_best and chosen.section is Section.OTHER else chosen


def _is_lower(one: Itinerary, other: Itinerary) -> bool:
    if one.price is None or other.price is None:
        return other.price is None
    return one.price < other.price and one.currency == other.currency


def _in_one_currency(itineraries: list[Itinerary], currencies: Counter[str]) -> list[Itinerary]:
    """A price whose token says no currency is in that of all the others, where they have one."""
    if len(currencies) != 1:
        return itineraries
    (currency,) = currencies
    return [
        itinerary
        if itinerary.currency is not None or itinerary.price is None
        else itinerary._replace(currency=currency)
        for itinerary in itineraries
    ]
