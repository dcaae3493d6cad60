"""What users define: stores, products and watches, written as one set and read back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.watches import Product, Store, Watch
from pricewatch_pipeline.storage.rows import AnyRow, as_json, product_record, watch_record
from pricewatch_pipeline.storage.store_rows import store_of, store_record

_CHUNK = 2000
_KEYS = {"watches": "watch_id", "stores": "store_id", "products": "product_id", "alert_rules": "rule_id"}


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """Where a definition stands: the file that manages it (None: made by a command) and the line."""

    file: str | None = None
    line: int | None = None


_STORE_COLUMNS = (
    "name", "domains", "locale", "currency", "strategies", "min_delay_s", "burst", "concurrency", "obeys_robots",
    "fetcher", "fetching", "plausibility", "test_urls", "source_file", "source_line",
)  # fmt: skip
_FORGETTING = "(stores.fetcher, stores.fetching) IS DISTINCT FROM (excluded.fetcher, excluded.fetching)"
"""When what was learnt of a store's pages no longer counts."""


def upsert_stores(connection: Connection, stores: Iterable[tuple[Store, Sourced]]) -> int:
    """Write stores; how many were new or changed. What was learnt of one is forgotten when its way of fetching changes."""
    records = [store_record(store) | _placed(source) for store, source in stores]
    return _upsert(
        connection, "stores", "store_id", _STORE_COLUMNS, records,
        "store_id text, name text, domains text[], locale text, currency text, strategies jsonb, min_delay_s real, "
        "burst smallint, concurrency smallint, obeys_robots bool, fetcher text, fetching jsonb, plausibility jsonb, "
        "test_urls text[], source_file text, source_line int",
        state={
            name: f"CASE WHEN {_FORGETTING} THEN NULL ELSE stores.{name} END" for name in ("learned_fetcher", "learned_at")
        },
    )  # fmt: skip


_PRODUCT_COLUMNS = (
    "title", "primary_watch_id", "is_favourite", "pack_size", "pack_unit", "currency", "notes", "source_file",
    "source_line",
)  # fmt: skip


def upsert_products(connection: Connection, products: Iterable[tuple[Product, Sourced]]) -> int:
    """Write products with their tags; how many were new or changed."""
    records = [product_record(product) | _placed(source) for product, source in products]
    changed = _upsert(
        connection, "products", "product_id", _PRODUCT_COLUMNS, records,
        "product_id text, title text, primary_watch_id text, is_favourite bool, pack_size numeric, pack_unit text, "
        "currency text, notes text, source_file text, source_line int",
    )  # fmt: skip
    ids = [record["product_id"] for record in records]
    tags = [{"product_id": r["product_id"], "tag": tag} for r in records for tag in r["tags"]]
    connection.execute(text("DELETE FROM pricewatch.product_tags WHERE product_id = ANY(:ids)"), {"ids": ids})
    connection.execute(
        text("""
            INSERT INTO pricewatch.product_tags (product_id, tag)
            SELECT DISTINCT product_id, tag
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(product_id text, tag text)
        """),
        {"rows": as_json(tags)},
    )
    return changed


_WATCH_COLUMNS = (
    "provider", "query", "host", "url", "title", "store_id", "product_id", "tags", "every_s", "cron", "timezone",
    "active_windows", "at_least_apart_s", "retry_first_s", "news_first_s", "priority", "target_price", "target_currency", "alert_cooldown_s", "plausibility", "is_paused",
    "is_matrix", "schedule_error", "source_file", "source_line",
)  # fmt: skip
_RESCHEDULING = ("every_s", "cron", "timezone", "active_windows", "schedule_error", "is_paused", "archived_at")
_UPSERT_WATCHES = text(f"""
INSERT INTO pricewatch.watches (watch_id, slot_at, next_due_at, {", ".join(_WATCH_COLUMNS)})
SELECT watch_id, first_due_at, first_due_at, {", ".join(_WATCH_COLUMNS)}
FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
    watch_id text, first_due_at timestamptz, provider text, query jsonb, host text, url text, title text, store_id text,
    product_id text, tags text[], every_s int, cron text, timezone text, active_windows jsonb, at_least_apart_s int,
    retry_first_s int, news_first_s int, priority smallint,
    target_price numeric, target_currency text, alert_cooldown_s int, plausibility jsonb, is_paused bool, is_matrix bool,
    schedule_error text, source_file text, source_line int)
ORDER BY watch_id
ON CONFLICT (watch_id) DO UPDATE SET
    {", ".join(f"{column} = excluded.{column}" for column in _WATCH_COLUMNS)},
    archived_at = NULL, updated_at = now(),
    slot_at = CASE WHEN {{is_rescheduled}} THEN excluded.slot_at ELSE watches.slot_at END,
    next_due_at = CASE WHEN {{is_rescheduled}} THEN excluded.next_due_at ELSE watches.next_due_at END,
    attempt = CASE WHEN {{is_rescheduled}} THEN 0 ELSE watches.attempt END,
    claim_token = CASE WHEN {{is_rescheduled}} THEN NULL ELSE watches.claim_token END,
    claimed_until = CASE WHEN {{is_rescheduled}} THEN NULL ELSE watches.claimed_until END,
    quarantined_at = CASE WHEN watches.query IS DISTINCT FROM excluded.query THEN NULL ELSE watches.quarantined_at END,
    consecutive_failures = CASE WHEN watches.query IS DISTINCT FROM excluded.query THEN 0 ELSE watches.consecutive_failures END,
    recent_prices = CASE WHEN watches.query IS DISTINCT FROM excluded.query THEN '{{}}' ELSE watches.recent_prices END
WHERE watches.archived_at IS NOT NULL
   OR ({", ".join(f"watches.{column}" for column in _WATCH_COLUMNS)})
      IS DISTINCT FROM ({", ".join(f"excluded.{column}" for column in _WATCH_COLUMNS)})
RETURNING watch_id, xmax = 0 AS is_new
""".replace(
    "{is_rescheduled}",
    "(watches.query IS DISTINCT FROM excluded.query OR "
    + " OR ".join(f"watches.{column} IS DISTINCT FROM excluded.{column}" for column in _RESCHEDULING)
    + ")",
))  # fmt: skip


