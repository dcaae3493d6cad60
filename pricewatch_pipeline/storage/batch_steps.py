"""The steps of the run that makes a batch: open it or go on with it, and store what ended.

All are fenced by the claim on the watch: a run that lost its lease writes nothing.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.backoff import Plan
from pricewatch_pipeline.domain.batches import (
    BatchCombination,
    BatchProgress,
    BatchState,
    CombinationState,
    gives_up,
    may_go_on,
)
from pricewatch_pipeline.domain.checks import CheckKind, StoredPage
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Combination, Detail
from pricewatch_pipeline.storage import batches, detail_rows, offer_rows, pages
from pricewatch_pipeline.storage.batch_claims import Claimed, next_attempt, release
from pricewatch_pipeline.storage.batch_results import LOWEST
from pricewatch_pipeline.storage.database import clock
from pricewatch_pipeline.storage.detail_rows import DetailsOf
from pricewatch_pipeline.storage.refusals import refusals
from pricewatch_pipeline.storage.rows import AnyRow, as_json

log = logging.getLogger(__name__)

# A price that is not believed is looked at anew as a whole.
_FAILURES = [outcome.value for outcome in Outcome if outcome.is_failure and outcome is not Outcome.IMPLAUSIBLE]


@dataclass(frozen=True, kw_only=True)
class OpenBatch:
    """A batch that a run has taken up."""

    progress: BatchProgress
    attempt: int
    """Of the ledger's row that it will end as."""
    idle_takes: int
    """How many takes before this one stored nothing, in a row."""
    waiting: tuple[BatchCombination, ...]
    """In the order in which they are to be asked."""


class NotOpened(Enum):
    """Why a run takes no batch up."""

    LOST = auto()
    """The claim is another run's."""
    NOTHING_LEFT = auto()
    """What was left open is superseded, and its watch is not due: it is given back."""


@dataclass(frozen=True, kw_only=True)
class EndedCombination:
    """A combination after an attempt at it; one that still is `waiting` is asked again."""

    number: int
    state: CombinationState
    attempts: int
    outcome: Outcome
    finished_at: datetime
    error: str | None = None
    offer: Offer | None = None
    signals: Mapping[str, str] = field(default_factory=dict)
    details: tuple[Detail, ...] = ()
    page: StoredPage | None = None
    """Where it is to be kept."""
    wire_bytes: int = 0
    body_bytes: int = 0
    fetch_time: timedelta = timedelta(0)
    page_count: int = 0


def open_or_resume(
    connection: Connection,
    token: UUID,
    claimed: Claimed,
    combinations: Sequence[Combination],
    *,
    kind: CheckKind,
    run_id: str | None,
) -> OpenBatch | NotOpened:
    """Go on with the open batch of a claimed watch, or open one.

    A slot that is tried again goes on with its batch that failed: only what failed is asked anew. One whose watch asks for
    something else by now, or that lay for too long, is superseded. One that is opened by the
    schedule has the watch's slot, one by hand a slot of its own: this instant.
    """
    watch = claimed.check.watch
    if not _is_held(connection, token, watch.watch_id):
        return NotOpened.LOST
    now = clock(connection)
    _reopen(connection, claimed, kind)
    found = _left_open(connection, watch.watch_id)
    if found and not may_go_on(asked=found.query, asks=watch.query, found_at=found.found_at, now=now):
        batches.close(connection, found.batch_id, BatchState.SUPERSEDED, None)
        found = None
    if found is None and kind is CheckKind.SCHEDULED and not claimed.is_due:
        release(connection, token=token, claimed=claimed, plan=None)
        return NotOpened.NOTHING_LEFT
    if found is None:
        slot_at = claimed.check.slot_at if kind is CheckKind.SCHEDULED else now
        batch_id = _open(connection, claimed, combinations, slot_at=slot_at, kind=kind)
    else:
        batch_id = found.batch_id
    connection.execute(
        text("""
            UPDATE pricewatch.batches SET takes = takes + 1, idle_takes = idle_takes + 1, run_id = :run_id
            WHERE batch_id = :batch_id
        """),
        {"batch_id": batch_id, "run_id": run_id},
    )
    progress = batches.progress(connection, batch_id)
    return OpenBatch(
        progress=progress,
        attempt=next_attempt(connection, watch_id=watch.watch_id, slot_at=progress.slot_at),
        idle_takes=found.idle_takes if found else 0,
        waiting=_waiting(connection, batch_id),
    )


