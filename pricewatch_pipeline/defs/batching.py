"""Batches of matrix watches in Dagster: how a run tells how far one is, and whether a person has ended the run."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.metadata import amount, exact
from pricewatch_pipeline.defs.offers_metadata import FLIGHT_OFFERS
from pricewatch_pipeline.domain.batches import BatchProgress

STEPS = 10
"""Lines and observations of one batch, when it is quick."""
LONGEST_SILENCE = timedelta(seconds=30)
"""A batch that is slow says something this often."""
CANCELLED = (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED)
TOO_LONG = "maximum runtime"
"""In what Dagster says where it is not a person that cancels a run."""


@dataclass(kw_only=True)
class Telling:
    """What a run has said of one batch."""

    began: BatchProgress
    """As the run found it."""
    line: BatchProgress | None = None
    """Of the last line."""
    observed: BatchProgress
    """Of the last observation; the first tells nothing that the log does not."""


def step_of(progress: BatchProgress) -> int:
    """How many tenths of a batch are over."""
    return int(progress.share * STEPS)


def is_line_due(now: BatchProgress, told: BatchProgress | None) -> bool:
    """Whether the log of the run says how far a batch is: at the beginning, at each tenth, after a while, at the end."""
    if told is None or not now.is_open:
        return True
    return step_of(now) > step_of(told) or now.updated_at - told.updated_at >= LONGEST_SILENCE


def is_observation_due(now: BatchProgress, observed: BatchProgress) -> bool:
    """Whether it is worth an event of its own: at each tenth but the last, which the check's materialization tells."""
    return step_of(observed) < step_of(now) < STEPS


def time_left(now: BatchProgress, began: BatchProgress) -> timedelta | None:
    """At the pace of this run so far; None: too early to say."""
    ended, took = now.ended - began.ended, now.updated_at - began.updated_at
    if not now.is_open or ended <= 0 or took <= timedelta(0):
        return None
    return (now.combinations - now.ended) * took / ended


def progress_text(now: BatchProgress, left: timedelta | None) -> str:
    """`lhr-jfk: 240 of 600 combinations, 3 failed, lowest 321.00 GBP (LHR-JFK 2027-01-15), about 6 min left`."""
    lowest = exact(now.price, now.currency)
    parts = [
        f"{now.ended:,} of {now.combinations:,} combinations",
        f"{now.failed:,} failed" if now.failed else None,
        f"lowest {lowest}" + (f" ({now.best_key})" if now.best_key else "") if lowest else None,
        None if now.is_open else str(now.outcome or now.state),
        f"about {_rounded(left)} left" if left is not None else None,
    ]
    return f"{now.watch_id}: {', '.join(filter(None, parts))}"


def _rounded(left: timedelta) -> str:
    seconds = left.total_seconds()
    if seconds < 90:
        return f"{max(5, round(seconds / 5) * 5)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def progress_metadata(now: BatchProgress, left: timedelta | None) -> dict[str, Any]:
    """The same as numbers, for the page of `flight_offers`."""
    metadata: dict[str, Any] = {
        "batch_id": now.batch_id,
        "combinations": now.combinations,
        "combinations_done": now.done,
        "combinations_failed": now.failed,
        "share": round(now.share, 4),
        "lowest_fare": amount(now.price),
        "lowest_fare_exact": exact(now.price, now.currency),
        "lowest_at": now.best_key,
        "seconds_left": round(left.total_seconds()) if left is not None else None,
        "slot_at": dg.MetadataValue.timestamp(now.slot_at),
    }
    return {name: value for name, value in metadata.items() if value is not None}


@dataclass
class ProgressLog:
    """Tells of batches in the log of a run, and observes their partitions now and then. Called from several threads."""

    context: dg.OpExecutionContext
    _told: dict[int, Telling] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, now: BatchProgress) -> None:
        with self._lock:
            telling = self._told.setdefault(now.batch_id, Telling(began=now, observed=now))
            left = time_left(now, telling.began)
            if is_line_due(now, telling.line):
                telling.line = now
                self.context.log.info(progress_text(now, left))
            if is_observation_due(now, telling.observed):
                telling.observed = now
                metadata = progress_metadata(now, left)
                self.context.log_event(dg.AssetObservation(FLIGHT_OFFERS, partition=now.watch_id, metadata=metadata))


def ended_by_a_person(context: dg.OpExecutionContext) -> Callable[[], bool]:
    """Whether this run is being cancelled in Dagster. A process that is ended in any other way leaves the status as it is."""
    instance, run_id = context.instance, context.run_id

    def is_cancelled() -> bool:
        run = instance.get_run_by_id(run_id)
        if run is None or run.status not in CANCELLED:
            return False
        said = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.PIPELINE_CANCELING).records
        return not any(TOO_LONG in record.event_log_entry.message for record in said)

    return is_cancelled
