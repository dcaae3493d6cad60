"""Daily reference rates as the European Central Bank publishes them: its XML (today, 90 days, all) and its CSV. Anything else is refused."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from lxml import etree

from pricewatch_pipeline.domain.exchange import EURO, LARGEST_RATE, Rate
from pricewatch_pipeline.errors import RatesUnavailable

LARGEST_FILE = 30_000_000
"""Bytes; all days since 1999 are 6 MB."""
FIRST_DAY = date(1999, 1, 4)
_SMALLEST_RATE = Decimal("0.000001")
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_DAY_FORMATS = ("%Y-%m-%d", "%d %B %Y")
_NOT_QUOTED = frozenset({"", "N/A", "-"})


def read_rates(body: bytes, *, today: date) -> list[Rate]:
    """The rates of a file, oldest first. A file with one wrong line is refused as a whole.

    Raises:
        RatesUnavailable: it is of another form, or says what cannot be; says what and where.
    """
    if len(body) > LARGEST_FILE:
        raise RatesUnavailable(f"it is larger than {LARGEST_FILE // 1_000_000} MB: no file of exchange rates is")
    written = _of_xml(body) if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _of_csv(body)
    rates: dict[tuple[date, str], Rate] = {}
    for place, day, currency, rate in written:
        found = _rate(place, day, currency, rate, today=today)
        if found is None:
            continue
        known = rates.setdefault((found.day, found.currency), found)
        if known != found:
            raise RatesUnavailable(f"{place}: {currency} has two rates on {found.day}: {known.per_eur} and {rate}")
    if not rates:
        raise RatesUnavailable("it holds no rates: wanted is the ECB's eurofxref, as XML or as CSV")
    return sorted(rates.values(), key=lambda each: (each.day, each.currency))


_Written = tuple[str, str, str, str]
"""Place, day, currency and rate, as they stand in the file."""


def _of_xml(body: bytes) -> Iterator[_Written]:
    # Nothing is looked up, nothing is expanded: the file may come from anywhere.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise RatesUnavailable(f"it is no XML: {error}") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs do not know it
        raise RatesUnavailable("it has a document type, which the ECB's files do not have")
    for of_day in root.iter("{*}Cube"):
        day = of_day.get("time")
        for cube in of_day.iterchildren("{*}Cube") if day else ():
            place = f"line {cube.sourceline}"
            yield place, day or "", cube.get("currency", ""), cube.get("rate", "")


def _of_csv(body: bytes) -> Iterator[_Written]:
    try:
        rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        head = [name.strip() for name in next(rows, [])]
        if not head or head[0] != "Date":
            raise RatesUnavailable("it begins neither with `<` nor with `Date,USD,...`: wanted is the ECB's eurofxref")
        for row in rows:
            yield from _of_line(f"line {rows.line_num}", head, [cell.strip() for cell in row])
    except (UnicodeDecodeError, csv.Error) as error:
        raise RatesUnavailable(f"it is no CSV in UTF-8: {error}") from error


def _of_line(place: str, head: list[str], row: Iterable[str]) -> Iterator[_Written]:
    cells = list(row)
    for currency, rate in zip(head[1:], cells[1:], strict=False):
        if currency and rate not in _NOT_QUOTED:
            yield place, cells[0], currency, rate


def _rate(place: str, day: str, currency: str, rate: str, *, today: date) -> Rate | None:
    if currency == EURO:
        return None
    if not _CURRENCY.fullmatch(currency):
        raise RatesUnavailable(f"{place}: {currency[:20]!r} is no currency")
    found = _day(place, day, today=today)
    try:
        per_eur = Decimal(rate)
    except InvalidOperation as error:
        raise RatesUnavailable(f"{place}: the rate of {currency}, {rate[:20]!r}, is no number") from error
    if not per_eur.is_finite() or not _SMALLEST_RATE <= per_eur <= LARGEST_RATE:
        raise RatesUnavailable(f"{place}: one euro is not {rate[:20]} {currency}")
    return Rate(day=found, currency=currency, per_eur=per_eur)


def _day(place: str, text: str, *, today: date) -> date:
    for form in _DAY_FORMATS:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if FIRST_DAY <= day <= today:
            return day
        raise RatesUnavailable(f"{place}: {day} is {'to come' if day > today else 'before the euro'}")
    raise RatesUnavailable(f"{place}: {text[:20]!r} is no day")
