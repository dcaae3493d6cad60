"""The schedules and the asset jobs they run."""

from datetime import timedelta

import dagster as dg

from pricewatch_pipeline.defs.assets import daily_prices, latest_prices, price_snapshots, scrape_heartbeat, watches
from pricewatch_pipeline.defs.jobs import maintenance, reconcile

RUNNING = dg.DefaultScheduleStatus.RUNNING

_FILES_CHECK = dg.AssetSelection.checks(dg.AssetCheckKey(watches.key, "watch_files_are_valid"))

sync_files = dg.define_asset_job(
    "sync_files",
    selection=dg.AssetSelection.assets(watches).without_checks() | _FILES_CHECK,
    executor_def=dg.in_process_executor,
    description="Reconciles the watch files with the table and the partitions. Fired by the sensor `watch_files`.",
)

fleet_report = dg.define_asset_job(
    "fleet_report",
    selection=dg.AssetSelection.assets(scrape_heartbeat, latest_prices)
    | dg.AssetSelection.checks_for_assets(price_snapshots)
    | (dg.AssetSelection.checks_for_assets(watches) - _FILES_CHECK),
    executor_def=dg.in_process_executor,
    description="Every ten minutes: the pulse, the newest prices, and the checks over all watches.",
)

summarise = dg.define_asset_job(
    "summarise",
    selection=dg.AssetSelection.assets(daily_prices),
    executor_def=dg.in_process_executor,
    description="The day's prices, hour by hour; yesterday's once more after midnight.",
)

fleet_report_schedule = dg.ScheduleDefinition(
    job=fleet_report, cron_schedule="*/10 * * * *", execution_timezone="UTC", default_status=RUNNING
)
reconcile_schedule = dg.ScheduleDefinition(
    job=reconcile, cron_schedule="5-59/10 * * * *", execution_timezone="UTC", default_status=RUNNING
)
maintenance_schedule = dg.ScheduleDefinition(
    job=maintenance, cron_schedule="17 3 * * *", execution_timezone="UTC", default_status=RUNNING
)


@dg.schedule(
    job=summarise,
    cron_schedule="2 * * * *",
    execution_timezone="UTC",
    default_status=RUNNING,
    description="Summarises the day of the hour that has just ended, so the last of a day is made when it is complete.",
)
def summarise_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    day = (context.scheduled_execution_time - timedelta(hours=1)).strftime("%Y-%m-%d")
    return dg.RunRequest(partition_key=day)


JOBS = [sync_files, fleet_report, summarise]
ALL = [fleet_report_schedule, reconcile_schedule, maintenance_schedule, summarise_schedule]
