"""Checks made by Dagster runs: what the runs of assets and jobs share."""

from collections.abc import Sequence

import dagster as dg

from pricewatch_pipeline.defs.batching import ProgressLog, ended_by_a_person
from pricewatch_pipeline.defs.events import TOLD_BY, OnceLog, log_materializations, metadata_for
from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.domain.materializations import SnapshotEvent
from pricewatch_pipeline.services.check_watches import Observer, SilentObserver, check_now
from pricewatch_pipeline.services.log_events import log_events
from pricewatch_pipeline.services.open_engine import engine_for
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.storage import snapshots
from pricewatch_pipeline.storage.database import Database

SHOWN_FAILURES = 20
ASKED = {"pricewatch/days_back": "days_back", "pricewatch/max_filings": "max_filings"}
"""Tags of a run that checks partitions, and the field of queries that each replaces for this run."""


class ProgressObserver(SilentObserver):
    """Says in the log of a run how far its batches are."""

    def __init__(self, context: dg.OpExecutionContext) -> None:
        self._log = ProgressLog(context)

    def progressed(self, progress: BatchProgress) -> None:
        self._log.tell(progress)


class LoggingObserver:
    """Logs a materialization for what is stored, as soon as it is stored; says how far batches are; passes everything on."""

    def __init__(self, context: dg.OpExecutionContext, database: Database, inner: Observer | None = None) -> None:
        self._context = context
        self._database = database
        self._progress = ProgressLog(context)
        self._inner = inner or SilentObserver()

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        self._inner.claimed(checks)

    def looked(self, check: FinishedCheck) -> None:
        self._inner.looked(check)

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        if waiting := [(check.watch_id, check.slot_at) for check in checks if check.is_event_due]:
            log_events(self._database, OnceLog(self._context), keys=waiting)
        self._inner.stored(checks)

    def progressed(self, progress: BatchProgress) -> None:
        self._progress.tell(progress)
        self._inner.progressed(progress)


def check_partitions(context: dg.AssetExecutionContext, pipeline: Pipeline) -> bool:
    """Check the watches of a run of an asset of checks now; whether Dagster is to materialize them.

    Dagster logs a materialization for every partition of a run that does. When some have no price, we log those that have
    one ourselves, so that no partition shows a price that was not read; and fail the run, unless they all had an answer.
    """
    op_context = context.op_execution_context
    report = check_now(
        engine_for(pipeline.settings, pipeline.database, moves_schedule=False),
        context.partition_keys,
        run_id=context.run.run_id,
        observer=ProgressObserver(op_context),
        is_cancelled=ended_by_a_person(op_context),
        asked={field: context.run.tags[tag] for tag, field in ASKED.items() if tag in context.run.tags},
    )
    keys = [(c.watch_id, c.slot_at) for c in report.results if c.offer is not None or c.is_event_due]
    priceless = [check for check in report.results if check.offer is None]
    if not priceless:
        _add_metadata(context, pipeline.database.run(lambda connection: snapshots.as_events(connection, keys)))
        return True
    log_events(pipeline.database, OnceLog(op_context), keys=keys)
    text = failure_text(priceless, of=len(report.results))
    if any(check.outcome.is_failure for check in priceless):
        raise dg.Failure(text, metadata={c.watch_id: f"{c.outcome}: {c.error}" for c in priceless[:SHOWN_FAILURES]})
    context.log.info(text)
    return False


def _add_metadata(context: dg.AssetExecutionContext, events: Sequence[SnapshotEvent]) -> None:
    """What the assets of this run tell of a watch's last check they tell themselves; the others that tell of it do not run."""
    last = {event.watch_id: event for event in events}
    for event in last.values():
        for asset in context.selected_asset_keys:
            context.add_asset_metadata(metadata_for(asset, event), asset_key=asset, partition_key=event.watch_id)
    # One that had much to read was checked in several parts.
    log_materializations(context.op_execution_context, [event for event in events if event is not last[event.watch_id]])
    others = [asset for asset in TOLD_BY if asset not in context.selected_asset_keys]
    log_materializations(context.op_execution_context, list(last.values()), assets=others)


def failure_text(failed: Sequence[FinishedCheck], *, of: int) -> str:
    """What went wrong, for the one who reads the run."""
    shown = "; ".join(f"{check.watch_id}: {check.outcome} ({check.error})" for check in failed[:SHOWN_FAILURES])
    more = f"; and {len(failed) - SHOWN_FAILURES} more" if len(failed) > SHOWN_FAILURES else ""
    return (
        f"{len(failed)} of {of} checks ended without a price: {shown}{more}. "
        "The ledger has them all: `pricewatch history WATCH`."
    )
