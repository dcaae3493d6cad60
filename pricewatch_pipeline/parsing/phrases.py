"""Finding any of many phrases in a text at once, whatever their case, accents and width of characters."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Generic, TypeVar

Meaning = TypeVar("Meaning")
_Trie = dict[str, "_Trie"]

_ACCENTS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u200e\u200f]")
_ALIKE = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "’": "'", "‐": " ", "–": " ", "\u200c": " "} | {
    "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647"
}  # fmt: skip
"""Letters that Unicode does not take apart into a letter and its accent; Arabic letters that are written either way; hyphens."""
_ANY_ALIKE = re.compile(f"[{''.join(_ALIKE)}]")
_ONE_FORM = str.maketrans("ıſς", "isσ")
_WORD = re.compile(r"\w+|[#+]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_KEY = 3
"""Letters of a stem by which it is looked up."""
_SHORT = 100
"""Characters of a text that is gone through word by word."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u3000-\u9fff\uac00-\ud7ff]")
"""Scripts that put no spaces between words, or join endings to them: Thai, Lao, Chinese, Japanese, Korean."""
_BETWEEN = re.compile(r"[|\n]")
_STEM = "*"
_NEVER = "(?!)"
_END = ""


def folded(text: str) -> str:
    """The text as it is compared: lower case, without accents, with single spaces for blanks and hyphens."""
    text = text.casefold()
    if not text.isascii():
        # Letters of mathematics and signs such as ™ become capitals only when they are taken apart.
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
        text = _ANY_ALIKE.sub(lambda match: _ALIKE[match[0]], text)
    return " ".join(text.replace("-", " ").split())


def caseless(text: str) -> str:
    """The text in lower case, its accents kept, with one form of each letter that has several: as `re.IGNORECASE` compares."""
    text = text.lower()
    return text if text.isascii() else text.translate(_ONE_FORM).replace("i\u0307", "i")


def numbered(text: str) -> str:
    """The text with `#` for each number, as phrases have it."""
    return _NUMBER.sub("#", text)


def as_written(text: str, plain: str) -> str:
    """A text with its capitals, by which currencies are told, at the places of its folded form; else that form, joined again."""
    source = text.strip()
    return source if len(source) == len(plain) else unicodedata.normalize("NFC", plain)


class Phrases(Generic[Meaning]):
    """Phrases and what they mean. Of two that begin at one place the longer is found.

    Args:
        meanings: the phrases of each meaning, parted by `|` and new lines; one that ends with `*` is a stem, which any
            letters may follow.
    """

    def __init__(self, meanings: Mapping[Meaning, str]) -> None:
        self._meanings: dict[str, Meaning] = {}
        self._firsts: set[str] = set()
        """The first words of phrases ..."""
        self._stems: set[str] = set()
        """... and the first letters of those that are stems."""
        tries: dict[bool | None, _Trie] = {True: {}, False: {}, None: {}}
        for meaning, phrases in meanings.items():
            for phrase in _BETWEEN.split(phrases):
                text = folded(phrase.strip().rstrip(_STEM))
                if not text:
                    continue
                self._meanings[text] = meaning
                is_unspaced = bool(_UNSPACED.search(text))
                is_stem = phrase.strip().endswith(_STEM)
                _add(tries[None if is_unspaced else is_stem], text)
                if not is_unspaced:
                    self._begin(_WORD.findall(text), is_stem=is_stem)
        whole, stems, unspaced = (f"({_expression(tries[kind]) or _NEVER})" for kind in (False, True, None))
        self._spaced = re.compile(rf"{whole}(?!\w)|{stems}\w*")
        self._unspaced = re.compile(unspaced)

    def find(self, text: str) -> list[tuple[int, int, Meaning]]:
        """(start, end, meaning) of each phrase in a text that is `folded` already."""
        found = []
        end = 0
        for start in self._starts_in(text):
            if start >= end and (hit := self._spaced.match(text, start)):
                end = hit.end()
                found.append(self._told(hit))
        if not text.isascii() and _UNSPACED.search(text):
            found += [self._told(hit) for hit in self._unspaced.finditer(text)]
        return found

    def first(self, text: str) -> Meaning | None:
        """What the first phrase in a folded text means."""
        return next((meaning for _, _, meaning in self.find(text)), None)

    def whole(self, text: str) -> Meaning | None:
        """What a folded text means that is one phrase and nothing more."""
        hit = self._spaced.fullmatch(text) or self._unspaced.fullmatch(text)
        return self._told(hit)[2] if hit else None

    def holds(self, text: str) -> bool:
        """Whether a folded text is one of the phrases as they are written."""
        return text in self._meanings

    def _begin(self, words: list[str], *, is_stem: bool) -> None:
        if is_stem and len(words) == 1:
            self._stems.add(words[0][:_KEY])
        else:
            self._firsts.add(words[0])

    def _starts_in(self, text: str) -> list[int]:
        """Where words stand that may begin a phrase. Of a long text each different word is looked up once: most begin none."""
        firsts, stems = self._firsts, self._stems
        if len(text) <= _SHORT:
            words = _WORD.finditer(text)
            return [word.start() for word in words if word[0] in firsts or word[0][:_KEY] in stems]
        tokens = text.replace("\0", " ").split(" ")
        likely = {token for token in set(tokens) if token in firsts or token[:_KEY] in stems or not token.isalnum()}
        starts: list[int] = []
        at = 0
        for token in tokens:
            if token in likely:
                found = _WORD.finditer(token)
                starts += [at + word.start() for word in found if word[0] in firsts or word[0][:_KEY] in stems]
            at += len(token) + 1
        return starts

    def _told(self, hit: re.Match[str]) -> tuple[int, int, Meaning]:
        return hit.start(), hit.end(), self._meanings[hit[hit.lastindex or 0]]


def _add(trie: _Trie, text: str) -> None:
    for letter in text:
        trie = trie.setdefault(letter, {})
    trie[_END] = {}


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
