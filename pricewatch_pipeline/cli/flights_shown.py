"""What `pricewatch flights offers` and `calendar` share: rows as CSV, and what to say where there are none."""

import csv
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import console, plain
from pricewatch_pipeline.importing.fields import guarded
from pricewatch_pipeline.services.show_flights import FlightView

FlightWatch = Annotated[str, typer.Argument(metavar="WATCH", help="The id of a flight watch.")]
CsvFlag = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]

ROUTE = "→"
_NESTED = ("layovers", "legs")


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Every column but those that hold more than a value; lists are joined by commas."""
    names = [name for name in rows[0] if name not in _NESTED] if rows else []
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_text(row[name]) for name in names])


def require_one_form(*, as_json: bool, as_csv: bool) -> None:
    """Refuse what cannot be had together."""
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv: choose one of them")


def print_nothing(found: FlightView, what: str) -> None:
    """Why there is nothing to show, and what to do."""
    console.print(
        f"No {what} of {found.watch_id} yet: {found.waits}. `pricewatch check {found.watch_id}` looks at once.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def duration_text(minutes: int | None) -> str | None:
    """`7h 55m`."""
    return None if minutes is None else f"{minutes // 60}h {minutes % 60:02}m"


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
