"""The end of checks: ledger row, snapshot, price change, pending event and the schedule's next step, in one statement per chunk.

Fenced (a worker that lost its lease writes nothing) and idempotent (what is stored already is not stored twice).
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.checks import FinishedCheck, KnownPage
from pricewatch_pipeline.domain.offers import Availability, Offer
from pricewatch_pipeline.storage import detail_rows, offer_rows, pages, price_changes
from pricewatch_pipeline.storage.detail_rows import DetailsOf
from pricewatch_pipeline.storage.offer_rows import offer_record
from pricewatch_pipeline.storage.refusals import refusals
from pricewatch_pipeline.storage.rows import AnyRow, as_json

log = logging.getLogger(__name__)

TOLD = (
    "price", "currency", "availability", "title", "list_price", "shipping_price", "unit_price", "unit_price_per", "image_url",
    "seller",
)  # fmt: skip
"""Of a snapshot that was stored: what alerts speak of."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a completion wrote of one check."""

    watch_id: str
    is_new: bool
    """It was not in the ledger before."""
    offer: Offer | None = None
    """As far as TOLD goes, where its snapshot was not there before and is the newest of its watch."""


_INPUT = """
WITH input AS (
    SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
        watch_id text, slot_at timestamptz, attempt int, kind text, outcome text, started_at timestamptz,
        finished_at timestamptz, host text, url text, final_url text, shown_url text, http_status smallint, wire_bytes bigint,
        body_bytes bigint, fetch_ms int, read_ms int, wait_ms int, fetcher text, page_count smallint, error text,
        page_sha256 text, screenshot_sha256 text, run_id text, carried_slot_at timestamptz, page_url text, page_etag text,
        page_last_modified text, page_body_sha256 text, page_read_with text, page_read_at timestamptz,
        is_success bool, is_event_due bool, is_doubted bool, waiting_becomes text, recent_prices numeric[], followed numeric[],
        recent_currency text, recent_title text, {offer_types},
        news_at timestamptz, has_plan bool, next_slot_at timestamptz, next_due_at timestamptz, next_attempt int, failures int,
        is_quarantined bool)
), mine AS (
    SELECT w.watch_id, w.last_checked_at FROM pricewatch.watches w JOIN input i USING (watch_id)
    WHERE {fence} ORDER BY w.watch_id FOR UPDATE OF w
), carried AS MATERIALIZED (
    SELECT n.* FROM input i JOIN mine USING (watch_id)
    JOIN pricewatch.current_snapshots n ON n.watch_id = i.watch_id AND n.slot_at = i.carried_slot_at AND n.outcome = 'ok'
    WHERE i.outcome = 'not_modified'
), ledger AS (
    INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at, host, url,
        final_url, http_status, wire_bytes, body_bytes, fetch_ms, read_ms, wait_ms, fetcher, page_count, error,
        page_sha256, screenshot_sha256, run_id)
    SELECT i.watch_id, i.slot_at, i.attempt, i.kind, i.outcome, i.started_at, i.finished_at, i.host, i.url,
        i.final_url, i.http_status, i.wire_bytes, i.body_bytes, i.fetch_ms, i.read_ms, i.wait_ms, i.fetcher,
        i.page_count, i.error, coalesce(decode(i.page_sha256, 'hex'), c.page_sha256), decode(i.screenshot_sha256, 'hex'),
        i.run_id
    FROM input i JOIN mine USING (watch_id) LEFT JOIN carried c USING (watch_id)
    ON CONFLICT DO NOTHING
    RETURNING watch_id
), stored AS (
    INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, {offer_columns}, url, page_sha256, run_id)
    SELECT i.watch_id, i.slot_at, i.finished_at, {offer_values}, i.shown_url,
        decode(i.page_sha256, 'hex'), i.run_id
    FROM input i JOIN mine USING (watch_id) WHERE i.outcome = 'ok'
    UNION ALL
    SELECT i.watch_id, i.slot_at, i.finished_at, {carried_columns}, c.url, c.page_sha256, i.run_id
    FROM input i JOIN carried c USING (watch_id)
    ON CONFLICT DO NOTHING
    RETURNING watch_id, slot_at, observed_at, {told_columns}
), changed AS (
    INSERT INTO pricewatch.price_changes (watch_id, began_at, price, currency, availability)
    SELECT s.watch_id, s.observed_at, s.price, s.currency, s.availability
    FROM stored s JOIN mine m USING (watch_id) {newest_change}
    WHERE {is_observed_last}
      AND (c.watch_id IS NULL OR (s.price, s.currency, s.availability) IS DISTINCT FROM (c.price, c.currency, c.availability))
    ON CONFLICT DO NOTHING
), pending AS (
    INSERT INTO pricewatch.pending_events (watch_id, slot_at)
    SELECT s.watch_id, s.slot_at FROM stored s JOIN input i USING (watch_id, slot_at) WHERE i.is_event_due
    UNION ALL  -- filings may have come with a check that has no snapshot
    SELECT i.watch_id, i.slot_at FROM ledger l JOIN input i USING (watch_id) WHERE i.is_event_due AND NOT i.is_success
    ON CONFLICT DO NOTHING
), doubted AS (
    INSERT INTO pricewatch.quarantined_offers (watch_id, slot_at, attempt, observed_at, {offer_columns}, doubt, page_sha256, run_id)
    SELECT i.watch_id, i.slot_at, i.attempt, i.finished_at, {offer_values}, i.error, decode(i.page_sha256, 'hex'), i.run_id
    FROM input i JOIN mine USING (watch_id) WHERE i.is_doubted
    ON CONFLICT DO NOTHING
), decided AS (
    UPDATE pricewatch.quarantined_offers q SET state = i.waiting_becomes, decided_at = now()
    FROM input i JOIN mine USING (watch_id)
    WHERE q.watch_id = i.watch_id AND q.state = 'waiting' AND i.waiting_becomes IS NOT NULL
      AND (q.slot_at, q.attempt) <> (i.slot_at, i.attempt)  -- one that is written again decides nothing about itself
)
UPDATE pricewatch.watches w
SET {release}
    slot_at = CASE WHEN i.has_plan THEN i.next_slot_at ELSE w.slot_at END,
    next_due_at = CASE WHEN i.has_plan THEN i.next_due_at ELSE w.next_due_at END,
    attempt = CASE WHEN i.has_plan THEN i.next_attempt ELSE w.attempt END,
    consecutive_failures = CASE WHEN i.has_plan THEN i.failures ELSE w.consecutive_failures END,
    quarantined_at = CASE WHEN NOT i.has_plan THEN w.quarantined_at
                          WHEN i.is_quarantined THEN coalesce(w.quarantined_at, now()) END,
    last_checked_at = greatest(w.last_checked_at, i.finished_at), last_outcome = i.outcome, last_error = i.error,
    last_success_at = CASE WHEN {is_newest} THEN i.finished_at ELSE w.last_success_at END,
    last_slot_at = CASE WHEN {is_newest} THEN i.slot_at ELSE w.last_slot_at END,
    last_price = CASE WHEN {is_newest} AND i.outcome = 'ok' THEN i.price ELSE w.last_price END,
    last_currency = CASE WHEN {is_newest} AND i.outcome = 'ok' THEN i.currency ELSE w.last_currency END,
    last_availability = CASE WHEN {is_newest} AND i.outcome = 'ok' THEN i.availability ELSE w.last_availability END,
    recent_prices = CASE WHEN {is_next} THEN i.recent_prices ELSE w.recent_prices END,
    recent_currency = CASE WHEN {is_next} THEN coalesce(i.recent_currency, w.recent_currency) ELSE w.recent_currency END,
    news_at = greatest(w.news_at, coalesce(i.news_at, CASE WHEN {is_newest} AND i.outcome = 'ok' AND w.last_price IS NOT NULL
        AND (i.price, i.currency) IS DISTINCT FROM (w.last_price, w.last_currency) THEN i.finished_at END)),
    last_title = CASE WHEN {is_next} THEN coalesce(i.recent_title, w.last_title) ELSE w.last_title END,
    {known_page},
    last_event_at = CASE WHEN i.is_event_due AND i.is_success THEN now() ELSE w.last_event_at END
FROM input i JOIN mine m USING (watch_id) LEFT JOIN carried c USING (watch_id) LEFT JOIN ledger l USING (watch_id)
LEFT JOIN stored s USING (watch_id)
WHERE w.watch_id = i.watch_id
RETURNING w.watch_id, l.watch_id IS NOT NULL AS is_new, s.watch_id IS NOT NULL AND w.last_slot_at = s.slot_at AS is_newest,
    s.watch_id IS NOT NULL AND NOT {is_observed_last} AS is_late, {told_values}
"""
# Whatever was seen of a watch was seen before: only then the newest change says what this snapshot is to be compared with.
_IS_OBSERVED_LAST = "(s.observed_at > coalesce(m.last_checked_at, '-infinity'))"
# An offer to carry on may have been corrected away since the check began: then there is nothing newer.
_IS_NEWEST = """i.is_success AND i.slot_at >= coalesce(w.last_slot_at, '-infinity')
    AND (i.outcome <> 'not_modified' OR c.watch_id IS NOT NULL)"""
