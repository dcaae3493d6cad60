"""Price snapshots, read back as values. As frames: frames.py."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.materializations import FilingsEvent, RecentPrice, SnapshotEvent
from pricewatch_pipeline.storage import events, flight_events, insider_events
from pricewatch_pipeline.storage.rows import as_json


def as_events(connection: Connection, keys: Iterable[tuple[str, datetime]], *, recent: int = 10) -> list[SnapshotEvent]:
    """These snapshots, each with the `recent` prices up to it, of flights with what was on offer, of insiders with what was
    filed; and those of these checks that read filings and have no snapshot."""
    wanted = list(keys)
    rows = connection.execute(
        text("""
            SELECT n.watch_id, n.slot_at, n.observed_at, n.price, n.currency, n.list_price, n.availability, n.url, n.title,
                   n.method, n.confidence, n.reason, recent.prices AS recent_prices
            FROM jsonb_to_recordset(cast(:keys AS jsonb)) AS k(watch_id text, slot_at timestamptz)
            JOIN pricewatch.current_snapshots n USING (watch_id, slot_at)
            CROSS JOIN LATERAL (
                SELECT json_agg(json_build_object('observed_at', r.observed_at, 'price', r.price::text,
                                                  'currency', r.currency, 'availability', r.availability)) AS prices
                FROM (SELECT * FROM pricewatch.current_snapshots o
                      WHERE o.watch_id = n.watch_id AND o.slot_at <= n.slot_at
                      ORDER BY o.slot_at DESC LIMIT :recent) r
            ) recent
        """),
        {"keys": as_json({"watch_id": w, "slot_at": s} for w, s in wanted), "recent": recent},
    )
    offers = flight_events.offers_of(connection, wanted)
    filings = insider_events.filings_of(connection, wanted)
    priced = {
        (row["watch_id"], row["slot_at"]): SnapshotEvent(
            **{**row, "recent_prices": tuple(RecentPrice(**price) for price in row["recent_prices"])},
            offers=offers.get((row["watch_id"], row["slot_at"])),
            filings=filings.get((row["watch_id"], row["slot_at"])),
        )
        for row in rows.mappings()
    }
    unpriced = [_of_filings(key, found) for key, found in filings.items() if key not in priced]
    return sorted([*priced.values(), *unpriced], key=lambda event: (event.slot_at, event.watch_id))


def _of_filings(key: events.SnapshotKey, filings: FilingsEvent) -> SnapshotEvent:
    watch_id, slot_at = key
    return SnapshotEvent(
        watch_id=watch_id,
        slot_at=slot_at,
        observed_at=filings.observed_at,
        price=None,
        currency=None,
        list_price=None,
        availability=None,
        url=None,
        title=None,
        method=None,
        confidence=None,
        reason=None,
        recent_prices=(),
        filings=filings,
        has_snapshot=False,
    )


def newest_events(connection: Connection, watch_ids: Sequence[str]) -> list[SnapshotEvent]:
    """The newest snapshot of each of these watches."""
    rows = connection.execute(
        text("""
            SELECT n.watch_id, n.slot_at FROM unnest(cast(:ids AS text[])) AS id, LATERAL (
                SELECT watch_id, slot_at FROM pricewatch.price_snapshots WHERE watch_id = id ORDER BY slot_at DESC LIMIT 1
            ) n
        """),
        {"ids": list(watch_ids)},
    )
    return as_events(connection, [(row.watch_id, row.slot_at) for row in rows])


def replace_daily(
    connection: Connection, day: date, rows: Sequence[Mapping[str, Any]], *, of_watches: Collection[str] | None = None
) -> None:
    """Write one day's summary (of these watches only, where they are given), whatever was there before."""
    connection.execute(
        text("""
            DELETE FROM pricewatch.daily_prices
            WHERE day = :day AND (cast(:ids AS text[]) IS NULL OR watch_id = ANY(:ids))
        """),
        {"day": day, "ids": None if of_watches is None else sorted(of_watches)},
    )
    connection.execute(
        text("""
            INSERT INTO pricewatch.daily_prices (watch_id, day, currency, open, low, high, close, mean, snapshots)
            SELECT watch_id, :day, currency, open, low, high, close, mean, snapshots
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(watch_id text, currency text, open numeric, low numeric,
                high numeric, close numeric, mean numeric, snapshots int)
        """),
        {"day": day, "rows": as_json(dict(row) for row in rows)},
    )


def summarised_days(connection: Connection, days: Collection[date]) -> set[date]:
    """Which of these days have a summary."""
    rows = connection.execute(
        text("""
            SELECT day FROM unnest(cast(:days AS date[])) AS day
            WHERE EXISTS (SELECT FROM pricewatch.daily_prices d WHERE d.day = day)
        """),
        {"days": sorted(days)},
    )
    return set(rows.scalars())
