"""`pricewatch sec stats` and `checks`: how checks of insider watches go."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, cell, console, print_json, print_rows, shown
from pricewatch_pipeline.cli.removals import counted
from pricewatch_pipeline.cli.sec_shown import company_text, filings_text
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_insiders import show_checks, show_statistics
from pricewatch_pipeline.settings import load_settings

_SPANS = {"last_24_hours": "_24h", "last_7_days": "_7d", "all": ""}
_LINES = {
    "checks": "checks",
    "succeeded": "succeeded",
    "without_price": "succeeded, and no trade has a price",
    "failed": "failed",
    "cancelled": "cancelled",
    "mean_duration_s": "average duration, s",
    "filings_read": "filings read",
    "transactions": "transactions created",
}
_CHECKS = ("finished_at", "watch_id", "found", "read", "created", "took", "outcome")
_MISSING = ("gone", "unreadable", "remaining")


def stats(
    watch: Annotated[str | None, typer.Option(metavar="ID", help="Only this watch.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """How the checks of insider watches went, what they found and what they created.

    The numbers are those of the views analytics.insider_statistics and, of one watch, analytics.insider_watches.
    """
    with opened_pipeline(load_settings()) as pipeline:
        found = show_statistics(pipeline, watch)
    if as_json:
        print_json(found)
        return
    rows = [{"what": text} | _over_time(found, name) for name, text in _LINES.items()]
    print_rows(rows, ("what", *_SPANS), as_json=False, title=shown(watch) if watch else None)
    for line in _facts(found):
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def checks(
    watch: Annotated[str | None, typer.Argument(metavar="[WATCH]", help="Only this watch.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many checks at most, the newest.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Every check of insider watches with what it found and created, also the failed ones, the newest first."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_checks(pipeline, watch, limit=limit)
    if not found and not as_json:
        console.print("No check yet: `pricewatch check WATCH` looks at once.", highlight=False)
        return
    if as_json:
        print_json(found)
        return
    columns = [column for column in _CHECKS if column != "watch_id" or watch is None]
    print_rows(map(_check_row, found), columns, as_json=False, title=shown(watch) if watch else None, wrap=("outcome",))


def _check_row(row: dict[str, Any]) -> dict[str, Any]:
    missing = [f"{row[name]:,} {name}" for name in _MISSING if row[name]]
    why = [text for text in (", ".join(missing), row["error"] or row["problem"]) if text]
    return row | {
        "created": row["transactions"],
        "took": None if row["duration_s"] is None else f"{row['duration_s']:.1f} s",
        "outcome": f"{row['outcome']}: {'; '.join(why)}" if why else row["outcome"],
    }


def _over_time(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {span: found.get(f"{name}{suffix}") for span, suffix in _SPANS.items()}


def _facts(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"Filings: {filings_text(found)}."
    if "watches" in found:
        yield (
            f"Watches: {found['watches']:,} on {counted(found['companies'], 'company', plural='companies')}; "
            f"{found['not_checked_yet']:,} not checked yet."
        )
    elif found["last_checked_at"] is None:
        yield f"{found['watch_id']} was not checked yet."
    else:
        yield f"{company_text(found)}; last checked {cell(found['last_checked_at'])} with {found['last_outcome']}."
