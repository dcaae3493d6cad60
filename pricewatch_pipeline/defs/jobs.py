"""The jobs: runs that check watches in batches, reports, and upkeep. Assets are in assets.py."""

from datetime import UTC, datetime, timedelta
from functools import partial

import dagster as dg
from pydantic import Field

from pricewatch_pipeline.defs.alerting import ALERTS, CHECK_BATCHES, DELIVER_ALERTS, alerts_metadata
from pricewatch_pipeline.defs.batching import ended_by_a_person
from pricewatch_pipeline.defs.checking import LoggingObserver, failure_text
from pricewatch_pipeline.defs.events import log_unless_known
from pricewatch_pipeline.defs.fare_calendar import FARE_CALENDAR, calendar_metadata, is_refresh_due, last_refreshed
from pricewatch_pipeline.defs.fleet import SCRAPE_HEARTBEAT, fleet_metadata, run_metadata
from pricewatch_pipeline.defs.partitions import ACTIVE_STATUSES, mirror_watches, wanted_partitions
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.check_watches import Observer, check_due, check_now
from pricewatch_pipeline.services.log_events import AN_ATTEMPT_IS_OVER, log_events
from pricewatch_pipeline.services.maintain import maintain
from pricewatch_pipeline.services.open_channels import channels_to_send_to
from pricewatch_pipeline.services.open_engine import engine_for
from pricewatch_pipeline.storage.dagster_log import prune_engine_events

KIND = "pricewatch/kind"
DELIVERY_TAGS = {
    KIND: "deliver",
    # People wait for alerts, and it is short: before all that is queued.
    "dagster/priority": "10",
    "dagster/max_runtime": "900",
    # What it claimed comes back by its lease, and the sensor asks for the next run.
    "dagster/max_retries": "0",
}
DELIVERY_BUDGET = timedelta(minutes=10)
SCRAPE_TAGS = {
    KIND: "scrape",
    # Only where Celery executes runs: any worker may scrape, the rest stays with those that have the watch files.
    "dagster-celery/queue": "scraping",
    "dagster/max_runtime": "600",
    # A lease that ends makes its watches due again: a retried run would only check them twice.
    "dagster/max_retries": "0",
}
BATCH_TAGS = {
    KIND: "batch",
    "dagster-celery/queue": "scraping",
    # The longest run time is that of all runs (dagster.yaml), six hours: 2,000 combinations take half an hour at one a second.
    # The next run goes on with what one leaves open.
    "dagster/max_retries": "0",
}
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dg.op(description="Claims watches that are due, looks at each, stores what it read, logs it, and reports.")
def scrape(
    context: dg.OpExecutionContext, pricewatch: PricewatchResource, observer: dg.ResourceParam[Observer]
) -> None:
    with pricewatch.opened() as pipeline:
        engine = engine_for(pipeline.settings, pipeline.database)
        report = check_due(
            engine, run_id=context.run_id, observer=LoggingObserver(context, pipeline.database, observer)
        )
        context.log_event(dg.AssetMaterialization(SCRAPE_HEARTBEAT, metadata=fleet_metadata(pipeline.database, report)))
        outcomes = (
            ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items())) or "nothing due"
        )
        context.log.info("%d checks: %s", report.checks, outcomes)


@dg.job(
    executor_def=dg.in_process_executor,
    tags=SCRAPE_TAGS,
    description="Checks the watches that are due. Fired by the sensor `due_watches`; any number may run at once.",
)
def scrape_due() -> None:
    scrape()


class Delivering(dg.Config):
    """How long a run stays."""

    linger_s: float = 45.0
    """After the last alert. Longer than scraping rests while watches fall due: what fires in a busy time finds a run that is
    ready to send it, and only the first alerts wait for one to start."""


@dg.op(description="Sends the alerts that are due, to every channel at once, until nothing was due for a while.")
def deliver_due(context: dg.OpExecutionContext, config: Delivering, pricewatch: PricewatchResource) -> None:
    # It brings what sends and what writes messages, which nothing else that runs here needs.
    from pricewatch_pipeline.services.deliver_alerts import deliver  # noqa: PLC0415

    with pricewatch.opened() as pipeline:
        report = deliver(
            pipeline.database,
            channels_to_send_to(pipeline.settings),
            budget=DELIVERY_BUDGET,
            linger=timedelta(seconds=config.linger_s),
            reread=partial(channels_to_send_to, pipeline.settings),
        )
        metadata = alerts_metadata(pipeline.database, context.instance)
    outcome = {"run_sent": report.sent, "run_failed": report.failed, "run_dead": report.dead}
    context.log_event(dg.AssetMaterialization(ALERTS, metadata=metadata | outcome))
    context.log.info("%d sent, %d to be tried again, %d given up", report.sent, report.failed, report.dead)
    for channel, error in report.errors.items():
        context.log.warning("channel %s: %s", channel, error)


@dg.job(
    name=DELIVER_ALERTS,
    executor_def=dg.in_process_executor,
    tags=DELIVERY_TAGS,
    description="Sends the alerts that wait in the outbox. Fired by the sensor `pending_alerts`; one at a time.",
)
def deliver_alerts() -> None:
    deliver_due()