def _reopen(connection: Connection, claimed: Claimed, kind: CheckKind) -> None:
    """Let the batch of this very slot that failed wait again for what failed in it."""
    if kind is not CheckKind.SCHEDULED or not claimed.is_due:
        return
    watch = claimed.check.watch
    connection.execute(
        text("""
            WITH newest AS (
                SELECT batch_id FROM pricewatch.batches WHERE watch_id = :watch_id ORDER BY batch_id DESC LIMIT 1
            ), again AS (
                UPDATE pricewatch.batches b SET state = 'open', failed = 0, idle_takes = 0, outcome = NULL, finished_at = NULL
                FROM newest n
                WHERE b.batch_id = n.batch_id AND b.slot_at = :slot_at AND b.kind = 'scheduled' AND b.state = 'done'
                  AND b.failed > 0 AND b.outcome = ANY(:failures)
                RETURNING b.batch_id
            )
            UPDATE pricewatch.batch_combinations c
            SET state = 'waiting', attempts = 0, outcome = NULL, error = NULL, finished_at = NULL
            FROM again a WHERE c.batch_id = a.batch_id AND c.state = 'failed'
        """),
        {"watch_id": watch.watch_id, "slot_at": claimed.check.slot_at, "failures": _FAILURES},
    )


def _left_open(connection: Connection, watch_id: str) -> AnyRow | None:
    return connection.execute(
        text("""
            SELECT b.*, coalesce((SELECT max(c.finished_at) FROM pricewatch.batch_combinations c
                                  WHERE c.batch_id = b.batch_id AND c.state = 'done'), b.opened_at) AS found_at
            FROM pricewatch.batches b WHERE b.watch_id = :id AND b.state = 'open' FOR UPDATE OF b
        """),
        {"id": watch_id},
    ).one_or_none()


def _open(
    connection: Connection, claimed: Claimed, combinations: Sequence[Combination], *, slot_at: datetime, kind: CheckKind
) -> int:
    watch = claimed.check.watch
    batch_id: int = connection.execute(
        text("""
            INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations)
            VALUES (:watch_id, :slot_at, :kind, cast(:query AS jsonb), :combinations) RETURNING batch_id
        """),
        {
            "watch_id": watch.watch_id,
            "slot_at": slot_at,
            "kind": kind,
            "query": as_json([dict(watch.query)])[1:-1],
            "combinations": len(combinations),
        },
    ).scalar_one()
    connection.execute(
        text("""
            INSERT INTO pricewatch.batch_combinations (batch_id, number, key, query, url)
            SELECT :batch_id, number, key, query, url
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(number int, key text, query jsonb, url text)
        """),
        {
            "batch_id": batch_id,
            "rows": as_json(
                {"number": each.number, "key": each.key, "query": dict(each.query), "url": each.url}
                for each in combinations
            ),
        },
    )
    return batch_id


def _waiting(connection: Connection, batch_id: int) -> tuple[BatchCombination, ...]:
    rows = connection.execute(
        text("""
            SELECT number, key, query, url, state, attempts, outcome, error, price, currency, finished_at
            FROM pricewatch.batch_combinations WHERE batch_id = :batch_id AND state = 'waiting' ORDER BY attempts, number
        """),
        {"batch_id": batch_id},
    )
    return tuple(batches.combination_from(row) for row in rows)


_STORE = text("""
UPDATE pricewatch.batch_combinations c
SET state = r.state, attempts = r.attempts, outcome = r.outcome, error = r.error, price = r.price, currency = r.currency,
    offer = r.offer, signals = r.signals, page_sha256 = decode(r.page_sha256, 'hex'), finished_at = r.finished_at,
    wire_bytes = coalesce(c.wire_bytes, 0) + r.wire_bytes, body_bytes = coalesce(c.body_bytes, 0) + r.body_bytes,
    fetch_ms = coalesce(c.fetch_ms, 0) + r.fetch_ms, page_count = coalesce(c.page_count, 0) + r.page_count
FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
    number int, state text, attempts smallint, outcome text, error text, price numeric, currency text, offer jsonb,
    signals jsonb, page_sha256 text, finished_at timestamptz, wire_bytes bigint, body_bytes bigint, fetch_ms int,
    page_count int)
WHERE c.batch_id = :batch_id AND c.number = r.number
  AND c.state = 'waiting' AND c.attempts < r.attempts  -- what was stored already is not stored twice
""")
_COUNT = text(f"""
UPDATE pricewatch.batches b
SET done = n.done, failed = n.failed, best_number = c.number, price = c.price, currency = c.currency, idle_takes = 0,
    updated_at = clock_timestamp()
FROM (SELECT count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'failed') AS failed
      FROM pricewatch.batch_combinations WHERE batch_id = :batch_id) n
LEFT JOIN pricewatch.batch_combinations c ON c.batch_id = :batch_id AND c.number = ({LOWEST})
WHERE b.batch_id = :batch_id AND b.state = 'open'
""")


