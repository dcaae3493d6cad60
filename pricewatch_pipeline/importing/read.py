"""The front of this room: what a stream holds, and its rows."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, BinaryIO

from pricewatch_pipeline.importing import changedetection, costcourter, pricebuddy
from pricewatch_pipeline.importing.json_items import Item, items_of
from pricewatch_pipeline.importing.own import SECTIONS, own_row
from pricewatch_pipeline.importing.rows import ImportRow, What, passed_over, refused, shortened
from pricewatch_pipeline.importing.tables import DELIMITERS, header_of, read_table
from pricewatch_pipeline.importing.texts import Stream, as_utf8, encoding_of, lines_of, looked_at
from pricewatch_pipeline.importing.urls import read_urls

_TABLES = (".csv", ".tsv", ".tab")


class Format(StrEnum):
    """What can be imported. Whose JSON it is, is seen from each record."""

    URLS = "urls"
    CSV = "csv"
    JSON = "json"
    CHANGEDETECTION = "changedetection"
    COSTCOURTER = "costcourter"
    PRICEBUDDY = "pricebuddy"


def read_import(
    stream: Stream,
    *,
    name: str = "",
    format: Format | None = None,  # noqa: A002
    tags: Mapping[str, str] | None = None,
) -> Iterator[ImportRow]:
    """The rows of a stream, one after the other; nothing of it is held.

    Args:
        name: of the file, for what its ending says.
        format: as a person says it; None: as it looks.
        tags: names of changedetection.io's tags by uuid.
    """
    head, whole = looked_at(stream)
    encoding = encoding_of(head)
    kind = format or format_of(head.decode(encoding, errors="replace").removeprefix("\ufeff"), name)
    if kind is Format.URLS or (
        kind is Format.CHANGEDETECTION and not _is_json(head.decode(encoding, errors="replace"))
    ):
        yield from read_urls(lines_of(whole, encoding))
    elif kind is Format.CSV:
        yield from read_table(lines_of(whole, encoding))
    else:
        yield from _json_rows(whole, encoding, kind, tags or {})


def format_of(head: str, name: str) -> Format:
    """What the beginning of a file, and its name, look like."""
    if _is_json(head):
        return Format.JSON
    if name.lower().endswith(_TABLES):
        return Format.CSV
    first = next((line for line in head.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    if "://" not in first:
        is_header = any(header_of([cell.strip(' "') for cell in first.split(mark)]) for mark in DELIMITERS)
        return Format.CSV if is_header else Format.URLS
    url = first.split()[0]
    is_table = (
        first.lstrip().startswith('"')
        or any(mark in first for mark in ("\t", ";", "|"))
        or ("," in url and "," in first[len(url) :])
    )
    return Format.CSV if is_table else Format.URLS


def _is_json(head: str) -> bool:
    return head.removeprefix("\ufeff").lstrip()[:1] in ("[", "{")


def _json_rows(stream: BinaryIO, encoding: str, kind: Format, tags: Mapping[str, str]) -> Iterator[ImportRow]:
    seen_stores: set[str] = set()
    rest: dict[str, Any] = {}
    count = 0
    for item in items_of(as_utf8(stream, encoding), SECTIONS):
        records = list(_records_of(item))
        if not records:
            rest[item.section or ""] = item.value  # a part of an object that may be one record by itself
        for record in records:
            count += 1
            yield from _rows_of(record, kind, tags, seen_stores)
    if "url" in rest or "scrape_strategy" in rest:
        yield from _rows_of(Item(place="the file", value=rest), kind, tags, seen_stores)
    elif rest and not count:
        names = ", ".join(shortened(name, 30) for name in list(rest)[:10])
        yield refused("the file", f"there is no watch, store or product in it (there are: {names})")


def _records_of(item: Item) -> Iterator[Item]:
    """The records that an item holds: itself, the watches of changedetection.io's own file, or none."""
    if item.problem or item.is_in_list or _is_record(item.value):
        yield item
    elif item.section == "watching" and isinstance(item.value, Mapping):
        yield from (Item(place=f"watching.{uuid}", value=watch, is_in_list=True) for uuid, watch in item.value.items())


def _is_record(value: Any) -> bool:
    return changedetection.is_watch(value) or changedetection.is_tag(value) or pricebuddy.is_store(value)


def _rows_of(item: Item, kind: Format, tags: Mapping[str, str], seen_stores: set[str]) -> Iterator[ImportRow]:
    value, place = item.value, item.place
    if item.problem:
        yield refused(place or "the file", item.problem)
    elif costcourter.is_product(value) and kind in (Format.JSON, Format.COSTCOURTER):
        yield from costcourter.product_rows(place, value, seen_stores)
    elif pricebuddy.is_store(value) and kind in (Format.JSON, Format.PRICEBUDDY):
        yield pricebuddy.store_row(place, value)
    elif changedetection.is_watch(value) and kind in (Format.JSON, Format.CHANGEDETECTION):
        yield changedetection.watch_row(place, value, tags)
    elif changedetection.is_tag(value):
        yield passed_over(place, "a tag of changedetection.io: give this file with --tags-file", what=What.UNKNOWN)
    elif kind is Format.JSON and (item.section in SECTIONS or item.is_in_list):
        yield own_row(place, item.section, value)
    else:
        yield refused(place, f"not what {kind} writes")
