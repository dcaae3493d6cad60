"""Keeping the database small: month partitions ahead, old ledger rows and pages away."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection


def ensure_months(connection: Connection, *, ahead: timedelta = timedelta(days=62)) -> int:
    """Create the month partitions from now on; how many were missing."""
    created: int = connection.execute(
        text("SELECT pricewatch.ensure_months(now(), now() + make_interval(secs => :ahead_s))"),
        {"ahead_s": ahead.total_seconds()},
    ).scalar_one()
    return created


def prune_checks_by_age(connection: Connection, *, keep: timedelta, limit: int = 10_000) -> int:
    """Delete up to `limit` ledger rows older than `keep`; how many."""
    return connection.execute(
        text("""
            DELETE FROM pricewatch.checks c USING (
                SELECT watch_id, slot_at, attempt FROM pricewatch.checks
                WHERE slot_at < now() - make_interval(secs => :keep_s) LIMIT :limit
            ) old
            WHERE (c.watch_id, c.slot_at, c.attempt) = (old.watch_id, old.slot_at, old.attempt)
        """),
        {"keep_s": keep.total_seconds(), "limit": limit},
    ).rowcount


def prune_decided_offers(connection: Connection, *, keep: timedelta, limit: int = 10_000) -> int:
    """Delete up to `limit` offers that were not believed at first and were decided longer than `keep` ago; how many."""
    return connection.execute(
        text("""
            DELETE FROM pricewatch.quarantined_offers q USING (
                SELECT watch_id, slot_at, attempt FROM pricewatch.quarantined_offers
                WHERE state <> 'waiting' AND decided_at < now() - make_interval(secs => :keep_s) LIMIT :limit
            ) old
            WHERE (q.watch_id, q.slot_at, q.attempt) = (old.watch_id, old.slot_at, old.attempt)
        """),
        {"keep_s": keep.total_seconds(), "limit": limit},
    ).rowcount


def drop_oldest_check_months(connection: Connection, *, max_bytes: int) -> list[str]:
    """Drop whole months of the ledger, oldest first, until it fits; the month that is running stays."""
    months = connection.execute(
        text("""
            SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
                   c.relname < to_char(now() AT TIME ZONE 'UTC', '"checks_"YYYY_MM') AS is_past
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'pricewatch.checks'::regclass ORDER BY c.relname
        """)
    ).all()
    total = sum(month.bytes for month in months)
    dropped = []
    for month in months:
        if total <= max_bytes or not month.is_past:
            break
        connection.execute(text(f'DROP TABLE pricewatch."{month.name}"'))
        total -= month.bytes
        dropped.append(month.name)
    return dropped


def prune_pages(
    connection: Connection, *, keep: timedelta, max_bytes: int, limit: int = 2_000
) -> tuple[int, list[str]]:
    """Delete up to `limit` pages not seen for `keep`, or beyond `max_bytes` of the last seen, wherever they lie; how many, and
    the locations of those that lie outside."""
    rows = connection.execute(
        text("""
            DELETE FROM pricewatch.pages WHERE sha256 IN (
                SELECT sha256 FROM (
                    SELECT sha256, last_seen_at,
                           sum(stored_bytes) OVER (ORDER BY last_seen_at DESC, sha256) AS running_bytes
                    FROM pricewatch.pages
                ) p
                WHERE last_seen_at < now() - make_interval(secs => :keep_s) OR running_bytes > :max_bytes LIMIT :limit
            ) RETURNING location
        """),
        {"keep_s": keep.total_seconds(), "max_bytes": max_bytes, "limit": limit},
    ).all()
    return len(rows), [row.location for row in rows if row.location]
