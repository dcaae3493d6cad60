"""What rules are evaluated with, read for a whole chunk of checks. Their watches are locked, so nobody else changes it."""

import json
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.alert_rules import OPERATIONAL, AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.alert_values import RuleState
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.politeness import BLOCKS_TO_OPEN
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.price_rules import days_back
from pricewatch_pipeline.storage.alert_rule_rows import readable, state_of
from pricewatch_pipeline.storage.rows import AnyRow, as_json

log = logging.getLogger(__name__)

LONGEST_HISTORY = 2_000
"""Changes of one watch that rules may look back at."""
HOST = "host:"
"""What the subjects of rules about hosts begin with."""

_AVAILABILITY: dict[str, Availability] = {each.value: each for each in Availability}

_ABOUT_CHECKS = frozenset({RuleKind.FAILING, RuleKind.QUARANTINED})

StateKey = tuple[str, str]
"""(rule_id, subject)."""
_Scope = tuple[str, str | None]
"""The kind of scope, and whom in it."""


@dataclass(frozen=True, kw_only=True)
class LiveRule:
    """A rule that may fire."""

    rule: AlertRule
    is_muted: bool = False


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """The rules about a watch, sorted once for all watches that have the same."""

    about_prices: tuple[LiveRule, ...]
    """Only a success can move them."""
    about_checks: tuple[LiveRule, ...]
    """Operational ones about the watch itself."""
    about_hosts: tuple[LiveRule, ...]
    windowed: tuple[LiveRule, ...]
    """Those about prices that look back at a window."""
    has_first: bool
    """Whether any asks for the first price."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A watch as rules want to know it, after the check."""

    watch_id: str
    host: str
    target_price: Decimal | None
    target_currency: str | None
    cooldown: timedelta
    consecutive_failures: int
    is_host_blocked: bool
    rules: RuleSet
    told: AnyRow
    """What only alerts say, and few checks raise any: provider, url, title, store_id, store_name, product_id, product_title,
    last_success_at; and is_muted."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A chunk's subjects by watch, what their rules remember, and the database's clock."""

    subjects: Mapping[str, Subject]
    states: Mapping[StateKey, RuleState]
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The prices that the rules of one watch look at."""

    watch_id: str
    before: datetime
    """Only what began earlier: not the check itself."""
    currency: str | None
    has_first: bool = False
    """Whether any rule asks for the first price."""
    has_window: bool = False
    """Whether any rule looks at a window."""
    since: datetime | None = None
    """For windows: when the longest begins."""


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What is known of the prices of a watch, but for windows."""

    known_last: tuple[PriceChange, ...] = ()
    """Oldest first: the newest change; and where it says less, the newest with a price, with an availability, and with a price
    that somebody could pay."""
    first_price: Decimal | None = None
    lowest_price: Decimal | None = None
    """Ever, in the watch's currency, that somebody could pay; so is the highest."""
    lowest_at: datetime | None = None
    highest_price: Decimal | None = None
    """None, too, where no rule looks at a window."""


def load(connection: Connection, watch_ids: Collection[str]) -> Loaded:
    """These watches, which must be there, with their live rules and what those remember; without those that no rule is about."""
    rows = connection.execute(_WATCHES, {"ids": sorted(watch_ids), "blocks": BLOCKS_TO_OPEN, "prefix": HOST}).all()
    # By position: to name a column of a row costs ten times as much.
    scopes = {watch_id: _scopes(watch_id, product_id, tags) for watch_id, _, product_id, tags, *_ in rows}
    by_scope = _live_rules(connection, {scope for each in scopes.values() for scope in each})
    sets: dict[tuple[_Scope, ...], RuleSet] = {}
    subjects = {}
    remembered: dict[StateKey, RuleState] = {}
    for row in rows:
        watch_id, host, _, _, price, currency, cooldown_s, failures, is_blocked, states, host_states, *_ = row
        _remember(watch_id, states, remembered)
        if host_states:
            _remember(f"{HOST}{host}", host_states, remembered)
        if met := tuple(scope for scope in scopes[watch_id] if scope in by_scope):
            if met not in sets:
                sets[met] = _rule_set([rule for scope in met for rule in by_scope[scope]])
            subjects[watch_id] = Subject(
                watch_id=watch_id,
                host=host,
                target_price=price,
                target_currency=currency,
                cooldown=_cooldown(cooldown_s),
                consecutive_failures=failures,
                is_host_blocked=is_blocked,
                rules=sets[met],
                told=row,
            )
    return Loaded(subjects=subjects, states=remembered, now=rows[0].now)


