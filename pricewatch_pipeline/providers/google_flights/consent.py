"""The answer to Google's page for consent: a cookie that says that the visitor was asked. Pure."""

import base64
from datetime import datetime

COOKIE = "SOCS"
_ALL_ACCEPTED = 2


def consent_header(*, language: str, at: datetime) -> str:
    """A `Cookie` header that answers the page, as its button does at this instant.

    The message, as browsers were seen to send it: {1: what was answered, 2: {1: 1, 2: the notice that was shown, 3: its
    language, 4: 1}, 3: {1: when}}. Written by hand: it is five fields that no query knows.
    """
    notice = f"gws_{at:%Y%m%d}-0_RC2"
    shown = _number(1, 1) + _text(2, notice.encode()) + _text(3, language.encode()) + _number(4, 1)
    when = _number(1, int(at.timestamp()))
    message = _number(1, _ALL_ACCEPTED) + _text(2, shown) + _text(3, when)
    return f"{COOKIE}={base64.urlsafe_b64encode(message).rstrip(b'=').decode()}"


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
