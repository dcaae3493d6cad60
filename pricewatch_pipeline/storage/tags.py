"""Tags over watches, products and alert rules: counted, given, taken, renamed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection


@dataclass(frozen=True, kw_only=True)
class TagCount:
    """A tag, and what has it."""

    tag: str
    watches: int
    products: int
    rules: int
    """Alert rules about it."""


@dataclass(frozen=True, kw_only=True)
class Tagged:
    """What has a tag: ids of live things."""

    watches: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def counted(connection: Connection) -> list[TagCount]:
    """All tags by name."""
    rows = connection.execute(
        text("""
            SELECT tag, count(*) FILTER (WHERE kind = 'watch') AS watches,
                   count(*) FILTER (WHERE kind = 'product') AS products, count(*) FILTER (WHERE kind = 'rule') AS rules
            FROM (
                SELECT unnest(tags) AS tag, 'watch' AS kind FROM pricewatch.watches WHERE archived_at IS NULL
                UNION ALL
                SELECT t.tag, 'product' FROM pricewatch.product_tags t JOIN pricewatch.products p USING (product_id)
                WHERE p.archived_at IS NULL
                UNION ALL
                SELECT scope_id, 'rule' FROM pricewatch.alert_rules WHERE archived_at IS NULL AND scope = 'tag'
            ) uses GROUP BY tag ORDER BY tag
        """)
    )
    return [TagCount(**row) for row in rows.mappings()]


def tagged(connection: Connection, tag: str) -> Tagged:
    """All that has this tag."""

    def ids(statement: str) -> tuple[str, ...]:
        return tuple(connection.execute(text(statement), {"tag": tag}).scalars())

    return Tagged(
        watches=ids(
            "SELECT watch_id FROM pricewatch.watches WHERE archived_at IS NULL AND :tag = ANY(tags) ORDER BY watch_id"
        ),
        products=ids("""
            SELECT t.product_id FROM pricewatch.product_tags t JOIN pricewatch.products p USING (product_id)
            WHERE p.archived_at IS NULL AND t.tag = :tag ORDER BY t.product_id
        """),
        rules=ids("""
            SELECT rule_id FROM pricewatch.alert_rules
            WHERE archived_at IS NULL AND scope = 'tag' AND scope_id = :tag ORDER BY rule_id
        """),
    )


def give(connection: Connection, tag: str, *, watches: Sequence[str], products: Sequence[str]) -> Tagged:
    """Tag these; those that had not been."""
    changed = connection.execute(
        text("""
            UPDATE pricewatch.watches SET tags = tags || cast(:tag AS text), updated_at = now()
            WHERE watch_id = ANY(:ids) AND archived_at IS NULL AND :tag <> ALL(tags) RETURNING watch_id
        """),
        {"tag": tag, "ids": list(watches)},
    )
    added = connection.execute(
        text("""
            INSERT INTO pricewatch.product_tags (product_id, tag)
            SELECT id, :tag FROM unnest(cast(:ids AS text[])) AS id ON CONFLICT DO NOTHING RETURNING product_id
        """),
        {"tag": tag, "ids": list(products)},
    )
    return Tagged(watches=tuple(sorted(changed.scalars())), products=tuple(sorted(added.scalars())))


def take(connection: Connection, tag: str, *, watches: Sequence[str], products: Sequence[str]) -> Tagged:
    """Untag these; those that had been tagged."""
    changed = connection.execute(
        text("""
            UPDATE pricewatch.watches SET tags = array_remove(tags, :tag), updated_at = now()
            WHERE watch_id = ANY(:ids) AND archived_at IS NULL AND :tag = ANY(tags) RETURNING watch_id
        """),
        {"tag": tag, "ids": list(watches)},
    )
    gone = connection.execute(
        text("DELETE FROM pricewatch.product_tags WHERE tag = :tag AND product_id = ANY(:ids) RETURNING product_id"),
        {"tag": tag, "ids": list(products)},
    )
    return Tagged(watches=tuple(sorted(changed.scalars())), products=tuple(sorted(gone.scalars())))


def point_rules(connection: Connection, rule_ids: Sequence[str], tag: str) -> None:
    """Let these rules be about this tag."""
    connection.execute(
        text("UPDATE pricewatch.alert_rules SET scope_id = :tag, updated_at = now() WHERE rule_id = ANY(:ids)"),
        {"tag": tag, "ids": list(rule_ids)},
    )
