"""Rows into a table by `jsonb_to_recordset`: one bound parameter whatever their number."""

from collections.abc import Mapping

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.psycopg import dialect

_DIALECT = dialect()  # type: ignore[no-untyped-call]


def shape_of(table: Table, **types: str) -> str:
    """The column list of a recordset with the table's rows. `types`: of columns that come as something else."""
    return ", ".join(
        f"{column.name} {types.get(column.name) or column.type.compile(_DIALECT)}" for column in table.columns
    )


def columns_of(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def values_of(table: Table, **expressions: str) -> str:
    """What to select of such a recordset: a column that a row does not name is null in it, and has its default in the table.
    `expressions`: of columns that are made otherwise."""
    return ", ".join(
        expressions.get(column.name) or _or_default(column.name, _defaults(table)) for column in table.columns
    )


def _or_default(name: str, defaults: Mapping[str, str]) -> str:
    return f"coalesce({name}, {defaults[name]})" if name in defaults else name


def _defaults(table: Table) -> Mapping[str, str]:
    return {
        column.name: str(column.server_default.arg)  # type: ignore[attr-defined]
        for column in table.columns
        if column.server_default is not None
    }