# What another run or a correction wrote since the check began stays: its history was not made of that.
_IS_NEXT = f"{_IS_NEWEST} AND w.recent_prices = i.followed"
# A page that says that nothing is on offer is known too, where no later one is.
_IS_NO_OFFER_OF_NOW = """i.outcome = 'no_offers' AND i.slot_at >= coalesce(w.last_slot_at, '-infinity')
    AND i.page_read_at >= coalesce(w.page_read_at, '-infinity')"""
# On `not_modified` the page known before stays, with the instant at which it was last read in full.
_KNOWN_PAGE = ",\n    ".join(
    f"{column} = CASE WHEN {_IS_NEWEST} AND i.outcome = 'ok' OR {_IS_NO_OFFER_OF_NOW} THEN {value} ELSE w.{column} END"
    for column, value in [
        *(
            (name, f"i.{name}")
            for name in ("page_url", "page_etag", "page_last_modified", "page_read_with", "page_read_at")
        ),
        ("page_body_sha256", "decode(i.page_body_sha256, 'hex')"),
    ]
)
_OFFER = {
    "offer_types": offer_rows.typed_columns(),
    "offer_columns": offer_rows.columns(),
    "offer_values": offer_rows.values("i."),
    "carried_columns": offer_rows.columns("c."),
    "told_columns": ", ".join(TOLD),
    "told_values": ", ".join(f"s.{name}" for name in TOLD),
    "is_observed_last": _IS_OBSERVED_LAST,
    "newest_change": price_changes.NEWEST,
}
_COMPLETE = text(
    _INPUT.format(
        **_OFFER,
        fence="w.claim_token = :token",
        release="claim_token = NULL, claimed_until = NULL, claimed_by = NULL,",
        is_newest=_IS_NEWEST,
        is_next=_IS_NEXT,
        known_page=_KNOWN_PAGE,
    )
)
_RECORD_MANUAL = text(
    _INPUT.format(**_OFFER, fence="true", release="", is_newest=_IS_NEWEST, is_next=_IS_NEXT, known_page=_KNOWN_PAGE)
)


