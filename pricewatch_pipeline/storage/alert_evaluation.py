"""What rules are evaluated with, read for a whole chunk of checks; and what comes of it, written. The rules' watches are locked."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.alert_rules import AlertRule, RuleKind, ScopeKind
from pricewatch_pipeline.domain.alert_values import RuleState
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.politeness import BLOCKS_TO_OPEN
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.storage.alert_rule_rows import rule_of, state_of, state_record
from pricewatch_pipeline.storage.completions import refusals
from pricewatch_pipeline.storage.rows import AnyRow, as_json

log = logging.getLogger(__name__)

LONGEST_HISTORY = 2_000
"""Changes of one watch that rules may look back at."""
HOST = "host:"
"""What the subjects of rules about hosts begin with."""

StateKey = tuple[str, str]
"""(rule_id, subject)."""


@dataclass(frozen=True, kw_only=True)
class LiveRule:
    """A rule that may fire."""

    rule: AlertRule
    is_muted: bool = False


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A watch as rules and messages want to know it, after the check."""

    watch_id: str
    host: str
    url: str | None
    title: str | None
    store_id: str | None
    store_name: str | None
    product_id: str | None
    product_title: str | None
    target_price: Decimal | None
    target_currency: str | None
    cooldown: timedelta
    consecutive_failures: int
    is_muted: bool
    is_host_blocked: bool
    breaker_reason: str | None
    rules: tuple[LiveRule, ...]


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A chunk's subjects by watch, what their rules remember, and the database's clock."""

    subjects: Mapping[str, Subject]
    states: Mapping[StateKey, RuleState]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The history that the rules of one watch look at."""

    watch_id: str
    before: datetime
    """Only what began earlier: not the check itself."""
    since: datetime
    currency: str | None


@dataclass(frozen=True, kw_only=True)
class History:
    """What a price is compared with."""

    changes: tuple[PriceChange, ...] = ()
    """Oldest first."""
    first_price: Decimal | None = None
    lowest_price: Decimal | None = None
    lowest_at: datetime | None = None


def load(connection: Connection, watch_ids: Collection[str]) -> Loaded:
    """These watches, which must be there, with their live rules and what those remember; without those that no rule is about."""
    rows = connection.execute(_WATCHES, {"ids": sorted(watch_ids), "blocks": BLOCKS_TO_OPEN}).all()
    tags = {row.watch_id: {*row.tags, *row.product_tags} for row in rows}
    by_scope = _live_rules(connection, rows, {tag for each in tags.values() for tag in each})
    subjects = {}
    for row in rows:
        scopes = [(ScopeKind.ALL, None), *((ScopeKind.TAG, tag) for tag in sorted(tags[row.watch_id]))]
        scopes += [(ScopeKind.PRODUCT, row.product_id), (ScopeKind.WATCH, row.watch_id)]
        if rules := tuple(rule for scope in scopes for rule in by_scope.get(scope, ())):
            subjects[row.watch_id] = _subject_of(row, rules)
    return Loaded(subjects=subjects, states=_states(connection, subjects.values()), now=rows[0].now)


_WATCHES = text("""
SELECT w.watch_id, w.host, w.url, coalesce(w.title, w.last_title) AS title, w.store_id, s.name AS store_name, w.product_id,
       p.title AS product_title, w.tags, w.target_price, w.target_currency, w.alert_cooldown_s, w.consecutive_failures,
       array(SELECT t.tag FROM pricewatch.product_tags t WHERE t.product_id = w.product_id) AS product_tags,
       coalesce(w.muted_until > now(), false) AS is_muted,
       h.breaker_until IS NOT NULL AND h.blocks >= :blocks AS is_host_blocked, h.breaker_reason, clock_timestamp() AS now
FROM pricewatch.watches w JOIN pricewatch.hosts h USING (host)
LEFT JOIN pricewatch.stores s USING (store_id) LEFT JOIN pricewatch.products p USING (product_id)
WHERE w.watch_id = ANY(:ids) ORDER BY w.watch_id
""")
_LIVE = "archived_at IS NULL AND is_enabled"
_RULES = text(f"""
SELECT *, coalesce(muted_until > now(), false) AS is_muted FROM pricewatch.alert_rules
WHERE {_LIVE} AND (scope = 'all' OR (scope = 'watch' AND scope_id = ANY(:watch_ids))
    OR (scope = 'product' AND scope_id = ANY(:product_ids)) OR (scope = 'tag' AND scope_id = ANY(:tags)))
ORDER BY rule_id
""")
_RULES_OF_KIND = text(f"""
SELECT *, coalesce(muted_until > now(), false) AS is_muted FROM pricewatch.alert_rules
WHERE {_LIVE} AND kind = :kind ORDER BY rule_id
""")


