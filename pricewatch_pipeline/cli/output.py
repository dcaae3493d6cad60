"""How the command line prints: tables for people, JSON for scripts, errors in one place."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

console = Console()
errors = Console(stderr=True)

# What moves a terminal's cursor or turns its text around, and halves of characters, which cannot be written.
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_WIDE = 10_000
_MOST_NOTES = 10

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: Any) -> None:
    """One JSON document on standard output; decimals and times become strings."""
    text = json.dumps(value, default=plain, ensure_ascii=False, indent=2)
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")


def print_json_line(value: Any) -> None:
    """One JSON document on a line of its own, at once: for output that goes on."""
    text = json.dumps(value, default=plain, ensure_ascii=False)
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def print_notes(remarks: Sequence[str]) -> None:
    """Sentences without their full stops, which somebody should know although nothing is wrong; the first of many."""
    for remark in remarks[:_MOST_NOTES]:
        errors.print(f"Note: {shown(remark)}.", soft_wrap=True, highlight=False)
    if len(remarks) > _MOST_NOTES:
        errors.print(f"Note: {len(remarks) - _MOST_NOTES:,} more like these.", highlight=False)


def print_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    as_json: bool,
    title: str | None = None,
    cut: str | None = None,
    wrap: Sequence[str] = (),
) -> None:
    """A list: a table of the named columns, or JSON of everything. With `cut`, a row is a line: what does not fit is cut off
    that column. With `wrap`, these columns alone become lines below each other."""
    rows = list(rows)
    if as_json:
        print_json(rows)
        return
    table = Table(title=title, header_style="bold", title_justify="left")
    for column in columns:
        # An id is there to be copied.
        is_whole = column in ("watch_id", "watch") or (bool(cut or wrap) and column != cut and column not in wrap)
        table.add_column(column.replace("_", "\n" if cut or wrap else " "), overflow="fold", no_wrap=is_whole)
    for row in rows:
        table.add_row(*(_cut(row.get(column)) if column == cut else cell(row.get(column)) for column in columns))
    # What is not read in a terminal is searched and cut: a row is one line there.
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


def _cut(value: Any) -> Text:
    text = Text.from_markup(cell(value), overflow="ellipsis")
    text.no_wrap = True
    return text


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
            return decimal_text(value)
        case dict():
            return shown(", ".join(f"{name}: {each}" for name, each in value.items()))
        case list() | tuple():
            return shown(", ".join(map(str, value)))
        case _:
            return shown(str(value))


def shown(text: str) -> str:
    """A text from outside for a person: one line, no markup, nothing that steers the terminal."""
    return escape(_NOT_SHOWN.sub(" ", text))


def money(amount: Decimal | None, currency: str | None) -> str | None:
    """`79.95 EUR`; None where there is no amount."""
    return None if amount is None else f"{decimal_text(amount)} {currency or ''}".strip()


def with_money(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its price and currency in one cell."""
    return {**row, "price": money(row["price"], row["currency"])}


def decimal_text(value: Decimal) -> str:
    """An amount without the zeros that a column adds: `1299`, `79.95`, `0.0005`."""
    if value == value.to_integral():
        return f"{value:.0f}"
    trimmed = value.normalize()
    return f"{trimmed:f}" if trimmed.as_tuple().exponent < -2 else f"{value:.2f}"  # type: ignore[operator]


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    match value:
        case Decimal():
            return decimal_text(value)
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


def warn(message: str) -> None:
    """Print what is to know and stops nothing."""
    errors.print(f"[yellow]warning:[/] {escape(message)}", soft_wrap=True, highlight=False)


def fail(message: str, *, code: int = 1) -> "typer.Exit":
    """Print an error; `raise fail(...)`."""
    errors.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True, highlight=False)
    return typer.Exit(code)
