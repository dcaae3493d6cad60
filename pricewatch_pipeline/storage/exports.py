"""Everything that users defined and that is live, for exports."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.watches import Product, Store, Watch
from pricewatch_pipeline.storage import product_rows
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.storage.rows import AnyRow, watch_of
from pricewatch_pipeline.storage.store_rows import store_of


@dataclass(frozen=True, kw_only=True)
class LiveWatch:
    """A watch, who defines it, and what it costs now."""

    watch: Watch
    source: Sourced
    price: Decimal | None = None
    currency: str | None = None
    availability: str | None = None
    checked_at: datetime | None = None


def live_watches(connection: Connection, *, tag: str | None, with_files: bool) -> list[LiveWatch]:
    """Live watches by id: with a tag of their own or of their product; without those that files manage, unless asked for."""
    rows = connection.execute(
        text("""
            SELECT * FROM pricewatch.watches w
            WHERE archived_at IS NULL AND (:with_files OR source_file IS NULL)
              AND (cast(:tag AS text) IS NULL OR :tag = ANY(tags) OR EXISTS (
                  SELECT FROM pricewatch.product_tags t WHERE t.product_id = w.product_id AND t.tag = :tag))
            ORDER BY watch_id
        """),
        {"tag": tag, "with_files": with_files},
    )
    return [_live(row) for row in rows]


def live_stores(connection: Connection, *, with_files: bool) -> list[tuple[Store, Sourced]]:
    """Live stores by id."""
    rows = connection.execute(
        text("""
            SELECT * FROM pricewatch.stores WHERE archived_at IS NULL AND (:with_files OR source_file IS NULL)
            ORDER BY store_id
        """),
        {"with_files": with_files},
    )
    return [(store_of(row), Sourced(file=row.source_file, line=row.source_line)) for row in rows]


def live_products(connection: Connection, *, with_files: bool) -> list[tuple[Product, Sourced]]:
    """Live products by id."""
    products = product_rows.live_products(connection)
    places = _places(connection, [product.product_id for product in products])
    found = [(product, places.get(product.product_id, Sourced())) for product in products]
    return [(product, source) for product, source in found if with_files or source.file is None]


def _places(connection: Connection, product_ids: Collection[str]) -> dict[str, Sourced]:
    rows = connection.execute(
        text("SELECT product_id, source_file, source_line FROM pricewatch.products WHERE product_id = ANY(:ids)"),
        {"ids": list(product_ids)},
    )
    return {row.product_id: Sourced(file=row.source_file, line=row.source_line) for row in rows}


def _live(row: AnyRow) -> LiveWatch:
    return LiveWatch(
        watch=watch_of(row),
        source=Sourced(file=row.source_file, line=row.source_line),
        price=row.last_price,
        currency=row.last_currency,
        availability=row.last_availability,
        checked_at=row.last_checked_at,
    )
