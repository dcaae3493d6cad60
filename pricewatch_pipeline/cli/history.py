"""`pricewatch history`: the prices of a watch as a plot and a table, or its checks."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, money, print_json, print_rows, shown, with_money
from pricewatch_pipeline.cli.plot import plot
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_history import checks_of, instant_of, prices_of
from pricewatch_pipeline.settings import load_settings

MOST_PLOTTED = 5_000
_PRICES = ("observed_at", "price", "list_price", "availability", "method")
_CHECKS = ("finished_at", "outcome", "price", "availability", "kind", "attempt", "http_status", "error")
_WIDEST, _MARGIN = 100, 14


def history(
    watch: Annotated[str, typer.Argument(metavar="WATCH", help="The watch's id.")],
    since: Annotated[
        str | None, typer.Option(metavar="SPAN|DAY", help="Only what is newer: 30d, 12h, or 2026-05-01.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many rows to print, the newest.")] = 20,
    is_of_checks: Annotated[bool, typer.Option("--checks", help="Every check, also those that failed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """The prices of a watch: a plot and the newest rows. `--checks` shows the ledger instead."""
    after = instant_of(since, now=datetime.now(UTC)) if since else None
    with opened_pipeline(load_settings()) as pipeline:
        if is_of_checks:
            rows = checks_of(pipeline, watch, since=after, limit=limit)
        else:
            rows = prices_of(pipeline, watch, since=after, limit=limit if as_json else max(limit, MOST_PLOTTED))
    if as_json:
        print_json(rows)
    elif not rows:
        what = "check" if is_of_checks else "price"
        console.print(f"No {what} of {shown(watch)} yet{' since then' if since else ''}.", highlight=False)
    elif is_of_checks:
        print_rows(map(with_money, rows), _CHECKS, as_json=False)
    else:
        _print_plot(rows)
        print_rows(map(_price_row, rows[:limit]), _PRICES, as_json=False)


def _price_row(row: dict[str, Any]) -> dict[str, Any]:
    """With what was read at first beside a price that was corrected."""
    was = (row["original_price"], row["original_currency"])
    shown_row = with_money(row)
    if row["is_corrected"] and was != (row["price"], row["currency"]):
        shown_row["price"] = f"{shown_row['price'] or '-'} (was {money(*was) or '-'})"
    return shown_row


def _print_plot(rows: list[dict[str, Any]]) -> None:
    """Newest first in, in the newest currency: prices in others cannot share an axis."""
    currency = next((row["currency"] for row in rows if row["price"] is not None), None)
    points = [(row["observed_at"], row["price"] if row["currency"] == currency else None) for row in reversed(rows)]
    drawn = plot(points, width=min(console.width, _WIDEST) - _MARGIN)
    if drawn:
        console.print(f"{currency or 'price'}\n{drawn}\n", markup=False, highlight=False, soft_wrap=True)
