"""A run of inline elements as text: where one line ends and the next begins, and what stands between two pieces."""

import re
from collections.abc import Iterable

from pricewatch_pipeline.parsing.boxes import Box
from pricewatch_pipeline.parsing.class_words import word_set

_DIGIT = re.compile(r"\d")
_PERCENT = re.compile(r"\s*[-−–+]?\s?\d{1,3}(?:[.,]\d+)?\s?%\s*")
_AMOUNT_PART = re.compile(r"[\d$€£¥₹₽₴₺₩₫฿₪₱₦]")
_CENTS = re.compile(r"^\s*(\d{2})(?!\d|[.,]\d)")
_CENTS_WORDS = word_set(
    "cents cent decimal decimals fraction minor fractional pence kopeck haler groszy sup superscript"
)
_MONEY = re.compile(r"\d[.,]\d{2}(?!\d)|[$€£¥₹₽₴₺₩₫฿₪]|\b(?:[A-Z]{3}|kr|zł|Kč|Ft|lei|лв|руб|грн|ден|дин)\b|\d,-")
_WHOLE_PRICE = re.compile(
    r"\d[.,]\d{2}(?!\d)|\d\s?[$€£¥₹₽₴₺₩₫฿₪]|\d\s?(?:kr|zł|Kč|Ft|[Ll]ei|лв|руб|грн|[A-Z]{3})\b|\d,-"
)
_JOINS_RANGE = re.compile(r"(?:[-–—~]|\b(?:to|bis|až|do|à|a|al|till?|tot|ate|até|до|и|and))\s*$", re.IGNORECASE)


def begins_line(run: list[tuple[str, Box]], text: str, box: Box) -> bool:
    """Whether a new line begins here: what is struck, hidden or spoken changes, or a price stands complete and the next begins."""
    last = run[-1][1]
    if box is last:
        return False
    if box.is_badge or last.is_badge or box.inline_looks != last.inline_looks:
        return True
    if not _AMOUNT_PART.search(text):
        return False
    so_far = "".join(piece for piece, _ in run)
    if _PERCENT.fullmatch(so_far) or (_PERCENT.fullmatch(text) and _DIGIT.search(so_far)):
        return True
    if not _DIGIT.search(text):
        return False
    if not _WHOLE_PRICE.search(so_far) or _JOINS_RANGE.search(so_far):
        return False
    return bool(_MONEY.search(text) or "price" in box.words)


def joined(pieces: list[tuple[str, Box]]) -> str:
    """The text of a run. Cents in an element of their own are set behind a mark, other digits apart."""
    text = ""
    last: Box | None = None
    for piece, box in pieces:
        if box is not last and last is not None and piece[:1].isdigit() and text[-1:].isdigit():
            cents = _CENTS.match(piece)
            text += (("," if "." in text[-7:] else ".") if cents else " ") + piece
        elif _cents_at(piece, box, text):
            text = text.rstrip() + ("," if "." in text[-7:] else ".") + piece.lstrip()
        else:
            text += f" {piece}" if box is not last and _is_another_word(text, piece) else piece
        last = box
    return text


def told_apart(pieces: Iterable[str]) -> str:
    """The text of a run without digits."""
    text = ""
    for piece in pieces:
        text += f" {piece}" if _is_another_word(text, piece) else piece
    return text


def _is_another_word(text: str, piece: str) -> bool:
    """Whether a new word begins where one element follows another without a blank: styles set them apart, as in
    `<span>Sold out</span><b>1 890 Kč</b><a>Notify me</a>`; but not within `H<sub>2</sub>O` or `<b>H</b>ello`."""
    before, behind = text[-1:], piece[:1]
    if not before.isalpha():
        return False
    return (behind.isdigit() and len(piece) > 2) or (behind.isupper() and before.islower())


def _cents_at(piece: str, box: Box, before: str) -> bool:
    """Whether a piece holds the cents of the number before it: raised, or called so."""
    if not _CENTS.match(piece) or not before.rstrip()[-1:].isdigit():
        return False
    return box.tag == "sup" or not _CENTS_WORDS.isdisjoint(box.words)
