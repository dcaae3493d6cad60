"""Dagster's own event log, only to keep it small: Dagster has no retention for events (dagster-notes.md, 4)."""

from datetime import timedelta

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

_KEPT = ("ASSET_MATERIALIZATION", "ASSET_OBSERVATION", "ASSET_CHECK_EVALUATION")


def prune_engine_events(url: str, *, keep: timedelta, limit: int = 20_000) -> int:
    """Delete what finished runs said besides materializations, observations and check results; how many rows.

    The history of partitions and checks stays; that of steps and engine messages goes.
    """
    engine = create_engine(url, poolclass=NullPool)
    total = 0
    while True:
        with engine.begin() as connection:
            deleted = connection.execute(
                text("""
                    DELETE FROM event_logs WHERE id IN (
                        SELECT e.id FROM event_logs e JOIN runs r ON r.run_id = e.run_id
                        WHERE r.status IN ('SUCCESS', 'FAILURE', 'CANCELED')
                          AND r.update_timestamp < (now() AT TIME ZONE 'UTC') - make_interval(secs => :keep_s)
                          AND (e.dagster_event_type IS NULL OR e.dagster_event_type <> ALL(:kept))
                        LIMIT :limit)
                """),
                {"keep_s": keep.total_seconds(), "kept": list(_KEPT), "limit": limit},
            ).rowcount
        total += deleted
        if deleted < limit:
            return total
