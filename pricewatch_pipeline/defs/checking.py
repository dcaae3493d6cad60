"""Checks made by Dagster runs: what the runs of assets and jobs share."""

from collections.abc import Sequence

import dagster as dg

from pricewatch_pipeline.defs.events import OnceLog, snapshot_metadata
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.services.check_watches import Observer, SilentObserver, check_now
from pricewatch_pipeline.services.log_events import log_events
from pricewatch_pipeline.services.open_engine import engine_for
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.storage import snapshots
from pricewatch_pipeline.storage.database import Database

SHOWN_FAILURES = 20


class LoggingObserver:
    """Logs a materialization for what is stored, as soon as it is stored; passes everything on."""

    def __init__(self, context: dg.OpExecutionContext, database: Database, inner: Observer | None = None) -> None:
        self._context = context
        self._database = database
        self._inner = inner or SilentObserver()

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        self._inner.claimed(checks)

    def looked(self, check: FinishedCheck) -> None:
        self._inner.looked(check)

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        if waiting := [(check.watch_id, check.slot_at) for check in checks if check.is_event_due]:
            log_events(self._database, OnceLog(self._context), keys=waiting)
        self._inner.stored(checks)


def check_partitions(context: dg.AssetExecutionContext, pipeline: Pipeline) -> None:
    """Check the watches of an asset run now.

    Dagster logs a materialization for every partition of a run that succeeds. When some fail, we log those that did not
    ourselves and fail the run, so that no partition shows a price that was not read.
    """
    engine = engine_for(pipeline.settings, pipeline.database, moves_schedule=False)
    report = check_now(engine, context.partition_keys, run_id=context.run.run_id)
    stored = [check for check in report.results if check.offer is not None]
    failed = [check for check in report.results if check.offer is None]
    keys = [(check.watch_id, check.slot_at) for check in stored]
    if failed:
        log_events(pipeline.database, OnceLog(context.op_execution_context), keys=keys)
        raise dg.Failure(
            failure_text(failed, of=len(report.results)),
            metadata={c.watch_id: f"{c.outcome}: {c.error}" for c in failed[:SHOWN_FAILURES]},
        )
    for event in pipeline.database.run(lambda connection: snapshots.as_events(connection, keys)):
        context.add_asset_metadata(snapshot_metadata(event), partition_key=event.watch_id)


def failure_text(failed: Sequence[FinishedCheck], *, of: int) -> str:
    """What went wrong, for the one who reads the run."""
    shown = "; ".join(f"{check.watch_id}: {check.outcome} ({check.error})" for check in failed[:SHOWN_FAILURES])
    more = f"; and {len(failed) - SHOWN_FAILURES} more" if len(failed) > SHOWN_FAILURES else ""
    return (
        f"{len(failed)} of {of} checks ended without a price: {shown}{more}. "
        "The ledger has them all: `pricewatch history WATCH`."
    )
