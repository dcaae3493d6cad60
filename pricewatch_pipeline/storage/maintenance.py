"""Keeping the database small: month partitions ahead; old ledger rows, batches, itineraries and pages away."""

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


def drop_oldest_months(
    connection: Connection, table: str, *, max_bytes: int, keep: timedelta | None = None
) -> list[str]:
    """Drop whole months of a monthly table, oldest first, until it fits and nothing in it is older than `keep` by a month;
    which. The month that is running stays."""
    months = connection.execute(
        text("""
            SELECT name, bytes, name < to_char(now() AT TIME ZONE 'UTC', month) AS is_past,
                   coalesce(name < to_char((now() - make_interval(secs => :keep_s)) AT TIME ZONE 'UTC', month), false) AS is_old
            FROM (SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes, format('"%s_"YYYY_MM', cast(:table AS text)) AS month
                  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                  WHERE i.inhparent = to_regclass('pricewatch.' || cast(:table AS text))) months
            ORDER BY name
        """),
        {"table": table, "keep_s": None if keep is None else keep.total_seconds()},
    ).all()
    total = sum(month.bytes for month in months)
    dropped = []
    for month in months:
        if not month.is_past or (total <= max_bytes and not month.is_old):
            break
        connection.execute(text(f'DROP TABLE pricewatch."{month.name}"'))
        total -= month.bytes
        dropped.append(month.name)
    return dropped


def prune_batches(connection: Connection, *, keep: timedelta, max_bytes: int, limit: int = 100) -> int:
    """Delete up to `limit` batches, with their combinations, that ended longer than `keep` ago or are beyond `max_bytes` of the
    newest; how many. The newest of each watch stays: it says what the watch asks for."""
    return connection.execute(
        text("""
            DELETE FROM pricewatch.batches WHERE batch_id IN (
                SELECT b.batch_id FROM (
                    SELECT batch_id, watch_id, slot_at, state, finished_at, updated_at,
                           sum(combinations) OVER (ORDER BY slot_at DESC, batch_id DESC) * width AS running_bytes
                    FROM pricewatch.batches, (
                        SELECT coalesce(avg(pg_column_size(c.*)), 0) AS width
                        FROM (SELECT * FROM pricewatch.batch_combinations LIMIT 1000) c) combination
                ) b
                WHERE b.state <> 'open' AND (coalesce(b.finished_at, b.updated_at) < now() - make_interval(secs => :keep_s) OR b.running_bytes > :max_bytes)
                  AND EXISTS (SELECT FROM pricewatch.batches n WHERE n.watch_id = b.watch_id AND n.slot_at > b.slot_at)
                LIMIT :limit
            )
        """),
        {"keep_s": keep.total_seconds(), "max_bytes": max_bytes, "limit": limit},
    ).rowcount


def prune_pages(
    connection: Connection, *, keep: timedelta, max_bytes: int, limit: int = 2_000
) -> tuple[int, list[str]]:
    """Delete up to `limit` pages not seen for `keep`, or beyond `max_bytes` of the last seen, wherever they lie; how many, and
    the locations of those that lie outside. The documents of filings are none of these: they are fetched once, and stay."""
    rows = connection.execute(
        text("""
            DELETE FROM pricewatch.pages WHERE sha256 IN (
                SELECT sha256 FROM (
                    SELECT sha256, last_seen_at,
                           sum(stored_bytes) OVER (ORDER BY last_seen_at DESC, sha256) AS running_bytes
                    FROM pricewatch.pages
                    WHERE NOT EXISTS (SELECT FROM pricewatch.insider_filings f WHERE f.page_sha256 = pages.sha256)
                ) p
                WHERE last_seen_at < now() - make_interval(secs => :keep_s) OR running_bytes > :max_bytes LIMIT :limit
            ) RETURNING location
        """),
        {"keep_s": keep.total_seconds(), "max_bytes": max_bytes, "limit": limit},
    ).all()
    return len(rows), [row.location for row in rows if row.location]
