"""What can be saved of JSON that is none: stray quotes, missing commas and braces, comments, words that JSON does not know.

One pass from left to right, so that its time is linear in the text. It builds values directly: what was read before the text
became unreadable, or ended, stays.
"""

import re
from collections.abc import Callable
from typing import Any

DEEPEST = 200
"""Levels of nesting; what lies deeper is left out."""
MOST_TOKENS = 100_000

_TOKEN = re.compile(
    r"(?P<skip>[\s:;]+|//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?|<!--|-->|<!\[CDATA\[|\]\]>)"
    r"|(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|(?P<quote>[\"'“”„])|(?P<word>[^\s:,{}\[\]\"'“”„;]+)|(?P<other>.)",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{0,30})?")
_WORDS: dict[str, Any] = {"true": True, "false": False}
_NOTHING = frozenset({"null", "none", "nan", "undefined", "infinity", "-infinity"})
_CURLY = re.compile(r"[“”\\]")
_CLOSERS = {'"': re.compile(r'["\\]'), "'": re.compile(r"['\\]"), "“": _CURLY, "”": _CURLY, "„": _CURLY}
_AFTER_KEY = re.compile(r"\s*:")
# A quote ends a value where what follows can only stand after one: the next key, the next item, the end of what it is in.
_KEY = r"[\"'“”]?[@\w$-][\w@:.$ -]{0,60}[\"'“”]?\s*:"
_AFTER_VALUE = re.compile(
    rf"\s*(?:,\s*(?:{_KEY}|[}}\]]|//|/\*|$)|}}\s*(?:[,}}\]]|//|/\*|;|<|$)|\][,}}\]\s]|$)|[ \t\r]{{0,99}}\n\s{{0,99}}{_KEY}"
)
_AFTER_ITEM = re.compile(r"\s*(?:,\s*(?:[\"'“”{\[\d\]]|true|false|null|$)|\]|$)")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class _Builder:
    """The values under construction: open containers, and for objects the key that waits for its value."""

    def __init__(self) -> None:
        self.roots: list[Any] = []
        self._open: list[Any] = []
        self._keys: list[str | None] = []

    @property
    def is_in_array(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], list)

    @property
    def wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], dict) and self._keys[-1] is None

    @property
    def is_too_deep(self) -> bool:
        return len(self._open) >= DEEPEST

    def open(self, container: Any) -> None:
        self.add(container)
        self._open.append(container)
        self._keys.append(None)

    def close(self, kind: type) -> None:
        """Ends the innermost container of that kind; those inside it were never ended."""
        for depth in range(len(self._open) - 1, -1, -1):
            if isinstance(self._open[depth], kind):
                del self._open[depth:], self._keys[depth:]
                return

    def comma(self) -> None:
        if self._open:
            self._keys[-1] = None

    def add(self, value: Any) -> None:
        if not self._open:
            if isinstance(value, dict | list):
                self.roots.append(value)
        elif self.is_in_array:
            self._open[-1].append(value)
        elif self._keys[-1] is not None:
            self._open[-1][self._keys[-1]] = value
            self._keys[-1] = None
        elif isinstance(value, str):
            self._keys[-1] = value


def salvage(text: str, number: Callable[[str], Any]) -> list[Any]:
    """The objects and arrays in a text that was meant to be JSON.

    Args:
        text: as found, comments and wrappings included.
        number: makes a value of a number's digits.
    """
    builder = _Builder()
    position = 0
    for _ in range(MOST_TOKENS):
        match = _TOKEN.match(text, position)
        if match is None:
            break
        kind, found, position = match.lastgroup, match[0], match.end()
        if kind == "open":
            if builder.is_too_deep:
                break
            builder.open({} if found == "{" else [])
        elif kind == "close":
            builder.close(dict if found == "}" else list)
        elif kind == "comma":
            builder.comma()
        elif kind == "quote":
            end = _end_of_string(text, position, _CLOSERS[found], builder)
            if end == len(text):  # `"price": "12.`: what is cut off in the middle is no value
                break
            builder.add(_unescaped(text[position:end]))
            position = end + 1
        elif kind == "word" and position < len(text):
            builder.add(_meaning(found, number, is_key=builder.wants_key))
    return builder.roots


def _end_of_string(text: str, start: int, closers: re.Pattern[str], builder: _Builder) -> int:
    """Where a string ends: at the first of its quotes that makes sense of what follows; else the text's end."""
    follows = _AFTER_KEY if builder.wants_key else _AFTER_ITEM if builder.is_in_array else _AFTER_VALUE
    position = start
    while match := closers.search(text, position):
        if match[0] != "\\" and follows.match(text, match.end()):
            return match.start()
        position = match.end() + (match[0] == "\\")
    return len(text)


def _meaning(word: str, number: Callable[[str], Any], *, is_key: bool) -> Any:
    if is_key:
        return word
    lowered = word.lower()
    if lowered in _NOTHING:
        return None
    if lowered in _WORDS:
        return _WORDS[lowered]
    return number(word) if _NUMBER.fullmatch(word) else word


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _ESCAPED.get(m[1], m[1]), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
