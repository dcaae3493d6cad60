"""JSON inside a page's scripts: decoding it leniently, and paths into it."""

import html
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.parsing.broken_json import salvage
from pricewatch_pipeline.parsing.documents import Document

Json = Any

LONGEST_BLOCK = 5_000_000
LONGEST_REPAIR = 200_000
"""Characters of a broken block that are looked at; a whole one is decoded fifty times as fast."""
MOST_BLOCKS = 1_000
MOST_NODES = 200_000

_WRAPPING = re.compile(
    r"/\*\s*<!\[CDATA\[\s*\*/|/\*\s*\]\]>\s*\*/|//\s*<!\[CDATA\[|//\s*\]\]>|<!\[CDATA\[|\]\]>|^\s*<!--|-->\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_BETWEEN = re.compile(r"[\s,;]*")
_ASSIGNMENT = re.compile(r"(?:\bvar|\blet|\bconst|\bwindow|\bself)[.\s][\w.$\[\]\"' ]{1,80}=\s*(?=[{\[])")
_PATH_PART = re.compile(
    r"\.\.(?P<deep>[\w@$-]+)|\.(?P<key>[\w@$-]+|\*)|\[(?:'(?P<quoted>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<index>-?\d{1,6})|(?P<all>\*))\]"
)


def _number(text: str) -> Decimal | str:
    return Decimal(text) if len(text) <= 40 and "e" not in text.lower() else text


_decoder = json.JSONDecoder(
    strict=False, parse_float=_number, parse_int=lambda t: int(t) if len(t) <= 40 else t, parse_constant=lambda _: None
)


def decode(text: str) -> list[Json]:
    """Every JSON value in a script, also when wrapped in comments or CDATA, broken, cut off, or several in a row."""
    if len(text) > LONGEST_BLOCK:
        return []
    values, is_whole = _values(text)
    if is_whole:
        return values
    cleaned = _cleaned(text)
    for candidate in (cleaned, html.unescape(cleaned)) if "&" in cleaned else (cleaned,):
        found, is_whole = _values(candidate)
        if is_whole:
            return found
        if "&quot;" in candidate and '"' not in candidate:  # unescaped in the next turn
            continue
        saved = salvage(candidate[:LONGEST_REPAIR], number_or_text)
        if len(saved) >= len(values):
            return saved
    return values


def number_or_text(text: str) -> Decimal | int | str:
    """A number's digits as a number; those of a monstrous one as they are."""
    return int(text) if text.lstrip("-").isdigit() else _number(text)


def raw_decode(text: str, position: int) -> tuple[Json, int]:
    """(the JSON value that starts here, where it ends).

    Raises:
        ValueError: there is none.
        RecursionError: it is nested too deeply.
    """
    value, end = _decoder.raw_decode(text, position)
    return value, end


def _cleaned(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", _WRAPPING.sub("", text))


def _values(text: str) -> tuple[list[Json], bool]:
    """(the values read, whether they are all that the text holds)."""
    values: list[Json] = []
    between = _BETWEEN.match(text)
    position = between.end() if between else 0
    while position < len(text) and len(values) < MOST_BLOCKS:
        try:
            value, position = _decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return values, False
        values.append(value)
        between = _BETWEEN.match(text, position)
        position = between.end() if between else len(text)
    return values, True


def json_ld(document: Document) -> list[Json]:
    """The values of every `application/ld+json` script."""
    blocks = [script for kind, script in document.json_scripts if "ld" in kind][:MOST_BLOCKS]
    return [value for script in blocks for value in decode(script.text())]


def everything(document: Document) -> Iterator[Json]:
    """Every JSON value a page embeds: linked data, state scripts, and objects assigned to variables."""
    yield from json_ld(document)
    for kind, script in document.json_scripts[:MOST_BLOCKS]:
        if "ld" not in kind:
            yield from decode(script.text())
    for script in document.plain_scripts[:MOST_BLOCKS]:
        yield from _assigned(script.text())


def _assigned(text: str) -> Iterator[Json]:
    if len(text) > LONGEST_BLOCK:
        return
    for count, match in enumerate(_ASSIGNMENT.finditer(text)):
        if count >= 50:
            return
        try:
            yield _decoder.raw_decode(text, match.end())[0]
        except (ValueError, RecursionError):
            continue


def parse_path(path: str) -> list[tuple[str, str | int]]:
    """`$.offers[0].price`, `$..price`, `$['a b'].*` as steps.

    Raises:
        UnsafePattern: the path is not of that form.
    """
    text = path.strip().removeprefix("$")
    if text and text[0] not in ".[":
        text = "." + text
    steps: list[tuple[str, str | int]] = []
    position = 0
    while position < len(text):
        match = _PATH_PART.match(text, position)
        if match is None or len(steps) >= 30:
            raise UnsafePattern(
                f"json:{path}: not a path at {text[position : position + 20]!r}; write it as $.offers[0].price"
            )
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "index":
            steps.append(("index", int(value)))
        elif value == "*":
            steps.append(("all", ""))
        else:
            steps.append(("deep" if kind == "deep" else "key", value))
        position = match.end()
    if sum(kind == "deep" for kind, _ in steps) > 2:
        raise UnsafePattern(f"json:{path}: searches everything more than twice; name the keys between")
    if not steps:
        raise UnsafePattern(f"json:{path}: the path is empty; write it as $.offers[0].price")
    return steps


def find(value: Json, steps: list[tuple[str, str | int]]) -> Iterator[Json]:
    """Values at a path."""
    current = [value]
    for kind, key in steps:
        found = (found for item in current for found in _step(item, kind, key))
        # One object is reached on many ways by `..`; once is enough.
        current = list({id(item): item for item in islice(found, MOST_NODES)}.values())
    yield from current


def _step(item: Json, kind: str, key: str | int) -> Iterator[Json]:
    match item, kind:
        case dict(), "key" if key in item:
            yield item[key]
        case list(), "index" if isinstance(key, int) and -len(item) <= key < len(item):
            yield item[key]
        case dict(), "all":
            yield from item.values()
        case list(), "all":
            yield from item
        case _, "deep":
            yield from (node[key] for node in nodes(item) if isinstance(node, dict) and key in node)


def nodes(value: Json) -> Iterator[Json]:
    """Every object and array inside a value, itself first, in document order; bounded."""
    stack = [value]
    for _ in range(MOST_NODES):
        if not stack:
            return
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(child for child in reversed(list(node.values())) if isinstance(child, dict | list))
        elif isinstance(node, list):
            yield node
            stack.extend(child for child in reversed(node) if isinstance(child, dict | list))
