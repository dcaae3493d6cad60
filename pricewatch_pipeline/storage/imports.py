"""What an import looks up in the tables, and the past prices that it brings."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.alert_rules import UNTIL_UNMUTED
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.storage import price_changes
from pricewatch_pipeline.storage.rows import as_json, watch_of

IMPORTED = "imported"
"""The method of a snapshot that another tool saw."""


@dataclass(frozen=True, kw_only=True)
class KnownWatch:
    """As much of a watch as tells whether a row is about it."""

    watch_id: str
    provider: str
    query: Mapping[str, Any]
    source_file: str | None
    source_line: int | None
    is_archived: bool = False


def watches_at(connection: Connection, hosts: Collection[str]) -> list[KnownWatch]:
    """Live watches at these hosts."""
    return _known(connection, "w.host = ANY(:of) AND w.archived_at IS NULL", hosts)


def watches_called(connection: Connection, watch_ids: Collection[str]) -> list[KnownWatch]:
    """Watches with these ids, archived ones too."""
    return _known(connection, "w.watch_id = ANY(:of)", watch_ids)


def _known(connection: Connection, where: str, of: Collection[str]) -> list[KnownWatch]:
    rows = connection.execute(
        text(f"""
            SELECT watch_id, provider, query ->> 'url' AS page, nullif(query - 'url', '{{}}') AS rest, source_file, source_line,
                   archived_at IS NOT NULL AS is_archived
            FROM pricewatch.watches w WHERE {where} ORDER BY watch_id
        """),
        {"of": list(of)},
    )
    # Most watches ask for a URL and nothing else: JSON is read where there is more.
    return [
        KnownWatch(
            watch_id=row.watch_id,
            provider=row.provider,
            query={**(row.rest or {}), **({"url": row.page} if row.page is not None else {})},
            source_file=row.source_file,
            source_line=row.source_line,
            is_archived=row.is_archived,
        )
        for row in rows
    ]


def definitions_of(connection: Connection, watch_ids: Collection[str]) -> dict[str, Watch]:
    """Watches by id, as they are defined."""
    rows = connection.execute(
        text("SELECT * FROM pricewatch.watches WHERE watch_id = ANY(:ids)"), {"ids": list(watch_ids)}
    )
    return {row.watch_id: watch_of(row) for row in rows}


def rule_ids(connection: Connection, wanted: Collection[str]) -> set[str]:
    """Which of these rules there are, or were: one that somebody removed does not come back."""
    rows = connection.execute(
        text("SELECT rule_id FROM pricewatch.alert_rules WHERE rule_id = ANY(:ids)"), {"ids": list(wanted)}
    )
    return set(rows.scalars())


def archived_stores(connection: Connection) -> list[str]:
    """The ids of stores that were once."""
    return list(
        connection.execute(text("SELECT store_id FROM pricewatch.stores WHERE archived_at IS NOT NULL")).scalars()
    )


def mute(connection: Connection, watch_ids: Collection[str]) -> None:
    """Keep what rules say of these watches, and send none of it, until they are unmuted."""
    connection.execute(
        text("UPDATE pricewatch.watches SET muted_until = :until WHERE watch_id = ANY(:ids)"),
        {"ids": list(watch_ids), "until": UNTIL_UNMUTED},
    )


def store_past_prices(connection: Connection, prices: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Store prices that another tool saw, as snapshots marked so; how many were new, by watch.

    Each is a mapping with `watch_id`, `at`, `price`, `currency` and `reason`. What lies in the future, and what is not older
    than our own first snapshot, is left: what we read ourselves stands alone. No rule looks at them.
    """
    rows = list(prices)
    if not rows:
        return {}
    for month in sorted({_month(row["at"]) for row in rows}):
        # One by one: from the first to the last there may be years without any.
        connection.execute(
            text("""
                SELECT pricewatch.ensure_months(:month, :month)
                WHERE cast(:month AS timestamptz) < now() AND NOT pricewatch.has_months(:month, :month)
            """),
            {"month": month},
        )
    stored = connection.execute(
        text(f"""
            WITH input AS (
                SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
                    watch_id text, at timestamptz, price numeric, currency text, reason text)
            ), own AS (
                SELECT i.watch_id, min(n.slot_at) AS first_at
                FROM (SELECT DISTINCT watch_id FROM input) i JOIN pricewatch.price_snapshots n USING (watch_id)
                WHERE n.method IS DISTINCT FROM '{IMPORTED}' GROUP BY i.watch_id
            )
            INSERT INTO pricewatch.price_snapshots
                (watch_id, slot_at, observed_at, price, currency, method, reason, url)
            SELECT i.watch_id, i.at, i.at, i.price, i.currency, '{IMPORTED}', i.reason, w.url
            FROM input i JOIN pricewatch.watches w USING (watch_id) LEFT JOIN own USING (watch_id)
            WHERE i.at < now() AND (own.first_at IS NULL OR i.at < own.first_at)
            ON CONFLICT DO NOTHING RETURNING watch_id
        """),
        {"rows": as_json(dict(row) for row in rows)},
    )
    counts: dict[str, int] = {}
    for watch_id in stored.scalars():
        counts[watch_id] = counts.get(watch_id, 0) + 1
    if counts:
        price_changes.rebuild(connection, list(counts))
    return counts


def _month(at: datetime) -> datetime:
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
