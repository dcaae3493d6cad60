"""Flight queries to the `tfs` parameter of an address and back."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from pydantic import ValidationError

from pricewatch_pipeline.errors import NotASearch
from pricewatch_pipeline.providers.google_flights import tfs_pb2 as pb
from pricewatch_pipeline.providers.google_flights.decoded import (
    CABINS,
    TRAVELLERS,
    DecodedLeg,
    DecodedPlace,
    DecodedQuery,
    Writing,
)
from pricewatch_pipeline.providers.google_flights.places import is_city_id
from pricewatch_pipeline.providers.google_flights.query import FlightQuery
from pricewatch_pipeline.providers.google_flights.values import ALLIANCES
from pricewatch_pipeline.providers.google_flights.wire import LENGTH, fields_of, order_of, rearranged

AIRPORT, CITY = 1, 3
"""Kinds of places, as Google's own addresses have them. For ids 2 is seen as well: docs/decisions/0019-flight-query.md."""
ROUND_TRIP, ONE_WAY, MULTI_CITY = 1, 2, 3

_MOST_CHARACTERS = 16_384
_TFS = re.compile(r"([A-Za-z0-9_+/-]+)(={0,2})", re.ASCII)
_CABIN_NUMBERS = {name: number for number, name in CABINS.items()}
_TRAVELLER_NUMBERS = {name: number for number, name in TRAVELLERS.items()}
_FROM_ADDRESS = {"curr": "currency", "hl": "language", "gl": "country"}

_MULTI_CITY = (
    "a multi-city trip cannot be watched: Google's page for one lists no fares, and read as a one-way trip it would give "
    "the fares of the first flight only; watch each flight as a one-way trip of its own"
)


def encode(query: FlightQuery | DecodedQuery) -> str:
    """The `tfs` of one search: as Google's own addresses are written, or as the decoded one was.

    Raises:
        NotASearch: a matrix, which stands for many.
    """
    return _encode_decoded(query) if isinstance(query, DecodedQuery) else _encode_query(query)


def decode(text: str) -> DecodedQuery:
    """What a `tfs` asks for, or an address that has one; with its padding or percent signs, quoted, or with spaces around it.

    Raises:
        NotASearch: it is none, or of a kind that cannot be asked for; says why.
    """
    tfs, said = _tfs_in(text)
    raw, padding = _unpacked(tfs)
    try:
        search = pb.Search.FromString(raw)
    except DecodeError as error:
        raise NotASearch(f"{_short(tfs)} is no tfs: it is base64, and of something else than a search") from error
    _check(search)
    legs = tuple(_decoded_leg(leg) for leg in search.legs)
    order = order_of(raw, pb.Search.DESCRIPTOR)
    is_packed = any(field.number == 8 and field.wire_type == LENGTH for field in fields_of(raw))
    fields = _query_fields(search, legs) | said
    query, problem = _query_of(fields, legs, people=search.travellers)
    return DecodedQuery(
        legs=legs,
        trip=search.trip if search.HasField("trip") else None,
        cabin=search.cabin if search.HasField("cabin") else None,
        travellers=tuple(search.travellers),
        carry_on=search.bags.carry_on if search.bags.HasField("carry_on") else None,
        checked_bags=search.bags.checked if search.bags.HasField("checked") else None,
        writing=Writing(
            order=order, is_packed=is_packed, rest=_rest(search), leg_rests=_leg_rests(search), padding=padding
        ),
        left_out=_left_out(search),
        flight_query=query,
        problem=problem,
    )


# ---------------------------------------------------------------- writing


def _encode_query(query: FlightQuery) -> str:
    if query.matrix:
        raise NotASearch("a matrix stands for many searches: each of its combinations has an address of its own")
    search = pb.Search(version=28, surface=2, cabin=_CABIN_NUMBERS[query.cabin], selection=1)
    search.limit.amount = -1
    _add_leg(search, query, query.departs[0].isoformat(), query.origins, query.destinations)
    returns = query.departs[0] + timedelta(days=query.stay[0]) if query.stay else query.returns and query.returns[0]
    if returns:
        _add_leg(search, query, returns.isoformat(), query.destinations, query.origins)
    search.trip = pb.TRIP_ROUND if returns else pb.TRIP_ONE_WAY
    for name, number in _TRAVELLER_NUMBERS.items():
        search.travellers.extend([number] * getattr(query, name))
    if query.carry_on or query.checked_bags:
        search.bags.carry_on, search.bags.checked = query.carry_on, query.checked_bags
    return _packed(search.SerializeToString())


def _add_leg(
    search: pb.Search, query: FlightQuery, day: str, origins: tuple[str, ...], destinations: tuple[str, ...]
) -> None:
    leg = DecodedLeg(
        date=day,
        origins=tuple(_place(code) for code in origins),
        destinations=tuple(_place(code) for code in destinations),
        max_stops=query.max_stops,
        airlines=tuple(code.upper() for code in query.airlines or ()),
        without_airlines=tuple(code.upper() for code in query.without_airlines or ()),
        via=query.via or (),
        min_layover=query.min_layover,
        max_layover=query.max_layover,
    )
    _fill(search.legs.add(), leg)


