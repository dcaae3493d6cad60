"""The pages of the demo's flight search, in the shape of Google's: the list as an array of arrays in the script `ds:1`."""

import base64
import json
from datetime import UTC, date, datetime
from html import escape
from itertools import pairwise
from typing import Any

from pricewatch_pipeline.demo.flight_fares import Airport, Flight, Hop, Trip, Usual, airport, usual_emissions
from pricewatch_pipeline.domain.flights import FareLevel

Json = Any
"""What JSON can say: this module writes the arrays of somebody else, position by position."""
_STAMP = [1752101606102493, 4743473, 3373741459]
_LEVELS = {FareLevel.LOW: 1, FareLevel.TYPICAL: 3, FareLevel.HIGH: 5}
_POSITIONS = 32
_FILLER = b"<i class=x></i>"
_MOST_BEST = 4
_HEAD = (
    '<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8">'
    '<meta name="application-name" content="Google Flights"><title>{title} | Google Flights</title></head><body>'
)


def results_page(
    trip: Trip,
    flights: tuple[Flight, ...],
    usual: Usual | None,
    currency: str,
    *,
    size: int,
    shift: int = 0,
    key: str = "ds:1",
) -> bytes:
    """A page of results, filled up to a size. `shift` moves every position of a row; another key hides the list."""
    data = payload(trip, flights, usual, currency, shift=shift)
    script = (
        f'<script class="{key}" nonce="demo">AF_initDataCallback('
        f"{{key: '{key}', hash: '9', data:{_json(data)}, sideChannel: {{}}}});</script>"
    )
    head = _HEAD.format(title=escape(f"{_place_name(trip.origins)} to {_place_name(trip.destinations)}"))
    said = "" if flights else '<div role="alert">No flights found. Try other dates or places.</div>'
    end = f'<main>{said}</main><script class="ds:0" nonce="demo">{_OTHER_DATA}</script>{script}</body></html>'
    page = (head + end).encode()
    room = max(0, size - len(page)) // len(_FILLER)
    return head.encode() + _FILLER * room + end.encode()


_OTHER_DATA = "AF_initDataCallback({key: 'ds:0', hash: '1', data:[[\"en\"],null,[1]], sideChannel: {}});"


def payload(
    trip: Trip, flights: tuple[Flight, ...], usual: Usual | None, currency: str, *, shift: int = 0
) -> list[Json]:
    """The array of `ds:1`."""
    rows = [_row(flight, currency, shift) for flight in flights]
    by_price = sorted(rows, key=lambda row: row[1][0][1] if row[1][0] else 10**9)
    best, other = by_price[:_MOST_BEST], by_price[_MOST_BEST:]
    data: list[Json] = [None] * _POSITIONS
    data[0] = [None, [_STAMP, None, None, None, None, [[1]]], 0, "demo", "DemoDemo---------demoAAAAAGdemo"]
    data[1] = [[_places(trip.origins), _places(trip.destinations)]]
    data[2] = [best, None, 0, 0, [1]] if best else None
    data[3] = [other, len(other), 0, 0, [1]] if other else None
    data[5] = _insight(usual)
    data[7] = [[[None, usual.lowest], [None, usual.lowest * 4]], [[], []], None] if usual else None
    data[11] = [[code, name, f"https://bags.example/{code}"] for code, name in sorted(_airlines(flights))]
    data[17] = [_place(found) for found in _airports_of(flights)]
    data[20], data[23], data[31] = 0, 1, 1
    data[25] = [[None, usual.lowest]] if usual else None
    return data


def consent_page(address: str, size: int) -> bytes:
    """What stands before the site for who has not answered: a form to consent.google.com, and data of its own."""
    form = (
        '<form action="https://consent.google.com/save" method="POST">'
        f'<input type="hidden" name="continue" value="{escape(address)}"><button>Alles accepteren</button></form>'
    )
    start = _HEAD.format(title="Voordat je verdergaat") + "<script>window.WIZ_global_data = {};</script>" + form
    own = '<script class="ds:1" nonce="demo">AF_initDataCallback({key: \'ds:1\', hash: \'2\', data:[null,["CAE"]], '
    end = own + "sideChannel: {}});</script></body></html>"
    room = max(0, size - len(start) - len(end)) // len(_FILLER)
    return start.encode() + _FILLER * room + end.encode()


def sorry_page(address: str) -> bytes:
    """The page for who asks too often."""
    return (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8">'
        f"<title>{escape(address)}</title></head><body>"
        '<form id="captcha-form" action="index" method="post"><div id="recaptcha" class="g-recaptcha"></div></form>'
        "<hr>Our systems have detected unusual traffic from your computer network.</body></html>"
    ).encode()


def login_page() -> bytes:
    """The page on which one signs in."""
    return (
        _HEAD.format(title="Sign in - Google Accounts")
        + '<form action="https://accounts.google.com/v3/signin/_/lookup" method="post"><input type="email"></form>'
        + "</body></html>"
    ).encode()


def _insight(usual: Usual | None) -> Json:
    """The lowest fare, the middle of what is typical, their difference, and the two bounds."""
    if usual is None:
        return None
    middle = (usual.typical_low + usual.typical_high) // 2
    amounts = [usual.lowest, middle, middle - usual.lowest, usual.typical_low, usual.typical_high]
    return [_LEVELS[usual.level], *([None, amount] for amount in amounts), 1]


