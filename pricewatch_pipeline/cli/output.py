"""How the command line prints: tables for people, JSON for scripts, errors in one place."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console()
errors = Console(stderr=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: Any) -> None:
    """One JSON document on standard output; decimals and times become strings."""
    sys.stdout.write(json.dumps(value, default=plain, ensure_ascii=False, indent=2) + "\n")


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, title: str | None = None) -> None:
    """A list: a table of the named columns, or JSON of everything."""
    rows = list(rows)
    if as_json:
        print_json(rows)
        return
    table = Table(title=title, header_style="bold", title_justify="left")
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    console.print(table)


def cell(value: Any) -> str:
    """One value for a person; text from outside never acts as markup."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        case Decimal():
            return f"{value.normalize():f}" if value != value.to_integral() else f"{value:.0f}"
        case list() | tuple():
            return escape(", ".join(map(str, value)))
        case _:
            return escape(str(value))


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    match value:
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case set() | frozenset():
            return sorted(value)
        case bytes():
            return value.hex()
        case _:
            return str(value)


def fail(message: str, *, code: int = 1) -> "typer.Exit":
    """Print an error; `raise fail(...)`."""
    errors.print(f"[bold red]error:[/] {escape(message)}")
    return typer.Exit(code)


ProgressCallback = Callable[[int, int], None]
"""Called with (done, total)."""
