"""Names and values as tables and lists of other people write them, to fields of a watch file's entry."""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.offers import is_amount
from pricewatch_pipeline.importing.rows import Entry, ImportRow, refused, said, shortened
from pricewatch_pipeline.parsing.price_text import read_price

SYNONYMS: Mapping[str, str] = {
    name: field
    for field, names in {
        "url": ("url", "link", "uri", "href", "page", "address", "webpage", "product url", "product link"),
        "id": ("id", "watch id"),
        "title": ("title", "name", "product name", "product title", "label", "description", "bezeichnung"),
        "target": ("target", "target price", "wanted price", "desired price", "notify price", "alert price", "wunschpreis"),
        "currency": ("currency", "target currency", "währung", "devise", "moneda"),
        "tags": ("tags", "tag", "group", "groups", "category", "categories", "labels", "list"),
        "every": ("every", "interval", "check interval", "frequency", "check every"),
        "cron": ("cron",),
        "timezone": ("timezone", "time zone"),
        "store": ("store", "shop", "retailer", "merchant", "seller", "site"),
        "product": ("product", "product id", "article"),
        "paused": ("paused", "is paused", "disabled"),
        "priority": ("priority",),
        "variant": ("variant",),
        "sku": ("sku",),
    }.items()
    for name in names
}  # fmt: skip
"""The field by header name, in lower case."""
_TRUE = frozenset({"true", "yes", "y", "1", "x", "on", "ja", "oui", "si", "sí"})
_FALSE = frozenset({"false", "no", "n", "0", "off", "nein", "non"})
_NOT_IN_HEADER = re.compile(r"[\s_\-]+")
_LEAST_AMOUNT = _LEAST_SHARE = Decimal("0.0001")
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,12}(\.([0-9]{1,2}|0{3,4}|[0-9]{4}))?", re.ASCII)
_SAID_ONLY = ("title", "store", "product", "cron", "timezone", "every", "priority", "id")
_CALL = re.compile(r"[+\-@\t\r].*[(|!]", re.DOTALL)
_UNPACKED = re.compile(r"'(?=[=+\-@\t\r])")


class Unreadable(ValueError):
    """A value that no field can hold; says why."""


def field_named(header: str) -> str | None:
    """The field that a header names; None for one of its own."""
    return SYNONYMS.get(_NOT_IN_HEADER.sub(" ", header.strip().lower()))


def row_of(place: str, values: Mapping[str, Any]) -> ImportRow:
    """The watch that the values of a table's row or a JSON object say, by field."""
    try:
        return ImportRow(place=place, entry=entry_of(values))
    except Unreadable as problem:
        return refused(place, str(problem), shown=str(values.get("url") or "")[:200])


def entry_of(values: Mapping[str, Any]) -> Entry:
    """An entry of `watches:`.

    Raises:
        Unreadable: a value is not what its field holds.
    """
    url = text_of("url", values.get("url"))
    entry = {name: text_of(name, values.get(name)) for name in _SAID_ONLY}
    query = said({"variant": text_of("variant", values.get("variant")), "sku": text_of("sku", values.get("sku"))})
    return said(
        {
            **({"query": {"url": url, **query}} if query else {"url": url}),
            **entry,
            "tags": tags_of(values.get("tags")),
            "target": target_of(values.get("target"), values.get("currency")),
            "paused": truth_of(values.get("paused")),
        }
    )


def text_of(name: str, value: Any) -> str | None:
    """A text of one line.

    Raises:
        Unreadable: it is no text, or a formula of a spreadsheet.
    """
    match value:
        case None | "":
            return None
        case bool() | list() | dict():
            raise Unreadable(f"{name}: {shortened(json.dumps(value, default=str))} is not a text")
        case _:
            text = " ".join(_UNPACKED.sub("", str(value)).split()) if isinstance(value, str) else f"{value}"
    if is_formula(text):
        raise Unreadable(f"{name}: {shortened(text)} is a formula of a spreadsheet; export its value instead")
    return text or None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute it: `=cmd|...`, `@SUM(...)`. A title such as `-20 % lamp` is none."""
    return text.startswith("=") or bool(_CALL.match(text))


def guarded(value: Any) -> Any:
    """A value for a table of ours: what a spreadsheet could take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def tags_of(value: Any) -> list[str]:
    """Tags, from a list or a text with commas or semicolons between them.

    Raises:
        Unreadable: it is neither.
    """
    match value:
        case None:
            parts: Iterable[Any] = ()
        case str():
            parts = re.split(r"[,;|]", value)
        case list():
            parts = value
        case _:
            raise Unreadable(f"tags: {shortened(value)} is not a list of words")
    return list(dict.fromkeys(text for part in parts if (text := text_of("tags", part))))


def target_of(value: Any, currency: Any = None) -> str | dict[str, str] | None:
    """The price to wait for, as a person or a program wrote it.

    Raises:
        Unreadable: it is no amount, or may be read in two ways.
    """
    if isinstance(value, Mapping):
        return target_of(value.get("amount"), value.get("currency") or currency)
    code = (text_of("currency", currency) or "").upper() or None
    text = text_of("target", value)
    if text is None:
        return None
    if isinstance(value, int | float | Decimal) or _PLAIN_AMOUNT.fullmatch(text):
        amount = Decimal(text)
    else:
        read = read_price(text, currency_hint=code)
        if read.amount is None:
            why = "may be read in two ways" if read.outcome == "needs_review" else "is not an amount"
            raise Unreadable(f"target: {shortened(text)} {why} (write it like 1299.90)")
        amount, code = read.amount, code or read.currency
    if (
        not is_amount(amount) or amount < _LEAST_AMOUNT
    ):  # first of all: written out, a number such as 1E+99999999 fills the memory
        raise Unreadable(f"target: {shortened(text)} is not an amount above 0")
    written = f"{amount:f}"
    return {"amount": written, "currency": code} if code else written


def share_of(name: str, percent: Any) -> Decimal | None:
    """A percentage as a share; None where none is said.

    Raises:
        Unreadable: it is none.
    """
    if percent in (None, "", 0):
        return None
    try:
        share = Decimal(str(percent)).scaleb(-2)
    except ArithmeticError:
        share = Decimal("NaN")
    if not share.is_finite() or not _LEAST_SHARE <= share <= 1:
        raise Unreadable(f"{name}: {shortened(percent)} is not between 0 and 100")
    return share.normalize()


def truth_of(value: Any) -> bool | None:
    """True or false in the words of several languages; None: it says nothing. False says nothing either: it is the default.

    Raises:
        Unreadable: it is neither.
    """
    if value is None or isinstance(value, bool):
        return value or None
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE or not text:
        return None
    raise Unreadable(f"paused: {shortened(value)} is neither true nor false")
