"""Values inside a page's scripts: JSON and JavaScript literals that hold a price, wherever a script puts them.

No script runs. Only scripts with a price's name before a digit are decoded, and of them only the literals that hold it.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator

import chompjs

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.embedded_json import Json, raw_decode

LONGEST_SCRIPT = 2_000_000
MOST_SCRIPTS = 500
MOST_LITERALS = 200
"""Of one script that are decoded."""

_LONGEST_LITERAL = 20_000
"""Characters of a literal that is not JSON."""
_MOST_CHARACTERS = 4_000_000
"""Of all scripts of a page that are looked through."""
_MOST_WORK = 3_000_000
"""Characters read in vain, for what begins like a literal and is none."""
_DEEPEST_STRINGS = 2
"""Strings within strings that are decoded: data that was quoted to be handed to a function."""
_PRICED = re.compile(
    r"""rices?(?:[A-Z_-]\w{0,30})?(?P<escape>\\{0,3})["']?\s{0,9}[:=]\s{0,9}(?:\[\s{0,9})?"""
    r"""(?:\{|(?:\\{0,3}["'])?[^\w\s,;{}"']{0,4}\s?(?:[A-Z]{2,3}\s?)?\d)"""
)
_START = re.compile(r"[{\[](?=\s{0,200}(?:[\"'\w$\[{]|/[*/]))")
_BEFORE_LITERALS = frozenset("=(,:[?|&'`")
"""What stands before a literal; a block of code follows `)` or a word."""
_QUOTED = re.compile(r"""[(,=:\[]\s{0,20}(?=(["'])[^"'\n]{0,200}\\{1,3}["'])""")
# A string's end is optional: looked for again from every quote of one that has none, the time would be quadratic.
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\.)*`?)|(?P<open>[{\[(])|(?P<close>[}\])])|//[^\n]*|/\*(?:[^*]|\*(?!/))*""",
    re.DOTALL,
)
_CALLED = re.compile(r"\(function\(([\w$, ]{0,20000})\)\s?\{\s?return\s?(?=\{)")
_NAMES = re.compile(r"""("(?:[^"\\]|\\.)*")|(?<=[:,\[])([A-Za-z_$][\w$]*)(?=[,}\]])""")


def script_values(document: Document) -> Iterator[tuple[str, Json]]:
    """(place, value) of every literal in the page's scripts that holds a price."""
    scripts = [node for kind, node in document.json_scripts if "ld" not in kind] + document.plain_scripts
    budget, work = _MOST_CHARACTERS, _Work()
    for number, node in enumerate(scripts[:MOST_SCRIPTS]):
        text = node.text()
        budget -= len(text)
        if budget < 0:
            return
        if "rice" in text and len(text) <= LONGEST_SCRIPT:
            name = node.attributes.get("id") or f"script[{number}]"
            for count, value in enumerate(literals(text, work)):
                yield f"{name[:60]}#{count}", value


class _Work:
    """What is left of a page's share."""

    def __init__(self) -> None:
        self.left = _MOST_WORK


def literals(text: str, work: _Work | None = None, depth: int = 0) -> Iterator[Json]:
    """The outermost literals of a script that hold a price; of those in quoted strings, the ones inside."""
    work = work or _Work()
    if (called := _CALLED.search(text)) and (value := _returned(text, called)) is not None:
        yield value
        return
    named = list(_PRICED.finditer(text))
    prices = [match.start() for match in named]
    if not prices:
        return
    position = tried = 0
    for match in _START.finditer(text):
        start = match.start()
        if start < position or not _is_literal(text, start):
            continue
        nearest = bisect_left(prices, start)
        if nearest == len(prices) or tried >= MOST_LITERALS or work.left < 0:
            break
        tried += 1
        value, end = _literal(text, start, prices[nearest], work)
        if value is not None and prices[nearest] < end:
            yield value
        position = max(position, end)
    if depth < _DEEPEST_STRINGS and any(match["escape"] for match in named):
        yield from _in_strings(text, work, depth)


def _is_literal(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start].rstrip()
    return not before or before[-1] in _BEFORE_LITERALS or before.endswith("return")


def _literal(text: str, start: int, price: int, work: _Work) -> tuple[Json, int]:
    """(value, where it ends) of the literal that starts here; no value where it is none, or does not hold the price."""
    try:
        return raw_decode(text, start)
    except json.JSONDecodeError as error:
        work.left -= error.pos - start
    except RecursionError:
        work.left -= _LONGEST_LITERAL
    if price > start + _LONGEST_LITERAL:
        return None, 0
    end = _end_of(text, start)
    work.left -= (end or start + _LONGEST_LITERAL) - start
    if price >= end:
        return None, end
    try:
        return _of_javascript(text[start:end]), end
    except (ValueError, RecursionError):
        return None, 0


def _of_javascript(text: str) -> Json:
    """A JavaScript literal; what JSON cannot say, such as a call, comes as its text.

    Raises:
        ValueError: it is none.
        RecursionError: it is nested too deeply.
    """
    return chompjs.parse_js_object(text, loader=lambda told: raw_decode(told, 0)[0])


def _end_of(text: str, start: int) -> int:
    """Behind the bracket that closes the one here; 0 when it is too far away."""
    depth = 0
    for match in _TOKEN.finditer(text, start, start + _LONGEST_LITERAL):
        if match["open"]:
            depth += 1
        elif match["close"]:
            depth -= 1
            if depth <= 0:
                return match.end()
    return 0


def _in_strings(text: str, work: _Work, depth: int) -> Iterator[Json]:
    """Values in strings that hold quoted data, such as `JSON.parse("{\\"price\\": 5}")`."""
    position = 0
    for count, match in enumerate(_QUOTED.finditer(text)):
        if count >= MOST_LITERALS or work.left < 0:
            return
        if match.end() < position:
            continue
        try:
            if match[1] == '"':
                inner, position = raw_decode(text, match.end())
            else:
                end = text.index("'", match.end() + 1)
                inner, position = (
                    json.loads('"' + text[match.end() + 1 : end].replace("\\'", "'") + '"', strict=False),
                    end,
                )
        except (ValueError, RecursionError):
            continue
        if isinstance(inner, str) and "rice" in inner:
            yield from literals(inner, work, depth + 1)


def _returned(text: str, called: re.Match[str]) -> Json:
    """What `(function(a,b){return {...}}("x",1))` returns: the object, with the arguments where their names stand."""
    end = text.rfind("}(", called.end())
    arguments = text[end + 2 : max(_end_of(text, end + 1) - 1, 0)]
    try:
        values = _of_javascript(f"[{arguments}]")
        given = {n.strip(): _written(v) for n, v in zip(called[1].split(","), values, strict=False)}
        told = _NAMES.sub(lambda m: m[1] or given.get(m[2], m[2]), text[called.end() : end + 1])
        return _of_javascript(told)
    except (ValueError, RecursionError):
        return None


def _written(value: Json) -> str:
    """A scalar as JSON; what is long or no scalar is left out."""
    if isinstance(value, str):
        return json.dumps(value) if len(value) <= 200 else "null"
    return "null" if value is None or isinstance(value, dict | list) else str(value).lower()
