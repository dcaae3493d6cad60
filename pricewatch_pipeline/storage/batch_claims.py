"""Claims of matrix watches: as those of all watches (claims.py), one at a time, and also for what a run left open."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.backoff import Plan
from pricewatch_pipeline.domain.checks import CheckKind, OpenCheck
from pricewatch_pipeline.storage import claims
from pricewatch_pipeline.storage.claims import HAS_NEWS, HAS_ROOM, HEARD_OF_AT, LOST_AT
from pricewatch_pipeline.storage.rows import AnyRow

__all__ = ["HAS_ROOM", "Beat", "Claimed", "beat", "claim", "claim_asked", "next_attempt", "release"]

# A batch by hand that its run left open is taken up when there is room, whatever the schedule says.
FREE = """w.is_active AND w.is_matrix AND (w.claimed_until IS NULL OR w.claimed_until < now())
    AND (w.next_due_at <= now() OR b.kind = 'manual')"""

_CLAIM = f"""
WITH locked AS (
    SELECT w.watch_id, w.host, w.url, w.claim_token IS NOT NULL AS was_abandoned, w.claimed_until,
           w.next_due_at <= now() AS is_due, coalesce(b.slot_at, w.slot_at) AS slot_at, coalesce(b.kind, 'scheduled') AS kind
    FROM pricewatch.watches w LEFT JOIN pricewatch.batches b ON b.watch_id = w.watch_id AND b.state = 'open'
    WHERE {{which}}
    ORDER BY w.priority DESC, {{has_news}} IS TRUE DESC, w.next_due_at
    LIMIT 1
    FOR UPDATE OF w SKIP LOCKED
), abandoned AS (
    INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at, host, url, error)
    SELECT l.watch_id, l.slot_at,
           coalesce((SELECT max(c.attempt) FROM pricewatch.checks c
                     WHERE c.watch_id = l.watch_id AND c.slot_at = l.slot_at), 0) + 1, l.kind, 'abandoned', {HEARD_OF_AT}, {LOST_AT},
           l.host, l.url,
           'The worker that held this check died or was cut off; another one goes on where it was.'
    FROM locked l WHERE l.was_abandoned
    ON CONFLICT DO NOTHING
)
UPDATE pricewatch.watches w
SET claim_token = :token, claimed_by = :claimed_by, claimed_until = now() + make_interval(secs => :lease_s),
    attempt = w.attempt + (:counts AND l.is_due)::int, consecutive_failures = w.consecutive_failures + l.was_abandoned::int
FROM locked l JOIN pricewatch.hosts h USING (host)
WHERE w.watch_id = l.watch_id
RETURNING w.*, l.was_abandoned, l.is_due, h.concurrency, h.delay_s, now() AS claimed_at
"""
_CLAIM_DUE = text(_CLAIM.format(has_news=HAS_NEWS, which=f"{FREE} AND {HAS_ROOM} AND w.watch_id <> ALL(:passed_over)"))
_CLAIM_ASKED = text(
    _CLAIM.format(
        has_news="true",
        which="""w.watch_id = :watch_id AND w.is_matrix AND w.archived_at IS NULL
            AND (w.claimed_until IS NULL OR w.claimed_until < now())""",
    )
)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A matrix watch that a run holds."""

    check: OpenCheck
    """At the watch's slot; an open batch may have another one."""
    claimed_at: datetime
    """The database's clock."""
    is_due: bool
    is_counted: bool
    """Whether the claim counts as an attempt at the slot."""
    concurrency: int
    """Requests that its host answers at once."""
    delay: timedelta
    """Between two requests to it."""


@dataclass(frozen=True, kw_only=True)
class Beat:
    """How a batch stands that a run makes."""

    is_held: bool
    is_cancel_asked: bool


def claim(
    connection: Connection,
    *,
    token: UUID,
    lease: timedelta,
    budget: timedelta,
    claimed_by: str,
    passed_over: Collection[str] = (),
) -> Claimed | None:
    """Take a matrix watch that is due, or whose batch by hand was left open, at a host that may be asked; None: there is none
    but those to be passed over."""
    return _claimed(
        connection,
        connection.execute(
            _CLAIM_DUE,
            {
                "token": token,
                "lease_s": lease.total_seconds(),
                "budget_s": budget.total_seconds(),
                "claimed_by": claimed_by,
                "passed_over": list(passed_over),
                "counts": True,
            },
        ).one_or_none(),
        is_counted=True,
    )


def claim_asked(
    connection: Connection, watch_id: str, *, token: UUID, lease: timedelta, claimed_by: str
) -> Claimed | None:
    """Take this matrix watch, due or not; None: a run holds it."""
    row = connection.execute(
        _CLAIM_ASKED,
        {
            "watch_id": watch_id,
            "token": token,
            "lease_s": lease.total_seconds(),
            "claimed_by": claimed_by,
            "counts": False,
        },
    ).one_or_none()
    return _claimed(connection, row, is_counted=False)


def _claimed(connection: Connection, row: AnyRow | None, *, is_counted: bool) -> Claimed | None:
    if row is None:
        return None
    (check,) = claims.open_checks(connection, [row], kind=CheckKind.SCHEDULED)
    return Claimed(
        check=check,
        claimed_at=row.claimed_at,
        is_due=row.is_due,
        is_counted=is_counted and row.is_due,
        concurrency=row.concurrency,
        delay=timedelta(seconds=row.delay_s),
    )


def next_attempt(connection: Connection, *, watch_id: str, slot_at: datetime) -> int:
    """The number of the ledger's next row of a slot."""
    found: int = connection.execute(
        text("""
            SELECT coalesce(max(attempt), 0) + 1 FROM pricewatch.checks WHERE watch_id = :watch_id AND slot_at = :slot_at
        """),
        {"watch_id": watch_id, "slot_at": slot_at},
    ).scalar_one()
    return found


def beat(connection: Connection, *, token: UUID, batch_id: int, renews_for: timedelta | None) -> Beat:
    """Whether a batch is still this run's, and whether a person asked for its end; with `renews_for` its lease runs anew."""
    if renews_for:
        claims.renew(connection, token, lease=renews_for)
    row = connection.execute(
        text("""
            SELECT w.claim_token IS NOT DISTINCT FROM cast(:token AS uuid) AS is_held, b.cancel_asked_at IS NOT NULL AS is_asked
            FROM pricewatch.batches b JOIN pricewatch.watches w USING (watch_id) WHERE b.batch_id = :batch_id
        """),
        {"token": token, "batch_id": batch_id},
    ).one_or_none()
    return Beat(is_held=bool(row and row.is_held), is_cancel_asked=bool(row and row.is_asked))


def release(connection: Connection, *, token: UUID, claimed: Claimed, plan: Plan | None) -> None:
    """Give a watch back whose batch stays open; None: its schedule stays as it was before the claim."""
    if plan:
        claims.release(connection, token, {claimed.check.watch.watch_id: plan})
        return
    connection.execute(
        text("""
            UPDATE pricewatch.watches
            SET claim_token = NULL, claimed_until = NULL, claimed_by = NULL, attempt = greatest(0, attempt - :counted)
            WHERE watch_id = :watch_id AND claim_token = :token
        """),
        {"watch_id": claimed.check.watch.watch_id, "token": token, "counted": int(claimed.is_counted)},
    )
