"""The outbox of alerts: claim deliveries, and write down how each ended. The database's clock only; a claim is a token and a
lease, nothing is locked while somebody sends, and only who holds the claim may write."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.alert_rules import Digest, RuleKind
from pricewatch_pipeline.domain.deliveries import Delivery, Failure
from pricewatch_pipeline.domain.messages import AlertRecord
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.storage.rows import AnyRow, as_json

MOST_IN_DIGEST = 500

# What is pending, by channel and kind of digest: found by leaps through the index, so that the crowd of one does not count.
_LINES = """
RECURSIVE line AS (
    (SELECT channel, digest FROM pricewatch.alert_deliveries WHERE state = 'pending' ORDER BY channel, digest LIMIT 1)
    UNION ALL
    SELECT n.channel, n.digest FROM line l CROSS JOIN LATERAL (
        SELECT channel, digest FROM pricewatch.alert_deliveries
        WHERE state = 'pending' AND (channel, digest) > (l.channel, l.digest) ORDER BY channel, digest LIMIT 1) n
), awake AS (
    SELECT l.channel, l.digest FROM line l LEFT JOIN pricewatch.alert_channels c USING (channel)
    WHERE (c.rests_until IS NULL OR c.rests_until <= now()) AND l.channel <> ALL(cast(:without AS text[]))
)"""
_FREE = """
    d.state = 'pending' AND d.channel = a.channel AND d.digest = a.digest AND d.due_at <= now()
    AND (d.claimed_until IS NULL OR d.claimed_until < now())"""

# In two steps: the planner takes what a LATERAL finds for a large part of the table, and would read all of it.
_LOCK_DUE = text(f"""
WITH {_LINES}
SELECT f.delivery_id FROM awake a CROSS JOIN LATERAL (
    SELECT d.delivery_id FROM pricewatch.alert_deliveries d WHERE {_FREE}
    ORDER BY d.due_at LIMIT CASE WHEN a.digest = 'none' THEN cast(:limit AS int) ELSE {MOST_IN_DIGEST} END
    FOR UPDATE OF d SKIP LOCKED) f