def _encode_decoded(decoded: DecodedQuery) -> str:
    writing = decoded.writing
    search = pb.Search.FromString(writing.rest)
    for place, leg in enumerate(decoded.legs):
        message = search.legs.add()
        if place < len(writing.leg_rests):
            message.MergeFromString(writing.leg_rests[place])
        _fill(message, leg)
    if decoded.trip is not None:
        search.trip = decoded.trip
    if decoded.cabin is not None:
        search.cabin = decoded.cabin
    if decoded.carry_on is not None:
        search.bags.carry_on = decoded.carry_on
    if decoded.checked_bags is not None:
        search.bags.checked = decoded.checked_bags
    if not writing.is_packed:
        search.travellers.extend(decoded.travellers)
    raw = search.SerializeToString()
    if writing.is_packed:
        raw += pb.PackedTravellers(travellers=decoded.travellers).SerializeToString()
    return _packed(rearranged(raw, writing.order)) + writing.padding


def _fill(message: pb.Leg, leg: DecodedLeg) -> None:
    message.date = leg.date
    for places, here in ((leg.origins, message.origins), (leg.destinations, message.destinations)):
        for place in places:
            here.add(kind=place.kind, code=place.code)
    message.airlines.extend(leg.airlines)
    message.without_airlines.extend(leg.without_airlines)
    message.via.extend(leg.via)
    # Absent and 0 are two things: a 0 here means non-stop.
    if leg.max_stops is not None:
        message.max_stops = leg.max_stops
    if leg.min_layover is not None:
        message.min_layover_minutes = leg.min_layover
    if leg.max_layover is not None:
        message.max_layover_minutes = leg.max_layover


def _place(code: str) -> DecodedPlace:
    return DecodedPlace(kind=CITY if is_city_id(code) else AIRPORT, code=code)


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


# ---------------------------------------------------------------- reading


def _tfs_in(text: str, *, is_within: bool = False) -> tuple[str, dict[str, str]]:
    """The parameter, and what the rest of an address says. `is_within`: it stood in another address, and none is looked for in
    it."""
    if len(text) > _MOST_CHARACTERS:
        raise NotASearch(f"{len(text):,} characters are more than a tfs has (allowed: {_MOST_CHARACTERS:,})")
    written = re.sub(r"\s+", "", text).strip("\"'`<>")
    if not written:
        raise NotASearch("the text is empty: give a tfs, or the address of a search")
    if "tfs=" not in written and not re.match(r"https?:", written, re.IGNORECASE):
        return unquote(written), {}
    try:
        parts = urlsplit(written)
    except ValueError as error:
        raise NotASearch(f"{_short(written)} is not an address: {error}") from error
    # A plus is a character of base64 here, not a space.
    said = dict(parse_qsl((parts.query or written.partition("?")[2] or written).replace("+", "%2B")))
    if not said.get("tfs") and "tfs" in said.get("continue", "") and not is_within:
        # The address of a page of consent, which has that of the search in it.
        return _tfs_in(said["continue"], is_within=True)
    if not said.get("tfs"):
        raise NotASearch(
            f"the address {_short(written)} has no tfs: open the search at google.com/travel/flights, and copy the address of "
            f"the page of results"
        )
    fields = {ours: value for theirs, ours in _FROM_ADDRESS.items() if (value := said.get(theirs))}
    return said["tfs"], fields | _site_of(parts)


def _site_of(parts: SplitResult) -> dict[str, str]:
    return {"site": f"{parts.scheme.lower()}://{parts.netloc}"} if parts.scheme and parts.netloc else {}


def _unpacked(tfs: str) -> tuple[bytes, str]:
    match = _TFS.fullmatch(tfs)
    if match is None:
        raise NotASearch(f"{_short(tfs)} is no tfs: it holds other characters than base64 has")
    digits, padding = match.groups()
    try:
        return base64.urlsafe_b64decode(digits.replace("+", "-").replace("/", "_") + "=" * (-len(digits) % 4)), padding
    except (binascii.Error, ValueError) as error:
        raise NotASearch(f"{_short(tfs)} is no tfs: it is not whole, a character is missing") from error


def _check(search: pb.Search) -> None:
    legs = len(search.legs)
    if legs == 0:
        raise NotASearch("no flight is in it: a search has one, or one out and one back")
    if search.trip == MULTI_CITY or legs > 2 or (search.trip == ONE_WAY and legs > 1):
        raise NotASearch(_MULTI_CITY)
    if search.trip not in (0, ROUND_TRIP, ONE_WAY):
        raise NotASearch(f"it is a kind of trip that is not known: {search.trip}")
    if search.trip == ROUND_TRIP and legs < 2:
        raise NotASearch("it says round trip and has no way back")


