"""Alert rules and what they remember, to rows and back. In `params` lies only what differs from a plain rule."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, Digest, RuleKind, ScopeKind
from pricewatch_pipeline.domain.alert_values import RuleState, RuleStatus
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.watches import ActiveWindow
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.storage.rows import AnyRow, as_json

log = logging.getLogger(__name__)

_PLAIN = AlertRule(rule_id="", kind=RuleKind.CHANGE)
_COLUMNS = ("rule_id", "kind", "scope", "scope_id", "is_enabled")
_PARAMS = tuple(f.name for f in fields(AlertRule) if f.name not in _COLUMNS)
_MEANING = ("amount", "currency", "share", "baseline", "days", "indicator", "times")
"""With another one of these, or another kind, a rule is another rule: it forgets what it has seen."""
_NEVER_NONE = frozenset({"digest", "quiet", "rearm", "rearm_after"})
_MOST = 10**9
"""Beyond any count that means something; a row that holds more was made by hand."""
_EMPTY = {f.name: f.default for f in fields(RuleState) if f.name != "status"}


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """A rule as it is stored: the rule, who defines it, and until when it is muted."""

    rule: AlertRule
    source_file: str | None = None
    source_line: int | None = None
    muted_until: datetime | None = None
    is_muted: bool = False
    """Now, by the database's clock."""


def rule_record(rule: AlertRule) -> dict[str, Any]:
    """A rule's definition as its columns."""
    said = {name: getattr(rule, name) for name in _PARAMS if getattr(rule, name) != getattr(_PLAIN, name)}
    return {
        "rule_id": rule.rule_id,
        "kind": rule.kind.value,
        "scope": rule.scope.value,
        "scope_id": rule.scope_id,
        "params": {name: _as_param(value) for name, value in said.items()},
        "is_enabled": rule.is_enabled,
    }


def rule_of(row: AnyRow) -> AlertRule:
    """A row of `alert_rules` as a value. One that `readable` leaves out raises what it likes."""
    params: dict[str, Any] = {
        name: None if value is None and name not in _NEVER_NONE else _from_param(name, value)
        for name, value in row.params.items()
    }
    return AlertRule(
        rule_id=row.rule_id,
        kind=RuleKind(row.kind),
        scope=ScopeKind(row.scope),
        scope_id=row.scope_id,
        is_enabled=row.is_enabled,
        **params,
    )


def readable(rows: Iterable[AnyRow]) -> Iterator[tuple[AnyRow, AlertRule]]:
    """These rows with their rules, but for those that make no rule."""
    for row in rows:
        try:
            yield row, rule_of(row)
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            _tell_once(row.rule_id, f"{type(error).__name__}: {error}")


@cache
def _tell_once(rule_id: str, problem: str) -> None:
    """A newer version may have written it, or a person by hand: the other rules go on."""
    log.error(
        "alert rule %s cannot be read and does nothing (`pricewatch alerts remove` takes it away): %s", rule_id, problem
    )


def state_record(state: RuleState) -> dict[str, Any]:
    """What a rule remembers, as the JSON of `alert_states.state`; its status is a column of its own."""
    return {name: _as_param(value) for name, empty in _EMPTY.items() if (value := getattr(state, name)) != empty}


def state_of(status: str, record: Mapping[str, Any]) -> RuleState:
    """A row of `alert_states` as a value."""
    return RuleState(status=RuleStatus(status), **{name: _from_state(name, value) for name, value in record.items()})


