"""The history of price changes, kept in the transactions that write snapshots: one row per change, none where nothing changed."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.engine import Connection

NEWEST = """LEFT JOIN LATERAL (
        SELECT * FROM pricewatch.price_changes known WHERE known.watch_id = s.watch_id ORDER BY known.began_at DESC LIMIT 1
    ) c ON true"""
"""Joins the newest change `c` to a snapshot `s`. completions.py compares them, in the statement that stores snapshots."""


def lock_watches(connection: Connection, watch_ids: Collection[str]) -> None:
    """Nobody else writes snapshots, changes or states of these watches before this transaction ends.

    In one order everywhere, so that two transactions never wait for each other.
    """
    connection.execute(
        text("SELECT FROM pricewatch.watches WHERE watch_id = ANY(:ids) ORDER BY watch_id FOR UPDATE"),
        {"ids": sorted(watch_ids)},
    )


def rebuild(connection: Connection, watch_ids: Collection[str]) -> None:
    """Make the history of these watches anew from their snapshots as they are believed now.

    For whatever is not a new snapshot behind all others: corrections, confirmed prices, imports, and checks that came late.
    """
    lock_watches(connection, watch_ids)
    connection.execute(text("SELECT pricewatch.rebuild_price_changes(:ids)"), {"ids": sorted(watch_ids)})
