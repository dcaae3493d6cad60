"""Products, read back as values. How they are written: definitions.py."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.watches import Product, Watch
from pricewatch_pipeline.storage.rows import product_of, watch_of

_PRODUCTS = """
    SELECT p.*, array(SELECT t.tag FROM pricewatch.product_tags t WHERE t.product_id = p.product_id ORDER BY t.tag) AS tags
    FROM pricewatch.products p
"""


def products_named(connection: Connection, product_ids: Collection[str]) -> list[Product]:
    """These products, archived ones too, by id; ids that name none are left out."""
    rows = connection.execute(
        text(f"{_PRODUCTS} WHERE p.product_id = ANY(:ids) ORDER BY p.product_id"), {"ids": list(product_ids)}
    )
    return [product_of(row) for row in rows]


def live_products(connection: Connection) -> list[Product]:
    """All products that are not archived, by id."""
    rows = connection.execute(text(f"{_PRODUCTS} WHERE p.archived_at IS NULL ORDER BY p.product_id"))
    return [product_of(row) for row in rows]


def watches_of(connection: Connection, product_ids: Collection[str], *, with_archived: bool = False) -> list[Watch]:
    """Watches of these products, by id."""
    rows = connection.execute(
        text("""
            SELECT * FROM pricewatch.watches
            WHERE product_id = ANY(:ids) AND (:with_archived OR archived_at IS NULL) ORDER BY watch_id
        """),
        {"ids": list(product_ids), "with_archived": with_archived},
    )
    return [watch_of(row) for row in rows]
