"""The snapshots of one watch, read back as rows: without pandas, whose import takes longer than the query."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

Record = dict[str, Any]


def newest(connection: Connection, watch_id: str, *, since: datetime | None = None, limit: int = 100) -> list[Record]:
    """The newest snapshots of a watch as they are believed now, newest first."""
    rows = connection.execute(
        text("""
            SELECT slot_at, observed_at, price, currency, list_price, availability, title, url, method, confidence, reason,
                   outcome, is_corrected, corrected_at, original_price, original_currency
            FROM pricewatch.current_snapshots
            WHERE watch_id = :id AND slot_at >= coalesce(:since, '-infinity'::timestamptz)
            ORDER BY slot_at DESC LIMIT :limit
        """),
        {"id": watch_id, "since": since, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]
