"""Finding any of many phrases in a text at once, whatever their case, accents and width of characters."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

Meaning = TypeVar("Meaning")
_Trie = dict[str, "_Trie"]

_ACCENTS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f]")
_ALIKE = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "’": "'", "\u200c": " ", "\u200f": "", "\u200e": ""}
    | {"\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647"}
)
"""Letters that Unicode does not take apart into a letter and its accent; Arabic letters that are written either way."""
_SPACES = re.compile(r"[\s\-‐‑–]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u3000-\u9fff\uac00-\ud7ff]")
"""Scripts that put no spaces between words, or join endings to them: Thai, Lao, Chinese, Japanese, Korean."""
_BETWEEN = re.compile(r"[|\n]")
_STEM = "*"
_END = ""


def folded(text: str) -> str:
    """The text as it is compared: lower case, without accents, with single spaces for blanks and hyphens."""
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_ALIKE)
    return _SPACES.sub(" ", text.lower()).strip()


class Phrases(Generic[Meaning]):
    """Phrases and what they mean. Of two that begin at one place the longer is found.

    Args:
        meanings: the phrases of each meaning, parted by `|` and new lines; one that ends with `*` is a stem, which any
            letters may follow.
    """

    def __init__(self, meanings: Mapping[Meaning, str]) -> None:
        self._meanings: dict[str, Meaning] = {}
        tries: dict[tuple[bool, bool], _Trie] = {}
        for meaning, phrases in meanings.items():
            for phrase in _BETWEEN.split(phrases):
                text = folded(phrase.strip().rstrip(_STEM))
                if text:
                    self._meanings[text] = meaning
                    kind = (bool(_UNSPACED.search(text)), phrase.strip().endswith(_STEM))
                    _add(tries.setdefault(kind, {}), text)
        self._pattern = re.compile(
            "|".join(_alternative(*kind, trie) for kind, trie in sorted(tries.items(), key=_kind))
        )

    def find(self, text: str) -> Iterator[tuple[int, int, Meaning]]:
        """(start, end, meaning) of each phrase in a text that is `folded` already; they do not overlap."""
        for match in self._pattern.finditer(text):
            yield match.start(), match.end(), self._meanings[match[match.lastindex or 0]]

    def first(self, text: str) -> Meaning | None:
        """What the first phrase in a folded text means."""
        return next((meaning for _, _, meaning in self.find(text)), None)

    def whole(self, text: str) -> Meaning | None:
        """What a folded text means that is one phrase and nothing more."""
        match = self._pattern.fullmatch(text)
        return self._meanings[match[match.lastindex or 0]] if match else None


def _add(trie: _Trie, text: str) -> None:
    for letter in text:
        trie = trie.setdefault(letter, {})
    trie[_END] = {}


def _kind(item: tuple[tuple[bool, bool], _Trie]) -> tuple[bool, bool]:
    return item[0]


def _alternative(is_unspaced: bool, is_stem: bool, trie: _Trie) -> str:
    inner = f"({_expression(trie)})"
    if is_unspaced:
        return inner
    return rf"(?<!\w){inner}\w*" if is_stem else rf"(?<!\w){inner}(?!\w)"


def _expression(trie: _Trie) -> str:
    """A regular expression for the words of a trie, which reads each letter once."""
    text = ""
    while len(trie) == 1 and _END not in trie:
        letter, trie = next(iter(trie.items()))
        text += re.escape(letter)
    branches = [re.escape(letter) + _expression(rest) for letter, rest in trie.items() if letter != _END]
    if not branches:
        return text
    return f"{text}(?:{'|'.join(branches)}){'?' if _END in trie else ''}"
