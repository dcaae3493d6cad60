"""Prices that are not believed yet: what waits for another look, and an operator's word on it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.plausibility import (
    DISMISSED_FOR,
    Belief,
    DoubtedPrice,
    DoubtState,
    PriceHistory,
    history_after,
)
from pricewatch_pipeline.storage import offer_rows, price_changes
from pricewatch_pipeline.storage.rows import AnyRow

Record = dict[str, Any]

_SHOWN = "q.watch_id, q.slot_at, q.attempt, q.observed_at, q.price, q.currency, q.title, q.doubt, q.state, q.decided_at"


def doubted_of(connection: Connection, watch_ids: Sequence[str]) -> Mapping[str, tuple[DoubtedPrice, ...]]:
    """What waits of these watches, and what was decided lately."""
    rows = connection.execute(
        text("""
            SELECT watch_id, price, currency, title, observed_at, state FROM pricewatch.quarantined_offers
            WHERE watch_id = ANY(:ids) AND (state = 'waiting' OR observed_at > now() - make_interval(secs => :kept_s))
            ORDER BY watch_id, observed_at
        """),
        {"ids": list(watch_ids), "kept_s": DISMISSED_FOR.total_seconds()},
    )
    found: dict[str, tuple[DoubtedPrice, ...]] = {}
    for row in rows:
        doubted = DoubtedPrice(
            price=row.price,
            currency=row.currency,
            title=row.title,
            observed_at=row.observed_at,
            state=DoubtState(row.state),
        )
        found[row.watch_id] = (*found.get(row.watch_id, ()), doubted)
    return found


def history_of(row: AnyRow, doubted: tuple[DoubtedPrice, ...] = ()) -> PriceHistory:
    """What a price is measured against, from a row of `watches`."""
    return PriceHistory(
        prices=tuple(row.recent_prices), currency=row.recent_currency, title=row.last_title, doubted=doubted
    )


def of_watch(connection: Connection, watch_id: str, *, limit: int = 10) -> list[Record]:
    """What was not believed of a watch: what waits comes first, then the newest."""
    rows = connection.execute(
        text(f"""
            SELECT {_SHOWN} FROM pricewatch.quarantined_offers q WHERE q.watch_id = :watch_id
            ORDER BY q.state <> 'waiting', q.observed_at DESC LIMIT :limit
        """),
        {"watch_id": watch_id, "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def waiting(connection: Connection, *, longer_than: timedelta = timedelta(0), limit: int = 20) -> list[Record]:
    """What waits, of watches that are not archived: the oldest first."""
    rows = connection.execute(
        text(f"""
            SELECT {_SHOWN} FROM pricewatch.quarantined_offers q JOIN pricewatch.watches w USING (watch_id)
            WHERE q.state = 'waiting' AND w.archived_at IS NULL
              AND q.observed_at <= now() - make_interval(secs => :longer_than_s)
            ORDER BY q.observed_at, q.watch_id LIMIT :limit
        """),
        {"longer_than_s": longer_than.total_seconds(), "limit": limit},
    )
    return [dict(row) for row in rows.mappings()]


def dismiss(connection: Connection, watch_id: str) -> Record | None:
    """What waits is wrong, an operator says; the newest of it, or None where nothing waits."""
    rows = connection.execute(
        text(f"""
            UPDATE pricewatch.quarantined_offers q SET state = 'dismissed', decided_at = now()
            WHERE q.watch_id = :watch_id AND q.state = 'waiting' RETURNING {_SHOWN}
        """),
        {"watch_id": watch_id},
    ).mappings()
    return max(map(dict, rows), key=lambda row: row["observed_at"], default=None)


def confirm(connection: Connection, watch_id: str) -> Record | None:
    """What waits (or was dismissed last) is right, an operator says: it becomes the snapshot of its slot.

    None where nothing waits; `is_newest` says whether that snapshot is the newest of the watch. Where its slot has a
    snapshot already, as when a later look at the slot found the old price, or is being looked at just now, the snapshot's
    slot is the instant at which it was seen. A retry of the slot that is still to come is a slot of its own: what it finds
    is not to be lost to this snapshot.
    """
    watch = connection.execute(
        text("SELECT * FROM pricewatch.watches WHERE watch_id = :watch_id FOR UPDATE"), {"watch_id": watch_id}
    ).one()
    row = connection.execute(_CHOOSE, {"watch_id": watch_id}).mappings().first()
    if row is None:
        return None
    found = dict(row)
    slot_at = found["free_slot_at"]
    key = {"watch_id": watch_id, "key_slot_at": found["slot_at"], "key_attempt": found["attempt"]}
    connection.execute(text("SELECT pricewatch.ensure_months(:at, :at)"), {"at": slot_at})
    connection.execute(_STORE, {**key, "slot_at": slot_at})
    after = history_after(history_of(watch), offer_rows.offer_of(found), Belief.CONFIRMED)
    moved = connection.execute(
        _MOVE_ON,
        {
            "watch_id": watch_id,
            "slot_at": slot_at,
            "observed_at": found["observed_at"],
            "prices": list(after.prices),
            "currency": after.currency,
            "title": after.title,
            **{f"last_{name}": found[name] for name in ("price", "currency", "availability")},
        },
    )
    connection.execute(_DECIDE, key)
    connection.execute(_END_SLOT, key)
    connection.execute(_BELIEVE_SEARCH, key)
    price_changes.rebuild(connection, [watch_id])
    return {**found, "slot_at": slot_at, "is_newest": moved.rowcount > 0}


_CHOOSE = text("""
SELECT q.*, CASE WHEN EXISTS (SELECT FROM pricewatch.price_snapshots n WHERE n.watch_id = q.watch_id AND n.slot_at = q.slot_at)
                   OR (w.slot_at = q.slot_at AND w.claim_token IS NOT NULL)
                 THEN q.observed_at ELSE q.slot_at END AS free_slot_at
