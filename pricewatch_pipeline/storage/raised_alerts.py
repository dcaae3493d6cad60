"""What comes of a look of the rules, written: alerts with their deliveries, and what rules remember."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.alert_rules import AlertRule
from pricewatch_pipeline.domain.alert_values import RuleState
from pricewatch_pipeline.domain.politeness import BLOCKS_TO_OPEN
from pricewatch_pipeline.storage.alert_evaluation import HOST, StateKey, read_states
from pricewatch_pipeline.storage.alert_rule_rows import state_record
from pricewatch_pipeline.storage.refusals import refusals
from pricewatch_pipeline.storage.rows import as_json


@dataclass(frozen=True, kw_only=True)
class LockedState:
    """What a rule remembers of something that is no watch, and how its host stands now."""

    state: RuleState
    is_host_blocked: bool = False
    breaker_reason: str | None = None


def lock_states(connection: Connection, keys: Collection[StateKey]) -> dict[StateKey, LockedState]:
    """States that no lock of a watch guards, one transaction at a time: made where there is none, in one order everywhere."""
    if not keys:
        return {}
    rows = as_json({"rule_id": rule_id, "subject": subject} for rule_id, subject in sorted(keys))
    connection.execute(_MAKE_STATES, {"rows": rows})
    found = connection.execute(_LOCK_STATES, {"rows": rows, "prefix": HOST, "blocks": BLOCKS_TO_OPEN}).all()
    states = dict(read_states(row[:4] for row in found))
    return {
        (key := (row.rule_id, row.subject)): LockedState(
            state=states.get(key) or RuleState(),
            is_host_blocked=row.is_host_blocked,
            breaker_reason=row.breaker_reason,
        )
        for row in found
    }


_MAKE_STATES = text("""
INSERT INTO pricewatch.alert_states (rule_id, subject, status, state)
SELECT rule_id, subject, 'armed', '{}' FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(rule_id text, subject text)
ORDER BY rule_id, subject
ON CONFLICT DO NOTHING
""")
_LOCK_STATES = text("""
SELECT s.rule_id, s.subject, s.status, s.state::text AS state, h.breaker_reason,
       coalesce(h.breaker_until IS NOT NULL AND h.blocks >= :blocks, false) AS is_host_blocked
FROM pricewatch.alert_states s
JOIN jsonb_to_recordset(cast(:rows AS jsonb)) AS r(rule_id text, subject text) USING (rule_id, subject)
LEFT JOIN pricewatch.hosts h ON :prefix || h.host = s.subject
ORDER BY s.rule_id, s.subject FOR UPDATE OF s
""")


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A rule that fired, and how it is to be told."""

    key: str
    rule: AlertRule
    subject: str
    watch_id: str | None
    slot_at: datetime
    price: Decimal | None
    currency: str | None
    was_price: Decimal | None
    threshold: Decimal | None
    reason: str
    facts: Mapping[str, Any]
    is_muted: bool
    channels: Sequence[str]
    """Empty: kept and not sent."""
    due_at: datetime


def store(
    connection: Connection, states: Mapping[StateKey, RuleState], alerts: Sequence[Alert], *, watch_ids: Collection[str]
) -> list[str]:
    """Write what changed; `watch_ids` says which subjects are watches. The keys of the alerts that were not there before.

    Raises:
        NotStorable: the database refuses some of it; nothing of it was written, and the transaction goes on.
    """
    if not states and not alerts:
        return []
    with refusals(ValueError, TypeError), connection.begin_nested():
        remembered = as_json(_state_records(states, watch_ids))
        if not alerts:
            connection.execute(_STORE_STATES, {"states": remembered})
            return []
        told = connection.execute(_STORE, {"states": remembered, "alerts": as_json(map(_alert_record, alerts))})
        return list(told.scalars())


def has_told_of_run(connection: Connection, key: StateKey, run_id: str) -> bool:
    """Whether there is an alert of this rule and subject about the run."""
    rule_id, subject = key
    found = connection.execute(
        text("""
            SELECT EXISTS (SELECT FROM pricewatch.alerts
                           WHERE rule_id = :rule_id AND subject = :subject AND facts ->> 'run_id' = :run_id)
        """),
        {"rule_id": rule_id, "subject": subject, "run_id": run_id},
    )
    return bool(found.scalar_one())


_REMEMBER = """
INSERT INTO pricewatch.alert_states (rule_id, subject, watch_id, status, state)
SELECT rule_id, subject, watch_id, status, state FROM jsonb_to_recordset(cast(:states AS jsonb)) AS r(
    rule_id text, subject text, watch_id text, status text, state jsonb)
ORDER BY rule_id, subject
ON CONFLICT (rule_id, subject) DO UPDATE SET status = excluded.status, state = excluded.state, updated_at = now()
"""
_STORE_STATES = text(_REMEMBER)
_STORE = text(f"""
WITH remembered AS ({_REMEMBER}), input AS (
    SELECT * FROM jsonb_to_recordset(cast(:alerts AS jsonb)) AS r(
        key text, rule_id text, rule_kind text, subject text, watch_id text, slot_at timestamptz, price numeric,
        currency text, was_price numeric, threshold numeric, reason text, facts jsonb, is_muted bool, channels jsonb,
        digest text, due_at timestamptz)
), raised AS (
    INSERT INTO pricewatch.alerts (key, rule_id, rule_kind, subject, watch_id, slot_at, price, currency, was_price, threshold,
        reason, facts, is_muted)
    SELECT key, rule_id, rule_kind, subject, watch_id, slot_at, price, currency, was_price, threshold, reason, facts, is_muted
    FROM input ORDER BY rule_id, subject
    ON CONFLICT DO NOTHING
    RETURNING alert_id, key
), delivered AS (
    INSERT INTO pricewatch.alert_deliveries (alert_id, channel, digest, due_at)
    SELECT r.alert_id, channel, i.digest, i.due_at
    FROM raised r JOIN input i USING (key) CROSS JOIN LATERAL jsonb_array_elements_text(i.channels) AS channel
    ON CONFLICT DO NOTHING
)
SELECT key FROM raised
""")


def _state_records(states: Mapping[StateKey, RuleState], watch_ids: Collection[str]) -> Iterable[dict[str, Any]]:
    for (rule_id, subject), state in states.items():
        yield {
            "rule_id": rule_id,
            "subject": subject,
            "watch_id": subject if subject in watch_ids else None,
            "status": state.status.value,
            "state": state_record(state),
        }


def _alert_record(alert: Alert) -> dict[str, Any]:
    return {
        "key": alert.key,
        "rule_id": alert.rule.rule_id,
        "rule_kind": alert.rule.kind.value,
        "subject": alert.subject,
        "watch_id": alert.watch_id,
        "slot_at": alert.slot_at,
        "price": alert.price,
        "currency": alert.currency,
        "was_price": alert.was_price,
        "threshold": alert.threshold,
        "reason": alert.reason,
        "facts": {name: value for name, value in alert.facts.items() if value is not None},
        "is_muted": alert.is_muted,
        "channels": list(alert.channels),
        "digest": alert.rule.digest.value,
        "due_at": alert.due_at,
    }