def complete(
    connection: Connection, token: UUID, checks: Sequence[FinishedCheck], *, run_id: str | None
) -> dict[str, Written]:
    """Finish claimed checks; what was written, by watch. One that is missing was lost with its lease: nothing was written.

    Raises:
        NotStorable: the database refuses one of them; nothing was written.
    """
    with refusals(ValueError, TypeError):
        _prepare(connection, checks)
        rows = connection.execute(_COMPLETE, {"rows": as_json(_records(checks, run_id)), "token": token}).all()
        written = _written(connection, rows)
    _store_details(connection, checks, written, run_id)
    return written


def record_manual(connection: Connection, checks: Sequence[FinishedCheck], *, run_id: str | None) -> dict[str, Written]:
    """Finish checks asked for by hand: their slots are their own, no claim is needed or released.

    Raises:
        NotStorable: the database refuses one of them; nothing was written.
    """
    with refusals(ValueError, TypeError):
        _prepare(connection, checks)
        rows = connection.execute(_RECORD_MANUAL, {"rows": as_json(_records(checks, run_id))}).all()
        written = _written(connection, rows)
    _store_details(connection, checks, written, run_id)
    return written


def _written(connection: Connection, rows: Sequence[AnyRow]) -> dict[str, Written]:
    if late := [row.watch_id for row in rows if row.is_late]:
        price_changes.rebuild(connection, late)
    return {row.watch_id: Written(watch_id=row.watch_id, is_new=row.is_new, offer=_told(row)) for row in rows}


def _told(row: AnyRow) -> Offer | None:
    if not row.is_newest:
        return None
    said = {name: getattr(row, name) for name in TOLD}
    return Offer(**said | {"availability": Availability(row.availability) if row.availability else None})


def _store_details(
    connection: Connection, checks: Sequence[FinishedCheck], written: Mapping[str, Written], run_id: str | None
) -> None:
    """The provider's own rows of checks that were not in the ledger before. Where some are missing, the ledger says so."""
    found = [
        DetailsOf(
            watch_id=check.watch_id,
            slot_at=check.slot_at,
            attempt=check.attempt,
            observed_at=check.finished_at,
            outcome=check.outcome,
            run_id=run_id,
            details=check.details,
        )
        for check in checks
        if check.details and (stored := written.get(check.watch_id)) and stored.is_new
    ]
    for missing, why in detail_rows.store(connection, found):
        log.error("of the check of watch %s for %s, %s", missing.watch_id, missing.slot_at, why)
        key = {"watch_id": missing.watch_id, "slot_at": missing.slot_at, "attempt": missing.attempt}
        connection.execute(_SAY_WHAT_IS_MISSING, {**key, "why": why})


