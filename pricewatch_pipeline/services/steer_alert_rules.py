"""What an operator does to alert rules by command: list, add, edit, remove, rest, mute. What a file manages is the file's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pricewatch_pipeline.domain.alert_rules import UNTIL_UNMUTED, AlertRule, ScopeKind
from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.errors import ConfigurationError, NotFound, WatchFileError
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.respect_files import require_unmanaged
from pricewatch_pipeline.services.validate_entries import Entry, valid_rules
from pricewatch_pipeline.storage import alert_rule_rows, alert_views, definitions, outbox, watches
from pricewatch_pipeline.storage.alert_rule_rows import RuleRow
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.watch_files.alert_entries import MEANING, rule_entry, rule_text
from pricewatch_pipeline.watch_files.issues import did_you_mean
from pricewatch_pipeline.watch_files.resolve import Known

_RULE, _WATCH = "rule:", "watch:"
"""Before a name that is both a rule's and a watch's."""
_KINDS = frozenset({"when", "below", "lowest", "failing"})


@dataclass(frozen=True, kw_only=True)
class Muted:
    """What was muted or unmuted."""

    rules: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()


def list_rules(database: Database) -> list[dict[str, Any]]:
    """Every live rule: what it tells of, about whom, where it is defined, and how it stands."""

    def work(connection: Connection) -> list[dict[str, Any]]:
        fired = alert_rule_rows.fired_counts(connection)
        silent = {row["rule_id"]: row["watches"] for row in alert_views.silenced_by_currency(connection)}
        return [
            _listed(row, fired=fired.get(row.rule.rule_id, 0), silent=silent.get(row.rule.rule_id, 0))
            for row in alert_rule_rows.listed(connection)
        ]

    return database.run(work)


def _listed(row: RuleRow, *, fired: int, silent: int) -> dict[str, Any]:
    rule = row.rule
    return {
        "rule_id": rule.rule_id,
        "tells_of": rule_text(rule),
        "about": "everything" if rule.scope is ScopeKind.ALL else f"{rule.scope.value} {rule.scope_id}",
        "to": None if rule.channels is None else list(rule.channels),
        "state": "resting" if not rule.is_enabled else "muted" if row.is_muted else "on",
        "muted_until": row.muted_until if row.is_muted and row.muted_until != UNTIL_UNMUTED else None,
        "fired_for": fired,
        "silent_for": silent,
        "managed_by": f"{row.source_file}:{row.source_line}" if row.source_file else None,
        "entry": rule_entry(rule),
    }


def add_rule(database: Database, entry: Entry, *, providers: Mapping[str, Provider]) -> str:
    """Add a rule that no file manages; its id.

    Raises:
        WatchFileError: the entry is not valid; every issue is named.
        NotFound: there is no such watch.
        ConfigurationError: the id is taken.
    """

    def work(connection: Connection) -> str:
        definitions.lock_for_sync(connection)
        rule = _validated(connection, entry, providers)
        if alert_rule_rows.one(connection, rule.rule_id):
            raise ConfigurationError(
                f"there is an alert rule {rule.rule_id!r} already; choose another --id, or change it with "
                f"`pricewatch alerts edit {rule.rule_id}`"
            )
        return _write(connection, rule)

    return database.run(work)


def edit_rule(database: Database, rule_id: str, changes: Entry, *, providers: Mapping[str, Provider]) -> str:
    """Change fields of a rule that no file manages; a field set to None goes back to its default.

    Where it tells of something else now, what it told of before is forgotten with all that belongs to it.

    Raises:
        NotFound, ManagedByFile: says what there is, or which file to edit.
        WatchFileError: the outcome is not valid.
    """

    def work(connection: Connection) -> str:
        definitions.lock_for_sync(connection)
        (row,) = _require(connection, [rule_id])
        require_unmanaged(connection, "rule", [rule_id])
        before = rule_entry(row.rule)
        said = _KINDS & {name for name, value in changes.items() if value is not None}
        if said and not said <= before.keys():
            before = {name: value for name, value in before.items() if name not in MEANING}
        entry = {name: value for name, value in {**before, **changes}.items() if value is not None}
        return _write(connection, _validated(connection, entry, providers))

    return database.run(work)


def remove_rules(database: Database, rule_ids: Sequence[str]) -> list[str]:
    """Take rules out of use; the alerts that they fired stay.

    Raises:
        NotFound, ManagedByFile: nothing is changed.
    """

    def work(connection: Connection) -> list[str]:
        definitions.lock_for_sync(connection)
        _require_ids(connection, rule_ids)
        require_unmanaged(connection, "rule", rule_ids)
        return alert_rule_rows.archive_rules(connection, rule_ids)

    return database.run(work)


def enable_rules(database: Database, rule_ids: Sequence[str], *, is_enabled: bool) -> list[str]:
    """Let rules rest, or begin again; the ids of those that did not so before.

    Raises:
        NotFound, ManagedByFile: nothing is changed.
    """

    def work(connection: Connection) -> list[str]:
        definitions.lock_for_sync(connection)
        rows = _require(connection, rule_ids)
        require_unmanaged(connection, "rule", rule_ids)
        changed = [row.rule for row in rows if row.rule.is_enabled is not is_enabled]
        alert_rule_rows.upsert_rules(
            connection, [(replace(rule, is_enabled=is_enabled), Sourced()) for rule in changed]
        )
        return [rule.rule_id for rule in changed]

    return database.run(work)


def mute_alerts(database: Database, names: Sequence[str], until: datetime | None) -> Muted:
    """Send nothing of these rules and watches until then, also where a file manages them, and nothing of them that waits;
    None ends it.

    Raises:
        NotFound: a name is neither a rule nor a watch; nothing is changed.
        ConfigurationError: a name is both.
    """

    def work(connection: Connection) -> Muted:
        as_rules = [name.removeprefix(_RULE) for name in names if not name.startswith(_WATCH)]
        as_watches = [name.removeprefix(_WATCH) for name in names if not name.startswith(_RULE)]
        rules = {row.rule.rule_id for row in alert_rule_rows.listed(connection, as_rules)}
        live = set(as_watches) - set(watches.missing(connection, as_watches))
        if both := sorted(rules & live & set(names)):
            raise ConfigurationError(
                f"{both[0]!r} is an alert rule and a watch: say {_RULE}{both[0]} or {_WATCH}{both[0]}"
            )
        known = {*rules, *live, *(_RULE + name for name in rules), *(_WATCH + name for name in live)}
        if unknown := sorted(set(names) - known):
            hint = did_you_mean(unknown[0], alert_rule_rows.live_ids(connection) | set(watches.live_ids(connection)))
            raise NotFound(f"no such alert rule or watch: {', '.join(unknown)}{hint}")
        muted = Muted(
            rules=tuple(alert_rule_rows.mute(connection, rules, until)),
            watches=tuple(watches.mute(connection, sorted(live), until)),
        )
        if until is not None:
            outbox.cancel(connection, rule_ids=muted.rules, watch_ids=muted.watches)
        return muted

    return database.run(work)


def _validated(connection: Connection, entry: Entry, providers: Mapping[str, Provider]) -> AlertRule:
    """Through the same reader as the files: one format, one set of rules."""
    _, products = definitions.known(connection)
    rules, problems = valid_rules([entry], Known(products=dict.fromkeys(products)), providers)
    if problems:
        raise WatchFileError([problems[0]])
    rule = rules[0]
    if rule.scope is ScopeKind.WATCH and rule.scope_id:
        require_watches(connection, [rule.scope_id])
    return rule


def _write(connection: Connection, rule: AlertRule) -> str:
    alert_rule_rows.upsert_rules(connection, [(rule, Sourced())])
    return rule.rule_id


def _require(connection: Connection, rule_ids: Sequence[str]) -> list[RuleRow]:
    rows = alert_rule_rows.listed(connection, rule_ids)
    _require_ids(connection, rule_ids, {row.rule.rule_id for row in rows})
    return rows


def _require_ids(connection: Connection, rule_ids: Sequence[str], there: Collection[str] | None = None) -> None:
    known = alert_rule_rows.live_ids(connection)
    if unknown := sorted(set(rule_ids) - (known if there is None else set(there))):
        raise NotFound(f"no such alert rule: {', '.join(unknown)}{did_you_mean(unknown[0], known)}")
