"""`pricewatch rates ...`: the exchange rates with which stores in several currencies are compared."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, print_json, print_rows, shown
from pricewatch_pipeline.services.exchange_rates import RatesReport, import_rates, list_rates, update_rates
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.settings import load_settings

app = typer.Typer(help="List, import and update exchange rates.", no_args_is_help=True)


@app.callback()
def rates() -> None:
    """List, import and update exchange rates."""


@app.command("list")
def list_(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As they were on this day; today by default.")
    ] = None,
    currency: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only these currencies.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """The newest rates at or before a day: units of each currency for one euro."""
    with opened_pipeline(load_settings()) as pipeline:
        wanted = day.date() if day else datetime.now(UTC).date()
        found = list_rates(pipeline.database, wanted, currencies=[code.upper() for code in currency or ()] or None)
    if found or as_json:
        print_rows(found, ("currency", "per_eur", "day", "source"), as_json=as_json)
    else:
        console.print(
            "No rates of that time: `pricewatch rates update` fetches the newest, `pricewatch rates import FILE` takes the "
            "ECB's file.", highlight=False, soft_wrap=True,
        )  # fmt: skip


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE|URL", help="The ECB's eurofxref, as XML or CSV.")],
    as_json: JsonFlag = False,
) -> None:
    """Take over the rates of a file, all or none of them."""
    with opened_pipeline(load_settings()) as pipeline:
        _print(import_rates(pipeline.database, pipeline.settings, file), as_json=as_json)


@app.command()
def update(as_json: JsonFlag = False) -> None:
    """Fetch the newest rates from where PRICEWATCH_RATES_URL says: the ECB, by default."""
    with opened_pipeline(load_settings()) as pipeline:
        _print(update_rates(pipeline.database, pipeline.settings), as_json=as_json)


def _print(report: RatesReport, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    days = f"{report.first_day}" if report.first_day == report.last_day else f"{report.first_day} to {report.last_day}"
    console.print(
        f"{report.read} rates of {days} from {shown(report.source)}: {report.written} new or changed.",
        highlight=False,
        soft_wrap=True,
    )
