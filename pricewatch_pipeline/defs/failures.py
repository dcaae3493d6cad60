"""What a run failed with, for people."""

from collections.abc import Iterable

from dagster_shared.error import SerializableErrorInfo


def first_cause(errors: Iterable[SerializableErrorInfo | None]) -> str | None:
    """What went wrong first, without the frames of Dagster around it; None when nothing is known."""
    error = next((error for error in errors if error is not None), None)
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.partition(": ")[2].strip() or error.message.strip() if error else None
