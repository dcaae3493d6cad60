"""What worked last at stores that say `auto`: state of a store, kept apart from its definition."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.storage.rows import as_json

CHEAP_WAY_AGAIN = timedelta(days=7)
"""After this long the cheap way is tried again."""


def load(connection: Connection, store_ids: Collection[str]) -> dict[str, str]:
    """The fetcher to begin with, by store; stores that should begin with the cheap way are not in it."""
    if not store_ids:
        return {}
    rows = connection.execute(
        text("""
            SELECT store_id, learned_fetcher FROM pricewatch.stores
            WHERE store_id = ANY(:ids) AND learned_fetcher IS NOT NULL AND learned_at > now() - make_interval(secs => :keep_s)
        """),
        {"ids": sorted(store_ids), "keep_s": CHEAP_WAY_AGAIN.total_seconds()},
    )
    return {row.store_id: row.learned_fetcher for row in rows}


def store(connection: Connection, learned: Mapping[str, str]) -> None:
    """Remember what worked, by store."""
    connection.execute(
        text("""
            UPDATE pricewatch.stores s SET learned_fetcher = r.fetcher, learned_at = now()
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(store_id text, fetcher text)
            WHERE s.store_id = r.store_id
        """),
        {"rows": as_json({"store_id": store_id, "fetcher": fetcher} for store_id, fetcher in sorted(learned.items()))},
    )
