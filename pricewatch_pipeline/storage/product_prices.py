"""What products cost now: read in bulk, and kept in `product_prices`, which follows the snapshots."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.products import StoreOffer
from pricewatch_pipeline.storage.rows import AnyRow, as_json

LATE_COMMITS = timedelta(seconds=90)
"""A check may be stored a little later than one that ended after it: so close to now, what was seen is looked at once more."""
_REFRESHED_AT_LEAST = timedelta(days=1)
"""Prices get stale, and corrections change the past, without any new check."""


@dataclass(frozen=True, kw_only=True)
class Extremes:
    """The prices that a product ever had, in its currency."""

    lowest: Decimal
    lowest_at: datetime
    """When it began to stand for the last time."""
    highest: Decimal
    first_at: datetime


@dataclass(frozen=True, kw_only=True)
class PriceRow:
    """A row of `product_prices`."""

    product_id: str
    currency: str
    best_price: Decimal | None = None
    best_watch_id: str | None = None
    best_landed_price: Decimal | None = None
    best_landed_watch_id: str | None = None
    best_unit_price: Decimal | None = None
    unit_price_per: str | None = None
    best_unit_watch_id: str | None = None
    highest_price: Decimal | None = None
    lowest_ever_price: Decimal | None = None
    lowest_ever_at: datetime | None = None
    trend: str | None = None
    watches: int = 0
    priced_watches: int = 0
    not_comparable: int = 0
    rates_day: date | None = None
    seen_until: datetime | None = None


_NEWS = text("""
    SELECT p.product_id FROM pricewatch.products p LEFT JOIN pricewatch.product_prices r USING (product_id)
    WHERE p.archived_at IS NULL AND (
        r.product_id IS NULL OR r.refreshed_at < now() - cast(:at_least AS interval) OR r.refreshed_at < p.updated_at
        OR r.rates_day < (SELECT max(e.day) FROM pricewatch.exchange_rates e WHERE e.day <= (now() AT TIME ZONE 'UTC')::date)
        OR (r.not_comparable > 0 AND r.refreshed_at < (SELECT max(e.created_at) FROM pricewatch.exchange_rates e))
        OR EXISTS (
            SELECT FROM pricewatch.watches w WHERE w.product_id = p.product_id
            AND ((w.archived_at IS NULL AND w.last_success_at > coalesce(r.seen_until, '-infinity'))
                 OR w.updated_at > r.refreshed_at)))
    ORDER BY r.refreshed_at NULLS FIRST, p.product_id LIMIT :limit
""")


def products_with_news(connection: Connection, limit: int) -> list[str]:
    """Products whose prices are older than what is known of them; those that wait longest first."""
    rows = connection.execute(_NEWS, {"limit": limit, "at_least": _REFRESHED_AT_LEAST})
    return list(rows.scalars())


def offers_of(connection: Connection, product_ids: Collection[str]) -> dict[str, list[StoreOffer]]:
    """What each live watch of these products read last."""
    rows = connection.execute(
        text("SELECT * FROM pricewatch.store_offers WHERE product_id = ANY(:ids) ORDER BY product_id, watch_id"),
        {"ids": list(product_ids)},
    )
    found: dict[str, list[StoreOffer]] = defaultdict(list)
    for row in rows:
        found[row.product_id].append(_offer_of(row))
    return found


def _offer_of(row: AnyRow) -> StoreOffer:
    return StoreOffer(
        watch_id=row.watch_id,
        price=row.price,
        currency=row.currency,
        availability=Availability(row.availability) if row.availability else None,
        condition=row.condition,
        shipping_price=row.shipping_price,
        unit_price=row.unit_price,
        unit_price_per=row.unit_price_per,
        pack_size=row.pack_size,
        pack_unit=row.pack_unit,
        confirmed_at=row.confirmed_at,
        every=None if row.every_s is None else timedelta(seconds=row.every_s),
    )


_EXTREMES = text("""
    WITH priced AS MATERIALIZED (
        SELECT w.product_id, c.began_at, (c.began_at AT TIME ZONE 'UTC')::date AS day, c.price, c.currency AS source,
               r.currency AS target
        FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(product_id text, currency char(3))
        JOIN pricewatch.watches w USING (product_id) JOIN pricewatch.price_changes c USING (watch_id)
        WHERE pricewatch.is_price(c.price, c.availability)
    ), rates AS MATERIALIZED (  -- once for each currency and day, and not for each price
        SELECT code, day, pricewatch.per_euro(code, day) AS per_euro FROM (
            SELECT source AS code, day FROM priced WHERE source <> target
            UNION SELECT target, day FROM priced WHERE source <> target) needed
    ), amounts AS MATERIALIZED (
        SELECT product_id, began_at, price FROM priced WHERE source = target
        UNION ALL
        SELECT p.product_id, p.began_at, p.price * t.per_euro / s.per_euro FROM priced p
        JOIN rates s ON s.code = p.source AND s.day = p.day AND s.per_euro IS NOT NULL
        JOIN rates t ON t.code = p.target AND t.day = p.day AND t.per_euro IS NOT NULL
        WHERE p.source <> p.target
    ), extremes AS (
        SELECT product_id, min(price) AS lowest, max(price) AS highest, min(began_at) AS first_at
        FROM amounts WHERE price < 1e14 GROUP BY product_id  -- what no column holds is no price
    )
    SELECT product_id, round(e.lowest, 4) AS lowest, round(e.highest, 4) AS highest, e.first_at, max(a.began_at) AS lowest_at
    FROM extremes e JOIN amounts a USING (product_id) WHERE a.price = e.lowest GROUP BY product_id, e.lowest, e.highest, e.first_at
