"""`pricewatch sec filings`: every filing that was listed, and how far it is."""

from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.csv_output import CsvFlag, require_one_form
from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows, shown
from pricewatch_pipeline.cli.sec_shown import (
    AllFlag,
    CompanyName,
    LimitFlag,
    SinceFlag,
    columns_shown,
    company_cell,
    day_of,
    was_printed,
)
from pricewatch_pipeline.domain.filings import FilingState
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_insiders import show_filings
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("filed_on", "form", "state", "company", "accession", "rows", "owner", "error")


def filings(
    company: CompanyName = None,
    state: Annotated[FilingState | None, typer.Option(help="Only filings in this state.")] = None,
    since: SinceFlag = None,
    limit: LimitFlag = 20,
    with_all: AllFlag = False,
    as_json: JsonFlag = False,
    as_csv: CsvFlag = False,
) -> None:
    """Filings that were listed, read or not, the newest first.

    `pending`: still to be read; `gone`, `unreadable`: could not be; `left_out`: beyond the bounds of the watch.
    """
    require_one_form(as_json=as_json, as_csv=as_csv)
    with opened_pipeline(load_settings()) as pipeline:
        found = show_filings(pipeline, company, state=state, since=day_of(since), limit=None if with_all else limit)
    is_of_some = state is not None or since is not None
    if was_printed(found, as_json=as_json, as_csv=as_csv, what="filing", is_of_some=is_of_some):
        return
    has_errors = any(row["error"] for row in found.rows)
    columns = [column for column in columns_shown(_COLUMNS, found) if column != "error" or has_errors]
    title = shown(found.company) if found.company else None
    print_rows(map(_row, found.rows), columns, as_json=False, title=title, wrap=("company", "owner", "error"))
    if len(found.rows) < found.total:
        console.print(f"{len(found.rows):,} of {found.total:,} filings; --all shows all.", highlight=False)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"company": company_cell(row), "owner": "; ".join(row["owner_names"]) or None, "rows": _rows(row)}


def _rows(row: dict[str, Any]) -> int | None:
    """Transactions and holdings; JSON and CSV have both."""
    return row["transactions"] + row["holdings"] if row["state"] == FilingState.READ else None