@dg.op(description="Makes the batches that are due, one after another, and goes on with those that were left open.")
def run_batches(
    context: dg.OpExecutionContext, pricewatch: PricewatchResource, observer: dg.ResourceParam[Observer]
) -> None:
    with pricewatch.opened() as pipeline:
        report = check_batches(
            engine_for(pipeline.settings, pipeline.database),
            run_id=context.run_id,
            observer=LoggingObserver(context, pipeline.database, observer),
            is_cancelled=ended_by_a_person(context),
        )
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items()))
        context.log.info("%d batches: %s", report.checks, outcomes or "none was due")
        if report.checks and is_refresh_due(last_refreshed(context.instance), datetime.now(UTC)):
            context.log_event(dg.AssetMaterialization(FARE_CALENDAR, metadata=calendar_metadata(pipeline.database)))


@dg.job(
    name=CHECK_BATCHES,
    executor_def=dg.in_process_executor,
    tags=BATCH_TAGS,
    description=(
        "Checks the watches that stand for many queries, a batch each. Fired by the sensor `due_batches`. Terminating a run "
        "cancels its batch; one that ends in any other way leaves it open, and the next run goes on with it."
    ),
)
def check_batches_job() -> None:
    run_batches()


class AskedChecks(dg.Config):
    """Which watches to check now."""

    watch_ids: list[str]
    moves_schedule: bool = False
    """Whether the checks count for the watches' schedules."""
    query: dict[str, str] = Field(default_factory=dict)
    """Fields of their queries in place of what the watches say: `days_back`, `max_filings`."""


@dg.op(description="Checks the watches named in the config, now.")
def check_asked(
    context: dg.OpExecutionContext,
    config: AskedChecks,
    pricewatch: PricewatchResource,
    observer: dg.ResourceParam[Observer],
) -> None:
    with pricewatch.opened() as pipeline:
        engine = engine_for(pipeline.settings, pipeline.database, moves_schedule=config.moves_schedule)
        report = check_now(
            engine,
            config.watch_ids,
            run_id=context.run_id,
            observer=LoggingObserver(context, pipeline.database, observer),
            is_cancelled=ended_by_a_person(context),
            asked=config.query,
        )
    failed = [check for check in report.results if check.outcome.is_failure]
    if failed and len(failed) == len(report.results):
        raise dg.Failure(failure_text(failed, of=len(failed)), metadata=run_metadata(report))
    context.log.info("%d of %d watches have a new snapshot", report.snapshots, report.checks)


@dg.job(
    executor_def=dg.in_process_executor,
    # No longest run time: whoever asked waits for it, and may have asked for every watch of a slow host.
    tags=SCRAPE_TAGS | {KIND: "manual", "dagster/max_runtime": "0"},
    description="Checks the watches it is given, now: what `pricewatch check` runs.",
)
def check_watches() -> None:
    check_asked()


def live_runs(instance: dg.DagsterInstance) -> list[str]:
    """Ids of the runs that are not over: a long run over partitions has its materializations logged at its end."""
    return [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=ACTIVE_STATUSES))]


@dg.op(description="Logs the materializations that a dead run left behind.")
def reconcile_events(context: dg.OpExecutionContext, pricewatch: PricewatchResource) -> None:
    with pricewatch.opened() as pipeline:
        logged = log_events(
            pipeline.database,
            partial(log_unless_known, context),
            older_than=AN_ATTEMPT_IS_OVER,
            except_runs=live_runs(context.instance),
        )
    context.log.info("%d materializations were left behind and are logged now", logged)


@dg.op(description="Makes the dynamic partitions what the table of watches says.")
def reconcile_partitions(context: dg.OpExecutionContext, pricewatch: PricewatchResource) -> None:
    with pricewatch.opened() as pipeline:
        changes = mirror_watches(context.instance, pipeline.database.run(wanted_partitions))
    context.log.info("%d partitions were missing, %d were left over", len(changes.to_add), len(changes.to_remove))


@dg.job(
    executor_def=dg.in_process_executor,
    description="Makes up for what a dead run left undone: snapshots that are not in Dagster's log, and partitions.",
)
def reconcile() -> None:
    reconcile_partitions()
    reconcile_events()


@dg.op(description="Month partitions ahead, old ledger rows and pages away.")
def maintain_tables(context: dg.OpExecutionContext, pricewatch: PricewatchResource) -> None:
    with pricewatch.opened() as pipeline:
        context.log.info(str(maintain(pipeline.database, pipeline.settings)))


@dg.op(description="Deletes old runs and what old runs said.")
def prune_dagster(context: dg.OpExecutionContext, pricewatch: PricewatchResource) -> None:
    with pricewatch.opened() as pipeline:
        events = prune_engine_events(
            pipeline.databases.dagster_url, keep=timedelta(days=pipeline.settings.run_retention_days)
        )
        runs = delete_old_runs(context.instance, keep=timedelta(days=pipeline.settings.event_retention_days))
    context.log.info("%d engine events and %d runs deleted", events, runs)


def delete_old_runs(instance: dg.DagsterInstance, *, keep: timedelta) -> int:
    """Delete runs that finished longer ago than this, and with them their materializations; how many."""
    before = datetime.now(UTC) - keep
    deleted = 0
    while records := instance.get_run_records(
        dg.RunsFilter(statuses=FINISHED, updated_before=before), limit=100, ascending=True
    ):
        for record in records:
            instance.delete_run(record.dagster_run.run_id)
        deleted += len(records)
    return deleted


@dg.job(executor_def=dg.in_process_executor, description="Nightly upkeep: our tables and Dagster's log.")
def maintenance() -> None:
    maintain_tables()
    prune_dagster()


ALL = [scrape_due, check_batches_job, check_watches, deliver_alerts, reconcile, maintenance]
