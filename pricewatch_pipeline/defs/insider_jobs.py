"""Jobs and schedules of insiders: the sweep over the SEC's daily indexes, and the summaries of days with news."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.filings_metadata import INSIDER_FILINGS
from pricewatch_pipeline.defs.insider_summary import INSIDER_SUMMARY
from pricewatch_pipeline.defs.insiders import insider_summary
from pricewatch_pipeline.defs.metadata import text_table
from pricewatch_pipeline.defs.partitions import INSIDER_WATCHES_NAME, TRADING_DAYS, live_partitions, range_tags
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.domain.day_ranges import day_ranges
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.sweeps import ZONE, days_to_sweep, today_in_new_york
from pricewatch_pipeline.services.open_engine import engine_for
from pricewatch_pipeline.services.sweep_filings import SweepReport
from pricewatch_pipeline.services.sweep_filings import sweep_filings as sweep
from pricewatch_pipeline.storage import insider_sweeps
from pricewatch_pipeline.storage.insider_numbers import trading_days_with_news

NO_WATCH = "no watch follows the insiders of a company"
MOST_RANGES = 3
"""Runs of one tick."""
LONGEST_BACK = timedelta(days=400)
"""Older days are recorded by a backfill only."""
MARGIN = timedelta(minutes=2)
"""A filing may have been read while the last summary was made."""
SWEEP_COLUMNS = ("day", "outcome", "filings", "missed", "due", "error")
SWEEP_TAGS = {"pricewatch/kind": "sweep", "dagster-celery/queue": "scraping", "dagster/max_runtime": "1800"}

summarise_insiders = dg.define_asset_job(
    "summarise_insiders",
    selection=dg.AssetSelection.assets(insider_summary),
    executor_def=dg.in_process_executor,
    description="Records what insiders bought and sold on the days of whose trades filings were read since it last ran.",
)


@dg.schedule(
    job=summarise_insiders,
    cron_schedule="3-59/10 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Summarises, every ten minutes, the days of whose trades filings were read since.",
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
    today = today_in_new_york(now)
    return max(TRADING_DAYS.start.date(), today - LONGEST_BACK), today


@dg.op(description="Compares the indexes of the days that are still to be swept with what the feeds have listed.")
def compare_indexes(context: dg.OpExecutionContext, pricewatch: PricewatchResource) -> None:
    with pricewatch.opened() as pipeline:
        report = sweep(engine_for(pipeline.settings, pipeline.database), run_id=context.run_id)
    context.log_event(dg.AssetObservation(INSIDER_FILINGS, metadata=sweep_metadata(report)))
    if report.remark:
        context.log.info(report.remark)
    failed = [swept for swept in report.days if swept.outcome not in (Outcome.OK, Outcome.NOT_FOUND)]
    for swept in failed:
        context.log.warning("the index of %s: %s (%s)", swept.day, swept.outcome, swept.error)
    if failed and len(failed) == len(report.days):
        raise dg.Failure(
            "no index could be read; its days are tried again the next time", metadata=sweep_metadata(report)
        )
    missed = sum(swept.missed for swept in report.days)
    context.log.info(
        "%d days of %d companies: %d filings that no feed had listed", len(report.days), report.companies, missed
    )


def sweep_metadata(report: SweepReport) -> dict[str, Any]:
    """What a sweep came to."""
    return {
        "companies": report.companies,
        "days_swept": len(report.days),
        "days_skipped": report.skipped,
        "filings_in_indexes": sum(swept.filings for swept in report.days),
        "filings_missed": sum(swept.missed for swept in report.days),
        "days": text_table(
            SWEEP_COLUMNS,
            (
                {
                    "day": swept.day,
                    "outcome": swept.outcome,
                    "filings": swept.filings,
                    "missed": swept.missed,
                    "due": ", ".join(swept.due),
                    "error": swept.error,
                }
                for swept in report.days
            ),
        ),
    }


@dg.job(
    name="sweep_filings",
    executor_def=dg.in_process_executor,
    tags=SWEEP_TAGS,
    description=(
        "Compares the SEC's daily indexes with what the feeds of watched companies have listed; what was missed is read at the next "
        "check of its watch, which is due at once. `pricewatch sec sweep` does the same without a run."
    ),
)
def sweep_filings_job() -> None:
    compare_indexes()


@dg.schedule(
    job=sweep_filings_job,
    # The index of a day is there when the next one begins; what failed or was late is asked for again in the morning.
    cron_schedule=["30 3 * * *", "30 6 * * *"],
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Sweeps once a night, while the insiders of a company are watched and a business day is still to be compared.",
)
def sweep_filings_schedule(
    context: dg.ScheduleEvaluationContext, pricewatch: PricewatchResource
) -> dg.RunRequest | dg.SkipReason:
    if not live_partitions(context.instance, INSIDER_WATCHES_NAME):
        return dg.SkipReason(NO_WATCH)
    with pricewatch.opened() as pipeline:
        swept = pipeline.database.run(insider_sweeps.swept_days)
    days = days_to_sweep(today_in_new_york(context.scheduled_execution_time), swept)
    return dg.RunRequest() if days else dg.SkipReason("every business day before today was swept")


JOBS = (summarise_insiders, sweep_filings_job)
SCHEDULES = (summarise_insiders_schedule, sweep_filings_schedule)
