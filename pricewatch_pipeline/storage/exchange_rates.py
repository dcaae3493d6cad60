"""Daily reference rates: written as they come, read as they were on a day."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.exchange import LONGEST_USE, Rate, Rates
from pricewatch_pipeline.storage.rows import as_json

Record = dict[str, Any]

_CHUNK = 10_000
_WRITE = text("""
    INSERT INTO pricewatch.exchange_rates (day, currency, per_eur, source)
    SELECT day, currency, per_eur, :source
    FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(day date, currency text, per_eur numeric)
    ORDER BY day, currency
    ON CONFLICT (day, currency) DO UPDATE SET per_eur = excluded.per_eur, source = excluded.source, created_at = now()
    WHERE exchange_rates.per_eur <> excluded.per_eur
    RETURNING day
""")


def write(connection: Connection, rates: Sequence[Rate], *, source: str) -> int:
    """Keep rates; how many were new or changed."""
    written = 0
    for start in range(0, len(rates), _CHUNK):
        rows: list[Record] = [
            {"day": rate.day, "currency": rate.currency, "per_eur": rate.per_eur}
            for rate in rates[start : start + _CHUNK]
        ]
        written += len(connection.execute(_WRITE, {"rows": as_json(rows), "source": source}).all())
    return written


def rates_of(connection: Connection, day: date) -> Rates:
    """The newest rates at or before a day; what is too old by then is left out."""
    rows = newest(connection, day)
    return Rates(
        per_eur={row["currency"]: row["per_eur"] for row in rows}, day=max((row["day"] for row in rows), default=None)
    )


def newest(connection: Connection, day: date, *, currencies: Collection[str] | None = None) -> list[Record]:
    """The rows behind `rates_of`: day, currency, per_eur, source; by currency."""
    rows = connection.execute(
        text("""
            SELECT DISTINCT ON (currency) day, currency, per_eur, source FROM pricewatch.exchange_rates
            WHERE day <= :day AND day > :after AND (cast(:currencies AS text[]) IS NULL OR currency = ANY(:currencies))
            ORDER BY currency, day DESC
        """),
        {"day": day, "after": day - LONGEST_USE, "currencies": None if currencies is None else list(currencies)},
    )
    return [dict(row) for row in rows.mappings()]


def needed(connection: Connection) -> list[str]:
    """The currencies of products whose prices are not all in one, or that are compared in another; by code."""
    rows = connection.execute(
        text("""
            SELECT DISTINCT unnest(uses) AS currency FROM (
                SELECT array_agg(DISTINCT u.currency) AS uses
                FROM pricewatch.products p CROSS JOIN LATERAL (
                    SELECT w.last_currency AS currency FROM pricewatch.watches w
                    WHERE w.product_id = p.product_id AND w.archived_at IS NULL AND w.last_price IS NOT NULL
                    UNION ALL SELECT p.currency) u
                WHERE p.archived_at IS NULL AND u.currency IS NOT NULL GROUP BY p.product_id
            ) of_products WHERE cardinality(uses) > 1 ORDER BY 1
        """)
    )
    return list(rows.scalars())