def _live_rules(
    connection: Connection, rows: Sequence[AnyRow], tags: Collection[str]
) -> Mapping[tuple[ScopeKind, str | None], list[LiveRule]]:
    found = connection.execute(
        _RULES,
        {
            "watch_ids": [row.watch_id for row in rows],
            "product_ids": sorted({row.product_id for row in rows if row.product_id}),
            "tags": sorted(tags),
        },
    )
    by_scope: dict[tuple[ScopeKind, str | None], list[LiveRule]] = {}
    for live in _readable(found):
        by_scope.setdefault((live.rule.scope, live.rule.scope_id), []).append(live)
    return by_scope


def live_rules_of(connection: Connection, kind: RuleKind) -> list[LiveRule]:
    """All live rules of a kind, whatever their scope."""
    return list(_readable(connection.execute(_RULES_OF_KIND, {"kind": kind.value})))


def _readable(rows: Iterable[AnyRow]) -> Iterable[LiveRule]:
    for row in rows:
        try:
            yield LiveRule(rule=rule_of(row), is_muted=row.is_muted)
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            _tell_once(row.rule_id, f"{type(error).__name__}: {error}")


@cache
def _tell_once(rule_id: str, problem: str) -> None:
    """A newer version may have written it, or a person by hand: the other rules go on."""
    log.error("alert rule %s cannot be read and does nothing (`pricewatch alerts rules`): %s", rule_id, problem)


def _subject_of(row: AnyRow, rules: tuple[LiveRule, ...]) -> Subject:
    return Subject(
        watch_id=row.watch_id,
        host=row.host,
        url=row.url,
        title=row.title,
        store_id=row.store_id,
        store_name=row.store_name,
        product_id=row.product_id,
        product_title=row.product_title,
        target_price=row.target_price,
        target_currency=row.target_currency,
        cooldown=timedelta(seconds=row.alert_cooldown_s),
        consecutive_failures=row.consecutive_failures,
        is_muted=row.is_muted,
        is_host_blocked=row.is_host_blocked,
        breaker_reason=row.breaker_reason,
        rules=rules,
    )


def _states(connection: Connection, subjects: Collection[Subject]) -> dict[StateKey, RuleState]:
    about_hosts = {live.rule.rule_id for s in subjects for live in s.rules if live.rule.kind is RuleKind.BLOCKED}
    rows = connection.execute(
        text("""
            SELECT rule_id, subject, status, state FROM pricewatch.alert_states WHERE watch_id = ANY(:ids)
            UNION ALL
            SELECT rule_id, subject, status, state FROM pricewatch.alert_states
            WHERE rule_id = ANY(:rule_ids) AND subject = ANY(:hosts)
        """),
        {
            "ids": [subject.watch_id for subject in subjects],
            "rule_ids": sorted(about_hosts),
            "hosts": sorted({f"{HOST}{subject.host}" for subject in subjects}),
        },
    )
    return dict(_read_states(rows))


def _read_states(rows: Iterable[AnyRow]) -> Iterable[tuple[StateKey, RuleState]]:
    for row in rows:
        try:
            yield (row.rule_id, row.subject), state_of(row.status, row.state)
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            log.error(
                "what alert rule %s remembers of %s cannot be read; it begins anew: %s", row.rule_id, row.subject, error
            )


