"""Prices: the figure a row shows, held against the token beside it, which says the same again with currency and flights."""

import binascii
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pricewatch_pipeline.parsing.currencies import decimals_of, iso_codes
from pricewatch_pipeline.providers.google_flights.payload import Json, Unread

_DEAREST = 10_000_000_000
_AMOUNT = re.compile(rb"\x08([\x80-\xff]{0,8}[\x00-\x7f])(?:\x10([\x00-\x06]))?\x1a\x03([A-Z]{3})", re.DOTALL)
_FLIGHTS = re.compile(rb"[0-9A-Z]{2}[0-9]{1,5}[A-Z]?(?:\|[0-9A-Z]{2}[0-9]{1,5}[A-Z]?)*")
_TAG_FLIGHTS, _TAG_FARE, _TAG_AMOUNT = 0x12, 0x1A, 0x08
_LONGEST_AMOUNT = 9
_ENDING = 7
"""Bytes behind the amount of a fare: decimals and currency."""


@dataclass(slots=True)
class Token:
    """What the token of a price says. A message of protobuf: 1 session, 2 flights, 3 fare (1 amount, 2 decimals, 3 currency)."""

    flights: str | None
    """`WN3384|WN3335`; None where it is of another form."""
    amount: int | None
    """In the currency's smallest unit."""
    decimals: int
    currency: str | None


@dataclass(slots=True)
class Fare:
    """The price of a row, and what its token says of it."""

    price: Decimal | None
    token: Token


_NOTHING = Token(None, None, 0, None)
_NO_FARE = Fare(None, _NOTHING)


def read_fare(block: Json) -> Fare:
    """What `[[null, 65], "token"]` says. A missing price is `[[], "token"]`, or nothing at all: never 0.

    Raises:
        Unread: there is something else; or the token says another amount.
    """
    if block is None:
        return _NO_FARE
    if not isinstance(block, list) or not block:
        raise Unread("no price where it should be ([1])")
    token = read_token(block[1]) if len(block) > 1 else _NOTHING
    head = block[0]
    if head is None or head == []:
        return Fare(None, token)
    price = price_of(head)
    if price is None:
        raise Unread("no figure in the price ([1][0])")
    if not _agrees(head[-1], token):
        raise Unread("the price shown is not the amount in its token ([1])")
    return Fare(price, token)


def read_plain_fare(block: Json, flights: str) -> tuple[Decimal | None, str | None]:
    """Price and currency of `[[null, 65], "token"]`: a whole figure or none, and a token that says the same of these very flights.

    Raises:
        LookupError, TypeError, ValueError: it is anything else, which `read_fare` may know how to read.
    """
    head, text = block
    if head == [] and (token := read_token(text)).flights == flights:
        return None, token.currency
    nothing, shown = head
    data = binascii.a2b_base64(text + "==")
    at = 4 + data[1]
    end = at + data[at - 1]
    fare = data[end + 2 : end + 2 + data[end + 1]]
    amount, currency = fare[1:-_ENDING], _endings()[fare[-_ENDING:]]
    if not (
        nothing is None
        and type(shown) is int
        and 0 < shown < _DEAREST
        and data[at - 2] == _TAG_FLIGHTS
        and data[at:end].partition(b"#")[0] == flights.encode()
        and data[end] == _TAG_FARE
        and fare[0] == _TAG_AMOUNT
        and len(amount) < _LONGEST_AMOUNT
        and amount[-1] < 0x80 <= min(amount[:-1])
        and 100 * (shown - 1) < _varint(amount) <= 100 * shown
    ):
        raise Unread("no plain price ([1])")
    return Decimal(shown), currency


@cache
def _endings() -> dict[bytes, str]:
    """Currencies by what stands behind the amount of a plain fare: two decimals, and the code."""
    return {b"\x10\x02\x1a\x03" + code.encode(): code for code in iso_codes()}


def price_of(head: Json) -> Decimal | None:
    """The figure in `[null, 65]`, cents exact; None for what holds none, as the `[1]` of another position does."""
    value = head[1] if isinstance(head, list) and len(head) == 2 and head[0] is None else None
    if type(value) is int:
        return Decimal(value) if 0 < value < _DEAREST else None
    if type(value) is float:
        return Decimal(repr(value)) if 0 < value < _DEAREST else None
    return None


def read_token(text: Json) -> Token:
    """What a token says; nothing of what is no token."""
    if not isinstance(text, str):
        return _NOTHING
    try:
        data = binascii.a2b_base64(text + "==")
        at = 2 + data[1]
        if data[at] != _TAG_FLIGHTS:
            return _NOTHING
        end = at + 2 + data[at + 1]
        written = data[at + 2 : end].partition(b"#")[0]
        flights = written.decode() if _FLIGHTS.fullmatch(written) else None
        fare = _AMOUNT.fullmatch(data, end + 2, end + 2 + data[end + 1]) if data[end] == _TAG_FARE else None
    except (ValueError, IndexError):  # no base64, or another message
        return _NOTHING
    if fare is None:
        return Token(flights, None, 0, None)
    currency = fare[3].decode()
    return Token(flights, _varint(fare[1]), fare[2][0] if fare[2] else 0, currency if currency in iso_codes() else None)


def _varint(data: bytes) -> int:
    value = 0
    for byte in reversed(data):
        value = value << 7 | byte & 0x7F
    return value


def _agrees(shown: float, token: Token) -> bool:
    """Whether a price shown is the amount of its token, rounded up to a whole unit or not at all."""
    amount = token.amount
    if amount is None or (token.decimals == 2 and 100 * (shown - 1) < amount <= 100 * shown):
        return True
    of_currency = decimals_of(token.currency) if token.currency else token.decimals
    if token.decimals == of_currency == 2:
        return False
    # Only seen with two decimals: of a yen or a dinar it is not known what a token writes, nor to what it is rounded.
    price = Decimal(repr(shown))
    written = {token.decimals, 2, of_currency}
    apart = [price - Decimal(amount).scaleb(-scale) for scale in written]
    return any(0 <= part < 1 or 1000 * abs(part) < price for part in apart)
