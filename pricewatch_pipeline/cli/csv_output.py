"""Rows as CSV, for commands that print either a table, JSON or that."""

import csv
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import plain
from pricewatch_pipeline.importing.fields import guarded

CsvFlag = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]


def print_csv(rows: Sequence[Mapping[str, Any]], *, without: Collection[str] = ()) -> None:
    """Every column but those `without`, which hold more than a value; lists are joined by commas."""
    names = [name for name in rows[0] if name not in without] if rows else []
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_text(row[name]) for name in names])


def require_one_form(*, as_json: bool, as_csv: bool) -> None:
    """Refuse what cannot be had together."""
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv: choose one of them")


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case list():
            return guarded(", ".join(map(str, value)))  # type: ignore[no-any-return]
        case bool():
            return "yes" if value else "no"
        case str():
            return guarded(value)  # type: ignore[no-any-return]
        case _:
            return plain(value)  # type: ignore[no-any-return]