FROM pricewatch.quarantined_offers q JOIN pricewatch.watches w USING (watch_id)
WHERE q.watch_id = :watch_id AND q.state IN ('waiting', 'dismissed')
ORDER BY q.state <> 'waiting', q.observed_at DESC LIMIT 1 FOR UPDATE OF q
""")
_STORE = text(f"""
WITH stored AS (
    INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, {offer_rows.columns()}, url, page_sha256, run_id)
    SELECT q.watch_id, :slot_at, q.observed_at, {offer_rows.columns("q.")}, w.url, q.page_sha256, q.run_id
    FROM pricewatch.quarantined_offers q JOIN pricewatch.watches w USING (watch_id)
    WHERE q.watch_id = :watch_id AND q.slot_at = :key_slot_at AND q.attempt = :key_attempt
    ON CONFLICT DO NOTHING
    RETURNING watch_id, slot_at
)
INSERT INTO pricewatch.pending_events (watch_id, slot_at) SELECT watch_id, slot_at FROM stored ON CONFLICT DO NOTHING
""")
_MOVE_ON = text("""
UPDATE pricewatch.watches w SET
    last_price = :last_price, last_currency = :last_currency, last_availability = :last_availability,
    last_slot_at = :slot_at, last_success_at = :observed_at, recent_prices = :prices, recent_currency = :currency, last_title = :title,
    -- The page that is known shows the old price: the next look is to be in full.
    page_body_sha256 = NULL
WHERE w.watch_id = :watch_id AND (w.last_slot_at IS NULL OR w.last_slot_at <= :slot_at)
""")
_END_SLOT = text("""
UPDATE pricewatch.watches w SET slot_at = w.next_due_at, attempt = 0
WHERE w.watch_id = :watch_id AND w.slot_at = :key_slot_at AND w.next_due_at > w.slot_at AND w.claim_token IS NULL
""")
_BELIEVE_SEARCH = text("""
UPDATE pricewatch.flight_searches SET outcome = 'ok'
WHERE watch_id = :watch_id AND slot_at = :key_slot_at AND outcome = 'implausible'
""")
_DECIDE = text("""
UPDATE pricewatch.quarantined_offers q SET
    state = CASE WHEN (q.slot_at, q.attempt) = (:key_slot_at, :key_attempt) THEN 'confirmed' ELSE 'dropped' END,
    decided_at = now()
WHERE q.watch_id = :watch_id AND (q.state = 'waiting' OR (q.slot_at, q.attempt) = (:key_slot_at, :key_attempt))
""")
