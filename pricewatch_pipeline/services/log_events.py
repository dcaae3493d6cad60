"""Brings what checks stored into Dagster's log, out of the outbox. The log itself is given: services do not know Dagster."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import timedelta

from pricewatch_pipeline.domain.materializations import SnapshotEvent
from pricewatch_pipeline.storage import events, snapshots
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.events import SnapshotKey

CHUNK = 500
AN_ATTEMPT_IS_OVER = timedelta(minutes=2)
"""A snapshot that waits for longer than this was left by a run that died."""

LogMaterializations = Callable[[Sequence[SnapshotEvent]], None]
"""Is called again with the same snapshots when a database went away in between; must not log them twice."""


def log_events(
    database: Database,
    log: LogMaterializations,
    *,
    keys: Iterable[SnapshotKey] | None = None,
    older_than: timedelta = timedelta(0),
    except_runs: Collection[str] = (),
) -> int:
    """Log what waits (of these snapshots, or of all but those of runs that will log them), a chunk at a time; how many.

    Raises:
        DatabaseUnavailable: PostgreSQL did not come back in time; what is not logged waits for the next time.
    """
    wanted = None if keys is None else list(keys)

    def log_chunk(connection: Connection) -> int:
        found = events.pending(connection, keys=wanted, older_than=older_than, except_runs=except_runs, limit=CHUNK)
        if found:
            log(snapshots.as_events(connection, found))
            events.mark_logged(connection, found)
        return len(found)

    total = 0
    while True:
        logged = database.run(log_chunk)
        total += logged
        if logged < CHUNK:
            return total
