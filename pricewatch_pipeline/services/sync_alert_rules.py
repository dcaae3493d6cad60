"""Brings the alert rules of the watch files into the table. Part of a sync, and of its transaction."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields

from pricewatch_pipeline.domain.alert_rules import BUILT_IN_RULES, AlertRule, ScopeKind
from pricewatch_pipeline.storage import alert_rule_rows, definitions, watches
from pricewatch_pipeline.storage.database import Connection
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.watch_files.resolve import Definitions


def write_rules(connection: Connection, valid: Sequence[Definitions], readable: Collection[str]) -> list[str]:
    """Make the table what these files say; the ids of rules that are new, changed or archived."""
    rules = [
        (rule, Sourced(file=part.source_file, line=part.lines.get(("rule", rule.rule_id))))
        for part in valid
        for rule in part.rules
    ]
    before = alert_rule_rows.live_ids(connection)
    created, updated = alert_rule_rows.upsert_rules(connection, rules)
    kept = [rule.rule_id for rule, _ in rules]
    archived = definitions.archive_vanished(connection, "alert_rules", files=sorted(readable), kept=kept)
    # A made-up id follows from the rules beside it: with a second one alike, the first is called otherwise.
    alert_rule_rows.hand_on(connection, archived, {*created, *updated} - before)
    # A file that no longer says otherwise leaves everybody's rules as they were at first.
    alert_rule_rows.upsert_rules(connection, [(rule, Sourced()) for rule in BUILT_IN_RULES if rule.rule_id in archived])
    return sorted([*created, *updated, *archived])


def rules_taken(connection: Connection, part: Definitions, *, files: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The rules of a file whose ids are not free, as line and text. One that says what a command said is the file's now,
    and so is one that every database begins with, as long as no command has changed it."""
    rules = {rule.rule_id: rule for rule in part.rules}
    if not rules:
        return
    taken = definitions.managed_elsewhere(connection, "alert_rules", list(rules), files=files)
    before = {row.rule.rule_id: row.rule for row in alert_rule_rows.listed(connection, list(taken))}
    for name, owner in sorted(taken.items()):
        line = part.lines.get(("rule", name), 1)
        if owner:
            yield line, f"alert rule {name!r} belongs to the file {owner}, which cannot be read now"
        elif name not in before:
            continue  # nobody can read it: the file puts it right
        elif before[name] not in BUILT_IN_RULES and (differing := _differences(before[name], rules[name])):
            said = f"alert rule {name!r} belongs to a command, which says otherwise of {', '.join(differing)}"
            yield line, f"{said} (give it another `id`, or change that one: `pricewatch alerts edit {name}`)"


def rules_about_nobody(connection: Connection, valid: Sequence[Definitions]) -> Iterator[tuple[str, int, str]]:
    """Rules for a watch that there is not: file, line and text. They wait for it."""
    named = [
        (part, rule)
        for part in valid
        for rule in part.rules
        if rule.scope is ScopeKind.WATCH and rule.scope_id is not None
    ]
    missing = set(watches.missing(connection, sorted({rule.scope_id for _, rule in named if rule.scope_id})))
    for part, rule in named:
        if rule.scope_id in missing:
            text = f"alert rule {rule.rule_id!r} is for the watch {rule.scope_id!r}, which there is not"
            yield part.source_file, part.lines.get(("rule", rule.rule_id), 1), text


def _differences(one: AlertRule, other: AlertRule) -> list[str]:
    return [each.name for each in fields(AlertRule) if getattr(one, each.name) != getattr(other, each.name)]