def store(
    connection: Connection,
    token: UUID,
    progress: BatchProgress,
    ended: Sequence[EndedCombination],
    *,
    run_id: str | None,
) -> BatchProgress | None:
    """Store combinations after an attempt at each, with their details; how far the batch is now. None: the claim is lost, or
    the batch is over, and nothing was written.

    Raises:
        NotStorable: the database refuses one of them; nothing was written.
    """
    if not _is_held(connection, token, progress.watch_id):
        return None
    with refusals(ValueError, TypeError):
        pages.store(connection, [each.page for each in ended if each.page])
        records = [_record(each) for each in ended]
        connection.execute(_STORE, {"batch_id": progress.batch_id, "rows": as_json(records)})
    _store_details(connection, progress, ended, run_id)
    is_open = connection.execute(_COUNT, {"batch_id": progress.batch_id}).rowcount
    return batches.progress(connection, progress.batch_id) if is_open else None


def _store_details(
    connection: Connection, progress: BatchProgress, ended: Sequence[EndedCombination], run_id: str | None
) -> None:
    found = [
        DetailsOf(
            watch_id=progress.watch_id,
            slot_at=progress.slot_at,
            observed_at=each.finished_at,
            outcome=each.outcome,
            combination=each.number,
            run_id=run_id,
            details=each.details,
        )
        for each in ended
        if each.details
    ]
    for missing, why in detail_rows.store(connection, found):
        log.error("of combination %d of watch %s, %s", missing.combination, missing.watch_id, why)
        connection.execute(
            text("""
                UPDATE pricewatch.batch_combinations SET error = concat_ws('; ', error, cast(:why AS text))
                WHERE batch_id = :batch_id AND number = :number
            """),
            {"batch_id": progress.batch_id, "number": missing.combination, "why": why},
        )


def _record(ended: EndedCombination) -> dict[str, Any]:
    offer = offer_rows.offer_record(ended.offer)
    return {
        "number": ended.number,
        "state": ended.state,
        "attempts": ended.attempts,
        "outcome": ended.outcome,
        "error": ended.error,
        "price": ended.offer.price if ended.offer else None,
        "currency": ended.offer.currency if ended.offer else None,
        "offer": {name: value for name, value in offer.items() if value not in (None, [], {})} if offer else None,
        "signals": dict(ended.signals) or None,
        "page_sha256": ended.page.sha256 if ended.page else None,
        "finished_at": ended.finished_at,
        "wire_bytes": ended.wire_bytes,
        "body_bytes": ended.body_bytes,
        "fetch_ms": round(ended.fetch_time.total_seconds() * 1000),
        "page_count": ended.page_count,
    }


def give_up(
    connection: Connection, token: UUID, progress: BatchProgress, *, hopeless: Outcome | None = None
) -> BatchProgress | None:
    """End the combinations that are left as they failed last, or as all others (`hopeless`), where it is time for that; None:
    it is not, or the claim is lost."""
    if not _is_held(connection, token, progress.watch_id):
        return None
    attempts = [each.attempts for each in _waiting(connection, progress.batch_id)]
    if not hopeless and not gives_up(attempts, done=progress.done, combinations=progress.combinations):
        return None
    connection.execute(
        text("""
            UPDATE pricewatch.batch_combinations
            SET state = 'failed', outcome = coalesce(outcome, :hopeless), finished_at = coalesce(finished_at, now()),
                error = coalesce(error, 'not asked: those before it failed, all in this way')
            WHERE batch_id = :batch_id AND state = 'waiting'
        """),
        {"batch_id": progress.batch_id, "hopeless": hopeless},
    )
    connection.execute(_COUNT, {"batch_id": progress.batch_id})
    return batches.progress(connection, progress.batch_id)


def rest(connection: Connection, *, token: UUID, claimed: Claimed, plan: Plan | None) -> None:
    """Give a watch back whose host wants rest; that nothing was stored is not the batch's fault."""
    connection.execute(
        text("UPDATE pricewatch.batches SET idle_takes = 0 WHERE watch_id = :id AND state = 'open'"),
        {"id": claimed.check.watch.watch_id},
    )
    release(connection, token=token, claimed=claimed, plan=plan)


def _is_held(connection: Connection, token: UUID, watch_id: str) -> bool:
    """Whether the claim still is this run's; nobody takes it before this transaction ends."""
    held: AnyRow | None = connection.execute(
        text("SELECT FROM pricewatch.watches WHERE watch_id = :id AND claim_token = :token FOR NO KEY UPDATE"),
        {"id": watch_id, "token": token},
    ).one_or_none()
    return held is not None
