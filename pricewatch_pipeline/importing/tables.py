"""Tables of text: CSV with any delimiter, with or without names of columns, with quotes that somebody forgot to close."""

import csv
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice

from pricewatch_pipeline.importing.fields import SYNONYMS, field_named, row_of
from pricewatch_pipeline.importing.rows import ImportRow, refused, shortened
from pricewatch_pipeline.importing.texts import Line

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 20
_MOST_LINES = 40
"""Of one record; a quote that is open for longer was never closed."""
_NEAR = 0.8
_LATIN = "not UTF-8: read as Latin-1"


@dataclass(frozen=True, kw_only=True)
class _Record:
    number: int
    """Of its first line."""
    cells: Sequence[str] = ()
    problem: str | None = None
    shown: str = ""
    is_latin: bool = False


def read_table(lines: Iterator[Line]) -> Iterator[ImportRow]:
    """A row per record. Without a header, the column that holds URLs counts, and one beside it that holds titles."""
    sample = list(islice(lines, _SAMPLE))
    delimiter = delimiter_of([line.text for line in sample])
    records = _records(deque(sample), lines, delimiter)
    first = None
    for record in records:
        if any(record.cells):
            first = record
            break
        yield from _rows(record, ())  # one that cannot be read names no columns
    if first is None:
        return
    columns = header_of(first.cells)
    notes = _misspelt(first.cells, columns or ())
    if columns is None:
        columns = _columns_without_header(first.cells)
        yield from _rows(first, columns)
    elif "url" not in columns:
        names = ", ".join(shortened(cell, 30) for cell in first.cells[:10])
        yield refused(f"line {first.number}", f"no column holds URLs: name one `url` (there are: {names})")
        return
    for record in records:
        for row in _rows(record, columns):
            yield replace(row, notes=(*row.notes, *notes)) if notes else row
            notes = []


def delimiter_of(sample: Sequence[str]) -> str:
    """What stands between the cells: what makes known names of the first line, else what every line has as often."""
    rows = [line for line in sample if line.strip()]
    if not rows:
        return ","

    def fitness(delimiter: str) -> tuple[int, int, int]:
        names = sum(field_named(cell.strip(' "')) is not None for cell in rows[0].split(delimiter))
        counts = Counter(line.count(delimiter) for line in rows)
        count, lines = counts.most_common(1)[0]
        return names, lines if count else 0, count

    return max(DELIMITERS, key=fitness)


def header_of(cells: Sequence[str]) -> list[str | None] | None:
    """The field of each column; None where the first record is no header."""
    fields = [field_named(cell) for cell in cells]
    is_header = any(fields) and not any("://" in cell for cell in cells)
    if not is_header:
        return None
    return [field if field and field not in fields[:index] else None for index, field in enumerate(fields)]


def _misspelt(header: Sequence[str], columns: Sequence[str | None]) -> list[str]:
    """What to say of names that are nearly those of a field; a table of others may have any other columns."""
    unknown = [name.strip() for name, column in zip(header, columns, strict=False) if name.strip() and column is None]
    near = {name: get_close_matches(name.lower(), SYNONYMS, 1, _NEAR) for name in unknown if not field_named(name)}
    return [
        f"the column {shortened(name, 30)} means nothing here: is it `{known[0]}`?"
        for name, known in near.items()
        if known
    ]


def _columns_without_header(cells: Sequence[str]) -> list[str | None]:
    columns: list[str | None] = [None] * len(cells)
    at = next((index for index, cell in enumerate(cells) if "://" in cell), 0)
    columns[at] = "url"
    title = next((i for i, c in enumerate(cells) if i != at and any(letter.isalpha() for letter in c)), None)
    if title is not None:
        columns[title] = "title"
    return columns


def _rows(record: _Record, columns: Sequence[str | None]) -> Iterator[ImportRow]:
    place = f"line {record.number}"
    if record.problem:
        yield refused(place, record.problem, shown=record.shown)
    elif any(cell.strip() for cell in record.cells):
        values = {name: cell for name, cell in zip(columns, record.cells, strict=False) if name and cell.strip()}
        if not values.get("url"):
            yield refused(place, "there is no URL in this row", shown=" ".join(record.cells)[:80])
            return
        row = row_of(place, values)
        yield replace(row, notes=(_LATIN,)) if record.is_latin else row


def _records(ahead: deque[Line], lines: Iterator[Line], delimiter: str) -> Iterator[_Record]:
    """Records of one line or several. Where a quote is never closed, its first line alone is lost, and said."""
    feeder = _Feeder(ahead, lines)
    while line := feeder.next():
        if line.is_too_long:
            yield _Record(number=line.number, problem="the row is too long", shown=line.text[:80])
            continue
        used = [line]
        try:
            cells = next(csv.reader(_fed(line, feeder, used), delimiter=delimiter, strict=True), [])
        except (csv.Error, _NeverClosed) as error:
            feeder.give_back(used[1:])
            why = "a quote that is never closed" if len(used) > 1 else f"not a row of a table: {error}"
            yield _Record(number=line.number, problem=why, shown=line.text[:80])
            continue
        yield _Record(number=line.number, cells=cells, is_latin=any(each.is_latin for each in used))


class _NeverClosed(Exception):
    """A record goes on for too long."""


class _Feeder:
    def __init__(self, ahead: deque[Line], lines: Iterator[Line]) -> None:
        self._ahead = ahead
        self._lines = lines

    def next(self) -> Line | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def give_back(self, lines: Sequence[Line]) -> None:
        self._ahead.extendleft(reversed(lines))


def _fed(first: Line, feeder: _Feeder, used: list[Line]) -> Iterator[str]:
    yield first.text.replace("\0", "") + "\n"
    while line := feeder.next():
        used.append(line)
        if len(used) > _MOST_LINES or line.is_too_long:
            raise _NeverClosed
        yield line.text.replace("\0", "") + "\n"
