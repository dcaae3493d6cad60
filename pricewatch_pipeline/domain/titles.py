"""Whether two titles may be of one product. Pure; lenient, for shops retouch their titles all the time."""

import re
import unicodedata

_SMALLEST_OVERLAP = 0.34
"""Share of the words of the shorter title that the other one must have."""
_PARTS = re.compile(r"\s+[|\-–—·•»«:/]+\s+|\s*\|\s*|:\s")
_WORD = re.compile(r"\w+")
# Written without spaces between words: Thai, Lao, Khmer, Burmese; kana, Han, Hangul.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def may_be_same(one: str | None, other: str | None) -> bool:
    """Whether these may be titles of one product. A title that is missing, or says nothing, may be anything's.

    What both have after a separator, such as the shop's name, says nothing; nor do case, accents, order and prices.
    """
    parts, other_parts = _parts(one or ""), _parts(other or "")
    shared = set(parts) & set(other_parts)
    if (
        shared
        and (own := [p for p in parts if p not in shared])
        and (its := [p for p in other_parts if p not in shared])
    ):
        parts, other_parts = own, its
    words, other_words = _words(parts), _words(other_parts)
    if not words or not other_words:
        return True
    return len(words & other_words) / min(len(words), len(other_words)) >= _SMALLEST_OVERLAP


def _parts(title: str) -> list[str]:
    return [part for each in _PARTS.split(_plain(title)) if (part := each.strip())]


def _plain(title: str) -> str:
    decomposed = unicodedata.normalize("NFKD", title.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def _words(parts: list[str]) -> set[str]:
    """Words; pairs of characters where words are not set apart. Numbers alone are left out: they may be prices."""
    found: set[str] = set()
    for word in (word for part in parts for word in _WORD.findall(part)):
        if _UNSPACED.search(word) and len(word) > 1:
            found |= {word[i : i + 2] for i in range(len(word) - 1)}
        elif not word.isnumeric():
            found.add(word)
    return found
