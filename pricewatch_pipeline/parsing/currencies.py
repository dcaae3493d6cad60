"""Currencies: what a written mark may mean, which of its meanings holds, and how many decimals a currency has."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies, list_currencies

from pricewatch_pipeline.parsing.currency_words import MINOR_UNITS, OLD_CODES, SYMBOLS, USUAL, WORDS_TOO

_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_NO_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
# Two decimals by ISO 4217, none in any shop.
_WHOLE_IN_PRACTICE = _NO_DECIMALS | {"COP", "IDR", "IRR", "HUF", "ISK", "LBP", "MMK", "LAK"}
# Languages whose shops are, nearly always, in one country. English, Spanish, French, Portuguese and Arabic say nothing.
_COUNTRY_OF_LANGUAGE = {
    "ja": "JP",
    "ko": "KR",
    "sv": "SE",
    "da": "DK",
    "nb": "NO",
    "nn": "NO",
    "no": "NO",
    "is": "IS",
    "pl": "PL",
    "cs": "CZ",
    "hu": "HU",
    "tr": "TR",
    "uk": "UA",
    "vi": "VN",
    "th": "TH",
    "he": "IL",
    "bg": "BG",
    "ka": "GE",
    "kk": "KZ",
    "id": "ID",
}
_NOT_A_COUNTRY = frozenset({"ai", "cc", "co", "fm", "gg", "io", "ly", "me", "nu", "sh", "to", "tv", "ws"})
_COUNTRY_OF_TLD = {"uk": "GB", "su": "RU"}


@cache
def iso_codes() -> frozenset[str]:
    """Every ISO 4217 code, past ones too."""
    return frozenset(list_currencies())


def iso_code(text: str | None) -> str | None:
    """The ISO 4217 code that a page's currency field means: `eur`, `RUR` and an unambiguous `€` are understood."""
    if not text:
        return None
    word = text.strip()
    code = OLD_CODES.get(word.upper(), word.upper())
    if code in iso_codes():
        return code
    meanings = SYMBOLS.get(word, ())
    return meanings[0] if len(meanings) == 1 else None


def decimals_of(code: str) -> int:
    """Digits after the decimal mark: 0, 2 or 3."""
    return 3 if code in _THREE_DECIMALS else 0 if code in _NO_DECIMALS else 2


def has_whole_prices(code: str) -> bool:
    """Whether shops write this currency without decimals."""
    return code in _WHOLE_IN_PRACTICE


class _Marks:
    """Finds any of many words in a text; words only as whole words, digits may be glued to them.

    One pattern of a thousand words takes a millisecond a line; so words are looked for only where one of their first letters begins one.
    """

    def __init__(self, words: Iterable[str], flags: int = 0) -> None:
        starts: dict[str, set[str]] = {}
        for word in words:
            for start in {word[0], *((word[0].lower(), word[0].upper()) if flags else ())}:
                starts.setdefault(start, set()).add(word)
        self._by_start = {start: re.compile(_alternatives(group), flags) for start, group in starts.items()}
        letters = "".join(re.escape(start) for start in starts if start.isalpha())
        others = "".join(re.escape(start) for start in starts if not start.isalpha())
        self._start = re.compile(rf"(?<![^\W\d_])[{letters}]" + (f"|[{others}]" if others else ""))

    def find(self, text: str) -> list[re.Match[str]]:
        found = []
        start = self._start.search(text)
        while start is not None:
            mark = self._by_start[start[0]].match(text, start.start())
            if mark is not None:
                found.append(mark)
            start = self._start.search(text, mark.end() if mark is not None else start.end())
        return found


def _alternatives(words: Iterable[str]) -> str:
    """The longest first."""
    return "|".join(
        re.escape(word) + (r"(?![^\W\d_])" if word[-1].isalpha() else "")
        for word in sorted(words, key=lambda w: (-len(w), w))
    )


def _words() -> frozenset[str]:
    shown = {w for w in SYMBOLS if w.isascii() and w.isalpha() and len(w) > 2}
    return frozenset({*SYMBOLS, *(w.lower() for w in shown), *iso_codes(), *(c for c in OLD_CODES if len(c) == 3)})


_EXACT = _Marks(_words())
_LOOSE = _Marks(
    {
        *(w for w in SYMBOLS if len(w) > 2 and w[0].isalpha()),
        *("kr", "kč", "zł", "zl", "rs", "rs.", "tl", "лв", "тг"),
        *(iso_codes() - WORDS_TOO),
    },
    re.IGNORECASE,
)
_FOLDED = {word.casefold(): meanings for word, meanings in reversed(SYMBOLS.items())}


def meanings_of(written: str) -> tuple[str, ...]:
    """What a symbol, word or code may stand for; empty when it is none."""
    if meanings := SYMBOLS.get(written):
        return meanings
    code = OLD_CODES.get(written.upper(), written.upper())
    if code in iso_codes():
        return (code,)
    return _FOLDED.get(written.casefold(), ())


def meanings_of_minor(written: str) -> tuple[str, ...]:
    """What the whole is when this names its hundredths: `¢`, `p`, `коп`."""
    return MINOR_UNITS.get(written.casefold().rstrip("."), ())


def find_currencies(text: str) -> list[re.Match[str]]:
    """Currency marks in a text, left to right; case does not matter where exact case finds none."""
    return _EXACT.find(text) or _LOOSE.find(text)


def resolve(meanings: tuple[str, ...], *, written: str, hint: str | None, country: str | None) -> str | None:
    """One currency out of what a mark may mean; None when neither hint nor country settles it. `$` alone is never USD."""
    if len(meanings) == 1:
        return meanings[0]
    if hint in meanings:
        return hint
    if country and (local := currency_of_country(country)) in meanings:
        return local
    return USUAL.get(written.lower())


@lru_cache(maxsize=512)
def currency_of_country(country: str) -> str | None:
    """The currency a country pays in today."""
    try:
        current = get_territory_currencies(country)
    except (KeyError, ValueError):
        return None
    return current[0] if current else None


def country_of_locale(hint: str | None) -> str | None:
    """`DE` for `de-DE`, `de_AT@...`, `shop.de` or `ja`; None when the hint names no country."""
    if not hint:
        return None
    if "." in hint:
        return country_of_host(hint)
    locale = locale_of(hint)
    if locale is None:
        return None
    return locale.territory or _COUNTRY_OF_LANGUAGE.get(locale.language)


def country_of_host(host: str) -> str | None:
    """The country of a host's top-level domain, where that is a country used as one."""
    tld = host.rstrip(".").rpartition(".")[2].lower()
    if len(tld) != 2 or not tld.isalpha() or tld in _NOT_A_COUNTRY:
        return None
    country = _COUNTRY_OF_TLD.get(tld, tld.upper())
    return country if currency_of_country(country) else None


@lru_cache(maxsize=512)
def locale_of(hint: str) -> Locale | None:
    """The locale of `de-DE`, `de_AT`, `de` or a host such as `shop.de`; None when unknown."""
    if "." in hint:
        country = country_of_host(hint)
        hint = f"und_{country}" if country else ""
    parts = hint.replace("-", "_").split("_")
    for tag in ("_".join(parts), "_".join(parts[:2]), parts[0]):
        try:
            return Locale.parse(tag, resolve_likely_subtags="_" in tag)
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None
