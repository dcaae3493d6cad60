"""`pricewatch batch watch`: a batch as it goes on. Looking changes nothing."""

import time
from collections.abc import Callable
from typing import Annotated

import typer

from pricewatch_pipeline.cli.batch_list import Batch, no_batch_text
from pricewatch_pipeline.cli.batch_live import BatchBoard, end_text, progress_record
from pricewatch_pipeline.cli.output import console, errors, print_json_line
from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.show_batches import begins_soon, look, newest_batch, why_still
from pricewatch_pipeline.settings import load_settings


def watch(
    batch: Batch,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON whenever it went on.")] = False,
) -> None:
    """Look at a batch until it is over: how far it is, the lowest fare so far, how fast, how long yet.

    One that is due within minutes is waited for. Ctrl-C ends the looking, not the batch. Exit code 1 when the batch failed or was cancelled.
    """
    with opened_pipeline(load_settings()) as pipeline:
        found = newest_batch(pipeline, batch) if as_json else awaited(pipeline, batch)
        if found is None:
            errors.print(no_batch_text(pipeline, batch), soft_wrap=True, highlight=False, markup=False)
            return
        if found.is_open:
            found = _followed(pipeline, batch, as_json=as_json)
        elif as_json:
            print_json_line(progress_record(found))
    if not as_json:
        console.print(end_text(found), soft_wrap=True, highlight=False, markup=False)
    if found.outcome is None or found.outcome.is_failure or found.outcome is Outcome.CANCELLED:
        raise typer.Exit(1)


def awaited(pipeline: Pipeline, name: str, *, sleep: Callable[[float], None] = time.sleep) -> BatchProgress | None:
    """A batch, once there is one; None: the watch has had none, and none begins soon."""
    is_said = False
    while (found := newest_batch(pipeline, name)) is None and begins_soon(pipeline, name):
        if not is_said:
            errors.print(
                f"{name} has had no batch yet: {why_still(pipeline, name)}. Waiting for its first one to begin; "
                "Ctrl-C ends the waiting, not the batch.",
                soft_wrap=True,
                highlight=False,
                markup=False,
            )
            is_said = True
        sleep(1.0)
    return found or newest_batch(pipeline, name)  # it may have begun and ended while we asked


def _followed(pipeline: Pipeline, name: str, *, as_json: bool) -> BatchProgress:
    last = newest_batch(pipeline, name)
    watch_id = last.watch_id if last else name
    board = BatchBoard(
        errors if as_json else console,
        lambda: look(pipeline.database, name),
        lambda: why_still(pipeline, watch_id, is_half_done=True),
        clock=time,
        as_json=as_json,
    )
    try:
        return board.follow()
    except KeyboardInterrupt:
        errors.print(
            f"The batch goes on without you: `pricewatch batch watch {name}` looks again, "
            f"`pricewatch batch cancel {name}` ends it.",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
        raise
