"""The rows that providers give beside their offers: written with the check that they belong to.

What they say was read from pages of strangers: texts are cut, a number out of range is none, and no check fills a table.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import ARRAY, CHAR, Column, Integer, Numeric, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.offers import is_amount
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.errors import NotStorable
from pricewatch_pipeline.storage.flight_tables import flight_offers, flight_searches
from pricewatch_pipeline.storage.insider_tables import filing_checks
from pricewatch_pipeline.storage.recordsets import columns_of, shape_of, values_of
from pricewatch_pipeline.storage.refusals import refusals
from pricewatch_pipeline.storage.rows import as_json

MOST_ROWS = 2_000
"""Of one check, or of one combination, in one table."""
_LONGEST_TEXT = 2_000
_LONGEST_JSON = 20_000
_MOST_ELEMENTS = 50

_FAMILIES: tuple[tuple[Table, ...], ...] = ((flight_searches, flight_offers), (filing_checks,))
"""Tables that tell of the same page: who writes to one of them says all that is to stand in the others."""
TABLES: Mapping[str, Table] = {table.name: table for family in _FAMILIES for table in family}


@dataclass(frozen=True, kw_only=True)
class DetailsOf:
    """The details of one check, or of one combination of it."""

    watch_id: str
    slot_at: datetime
    attempt: int = 1
    """At this slot: tables that have it keep the rows of each."""
    observed_at: datetime
    outcome: Outcome | None = None
    """What the engine made of it, which may be less than the provider thinks: `implausible`. None: as the row says."""
    combination: int = 0
    run_id: str | None = None
    details: tuple[Detail, ...]


NotWritten = tuple[DetailsOf, str]
"""What is not in the tables, and why, in words."""


def store(connection: Connection, found: Sequence[DetailsOf]) -> list[NotWritten]:
    """Write them, with the check that they belong to. An earlier attempt at the same slot keeps its rows only in tables that
    have a column for it.

    No price is lost for its details: where the database refuses some, nothing of those is written, and the transaction
    goes on. Returns what is missing.
    """
    found = [each for each in found if each.details]
    if not found:
        return []
    slots = [each.slot_at for each in found]
    connection.execute(
        text("SELECT pricewatch.ensure_months(:first, :last) WHERE NOT pricewatch.has_months(:first, :last)"),
        {"first": min(slots), "last": max(slots)},
    )
    return [*_write_what_fits(connection, found), *_beyond_the_limit(found)]


def _write_what_fits(connection: Connection, found: Sequence[DetailsOf]) -> list[NotWritten]:
    try:
        with refusals(ValueError, TypeError), connection.begin_nested():
            _write(connection, found)
    except NotStorable as error:
        if len(found) > 1:
            return [missing for each in found for missing in _write_what_fits(connection, [each])]
        return [(found[0], f"its details cannot be stored: {error}")]
    return []


def _beyond_the_limit(found: Iterable[DetailsOf]) -> list[NotWritten]:
    return [
        (each, f"only the first {MOST_ROWS:,} of {count:,} rows for {table} are kept")
        for each in found
        for table, count in Counter(detail.table for detail in each.details).items()
        if count > MOST_ROWS
    ]


def _write(connection: Connection, found: Sequence[DetailsOf]) -> None:
    _reject_unknown(found)
    for family in _FAMILIES:
        names = [table.name for table in family]
        about = [each for each in found if any(detail.table in names for detail in each.details)]
        keys = as_json(
            {name: getattr(each, name) for name in ("watch_id", "slot_at", "attempt", "combination")} for each in about
        )
        for name in names if about else ():
            connection.execute(_DELETES[name], {"rows": keys})
            connection.execute(_INSERTS[name], {"rows": as_json(_records(name, about))})


def _reject_unknown(found: Iterable[DetailsOf]) -> None:
    """A name that is not known would be left out without a word."""
    for table, columns in {(detail.table, tuple(detail.row)) for each in found for detail in each.details}:
        if table not in TABLES:
            raise NotStorable(f"there is no table {table!r} for details; there are: {', '.join(TABLES)}")
        if unknown := sorted(set(columns) - set(TABLES[table].columns.keys())):
            raise NotStorable(f"the table {table} has no column {unknown[0]!r}")


def _records(name: str, found: Iterable[DetailsOf]) -> Iterable[dict[str, Any]]:
    columns = TABLES[name].columns
    for each in found:
        own = {
            "watch_id": each.watch_id,
            "slot_at": each.slot_at,
            "attempt": each.attempt,
            "observed_at": each.observed_at,
            "combination": each.combination,
            "run_id": each.run_id,
            **({"outcome": each.outcome} if each.outcome else {}),
        }
        for detail in islice((detail for detail in each.details if detail.table == name), MOST_ROWS):
            yield {column: _fitting(columns[column], value) for column, value in detail.row.items()} | own


def _fitting(column: Column[Any], value: Any) -> Any:
    """The value as the column can hold it; None where it cannot."""
    if value is None:
        return None
    return next((fit(value) for kind, fit in _FITS if isinstance(column.type, kind)), value)


def _short(value: object) -> str:
    return str(value)[:_LONGEST_TEXT]


def _code(value: object) -> str | None:
    code = str(value)
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def _amount(value: object) -> Decimal | None:
    if not isinstance(value, Decimal | int):
        raise TypeError(f"an amount is a Decimal, not {value!r:.40}")
    return amount if is_amount(amount := Decimal(value)) else None


def _whole(bits: int) -> Callable[[Any], int | None]:
    most = 2 ** (bits - 1)
    return lambda value: int(value) if -most <= value < most else None


def _small(value: Any) -> Any:
    return value if len(as_json([{"value": value}])) <= _LONGEST_JSON else None


_FITS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (CHAR, _code),
    (Text, _short),
    (ARRAY, lambda values: [_short(value) for value in islice(values, _MOST_ELEMENTS)]),
    (JSONB, _small),
    (SmallInteger, _whole(16)),
    (Integer, _whole(32)),
    (Numeric, _amount),
)
"""The more exact kind first."""


def _insert(table: Table) -> str:
    return (
        f"INSERT INTO {table.fullname} ({columns_of(table)}) "
        f"SELECT {values_of(table)} FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r({shape_of(table)})"
    )


def _delete(table: Table) -> str:
    of_attempt = "AND t.attempt = r.attempt" if "attempt" in table.columns else ""
    return (
        f"DELETE FROM {table.fullname} t USING jsonb_to_recordset(cast(:rows AS jsonb)) "
        "AS r(watch_id text, slot_at timestamptz, attempt int, combination int) "
        f"WHERE (t.watch_id, t.slot_at, t.combination) = (r.watch_id, r.slot_at, r.combination) {of_attempt}"
    )


_INSERTS = {name: text(_insert(table)) for name, table in TABLES.items()}
_DELETES = {name: text(_delete(table)) for name, table in TABLES.items()}