def _row(flight: Flight, currency: str, shift: int) -> list[Json]:
    token = _token(flight, currency)
    price = [[], token] if flight.price is None else [[None, flight.price], token]
    bags = [None, None, None, None, 3, None, [0, 1]]
    facts = [None] * shift + _facts(flight)
    return [facts, price, None, 1, bags, [0, 0, 0], 0, [], f'["{token}"]', [[1]], 0]


def _facts(flight: Flight) -> list[Json]:
    first, last = flight.hops[0], flight.hops[-1]
    facts: list[Json] = [None] * 25
    facts[0] = first.airline
    facts[1] = list(dict.fromkeys(hop.airline_name for hop in flight.hops))
    facts[2] = [_leg(hop) for hop in flight.hops]
    facts[3], facts[4], facts[5] = first.origin.code, _day(first.departs_at), _time(first.departs_at)
    facts[6], facts[7], facts[8] = last.destination.code, _day(last.arrives_at), _time(last.arrives_at)
    facts[9] = _minutes(flight.duration.total_seconds())
    facts[10] = (last.arrives_at.date() - first.departs_at.date()).days or None
    facts[12] = 0
    facts[13] = [_layover(before, after) for before, after in pairwise(flight.hops)] or None
    facts[17] = "demo"
    facts[18] = [_STAMP, None, None, None, None, [[2]]]
    facts[19] = 1
    facts[22] = _emissions(
        sum(hop.emissions_g for hop in flight.hops), typical=usual_emissions(first.origin, last.destination)
    )
    facts[23] = [1]
    facts[24] = [[first.airline, first.airline_name, f"https://help.example/{first.airline}"]]
    return facts


def _emissions(grams: int, typical: int) -> list[Json]:
    """Rounded: those of the flight, of a typical one, and how far they are apart in percent."""
    own, usual = round(grams, -3), round(typical, -3)
    apart = round(100 * own / usual - 100)
    return [None, None, 1, apart, None, 1, 1, own, usual, None, usual + 9000, 1, 0, None, None, 0, 0]


def _leg(hop: Hop) -> list[Json]:
    leg: list[Json] = [None] * 33
    leg[3], leg[4], leg[5], leg[6] = hop.origin.code, hop.origin.name, hop.destination.name, hop.destination.code
    leg[8], leg[10] = _time(hop.departs_at), _time(hop.arrives_at)
    leg[9] = (hop.arrives_at.date() - hop.departs_at.date()).days or None
    leg[11] = _minutes((hop.arrives_at.astimezone(UTC) - hop.departs_at.astimezone(UTC)).total_seconds())
    leg[12] = [None, 1, None, None, None, None, None, None, None, None, 1, 3]
    leg[13], leg[14], leg[16], leg[17], leg[19] = 1, "31 in", 1, hop.aircraft, 0
    leg[20], leg[21] = _day(hop.departs_at), _day(hop.arrives_at)
    leg[22] = [hop.airline, hop.number.removeprefix(hop.airline), None, hop.airline_name]
    leg[25], leg[30], leg[31], leg[32] = 1, "31 inches", hop.emissions_g, 0
    return leg


def _layover(before: Hop, after: Hop) -> list[Json]:
    waited = after.departs_at.astimezone(UTC) - before.arrives_at.astimezone(UTC)
    stop = before.destination
    names = [stop.name, stop.city, stop.name, stop.city]
    return [_minutes(waited.total_seconds()), stop.code, after.origin.code, None, *names]


def _time(instant: datetime) -> list[Json]:
    """With every 0 left out, as Google does: `[9]` is 09:00, `[null, 5]` is 00:05 and `[]` is midnight."""
    if instant.minute:
        return [instant.hour or None, instant.minute]
    return [instant.hour] if instant.hour else []


def _day(instant: datetime | date) -> list[int]:
    return [instant.year, instant.month, instant.day]


def _minutes(seconds: float) -> int:
    return round(seconds / 60)


def _token(flight: Flight, currency: str) -> str:
    """A booking token: a protobuf message with the flights (2) and the price with its currency (3)."""
    flights = "|".join(hop.number for hop in flight.hops).encode()
    message = b"\x0a\x04demo" + _field(2, flights)
    if flight.price is not None:
        message += _field(3, b"\x08" + _varint(flight.price * 100) + b"\x10\x02" + _field(3, currency.encode()))
    return base64.b64encode(message).decode()


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _places(codes: tuple[str, ...]) -> list[Json]:
    return [_place(found) for code in codes if (found := airport(code)) is not None]


def _place(found: Airport) -> list[Json]:
    where = [found.latitude, found.longitude]
    return [[found.code, 0], found.name, [f"/m/{found.code.lower()}", found.city], where, found.country, 0]


def _place_name(codes: tuple[str, ...]) -> str:
    return ", ".join(found.city if (found := airport(code)) else code for code in codes)


def _airlines(flights: tuple[Flight, ...]) -> set[tuple[str, str]]:
    return {(hop.airline, hop.airline_name) for flight in flights for hop in flight.hops}


def _airports_of(flights: tuple[Flight, ...]) -> list[Airport]:
    found = {stop.code: stop for flight in flights for hop in flight.hops for stop in (hop.origin, hop.destination)}
    return [found[code] for code in sorted(found)]


def _json(data: Json) -> str:
    """As in the pages: compact, and nothing that would end the script."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
