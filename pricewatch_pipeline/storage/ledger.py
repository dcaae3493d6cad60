"""The ledger and the fleet, as numbers."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.backoff import NEVER
from pricewatch_pipeline.domain.outcomes import Outcome

Record = dict[str, Any]

_ANSWERS = [outcome.value for outcome in Outcome if not outcome.is_failure]
"""An empty market is one."""


def recent_checks(
    connection: Connection, *, since: datetime | None = None, watch_id: str | None = None, limit: int = 20
) -> list[Record]:
    """The last checks, newest first, each with the price that its page is now believed to show."""
    rows = connection.execute(
        text("""
            SELECT c.watch_id, c.finished_at, c.outcome, n.price, n.currency, n.availability, c.error, c.attempt, c.kind,
                   c.slot_at, c.host, c.url, c.final_url, c.http_status, c.fetch_ms, c.read_ms, c.body_bytes, c.run_id
            FROM (  -- Those few first: joined with all snapshots, all of them would be looked up.
                SELECT * FROM pricewatch.checks c
                WHERE c.finished_at > coalesce(:since, '-infinity'::timestamptz)
                  AND (cast(:watch_id AS text) IS NULL OR c.watch_id = :watch_id)
                ORDER BY c.finished_at DESC LIMIT :limit
            ) c
            LEFT JOIN pricewatch.current_snapshots n ON n.watch_id = c.watch_id AND n.slot_at = c.slot_at
                 AND c.outcome IN ('ok', 'not_modified')
            ORDER BY c.finished_at DESC
        """),
        {"since": since, "watch_id": watch_id, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def fleet(connection: Connection, *, window: timedelta = timedelta(hours=1)) -> Record:
    """The whole pipeline in numbers: watches by state, checks of the last `window`, how late the latest due one is."""
    watches = (
        connection.execute(
            text("""
            SELECT count(*) FILTER (WHERE archived_at IS NULL) AS watches,
                   count(*) FILTER (WHERE is_active) AS active,
                   count(*) FILTER (WHERE archived_at IS NULL AND (is_paused OR paused_at IS NOT NULL)) AS paused,
                   count(*) FILTER (WHERE archived_at IS NULL AND schedule_error IS NOT NULL) AS schedule_errors,
                   count(*) FILTER (WHERE is_active AND next_due_at >= :never) AS finished,
                   count(*) FILTER (WHERE is_active AND consecutive_failures > 0) AS failing,
                   count(*) FILTER (WHERE is_active AND quarantined_at IS NOT NULL) AS quarantined,
                   count(*) FILTER (WHERE is_active AND next_due_at <= now()) AS due,
                   count(*) FILTER (WHERE claimed_until > now()) AS claimed,
                   coalesce(extract(epoch FROM now() - min(next_due_at) FILTER (WHERE is_active AND next_due_at <= now())), 0)
                       AS lag_s,
                   now() AS measured_at
            FROM pricewatch.watches
        """),
            {"never": NEVER},
        )
        .mappings()
        .one()
    )
    checks = (
        connection.execute(
            text("""
            SELECT count(*) AS checks, count(*) FILTER (WHERE outcome = ANY(:answers)) AS successes,
                   coalesce(round(avg(fetch_ms)), 0) AS mean_fetch_ms, coalesce(sum(wire_bytes), 0) AS wire_bytes,
                   coalesce(sum(page_count), 0) AS pages
            FROM pricewatch.checks WHERE finished_at > now() - make_interval(secs => :window_s)
        """),
            {"window_s": window.total_seconds(), "answers": _ANSWERS},
        )
        .mappings()
        .one()
    )
    return dict(watches) | dict(checks)


def outcomes(connection: Connection, *, window: timedelta = timedelta(days=1)) -> dict[str, int]:
    """Checks of the last `window` by outcome."""
    rows = connection.execute(
        text("""
            SELECT outcome, count(*) AS n FROM pricewatch.checks
            WHERE finished_at > now() - make_interval(secs => :window_s) GROUP BY outcome ORDER BY n DESC, outcome
        """),
        {"window_s": window.total_seconds()},
    )
    return {row.outcome: row.n for row in rows}


def in_progress(connection: Connection) -> list[Record]:
    """The batches that are being checked: who holds how many watches, and what is checked per second, over the last minute."""
    rows = connection.execute(
        text("""
            SELECT coalesce(w.claimed_by, '') AS claimed_by, count(*)::int AS in_hand, count(DISTINCT w.host)::int AS hosts,
                   (SELECT count(*) / 60.0 FROM pricewatch.checks c
                    WHERE c.finished_at > now() - interval '1 minute')::float8 AS checks_per_s
            FROM pricewatch.watches w WHERE w.claimed_until > now() GROUP BY 1 ORDER BY in_hand DESC, claimed_by
        """)
    )
    return [dict(row) for row in rows.mappings()]


def by_host(connection: Connection, *, window: timedelta = timedelta(hours=1), limit: int = 20) -> list[Record]:
    """What was asked of each host in the last `window`: the busiest hosts first."""
    rows = connection.execute(
        text("""
            SELECT host, sum(n)::int AS checks, sum(pages)::int AS pages, sum(wire_bytes)::bigint AS wire_bytes,
                   jsonb_object_agg(outcome, n) AS outcomes, (sum(wait_ms) / sum(n))::float8 AS mean_wait_ms
            FROM (
                SELECT coalesce(host, '') AS host, outcome, count(*) AS n, coalesce(sum(page_count), 0) AS pages,
                       coalesce(sum(wire_bytes), 0) AS wire_bytes, coalesce(sum(wait_ms), 0) AS wait_ms
                FROM pricewatch.checks WHERE finished_at > now() - make_interval(secs => :window_s) GROUP BY 1, 2
            ) by_outcome
            GROUP BY host ORDER BY checks DESC, host LIMIT :limit
        """),
        {"window_s": window.total_seconds(), "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def overdue(connection: Connection, *, limit: int = 20) -> list[Record]:
    """Active watches that are late by more than their own interval (cron: an hour) and at least five minutes, at hosts that
    may be asked: where a host is left alone, they are to wait."""
    rows = connection.execute(
        text("""
            SELECT watch_id, host, next_due_at, round(extract(epoch FROM now() - next_due_at)) AS late_s, last_outcome
            FROM pricewatch.watches
            WHERE is_active AND next_due_at < now() - greatest(interval '5 minutes', make_interval(secs => coalesce(every_s, 3600)))
              AND host IN (SELECT host FROM pricewatch.host_states WHERE state = 'ok')
            ORDER BY next_due_at LIMIT :limit
        """),
        {"limit": limit},
    )
    return [dict(row) for row in rows.mappings()]