_HISTORY = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
        watch_id text, before timestamptz, since timestamptz, currency text)
)
"""
# What stood at `since` counts, and the last price before it became unknown.
_CHANGES = text(f"""{_HISTORY}
SELECT c.watch_id, c.began_at, c.price, c.currency, c.availability
FROM wanted i
CROSS JOIN LATERAL (
    SELECT min(k.began_at) AS from_at FROM (
        (SELECT began_at FROM pricewatch.price_changes
         WHERE watch_id = i.watch_id AND began_at <= i.since AND began_at < i.before ORDER BY began_at DESC LIMIT 1)
        UNION ALL
        (SELECT began_at FROM pricewatch.price_changes
         WHERE watch_id = i.watch_id AND price IS NOT NULL AND began_at < i.before ORDER BY began_at DESC LIMIT 1)
    ) k
) first
CROSS JOIN LATERAL (
    SELECT * FROM pricewatch.price_changes p
    WHERE p.watch_id = i.watch_id AND p.began_at < i.before AND p.began_at >= least(first.from_at, i.since)
    ORDER BY p.began_at DESC LIMIT :longest
) c
ORDER BY c.watch_id, c.began_at
""")
_MARKS = text(f"""{_HISTORY}
SELECT i.watch_id, f.price AS first_price, l.price AS lowest_price, l.began_at AS lowest_at
FROM wanted i
LEFT JOIN LATERAL (
    SELECT price FROM pricewatch.price_changes
    WHERE watch_id = i.watch_id AND began_at < i.before AND price IS NOT NULL AND currency IS NOT DISTINCT FROM i.currency
    ORDER BY began_at LIMIT 1
) f ON true
LEFT JOIN LATERAL (
    SELECT price, began_at FROM pricewatch.price_changes
    WHERE watch_id = i.watch_id AND began_at < i.before AND price > 0 AND currency IS NOT DISTINCT FROM i.currency
      AND availability IS DISTINCT FROM 'OutOfStock' AND availability IS DISTINCT FROM 'Discontinued'
    ORDER BY price LIMIT 1
) l ON true
""")


def histories(connection: Connection, wanted: Collection[Wanted]) -> dict[str, History]:
    """What prices were before, by watch."""
    rows = as_json(
        {"watch_id": w.watch_id, "before": w.before, "since": w.since, "currency": w.currency} for w in wanted
    )
    marks = connection.execute(_MARKS, {"rows": rows}).all()
    changes: dict[str, list[PriceChange]] = {row.watch_id: [] for row in marks}
    for watch_id, began_at, price, currency, availability in connection.execute(
        _CHANGES, {"rows": rows, "longest": LONGEST_HISTORY}
    ):
        known = Availability(availability) if availability else None
        changes[watch_id].append(PriceChange(began_at=began_at, price=price, currency=currency, availability=known))
    return {
        row.watch_id: History(
            changes=tuple(changes[row.watch_id]),
            first_price=row.first_price,
            lowest_price=row.lowest_price,
            lowest_at=row.lowest_at,
        )
        for row in marks
    }


@dataclass(frozen=True, kw_only=True)
class LockedState:
    """What a rule remembers of something that is no watch, and how its host stands now."""

    state: RuleState
    is_host_blocked: bool = False
    breaker_reason: str | None = None


def lock_states(connection: Connection, keys: Collection[StateKey]) -> dict[StateKey, LockedState]:
    """States that no lock of a watch guards, one transaction at a time: made where there is none, in one order everywhere."""
    rows = as_json({"rule_id": rule_id, "subject": subject} for rule_id, subject in sorted(keys))
    connection.execute(_MAKE_STATES, {"rows": rows})
    found = connection.execute(_LOCK_STATES, {"rows": rows, "prefix": HOST, "blocks": BLOCKS_TO_OPEN}).all()
    states = dict(_read_states(found))
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
SELECT s.rule_id, s.subject, s.status, s.state, h.breaker_reason,
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


@contextmanager
def kept_apart(connection: Connection) -> Iterator[None]:
    """What the block writes is undone when it fails, and nothing else of the transaction.

    Raises:
        NotStorable: the database refuses what was to be written.
    """
    with refusals(), connection.begin_nested():
        yield


def store(
    connection: Connection, states: Mapping[StateKey, RuleState], alerts: Sequence[Alert], *, watch_ids: Collection[str]
) -> list[str]:
    """Write what changed; `watch_ids` says which subjects are watches. The keys of the alerts that were not there before."""
    if states:
        connection.execute(_STORE_STATES, {"rows": as_json(_state_records(states, watch_ids))})
    if not alerts:
        return []
    return list(connection.execute(_STORE_ALERTS, {"rows": as_json(map(_alert_record, alerts))}).scalars())


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


_STORE_STATES = text("""
INSERT INTO pricewatch.alert_states (rule_id, subject, watch_id, status, state)
SELECT rule_id, subject, watch_id, status, state FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
    rule_id text, subject text, watch_id text, status text, state jsonb)
ORDER BY rule_id, subject
ON CONFLICT (rule_id, subject) DO UPDATE SET status = excluded.status, state = excluded.state, updated_at = now()
""")
_STORE_ALERTS = text("""
WITH input AS (
    SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
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
