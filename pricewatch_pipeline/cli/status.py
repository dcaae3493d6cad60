"""`pricewatch status`: what runs here, the fleet in numbers, what waits for what, what fails, and who is left alone."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.cli.batch_live import one_line
from pricewatch_pipeline.cli.output import JsonFlag, console, print_json, print_rows
from pricewatch_pipeline.services.explain_waiting import roughly
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_status import Status, show_status
from pricewatch_pipeline.settings import load_settings


def status(as_json: JsonFlag = False) -> None:
    """How everything stands: what runs, the fleet in numbers, what is due and why it waits, what fails, who is left alone."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_status(pipeline)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


def _print(found: Status) -> None:
    session = found.session
    runs = (
        f"`pricewatch {session.mode}` runs as process {session.pid}: {session.url}" if session else "Nothing runs here."
    )
    console.print(runs, highlight=False, soft_wrap=True)
    console.print(_fleet_line(found.fleet), highlight=False, soft_wrap=True)
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in found.outcomes.items())
    console.print(f"Checks of the last day: {outcomes or 'none'}.", highlight=False, soft_wrap=True)
    if found.in_progress:
        console.print(_progress_line(found.in_progress), highlight=False, soft_wrap=True, markup=False)
    for batch in found.open_batches:
        console.print(f"Batch {batch.batch_id} of {one_line(batch)}.", highlight=False, soft_wrap=True, markup=False)
    if line := _outbox_line(found):
        console.print(line, highlight=False, soft_wrap=True)
    _print_table(found.due, ("watch_id", "next_due_at", "waits"), "Due now")
    _print_table(found.held_back, ("watch_id", "state", "waits"), "Held back")
    _print_table(found.hosts, ("host", "due_watches", "why"), "Hosts left alone")
    _print_table(found.doubted, ("watch_id", "price", "currency", "observed_at", "doubt"), "Prices not believed yet")
    _print_table(found.dead_letters, ("channel", "deliveries", "error", "last_at"), "Alerts given up")
    _print_table(found.failing, ("watch_id", "failures", "outcome", "error", "next_due_at"), "Failing")


def _outbox_line(found: Status) -> str | None:
    """What waits to be sent; None where nothing does."""
    box = found.outbox
    said = []
    if box.oldest_due_at:
        said.append(f"{box.due:,} to be sent, the oldest due for {roughly(found.measured_at - box.oldest_due_at)}")
    if box.waiting:
        said.append(f"{box.waiting:,} for later")
    if box.dead:
        said.append(f"{box.dead:,} given up (`pricewatch alerts retry` sends them anew)")
    return f"Alerts: {'; '.join(said)}." if said else None


def _fleet_line(fleet: dict[str, Any]) -> str:
    names = ("active", "due", "claimed", "failing", "quarantined", "paused")
    counts = ", ".join(f"{fleet[name]:,} {name}" for name in names)
    counts += f", {fleet['finished']:,} finished" if fleet["finished"] else ""
    late = f"; the latest is late by {roughly(timedelta(seconds=float(fleet['lag_s'])))}" if fleet["due"] else ""
    return f"{fleet['watches']:,} watches: {counts}{late}."


def _progress_line(batches: Sequence[dict[str, Any]]) -> str:
    left, rate = sum(batch["in_hand"] for batch in batches), batches[0]["checks_per_s"]
    holders = ", ".join(
        f"{batch['claimed_by']} ({batch['in_hand']:,} at {batch['hosts']:,} hosts)" for batch in batches
    )
    return f"Being checked: {left:,} watches, {rate:.1f} checks/s in the last minute, by {holders}."


def _print_table(found: Sequence[Any], columns: Sequence[str], title: str) -> None:
    if found:
        console.print()
        print_rows([asdict(row) for row in found], columns, as_json=False, title=title)
