"""What became of each row of an import, in words for people and in fields for programs."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

from pricewatch_pipeline.importing.fields import guarded
from pricewatch_pipeline.importing.rows import ImportRow

RESULTS = ("created", "updated", "skipped")
_REPORT = ("place", "result", "what", "id", "url", "why", "notes", "past_prices")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """One row of the report."""

    place: str
    """Where in the file."""
    what: str
    """`watch`, `store`, `product`, ..."""
    result: str
    """`created`, `updated` or `skipped`."""
    id: str | None = None
    url: str | None = None
    why: str | None = None
    """Why it was skipped."""
    notes: tuple[str, ...] = ()
    """What did not come along, and what else there is to know."""
    is_fault: bool = False
    """Skipped for something that somebody should put right."""
    past_prices: int = 0
    """That were stored."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A whole import in numbers."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    faults: int = 0
    past_prices: int = 0


def report_of(
    row: ImportRow,
    result: str,
    *,
    id: str | None = None,  # noqa: A002
    why: str | None = None,
    notes: Iterable[str] = (),
    is_fault: bool = False,
    past_prices: int = 0,
) -> Imported:
    """What became of a row."""
    query = row.entry.get("query")
    url = row.entry.get("url") or (query.get("url") if isinstance(query, dict) else None)
    named = id or row.entry.get("id")
    return Imported(
        place=row.place,
        what=str(row.what),
        result=result,
        id=str(named) if named else None,
        url=str(url) if url else None,
        why=why,
        notes=(*row.notes, *notes),
        is_fault=is_fault,
        past_prices=past_prices,
    )


class Tally:
    """Adds up an import while it runs."""

    def __init__(self) -> None:
        self._results: Counter[str] = Counter()
        self._faults = self._past_prices = 0

    def add(self, row: Imported) -> None:
        self._results[row.result] += 1
        self._faults += row.is_fault
        self._past_prices += row.past_prices

    @property
    def summary(self) -> Summary:
        counts = {result: self._results[result] for result in RESULTS}
        return Summary(**counts, faults=self._faults, past_prices=self._past_prices)


def report_lines(rows: Iterable[Imported], file: TextIO) -> Iterator[Imported]:
    """The rows, each written to a CSV as it comes; nothing in it is a formula to a spreadsheet."""
    writer = csv.writer(file)
    writer.writerow(_REPORT)
    for row in rows:
        cells = {**vars(row), "notes": "; ".join(row.notes)}
        writer.writerow([guarded(cells[name]) for name in _REPORT])
        yield row