""")
_CLAIM = text("""
WITH claimed AS (
    UPDATE pricewatch.alert_deliveries
    SET claim_token = :token, claimed_until = now() + make_interval(secs => :lease_s), attempts = attempts + 1
    WHERE delivery_id = ANY(:ids)
    RETURNING delivery_id, alert_id, channel, digest, attempts, due_at
)
SELECT c.*, a.*, r.params ->> 'title_template' AS title_template, r.params ->> 'body_template' AS body_template
FROM claimed c JOIN pricewatch.alerts a USING (alert_id) LEFT JOIN pricewatch.alert_rules r USING (rule_id)
ORDER BY c.due_at, c.delivery_id
""")


def claim(
    connection: Connection, token: UUID, *, limit: int, lease: timedelta, without: Collection[str] = ()
) -> list[Delivery]:
    """Take what is due, so that nobody else does before the lease ends: of each channel up to `limit` single messages, and
    all that its digest is to hold. Channels that rest, and those named, are left out."""
    ids = connection.execute(_LOCK_DUE, {"limit": limit, "without": sorted(without)}).scalars().all()
    if not ids:
        return []
    rows = connection.execute(_CLAIM, {"token": token, "ids": list(ids), "lease_s": lease.total_seconds()})
    return [_delivery(row) for row in rows]


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        channel=row.channel,
        digest=Digest(row.digest),
        attempts=row.attempts,
        alert=alert_of(row),
    )


def alert_of(row: AnyRow) -> AlertRecord:
    """A row of `alerts`, with the templates of its rule, as a value."""
    return AlertRecord(
        key=row.key,
        rule_id=row.rule_id,
        rule_kind=RuleKind(row.rule_kind),
        subject=row.subject,
        watch_id=row.watch_id,
        slot_at=row.slot_at,
        fired_at=row.fired_at,
        price=row.price,
        currency=row.currency,
        was_price=row.was_price,
        threshold=row.threshold,
        reason=row.reason,
        facts=row.facts,
        title_template=row.title_template,
        body_template=row.body_template,
    )


def renew(connection: Connection, token: UUID, delivery_ids: Collection[int], *, lease: timedelta) -> None:
    """Make the lease of these run anew."""
    connection.execute(
        text("""
            UPDATE pricewatch.alert_deliveries SET claimed_until = now() + make_interval(secs => :lease_s)
            WHERE delivery_id = ANY(:ids) AND claim_token = :token AND state = 'pending'
        """),
        {"ids": sorted(delivery_ids), "token": token, "lease_s": lease.total_seconds()},
    )


def sent(connection: Connection, token: UUID, channel: str, delivery_ids: Collection[int]) -> int:
    """These are sent; how many of them were still ours. A channel that failed before works again: what waited for another
    attempt is due now."""
    marked = connection.execute(
        text("""
            UPDATE pricewatch.alert_deliveries
            SET state = 'sent', sent_at = clock_timestamp(), error = NULL, claim_token = NULL, claimed_until = NULL
            WHERE delivery_id = ANY(:ids) AND claim_token = :token AND state = 'pending'
        """),
        {"ids": sorted(delivery_ids), "token": token},
    ).rowcount
    connection.execute(
        text("""
            WITH before AS (
                SELECT failures FROM pricewatch.alert_channels WHERE channel = :channel
            ), works AS (
                INSERT INTO pricewatch.alert_channels AS c (channel, last_sent_at) VALUES (:channel, clock_timestamp())
                ON CONFLICT (channel) DO UPDATE
                SET last_sent_at = excluded.last_sent_at, failures = 0, rests_until = NULL
            )
            UPDATE pricewatch.alert_deliveries SET due_at = now()
            WHERE EXISTS (SELECT FROM before WHERE failures > 0)
              AND channel = :channel AND state = 'pending' AND attempts > 0 AND claim_token IS NULL AND due_at > now()
        """),
        {"channel": channel},
    )
    return marked


def failed(connection: Connection, token: UUID, failures: Collection[Failure]) -> int:
    """These were not; how many of them were still ours."""
    records = [
        {"id": each.delivery_id, "error": each.error, "is_dead": each.is_dead, "wait_s": each.wait.total_seconds()}
        for each in failures
    ]
    return connection.execute(
        text("""
            UPDATE pricewatch.alert_deliveries d
            SET state = CASE WHEN f.is_dead THEN 'dead' ELSE 'pending' END, error = f.error,
                due_at = clock_timestamp() + make_interval(secs => f.wait_s), claim_token = NULL, claimed_until = NULL
            FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS f(id bigint, error text, is_dead bool, wait_s float8)
            WHERE d.delivery_id = f.id AND d.claim_token = :token AND d.state = 'pending'
        """),
        {"rows": as_json(records), "token": token},
    ).rowcount


def channel_failed(connection: Connection, channel: str, error: str, *, counts: bool) -> int:
    """Write down that a channel failed; how often it has in a row. What does not count says nothing of the channel, but of
    the message."""
    failures: int = connection.execute(
        text("""
            INSERT INTO pricewatch.alert_channels AS c (channel, failures, last_failed_at, last_error)
            VALUES (:channel, :counts, clock_timestamp(), :error)
            ON CONFLICT (channel) DO UPDATE SET failures = c.failures + :counts, last_failed_at = excluded.last_failed_at,
                last_error = excluded.last_error
            RETURNING failures
        """),
        {"channel": channel, "error": error, "counts": int(counts)},
    ).scalar_one()
    return failures


def let_rest(connection: Connection, channel: str, rest: timedelta) -> None:
    """Leave a channel alone for so long."""
    connection.execute(
        text("""
            UPDATE pricewatch.alert_channels SET rests_until = clock_timestamp() + make_interval(secs => :rest_s)
            WHERE channel = :channel
        """),
        {"channel": channel, "rest_s": rest.total_seconds()},
    )


def release(connection: Connection, token: UUID, delivery_ids: Collection[int]) -> None:
    """Give back what was not tried: it is due as before, and no attempt counts."""
    connection.execute(
        text("""
            UPDATE pricewatch.alert_deliveries
            SET claim_token = NULL, claimed_until = NULL, attempts = greatest(0, attempts - 1)
            WHERE delivery_id = ANY(:ids) AND claim_token = :token AND state = 'pending'
        """),
        {"ids": sorted(delivery_ids), "token": token},
    )


def due_count(connection: Connection, *, at_most: int = 1000, without: Collection[str] = ()) -> int:
    """How many could be claimed now, counted no further than `at_most`."""
    count: int = connection.execute(
        text(f"""
            WITH {_LINES}
            SELECT count(*) FROM (
                SELECT FROM awake a CROSS JOIN LATERAL (
                    SELECT FROM pricewatch.alert_deliveries d WHERE {_FREE} LIMIT :at_most) f LIMIT :at_most) due
        """),
        {"at_most": at_most, "without": sorted(without)},
    ).scalar_one()
    return count


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """How the outbox stands."""

    due: int
    """Pending and due, whether or not their channel rests."""
    oldest_due_at: datetime | None
    waiting: int
    """Pending for later: digests, quiet hours, another attempt."""
    dead: int


def backlog(connection: Connection) -> Backlog:
    """Counted in full."""
    row = connection.execute(
        text("""
            SELECT p.*, (SELECT count(*) FROM pricewatch.alert_deliveries WHERE state = 'dead') AS dead
            FROM (SELECT count(*) FILTER (WHERE due_at <= now()) AS due, min(due_at) FILTER (WHERE due_at <= now()) AS oldest_due_at,
                         count(*) FILTER (WHERE due_at > now()) AS waiting
                  FROM pricewatch.alert_deliveries WHERE state = 'pending') p
        """)
    )
    return Backlog(**row.mappings().one())


def retry(connection: Connection, keys: Sequence[str] | None = None) -> int:
    """Make these alerts' deliveries due now that are dead, cancelled or wait for another attempt (None: all that are dead);
    how many. Their channels need not rest any longer."""
    rows = connection.execute(
        text("""
            UPDATE pricewatch.alert_deliveries d SET state = 'pending', due_at = now(), attempts = 0
            FROM pricewatch.alerts a
            WHERE a.alert_id = d.alert_id AND (d.claimed_until IS NULL OR d.claimed_until < now())
              AND CASE WHEN cast(:keys AS text[]) IS NULL THEN d.state = 'dead'
                       ELSE a.key = ANY(:keys) AND (d.state IN ('dead', 'cancelled') OR (d.state = 'pending' AND d.attempts > 0)) END
            RETURNING d.channel
        """),
        {"keys": None if keys is None else list(keys)},
    )
    channels = list(rows.scalars())
    connection.execute(
        text("UPDATE pricewatch.alert_channels SET rests_until = NULL WHERE channel = ANY(:channels)"),
        {"channels": sorted(set(channels))},
    )
    return len(channels)


def cancel(connection: Connection, *, rule_ids: Collection[str], watch_ids: Collection[str]) -> int:
    """Send nothing of these rules and watches that still waits, as for quiet hours, a digest or another attempt; how many
    deliveries that are. What somebody is just sending is sent."""
    return connection.execute(
        text("""
            UPDATE pricewatch.alert_deliveries d SET state = 'cancelled', claim_token = NULL, claimed_until = NULL
            FROM pricewatch.alerts a
            WHERE a.alert_id = d.alert_id AND d.state = 'pending' AND (d.claimed_until IS NULL OR d.claimed_until < now())
              AND (a.rule_id = ANY(:rule_ids) OR a.watch_id = ANY(:watch_ids))
        """),
        {"rule_ids": sorted(rule_ids), "watch_ids": sorted(watch_ids)},
    ).rowcount


def address(connection: Connection, keys: Sequence[str], channels: Sequence[str]) -> int:
    """Send those of these alerts to these channels that were to reach nobody; how many deliveries that makes."""
    return connection.execute(
        text("""
            INSERT INTO pricewatch.alert_deliveries (alert_id, channel)
            SELECT alert_id, channel FROM pricewatch.alerts a CROSS JOIN unnest(cast(:channels AS text[])) channel
            WHERE key = ANY(:keys) AND NOT is_muted
              AND NOT EXISTS (SELECT FROM pricewatch.alert_deliveries d WHERE d.alert_id = a.alert_id)
            ON CONFLICT DO NOTHING
        """),
        {"keys": list(keys), "channels": list(channels)},
    ).rowcount


def prune(connection: Connection, *, keep: timedelta, limit: int = 10_000) -> int:
    """Delete up to `limit` alerts older than `keep` of which nothing waits any more, with their deliveries; how many."""
    return connection.execute(
        text("""
            DELETE FROM pricewatch.alerts WHERE alert_id IN (
                SELECT alert_id FROM pricewatch.alerts a
                WHERE fired_at < now() - make_interval(secs => :keep_s) AND NOT EXISTS (
                    SELECT FROM pricewatch.alert_deliveries d WHERE d.alert_id = a.alert_id AND d.state = 'pending')
                ORDER BY fired_at LIMIT :limit)
        """),
        {"keep_s": keep.total_seconds(), "limit": limit},
    ).rowcount


def histories(
    connection: Connection, watch_ids: Collection[str], *, window: timedelta
) -> dict[str, tuple[PriceChange, ...]]:
    """What the prices of these watches were within the window, and what stood when it began; oldest first."""
    if not watch_ids:
        return {}
    rows = connection.execute(
        text("""
            SELECT p.* FROM pricewatch.price_changes p WHERE p.watch_id = ANY(:ids) AND p.began_at >= coalesce(
                (SELECT max(b.began_at) FROM pricewatch.price_changes b
                 WHERE b.watch_id = p.watch_id AND b.began_at <= now() - make_interval(secs => :window_s)), '-infinity')
            ORDER BY p.watch_id, p.began_at
        """),
        {"ids": sorted(set(watch_ids)), "window_s": window.total_seconds()},
    )
    return {watch_id: tuple(map(_change, changes)) for watch_id, changes in groupby(rows, attrgetter("watch_id"))}


def _change(row: AnyRow) -> PriceChange:
    return PriceChange(
        began_at=row.began_at,
        price=row.price,
        currency=row.currency,
        availability=Availability(row.availability) if row.availability else None,
    )