def _scopes(watch_id: str, product_id: str | None, tags: Sequence[str]) -> list[_Scope]:
    tagged = [("tag", tag) for tag in sorted(set(tags))] if tags else ()
    return [("all", None), *tagged, ("product", product_id), ("watch", watch_id)]


@lru_cache(maxsize=256)
def _cooldown(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


# As lines: half the price of JSON, on both sides. In `state`, as PostgreSQL writes JSON, no line ends.
_STATE = r"a.status || E'\n' || a.state || E'\n' || a.rule_id"
_WATCHES = text(f"""
SELECT w.watch_id, w.host, w.product_id,
       w.tags || array(SELECT t.tag FROM pricewatch.product_tags t WHERE t.product_id = w.product_id) AS tags,
       w.target_price, w.target_currency, w.alert_cooldown_s, w.consecutive_failures,
       h.breaker_until IS NOT NULL AND h.blocks >= :blocks AS is_host_blocked,
       array(SELECT {_STATE} FROM pricewatch.alert_states a WHERE a.watch_id = w.watch_id) AS states,
       array(SELECT {_STATE} FROM pricewatch.alert_states a
             WHERE a.watch_id IS NULL AND a.subject = :prefix || w.host) AS host_states,
       w.provider, w.url, coalesce(w.title, w.last_title) AS title, w.store_id, s.name AS store_name, p.title AS product_title,
       w.last_success_at, coalesce(w.muted_until > now(), false) AS is_muted, clock_timestamp() AS now
FROM pricewatch.watches w JOIN pricewatch.hosts h USING (host)
LEFT JOIN pricewatch.stores s USING (store_id) LEFT JOIN pricewatch.products p USING (product_id)
WHERE w.watch_id = ANY(:ids) ORDER BY w.watch_id
""")
_LIVE = "archived_at IS NULL AND is_enabled"
_RULES = text(f"""
SELECT rule_id, kind, scope, scope_id, params, is_enabled, coalesce(muted_until > now(), false) AS is_muted
FROM pricewatch.alert_rules
WHERE {_LIVE} AND (scope = 'all' OR (scope = 'watch' AND scope_id = ANY(:watch_ids))
    OR (scope = 'product' AND scope_id = ANY(:product_ids)) OR (scope = 'tag' AND scope_id = ANY(:tags)))
ORDER BY rule_id
""")
_RULES_OF_KIND = text(f"""
SELECT rule_id, kind, scope, scope_id, params, is_enabled, coalesce(muted_until > now(), false) AS is_muted
FROM pricewatch.alert_rules
WHERE {_LIVE} AND kind = :kind ORDER BY rule_id
""")


def _live_rules(connection: Connection, scopes: Iterable[_Scope]) -> Mapping[_Scope, list[LiveRule]]:
    ids: dict[str, list[str]] = {"watch": [], "product": [], "tag": []}
    for scope, scope_id in scopes:
        if scope_id is not None:
            ids[scope].append(scope_id)
    found = connection.execute(
        _RULES, {"watch_ids": ids["watch"], "product_ids": ids["product"], "tags": ids["tag"]}
    ).all()
    by_scope: dict[_Scope, list[LiveRule]] = {}
    for live in _readable(found):
        by_scope.setdefault((live.rule.scope.value, live.rule.scope_id), []).append(live)
    return by_scope


def _rule_set(rules: Iterable[LiveRule]) -> RuleSet:
    about_prices = tuple(live for live in rules if live.rule.kind not in OPERATIONAL)
    return RuleSet(
        about_prices=about_prices,
        about_checks=tuple(live for live in rules if live.rule.kind in _ABOUT_CHECKS),
        about_hosts=tuple(live for live in rules if live.rule.kind is RuleKind.BLOCKED),
        windowed=tuple(live for live in about_prices if days_back(live.rule)),
        has_first=any(live.rule.baseline is Baseline.FIRST for live in about_prices),
    )


def live_rules_of(connection: Connection, kind: RuleKind) -> list[LiveRule]:
    """All live rules of a kind, whatever their scope."""
    return list(_readable(connection.execute(_RULES_OF_KIND, {"kind": kind.value})))


def _readable(rows: Iterable[AnyRow]) -> Iterable[LiveRule]:
    return (LiveRule(rule=rule, is_muted=row.is_muted) for row, rule in readable(rows))


def _remember(subject: str, lines: Iterable[str], states: dict[StateKey, RuleState]) -> None:
    for line in lines:
        said, _, rule_id = line.rpartition("\n")
        if (state := _read(rule_id, subject, said)) is not None:
            states[rule_id, subject] = state


def read_states(rows: Iterable[Sequence[Any]]) -> Iterable[tuple[StateKey, RuleState]]:
    """What rules remember, from (rule_id, subject, status, state as text)."""
    for rule_id, subject, status, state in rows:
        if (read := _read(rule_id, subject, f"{status}\n{state}")) is not None:
            yield (rule_id, subject), read


def _read(rule_id: str, subject: str, said: str) -> RuleState | None:
    try:
        return _state(said)
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        log.error("what alert rule %s remembers of %s cannot be read; it begins anew: %s", rule_id, subject, error)
        return None


@lru_cache(maxsize=4096)
def _state(said: str) -> RuleState:
    """Most rules remember the same: nothing but a currency."""
    status, state = said.split("\n", 1)
    return state_of(status, json.loads(state))


# As `domain/insights.py` has it, in the words of the index.
_IS_PAYABLE = (
    "price > 0 AND availability IS DISTINCT FROM 'OutOfStock' AND availability IS DISTINCT FROM 'Discontinued'"
)
_BEFORE = "watch_id = i.watch_id AND began_at < i.before"
_SAME_CURRENCY = "coalesce(currency, '') = coalesce(i.currency, '')"
_WANTED = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
        watch_id text, before timestamptz, since timestamptz, currency char(3), has_first bool,
        has_window bool)
)
"""
_MARKS = text(f"""{_WANTED}
SELECT i.watch_id, n.began_at, n.price, n.currency, n.availability, f.price AS first_price, l.price AS lowest_price,
       l.began_at AS lowest_at, h.price AS highest_price,
       n.price > 0 AND n.availability NOT IN ('OutOfStock', 'Discontinued')
       AND coalesce(n.currency, '') = coalesce(i.currency, '') AS says_all
