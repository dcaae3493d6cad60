"""The single values of an ownership document: numbers, days, marks. What cannot be read for sure is None, and flagged."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_NUMBER = re.compile(r"\+?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)
_WITH_COMMAS = re.compile(r"\d{1,3}(?:(?:,\d{3})+\.\d{1,18}|(?:,\d{3}){2,5})", re.ASCII)
"""Commas that can be nothing but thousands: there are several, or a point follows. 12,345 may be a decimal comma."""
_LONGEST_NUMBER = 60
_NEGATIVE = re.compile(r"-(?:\d+\.?\d*|\.\d+)|\((?:\d+\.?\d*|\.\d+)\)", re.ASCII)
_CIK = re.compile(r"(?=0*[1-9])\d{1,10}", re.ASCII)
_TRUE, _FALSE = ("1", "true"), ("0", "false")


def text_of(element: Element) -> str | None:
    """What an element says, without the white space around it; None: nothing."""
    text = element.text if not len(element) else "".join(map(str, element.itertext()))
    return (text.strip() or None) if text else None


def day_of(text: str) -> date | None:
    """The day that is written there, whatever zone follows it."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def number_of(text: str) -> tuple[Decimal | None, str | None]:
    """The number that is written there with its digits as they are, and what is odd about it.

    A number in any way uncertain is none: `12,345` may be twelve, `(5)` less than nothing.
    """
    if len(text) > _LONGEST_NUMBER:
        return None, "not_readable"
    if _NUMBER.fullmatch(text):
        return Decimal(text), None
    plain = text.removeprefix("$").lstrip()
    if _NUMBER.fullmatch(plain):
        return Decimal(plain), "reformatted"
    if _WITH_COMMAS.fullmatch(plain):
        return Decimal(plain.replace(",", "")), "reformatted"
    return None, "negative" if _NEGATIVE.fullmatch(text) else "not_readable"


def mark_of(text: str) -> bool | None:
    """A box of the form; None: neither ticked nor empty."""
    lowered = text.lower()
    return True if lowered in _TRUE else False if lowered in _FALSE else None


def is_cik(text: str) -> bool:
    """Whether this is the number of a company or person at the SEC."""
    return bool(_CIK.fullmatch(text))


def unknown(tag: str) -> str:
    """The flag of an element that no schema we know has: a newer one may."""
    return f"unknown_element:{tag[:60]}"


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of their coming."""
    return tuple(dict.fromkeys(texts))
