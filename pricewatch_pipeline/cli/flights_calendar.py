"""`pricewatch flights calendar`: the fares of a flight watch by day."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pricewatch_pipeline.cli.csv_output import CsvFlag, print_csv, require_one_form
from pricewatch_pipeline.cli.fare_grid import month_grids
from pricewatch_pipeline.cli.files import require_writable
from pricewatch_pipeline.cli.flights_shown import (
    ROUTE,
    FlightWatch,
    print_nothing,
)
from pricewatch_pipeline.cli.output import JsonFlag, console, errors, money, print_json, print_rows, shown
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_flights import FlightView, picture_of, show_calendar
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("departs", "returns", "route", "price", "fare_is", "change", "lowest_ever", "airlines")
"""What is the same for all trips is left out: a trip is a line of 100 columns."""
_GRID_WIDTH = 100
_LOWEST = " *"

Row = Mapping[str, Any]


def calendar(
    watch: FlightWatch,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many trips at most, the cheapest.")] = 20,
    with_all: Annotated[
        bool, typer.Option("--all", help="Every trip by day, also those whose day has gone by.")
    ] = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", dir_okay=False, help="Draw the fares into this file too.")
    ] = None,
) -> None:
    """Fares by day: months with the lowest fare of each day of departure, then the cheapest trips. `*` marks the lowest."""
    require_one_form(as_json=as_json, as_csv=as_csv)
    if png:
        require_writable(png, is_forced=True)
    with opened_pipeline(load_settings()) as pipeline:
        found = show_calendar(pipeline, watch)
    if png:
        _draw(found, png)
    if as_json:
        print_json(found.rows)
    elif as_csv:
        print_csv(found.rows)
    elif found.rows:
        _print(found, limit=None if with_all else limit)
    else:
        print_nothing(found, "fare")


def _draw(found: FlightView, file: Path) -> None:
    picture = picture_of(found)
    if picture is None:
        errors.print(f"Nothing is drawn: no search of {found.watch_id} has a fare.", highlight=False, soft_wrap=True)
        return
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error
    errors.print(f"Drawn: {shown(str(file))}", highlight=False, soft_wrap=True)


def _print(found: FlightView, *, limit: int | None) -> None:
    rows = [row for row in found.rows if limit is None or not row["is_past"]] or found.rows
    currency = main_currency(rows)
    lowest = lowest_fare(rows, currency)
    screen = console if console.is_terminal else Console(width=_GRID_WIDTH)
    if screen.width >= _GRID_WIDTH:
        for table in month_grids(fares_by_day(rows, currency), title=f"lowest fare of each day, {currency or '-'}"):
            screen.print(table)
    chosen = rows if limit is None else sorted(rows, key=lambda row: _by_price(row, currency))[:limit]
    title = found.looks_for or found.watch_id
    print_trips(chosen, currency, lowest, title=shown(title))
    if left_out := left_out_text(rows, currency):
        console.print(left_out, highlight=False, soft_wrap=True, markup=False)
    if len(chosen) < len(found.rows):
        console.print(
            f"The cheapest {len(chosen):,} of {len(found.rows):,} trips; --all shows all by day.", highlight=False
        )


def print_trips(rows: Sequence[Row], currency: str | None, lowest: Decimal | None, *, title: str) -> None:
    """A line for each trip. The year is said where there are several, the route too."""
    years = {row["departs_on"].year for row in rows}
    routes = {(row["origin"], row["destination"]) for row in rows}
    left_out = {
        "returns": not any(row["returns_on"] for row in rows),
        "route": len(routes) == 1,
    }
    columns = [column for column in _COLUMNS if not left_out.get(column)]
    shown_rows = [_row(row, currency, lowest, with_year=len(years) > 1) for row in rows]
    print_rows(shown_rows, columns, as_json=False, title=title, cut="airlines")


def main_currency(rows: Sequence[Row]) -> str | None:
    """The currency that most fares have: only those are compared."""
    counts = Counter(row["currency"] for row in rows if row["price"] is not None)
    return counts.most_common(1)[0][0] if counts else None


def left_out_text(rows: Sequence[Row], currency: str | None) -> str | None:
    """How many fares are in other currencies than the one that is compared; None where none is."""
    others = Counter(row["currency"] or "no currency" for row in rows if row["price"] is not None)
    del others[currency or "no currency"]
    if not others:
        return None
    counts = ", ".join(f"{count:,} in {other}" for other, count in sorted(others.items()))
    return f"Only fares in {currency or 'no currency'} are compared; left out: {counts}."


def lowest_fare(rows: Sequence[Row], currency: str | None) -> Decimal | None:
    """The lowest fare in this currency."""
    return min((row["price"] for row in rows if _counts(row, currency)), default=None)


def fares_by_day(rows: Sequence[Row], currency: str | None) -> dict[date, Decimal | None]:
    """The lowest fare of each day of departure; None where the day has none."""
    fares: dict[date, Decimal | None] = {}
    for row in rows:
        known = fares.setdefault(row["departs_on"], None)
        if _counts(row, currency) and (known is None or row["price"] < known):
            fares[row["departs_on"]] = row["price"]
    return fares


def _counts(row: Row, currency: str | None) -> bool:
    return row["price"] is not None and row["currency"] == currency


def _by_price(row: Row, currency: str | None) -> tuple[bool, Decimal, date]:
    return not _counts(row, currency), row["price"] or Decimal(0), row["departs_on"]


def _row(row: Row, currency: str | None, lowest: Decimal | None, *, with_year: bool) -> dict[str, Any]:
    price = money(row["price"], row["currency"]) or f"- ({row['outcome']})"
    change = row["change"]
    return {
        "departs": f"{row['departs_on']:{'%a %d %b %Y' if with_year else '%a %d %b'}}"
        + (" (past)" if row["is_past"] else ""),
        "returns": f"{row['returns_on']:%a %d %b}" if row["returns_on"] else None,
        "route": f"{row['origin']} {ROUTE} {row['destination']}",
        "price": price + (_LOWEST if _counts(row, currency) and row["price"] == lowest else ""),
        "fare_is": row["price_indicator"],
        "change": f"{change:+.2f}" if change else None,
        "lowest_ever": money(row["lowest_price"], None if row["was_currency"] == currency else row["was_currency"]),
        "airlines": row["airlines"],
    }
