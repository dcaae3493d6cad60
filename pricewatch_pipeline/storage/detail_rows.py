"""The rows that providers give beside their offers: written with the check that they belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.storage.flight_tables import flight_offers, flight_searches
from pricewatch_pipeline.storage.rows import as_json

_DIALECT = dialect()  # type: ignore[no-untyped-call]
TABLES: Mapping[str, Table] = {table.name: table for table in (flight_searches, flight_offers)}


@dataclass(frozen=True, kw_only=True)
class DetailsOf:
    """The details of one check, or of one combination of it."""

    watch_id: str
    slot_at: datetime
    observed_at: datetime
    combination: int = 0
    run_id: str | None = None
    details: tuple[Detail, ...]


def store(connection: Connection, found: Sequence[DetailsOf]) -> None:
    """Write them, in place of what an earlier attempt at the same slot left. Call it with the check that they belong to."""
    found = [each for each in found if each.details]
    for name in TABLES:
        rows = [_record(each, detail) for each in found for detail in each.details if detail.table == name]
        if not rows:
            continue
        keys = [{"watch_id": each.watch_id, "slot_at": each.slot_at, "combination": each.combination} for each in found]
        connection.execute(text(_DELETES[name]), {"rows": as_json(keys)})
        connection.execute(text(_INSERTS[name]), {"rows": as_json(rows)})


def _record(each: DetailsOf, detail: Detail) -> dict[str, Any]:
    return {
        **detail.row,
        "watch_id": each.watch_id,
        "slot_at": each.slot_at,
        "observed_at": each.observed_at,
        "combination": each.combination,
        "run_id": each.run_id,
    }


def _insert(table: Table) -> str:
    shape = ", ".join(f"{column.name} {column.type.compile(_DIALECT)}" for column in table.columns)
    # A column that the row does not name is null in the recordset, and has its default in the table.
    values = ", ".join(
        column.name if column.server_default is None else f"coalesce({column.name}, {column.server_default.arg})"  # type: ignore[attr-defined]
        for column in table.columns
    )
    return (
        f"INSERT INTO {table.fullname} ({', '.join(column.name for column in table.columns)}) "
        f"SELECT {values} FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r({shape})"
    )


_INSERTS = {name: _insert(table) for name, table in TABLES.items()}
_DELETES = {
    name: f"DELETE FROM {table.fullname} t USING jsonb_to_recordset(cast(:rows AS jsonb)) "
    "AS r(watch_id text, slot_at timestamptz, combination int) "
    "WHERE (t.watch_id, t.slot_at, t.combination) = (r.watch_id, r.slot_at, r.combination)"
    for name, table in TABLES.items()
}
