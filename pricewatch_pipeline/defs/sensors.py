"""The sensors: what is due, and what changed in the watch files. Each reads, decides, and requests runs; no side effects."""

import math
from dataclasses import dataclass

import dagster as dg

from pricewatch_pipeline.defs.jobs import scrape_due
from pricewatch_pipeline.defs.partitions import ACTIVE_STATUSES
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.defs.schedules import sync_files
from pricewatch_pipeline.errors import ConfigurationError, DatabaseUnavailable
from pricewatch_pipeline.storage import claims
from pricewatch_pipeline.watch_files.read import fingerprint

TICK_S = 15


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
        with pricewatch.opened() as pipeline:
            settings = pipeline.settings
            room = Room(max_runs=settings.max_runs_in_flight, live_runs=live, batch_size=settings.batch_size)
            if not room.runs:
                return dg.SkipReason(f"{live} runs are in flight; no more than {room.max_runs} may be")
            due, oldest = pipeline.database.run(lambda connection: claims.count_due(connection, at_most=room.watches))
            now = pipeline.database.now()
    except DatabaseUnavailable as error:
        return dg.SkipReason(str(error))
    if not due or not oldest:
        return dg.SkipReason("nothing is due")
    generation = str(int(now.timestamp() * 1000))
    return dg.SensorResult(
        run_requests=[
            # The runs pull: they carry no ids, so a lost or doubled one does no harm.
            dg.RunRequest(run_key=f"{generation}-{index}", tags={"pricewatch/due": str(due)})
            for index in range(runs_needed(due, room))
        ],
        cursor=generation,
    )


@dg.sensor(
    job=sync_files,
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Fires `sync_files` when anything in the folder of watch files changed.",
)
def watch_files(context: dg.SensorEvaluationContext, pricewatch: PricewatchResource) -> dg.SensorResult | dg.SkipReason:
    settings = pricewatch.settings()
    if not settings.watches.is_dir():
        return dg.SkipReason(f"there is no folder {settings.watches}; set PRICEWATCH_WATCHES_DIR or create it")
    try:
        content = fingerprint(settings.watches)
    except ConfigurationError as error:
        return dg.SkipReason(str(error))
    if content == context.cursor:
        return dg.SkipReason("the watch files are as they were")
    # The tick's own cursor makes the key unique: a file set that comes back to an old content is synced again.
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=f"{context.cursor or 'first'}>{content}>{context.last_tick_completion_time or 0}")
        ],
        cursor=content,
    )


ALL = [due_watches, watch_files]
