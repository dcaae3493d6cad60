"""What was on offer at checks of flight watches, as materializations tell it."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.flights import PROVIDER
from pricewatch_pipeline.domain.materializations import CheapOffer, OffersEvent
from pricewatch_pipeline.storage.events import SnapshotKey
from pricewatch_pipeline.storage.rows import AnyRow, as_json

CHEAPEST = 5
# A batch that was superseded may have left rows at the same slot: they are of another question, or of another day.
_OF_CHECK = """s.watch_id = k.watch_id AND s.slot_at = k.slot_at AND (b.batch_id IS NULL OR EXISTS (
                    SELECT FROM pricewatch.batch_combinations c
                    WHERE c.batch_id = b.batch_id AND c.number = s.combination AND c.url = s.url AND c.state = 'done'))"""


def offers_of(connection: Connection, keys: Iterable[SnapshotKey]) -> dict[SnapshotKey, OffersEvent]:
    """Of those of these checks that searched for flights."""
    rows = connection.execute(
        text(f"""
            SELECT k.watch_id, k.slot_at, found.*, best.*, b.combinations, b.failed, cheapest.offers
            FROM jsonb_to_recordset(cast(:keys AS jsonb)) AS k(watch_id text, slot_at timestamptz)
            JOIN pricewatch.watches w ON w.watch_id = k.watch_id AND w.provider = :provider
            LEFT JOIN LATERAL (
                SELECT batch_id, combinations, failed, currency FROM pricewatch.batches b
                WHERE b.watch_id = k.watch_id AND b.slot_at = k.slot_at ORDER BY batch_id DESC LIMIT 1
            ) b ON true
            CROSS JOIN LATERAL (
                SELECT count(*)::int AS asked, coalesce(sum(itineraries), 0)::int AS itineraries,
                       coalesce(sum(priced_itineraries), 0)::int AS priced
                FROM pricewatch.flight_searches s WHERE {_OF_CHECK}
            ) found
            CROSS JOIN LATERAL (
                SELECT price, currency, price_indicator, typical_low, typical_high
                FROM pricewatch.flight_searches s WHERE {_OF_CHECK}
                ORDER BY s.currency IS DISTINCT FROM b.currency, price NULLS LAST, combination LIMIT 1
            ) best
            CROSS JOIN LATERAL (
                SELECT coalesce(json_agg(o), '[]') AS offers FROM (
                    SELECT o.price::text, o.currency, o.origin, o.destination, o.departs_local, o.arrives_local,
                           s.returns_on, o.airlines, o.flight_numbers, o.stops, o.duration_minutes, o.meets_query
                    FROM pricewatch.flight_offers o
                    JOIN pricewatch.flight_searches s USING (watch_id, slot_at, combination)
                    WHERE {_OF_CHECK} AND o.slot_at = k.slot_at AND o.price IS NOT NULL
                    ORDER BY o.meets_query DESC, o.currency IS DISTINCT FROM best.currency, o.price, o.combination, o.number
                    LIMIT :cheapest
                ) o
            ) cheapest
        """),
        {
            "keys": as_json({"watch_id": w, "slot_at": s} for w, s in keys),
            "provider": PROVIDER,
            "cheapest": CHEAPEST,
        },
    )
    return {(row.watch_id, row.slot_at): _event(row) for row in rows}


def _event(row: AnyRow) -> OffersEvent:
    return OffersEvent(
        itineraries=row.itineraries,
        priced=row.priced,
        price=row.price,
        currency=row.currency,
        indicator=row.price_indicator,
        typical_low=row.typical_low,
        typical_high=row.typical_high,
        asked=row.asked,
        combinations=row.combinations,
        failed=row.failed,
        cheapest=tuple(map(_offer, row.offers)),
    )


def _offer(found: dict[str, Any]) -> CheapOffer:
    return CheapOffer(
        price=Decimal(found["price"]),
        currency=found["currency"],
        origin=found["origin"],
        destination=found["destination"],
        departs_local=_instant(found["departs_local"]),
        arrives_local=_instant(found["arrives_local"]),
        returns_on=date.fromisoformat(found["returns_on"]) if found["returns_on"] else None,
        airlines=tuple(found["airlines"]),
        flight_numbers=tuple(found["flight_numbers"]),
        stops=found["stops"],
        duration_minutes=found["duration_minutes"],
        meets_query=found["meets_query"],
    )


def _instant(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
