"""Watches as operators see and steer them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.checks import CheckKind, OpenCheck
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.storage.claims import open_checks
from pricewatch_pipeline.storage.database import clock
from pricewatch_pipeline.storage.rows import watch_of

Record = dict[str, Any]

_LIST = """
SELECT v.*, w.last_price AS price, w.last_currency AS currency, w.last_availability AS availability, w.query,
       w.active_windows, w.alert_cooldown_s, w.source_line, w.paused_at, w.is_paused, w.schedule_error, w.attempt, w.slot_at,
       CASE WHEN w.muted_until > now() THEN w.muted_until END AS muted_until, w.quarantined_at, w.archived_at, w.claimed_until, w.claimed_by, h.delay_s, h.next_slot_at AS host_free_at,
       s.pace_reason, s.state AS host_state, s.state_until AS host_state_until, s.state_reason AS host_state_reason
FROM analytics.watches v JOIN pricewatch.watches w USING (watch_id) JOIN pricewatch.hosts h ON h.host = w.host
JOIN pricewatch.host_states s ON s.host = w.host
"""


def listed(
    connection: Connection,
    *,
    state: str | None = None,
    tag: str | None = None,
    provider: str | None = None,
    with_archived: bool = False,
) -> list[Record]:
    """Watches with their state, by id."""
    rows = connection.execute(
        text(
            _LIST
            + """
            WHERE (cast(:state AS text) IS NULL OR v.state = :state) AND (cast(:tag AS text) IS NULL OR :tag = ANY(v.tags))
              AND (cast(:provider AS text) IS NULL OR v.provider = :provider)
              AND (:with_archived OR v.state <> 'archived')
            ORDER BY v.watch_id
            """
        ),
        {"state": state, "tag": tag, "provider": provider, "with_archived": with_archived},
    )
    return [dict(row) for row in rows.mappings()]


def in_turn(connection: Connection, *, limit: int) -> list[Record]:
    """Watches that are due or being checked, in the order of their time."""
    where = "w.is_active AND (w.next_due_at <= now() OR w.claimed_until > now()) ORDER BY w.next_due_at, w.watch_id"
    return _limited(connection, where, limit)


def due_at(connection: Connection, host: str, *, limit: int) -> list[Record]:
    """Watches that are due at a host, in the order of their time."""
    rows = connection.execute(
        text("""
            SELECT watch_id, next_due_at, last_outcome FROM pricewatch.watches
            WHERE host = :host AND is_active AND next_due_at <= now() ORDER BY next_due_at, watch_id LIMIT :limit
        """),
        {"host": host, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def active_of(connection: Connection, providers: Sequence[str], *, most_named: int) -> tuple[int, list[str]]:
    """How many active watches these providers have, and the ids of the first."""
    row = connection.execute(
        text("""
            SELECT count(*) AS total, (array_agg(watch_id ORDER BY watch_id))[1 : :most_named] AS ids
            FROM pricewatch.watches WHERE provider = ANY(:providers) AND is_active
        """),
        {"providers": list(providers), "most_named": most_named},
    ).one()
    return row.total, row.ids or []


def held_back(connection: Connection, *, limit: int) -> list[Record]:
    """Live watches that are paused, quarantined or not to be scheduled, and those that have active windows."""
    where = "v.state <> 'archived' AND (NOT w.is_active OR w.quarantined_at IS NOT NULL OR w.active_windows <> '[]')"
    return _limited(connection, f"{where} ORDER BY w.watch_id", limit)


def failing(connection: Connection, *, limit: int) -> list[Record]:
    """Active watches whose last check failed, the longest series first."""
    where = "w.is_active AND w.consecutive_failures > 0 ORDER BY w.consecutive_failures DESC, w.watch_id"
    return _limited(connection, where, limit)


def _limited(connection: Connection, where: str, limit: int) -> list[Record]:
    rows = connection.execute(text(f"{_LIST} WHERE {where} LIMIT :limit"), {"limit": limit})
    return [dict(row) for row in rows.mappings()]


def one(connection: Connection, watch_id: str) -> Record | None:
    """One watch, archived or not."""
    row = connection.execute(text(_LIST + " WHERE v.watch_id = :id"), {"id": watch_id}).mappings().first()
    return dict(row) if row else None


def definition(connection: Connection, watch_id: str) -> Watch:
    """A watch's definition; the watch must exist."""
    return watch_of(
        connection.execute(text("SELECT * FROM pricewatch.watches WHERE watch_id = :id"), {"id": watch_id}).one()
    )


