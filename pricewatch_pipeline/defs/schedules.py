"""The schedules and the asset jobs they run."""

from collections.abc import Collection
from datetime import timedelta

import dagster as dg

from pricewatch_pipeline.defs.assets import (
    alerts,
    daily_prices,
    exchange_rates,
    latest_prices,
    price_snapshots,
    product_prices,
    scrape_heartbeat,
    watches,
)
from pricewatch_pipeline.defs.filings_metadata import INSIDER_FILINGS, INSIDER_TRANSACTIONS
from pricewatch_pipeline.defs.flights import fare_calendar, flight_offers
from pricewatch_pipeline.defs.jobs import maintenance, reconcile
from pricewatch_pipeline.defs.partitions import FLIGHT_WATCHES_NAME, live_partitions, range_tags
from pricewatch_pipeline.defs.replaying import REPLAY, SHOW
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.storage.exchange_rates import needed

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
    selection=dg.AssetSelection.assets(scrape_heartbeat, latest_prices, alerts)
    | dg.AssetSelection.checks_for_assets(price_snapshots, flight_offers, INSIDER_FILINGS, INSIDER_TRANSACTIONS)
    | (dg.AssetSelection.checks_for_assets(watches) - _FILES_CHECK),
    executor_def=dg.in_process_executor,
    description="Every ten minutes: the pulse, the newest prices, the outbox, and the checks over all of them.",
)

summarise = dg.define_asset_job(
    "summarise",
    selection=dg.AssetSelection.assets(daily_prices),
    executor_def=dg.in_process_executor,
    description="The prices of the day, hour by hour, and of the days since it last ran.",
)

refresh_calendar = dg.define_asset_job(
    "refresh_calendar",
    selection=dg.AssetSelection.assets(fare_calendar),
    executor_def=dg.in_process_executor,
    description="Records the fare calendar, with its picture. Runs of `check_batches` do the same when a batch ends.",
)

refresh_products = dg.define_asset_job(
    "refresh_products",
    selection=dg.AssetSelection.assets(product_prices),
    executor_def=dg.in_process_executor,
    description="The prices of products over their stores, anew. Fired by the sensor `product_news`; one at a time.",
)

update_rates = dg.define_asset_job(
    "update_rates",
    selection=dg.AssetSelection.assets(exchange_rates),
    executor_def=dg.in_process_executor,
    description="The reference rates of the day, while a product needs them.",
)

replay_pages = dg.define_asset_job(
    "replay_pages",
    selection=dg.AssetSelection.assets(price_snapshots).without_checks(),
    tags={REPLAY: SHOW},
    executor_def=dg.in_process_executor,
    description=(
        "Reads the stored pages of watches again with today's reader, and says what differs; with the tag "
        "`pricewatch/replay: apply` it writes corrections. `pricewatch replay` does the same without a run."
    ),
)

fleet_report_schedule = dg.ScheduleDefinition(
    job=fleet_report,
    cron_schedule="*/10 * * * *",
    execution_timezone="UTC",
    default_status=RUNNING,
    description="Keeps the pulse fresh, records the newest prices, and runs the checks over all watches.",
)
reconcile_schedule = dg.ScheduleDefinition(
    job=reconcile,
    cron_schedule="5-59/10 * * * *",
    execution_timezone="UTC",
    default_status=RUNNING,
    description="Makes up, every ten minutes, for what runs that died left undone.",
)
maintenance_schedule = dg.ScheduleDefinition(
    job=maintenance,
    cron_schedule="17 3 * * *",
    execution_timezone="UTC",
    default_status=RUNNING,
    description="Creates the partitions of the months to come and prunes what is old, once a night.",
)


@dg.schedule(
    job=refresh_calendar,
    cron_schedule="32 3 * * *",
    execution_timezone="UTC",
    default_status=RUNNING,
    description="Records the fare calendar once a night, while there is a watch of flights.",
)
def refresh_calendar_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    if not live_partitions(context.instance, FLIGHT_WATCHES_NAME):
        return dg.SkipReason("no watch searches for flights")
    return dg.RunRequest()


@dg.schedule(
    job=summarise,
    cron_schedule="2 * * * *",
    execution_timezone="UTC",
    default_status=RUNNING,
    description="Summarises the days from the last one summarised to that of the hour that has just ended.",
)
def summarise_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    day = (context.scheduled_execution_time - timedelta(hours=1)).strftime("%Y-%m-%d")
    first = first_open_day(context.instance.get_materialized_partitions(daily_prices.key), day)
    return dg.RunRequest(partition_key=day) if first == day else dg.RunRequest(tags=range_tags(first, day))


@dg.schedule(
    job=update_rates,
    # The ECB publishes around 16:00 in Frankfurt. On other days its newest rates are there for who needs them first.
    cron_schedule="20 15 * * *",
    execution_timezone="UTC",
    default_status=RUNNING,
    description="Asks for the reference rates of the day, unless every product is sold and compared in one currency.",
)
def update_rates_schedule(pricewatch: PricewatchResource) -> dg.RunRequest | dg.SkipReason:
    with pricewatch.opened() as pipeline:
        currencies = pipeline.database.run(needed)
    if not currencies:
        return dg.SkipReason("no product needs rates: each is sold and compared in one currency")
    return dg.RunRequest(tags={"pricewatch/currencies": ",".join(currencies)})


def first_open_day(summarised: Collection[str], day: str) -> str:
    """The last day summarised before this one may have been left unfinished; the first of all has none before it."""
    return max((done for done in summarised if done <= day), default=day)


JOBS = [sync_files, fleet_report, summarise, refresh_calendar, refresh_products, update_rates, replay_pages]
ALL = [
    *(fleet_report_schedule, reconcile_schedule, maintenance_schedule),
    *(summarise_schedule, update_rates_schedule, refresh_calendar_schedule),
]
