"""Trades of insiders as pandas frames: apart, for pandas takes 56 MB that runs which check prices have no use for."""

from datetime import date

import pandas as pd
from sqlalchemy import text
from sqlalchemy.engine import Connection


def company_days(connection: Connection, first: date, last: date) -> pd.DataFrame:
    """What insiders bought and sold by company and day of the trade: `analytics.insider_company_days` between these days."""
    result = connection.execute(
        text("""
            SELECT * FROM analytics.insider_company_days WHERE day BETWEEN :first AND :last
            ORDER BY day, abs(net_value) DESC, issuer_cik
        """),
        {"first": first, "last": last},
    )
    return pd.DataFrame(result.all(), columns=list(result.keys()))
