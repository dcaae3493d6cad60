"""Hosts as operators see and steer them."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.politeness import RestReason

Record = dict[str, Any]

_LIST = "SELECT v.* FROM analytics.hosts v"


def listed(connection: Connection) -> list[Record]:
    """Hosts with their state, those that are left alone first; one that no watch asks any more only if it is left alone."""
    return _records(connection, f"{_LIST} WHERE v.watches > 0 OR v.state <> 'ok' ORDER BY v.state = 'ok', v.host")


def left_alone(connection: Connection, *, limit: int | None = None) -> list[Record]:
    """Hosts that are not asked as their pace would allow: paused, resting, or with an open breaker."""
    return _records(connection, f"{_LIST} WHERE v.state <> 'ok' ORDER BY v.host LIMIT :limit", limit=limit)


def with_open_breaker(connection: Connection) -> list[Record]:
    """Hosts that block us or break down, and are asked again only by a probe now and then."""
    return _records(connection, f"{_LIST} WHERE v.breaker_until IS NOT NULL ORDER BY v.host")


def one(connection: Connection, host: str) -> Record | None:
    """One host."""
    return next(iter(_records(connection, f"{_LIST} WHERE v.host = :host", host=host)), None)


def names(connection: Connection) -> list[str]:
    """Every host that is known."""
    return list(connection.execute(text("SELECT host FROM pricewatch.hosts ORDER BY host")).scalars())


def paces(connection: Connection, hosts: Collection[str]) -> list[Record]:
    """The pace of these hosts, and why."""
    return _records(
        connection,
        """SELECT host, h.delay_s, s.pace_reason FROM pricewatch.hosts h JOIN pricewatch.host_states s USING (host)
           WHERE host = ANY(:hosts)""",
        hosts=list(hosts),
    )


def answers(connection: Connection, host: str, *, limit: int) -> list[Record]:
    """How the last checks at a host ended, newest first."""
    return _records(
        connection,
        """SELECT finished_at, watch_id, outcome, http_status, fetch_ms, wait_ms, error FROM pricewatch.checks
           WHERE host = :host AND finished_at > now() - interval '30 days' ORDER BY finished_at DESC LIMIT :limit""",
        host=host,
        limit=limit,
    )


def robots(connection: Connection, host: str) -> list[Record]:
    """What is known of the robots.txt of a host's sites."""
    return _records(
        connection,
        """SELECT site, outcome, status, problem, crawl_delay_s, fetched_at, expires_at, body IS NOT NULL AS has_rules
           FROM pricewatch.robots_files WHERE host = :host ORDER BY site""",
        host=host,
    )


def pause(connection: Connection, host: str, *, lasts: timedelta | None, note: str | None) -> None:
    """Leave a host alone for so long (None: without end); a longer rest that it asked for stands."""
    connection.execute(
        text("""
            UPDATE pricewatch.hosts
            SET rests_until = p.until, rest_reason = :reason, rest_note = :note
            FROM (SELECT coalesce(now() + make_interval(secs => cast(:lasts_s AS float8)), 'infinity') AS until) p
            WHERE host = :host
              AND NOT coalesce(rests_until > p.until AND rest_reason IS DISTINCT FROM :reason, false)
        """),
        {
            "host": host,
            "lasts_s": None if lasts is None else lasts.total_seconds(),
            "reason": RestReason.OPERATOR,
            "note": note,
        },
    )


def resume(connection: Connection, host: str) -> bool:
    """End pauses, rests and the breaker of a host; whether there was anything to end."""
    result = connection.execute(
        text("""
            UPDATE pricewatch.hosts
            SET rests_until = NULL, rest_reason = NULL, rest_note = NULL, breaker_until = NULL, breaker_reason = NULL,
                failures = 0, blocks = 0, openings = 0
            WHERE host = :host AND (rests_until > now() OR breaker_until IS NOT NULL)
        """),
        {"host": host},
    )
    return result.rowcount > 0


def _records(connection: Connection, statement: str, **parameters: Any) -> list[Record]:
    return [dict(row) for row in connection.execute(text(statement), parameters).mappings()]
