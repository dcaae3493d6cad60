"""What a page's source says of where it sells: the currency its scripts name, the country of its address and locale."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from urllib.parse import urlsplit

from babel.core import Locale
from babel.languages import get_official_languages

from pricewatch_pipeline.parsing.currencies import currency_of_country, iso_code, locale_of

_CURRENCY_FIELD = re.compile(
    rb"""urrency[\w-]{0,12}(?:\\{0,3}["'])?\s{0,3}(?:content)?[:=,]\s{0,3}\\{0,3}["']?([A-Z]{3})(?![A-Za-z0-9_-])"""
)
_COUNTRY_FIELD = re.compile(
    rb"""ountry(?:_?[cC]ode)?(?:\\{0,3}["'])?\s{0,3}[:=]\s{0,3}\\{0,3}["']([A-Z]{2})\\{0,3}["']"""
)
_LOCALE = (
    rb"""(?:_?[cC]ode)?(?:\\{0,3}["'])?\s{0,3}(?:content)?[:=]\s{0,3}\\{0,3}["']([a-z]{2}[-_][A-Z]{2})\\{0,3}["']"""
)
# One pattern for each word: what begins with a fixed text is found ten times as fast.
_LOCALE_FIELDS = (re.compile(b"ocale" + _LOCALE), re.compile(b"anguage" + _LOCALE))
_MOST_FIELDS = 500
_SHARE = 0.7
"""Of what is said one way or another, for it to count; shops that sell everywhere list all currencies."""
_LOCALE_PART = re.compile(r"([a-z]{2})[-_]([a-z]{2})")
_COUNTRY_OF_PART = {"uk": "GB"}
_ENGLISH = Locale("en")
_NAMES = {"US": ("USA", "U.S.", "US only"), "GB": ("Great Britain", "England")}
_STATES = (
    rb"A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_ADDRESSES = {
    "US": re.compile(rb", ?(?:" + _STATES + rb"),? \d{5}(?![\d,.])"),
    "CA": re.compile(rb", ?[A-Z]{2},? [A-Z]\d[A-Z] ?\d[A-Z]\d\b"),
    "AU": re.compile(rb"(?:NSW|VIC|QLD|TAS|ACT),? \d{4}\b|\bABN:? \d{2} ?\d{3}"),
}


def currency_in_source(body: bytes) -> str | None:
    """The currency that fields called so name in scripts, attributes and markup; None when they name several or none."""
    found = (iso_code(match[1].decode()) for match in islice(_CURRENCY_FIELD.finditer(body), _MOST_FIELDS))
    return _prevailing(found)


def country_in_source(body: bytes) -> str | None:
    """The country that fields called so, or else the page's locale fields, name in scripts."""
    for patterns in ((_COUNTRY_FIELD,), _LOCALE_FIELDS):
        found = [match[1].decode()[-2:] for p in patterns for match in islice(p.finditer(body), _MOST_FIELDS)]
        if country := _prevailing(code for code in found if currency_of_country(code)):
            return country
    return None


def only_code_in(body: bytes, codes: Iterable[str]) -> str | None:
    """Of these currencies, the one whose code stands anywhere in the page; None when several do or none."""
    found = [code for code in codes if _times_in(body, code.encode())]
    return found[0] if len(found) == 1 else None


def names_any(body: bytes, codes: Iterable[str]) -> bool:
    """Whether the code of any of these currencies stands in the page by itself."""
    return any(_times_in(body, code.encode()) for code in codes)


def currency_of_named_country(body: bytes, codes: Iterable[str], language: str | None) -> str | None:
    """Of these currencies, that of the country which the page names or gives addresses in more than all others together.

    Only of countries that speak the page's language: `Cuba` and `Panama` may as well be products.
    """
    spoken = locale_of(language) if language else None
    counts = Counter[str]()
    for country, code in ((code[:2], code) for code in codes if spoken and spoken.language in _languages_of(code[:2])):
        names = {*_NAMES.get(country, ()), *(loc.territories.get(country, "") for loc in (_ENGLISH, spoken) if loc)}
        counts[code] = sum(_times_in(body, name.encode()) for name in names if name)
        if address := _ADDRESSES.get(country):
            counts[code] += sum(1 for _ in islice(address.finditer(body), _MOST_FIELDS))
    return _prevailing(counts.elements())


def _times_in(body: bytes, word: bytes) -> int:
    """How often a word stands in the page by itself."""
    if not body.count(word):
        return 0
    places = islice(re.finditer(re.escape(word) + rb"(?![A-Za-z0-9_])", body), _MOST_FIELDS)
    return sum(not re.match(rb"[A-Za-z0-9_]", body[max(0, m.start() - 1) : m.start()]) for m in places)


def country_of_address(url: str, language: str | None) -> str | None:
    """The country that an address names beside its top-level domain: `/en-us/`, `/us/en/`, `ar-sa.shop.com`, `/uk/`.

    A lone `/de/` may as well be a language, and counts only where the page is in a language of that country, but not of that name.
    """
    try:
        split = urlsplit(url)
    except ValueError:
        return None
    host, *path = [(split.hostname or "").partition(".")[0], *split.path.lower().split("/")[1:3]]
    for part in (*path, host):
        if (both := _LOCALE_PART.fullmatch(part)) and (country := _of_pair(both[1], both[2])):
            return country
    if len(path) == 2 and all(len(part) == 2 for part in path) and (country := _of_pair(*path)):
        return country
    spoken = (language or "").replace("_", "-").partition("-")[0].lower()
    for part in (*path[:1], host):
        country = _COUNTRY_OF_PART.get(part, part.upper())
        if len(part) == 2 and part != spoken and spoken in _languages_of(country):
            return country
    return None


def _of_pair(one: str, other: str) -> str | None:
    """The country of `en` and `us`, in any order."""
    for language, place in ((one, other), (other, one)):
        country = _COUNTRY_OF_PART.get(place, place.upper())
        is_known = locale_of(language) is not None and currency_of_country(country) is not None
        if is_known and (language in _languages_of(country) or (language == "en" and place == other)):
            return country
    return None


def _languages_of(country: str) -> tuple[str, ...]:
    return get_official_languages(country, regional=True, de_facto=True) if currency_of_country(country) else ()


def _prevailing(found: Iterable[str | None]) -> str | None:
    counts = Counter(value for value in found if value)
    if not counts:
        return None
    value, times = counts.most_common(1)[0]
    return value if times >= _SHARE * counts.total() else None
