"""Numbers as people write them: which digits in a text form one number, and what that number can mean."""

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal

from pricewatch_pipeline.domain.offers import LARGEST_AMOUNT

_SPACES = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1f]")
_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)}
_SAME = _FULL_WIDTH | str.maketrans("’‘ʼ′`´ʹ٬،⹁·￠￡￥￦–—−‐‑‒―〜", "''''''''" + ",,." + "¢£¥₩" + "-------" + "~")
DECIMAL_ONLY = "٫"
"""The Arabic decimal mark; nobody writes it for thousands."""

# Groups of three after single spaces, or plain digits; then any further digits after marks.
_NUMBER = re.compile(
    rf"(?:\d{{1,3}}(?: \d{{3}})+(?!\d)|\d+)(?:[.,'{DECIMAL_ONLY}]\d+)*|(?<![\w,])[.,]\d{{1,2}}(?![.,]?\d)"
)
_SPACED_CENTS = re.compile(r"(\d) ?([.,]) (\d{2})(?![\d.,]| ?%)")
_NO_CENTS = re.compile(r" ?[.,:/] ?[-=]|-,-")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
"""Arabic, Devanagari, Thai, ..."""
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED_CENTS = re.compile("(?<=[0-9])[.,]?([⁰¹²³⁴⁵⁶⁷⁸⁹]{2})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_RAISED_DIGITS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_MYRIADS = re.compile(
    r"(?<![\d.,])(\d{1,5}(?:\.\d{1,4})?) ?[万萬만] ?(?:(\d{1,4}|\d,\d{3})(?![\d,천千]))?(?= ?(?:[円元원圓圆]|日元|ウォン|ドル))"
)
_TIMES = {
    1_000: ("k", "K", "тыс", "тис", "tys", "tis", "rb", "ribu", "nghìn", "ngàn", "천", "thousand"),
    100_000: ("lakh", "lakhs", "lac", "लाख"),
    1_000_000: ("mio", "mln", "million", "millions", "millones", "млн", "jt", "juta", "triệu", "tr"),
    10_000_000: ("crore", "crores", "करोड़"),
}
_TIMES_OF = {word: times for times, words in _TIMES.items() for word in words}
_TIMES_WORD = re.compile(rf" ?({'|'.join(sorted(_TIMES_OF, key=len, reverse=True))})\b\.?")
SCIENTIFIC = re.compile(r"\d{1,18}(?:\.\d{1,18})?[eE][+-]?\d{1,9}")
"""As programs write large and small numbers: `1.2999E7` is a price in rupiah."""
_LONGEST = 18
"""Digits; more is an article number."""


@dataclass(frozen=True, kw_only=True)
class NumberText:
    """A number found in a text."""

    text: str
    start: int
    end: int
    is_whole: bool = False
    """Followed by `,-` or the like: no cents follow."""
    times: int = 1
    """By what a word right behind it multiplies it: `45k`, `1,5 jt`."""


def plain_text(raw: str) -> str:
    """The text with every digit, space, apostrophe and dash in its plain form, and without invisible marks."""
    if raw.isascii():
        text = (raw if raw.isprintable() else _INVISIBLE.sub("", raw)).replace("`", "'")
    else:
        text = _INVISIBLE.sub("", raw).translate(_SAME)
    if not text.isascii():
        text = _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
        text = _RAISED_DIGITS.sub("", _RAISED_CENTS.sub(_as_cents, text))
        text = _MYRIADS.sub(_as_digits, text)
    text = _SPACES.sub(" ", text).strip()
    return _SPACED_CENTS.sub(r"\1\2\3", text)


def _as_cents(match: re.Match[str]) -> str:
    return f"{DECIMAL_ONLY}{match[1].translate(_RAISED)}"


def _as_digits(match: re.Match[str]) -> str:
    """`1.5万` and `1万2,800`: ten thousands, then the rest."""
    return str(int(Decimal(match[1]) * 10_000) + int((match[2] or "0").replace(",", "")))


def find_numbers(text: str) -> list[NumberText]:
    """Numbers in a plain text, left to right."""
    return [
        NumberText(text=m[0], start=m.start(), end=m.end(), is_whole=bool(_NO_CENTS.match(text, m.end())))
        for m in _NUMBER.finditer(text)
        if sum(map(str.isdigit, m[0])) <= _LONGEST
    ]


