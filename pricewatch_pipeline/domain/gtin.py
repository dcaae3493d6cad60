"""Global trade item numbers (EAN, UPC, JAN, ISBN): 8, 12, 13 or 14 digits of which the last checks the others."""

import re

_LENGTHS = frozenset({8, 12, 13, 14})
_PREFIX = re.compile(r"^(?:urn:)?(?:gtin|isbn|ean|upc|jan)(?:-?1[0234]|-?8)?[:\s]+", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015]")
_ISBN_10 = re.compile(r"\d{9}[\dX]")


def gtin_of(text: str | None) -> str | None:
    """The number that a text is, digits only; None where it is none or its check digit is wrong.

    An ISBN of ten characters becomes the thirteen digits of the same book.
    """
    if not text or len(text) > 40:
        return None
    number = _BETWEEN.sub("", _PREFIX.sub("", text.strip())).upper()
    if _ISBN_10.fullmatch(number):
        return _isbn_13(number)
    if len(number) not in _LENGTHS or not (number.isascii() and number.isdigit()):
        return None
    # A row of zeros, or of one digit, passes the check but is what a form is filled with.
    return number if check_digit(number[:-1]) == int(number[-1]) and len(set(number[:-1].lstrip("0"))) > 1 else None


def check_digit(digits: str) -> int:
    """The digit that follows these: weights of 3 and 1 from the right, the sum filled up to a multiple of ten."""
    return -sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))) % 10


def _isbn_13(isbn: str) -> str | None:
    total = sum((10 - place) * (10 if digit == "X" else int(digit)) for place, digit in enumerate(isbn))
    if total % 11 or len(set(isbn)) == 1:
        return None
    digits = "978" + isbn[:9]
    return f"{digits}{check_digit(digits)}"
