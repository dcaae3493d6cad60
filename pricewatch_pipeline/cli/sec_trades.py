"""`pricewatch sec trades` and `clusters`: what insiders bought and sold on the open market."""

from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.csv_output import CsvFlag, require_one_form
from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows, shown
from pricewatch_pipeline.cli.sec_shown import (
    TRADE_COLUMNS,
    TRADE_TEXTS,
    AllFlag,
    CompanyName,
    LimitFlag,
    SinceFlag,
    columns_shown,
    company_cell,
    day_of,
    number_text,
    trade_row,
    was_printed,
)
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_insiders import CompanyView, show_clusters, show_trades
from pricewatch_pipeline.settings import load_settings

_COLUMNS = (*TRADE_COLUMNS[:2], "company", *TRADE_COLUMNS[2:])
_CLUSTERS = ("first_on", "last_on", "company", "owners", "buys", "shares", "value", "who")


def trades(
    company: CompanyName = None,
    since: SinceFlag = None,
    is_of_buys: Annotated[bool, typer.Option("--buys", help="Only purchases.")] = False,
    is_of_sells: Annotated[bool, typer.Option("--sells", help="Only sales.")] = False,
    limit: LimitFlag = 20,
    with_all: AllFlag = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
) -> None:
    """What insiders bought and sold at a price (codes P and S), each trade once, the newest first.

    What an amendment restates, or several owners of a chain report, counts once. A trade whose day is doubtful stands where it was filed.
    """
    require_one_form(as_json=as_json, as_csv=as_csv)
    if is_of_buys and is_of_sells:
        raise typer.BadParameter("--buys and --sells: choose one of them, or none for both")
    side = "buy" if is_of_buys else "sell" if is_of_sells else None
    with opened_pipeline(load_settings()) as pipeline:
        found = show_trades(pipeline, company, since=day_of(since), side=side, limit=None if with_all else limit)
    is_of_some = side is not None or since is not None
    if was_printed(found, as_json=as_json, as_csv=as_csv, what="trade", is_of_some=is_of_some):
        return
    title = shown(found.company) if found.company else None
    print_rows(map(trade_row, found.rows), columns_shown(_COLUMNS, found), as_json=False, title=title, wrap=TRADE_TEXTS)
    console.print(_sums_text(found), highlight=False, soft_wrap=True)


def clusters(
    company: CompanyName = None,
    since: SinceFlag = None,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
) -> None:
    """Times in which at least three different insiders of a company bought within 30 days, the newest first.

    Those who ever filed together count as one.
    """
    require_one_form(as_json=as_json, as_csv=as_csv)
    with opened_pipeline(load_settings()) as pipeline:
        found = show_clusters(pipeline, company, since=day_of(since))
    if was_printed(found, as_json=as_json, as_csv=as_csv, what="cluster", is_of_some=since is not None):
        return
    title = shown(found.company) if found.company else None
    print_rows(
        map(_cluster_row, found.rows),
        columns_shown(_CLUSTERS, found),
        as_json=False,
        title=title,
        wrap=("company", "who"),
    )


def _sums_text(found: CompanyView) -> str:
    sums = found.sums or {}
    parts = [
        f"{len(found.rows):,} of {found.total:,} trades; --all shows all." if len(found.rows) < found.total else ""
    ]
    parts.append(
        f"In all bought for {number_text(sums['bought_value'])} USD, sold for {number_text(sums['sold_value'])} USD"
    )
    parts[-1] += f"; {sums['without_value']:,} without a value." if sums["without_value"] else "."
    return " ".join(filter(None, parts))


def _cluster_row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "company": company_cell(row),
        "shares": number_text(row["shares"]),
        "value": number_text(row["value"]),
        "who": "; ".join(row["owner_names"]),
    }
