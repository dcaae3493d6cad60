"""Reads saved ownership filings in bulk: the reader of a check, with files in place of the network."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TextIO

from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow, ParsedFiling, RowKind
from pricewatch_pipeline.registry import sec_form4
from pricewatch_pipeline.services.saved_files import FileProblem, json_line, saved_bytes

PARSED = (
    *("file", "accession", "form", "issuer_cik", "issuer_symbol", "owner_ciks", "table", "kind", "row", "security"),
    *("date", "code", "shares", "price", "acquired_disposed", "owned_after", "direct_indirect", "nature"),
    *("exercise_price", "exercise_date", "expiration", "underlying", "underlying_shares", "footnotes"),
)
_CALLED = {"traded_on": "date", "expiration_date": "expiration"}
"""Fields that have another name in the lines."""

Tell = Callable[[str, str], None]


@dataclass(kw_only=True)
class ParsedFilings:
    """What came of the files."""

    files: int = 0
    filings: int = 0
    without_rows: int = 0
    """Filings that tell of neither transaction nor holding."""
    transactions: int = 0
    holdings: int = 0
    seconds: float = 0.0

    @property
    def files_a_second(self) -> float:
        return self.files / self.seconds if self.seconds else 0.0

    @property
    def not_read(self) -> int:
        return self.files - self.filings


def parse_filings(
    files: Sequence[str], output: TextIO, *, on_problem: Tell, on_progress: Callable[[], None] | None = None
) -> ParsedFilings:
    """Write one JSON object per transaction or holding. A file that cannot be read is told of, and the others go on."""
    parsed = ParsedFilings()
    sec_form4().read(b"")  # brings the XML parser, which is no part of how fast files are read
    started = time.perf_counter()
    for name in files:
        found = _read(name)
        parsed.files += 1
        if found.filing is None:
            on_problem(name, found.error or "unreadable")
        else:
            _count(parsed, found.filing)
            output.writelines(json_line(line) for line in lines_of(name, found.filing))
        if on_progress:
            on_progress()
    parsed.seconds = time.perf_counter() - started
    return parsed


def _read(name: str) -> ParsedFiling:
    body = saved_bytes(name)
    if isinstance(body, FileProblem):
        return ParsedFiling(outcome=body.outcome, error=body.error)
    return sec_form4().read(body)


def _count(parsed: ParsedFilings, filing: OwnershipFiling) -> None:
    transactions = sum(row.kind is RowKind.TRANSACTION for row in filing.rows)
    parsed.filings += 1
    parsed.without_rows += not filing.rows
    parsed.transactions += transactions
    parsed.holdings += len(filing.rows) - transactions


def lines_of(name: str, filing: OwnershipFiling) -> Iterator[dict[str, Any]]:
    """A line for every row, with the fields of `PARSED`."""
    whole = {
        "file": name,
        "accession": filing.accession,
        "form": filing.form,
        "issuer_cik": filing.issuer_cik,
        "issuer_symbol": filing.issuer_symbol,
        "owner_ciks": [owner.cik for owner in filing.owners],
    }
    for row in filing.rows:
        yield whole | _facts(row) | {"footnotes": _footnotes(row, filing.footnotes)}


def _facts(row: OwnershipRow) -> dict[str, Any]:
    return {
        "table": row.table.value,
        "kind": row.kind.value,
        "row": row.row,
        "security": row.security,
        "date": _day(row.traded_on),
        "code": row.code,
        "shares": _plain(row.shares),
        "price": _plain(row.price),
        "acquired_disposed": row.acquired_disposed,
        "owned_after": _plain(row.owned_after),
        "direct_indirect": row.direct_indirect,
        "nature": row.nature,
        "exercise_price": _plain(row.exercise_price),
        "exercise_date": _day(row.exercise_date),
        "expiration": _day(row.expiration_date),
        "underlying": row.underlying,
        "underlying_shares": _plain(row.underlying_shares),
    }


def _footnotes(row: OwnershipRow, texts: Mapping[str, str]) -> dict[str, dict[str, str | None]]:
    """By field, then by id; null: the filing has no text for it."""
    return {
        _CALLED.get(name, name): {number: texts.get(number) for number in numbers}
        for name, numbers in row.footnotes.items()
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