def _decoded_leg(leg: pb.Leg) -> DecodedLeg:
    return DecodedLeg(
        date=leg.date,
        origins=tuple(_decoded_place(place) for place in leg.origins),
        destinations=tuple(_decoded_place(place) for place in leg.destinations),
        max_stops=leg.max_stops if leg.HasField("max_stops") else None,
        airlines=tuple(leg.airlines),
        without_airlines=tuple(leg.without_airlines),
        via=tuple(leg.via),
        min_layover=leg.min_layover_minutes if leg.HasField("min_layover_minutes") else None,
        max_layover=leg.max_layover_minutes if leg.HasField("max_layover_minutes") else None,
        chosen=tuple(flight.airline + flight.number for flight in leg.chosen),
    )


def _decoded_place(place: pb.Place) -> DecodedPlace:
    return DecodedPlace(kind=place.kind if place.HasField("kind") else None, code=place.code)


_OF_SEARCH = ("version", "surface", "legs", "travellers", "cabin", "bags", "selection", "limit", "trip")
_OF_LEGS = (
    "date",
    "max_stops",
    "airlines",
    "without_airlines",
    "origins",
    "destinations",
    "via",
    "min_layover_minutes",
    "max_layover_minutes",
)


def _rest(search: pb.Search) -> bytes:
    rest = pb.Search()
    rest.CopyFrom(search)
    for name in ("legs", "travellers", "cabin", "trip"):
        rest.ClearField(name)
    if rest.HasField("bags"):
        rest.bags.ClearField("carry_on")
        rest.bags.ClearField("checked")
    return rest.SerializeToString()


def _leg_rests(search: pb.Search) -> tuple[bytes, ...]:
    rests = []
    for leg in search.legs:
        rest = pb.Leg()
        rest.CopyFrom(leg)
        for name in _OF_LEGS:
            rest.ClearField(name)
        rests.append(rest.SerializeToString())
    return tuple(rests)


def _query_fields(search: pb.Search, legs: tuple[DecodedLeg, ...]) -> dict[str, object]:
    out = legs[0]
    people = list(search.travellers)
    return {
        "origins": [place.code for place in out.origins],
        "destinations": [place.code for place in out.destinations],
        "departs": out.date,
        "returns": legs[1].date if len(legs) > 1 else None,
        "cabin": CABINS.get(search.cabin or 1, str(search.cabin)),
        "max_stops": out.max_stops,
        "airlines": [_carrier_read(code) for code in out.airlines] or None,
        "without_airlines": [_carrier_read(code) for code in out.without_airlines] or None,
        "via": list(out.via) or None,
        "min_layover": out.min_layover,
        "max_layover": out.max_layover,
        "carry_on": search.bags.carry_on,
        "checked_bags": search.bags.checked,
        # Nobody is named: Google takes it as one adult.
        **({name: people.count(number) for number, name in TRAVELLERS.items()} if people else {}),
    }


def _carrier_read(code: str) -> str:
    return code.lower() if code.lower() in ALLIANCES else code


def _left_out(search: pb.Search) -> tuple[str, ...]:
    """Fields that are set, are neither in our queries nor in every address, and change what is found."""
    said = [field.name for message in (search, *search.legs) for field, _ in message.ListFields()]
    unknown = [f"field {field.field_number}" for message in (search, *search.legs) for field in _unknown_in(message)]
    return tuple(dict.fromkeys([name for name in said if name not in (*_OF_SEARCH, *_OF_LEGS)] + unknown))


def _unknown_in(message: Message) -> Iterator[Any]:
    unknown = UnknownFieldSet(message)
    return (unknown[place] for place in range(len(unknown)))


def _query_of(
    fields: dict[str, object], legs: tuple[DecodedLeg, ...], *, people: Iterable[int]
) -> tuple[FlightQuery | None, str | None]:
    if strange := sorted(set(people) - TRAVELLERS.keys()):
        return None, f"it names a kind of traveller that is not known: {', '.join(map(str, strange))}"
    if len(legs) > 1 and not _is_way_back(*legs):
        return None, "the way back is not the way out reversed, with the same filters: watch each as a one-way trip"
    try:
        return FlightQuery.model_validate(fields), None
    except ValidationError as error:
        texts = [
            f"{'.'.join(str(step) for step in detail['loc'])}: {detail['msg'].removeprefix('Value error, ')}"
            for detail in error.errors(include_url=False)
        ]
        return None, "; ".join(texts)


def _is_way_back(out: DecodedLeg, back: DecodedLeg) -> bool:
    def codes(places: tuple[DecodedPlace, ...]) -> set[str]:
        return {place.code for place in places}

    def filters(leg: DecodedLeg) -> tuple[object, ...]:
        carriers = sorted(leg.airlines), sorted(leg.without_airlines), sorted(leg.via)
        return leg.max_stops, leg.min_layover, leg.max_layover, *carriers

    is_reversed = codes(out.origins) == codes(back.destinations) and codes(out.destinations) == codes(back.origins)
    return is_reversed and filters(out) == filters(back)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
