"""`pricewatch sync`: the watch files into the table, the table into the partitions."""

from dataclasses import asdict

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, errors, print_json, print_notes, shown
from pricewatch_pipeline.defs.commands import dagster_instance, mirror
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.sync_watches import SyncReport, sync_watches
from pricewatch_pipeline.settings import load_settings

_SHOWN_IDS = 10


def sync(as_json: JsonFlag = False) -> None:
    """Bring the watch files into the table of watches. A file with errors changes nothing; the others count."""
    settings = load_settings()
    with opened_pipeline(settings) as pipeline:
        report = sync_watches(
            pipeline.database, settings.watches, providers=providers(), has_contact=settings.contact is not None
        )
        with dagster_instance(pipeline) as instance:
            changes = mirror(pipeline, instance)
    if as_json:
        partitions = {"added": changes.to_add, "removed": changes.to_remove}
        print_json({"folder": settings.watches, **asdict(report), "partitions": partitions})
    else:
        _print(report)
    if report.issues:
        raise typer.Exit(1)


def _print(report: SyncReport) -> None:
    for warning in report.warnings:
        errors.print(f"[yellow]warning:[/] {shown(warning)}", soft_wrap=True, highlight=False)
    for issue in report.issues:
        errors.print(f"[bold red]error:[/] {shown(issue)}", soft_wrap=True, highlight=False)
    print_notes(report.remarks)
    rules = ("alert rules changed", report.changed_rules)
    for what, ids in (("created", report.created), ("updated", report.updated), ("archived", report.archived), rules):
        if ids:
            more = f" and {len(ids) - _SHOWN_IDS:,} more" if len(ids) > _SHOWN_IDS else ""
            console.print(f"{what} {len(ids):,}: {', '.join(ids[:_SHOWN_IDS])}{more}", soft_wrap=True, highlight=False)
    totals = f"{report.watches:,} watches, {report.stores:,} stores, {report.products:,} products"
    totals += f", {report.rules:,} alert rules" if report.rules else ""
    if report.issues:
        what = f"The files without errors are synced ({totals}); those with errors changed nothing."
    elif report.is_changed:
        what = f"In step with {report.files:,} files: {totals}."
    else:
        what = f"Nothing to change: {totals} in {report.files:,} files."
    console.print(what, soft_wrap=True, highlight=False)
