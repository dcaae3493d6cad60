"""What a run failed with, for people."""

from collections.abc import Iterable

import dagster as dg
from dagster_shared.error import SerializableErrorInfo


def is_interruption(errors: Iterable[SerializableErrorInfo | None]) -> bool:
    """Whether it was a signal that ended the run, as when the pipeline is stopped."""
    return any(error and error.cls_name == dg.DagsterExecutionInterruptedError.__name__ for error in errors)


def first_cause(errors: Iterable[SerializableErrorInfo | None]) -> str | None:
    """What went wrong first, without the frames of Dagster around it; None when nothing is known."""
    error = next((error for error in errors if error is not None), None)
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.partition(": ")[2].strip() or error.message.strip() if error else None
