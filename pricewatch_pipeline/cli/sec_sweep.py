"""`pricewatch sec sweep`: compares the SEC's daily indexes with what the feeds have listed."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, errors, print_json, print_rows
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.sweeps import closed_text, today_in_new_york
from pricewatch_pipeline.services.open_engine import engine_for
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.require_contact import require_contact
from pricewatch_pipeline.services.sweep_filings import days_asked, sweep_filings
from pricewatch_pipeline.settings import load_settings

COLUMNS = ("day", "outcome", "filings", "missed", "due")


def sweep(
    day: Annotated[
        datetime | None, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="One day, however long ago.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=250, help="The last so many business days.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare the SEC's index of each business day with what the feeds of watched companies have listed.

    Without options: the days since the last one that was swept, at most two weeks; the first time, the last business day.
    What no feed has listed is fetched at the next check of its watch, which is due at once. Exit code 1 when an index
    could not be had.
    """
    if day is not None and days is not None:
        raise typer.BadParameter("--day and --days: say one of them")
    settings = load_settings()
    require_contact(settings)
    with opened_pipeline(settings) as pipeline:
        wanted = days_asked(pipeline.database, day=day.date() if day else None, count=days)
        report = sweep_filings(engine_for(settings, pipeline.database), days=wanted, is_asked=True)
        today = today_in_new_york(pipeline.database.now())
    rows = [asdict(each) for each in report.days]
    if as_json:
        print_json({"companies": report.companies, "skipped": report.skipped, "days": rows})
    elif rows:
        has_errors = any(each.error for each in report.days)
        print_rows(map(_for_people, rows), (*COLUMNS, "error") if has_errors else COLUMNS, as_json=False)
    elif not report.remark:
        errors.print("Every business day before today was swept.")
    for each in report.days:
        if each.outcome is Outcome.NOT_FOUND:
            errors.print(f"{closed_text(each.day, today)}.", soft_wrap=True, highlight=False, markup=False)
    if report.remark:
        errors.print(report.remark, soft_wrap=True, highlight=False, markup=False)
    if any(each.outcome not in (Outcome.OK, Outcome.NOT_FOUND) for each in report.days):
        raise typer.Exit(1)


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"due": row["due"] or None}
