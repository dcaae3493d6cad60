"""Trades of insiders as pandas frames: apart, for pandas takes 56 MB that runs which check prices have no use for."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.storage import insider_views


def company_days(connection: Connection, first: date, last: date) -> pd.DataFrame:
    """What insiders bought and sold by company and day of the trade: `analytics.insider_company_days` between these days."""
    return _frame(
        connection,
        """
        SELECT * FROM analytics.insider_company_days WHERE day BETWEEN :first AND :last
        ORDER BY day, abs(net_value) DESC, issuer_cik
        """,
        {"first": first, "last": last},
    )


def trades(connection: Connection, *, issuer_cik: str | None = None, since: date | None = None) -> pd.DataFrame:
    """Trades on the open market, of one issuer or of all, since a day: `analytics.insider_trades`, the newest first."""
    return _frame(connection, insider_views.TRADES, {"cik": issuer_cik, "since": since, "side": None, "limit": None})


def _frame(connection: Connection, query: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    result = connection.execute(text(query), dict(parameters))
    return pd.DataFrame(result.all(), columns=list(result.keys()))