def _as_param(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case timedelta():
            return int(value.total_seconds())
        case datetime():
            return value.isoformat()
        case ActiveWindow():
            return {"days": sorted(value.days), "start": value.start.isoformat(), "end": value.end.isoformat()}
        case tuple():
            return [_as_param(item) for item in value]
        case _:
            return value


def _from_param(name: str, value: Any) -> Any:
    match name:
        case "amount" | "share" | "rearm" | "again_after" | "confirm":
            return Decimal(value)
        case "cooldown" | "rearm_after":
            return timedelta(seconds=value)
        case "baseline":
            return Baseline(value)
        case "digest":
            return Digest(value)
        case "days" | "times" | "max_per_day":
            return _count(value)
        case "channels":
            return tuple(map(_text, _list(value)))
        case "quiet":
            return tuple(
                ActiveWindow(
                    days=frozenset(w["days"]), start=time.fromisoformat(w["start"]), end=time.fromisoformat(w["end"])
                )
                for w in _list(value)
            )
        case _:
            return _text(value)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError(f"{value!r} is no count")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _from_state(name: str, value: Any) -> Any:
    match name:
        case "reference_price" | "fired_price" | "fired_threshold" | "held_price":
            return Decimal(value)
        case "fired_at" | "fired_slot_at" | "awaits_confirmation_since" | "clear_since":
            return datetime.fromisoformat(value)
        case "recent_firings":
            return tuple(map(datetime.fromisoformat, value))
        case "held_availability":
            return Availability(value)
        case _:
            return value


_UPSERT = text("""
WITH before AS (
    SELECT rule_id, kind, params, archived_at FROM pricewatch.alert_rules
), written AS (
    INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, scope_id, params, is_enabled, source_file, source_line)
    SELECT rule_id, kind, scope, scope_id, params, is_enabled, source_file, source_line
    FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(
        rule_id text, kind text, scope text, scope_id text, params jsonb, is_enabled bool, source_file text, source_line int)
    ORDER BY rule_id
    ON CONFLICT (rule_id) DO UPDATE SET
        kind = excluded.kind, scope = excluded.scope, scope_id = excluded.scope_id, params = excluded.params,
        is_enabled = excluded.is_enabled, source_file = excluded.source_file, source_line = excluded.source_line,
        archived_at = NULL, updated_at = now()
    WHERE alert_rules.archived_at IS NOT NULL
       OR (alert_rules.kind, alert_rules.scope, alert_rules.scope_id, alert_rules.params, alert_rules.is_enabled,
           alert_rules.source_file, alert_rules.source_line)
          IS DISTINCT FROM (excluded.kind, excluded.scope, excluded.scope_id, excluded.params, excluded.is_enabled,
           excluded.source_file, excluded.source_line)
    RETURNING rule_id, kind, params, xmax = 0 AS is_new
), anew AS (
    SELECT w.rule_id FROM written w JOIN before b USING (rule_id)
    WHERE w.kind <> b.kind OR b.archived_at IS NOT NULL OR EXISTS (
        SELECT FROM unnest(cast(:meaning AS text[])) AS field WHERE w.params -> field IS DISTINCT FROM b.params -> field)
), forgotten AS (
    DELETE FROM pricewatch.alert_states WHERE rule_id IN (SELECT rule_id FROM anew)
)
SELECT rule_id, is_new FROM written ORDER BY rule_id
""")


def upsert_rules(connection: Connection, rules: Iterable[tuple[AlertRule, Sourced]]) -> tuple[list[str], list[str]]:
    """Write rules; the ids that are new and those that changed. One that means something else now, or comes back, starts anew."""
    records = [rule_record(rule) | {"source_file": source.file, "source_line": source.line} for rule, source in rules]
    if not records:
        return [], []
    written = connection.execute(_UPSERT, {"rows": as_json(records), "meaning": list(_MEANING)}).all()
    return [row.rule_id for row in written if row.is_new], [row.rule_id for row in written if not row.is_new]


_HAND_ON = text("""
WITH alike AS (
    SELECT min(rule_id) FILTER (WHERE rule_id = ANY(:gone)) AS gone, min(rule_id) FILTER (WHERE rule_id = ANY(:begun)) AS begun
    FROM pricewatch.alert_rules WHERE rule_id = ANY(cast(:gone AS text[]) || cast(:begun AS text[]))
    GROUP BY kind, scope, scope_id, array(SELECT params -> field FROM unnest(cast(:meaning AS text[])) AS field)
    HAVING count(*) FILTER (WHERE rule_id = ANY(:gone)) = 1 AND count(*) FILTER (WHERE rule_id = ANY(:begun)) = 1
), muted AS (
    UPDATE pricewatch.alert_rules r SET muted_until = o.muted_until
    FROM alike a JOIN pricewatch.alert_rules o ON o.rule_id = a.gone
    WHERE r.rule_id = a.begun AND r.muted_until IS DISTINCT FROM o.muted_until
)
UPDATE pricewatch.alert_states s SET rule_id = a.begun FROM alike a
WHERE s.rule_id = a.gone
  AND NOT EXISTS (SELECT FROM pricewatch.alert_states t WHERE t.rule_id = a.begun AND t.subject = s.subject)
""")


def hand_on(connection: Connection, gone: Collection[str], begun: Collection[str]) -> None:
    """Let rules that begin now go on where those that go now stop, when they mean the same of the same: only the id is another.

    What several say alike is left: nobody knows which of them goes on. What waits unsent stays as muted as it was.
    """
    if gone and begun:
        connection.execute(_HAND_ON, {"gone": list(gone), "begun": list(begun), "meaning": list(_MEANING)})


def archive_rules(connection: Connection, rule_ids: Collection[str]) -> list[str]:
    """Take rules out of use, and forget what they remember; their alerts stay."""
    rows = connection.execute(
        text("""
            WITH archived AS (
                UPDATE pricewatch.alert_rules SET archived_at = now(), muted_until = NULL, updated_at = now()
                WHERE rule_id = ANY(:ids) AND archived_at IS NULL RETURNING rule_id
            ), forgotten AS (
                DELETE FROM pricewatch.alert_states WHERE rule_id IN (SELECT rule_id FROM archived)
            )
            SELECT rule_id FROM archived ORDER BY rule_id
        """),
        {"ids": list(rule_ids)},
    )
    return list(rows.scalars())


def listed(connection: Connection, rule_ids: Sequence[str] | None = None) -> list[RuleRow]:
    """Live rules by id; with `rule_ids` only these. Those that cannot be read are left out."""
    rows = connection.execute(
        text("""
            SELECT *, muted_until > now() AS is_muted FROM pricewatch.alert_rules
            WHERE archived_at IS NULL AND (cast(:ids AS text[]) IS NULL OR rule_id = ANY(:ids)) ORDER BY rule_id
        """),
        {"ids": None if rule_ids is None else list(rule_ids)},
    )
    return [
        RuleRow(
            rule=rule,
            source_file=row.source_file,
            source_line=row.source_line,
            muted_until=row.muted_until,
            is_muted=bool(row.is_muted),
        )
        for row, rule in readable(rows)
    ]


def one(connection: Connection, rule_id: str) -> RuleRow | None:
    """A live rule."""
    return next(iter(listed(connection, [rule_id])), None)


def live_ids(connection: Connection) -> frozenset[str]:
    """Of all live rules, also of those that cannot be read."""
    return frozenset(
        connection.execute(text("SELECT rule_id FROM pricewatch.alert_rules WHERE archived_at IS NULL")).scalars()
    )


def mute(connection: Connection, rule_ids: Collection[str], until: datetime | None) -> list[str]:
    """Keep what these rules say and send none of it until then; None unmutes. The ids that there are."""
    rows = connection.execute(
        text("""
            UPDATE pricewatch.alert_rules SET muted_until = :until, updated_at = now()
            WHERE rule_id = ANY(:ids) AND archived_at IS NULL RETURNING rule_id
        """),
        {"ids": list(rule_ids), "until": until},
    )
    return sorted(rows.scalars())


def fired_counts(connection: Connection) -> dict[str, int]:
    """For how many watches (or hosts) each rule has fired and waits for that to end."""
    rows = connection.execute(
        text("SELECT rule_id, count(*) AS fired FROM pricewatch.alert_states WHERE status = 'fired' GROUP BY rule_id")
    )
    return {row.rule_id: row.fired for row in rows}
