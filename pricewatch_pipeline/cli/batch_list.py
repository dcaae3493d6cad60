"""`pricewatch batch list`, `show` and `cancel`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.batch_live import counts_text, progress_record
from pricewatch_pipeline.cli.output import JsonFlag, console, money, print_json, print_rows
from pricewatch_pipeline.domain.batches import BatchCombination, BatchProgress
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.show_batches import (
    BatchView,
    cancel_batch,
    list_batches,
    show_batch,
    why_still,
)
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("batch", "watch_id", "state", "combinations", "lowest", "opened_at")
"""Few enough for a row to be a line of 100 columns."""
_COMBINATIONS = ("number", "combination", "price", "outcome", "finished_at")
_FAILED = ("number", "combination", "outcome", "attempts", "error")

Batch = Annotated[str, typer.Argument(metavar="WATCH|BATCH", help="A watch's id, or the number of a batch.")]


def list_(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many batches at most.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List batches: the open ones, then the newest."""
    with opened_pipeline(load_settings()) as pipeline:
        found = list_batches(pipeline, limit=limit)
    if as_json:
        print_json([progress_record(each) for each in found])
    elif found:
        print_rows(map(_row, found), _COLUMNS, as_json=False)
    else:
        console.print("No batches yet: they are the checks of watches that stand for many queries (`matrix: true`).")


def show(
    batch: Batch,
    with_all: Annotated[bool, typer.Option("--all", help="Every combination.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """A batch with its combinations: numbers, outcomes by count, the cheapest, and those that failed with their errors."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_batch(pipeline, batch, with_all=with_all)
        nothing = None if found else no_batch_text(pipeline, batch)
    if as_json:
        print_json(_record(found) if found else None)
    elif found:
        _print(found, with_all=with_all)
    else:
        console.print(nothing, soft_wrap=True, highlight=False, markup=False)


def cancel(batch: Batch) -> None:
    """End a batch: what was read stays, and the schedule goes on. A run that works on it stops within seconds."""
    with opened_pipeline(load_settings()) as pipeline:
        found = cancel_batch(pipeline.database, batch)
    counts = counts_text(found).removesuffix(", being cancelled")
    verb = "ends now" if found.is_open else "is cancelled"
    console.print(
        f"Batch {found.batch_id} of {found.watch_id} {verb}: {counts}; what was read of them stays. "
        f"The schedule goes on; `pricewatch check {found.watch_id}` starts a new one at once.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def no_batch_text(pipeline: Pipeline, watch_id: str) -> str:
    """What to say of a matrix watch that was never checked."""
    waits = why_still(pipeline, watch_id)
    return f"{watch_id} has had no batch yet: {waits}. `pricewatch check {watch_id}` starts one at once."


def _row(found: BatchProgress) -> dict[str, Any]:
    return asdict(found) | {
        "batch": found.batch_id,
        "state": found.outcome or found.state,
        "combinations": _counts(found),
        "lowest": money(found.price, found.currency),
    }


def _counts(found: BatchProgress) -> str:
    return counts_text(found).replace(" combinations", "")


def _record(found: BatchView) -> dict[str, Any]:
    return {
        **progress_record(found.progress),
        "waits": found.waits,
        "outcomes": dict(found.outcomes),
        "cheapest": [asdict(each) for each in found.combinations],
        "failures": [asdict(each) for each in found.failed],
    }


def _print(found: BatchView, *, with_all: bool) -> None:
    batch = found.progress
    facts: dict[str, Any] = {
        "watch": batch.watch_id,
        "state": batch.state,
        "combinations": _counts(batch),
        "lowest": money(batch.price, batch.currency),
        "which is": batch.best_key,
        "outcomes": {outcome.value: count for outcome, count in found.outcomes.items()} or None,
        "of": batch.kind,
        "slot at": batch.slot_at,
        "opened at": batch.opened_at,
        "finished at": batch.finished_at,
        "taken up by runs": batch.takes,
        "waits": found.waits,
        "outcome": batch.outcome,
    }
    rows = [{"what": what, "value": value} for what, value in facts.items() if value is not None]
    print_rows(rows, ("what", "value"), as_json=False, title=f"Batch {batch.batch_id}")
    _print_combinations(found.combinations, _COMBINATIONS, "Combinations" if with_all else "The cheapest")
    title = (
        "Failed" if len(found.failed) == batch.failed else f"Failed (the first {len(found.failed)}; --all shows all)"
    )
    _print_combinations(found.failed, _FAILED, title)


def _print_combinations(found: Sequence[BatchCombination], columns: Sequence[str], title: str) -> None:
    if found:
        rows = [asdict(each) | {"combination": each.key, "price": money(each.price, each.currency)} for each in found]
        print_rows(rows, columns, as_json=False, title=title)