def definitions(connection: Connection, watch_ids: Sequence[str]) -> list[Watch]:
    """Definitions of live watches, by id."""
    rows = connection.execute(
        text("SELECT * FROM pricewatch.watches WHERE watch_id = ANY(:ids) AND archived_at IS NULL ORDER BY watch_id"),
        {"ids": list(watch_ids)},
    )
    return [watch_of(row) for row in rows]


def missing(connection: Connection, watch_ids: Sequence[str]) -> list[str]:
    """Which of these ids no live watch has."""
    rows = connection.execute(
        text("""
            SELECT id FROM unnest(cast(:ids AS text[])) AS id
            WHERE NOT EXISTS (SELECT FROM pricewatch.watches WHERE watch_id = id AND archived_at IS NULL)
        """),
        {"ids": list(watch_ids)},
    )
    return list(rows.scalars())


def manual_checks(connection: Connection, watch_ids: Sequence[str]) -> list[OpenCheck]:
    """Checks asked for by hand, now: each has a slot of its own, this instant."""
    asked_at = clock(connection)
    rows = connection.execute(
        text("SELECT * FROM pricewatch.watches WHERE watch_id = ANY(:ids) AND archived_at IS NULL ORDER BY watch_id"),
        {"ids": list(watch_ids)},
    ).all()
    return open_checks(connection, rows, kind=CheckKind.MANUAL, slot_at=asked_at)


def live_ids(connection: Connection, *, provider: str | None = None) -> list[str]:
    """Ids of the watches that are not archived."""
    rows = connection.execute(
        text("""
            SELECT watch_id FROM pricewatch.watches
            WHERE archived_at IS NULL AND (cast(:provider AS text) IS NULL OR provider = :provider) ORDER BY watch_id
        """),
        {"provider": provider},
    )
    return list(rows.scalars())


def pause(connection: Connection, watch_ids: Sequence[str]) -> list[str]:
    """Pause by command; the ids that were not paused by command before."""
    return _steer(connection, "paused_at = now()", watch_ids, "paused_at IS NULL")


def resume(connection: Connection, watch_ids: Sequence[str]) -> list[str]:
    """Undo a pause by command and a quarantine; the watch is due at once."""
    return _steer(
        connection, f"paused_at = NULL, {_ANEW}", watch_ids, "(paused_at IS NOT NULL OR quarantined_at IS NOT NULL)"
    )


def resume_failed(connection: Connection, why: str) -> list[str]:
    """Make due at once what failed the last time with an error that ends so: the reason is gone."""
    rows = connection.execute(
        text(f"""
            UPDATE pricewatch.watches SET {_ANEW}, updated_at = now()
            WHERE archived_at IS NULL AND claim_token IS NULL AND right(last_error, length(:why)) = :why
            RETURNING watch_id
        """),
        {"why": why},
    )
    return sorted(rows.scalars())


_ANEW = "quarantined_at = NULL, consecutive_failures = 0, attempt = 0, slot_at = now(), next_due_at = now()"


def archive(connection: Connection, watch_ids: Sequence[str]) -> list[str]:
    """Take watches out of use; their history stays."""
    return _steer(connection, "archived_at = now(), claim_token = NULL, claimed_until = NULL", watch_ids, "true")


def mute(connection: Connection, watch_ids: Sequence[str], until: datetime | None) -> list[str]:
    """Check on, keep what alert rules say, and send none of it until then; None unmutes. The ids that are live."""
    rows = connection.execute(
        text("""
            UPDATE pricewatch.watches SET muted_until = :until, updated_at = now()
            WHERE watch_id = ANY(:ids) AND archived_at IS NULL RETURNING watch_id
        """),
        {"ids": list(watch_ids), "until": until},
    )
    return sorted(rows.scalars())


def _steer(connection: Connection, change: str, watch_ids: Sequence[str], where: str) -> list[str]:
    rows = connection.execute(
        text(f"""
            UPDATE pricewatch.watches SET {change}, updated_at = now()
            WHERE watch_id = ANY(:ids) AND archived_at IS NULL AND {where} RETURNING watch_id
        """),
        {"ids": list(watch_ids)},
    )
    return sorted(rows.scalars())