def from_scientific(text: str) -> Decimal | None:
    """The number that `1.2999E7` stands for; None when it is beyond all amounts."""
    value = Decimal(text)
    return Decimal(f"{value:f}") if Decimal("1e-9") <= value < LARGEST_AMOUNT else None


def multiplied(text: str, number: NumberText) -> NumberText:
    """The number together with the word behind it that multiplies it, if there is one."""
    word = _TIMES_WORD.match(text, number.end)
    return replace(number, end=word.end(), times=_TIMES_OF[word[1]]) if word else number


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What else is known when one mark with three digits behind it (`1.299`) has to be read."""

    decimal_mark: str | None = None
    """By the locale."""
    decimals: frozenset[int] = frozenset()
    """Of the currencies it may be; empty when no currency is known."""
    is_comma_decimal: bool = False
    """For a three-decimal currency: whether its country writes the comma for decimals."""


def readings(number: NumberText, hints: Hints) -> list[Decimal]:
    """Every value a number may have: one when it is clear, two when it is ambiguous, none when it is no amount."""
    if number.times > 1:
        return [_whole(value * number.times) for value in readings(replace(number, times=1), hints)]
    digits = number.text.replace(" ", "").replace("'", "")
    if DECIMAL_ONLY in digits:
        whole, _, cents = digits.rpartition(DECIMAL_ONLY)
        return [_value(whole, cents)] if cents.isdigit() and re.fullmatch(r"[\d.,]*", whole) else []
    marks = [c for c in digits if not c.isdigit()]
    if not marks:
        return [_value(digits)]
    last = marks[-1]
    whole, _, tail = digits.rpartition(last)
    if marks.count(last) > 1:
        return [_value(digits)] if len(set(marks)) == 1 and _is_grouped(digits, last) else []
    if number.is_whole:
        return [_value(digits)]
    if len(marks) > 1 or "'" in number.text or " " in number.text:
        return [_value(whole, tail)] if _is_loosely_grouped(whole) else []
    return _one_mark(whole, tail, last, hints)


def _one_mark(whole: str, tail: str, mark: str, hints: Hints) -> list[Decimal]:
    as_decimal, as_thousands = _value(whole, tail), _value(whole + tail)
    if len(tail) != 3 or not 0 < len(whole) <= 3 or whole.startswith("0"):
        return [as_decimal]
    is_decimal = _mark_is_decimal(mark, hints)
    if is_decimal is None:
        return [as_thousands, as_decimal]
    return [as_decimal if is_decimal else as_thousands]


def _mark_is_decimal(mark: str, hints: Hints) -> bool | None:
    """Whether a single mark before exactly three digits is the decimal mark; None when that stays open."""
    if hints.decimals == {3}:
        local = hints.decimal_mark or ("," if hints.is_comma_decimal else ".")
        # A three-decimal currency is mostly written with the point, in every language.
        return True if mark == local else None if hints.decimal_mark is None else False
    if hints.decimals and 3 not in hints.decimals:
        return False  # cents have two digits, so these three are thousands
    if hints.decimal_mark:
        return None if mark == hints.decimal_mark else False
    return False if mark == "," and not hints.decimals else None


def _is_loosely_grouped(whole: str) -> bool:
    """No marks, or one kind of mark before groups of at least two digits."""
    first, *rest = re.split(r"[.,]", whole)
    return (
        len(set(re.findall(r"[.,]", whole))) < 2 and all(len(group) > 1 for group in rest) and bool(first or not rest)
    )


def _whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def _is_grouped(digits: str, mark: str) -> bool:
    """`1.299.000` and the Indian `12,34,567`, but no date."""
    first, *rest = digits.split(mark)
    return 0 < len(first) <= 3 and len(rest[-1]) == 3 and all(len(group) in (2, 3) for group in rest)


def _value(whole: str, cents: str = "") -> Decimal:
    whole = re.sub(r"[.,]", "", whole)
    return Decimal(f"{whole or 0}.{cents}" if cents else whole or "0")
