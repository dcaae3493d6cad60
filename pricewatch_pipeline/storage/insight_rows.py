"""Histories and comparisons, read for people: of one watch, of one product, and the list of products."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.products import StoreHistory
from pricewatch_pipeline.storage.product_prices import change_of

Record = dict[str, Any]


def history_of(connection: Connection, watch_id: str) -> tuple[PriceChange, ...]:
    """All price changes of a watch, oldest first."""
    rows = connection.execute(
        text("""
            SELECT began_at, price, currency, availability FROM pricewatch.price_changes
            WHERE watch_id = :id ORDER BY began_at
        """),
        {"id": watch_id},
    )
    return tuple(map(change_of, rows))


def histories_of(connection: Connection, product_id: str, currency: str) -> list[StoreHistory]:
    """The history of every watch of a product, removed ones too, in one currency by the rates of each day.

    Where there is no rate, there is no price.
    """
    rows = connection.execute(
        text("""
            SELECT w.watch_id, CASE WHEN w.archived_at IS NOT NULL OR o.standing = 'stale' THEN w.last_success_at END AS ended_at,
                   c.began_at, pricewatch.convert(c.price, c.currency, :currency, (c.began_at AT TIME ZONE 'UTC')::date) AS price,
                   cast(:currency AS text) AS currency, c.availability
            FROM pricewatch.watches w JOIN pricewatch.price_changes c USING (watch_id)
            LEFT JOIN analytics.product_offers o ON o.watch_id = w.watch_id AND o.product_id = :id
            WHERE w.product_id = :id ORDER BY w.watch_id, c.began_at
        """),
        {"id": product_id, "currency": currency},
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.watch_id, []).append(row)
    return [StoreHistory(changes=tuple(map(change_of, those)), ended_at=those[0].ended_at) for those in found.values()]


def listed_products(connection: Connection, *, tag: str | None = None, is_favourite: bool = False) -> list[Record]:
    """Live products with what they cost, by id."""
    rows = connection.execute(
        text("""
            SELECT * FROM analytics.products
            WHERE (cast(:tag AS text) IS NULL OR :tag = ANY(tags)) AND (is_favourite OR NOT :is_favourite) ORDER BY product_id
        """),
        {"tag": tag, "is_favourite": is_favourite},
    )
    return [dict(row) for row in rows.mappings()]


def product_record(connection: Connection, product_id: str) -> Record | None:
    """One live product with what it costs."""
    row = connection.execute(
        text("SELECT * FROM analytics.products WHERE product_id = :id"), {"id": product_id}
    ).mappings()
    return next((dict(each) for each in row), None)


def offers_side_by_side(connection: Connection, product_ids: Sequence[str]) -> list[Record]:
    """The stores of products: those that can be compared first, the cheapest before the others."""
    rows = connection.execute(
        text("""
            SELECT o.*, since.since FROM analytics.product_offers o LEFT JOIN LATERAL (
                SELECT max(c.began_at) AS since FROM pricewatch.price_changes c WHERE c.watch_id = o.watch_id) since ON true
            WHERE o.product_id = ANY(:ids)
            ORDER BY o.product_id, o.standing <> 'compared', CASE WHEN o.standing = 'compared' THEN o.converted_price END, o.watch_id
        """),
        {"ids": list(product_ids)},
    )
    return [dict(row) for row in rows.mappings()]