def upsert_watches(
    connection: Connection, watches: Sequence[tuple[Watch, Sourced]], first_due: Mapping[str, datetime]
) -> tuple[list[str], list[str]]:
    """Write watches; the ids that are new and those that changed.

    A changed schedule or query starts anew at `first_due`, and fences out a worker that still checks the old one.
    """
    created: list[str] = []
    updated: list[str] = []
    for start in range(0, len(watches), _CHUNK):
        records = [
            watch_record(watch) | _placed(source) | {"first_due_at": first_due[watch.watch_id]}
            for watch, source in watches[start : start + _CHUNK]
        ]
        for row in connection.execute(_UPSERT_WATCHES, {"rows": as_json(records)}):
            (created if row.is_new else updated).append(row.watch_id)
    return created, updated


def archive_vanished(connection: Connection, table: str, *, files: Sequence[str], kept: Iterable[str]) -> list[str]:
    """Archive what these files managed and no longer hold. Nothing is deleted."""
    key = _KEYS[table]
    release = ", claim_token = NULL, claimed_until = NULL" if table == "watches" else ""
    rows = connection.execute(
        text(f"""
            UPDATE pricewatch.{table} SET archived_at = now(), updated_at = now(){release}
            WHERE source_file = ANY(:files) AND archived_at IS NULL
              AND {key} NOT IN (SELECT unnest(cast(:kept AS text[]))) RETURNING {key} AS id
        """),
        {"files": list(files), "kept": list(kept)},
    )
    return sorted(row.id for row in rows)


def managing_files(connection: Connection) -> set[str]:
    """The files that manage anything that is not archived."""
    rows = connection.execute(
        text("""
            SELECT source_file FROM pricewatch.watches WHERE archived_at IS NULL AND source_file IS NOT NULL
            UNION SELECT source_file FROM pricewatch.stores WHERE archived_at IS NULL AND source_file IS NOT NULL
            UNION SELECT source_file FROM pricewatch.products WHERE archived_at IS NULL AND source_file IS NOT NULL
            UNION SELECT source_file FROM pricewatch.alert_rules WHERE archived_at IS NULL AND source_file IS NOT NULL
        """)
    )
    return {row.source_file for row in rows}


def managed_elsewhere(
    connection: Connection, table: str, ids: Sequence[str], *, files: Sequence[str]
) -> dict[str, str | None]:
    """Which of these ids live under another file (or under a command: None) and are not archived."""
    key = _KEYS[table]
    rows = connection.execute(
        text(f"""
            SELECT {key} AS id, source_file FROM pricewatch.{table}
            WHERE {key} = ANY(:ids) AND archived_at IS NULL AND (source_file IS NULL OR source_file <> ALL(:files))
        """),
        {"ids": list(ids), "files": list(files)},
    )
    return {row.id: row.source_file for row in rows}


def known(connection: Connection) -> tuple[list[tuple[Store, str | None]], dict[str, str | None]]:
    """Live stores, and ids of live products, each with the file that manages it."""
    stores = connection.execute(text("SELECT * FROM pricewatch.stores WHERE archived_at IS NULL ORDER BY store_id"))
    products = connection.execute(
        text("SELECT product_id, source_file FROM pricewatch.products WHERE archived_at IS NULL")
    )
    return [(store_of(row), row.source_file) for row in stores], {row.product_id: row.source_file for row in products}


def sources(connection: Connection, kind: str, ids: Sequence[str]) -> dict[str, Sourced]:
    """Those of these live watches, stores, products or rules that a file manages, with the place."""
    table, key = {
        "watch": ("watches", "watch_id"),
        "store": ("stores", "store_id"),
        "product": ("products", "product_id"),
        "rule": ("alert_rules", "rule_id"),
    }[kind]
    rows = connection.execute(
        text(f"""
            SELECT {key} AS id, source_file, source_line FROM pricewatch.{table}
            WHERE {key} = ANY(:ids) AND archived_at IS NULL AND source_file IS NOT NULL ORDER BY {key}
        """),
        {"ids": list(ids)},
    )
    return {row.id: Sourced(file=row.source_file, line=row.source_line) for row in rows}


