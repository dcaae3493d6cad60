"""The demo's flight search for tests: in a thread of its own, with fares that stand still.

It reads the `tfs` of addresses by itself, without our protobuf: what it understands is what the wire says.
"""

import asyncio
import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from pricewatch_pipeline.demo.flight_fares import CABINS, Trip
from pricewatch_pipeline.demo.flight_site import FlightSite, SiteOptions

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""The hour whose fares the site shows, unless a test gives it a clock."""


@contextmanager
def serve_flights(
    options: SiteOptions | None = None, *, clock: Callable[[], datetime] = lambda: NOON, **fields: Any
) -> Iterator[FlightSite]:
    """Run the site on a free port until the block ends. Fields are those of `SiteOptions`; pages are small by default."""
    chosen = options or SiteOptions(**{"page_bytes": 0, **fields})
    site = FlightSite(chosen, read_tfs=trip_of, clock=clock)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="flight site", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(site.start(), loop).result(timeout=10)
        yield site
    finally:
        asyncio.run_coroutine_threadsafe(site.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


def trip_of(tfs: str) -> Trip:
    """What a tfs asks for."""
    message = _fields(base64.urlsafe_b64decode(tfs + "=" * (-len(tfs) % 4)))
    legs = [_fields(leg) for leg in message.get(3, [])]
    if not legs:
        raise ValueError(f"this tfs has no leg: {tfs!r}")
    days = [date.fromisoformat(leg[2][0].decode()) for leg in legs]
    return Trip(
        origins=_places(legs[0], 13),
        destinations=_places(legs[0], 14),
        departs_on=days[0],
        returns_on=days[1] if len(days) > 1 else None,
        cabin=CABINS[message.get(9, [1])[0] - 1],
        travellers=sum(len(one) if isinstance(one, bytes) else 1 for one in message.get(8, [1])),  # packed, or not
        max_stops=legs[0].get(5, [None])[0],
    )


def _places(leg: dict[int, list[Any]], number: int) -> tuple[str, ...]:
    return tuple(_fields(place)[2][0].decode() for place in leg.get(number, []))


def _fields(message: bytes) -> dict[int, list[Any]]:
    """The fields of a protobuf message on the wire: numbers, and bytes."""
    found: dict[int, list[Any]] = {}
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        value, at = _varint(message, at)
        if key & 7 == 2:
            at, length = at + value, value
            found.setdefault(key >> 3, []).append(message[at - length : at])
        elif key & 7 == 0:
            found.setdefault(key >> 3, []).append(value)
        else:
            raise ValueError(f"a field of the wire type {key & 7} is none of a tfs")
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(message):
        number |= (message[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if message[at - 1] < 0x80:
            return number, at
    raise ValueError("the tfs ends in the middle of a number")
