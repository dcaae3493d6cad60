"""Corrections of snapshots: new rows beside the old, which stay as they are; and what follows from them elsewhere."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import RECENT_PRICES
from pricewatch_pipeline.domain.replays import PastCheck
from pricewatch_pipeline.storage import offer_rows, price_changes
from pricewatch_pipeline.storage.offer_rows import offer_record
from pricewatch_pipeline.storage.rows import as_json

WatchDay = tuple[str, date]
"""(watch_id, UTC day)."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What is to be believed of a past check from now on."""

    check: PastCheck
    outcome: Outcome
    offer: Offer
    """On a failure nothing but its reason."""


def as_stored(offer: Offer) -> Offer:
    """The offer, its candidates apart, as it comes back from the database: without what its texts cannot hold there."""
    (record,) = json.loads(as_json([offer_record(replace(offer, candidates=()))]))
    amounts = {name: getattr(offer, name) for name, kind in offer_rows.OFFER_TYPES.items() if kind == "numeric"}
    return offer_rows.offer_of(record | amounts)


def store(
    connection: Connection,
    corrections: Sequence[Correction],
    *,
    corrected_at: datetime,
    reader_version: str,
    run_id: str | None,
) -> set[WatchDay]:
    """Write them down: beside a snapshot as its newest correction, and as a snapshot where the check had yielded none.

    What was written is the same however often it is done. Returns the days whose prices are others now.
    """
    rows = as_json(_records(corrections))
    parameters = {"rows": rows, "at": corrected_at, "version": reader_version, "run_id": run_id}
    ids = sorted({correction.check.watch_id for correction in corrections})
    # First, as completions do: what is known of the newest snapshot must not change meanwhile.
    price_changes.lock_watches(connection, ids)
    _ensure_months(connection, [correction.check.slot_at for correction in corrections])
    written = [connection.execute(statement, parameters).all() for statement in (_CORRECT, _ADD)]
    _renew_watches(connection, ids)
    price_changes.rebuild(connection, ids)
    return {(row.watch_id, row.day) for found in written for row in found}


_RECORDS = f"""
SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
    watch_id text, slot_at timestamptz, finished_at timestamptz, url text, page_sha256 text, has_snapshot bool, outcome text,
    {offer_rows.typed_columns()})
"""
_CORRECT = text(f"""
WITH input AS ({_RECORDS}), stored AS (
    INSERT INTO pricewatch.snapshot_corrections (watch_id, slot_at, corrected_at, outcome, {offer_rows.columns()},
        reader_version, run_id)
    SELECT i.watch_id, i.slot_at, :at, i.outcome, {offer_rows.values("i.")}, :version, :run_id
    FROM input i WHERE i.has_snapshot
    ON CONFLICT DO NOTHING
    RETURNING watch_id, slot_at
)
SELECT n.watch_id, (n.observed_at AT TIME ZONE 'UTC')::date AS day
FROM stored JOIN pricewatch.price_snapshots n USING (watch_id, slot_at)
""")
# A slot that is open now is left to the check that is to come.
_ADD = text(f"""
WITH input AS ({_RECORDS})
INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, {offer_rows.columns()}, url, page_sha256, run_id)
SELECT i.watch_id, i.slot_at, i.finished_at, {offer_rows.values("i.")}, i.url, decode(i.page_sha256, 'hex'), :run_id
FROM input i JOIN pricewatch.watches w USING (watch_id)
WHERE NOT i.has_snapshot AND i.outcome = 'ok' AND NOT (w.is_active AND w.slot_at = i.slot_at)
ON CONFLICT DO NOTHING
RETURNING watch_id, (observed_at AT TIME ZONE 'UTC')::date AS day
""")


def _ensure_months(connection: Connection, slots: Sequence[datetime]) -> None:
    connection.execute(
        text("SELECT pricewatch.ensure_months(:first, :last) WHERE NOT pricewatch.has_months(:first, :last)"),
        {"first": min(slots), "last": max(slots)},
    )


def _renew_watches(connection: Connection, watch_ids: Collection[str]) -> None:
    """Bring what watches say of their newest snapshots up to date; they must be locked. What says the same stays as it is.

    The page behind a corrected snapshot is asked for in full the next time: its old offer is not to be carried on. A change
    is measured against as many prices as before: there are few where a confirmed one has begun a new level.
    """
    connection.execute(
        text("""
            UPDATE pricewatch.watches w
            SET last_slot_at = n.slot_at, last_success_at = greatest(w.last_success_at, n.observed_at),
                last_price = n.price, last_currency = n.currency, last_availability = n.availability,
                last_title = n.recent_title, recent_prices = n.recent_prices, recent_currency = n.recent_currency,
                page_url = NULL
            FROM (
                SELECT newest.*, priced.currency AS recent_currency, titled.title AS recent_title, (
                    SELECT coalesce(array_agg(r.price ORDER BY r.slot_at), '{}') FROM (
                        SELECT s.slot_at, s.price FROM pricewatch.current_snapshots s
                        WHERE s.watch_id = own.watch_id AND s.price IS NOT NULL
                          AND s.currency IS NOT DISTINCT FROM priced.currency
                        ORDER BY s.slot_at DESC LIMIT coalesce(nullif(cardinality(own.recent_prices), 0), :most)
                    ) r) AS recent_prices
                FROM pricewatch.watches own
                CROSS JOIN LATERAL (
                    SELECT s.* FROM pricewatch.current_snapshots s
                    WHERE s.watch_id = own.watch_id ORDER BY s.slot_at DESC LIMIT 1
                ) newest
                LEFT JOIN LATERAL (
                    SELECT s.currency FROM pricewatch.current_snapshots s
                    WHERE s.watch_id = own.watch_id AND s.price IS NOT NULL ORDER BY s.slot_at DESC LIMIT 1
                ) priced ON true
                LEFT JOIN LATERAL (
                    SELECT s.title FROM pricewatch.current_snapshots s
                    WHERE s.watch_id = own.watch_id AND s.title IS NOT NULL ORDER BY s.slot_at DESC LIMIT 1
                ) titled ON true
                WHERE own.watch_id = ANY(:ids)
            ) n
            WHERE w.watch_id = n.watch_id AND (w.last_slot_at, w.last_price, w.last_currency, w.last_availability,
                  w.last_title, w.recent_prices, w.recent_currency) IS DISTINCT FROM
                  (n.slot_at, n.price, n.currency, n.availability, n.recent_title, n.recent_prices, n.recent_currency)
        """),
        {"ids": list(watch_ids), "most": RECENT_PRICES},
    )


def _records(corrections: Iterable[Correction]) -> Iterable[dict[str, Any]]:
    for correction in corrections:
        check = correction.check
        yield {
            "watch_id": check.watch_id,
            "slot_at": check.slot_at,
            "finished_at": check.finished_at,
            "url": check.final_url or check.url,
            "page_sha256": check.page_sha256,
            "has_snapshot": check.has_snapshot,
            "outcome": correction.outcome,
            **offer_record(correction.offer),
        }
