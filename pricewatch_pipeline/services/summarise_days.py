"""Daily prices: open, low, high, close and mean per watch and UTC day, computed with pandas on exact decimals."""

from collections.abc import Collection
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pandas as pd

from pricewatch_pipeline.storage import frames, snapshots
from pricewatch_pipeline.storage.database import Connection, Database

COLUMNS = ["watch_id", "currency", "open", "low", "high", "close", "mean", "snapshots"]
_SCALE = Decimal("0.0001")


def summarise_day(database: Database, day: date) -> pd.DataFrame:
    """Compute and store one day's summary, replacing what was there; returns it."""
    observed = database.run(lambda connection: frames.of_day(connection, day))
    summary = daily_prices(observed)
    rows = _records(summary)
    database.run(lambda connection: snapshots.replace_daily(connection, day, rows))
    return summary


def summarise_again(connection: Connection, watch_days: Collection[tuple[str, date]]) -> None:
    """Compute anew what summaries say of these watches on these UTC days; a day that has no summary yet gets none."""
    watches_of: dict[date, set[str]] = {}
    for watch_id, day in watch_days:
        watches_of.setdefault(day, set()).add(watch_id)
    for day in snapshots.summarised_days(connection, watches_of):
        observed = frames.of_day(connection, day, of_watches=watches_of[day])
        snapshots.replace_daily(connection, day, _records(daily_prices(observed)), of_watches=watches_of[day])


def _records(summary: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {column: None if pd.isna(value) else value for column, value in zip(COLUMNS, values, strict=True)}
        for values in summary.itertuples(index=False)
    ]


def daily_prices(observed: pd.DataFrame) -> pd.DataFrame:
    """One row per watch (`COLUMNS`) from a day's priced snapshots (watch_id, observed_at, price, currency).

    A price is compared with its like only: the day's last currency counts, prices in another one are left out.
    """
    if observed.empty:
        return pd.DataFrame(columns=COLUMNS)
    ordered = observed.sort_values(["watch_id", "observed_at"], kind="stable")
    last_currency = ordered.groupby("watch_id", sort=False)["currency"].transform(
        lambda currencies: currencies.iloc[-1]
    )
    is_alike = (ordered["currency"] == last_currency) | (ordered["currency"].isna() & last_currency.isna())
    alike = ordered[is_alike].groupby("watch_id", sort=True)
    prices = alike["price"]
    summary = pd.DataFrame(
        {
            "currency": alike["currency"].agg(lambda currencies: currencies.iloc[-1]),
            "open": prices.agg(lambda p: p.iloc[0]),
            "low": prices.agg(min),
            "high": prices.agg(max),
            "close": prices.agg(lambda p: p.iloc[-1]),
            "mean": prices.agg(_mean),
            "snapshots": prices.size(),
        }
    )
    return summary.reset_index()[COLUMNS]


def _mean(prices: pd.Series) -> Decimal:
    return (sum(prices, Decimal(0)) / len(prices)).quantize(_SCALE, rounding=ROUND_HALF_EVEN)
