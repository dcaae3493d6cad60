"""`pricewatch replay`: what today's reader makes of stored pages, and corrections where it is told to write them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pricewatch_pipeline.cli.output import JsonFlag, console, decimal_text, errors, print_json, print_rows
from pricewatch_pipeline.domain.replays import Difference, ReplayKind
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.replay_pages import (
    Period,
    ReplayReport,
    count_checks,
    replay,
    watches_asked_for,
)
from pricewatch_pipeline.services.show_history import instant_of
from pricewatch_pipeline.settings import load_settings

MOST_ROWS = 200
"""Of the table; `--json` has everything."""
_COLUMNS = ("watch_id", "first", "last", "checks", "kind", "changes", "why")
_LONGEST_VALUE = 60
_SAID = {
    ReplayKind.SAME: "read the same",
    ReplayKind.PRICE: "have another price",
    ReplayKind.DETAILS: "differ in something else",
    ReplayKind.FOUND: "had no price and now have one",
    ReplayKind.LOST: "had a price and now have none",
    ReplayKind.IMPLAUSIBLE: "read a price that is hard to believe, which is not added",
    ReplayKind.NO_PAGE: "have no page that is kept",
    ReplayKind.OTHER_PAGE: "are of another page than the watch asks for now",
    ReplayKind.FAILED: "could not be read again",
}

Span = Annotated[
    str | None, typer.Option(metavar="SPAN|DAY", help="Checks due since then: 7d, 12h, 2026-05-01, or a time.")
]


def replay_(
    watches: Annotated[list[str] | None, typer.Argument(metavar="WATCH", help="Ids of watches.")] = None,
    store: Annotated[str | None, typer.Option(metavar="STORE", help="All watches of a store.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="All watches.")] = False,
    since: Span = None,
    until: Annotated[str | None, typer.Option(metavar="SPAN|DAY", help="Checks due before then.")] = None,
    is_applied: Annotated[
        bool, typer.Option("--apply", help="Write corrections, beside what is stored. Without it nothing changes.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read stored pages again with today's reader: what would change, or with --apply changes. Exit code 1 when a page could
    not be read."""
    if sum(map(bool, (watches, store, is_all))) != 1:
        raise typer.BadParameter("say what to read again: ids of watches, or one of --store STORE and --all")
    period = _period(since, until)
    report = ReplayReport(is_applied=is_applied)
    with opened_pipeline(load_settings()) as pipeline:
        try:
            _run(pipeline, watches or [], store, period, report)
        except KeyboardInterrupt:
            errors.print("Interrupted; this is what was done until then.")
            _print(report, as_json=as_json)
            raise
    _print(report, as_json=as_json)
    if report.counts[ReplayKind.FAILED]:
        raise typer.Exit(1)


def _period(since: str | None, until: str | None) -> Period:
    now = datetime.now(UTC)
    found = Period(
        since=instant_of(since, now=now) if since else None,
        until=instant_of(until, now=now, option="--until") if until else None,
    )
    if found.since and found.until and found.since >= found.until:
        raise typer.BadParameter(f"--since {since} does not come before --until {until}")
    return found


def _run(pipeline: Pipeline, watches: list[str], store: str | None, period: Period, report: ReplayReport) -> None:
    database = pipeline.database
    asked = database.run(lambda connection: watches_asked_for(connection, watch_ids=watches, store_id=store))
    with _progress(database.run(lambda connection: count_checks(connection, asked, period))) as advance:
        replay(
            database,
            providers(),
            asked,
            period,
            report=report,
            pages_url=pipeline.settings.pages_url,
            on_progress=advance,
        )


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("reading again"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.advance(task, done)


def _print(report: ReplayReport, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(report))
        return
    rows = rows_of(report.differences)
    if rows:
        print_rows(rows[:MOST_ROWS], _COLUMNS, as_json=False)
    if len(rows) > MOST_ROWS:
        console.print(f"... and {len(rows) - MOST_ROWS:,} rows more; --json has them all.", highlight=False)
    for line in summary(report):
        console.print(line, highlight=False, soft_wrap=True)


def rows_of(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    """A row for checks of a watch, one after another, that come to the same."""
    rows: list[dict[str, Any]] = []
    before = None
    for difference in differences:
        changes = changes_text(difference)
        same = (difference.watch_id, difference.kind, changes, difference.reason)
        if same == before:
            rows[-1] |= {"last": difference.finished_at, "checks": rows[-1]["checks"] + 1}
            continue
        before = same
        rows.append(
            {
                "watch_id": difference.watch_id,
                "first": difference.finished_at,
                "last": difference.finished_at,
                "checks": 1,
                "kind": difference.kind,
                "changes": changes,
                "why": difference.reason,
            }
        )
    return rows


def changes_text(difference: Difference) -> str:
    """`price: 12.50 -> 11.90; currency: - -> EUR`."""
    return "; ".join(f"{name}: {_cut(old)} -> {_cut(new)}" for name, (old, new) in difference.changes.items())


def _cut(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case Decimal():
            return decimal_text(value)
        case Mapping():
            return ", ".join(f"{name}: {each}" for name, each in value.items()) or "-"
        case _:
            return str(value)


def summary(report: ReplayReport) -> list[str]:
    """What came of it, for a person."""
    if not report.checks:
        return ["There is no check to read again: `pricewatch page list WATCH` shows those that have a page."]
    counts: Counter[ReplayKind] = report.counts
    said = [f"  {counts[kind]:,} {text}" for kind, text in _SAID.items() if counts[kind]]
    head = f"{report.checks:,} checks, {report.pages_read:,} pages read:"
    return [head, *said, _outcome(report)]


def _outcome(report: ReplayReport) -> str:
    changed = sum(count for kind, count in report.counts.items() if kind.is_change)
    if report.is_applied and not report.written:
        return "Nothing was to be corrected."
    if report.is_applied:
        noun = "correction" if report.written == 1 else "corrections"
        return f"{report.written:,} {noun} written; what was stored before stays as it was."
    if not changed:
        return "Nothing would change."
    return f"{changed:,} would be corrected: the same again with --apply writes that down."


def _document(report: ReplayReport) -> dict[str, Any]:
    return {
        "is_applied": report.is_applied,
        "checks": report.checks,
        "pages_read": report.pages_read,
        "written": report.written,
        "counts": {kind.value: report.counts[kind] for kind in ReplayKind},
        "differences": [
            {
                "watch_id": d.watch_id,
                "slot_at": d.slot_at,
                "finished_at": d.finished_at,
                "kind": d.kind,
                "outcome_before": d.outcome_before,
                "outcome": d.outcome,
                "changes": {name: {"before": old, "now": new} for name, (old, new) in d.changes.items()},
                "reason": d.reason,
            }
            for d in report.differences
        ],
    }
