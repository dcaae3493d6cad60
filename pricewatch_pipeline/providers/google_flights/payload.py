"""Where the data of a search stand in bytes: in the script `ds:1` of a page, in the chunks of a response, or bare.

Bytes are searched: no HTML parser is needed, for what is looked for is a literal of one script.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

Json = Any
"""What JSON can say. Every position of it is checked for its type before it is believed."""

_CALLBACK = b"AF_initDataCallback("
_HEAD = re.compile(rb"""AF_initDataCallback\(\s*\{[^\[\]{}]{0,100}?["']?\bkey["']?\s*:\s*["']ds:1["']""")
_DATA = re.compile(rb"""["']?\bdata["']?\s*:\s*(?:function\s*\(\)\s*\{\s*return\s*)?(?=[\[{])""")
_DATA_WITHIN = 300
"""Bytes after the key in which the data begin: a hash, and whether it is an error."""
_FAILED = re.compile(rb"(?:errorHasStatus|isError)\s*:\s*true")
_AFTER_DATA = 200
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")
_PREFIX = b")]}'"
_ENVELOPE = "wrb.fr"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MOST_SCRIPTS, _MOST_CALLBACKS = 5, 1_000
_MOST_CHUNKS = 10_000
_MOST_SLOW = 50
"""Values that are read the slow way, which looks at all that is left."""


class Unread(ValueError):
    """Something else stands where a fact should be: says what was not found, and where."""


@dataclass(frozen=True, kw_only=True)
class Payloads:
    """What was found in the bytes of one answer."""

    values: tuple[Json, ...] = ()
    """One of a page, one per chunk of a response."""
    errors: tuple[str, ...] = ()
    """What stood where data should be, and could not be read or is the report of an error."""
    calls: tuple[str, ...] = field(default=())
    """Ids of remote calls that the chunks answer, where they are named."""


def find_payloads(body: bytes) -> Payloads:
    """The data in a page, a script, a response or a file with nothing else; none at all is an answer too."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            body = body.decode(encoding, errors="replace").encode()
    scripts = _scripts(body)
    if scripts:
        return _of_scripts(body, scripts)
    start = body[:64].lstrip()
    if start.startswith((_PREFIX, b"[")):
        return _of_response(body)
    return Payloads()


def _scripts(body: bytes) -> list[int]:
    """Where the heads of the scripts end that hold the data."""
    ends: list[int] = []
    at = body.find(_CALLBACK)
    for _ in range(_MOST_CALLBACKS):
        if at < 0 or len(ends) == _MOST_SCRIPTS:
            break
        if head := _HEAD.match(body, at):
            ends.append(head.end())
        at = body.find(_CALLBACK, at + 1)
    return ends


def _of_scripts(body: bytes, scripts: list[int]) -> Payloads:
    """Of several scripts of this name (a page saved together with another), all that can be read."""
    values, errors = [], []
    for head in scripts:
        opens = _DATA.search(body, head, head + _DATA_WITHIN)
        if opens is None:
            errors.append("the script ds:1 holds no data")
            continue
        # One byte is found many times faster than several, and in these scripts a "<" is mostly escaped.
        tag = body.find(b"<", opens.end())
        closes = body.find(b"</script", tag) if tag >= 0 else -1
        script = body[opens.end() : closes if closes >= 0 else len(body)]
        value = _value_of(script)
        if _FAILED.search(body, head, opens.end()) or _FAILED.search(script[-_AFTER_DATA:]):
            errors.append(f"the script ds:1 reports an error in place of a list{_status(value)}")
        elif value is None:
            errors.append("the data of the script ds:1 cannot be read as JSON: they are cut off, or of another form")
        else:
            values.append(value)
    return Payloads(values=tuple(values), errors=tuple(errors))


def _value_of(script: bytes) -> Json:
    """The value a script begins with; None where it is no JSON."""
    end = script.rfind(b"sideChannel")
    last = script.rfind(b"]", 0, end if end >= 0 else len(script))
    try:
        return orjson.loads(script[: last + 1])
    except orjson.JSONDecodeError:
        pass
    if b"\\x" in script:  # JavaScript's escapes, which JSON does not know
        script = _ESCAPED.sub(rb"\\u00\1", script)
    return _first_value(script)[0]


def _status(value: Json) -> str:
    code = next((part for part in value if type(part) is int), None) if isinstance(value, list) else None
    return "" if code is None else f" (status {code})"


def _first_value(text: bytes) -> tuple[Json, int]:
    """The value a text begins with, and where it ends in bytes; None and 0 where there is none. The slow way."""
    decoded = text.decode("utf-8", errors="replace")
    try:
        value, end = json.JSONDecoder().raw_decode(decoded)
    except (ValueError, RecursionError):
        return None, 0
    return value, len(decoded[:end].encode())


def _of_response(body: bytes) -> Payloads:
    values: list[Json] = []
    errors: list[str] = []
    calls: list[str] = []
    for value in islice(_wire_values(body.strip().removeprefix(_PREFIX).lstrip(), errors), _MOST_CHUNKS):
        if not _is_envelope(value):
            values.append(value)
            continue
        for row in value:
            if not (isinstance(row, list) and len(row) > 2 and row[0] == _ENVELOPE):
                continue
            if isinstance(row[1], str):
                calls.append(row[1])
            if isinstance(row[2], str):
                _add_inner(row[2], values, errors)
            else:
                errors.append(f"the response reports an error in place of data{_error_of(row)}")
    return Payloads(values=tuple(values), errors=tuple(errors), calls=tuple(calls))


def _add_inner(text: str, values: list[Json], errors: list[str]) -> None:
    try:
        values.append(orjson.loads(text))
    except orjson.JSONDecodeError:
        errors.append("a chunk of the response cannot be read as JSON")


def _error_of(row: list[Json]) -> str:
    code = row[5] if len(row) > 5 else None
    return f" (error {code[0]})" if isinstance(code, list) and code and type(code[0]) is int else ""


def _is_envelope(value: Json) -> bool:
    """Whether a value is a chunk as it goes over the wire: rows that begin with a word."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, list) and row and isinstance(row[0], str) for row in value)
        and any(len(row[0]) <= len(_ENVELOPE) + 6 for row in value)
    )


def _wire_values(text: bytes, errors: list[str]) -> Iterator[Json]:
    """Every value of a response: chunks with their lengths on lines between them, or one value on one line or many."""
    if text.startswith(b"["):
        try:
            yield orjson.loads(text)
            return
        except orjson.JSONDecodeError:
            pass
    at = slow = 0
    while at < len(text):
        ends = text.find(b"\n", at)
        ends = ends if ends >= 0 else len(text)
        line = text[at:ends].strip()
        if not line or line.isdigit():
            at = ends + 1
            continue
        try:
            yield orjson.loads(line)
            at = ends + 1
        except orjson.JSONDecodeError:
            slow += 1
            value, size = _first_value(text[at:]) if slow <= _MOST_SLOW else (None, 0)
            if not size:
                errors.append("a part of the response cannot be read as JSON: it is cut off, or of another form")
                return
            yield value
            at += size
