"""`pricewatch alerts rules`, `add`, `edit`, `remove`, `enable`, `disable`, `mute`, `snooze` and `unmute`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pricewatch_pipeline.cli.entry_flags import Entry
from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows, warn
from pricewatch_pipeline.cli.rule_flags import with_rule_flags
from pricewatch_pipeline.domain.alert_rules import BUILT_IN_RULES, UNTIL_UNMUTED
from pricewatch_pipeline.errors import ConfigurationError, ScheduleError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.open_channels import open_channels
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.steer_alert_rules import (
    Muted,
    add_rule,
    edit_rule,
    enable_rules,
    list_rules,
    mute_alerts,
    remove_rules,
)
from pricewatch_pipeline.settings import Settings, load_settings
from pricewatch_pipeline.watch_files.durations import FORMS, parse_duration

_COLUMNS = ("rule_id", "tells_of", "about", "to", "state", "muted_until", "fired_for", "managed_by")
RuleId = Annotated[str, typer.Argument(metavar="RULE", help="The rule's id.")]
RuleIds = Annotated[list[str], typer.Argument(metavar="RULE", help="Ids of rules.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME", help="Ids of rules or watches.")]


def rules(as_json: JsonFlag = False) -> None:
    """When people are told: every rule, about whom it is, where it is defined, and how it stands."""
    with opened_pipeline(load_settings()) as pipeline:
        found = list_rules(pipeline.database)
    is_silent = any(rule["silent_for"] for rule in found)
    print_rows(found, (*_COLUMNS, "silent_for") if is_silent else _COLUMNS, as_json=as_json)
    if is_silent and not as_json:
        said = "Silent for watches that have another currency now; `pricewatch doctor` says what to do."
        console.print(said, soft_wrap=True, highlight=False)


@with_rule_flags
def add(
    rule: Annotated[str | None, typer.Option("--id", metavar="ID", help="Its name; made up otherwise.")] = None,
    *,
    flags: Entry,
) -> None:
    """Add a rule, about everything or --watch, --product or --tag. The fields are those of watch files."""
    settings = load_settings()
    with opened_pipeline(settings) as pipeline:
        added = add_rule(pipeline.database, _said({"id": rule, **flags}), providers=providers())
    _warn_of_channels(flags, settings)
    console.print(f"Added the alert rule {added}.", soft_wrap=True, highlight=False, markup=False)


@with_rule_flags
def edit(rule: RuleId, *, flags: Entry) -> None:
    """Change a rule that no file manages. An empty value (`--cooldown ""`) takes a field away."""
    if not flags:
        raise typer.BadParameter("say what to change, such as --below 70; `pricewatch alerts edit --help` lists it all")
    settings = load_settings()
    with opened_pipeline(settings) as pipeline:
        edit_rule(pipeline.database, rule, flags, providers=providers())
    _warn_of_channels(flags, settings)
    console.print(f"Changed the alert rule {rule}.", soft_wrap=True, highlight=False, markup=False)


def remove(rules: RuleIds) -> None:
    """Take rules out of use that no file manages; the alerts that they fired stay."""
    with opened_pipeline(load_settings()) as pipeline:
        removed = remove_rules(pipeline.database, rules)
    console.print(f"Removed {', '.join(removed)}.", soft_wrap=True, highlight=False, markup=False)
    for rule in sorted((rule for rule in BUILT_IN_RULES if rule.rule_id in removed), key=lambda rule: rule.rule_id):
        when = f"--failing {rule.times}" if rule.times else f"--when {rule.kind}"
        back = f"`pricewatch alerts add {when} --id {rule.rule_id}`"
        console.print(
            f"Every database begins with it; {back} brings it back.", soft_wrap=True, highlight=False, markup=False
        )


def enable(rules: RuleIds) -> None:
    """Let rules look again that rested."""
    _rest(rules, is_enabled=True)


def disable(rules: RuleIds) -> None:
    """Let rules rest: they see nothing and say nothing until they are enabled."""
    _rest(rules, is_enabled=False)


def _rest(rules: list[str], *, is_enabled: bool) -> None:
    with opened_pipeline(load_settings()) as pipeline:
        changed = enable_rules(pipeline.database, rules, is_enabled=is_enabled)
    verb = "Enabled" if is_enabled else "Disabled"
    said = f"{verb} {', '.join(changed)}." if changed else "Unchanged, for they were so already."
    console.print(said, soft_wrap=True, highlight=False, markup=False)


def mute(
    names: Names,
    lasts: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="So long: 2h, 3d.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Until this day or time: 2026-05-01.")] = None,
) -> None:
    """Send nothing of rules or watches, --for so long, --until then, or until they are unmuted; what fires is kept."""
    _mute(names, _end(lasts, until) or UNTIL_UNMUTED)


def snooze(
    names: Names,
    lasts: Annotated[str, typer.Option("--for", metavar="SPAN", help="So long: 2h, 3d.")] = "1d",
) -> None:
    """Mute for a day, or --for so long."""
    _mute(names, _end(lasts, None) or UNTIL_UNMUTED)


def unmute(names: Names) -> None:
    """Send again what rules and watches say; what fired meanwhile is not sent late."""
    with opened_pipeline(load_settings()) as pipeline:
        console.print(
            f"Unmuted {_named(mute_alerts(pipeline.database, names, None))}.", soft_wrap=True, highlight=False
        )


def _mute(names: list[str], until: datetime) -> None:
    with opened_pipeline(load_settings()) as pipeline:
        muted = mute_alerts(pipeline.database, names, until)
    ends = "they are unmuted" if until == UNTIL_UNMUTED else f"{until.astimezone():%Y-%m-%d %H:%M}"
    console.print(f"Muted {_named(muted)} until {ends}.", soft_wrap=True, highlight=False)


def _named(muted: Muted) -> str:
    parts = [("rule", muted.rules), ("watch", muted.watches)]
    return ", ".join(f"{kind} {name}" for kind, names in parts for name in names)


def _end(lasts: str | None, until: str | None) -> datetime | None:
    if lasts and until:
        raise typer.BadParameter("say --for or --until, not both")
    now = datetime.now(UTC)
    end = _span(lasts, now) if lasts else _instant(until) if until else None
    if end is not None and end <= now:
        raise typer.BadParameter("that is not in the future", param_hint="--for" if lasts else "--until")
    return end


def _span(lasts: str, now: datetime) -> datetime:
    try:
        return now + parse_duration(lasts)
    except ScheduleError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error


def _instant(until: str) -> datetime:
    try:
        instant = datetime.fromisoformat(until.strip())
        return instant if instant.tzinfo else instant.astimezone()
    except (ValueError, OverflowError) as error:  # years without a local time, too
        message = f"{until!r} is no day or time such as 2026-05-01 or 2026-05-01T08:00; a span ({FORMS}) is for --for"
        raise typer.BadParameter(message, param_hint="--until") from error


def _said(entry: Entry) -> Entry:
    return {name: value for name, value in entry.items() if value is not None}


def _warn_of_channels(flags: Entry, settings: Settings) -> None:
    """Say at once what the first alert would find out: that nobody listens there."""
    names = flags.get("to") or []
    if not names:
        return
    try:
        known = open_channels(settings)
    except ConfigurationError as error:
        warn(str(error))
        return
    for name in names:
        if name not in known:
            warn(
                f"there is no channel {name!r} in {settings.channels_file} yet; `pricewatch alerts channels` lists them"
            )
