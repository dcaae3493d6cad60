"""The outbox's numbers as metadata of `alerts`, and the pure decisions of the sensors that alerts hang on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from pricewatch_pipeline.defs.metadata import text_table
from pricewatch_pipeline.defs.partitions import ACTIVE_STATUSES
from pricewatch_pipeline.storage import alert_numbers, outbox
from pricewatch_pipeline.storage.database import Database

ALERTS = dg.AssetKey("alerts")
DELIVER_ALERTS = "deliver_alerts"
CHECK_BATCHES = "check_batches"
NEWEST_COLUMNS = ("fired_at", "rule_id", "subject", "price", "currency", "was_price", "reason", "deliveries")
SHOWN_ALERTS = 20
FAILED_RUN_RESTS = timedelta(minutes=1)
"""After a run that failed, no sensor asks for the next one sooner."""
_DAY = timedelta(days=1)


def alerts_metadata(database: Database, instance: dg.DagsterInstance) -> dict[str, Any]:
    """How the outbox stands, and what fired since `alerts` was last materialized. No channel's address is in it."""
    last = instance.get_latest_materialization_event(ALERTS)
    since = datetime.fromtimestamp(last.timestamp, UTC) if last else None
    fired = database.run(lambda connection: alert_numbers.fired(connection, since=since))
    backlog = database.run(outbox.backlog)
    oldest_s = (database.now() - backlog.oldest_due_at).total_seconds() if backlog.oldest_due_at else 0.0
    newest = database.run(lambda connection: alert_numbers.newest(connection, limit=SHOWN_ALERTS))
    return {
        "fired": sum(fired.values()),
        "fired_by_kind": text_table(("kind", "alerts"), ({"kind": k, "alerts": n} for k, n in fired.items())),
        "pending": backlog.due,
        "oldest_pending_s": oldest_s,
        "waiting": backlog.waiting,
        "sent_last_day": database.run(lambda connection: alert_numbers.sent(connection, window=_DAY)),
        "dead": backlog.dead,
        "newest": text_table(NEWEST_COLUMNS, newest),
    }


@dataclass(frozen=True, kw_only=True)
class JobState:
    """How the runs of a job stand that may be in flight once."""

    live_runs: int = 0
    failed_at: datetime | None = None
    """When its newest run ended, where that failed."""


def job_state(instance: dg.DagsterInstance, job_name: str) -> JobState:
    """Read from Dagster's log of runs."""
    live = instance.get_runs_count(dg.RunsFilter(job_name=job_name, statuses=ACTIVE_STATUSES))
    return JobState(live_runs=live, failed_at=newest_failed_at(instance, job_name))


def newest_failed_at(instance: dg.DagsterInstance, job_name: str) -> datetime | None:
    """When the newest run of a job ended, where that failed."""
    newest = instance.get_run_records(dg.RunsFilter(job_name=job_name), limit=1)
    if not newest or newest[0].dagster_run.status is not dg.DagsterRunStatus.FAILURE:
        return None
    return datetime.fromtimestamp(newest[0].end_time or 0, UTC)


def why_wait(state: JobState, *, now: datetime) -> str | None:
    """Why no run is asked for now, whatever there is to do; None: one may be."""
    if state.live_runs:
        return "a run is in flight"
    if state.failed_at is not None and now - state.failed_at < FAILED_RUN_RESTS:
        return f"the last run failed; the next one is asked for a minute after {state.failed_at:%H:%M:%S} UTC"
    return None


def why_not_told(job_name: str, tags: Mapping[str, str], *, was_interrupted: bool) -> str | None:
    """Why the operator need not hear of a run that failed; None: they must."""
    if job_name == CHECK_BATCHES and was_interrupted:
        return "it was stopped in the middle, and the next one goes on with its batch"
    if job_name == DELIVER_ALERTS:
        return "what tells of failures failed itself: the check `undelivered_backlog` shows it"
    if tags.get(WILL_RETRY_TAG) == "true":
        return "it is tried again"
    return None
