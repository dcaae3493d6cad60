"""Currencies: the symbols and words shops write, what each may mean, and how many decimals a currency has."""

import re
from functools import cache, lru_cache

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies, list_currencies

_DOLLARS = (
    "USD",
    "CAD",
    "AUD",
    "NZD",
    "SGD",
    "HKD",
    "TWD",
    "MXN",
    "ARS",
    "CLP",
    "COP",
    "UYU",
    "BRL",
    "JMD",
    "TTD",
    "NAD",
)
_KRONER = ("SEK", "NOK", "DKK", "ISK")
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR", "SCR")
_RIALS = ("SAR", "QAR", "OMR", "YER", "IRR")
_DINARS = ("KWD", "BHD", "JOD", "IQD", "LYD", "TND", "DZD", "RSD")

SYMBOLS: dict[str, tuple[str, ...]] = {
    "$": _DOLLARS,
    "dollar": _DOLLARS,
    "dollars": _DOLLARS,
    **dict.fromkeys(("US$", "USD$", "U$S", "U$D", "US $"), ("USD",)),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "AUD$": ("AUD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "CAD$": ("CAD",),
    "CDN$": ("CAD",),
    "NZ$": ("NZD",),
    "S$": ("SGD",),
    "SG$": ("SGD",),
    "HK$": ("HKD",),
    "NT$": ("TWD",),
    "MX$": ("MXN",),
    "AR$": ("ARS",),
    "CLP$": ("CLP",),
    "COP$": ("COP",),
    "$U": ("UYU",),
    "R$": ("BRL",),
    "RD$": ("DOP",),
    "TT$": ("TTD",),
    "BZ$": ("BZD",),
    "GY$": ("GYD",),
    "MOP$": ("MOP",),
    "J$": ("JMD",),
    "N$": ("NAD",),
    "$b": ("BOB",),
    "B/.": ("PAB",),
    "S/": ("PEN",),
    "S/.": ("PEN",),
    **dict.fromkeys(("€", "euro", "euros", "eur.", "ευρώ", "евро"), ("EUR",)),
    "£": ("GBP", "EGP", "LBP"),
    "£E": ("EGP",),
    "E£": ("EGP",),
    "EGP£": ("EGP",),
    "₤": ("GBP",),
    **dict.fromkeys(("¥", "￥"), ("JPY", "CNY")),
    **dict.fromkeys(("円", "yen", "JP¥"), ("JPY",)),
    **dict.fromkeys(("元", "人民币", "CN¥", "RMB", "圆"), ("CNY",)),
    **dict.fromkeys(("₩", "원", "￦"), ("KRW",)),
    **dict.fromkeys(("kr", "kr.", ":-"), _KRONER),
    **dict.fromkeys(("₫", "đ", "VNĐ", "đồng"), ("VND",)),
    **dict.fromkeys(("Kč", "Kc", "korun"), ("CZK",)),
    **dict.fromkeys(("zł", "zl", "złotych", "zloty", "PLN zł"), ("PLN",)),
    **dict.fromkeys(("Ft", "Ft.", "forint"), ("HUF",)),
    **dict.fromkeys(("lei", "leu", "лей", "леев", "лея"), ("RON", "MDL")),
    **dict.fromkeys(("лв", "лв.", "lv."), ("BGN",)),
    **dict.fromkeys(("₽", "руб", "руб.", "рублей", "рубля", "rub.", "р.", "р"), ("RUB", "BYN")),
    **dict.fromkeys(("б.р.", "бел. руб.", "Br", "BYR"), ("BYN", "ETB")),
    **dict.fromkeys(("₴", "грн", "грн.", "hrn", "гривень"), ("UAH",)),
    **dict.fromkeys(("₸", "тг", "тг.", "тенге"), ("KZT",)),
    **dict.fromkeys(("₺", "TL", "лира"), ("TRY",)),
    **dict.fromkeys(("₹", "र", "रु", "रु.", "ரூ"), ("INR",)),
    **dict.fromkeys(("Rs", "Rs.", "₨", "rupees"), _RUPEES),
    **dict.fromkeys(("₪", "ש״ח", "ש'ח", 'ש"ח', "NIS"), ("ILS",)),
    **dict.fromkeys(("฿", "บาท", "baht"), ("THB",)),
    "Rp": ("IDR",),
    "Rp.": ("IDR",),
    "RM": ("MYR",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "GH₵": ("GHS",),
    "₵": ("GHS",),
    "KSh": ("KES",),
    "₡": ("CRC",),
    "Q": ("GTQ",),
    "₲": ("PYG",),
    "Bs": ("BOB", "VES"),
    "Bs.": ("BOB", "VES"),
    "R": ("ZAR",),
    "៛": ("KHR",),
    "₮": ("MNT",),
    "CHF.": ("CHF",),
    "Fr.": ("CHF",),
    "SFr.": ("CHF",),
    "sFr": ("CHF",),
    "kn": ("HRK",),
    "ден": ("MKD",),
    "ден.": ("MKD",),
    **dict.fromkeys(("дин", "дин.", "din", "din."), ("RSD",)),
    "₾": ("GEL",),
    "₼": ("AZN",),
    "֏": ("AMD",),
    "so'm": ("UZS",),
    "сум": ("UZS",),
    "KM": ("BAM",),
    "FCFA": ("XOF", "XAF"),
    "CFA": ("XOF", "XAF"),
    **dict.fromkeys(("KD", "K.D.", "د.ك", "دينار كويتي"), ("KWD",)),
    "BD": ("BHD",),
    "د.ب": ("BHD",),
    "JD": ("JOD",),
    "د.ا": ("JOD",),
    "دينار أردني": ("JOD",),
    "د.ع": ("IQD",),
    "د.ل": ("LYD",),
    **dict.fromkeys(("DT", "د.ت"), ("TND",)),
    **dict.fromkeys(("دينار",), _DINARS),
    "ر.ع": ("OMR",),
    "ر.ع.": ("OMR",),
    "ر.ق": ("QAR",),
    "ر.ق.": ("QAR",),
    **dict.fromkeys(("ر.س", "ر.س.", "SR", "﷼"), ("SAR",)),
    **dict.fromkeys(("ريال", "ریال"), _RIALS),
    **dict.fromkeys(("د.إ", "د.إ.", "Dhs", "Dhs.", "Dh"), ("AED",)),
    **dict.fromkeys(("درهم",), ("AED", "MAD")),
    **dict.fromkeys(("ج.م", "ج.م.", "جنيه", "LE", "L.E."), ("EGP",)),
    "دج": ("DZD",),
    "د.ج": ("DZD",),
    "DA": ("DZD",),
    "د.م.": ("MAD",),
    "ل.ل": ("LBP",),
    "ل.س": ("SYP",),
    "تومان": ("IRR",),
}
# Written alone and without any hint, these mean one currency far more often than all others together.
_USUAL = {"£": "GBP", "руб": "RUB", "руб.": "RUB", "₽": "RUB", "ريال": "SAR", "درهم": "AED", "lei": "RON"}
_OLD_CODES = {"RUR": "RUB", "BYR": "BYN", "NIS": "ILS", "RMB": "CNY", "TL": "TRY", "UKP": "GBP"}
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
    code = _OLD_CODES.get(word.upper(), word.upper())
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


def _pattern() -> re.Pattern[str]:
    words = sorted(
        {*SYMBOLS, *(w.lower() for w in SYMBOLS if w.isascii() and w.isalpha() and len(w) > 2), *iso_codes(), "RUR"},
        key=lambda w: (-len(w), w),
    )
    parts = []
    for word in words:
        before = r"(?<![^\W\d_])" if word[0].isalpha() else ""
        after = r"(?![^\W\d_])" if word[-1].isalpha() else ""
        parts.append(before + re.escape(word) + after)
    return re.compile("|".join(parts))


PATTERN = _pattern()
"""Any symbol, word or code; words only as whole words, glued digits allowed."""

_FOLDED = {word.casefold(): meanings for word, meanings in reversed(SYMBOLS.items())}


def meanings_of(written: str) -> tuple[str, ...]:
    """What a symbol, word or code may stand for; empty when it is none."""
    if meanings := SYMBOLS.get(written):
        return meanings
    code = _OLD_CODES.get(written.upper(), written.upper())
    if code in iso_codes():
        return (code,)
    return _FOLDED.get(written.casefold(), ())


def find_currencies(text: str) -> list[re.Match[str]]:
    """Currency marks in a text, left to right; case does not matter where exact case finds none."""
    found = list(PATTERN.finditer(text))
    return found or list(_loose().finditer(text))


@cache
def _loose() -> re.Pattern[str]:
    words = [w for w in SYMBOLS if len(w) > 1 and w[0].isalpha()] + sorted(iso_codes())
    joined = "|".join(re.escape(w) for w in sorted(set(words), key=lambda w: (-len(w), w)))
    return re.compile(rf"(?<![^\W\d_])(?:{joined})(?![^\W\d_])", re.IGNORECASE)


def resolve(meanings: tuple[str, ...], *, written: str, hint: str | None, country: str | None) -> str | None:
    """One currency out of what a mark may mean; None when neither hint nor country settles it. `$` alone is never USD."""
    if len(meanings) == 1:
        return meanings[0]
    if hint in meanings:
        return hint
    if country and (local := currency_of_country(country)) in meanings:
        return local
    return _USUAL.get(written.lower())


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