def count_managed_elsewhere(connection: Connection, *, files: Sequence[str]) -> int:
    """How many live watches none of these files manages."""
    found: int = connection.execute(
        text("""
            SELECT count(*) FROM pricewatch.watches
            WHERE archived_at IS NULL AND (source_file IS NULL OR source_file <> ALL(:files))
        """),
        {"files": list(files)},
    ).scalar_one()
    return found


def stores_named(connection: Connection, *store_ids: str | None) -> list[Store]:
    """These stores; None names none."""
    rows = connection.execute(
        text("SELECT * FROM pricewatch.stores WHERE store_id = ANY(:ids)"), {"ids": [s for s in store_ids if s]}
    )
    return [store_of(row) for row in rows]


def watches_by_store(connection: Connection) -> dict[str, int]:
    """How many live watches each store has."""
    rows = connection.execute(
        text("""
            SELECT store_id, count(*) AS watches FROM pricewatch.watches
            WHERE archived_at IS NULL AND store_id IS NOT NULL GROUP BY store_id
        """)
    )
    return {row.store_id: row.watches for row in rows}


def pages_of_store(connection: Connection, store_id: str, *, limit: int) -> list[str]:
    """Pages of its live watches, the longest known first."""
    rows = connection.execute(
        text("""
            SELECT url FROM pricewatch.watches
            WHERE archived_at IS NULL AND store_id = :store_id AND url IS NOT NULL
            GROUP BY url ORDER BY min(created_at), url LIMIT :limit
        """),
        {"store_id": store_id, "limit": limit},
    )
    return list(rows.scalars())


def watches_without_store(connection: Connection, hosts: Collection[str]) -> dict[str, str]:
    """The pages of live watches at these hosts that have no store, by watch id."""
    rows = connection.execute(
        text("""
            SELECT watch_id, url FROM pricewatch.watches
            WHERE archived_at IS NULL AND store_id IS NULL AND url IS NOT NULL AND host = ANY(:hosts)
        """),
        {"hosts": list(hosts)},
    )
    return {row.watch_id: row.url for row in rows}


def give_store(connection: Connection, store_id: str, watch_ids: Collection[str]) -> None:
    """Let these watches be the store's."""
    connection.execute(
        text("UPDATE pricewatch.watches SET store_id = :store_id, updated_at = now() WHERE watch_id = ANY(:ids)"),
        {"store_id": store_id, "ids": list(watch_ids)},
    )


def archive_stores(connection: Connection, store_ids: Collection[str]) -> None:
    """Take stores out of use; live watches of theirs have none then."""
    ids = {"ids": list(store_ids)}
    connection.execute(
        text("""
            UPDATE pricewatch.watches SET store_id = NULL, updated_at = now()
            WHERE store_id = ANY(:ids) AND archived_at IS NULL
        """),
        ids,
    )
    connection.execute(
        text("UPDATE pricewatch.stores SET archived_at = now(), updated_at = now() WHERE store_id = ANY(:ids)"), ids
    )


def lock_for_sync(connection: Connection) -> None:
    """One sync at a time, until this transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(7205759405)"))


def partition_keys(connection: Connection, *, provider: str | None = None) -> list[str]:
    """The ids of all watches (of a provider) that are not archived: what the dynamic partitions mirror."""
    rows = connection.execute(
        text("""
            SELECT watch_id FROM pricewatch.watches
            WHERE archived_at IS NULL AND (cast(:provider AS text) IS NULL OR provider = :provider)
            ORDER BY created_at, watch_id
        """),
        {"provider": provider},
    )
    return list(rows.scalars())


def _placed(source: Sourced) -> dict[str, Any]:
    return {"source_file": source.file, "source_line": source.line}


def _upsert(
    connection: Connection,
    table: str,
    key: str,
    columns: Sequence[str],
    records: list[dict[str, Any]],
    shape: str,
    *,
    state: Mapping[str, str] | None = None,
) -> int:
    """Write rows; how many were new or changed. `state`: columns that follow from a change, and how."""
    changes = {column: f"excluded.{column}" for column in columns} | dict(state or {})
    rows: Sequence[AnyRow] = connection.execute(
        text(f"""
            INSERT INTO pricewatch.{table} ({key}, {", ".join(columns)})
            SELECT {key}, {", ".join(columns)} FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r({shape}) ORDER BY {key}
            ON CONFLICT ({key}) DO UPDATE SET
                {", ".join(f"{column} = {value}" for column, value in changes.items())}, archived_at = NULL, updated_at = now()
            WHERE {table}.archived_at IS NOT NULL
               OR ({", ".join(f"{table}.{column}" for column in columns)})
                  IS DISTINCT FROM ({", ".join(f"excluded.{column}" for column in columns)})
            RETURNING {key}
        """),
        {"rows": as_json(records)},
    ).all()
    return len(rows)
