"""Deleting for good: watches with all their history, and products. What stays behind is pages, which upkeep tidies."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.storage import price_changes


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What hangs on watches and products: to be told before it goes."""

    watches: int = 0
    snapshots: int = 0
    checks: int = 0
    alerts: int = 0
    rules: int = 0
    """Made by commands, for these watches or products alone."""


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What goes, or went."""

    products: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()
    """With their history also those that were archived before."""
    holdings: Holdings
    """All that hangs on them, whether it goes or stays."""


_HISTORY = (
    "pending_events", "daily_prices", "price_changes", "quarantined_offers", "snapshot_corrections", "price_snapshots",
    "filing_checks", "flight_offers", "flight_searches", "batches", "checks", "alert_states", "alerts",
)  # fmt: skip
"""Every table with rows of a watch, those that point to others first. Deliveries go with their alerts, combinations with their
batches."""
_OWN_RULES = """
    archived_at IS NULL AND source_file IS NULL
    AND ((scope = 'watch' AND scope_id = ANY(:watch_ids)) OR (scope = 'product' AND scope_id = ANY(:product_ids)))
"""


def holdings(connection: Connection, watch_ids: Sequence[str], product_ids: Sequence[str] = ()) -> Holdings:
    """What would go with these, were they deleted with their history."""
    rows = connection.execute(
        text(f"""
            SELECT (SELECT count(*) FROM pricewatch.watches WHERE watch_id = ANY(:watch_ids)) AS watches,
                   (SELECT count(*) FROM pricewatch.price_snapshots WHERE watch_id = ANY(:watch_ids)) AS snapshots,
                   (SELECT count(*) FROM pricewatch.checks WHERE watch_id = ANY(:watch_ids)) AS checks,
                   (SELECT count(*) FROM pricewatch.alerts WHERE watch_id = ANY(:watch_ids)) AS alerts,
                   (SELECT count(*) FROM pricewatch.alert_rules WHERE {_OWN_RULES}) AS rules
        """),
        _named(watch_ids, product_ids),
    )
    return Holdings(**rows.mappings().one())


def purge_watches(connection: Connection, watch_ids: Sequence[str]) -> None:
    """Delete watches and all rows about them. A run that is checking one finds it gone and writes nothing of it. Filings stay: they
    are of companies, and other watches may have asked for them too."""
    price_changes.lock_watches(connection, watch_ids)
    ids = {"ids": list(watch_ids)}
    connection.execute(
        text("UPDATE pricewatch.products SET primary_watch_id = NULL WHERE primary_watch_id = ANY(:ids)"), ids
    )
    connection.execute(text("UPDATE pricewatch.insider_filings SET watch_id = NULL WHERE watch_id = ANY(:ids)"), ids)
    for table in _HISTORY:
        connection.execute(text(f"DELETE FROM pricewatch.{table} WHERE watch_id = ANY(:ids)"), ids)
    delete_rules(connection, watch_ids=watch_ids)
    connection.execute(text("DELETE FROM pricewatch.watches WHERE watch_id = ANY(:ids)"), ids)


def delete_products(connection: Connection, product_ids: Sequence[str]) -> None:
    """Delete products with their tags, price cache and rules. Watches that are left of them have no product then."""
    ids = {"ids": list(product_ids)}
    connection.execute(
        text("UPDATE pricewatch.watches SET product_id = NULL, updated_at = now() WHERE product_id = ANY(:ids)"), ids
    )
    delete_rules(connection, product_ids=product_ids)
    connection.execute(text("DELETE FROM pricewatch.products WHERE product_id = ANY(:ids)"), ids)


def delete_rules(connection: Connection, *, watch_ids: Sequence[str] = (), product_ids: Sequence[str] = ()) -> None:
    """Delete what commands made for these alone, and what those rules remember. Alerts that they fired stay."""
    connection.execute(
        text(f"""
            WITH gone AS (DELETE FROM pricewatch.alert_rules WHERE {_OWN_RULES} RETURNING rule_id)
            DELETE FROM pricewatch.alert_states s USING gone WHERE s.rule_id = gone.rule_id
        """),
        _named(watch_ids, product_ids),
    )


def _named(watch_ids: Sequence[str], product_ids: Sequence[str]) -> dict[str, list[str]]:
    return {"watch_ids": list(watch_ids), "product_ids": list(product_ids)}