_SAY_WHAT_IS_MISSING = text("""
UPDATE pricewatch.checks SET error = concat_ws('; ', error, cast(:why AS text))
WHERE watch_id = :watch_id AND slot_at = :slot_at AND attempt = :attempt
""")


def stored_by_run(connection: Connection, checks: Sequence[FinishedCheck], *, run_id: str | None) -> frozenset[str]:
    """Which of these checks are in the ledger as this run's: a completion whose answer was lost had been written."""
    rows = connection.execute(
        text("""
            SELECT c.watch_id FROM pricewatch.checks c
            JOIN jsonb_to_recordset(cast(:rows AS jsonb)) AS r(watch_id text, slot_at timestamptz, attempt int)
                 USING (watch_id, slot_at, attempt)
            WHERE c.run_id IS NOT DISTINCT FROM :run_id
        """),
        {
            "rows": as_json({"watch_id": c.watch_id, "slot_at": c.slot_at, "attempt": c.attempt} for c in checks),
            "run_id": run_id,
        },
    )
    return frozenset(row.watch_id for row in rows)


def _prepare(connection: Connection, checks: Sequence[FinishedCheck]) -> None:
    # First of all: what a statement reads of a watch beside its row is not from before it was locked.
    price_changes.lock_watches(connection, [check.watch_id for check in checks])
    slots = [check.slot_at for check in checks]
    connection.execute(
        text("SELECT pricewatch.ensure_months(:first, :last) WHERE NOT pricewatch.has_months(:first, :last)"),
        {"first": min(slots), "last": max(slots)},
    )
    pages.store(connection, [page for check in checks for page in (check.page, check.screenshot) if page])


def _records(checks: Iterable[FinishedCheck], run_id: str | None) -> Iterable[dict[str, Any]]:
    for check in checks:
        yield {
            "watch_id": check.watch_id,
            "slot_at": check.slot_at,
            "attempt": check.attempt,
            "kind": check.kind,
            "outcome": check.outcome,
            "started_at": check.started_at,
            "finished_at": check.finished_at,
            "host": check.host,
            "url": check.url,
            "final_url": check.final_url,
            "shown_url": check.shown_url,
            "http_status": check.http_status,
            "wire_bytes": check.wire_bytes,
            "body_bytes": check.body_bytes,
            "fetch_ms": round(check.fetch_time.total_seconds() * 1000),
            "read_ms": round(check.read_time.total_seconds() * 1000),
            "wait_ms": round(check.wait_time.total_seconds() * 1000),
            "fetcher": check.fetcher,
            "page_count": check.page_count,
            "error": check.error,
            "page_sha256": check.page.sha256 if check.page else None,
            "screenshot_sha256": check.screenshot.sha256 if check.screenshot else None,
            "run_id": run_id,
            "carried_slot_at": check.carried_slot_at,
            "is_success": check.outcome.is_success,
            "is_event_due": check.is_event_due,
            "news_at": check.news_at,
            **offer_record(check.offer or check.doubted_offer),
            **_doubt_record(check),
            **_plan_record(check),
            **_known_page_record(check.known_page),
        }


def _known_page_record(known: KnownPage | None) -> dict[str, Any]:
    if known is None:
        return {}
    return {
        "page_url": known.url,
        "page_etag": known.etag,
        "page_last_modified": known.last_modified,
        "page_body_sha256": known.sha256,
        "page_read_with": known.read_with,
        "page_read_at": known.read_at,
    }


def _doubt_record(check: FinishedCheck) -> dict[str, Any]:
    history = check.history
    return {
        "is_doubted": check.doubted_offer is not None,
        "waiting_becomes": check.waiting_becomes,
        "recent_prices": list(history.prices) if history else None,
        "followed": list(history.followed) if history else None,
        "recent_currency": history.currency if history else None,
        "recent_title": history.title if history else None,
    }


def _plan_record(check: FinishedCheck) -> dict[str, Any]:
    plan = check.plan
    if plan is None:
        return {"has_plan": False}
    return {
        "has_plan": True,
        "next_slot_at": plan.slot_at,
        "next_due_at": plan.next_due_at,
        "next_attempt": plan.attempt,
        "failures": plan.consecutive_failures,
        "is_quarantined": plan.is_quarantined,
    }