""")


def extremes_of(connection: Connection, currencies: Mapping[str, str]) -> dict[str, Extremes]:
    """The lowest and the highest price ever of each product in its currency, over all its watches, removed ones too.

    A price in another currency counts by the rates of the day on which it began, and not at all where there are none.
    """
    wanted = as_json({"product_id": product, "currency": currency} for product, currency in currencies.items())
    connection.execute(text("SET LOCAL work_mem = '64MB'"))  # whole histories: on disk it takes twice as long
    return {
        row.product_id: Extremes(lowest=row.lowest, lowest_at=row.lowest_at, highest=row.highest, first_at=row.first_at)
        for row in connection.execute(_EXTREMES, {"rows": wanted})
    }


def longest_known(connection: Connection, product_ids: Collection[str]) -> dict[str, str]:
    """Of each product the live watch with the longest history."""
    rows = connection.execute(
        text("""
            SELECT DISTINCT ON (w.product_id) w.product_id, w.watch_id
            FROM pricewatch.watches w CROSS JOIN LATERAL (
                SELECT min(c.began_at) AS first_at FROM pricewatch.price_changes c WHERE c.watch_id = w.watch_id) f
            WHERE w.product_id = ANY(:ids) AND w.archived_at IS NULL AND f.first_at IS NOT NULL
            ORDER BY w.product_id, f.first_at, w.watch_id
        """),
        {"ids": list(product_ids)},
    )
    return {row.product_id: row.watch_id for row in rows}


def changes_since(
    connection: Connection, watch_ids: Collection[str], since: datetime
) -> dict[str, tuple[PriceChange, ...]]:
    """The changes of each watch since then, with the one that stood then; oldest first."""
    rows = connection.execute(
        text("""
            SELECT c.* FROM unnest(cast(:ids AS text[])) AS id CROSS JOIN LATERAL (
                SELECT c.watch_id, c.began_at, c.price, c.currency, c.availability FROM pricewatch.price_changes c
                WHERE c.watch_id = id AND c.began_at >= coalesce((
                    SELECT max(b.began_at) FROM pricewatch.price_changes b
                    WHERE b.watch_id = id AND b.began_at <= :since), '-infinity')
                ORDER BY c.began_at OFFSET 0  -- watch by watch: the whole table is never read
            ) c ORDER BY c.watch_id, c.began_at
        """),
        {"ids": list(watch_ids), "since": since},
    )
    found: dict[str, list[PriceChange]] = defaultdict(list)
    for row in rows:
        found[row.watch_id].append(change_of(row))
    return {watch_id: tuple(changes) for watch_id, changes in found.items()}


def change_of(row: AnyRow) -> PriceChange:
    """A row of `price_changes` as a value."""
    return PriceChange(
        began_at=row.began_at,
        price=row.price,
        currency=row.currency,
        availability=Availability(row.availability) if row.availability else None,
    )


_COLUMNS = tuple(name for name in PriceRow.__dataclass_fields__ if name != "product_id")
_WRITE = text(f"""
    INSERT INTO pricewatch.product_prices AS r (product_id, {", ".join(_COLUMNS)}, refreshed_at)
    SELECT i.product_id, {", ".join(f"i.{name}" for name in _COLUMNS)}, :now
    FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS i(
        product_id text, currency text, best_price numeric, best_watch_id text, best_landed_price numeric,
        best_landed_watch_id text, best_unit_price numeric, unit_price_per text, best_unit_watch_id text,
        highest_price numeric, lowest_ever_price numeric, lowest_ever_at timestamptz, trend text, watches int,
        priced_watches int, not_comparable int, rates_day date, seen_until timestamptz)
    JOIN pricewatch.products p USING (product_id)  -- one may have been deleted since
    ORDER BY i.product_id FOR KEY SHARE OF p
    ON CONFLICT (product_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}, refreshed_at = excluded.refreshed_at
    WHERE r.refreshed_at <= excluded.refreshed_at
""")  # fmt: skip


def write(connection: Connection, rows: Sequence[PriceRow], *, now: datetime) -> None:
    """Keep what products cost at this moment; what was written for a later one stays."""
    records: list[dict[str, Any]] = [vars(row) for row in rows]
    connection.execute(_WRITE, {"rows": as_json(records), "now": now})


def newest(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """What products cost, the last refreshed first, for people to look at."""
    rows = connection.execute(
        text("""
            SELECT r.product_id, p.title, r.best_price, r.currency, r.best_watch_id, r.lowest_ever_price, r.trend,
                   r.priced_watches, r.watches, r.refreshed_at
            FROM pricewatch.product_prices r JOIN pricewatch.products p USING (product_id)
            WHERE p.archived_at IS NULL ORDER BY p.is_favourite DESC, r.refreshed_at DESC, r.product_id LIMIT :limit
        """),
        {"limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def trends(connection: Connection) -> dict[str, int]:
    """How many live products go which way; `unknown` where too little is known."""
    rows = connection.execute(
        text("""
            SELECT coalesce(r.trend, 'unknown') AS trend, count(*) AS products
            FROM pricewatch.product_prices r JOIN pricewatch.products p USING (product_id)
            WHERE p.archived_at IS NULL GROUP BY 1 ORDER BY products DESC, trend
        """)
    )
    return {row.trend: row.products for row in rows}
