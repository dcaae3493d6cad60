"""The sensors: what is due, what changed in the watch files, what waits to be sent. Each reads, decides, and requests runs;
no side effects, but for `failed_runs`, which tells."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from pricewatch_pipeline.defs.alerting import FAILED_RUN_RESTS, job_state, newest_failed_at, why_not_told, why_wait
from pricewatch_pipeline.defs.failures import first_cause, is_interruption
from pricewatch_pipeline.defs.jobs import check_batches_job, deliver_alerts, scrape_due
from pricewatch_pipeline.defs.partitions import ACTIVE_STATUSES, STARTING_STATUSES
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.defs.schedules import refresh_products, sync_files
from pricewatch_pipeline.errors import ConfigurationError, DatabaseUnavailable
from pricewatch_pipeline.services import raise_alerts
from pricewatch_pipeline.services.open_channels import channels_to_send_to
from pricewatch_pipeline.services.open_engine import alerting_for
from pricewatch_pipeline.storage import batches, claims, outbox
from pricewatch_pipeline.storage.database import clock
from pricewatch_pipeline.storage.product_prices import products_with_news
from pricewatch_pipeline.watch_files.read import fingerprint

TICK_S = 15
DELIVERY_TICK_S = 5
"""People wait for alerts; as often as the daemon looks at sensors at all."""
REFRESH_TICK_S = 60
PATIENCE_S = 5.0
"""A tick has 60 s; the next one comes soon."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """How many runs may be asked for."""

    max_runs: int
    live_runs: int
    batch_size: int

    @property
    def runs(self) -> int:
        return max(0, self.max_runs - self.live_runs)

    @property
    def watches(self) -> int:
        """Counting further than this changes nothing."""
        return self.runs * self.batch_size


def runs_needed(due: int, room: Room) -> int:
    """Enough runs for all that is due, as long as there is room."""
    return min(room.runs, math.ceil(due / room.batch_size))


@dg.sensor(
    job=scrape_due,
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Fires runs of `scrape_due` while watches are due, and no more of them than may be in flight.",
)
def due_watches(context: dg.SensorEvaluationContext, pricewatch: PricewatchResource) -> dg.SensorResult | dg.SkipReason:
    live = context.instance.get_runs_count(dg.RunsFilter(job_name=scrape_due.name, statuses=ACTIVE_STATUSES))
    try:
        with pricewatch.opened(patience_s=PATIENCE_S) as pipeline:
            settings = pipeline.settings
            room = Room(max_runs=settings.max_runs_in_flight, live_runs=live, batch_size=settings.batch_size)
            if not room.runs:
                return dg.SkipReason(f"{live} runs are in flight; no more than {room.max_runs} may be")
            budget = timedelta(seconds=settings.run_budget_s)
            due, now = pipeline.database.run(
                lambda connection: (
                    claims.count_due(connection, at_most=room.watches, budget=budget)[0],
                    clock(connection),
                ),
                patience=timedelta(seconds=PATIENCE_S),
            )
    except DatabaseUnavailable as error:
        return dg.SkipReason(str(error))
    if not due:
        return dg.SkipReason("nothing is due")
    return _runs(now, runs_needed(due, room), {"pricewatch/due": str(due)})


@dg.sensor(
    job=check_batches_job,
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Fires runs of `check_batches` while matrix watches are due, or were left half done, at hosts that may be asked; and "
        "no more of them than may be in flight."
    ),
)
def due_batches(context: dg.SensorEvaluationContext, pricewatch: PricewatchResource) -> dg.SensorResult | dg.SkipReason:
    live, starting = (
        context.instance.get_runs_count(dg.RunsFilter(job_name=check_batches_job.name, statuses=statuses))
        for statuses in (ACTIVE_STATUSES, STARTING_STATUSES)
    )
    try:
        with pricewatch.opened(patience_s=PATIENCE_S) as pipeline:
            room = Room(max_runs=pipeline.settings.max_batches_in_flight, live_runs=live, batch_size=1)
            if not room.runs:
                return dg.SkipReason(f"{live} runs are in flight; no more than {room.max_runs} may be")
            due, now = pipeline.database.run(
                lambda connection: (batches.due(connection, at_most=room.watches + starting), clock(connection)),
                patience=timedelta(seconds=PATIENCE_S),
            )
    except DatabaseUnavailable as error:
        return dg.SkipReason(str(error))
    if not due:
        return dg.SkipReason("no batch is due")
    if due <= starting:
        return dg.SkipReason(f"{due} due, and as many runs that are about to take them up")
    return _runs(now, runs_needed(due - starting, room), {"pricewatch/due": str(due)})


@dg.sensor(
    job=sync_files,
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Fires `sync_files` when anything in the folder of watch files changed, or when the last sync failed.",
)
def watch_files(context: dg.SensorEvaluationContext, pricewatch: PricewatchResource) -> dg.SensorResult | dg.SkipReason:
    settings = pricewatch.settings()
    if not settings.watches.is_dir():
        return dg.SkipReason(f"there is no folder {settings.watches}; set PRICEWATCH_WATCHES_DIR or create it")
    try:
        content = fingerprint(settings.watches)
    except ConfigurationError as error:
        return dg.SkipReason(str(error))
    if content == context.cursor and not _is_to_be_repeated(context.instance):
        return dg.SkipReason("the watch files are as they were")
    # A run key counts for ever. With the tick before in it, files that come back to an old content are synced again.
    key = f"{content}-after-{context.last_tick_completion_time or 0}"
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key)], cursor=content)


def _is_to_be_repeated(instance: dg.DagsterInstance) -> bool:
    """Whether the newest sync failed, and has been given some rest."""
    failed_at = newest_failed_at(instance, sync_files.name)
    return failed_at is not None and datetime.now(UTC) - failed_at >= FAILED_RUN_RESTS


@dg.sensor(
    job=deliver_alerts,
    minimum_interval_seconds=DELIVERY_TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Fires `deliver_alerts` while alerts are due whose channels do not rest; one run at a time.",
)
def pending_alerts(
    context: dg.SensorEvaluationContext, pricewatch: PricewatchResource
) -> dg.SensorResult | dg.SkipReason:
    if reason := why_wait(job_state(context.instance, deliver_alerts.name), now=datetime.now(UTC)):
        return dg.SkipReason(reason)
    try:
        with pricewatch.opened(patience_s=PATIENCE_S) as pipeline:
            due, now = pipeline.database.run(
                lambda connection: (outbox.due_count(connection), clock(connection)),
                patience=timedelta(seconds=PATIENCE_S),
            )
        if due:
            channels_to_send_to(pricewatch.settings())
    except (ConfigurationError, DatabaseUnavailable) as error:
        return dg.SkipReason(str(error))
    if not due:
        return dg.SkipReason("nothing is to be sent")
    return _runs(now, 1, {"pricewatch/due": str(due)})


@dg.sensor(
    job=refresh_products,
    minimum_interval_seconds=REFRESH_TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Fires `refresh_products` when there is news of a product; one run at a time, and one a minute at most.",
)
def product_news(
    context: dg.SensorEvaluationContext, pricewatch: PricewatchResource
) -> dg.SensorResult | dg.SkipReason:
    if reason := why_wait(job_state(context.instance, refresh_products.name), now=datetime.now(UTC)):
        return dg.SkipReason(reason)
    try:
        with pricewatch.opened(patience_s=PATIENCE_S) as pipeline:
            news, now = pipeline.database.run(
                lambda connection: (products_with_news(connection, 1), clock(connection)),
                patience=timedelta(seconds=PATIENCE_S),
            )
    except DatabaseUnavailable as error:
        return dg.SkipReason(str(error))
    return _runs(now, 1, {}) if news else dg.SkipReason("there is no news of any product")


def _runs(now: datetime, count: int, tags: Mapping[str, str]) -> dg.SensorResult:
    generation = str(int(now.timestamp() * 1000))
    return dg.SensorResult(
        run_requests=[
            # The runs pull: they carry no ids, so a lost or doubled one does no harm.
            dg.RunRequest(run_key=f"{generation}-{index}", tags=tags)
            for index in range(count)
        ],
        cursor=generation,
    )


@dg.run_failure_sensor(
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the operator of runs that failed, by the rule `run-failed` and its channels.",
)
def failed_runs(context: dg.RunFailureSensorContext, pricewatch: PricewatchResource) -> None:
    run = context.dagster_run
    errors = [event.step_failure_data.error for event in context.get_step_failure_events()]
    if reason := why_not_told(run.job_name, run.tags, was_interrupted=is_interruption(errors)):
        context.log.info("run %s of %s: %s", run.run_id, run.job_name, reason)
        return
    error = first_cause(errors)
    with pricewatch.opened() as pipeline:
        raise_alerts.run_failed(
            pipeline.database,
            alerting_for(pipeline.settings),
            run.run_id,
            run.job_name,
            error or context.failure_event.message or "no reason is known",
        )


ALL = [due_watches, due_batches, watch_files, pending_alerts, product_news, failed_runs]
