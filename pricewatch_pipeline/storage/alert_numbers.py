"""Alerts in numbers: what fired, what was sent, what was given up. For dashboards and checks; outbox.py moves them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

Record = dict[str, Any]


def fired(connection: Connection, *, since: datetime | None) -> dict[str, int]:
    """How many alerts fired after an instant (None: ever), by kind of rule."""
    rows = connection.execute(
        text("""
            SELECT rule_kind, count(*) AS alerts FROM pricewatch.alerts
            WHERE cast(:since AS timestamptz) IS NULL OR fired_at > :since GROUP BY rule_kind ORDER BY alerts DESC, rule_kind
        """),
        {"since": since},
    )
    return {row.rule_kind: row.alerts for row in rows}


def sent(connection: Connection, *, window: timedelta) -> int:
    """How many deliveries reached their channels in the time up to now, of alerts that fired since a weekly digest before."""
    found: int = connection.execute(
        text("""
            SELECT count(*) FROM pricewatch.alerts a JOIN pricewatch.alert_deliveries d USING (alert_id)
            WHERE a.fired_at > now() - make_interval(days => 8, secs => :window_s)
              AND d.state = 'sent' AND d.sent_at > now() - make_interval(secs => :window_s)
        """),
        {"window_s": window.total_seconds()},
    ).scalar_one()
    return found


def newest(connection: Connection, *, limit: int) -> list[Record]:
    """The last alerts, the newest first, each with how its deliveries stand."""
    rows = connection.execute(
        text("""
            SELECT a.fired_at, a.rule_id, a.subject, a.price, a.currency, a.was_price, a.reason, a.is_muted,
                   coalesce((SELECT string_agg(d.channel || ': ' || d.state, ', ' ORDER BY d.channel)
                             FROM pricewatch.alert_deliveries d WHERE d.alert_id = a.alert_id), '') AS deliveries
            FROM pricewatch.alerts a ORDER BY a.fired_at DESC, a.alert_id DESC LIMIT :limit
        """),
        {"limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def dead_letters(connection: Connection, *, window: timedelta | None = None) -> Sequence[Record]:
    """What was given up (in the time up to now), by channel and reason, the most first."""
    rows = connection.execute(
        text("""
            SELECT channel, coalesce(error, '') AS error, count(*) AS deliveries, max(due_at) AS last_at
            FROM pricewatch.alert_deliveries
            WHERE state = 'dead' AND (cast(:window_s AS float8) IS NULL OR due_at > now() - make_interval(secs => :window_s))
            GROUP BY channel, error ORDER BY deliveries DESC, channel, error
        """),
        {"window_s": None if window is None else window.total_seconds()},
    )
    return [dict(row) for row in rows.mappings()]
