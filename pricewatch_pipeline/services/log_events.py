"""Brings snapshots into Dagster's log, out of the outbox. The log itself is given: services do not know Dagster."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from pricewatch_pipeline.domain.materializations import SnapshotEvent
from pricewatch_pipeline.storage import events, snapshots
from pricewatch_pipeline.storage.database import Database

CHUNK = 500
AN_ATTEMPT_IS_OVER = timedelta(minutes=2)
"""A snapshot that waits for longer than this was left by a run that died."""

LogMaterializations = Callable[[Sequence[SnapshotEvent]], None]


def log_events(
    database: Database,
    log: LogMaterializations,
    *,
    watch_ids: Iterable[str] | None = None,
    older_than: timedelta = timedelta(0),
) -> int:
    """Log what waits (of these watches, or of all), a chunk at a time; how many."""
    wanted = None if watch_ids is None else list(watch_ids)
    total = 0
    while True:
        with database.transaction() as connection:
            keys = events.pending(connection, watch_ids=wanted, older_than=older_than, limit=CHUNK)
            if keys:
                log(snapshots.as_events(connection, keys))
                events.mark_logged(connection, keys)
        total += len(keys)
        if len(keys) < CHUNK:
            return total
