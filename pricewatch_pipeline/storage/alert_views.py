"""Alerts, their deliveries and their channels as operators look at them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.price_rules import COMPARING

Record = dict[str, Any]


def listed(
    connection: Connection, *, watch_id: str | None, state: str | None, since: datetime | None, limit: int
) -> list[Record]:
    """Alerts with the state of their delivery, newest first."""
    return _records(
        connection,
        """SELECT * FROM analytics.alerts
           WHERE (cast(:watch_id AS text) IS NULL OR watch_id = :watch_id) AND (cast(:state AS text) IS NULL OR state = :state)
             AND (cast(:since AS timestamptz) IS NULL OR fired_at >= :since)
           ORDER BY fired_at DESC, key LIMIT :limit""",
        watch_id=watch_id,
        state=state,
        since=since,
        limit=limit,
    )


def keys_beginning(connection: Connection, start: str, *, limit: int) -> list[str]:
    """The keys of alerts that begin so."""
    found = connection.execute(
        text("SELECT key FROM pricewatch.alerts WHERE starts_with(key, :start) ORDER BY key LIMIT :limit"),
        {"start": start, "limit": limit},
    )
    return list(found.scalars())


def one(connection: Connection, key: str) -> Record | None:
    """All that is known of an alert, its facts included."""
    found = _records(
        connection,
        "SELECT v.*, a.facts FROM analytics.alerts v JOIN pricewatch.alerts a USING (key) WHERE v.key = :key",
        key=key,
    )
    return next(iter(found), None)


def deliveries(connection: Connection, key: str) -> list[Record]:
    """An alert's way to each of its channels."""
    return _records(
        connection,
        """SELECT channel, state, digest, due_at, attempts, error, sent_at FROM analytics.alert_deliveries
           WHERE key = :key ORDER BY channel""",
        key=key,
    )


def channels(connection: Connection) -> Mapping[str, Record]:
    """How each channel fares that was used or has something waiting, by name."""
    found = _records(
        connection,
        """SELECT channel, coalesce(c.failures, 0) AS failures, c.rests_until, c.last_sent_at, c.last_failed_at, c.last_error,
                  coalesce(d.pending, 0) AS pending, coalesce(d.dead, 0) AS dead
           FROM pricewatch.alert_channels c FULL JOIN (
               SELECT channel, sum(pending) AS pending, sum(dead) AS dead FROM (
                   SELECT channel, count(*) AS pending, 0 AS dead FROM pricewatch.alert_deliveries
                   WHERE state = 'pending' GROUP BY channel
                   UNION ALL
                   SELECT channel, 0, count(*) FROM pricewatch.alert_deliveries WHERE state = 'dead' GROUP BY channel) each
               GROUP BY channel) d USING (channel)""",
    )
    return {record["channel"]: record for record in found}


def _records(connection: Connection, statement: str, **values: Any) -> list[Record]:
    return [dict(row) for row in connection.execute(text(statement), values).mappings()]


_SILENT = text("""
WITH silent AS (
    SELECT r.rule_id, r.kind, r.scope, r.source_file, r.params ->> 'amount' IS NOT NULL AS has_amount, count(*) AS watches,
           min(ARRAY[w.watch_id, k.compares, w.last_currency]) AS example, count(*) OVER () AS rules
    FROM pricewatch.alert_states s JOIN pricewatch.alert_rules r USING (rule_id) JOIN pricewatch.watches w USING (watch_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(CASE r.kind WHEN 'at_target' THEN w.target_currency END, s.state ->> 'currency') AS compares) k
    WHERE w.last_currency <> k.compares AND w.is_active AND r.archived_at IS NULL AND r.is_enabled AND r.kind = ANY(:kinds)
      AND CASE r.kind WHEN 'at_target' THEN w.target_price IS NOT NULL ELSE r.params ->> 'currency' IS NULL END
      AND CASE r.scope WHEN 'watch' THEN r.scope_id = w.watch_id WHEN 'product' THEN r.scope_id = w.product_id
          WHEN 'tag' THEN r.scope_id = ANY(w.tags) OR EXISTS (SELECT FROM pricewatch.product_tags t
               WHERE t.product_id = w.product_id AND t.tag = r.scope_id) ELSE true END
    GROUP BY r.rule_id ORDER BY r.rule_id LIMIT :limit
)
SELECT a.*, e.*, c.began_at AS since
FROM silent a CROSS JOIN LATERAL (
    SELECT example[1] AS watch_id, example[2] AS compares, example[3] AS currency) e
LEFT JOIN LATERAL (
    SELECT min(began_at) AS began_at FROM pricewatch.price_changes p
    WHERE p.watch_id = e.watch_id AND p.currency = e.currency AND p.began_at > coalesce((
        SELECT max(began_at) FROM pricewatch.price_changes o
        WHERE o.watch_id = e.watch_id AND o.currency <> e.currency), '-infinity')
) c ON true
ORDER BY a.rule_id
""")


def silenced_by_currency(connection: Connection, *, limit: int | None = None) -> list[Record]:
    """Live rules that name no currency of their own and compare prices in another one than a watch has now: each with one such
    watch, since when that one has its currency, of how many `watches` it is true, and how many such `rules` there are."""
    kinds = sorted(kind.value for kind in COMPARING)
    return [dict(row) for row in connection.execute(_SILENT, {"kinds": kinds, "limit": limit}).mappings()]
