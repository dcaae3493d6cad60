"""Price snapshots and fares as pandas frames: apart, for pandas takes 56 MB that runs which check prices have no use for."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import text
from sqlalchemy.engine import Connection


def latest(connection: Connection) -> pd.DataFrame:
    """The newest price of every live watch: `analytics.latest_prices` as a frame."""
    return _frame(connection, "SELECT * FROM analytics.latest_prices ORDER BY watch_id", {})


def of_day(connection: Connection, day: date, *, of_watches: Collection[str] | None = None) -> pd.DataFrame:
    """All priced snapshots observed on a UTC day (of these watches only, where they are given), as they are believed now,
    oldest first: watch_id, observed_at, price (Decimal), currency."""
    # The slot may lie days before the observation (an outage), but its check never comes before its slot.
    return _frame(
        connection,
        """
        SELECT watch_id, observed_at, price, currency FROM pricewatch.current_snapshots
        WHERE observed_at >= cast(:day AS timestamp) AT TIME ZONE 'UTC'
          AND observed_at < (cast(:day AS timestamp) + interval '1 day') AT TIME ZONE 'UTC' AND price IS NOT NULL
          AND (cast(:ids AS text[]) IS NULL OR watch_id = ANY(:ids))
        ORDER BY watch_id, observed_at, slot_at
        """,
        {"day": day, "ids": None if of_watches is None else sorted(of_watches)},
    )


def fare_calendar(connection: Connection) -> pd.DataFrame:
    """The newest fare of each search that live flight watches make: `analytics.fare_calendar` as a frame."""
    return _frame(
        connection,
        "SELECT * FROM analytics.fare_calendar ORDER BY watch_id, departs_on, returns_on, origin, destination",
        {},
    )


def _frame(connection: Connection, query: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    result = connection.execute(text(query), dict(parameters))
    return pd.DataFrame(result.all(), columns=list(result.keys()))
