"""Jobs and schedules of insiders: the sweep over the SEC's daily index, and the summaries of days with news."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from pricewatch_pipeline.defs.insider_summary import INSIDER_SUMMARY
from pricewatch_pipeline.defs.insiders import insider_summary
from pricewatch_pipeline.defs.partitions import INSIDER_WATCHES_NAME, TRADING_DAYS, live_partitions, range_tags
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.domain.day_ranges import day_ranges
from pricewatch_pipeline.storage.insider_numbers import trading_days_with_news

EXCHANGE_ZONE = "America/New_York"
NO_WATCH = "no watch follows the insiders of a company"
MOST_RANGES = 3
"""Runs of one tick."""
LONGEST_BACK = timedelta(days=400)
"""Older days are recorded by a backfill only."""
MARGIN = timedelta(minutes=10)
"""A filing may have been read while the last summary was made."""

summarise_insiders = dg.define_asset_job(
    "summarise_insiders",
    selection=dg.AssetSelection.assets(insider_summary),
    executor_def=dg.in_process_executor,
    description="Records what insiders bought and sold on the days of whose trades filings were read since it last ran.",
)


@dg.schedule(
    job=summarise_insiders,
    cron_schedule="12 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Summarises, hour by hour, the days of whose trades filings were read since.",
)
def summarise_insiders_schedule(
    context: dg.ScheduleEvaluationContext, pricewatch: PricewatchResource
) -> list[dg.RunRequest] | dg.SkipReason:
    if not live_partitions(context.instance, INSIDER_WATCHES_NAME):
        return dg.SkipReason(NO_WATCH)
    newest = context.instance.get_latest_materialization_event(INSIDER_SUMMARY)
    since = datetime.fromtimestamp(newest.timestamp, UTC) - MARGIN if newest else None
    first, last = summarised_days(context.scheduled_execution_time)
    with pricewatch.opened() as pipeline:
        days = pipeline.database.run(
            lambda connection: trading_days_with_news(connection, read_since=since, first=first, last=last)
        )
    if not days:
        return dg.SkipReason("no filing that was read since the last summary reports a trade on the open market")
    tick = int(context.scheduled_execution_time.timestamp())
    return [
        dg.RunRequest(run_key=f"{start}-{end}-at-{tick}", tags=range_tags(start.isoformat(), end.isoformat()))
        for start, end in day_ranges(days, most=MOST_RANGES)
    ]


def summarised_days(now: datetime) -> tuple[date, date]:
    """The first and the last day that may be summarised by themselves."""
    today = now.astimezone(TRADING_DAYS.start.tzinfo).date()
    return max(TRADING_DAYS.start.date(), today - LONGEST_BACK), today


JOBS = [summarise_insiders]
SCHEDULES = [summarise_insiders_schedule]
