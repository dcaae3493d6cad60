"""The queue: claim, renew and give back watches. The database's clock only; a claim is a token and a lease."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.backoff import Plan
from pricewatch_pipeline.domain.checks import CheckKind, Claim, LastSeen, OpenCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import PriceHistory
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.storage import learned_fetchers, quarantine
from pricewatch_pipeline.storage.definitions import stores_named
from pricewatch_pipeline.storage.rows import AnyRow, as_json, known_page_of, watch_of

# A matrix watch is checked as a batch of its own: batches.py.
_FREE = "is_active AND NOT is_matrix AND next_due_at <= now() AND (claimed_until IS NULL OR claimed_until < now())"
# A run that died was last heard of when its lease began, at the claim or when it was renewed, and given up when that ended:
# whoever goes on may come hours later.
LOST_AT = "coalesce(claimed_until, now())"
HEARD_OF_AT = "coalesce(claimed_until - make_interval(secs => :lease_s), now())"
HAS_NEWS = "(news_first_s IS NOT NULL AND news_at > now() - make_interval(secs => news_first_s))"
# Hosts that may be asked: none that rests, none whose breaker is open, none whose places all belong to other runs.
HAS_ROOM = """host IN (
        SELECT h.host FROM pricewatch.hosts h
        WHERE h.next_slot_at <= now() + make_interval(secs => :budget_s)
          AND (h.rests_until IS NULL OR h.rests_until <= now()) AND (h.breaker_until IS NULL OR h.breaker_until <= now())
          AND h.host NOT IN (
              SELECT p.host FROM pricewatch.host_places p JOIN pricewatch.hosts held USING (host)
              WHERE p.held_until > now() AND p.holder IS DISTINCT FROM cast(:token AS uuid)
              GROUP BY p.host, held.concurrency HAVING sum(p.places) >= held.concurrency))"""

# Fair between hosts: of those that wait longest (more than are asked for), each host offers at most what its pace lets a
# run fetch in `budget_s` (one, while its breaker is half-open), and the hosts take turns. A host that is reserved for
# longer than that offers nothing, so that its crowd does not stand in the way of the others. Nor does a crowd that fills all that is
# looked at: then those that wait longest elsewhere are looked at, too.
_LOOKED_AT = "1000 + 4 * :limit"
_CLAIM = text(f"""
WITH longest AS MATERIALIZED (
    SELECT w.watch_id, w.host, w.priority, w.next_due_at, coalesce({HAS_NEWS}, false) AS has_news
    FROM pricewatch.watches w
    WHERE {_FREE} AND {HAS_ROOM}
    ORDER BY w.priority DESC, w.next_due_at
    LIMIT {_LOOKED_AT}
), crowds AS MATERIALIZED (
    SELECT host FROM longest WHERE (SELECT count(*) FROM longest) >= {_LOOKED_AT} GROUP BY host HAVING count(*) >= :limit
), waiting AS MATERIALIZED (
    SELECT * FROM longest
    UNION
    -- However many others wait longer.
    (SELECT w.watch_id, w.host, w.priority, w.next_due_at, true
     FROM pricewatch.watches w
     WHERE {_FREE} AND {HAS_ROOM} AND {HAS_NEWS}
     ORDER BY w.priority DESC, w.next_due_at
     LIMIT 1000)
    UNION
    (SELECT w.watch_id, w.host, w.priority, w.next_due_at, coalesce({HAS_NEWS}, false)
     FROM pricewatch.watches w
     WHERE EXISTS (SELECT FROM crowds) AND {_FREE} AND {HAS_ROOM} AND w.host NOT IN (SELECT host FROM crowds)
     ORDER BY w.priority DESC, w.next_due_at
     LIMIT {_LOOKED_AT})
), ranked AS (
    SELECT watch_id, host, has_news,
           row_number() OVER (PARTITION BY host ORDER BY priority DESC, has_news DESC, next_due_at) AS rank
    FROM waiting
), candidate AS (
    SELECT r.watch_id, r.rank, r.has_news
    FROM ranked r JOIN pricewatch.hosts h USING (host)
    WHERE r.rank <= CASE WHEN h.breaker_until IS NOT NULL THEN 1 ELSE
        greatest(1, h.burst - 1 + floor((:budget_s - greatest(0, extract(epoch FROM h.next_slot_at - now())))
                                        / greatest(h.delay_s, 0.001))) END
), locked AS (
    SELECT w.watch_id, w.slot_at, w.host, w.url, w.claim_token IS NOT NULL AS was_abandoned, w.claimed_until, w.attempt,
           c.rank, c.has_news
    FROM pricewatch.watches w JOIN candidate c USING (watch_id)
    WHERE {_FREE}
    ORDER BY w.priority DESC, c.rank, c.has_news DESC, w.next_due_at
    LIMIT :limit
    FOR UPDATE OF w SKIP LOCKED
), abandoned AS (
    INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at, host, url, error)
    SELECT watch_id, slot_at, attempt, 'scheduled', 'abandoned', {HEARD_OF_AT}, {LOST_AT}, host, url,
           'The worker that held this check died or was cut off; the check is made again.'
    FROM locked WHERE was_abandoned
    ON CONFLICT DO NOTHING
), claimed AS (
    UPDATE pricewatch.watches w
    SET claim_token = :token, claimed_by = :claimed_by, claimed_until = now() + make_interval(secs => :lease_s),
        attempt = w.attempt + 1, consecutive_failures = w.consecutive_failures + l.was_abandoned::int
    FROM locked l
    WHERE w.watch_id = l.watch_id
    RETURNING w.*, l.was_abandoned, l.rank, l.has_news, now() AS claimed_at
)
-- An update returns rows in any order, and a run asks each host in the order in which it gets them.
SELECT * FROM claimed ORDER BY priority DESC, rank, has_news DESC, next_due_at
""")


def claim(
    connection: Connection, *, token: UUID, limit: int, lease: timedelta, budget: timedelta, claimed_by: str
) -> Claim:
    """Take up to `limit` due watches, so that nobody else does before the lease ends. They come in the order in which they
    are to be asked."""
    rows = connection.execute(
        _CLAIM,
        {
            "limit": limit,
            "budget_s": budget.total_seconds(),
            "lease_s": lease.total_seconds(),
            "token": token,
            "claimed_by": claimed_by,
        },
    ).all()
    claimed_at = rows[0].claimed_at if rows else connection.execute(text("SELECT now()")).scalar_one()
    checks = open_checks(connection, rows, kind=CheckKind.SCHEDULED)
    return Claim(token=token, claimed_at=claimed_at, checks=tuple(checks))


def open_checks(
    connection: Connection, rows: Sequence[AnyRow], *, kind: CheckKind, slot_at: datetime | None = None
) -> list[OpenCheck]:
    """Rows of `watches` as checks that are to be made; manual ones bring their own slot."""
    stores = {s.store_id: s for s in stores_named(connection, *{row.store_id for row in rows})}
    learned = learned_fetchers.load(connection, [s.store_id for s in stores.values() if s.fetcher == "auto"])
    doubted = quarantine.doubted_of(connection, [row.watch_id for row in rows])
    return [
        _open_check(
            row,
            stores.get(row.store_id),
            kind=kind,
            slot_at=slot_at,
            learned_fetcher=learned.get(row.store_id),
            history=quarantine.history_of(row, doubted.get(row.watch_id, ())),
        )
        for row in rows
    ]


def _open_check(
    row: AnyRow,
    store: Store | None,
    *,
    kind: CheckKind,
    slot_at: datetime | None,
    learned_fetcher: str | None,
    history: PriceHistory,
) -> OpenCheck:
    is_manual = kind is CheckKind.MANUAL
    return OpenCheck(
        watch=watch_of(row),
        store=store,
        kind=kind,
        slot_at=slot_at or row.slot_at,
        attempt=1 if is_manual else row.attempt,
        consecutive_failures=row.consecutive_failures,
        is_quarantined=row.quarantined_at is not None,
        was_abandoned=False if is_manual else row.was_abandoned,
        last_seen=LastSeen(
            price=row.last_price,
            currency=row.last_currency,
            availability=row.last_availability,
            slot_at=row.last_slot_at,
            event_at=row.last_event_at,
        ),
        history=history,
        answered_at=_answered_at(row),
        # Who asks by hand wants the page looked at.
        known_page=None if is_manual else known_page_of(row),
        learned_fetcher=learned_fetcher,
    )


def _answered_at(row: AnyRow) -> datetime | None:
    was_answer = row.last_outcome is not None and not Outcome(row.last_outcome).is_failure
    answered_at: datetime | None = row.last_checked_at if was_answer else row.last_success_at
    return answered_at


def renew(connection: Connection, token: UUID, *, lease: timedelta) -> frozenset[str]:
    """Make the lease run anew; the watches still held. One that is missing was lost: write nothing for it."""
    rows = connection.execute(
        text(
            "UPDATE pricewatch.watches SET claimed_until = now() + make_interval(secs => :lease_s) "
            "WHERE claim_token = :token RETURNING watch_id"
        ),
        {"token": token, "lease_s": lease.total_seconds()},
    )
    return frozenset(row.watch_id for row in rows)


def release(connection: Connection, token: UUID, plans: Mapping[str, Plan]) -> None:
    """Give watches back unchecked; their schedule goes on as planned."""
    records: list[dict[str, Any]] = [
        {
            "watch_id": watch_id,
            "next_due_at": plan.next_due_at,
            "slot_at": plan.slot_at,
            "attempt": plan.attempt,
            "failures": plan.consecutive_failures,
            "is_quarantined": plan.is_quarantined,
        }
        for watch_id, plan in plans.items()
    ]
    connection.execute(
        text("""
            UPDATE pricewatch.watches w
            SET claim_token = NULL, claimed_until = NULL, claimed_by = NULL,
                next_due_at = r.next_due_at, slot_at = r.slot_at, attempt = r.attempt, consecutive_failures = r.failures,
                quarantined_at = CASE WHEN r.is_quarantined THEN coalesce(w.quarantined_at, now()) ELSE w.quarantined_at END
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
                watch_id text, next_due_at timestamptz, slot_at timestamptz, attempt int, failures int, is_quarantined bool)
            WHERE w.watch_id = r.watch_id AND w.claim_token = :token
        """),
        {"rows": as_json(records), "token": token},
    )


def release_all(connection: Connection, token: UUID) -> None:
    """Give back whatever is still held, unchecked: it is due as before."""
    connection.execute(
        text("""
            UPDATE pricewatch.watches
            SET claim_token = NULL, claimed_until = NULL, claimed_by = NULL, attempt = greatest(0, attempt - 1)
            WHERE claim_token = :token
        """),
        {"token": token},
    )


def count_due(connection: Connection, *, at_most: int, budget: timedelta) -> tuple[int, datetime | None]:
    """How many watches a run of this budget could claim, counted no further than `at_most`, and since when the first is due.

    Watches of a host that is reserved for longer, rests, or has no place free do not count: a run for them would find
    nothing to claim.
    """
    row = connection.execute(
        text(f"""
            SELECT count(*) AS due, min(next_due_at) AS oldest
            FROM (SELECT next_due_at FROM pricewatch.watches WHERE {_FREE} AND {HAS_ROOM} ORDER BY next_due_at LIMIT :at_most) due
        """),
        {"at_most": at_most, "budget_s": budget.total_seconds(), "token": None},
    ).one()
    return row.due, row.oldest