FROM wanted i
LEFT JOIN LATERAL (SELECT * FROM pricewatch.price_changes WHERE {_BEFORE} ORDER BY began_at DESC LIMIT 1) n ON true
LEFT JOIN LATERAL (
    -- Mostly the very first will do, one step along the index; looked for by currency, the planner sorts the whole history.
    SELECT CASE WHEN price > 0 AND {_SAME_CURRENCY} THEN price ELSE (
        SELECT price FROM pricewatch.price_changes WHERE {_BEFORE} AND price > 0 AND {_SAME_CURRENCY}
        ORDER BY began_at LIMIT 1) END AS price
    FROM (SELECT * FROM pricewatch.price_changes WHERE i.has_first AND {_BEFORE} ORDER BY began_at LIMIT 1) oldest
) f ON true
LEFT JOIN LATERAL (
    SELECT price, began_at FROM pricewatch.price_changes WHERE {_BEFORE} AND {_SAME_CURRENCY} AND {_IS_PAYABLE}
    ORDER BY price LIMIT 1
) l ON true
LEFT JOIN LATERAL (
    SELECT price FROM pricewatch.price_changes WHERE i.has_window AND {_BEFORE} AND {_SAME_CURRENCY} AND {_IS_PAYABLE}
    ORDER BY price DESC LIMIT 1
) h ON true
""")
_KNOWN_LAST = text(f"""{_WANTED}
SELECT c.watch_id, c.began_at, c.price, c.currency, c.availability FROM wanted i CROSS JOIN LATERAL (
    (SELECT * FROM pricewatch.price_changes WHERE {_BEFORE} ORDER BY began_at DESC LIMIT 1)
    UNION (SELECT * FROM pricewatch.price_changes WHERE {_BEFORE} AND price IS NOT NULL ORDER BY began_at DESC LIMIT 1)
    UNION (SELECT * FROM pricewatch.price_changes WHERE {_BEFORE} AND availability IS NOT NULL ORDER BY began_at DESC LIMIT 1)
    UNION (SELECT * FROM pricewatch.price_changes WHERE {_BEFORE} AND {_SAME_CURRENCY} AND {_IS_PAYABLE}
           ORDER BY began_at DESC LIMIT 1)
) c
ORDER BY c.watch_id, c.began_at
""")
# What stood as the window began counts.
_WINDOWS = text(f"""{_WANTED}
SELECT c.watch_id, c.began_at, c.price, c.currency, c.availability FROM wanted i CROSS JOIN LATERAL (
    SELECT * FROM pricewatch.price_changes WHERE {_BEFORE} AND began_at >= coalesce(
        (SELECT max(began_at) FROM pricewatch.price_changes WHERE {_BEFORE} AND began_at <= i.since), i.since)
    ORDER BY began_at DESC LIMIT :longest
) c
ORDER BY c.watch_id, c.began_at
""")


def marks(connection: Connection, wanted: Collection[Wanted]) -> dict[str, Marks]:
    """What is known of the prices before, without windows."""
    rows = connection.execute(_MARKS, {"rows": _as_rows(wanted)}).all()
    found = {}
    silent = set()
    for watch_id, began_at, price, currency, availability, first, lowest, lowest_at, highest, says_all in rows:
        found[watch_id] = Marks(
            known_last=() if began_at is None else (_change(began_at, price, currency, availability),),
            first_price=first,
            lowest_price=lowest,
            lowest_at=lowest_at,
            highest_price=highest,
        )
        if began_at is not None and not says_all:
            silent.add(watch_id)
    if silent:
        known = connection.execute(_KNOWN_LAST, {"rows": _as_rows(each for each in wanted if each.watch_id in silent)})
        for watch_id, changes in _by_watch(known.all()).items():
            found[watch_id] = replace(found[watch_id], known_last=changes)
    return found


def windows(connection: Connection, wanted: Collection[Wanted]) -> dict[str, tuple[PriceChange, ...]]:
    """The changes of the windows that rules look back at, at most LONGEST_HISTORY each, oldest first."""
    if not wanted:
        return {}
    rows = connection.execute(_WINDOWS, {"rows": _as_rows(wanted), "longest": LONGEST_HISTORY})
    return _by_watch(rows.all())


def _as_rows(wanted: Iterable[Wanted]) -> str:
    return as_json(
        {
            "watch_id": each.watch_id,
            "before": each.before.isoformat(),
            "since": each.since.isoformat() if each.since else None,
            "currency": each.currency,
            "has_first": each.has_first,
            "has_window": each.has_window,
        }
        for each in wanted
    )


def _by_watch(rows: Iterable[AnyRow]) -> dict[str, tuple[PriceChange, ...]]:
    changes: dict[str, list[PriceChange]] = {}
    for watch_id, began_at, price, currency, availability in rows:
        changes.setdefault(watch_id, []).append(_change(began_at, price, currency, availability))
    return {watch_id: tuple(each) for watch_id, each in changes.items()}


def _change(began_at: datetime, price: Decimal | None, currency: str | None, availability: str | None) -> PriceChange:
    return PriceChange(
        began_at=began_at, price=price, currency=currency, availability=_AVAILABILITY.get(availability or "")
    )
