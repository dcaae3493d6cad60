"""`pricewatch flights offers`: every itinerary that a flight watch was offered last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.csv_output import CsvFlag, print_csv, require_one_form
from pricewatch_pipeline.cli.flights_shown import (
    NESTED,
    ROUTE,
    FlightWatch,
    duration_text,
    print_nothing,
)
from pricewatch_pipeline.cli.output import JsonFlag, console, money, print_json, print_rows
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_flights import FlightView, show_offers
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("price", "airlines", "flights", "route", "departs", "arrives", "takes", "stops")


def offers(
    watch: FlightWatch,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many itineraries at most.")] = 20,
    with_all: Annotated[bool, typer.Option("--all", help="Every itinerary.")] = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
) -> None:
    """Every itinerary of the newest check, the best first: those that meet the watch, the cheapest before others.

    Of a watch that stands for many searches, those of the newest answer to each.
    """
    require_one_form(as_json=as_json, as_csv=as_csv)
    with opened_pipeline(load_settings()) as pipeline:
        found = show_offers(pipeline, watch, limit=None if with_all else limit)
    if as_json:
        print_json(found.rows)
    elif as_csv:
        print_csv(found.rows, without=NESTED)
    elif found.rows:
        _print(found)
    else:
        print_nothing(found, "itinerary")


def _print(found: FlightView) -> None:
    some_do_not_meet = not all(row["meets_query"] for row in found.rows)
    columns = (*_COLUMNS, "meets_it") if some_do_not_meet else _COLUMNS
    print_rows(map(_row, found.rows), columns, as_json=False, title=found.looks_for or found.watch_id)
    if len(found.rows) < found.total:
        console.print(f"{len(found.rows):,} of {found.total:,} itineraries; --all shows all.", highlight=False)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    departs, arrives = row["departs_local"], row["arrives_local"]
    return {
        "price": money(row["price"], row["currency"]),
        "airlines": row["airlines"],
        "flights": row["flight_numbers"],
        "route": f"{row['origin'] or '?'} {ROUTE} {row['destination'] or '?'}",
        "departs": f"{departs:%d %b %Y %H:%M}" if departs else None,
        "arrives": _arrival(departs, arrives),
        "takes": duration_text(row["duration_minutes"]),
        "stops": row["stops"],
        "meets_it": row["meets_query"],
    }


def _arrival(departs: datetime | None, arrives: datetime | None) -> str | None:
    """`16:05`, `06:10 +1`: days later, by the clocks of the places."""
    if arrives is None or departs is None:
        return f"{arrives:%d %b %H:%M}" if arrives else None
    days = (arrives.date() - departs.date()).days
    return f"{arrives:%H:%M}" + (f" {days:+d}" if days else "")
