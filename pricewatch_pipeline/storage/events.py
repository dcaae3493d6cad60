"""The outbox to Dagster's event log: checks whose materialization has not been logged yet. Most have a snapshot."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.storage.rows import as_json

SnapshotKey = tuple[str, datetime]
"""(watch_id, slot_at)."""


def pending(
    connection: Connection,
    *,
    keys: Iterable[SnapshotKey] | None = None,
    older_than: timedelta = timedelta(0),
    except_runs: Iterable[str] = (),
    limit: int = 500,
) -> list[SnapshotKey]:
    """Checks that wait (of these, or of all but those runs'), oldest first; nobody else gets them until this
    transaction ends."""
    wanted = None if keys is None else as_json({"watch_id": w, "slot_at": s} for w, s in keys)
    rows = connection.execute(
        text("""
            SELECT watch_id, slot_at FROM pricewatch.pending_events p
            WHERE created_at <= now() - make_interval(secs => :age_s)
              AND (cast(:wanted AS jsonb) IS NULL OR (watch_id, slot_at) IN (
                  SELECT watch_id, slot_at
                  FROM jsonb_to_recordset(cast(:wanted AS jsonb)) AS k(watch_id text, slot_at timestamptz)))
              AND NOT EXISTS (
                  SELECT FROM pricewatch.price_snapshots n
                  WHERE n.watch_id = p.watch_id AND n.slot_at = p.slot_at AND n.run_id = ANY(:except_runs))
              AND NOT EXISTS (
                  SELECT FROM pricewatch.filing_checks f
                  WHERE f.watch_id = p.watch_id AND f.slot_at = p.slot_at AND f.run_id = ANY(:except_runs))
            ORDER BY created_at, watch_id LIMIT :limit FOR UPDATE OF p SKIP LOCKED
        """),
        {
            "age_s": older_than.total_seconds(),
            "wanted": wanted,
            "except_runs": sorted(except_runs),
            "limit": limit,
        },
    )
    return [(row.watch_id, row.slot_at) for row in rows]


def mark_logged(connection: Connection, keys: Iterable[SnapshotKey]) -> None:
    """These have their materialization."""
    connection.execute(
        text("""
            DELETE FROM pricewatch.pending_events p
            USING jsonb_to_recordset(cast(:keys AS jsonb)) AS k(watch_id text, slot_at timestamptz)
            WHERE p.watch_id = k.watch_id AND p.slot_at = k.slot_at
        """),
        {"keys": as_json({"watch_id": w, "slot_at": s} for w, s in keys)},
    )


def backlog(connection: Connection) -> tuple[int, datetime | None]:
    """How many wait, and since when the oldest."""
    row = connection.execute(
        text("SELECT count(*) AS n, min(created_at) AS oldest FROM pricewatch.pending_events")
    ).one()
    return row.n, row.oldest
