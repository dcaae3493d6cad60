"""Entries of alerts to rules and back: what each kind needs, and what means nothing to it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, Digest, RuleKind, ScopeKind
from pricewatch_pipeline.domain.watches import ActiveWindow, Schedule
from pricewatch_pipeline.watch_files.alert_models import BASELINES, EVER, NEVER, AlertEntry, FileAlertEntry
from pricewatch_pipeline.watch_files.calendars import DAYS, schedule_problem
from pricewatch_pipeline.watch_files.durations import format_duration

_SHORT = {"below": RuleKind.BELOW, "lowest": RuleKind.LOWEST, "failing": RuleKind.FAILING}
_PRICE = {"rearm", "again_after", "confirm"}
_STOCK = {"rearm_after"}
_TAKES: Mapping[RuleKind, set[str]] = {
    RuleKind.AT_TARGET: _PRICE,
    RuleKind.BELOW: {"below", *_PRICE},
    RuleKind.DROP: {"by", "from", *_PRICE},
    RuleKind.RISE: {"by", "from", *_PRICE},
    RuleKind.LOWEST: {"lowest", *_PRICE},
    RuleKind.CHANGE: {"confirm"},
    RuleKind.BACK_IN_STOCK: _STOCK,
    RuleKind.OUT_OF_STOCK: _STOCK,
    RuleKind.PRICE_INDICATOR: {"indicator"},
    RuleKind.INSIDER_TRADE: {"above"},
    RuleKind.FAILING: {"failing"},
}
_ANY_KINDS = set().union(*_TAKES.values())
_NEEDS: Mapping[RuleKind, Mapping[str, str]] = {
    RuleKind.BELOW: {"below": "write `below: 80 EUR`"},
    RuleKind.DROP: {
        "by": "`by` is required: how far it must fall, such as 10% or 5 EUR",
        "from": f"`from` is required: what a drop is measured from ({BASELINES})",
    },
    RuleKind.RISE: {
        "by": "`by` is required: how far it must rise, such as 10% or 5 EUR",
        "from": f"`from` is required: what a rise is measured from ({BASELINES})",
    },
    RuleKind.PRICE_INDICATOR: {"indicator": "`indicator` is required: low, typical or high"},
    RuleKind.INSIDER_TRADE: {"above": "`above` is required: what a trade must be worth, such as 100000 USD"},
    RuleKind.FAILING: {"failing": "write `failing: 5`: how many checks in a row must fail"},
}
MEANING = (*_SHORT, "when", "by", "from", "indicator", "above")
"""The fields that say what a rule tells of."""


def kind_of(entry: AlertEntry) -> RuleKind | None:
    """What an entry is about; None where it does not say, or says several things."""
    said = {kind for field, kind in _SHORT.items() if getattr(entry, field) is not None}
    said |= {entry.when} if entry.when else set()
    return said.pop() if len(said) == 1 else None


def problems_of_entry(entry: AlertEntry) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry whose fields are valid each by itself: the field (empty: the entry) and why."""
    kind = kind_of(entry)
    if kind is None:
        yield "", "say one thing to be told of: `when: ...`, `below: ...`, `lowest: ...` or `failing: ...`"
        return
    said = _said_fields(entry)
    for field, message in _NEEDS.get(kind, {}).items():
        if field not in said:
            yield "", message
    for field in sorted(said & _ANY_KINDS - _TAKES.get(kind, set())):
        yield field, f"`{field}` means nothing to `{kind.value}`: remove it"
    if entry.by is not None and entry.by.share is None and entry.by.amount is None:
        yield "by", "say how far: a share, an amount or both"
    if entry.by is not None and kind is RuleKind.DROP and entry.by.share is not None and entry.by.share >= 1:
        yield "by", "a price cannot fall by 100% or more"
    windows = _windows(entry)
    if problem := schedule_problem(Schedule(timezone=entry.timezone or "UTC", windows=windows)):
        yield "timezone" if "zone" in problem else "quiet", problem
    if isinstance(entry, FileAlertEntry):
        yield from _problems_of_scope(entry, kind)
    elif kind is RuleKind.RUN_FAILED:
        yield "", "a run is about many watches: write `run_failed` under `alerts` at the top of a file"


def _problems_of_scope(entry: FileAlertEntry, kind: RuleKind) -> Iterator[tuple[str, str]]:
    if entry.for_ is None:
        return
    count = sum(name is not None for name in (entry.for_.watch, entry.for_.product, entry.for_.tag))
    if count != 1:
        yield "for", "say one: a watch, a product or a tag"
    if kind is RuleKind.RUN_FAILED:
        yield "for", "a run is about many watches: remove `for`"


def scope_of(entry: AlertEntry) -> tuple[ScopeKind, str | None]:
    """Whom a valid entry at the top of a file is about."""
    said = entry.for_ if isinstance(entry, FileAlertEntry) else None
    if said is None:
        return ScopeKind.ALL, None
    named = {ScopeKind.WATCH: said.watch, ScopeKind.PRODUCT: said.product, ScopeKind.TAG: said.tag}
    return next((scope, name) for scope, name in named.items() if name is not None)


def rule_of_entry(entry: AlertEntry, *, scope: ScopeKind, scope_id: str | None) -> AlertRule:
    """The rule that a valid entry describes; without an id of its own its id is empty."""
    kind = kind_of(entry)
    money = entry.below or entry.above or (entry.by.amount if entry.by else None)
    baseline, days = entry.from_ or (None, None)
    plain = AlertRule(rule_id="", kind=RuleKind.CHANGE)
    again: Decimal | None = plain.again_after if entry.again_after is None else None
    return AlertRule(
        rule_id=entry.id or "",
        kind=kind or plain.kind,
        scope=scope,
        scope_id=scope_id,
        amount=money.amount if money else None,
        currency=money.currency if money else None,
        share=entry.by.share if entry.by else None,
        baseline=baseline,
        days=entry.lowest or days,
        indicator=entry.indicator,
        times=entry.failing,
        cooldown=entry.cooldown,
        rearm=plain.rearm if entry.rearm is None else entry.rearm,
        rearm_after=plain.rearm_after if entry.rearm_after is None else entry.rearm_after,
        again_after=entry.again_after if isinstance(entry.again_after, Decimal) else again,
        confirm=entry.confirm,
        max_per_day=entry.max_per_day,
        quiet=_windows(entry),
        timezone=entry.timezone,
        channels=entry.to,
        digest=entry.digest or Digest.NONE,
        title_template=entry.title,
        body_template=entry.message,
        is_enabled=entry.enabled is not False,
    )


def rule_text(rule: AlertRule) -> str:
    """What a rule tells of, in one line: `below 80 EUR`, `drop by 10% from 30d median`."""
    said = {name: value for name, value in _meaning(rule).items() if value is not None}
    if isinstance(said.get("by"), dict):
        said["by"] = " and ".join(said["by"].values())
    return " ".join(str(value) if name == "when" else f"{name} {value}" for name, value in said.items())


def rule_entry(rule: AlertRule) -> dict[str, Any]:
    """A rule as the top of a watch file would say it; what is at its default is left out."""
    plain = AlertRule(rule_id="", kind=RuleKind.CHANGE)
    options = {
        "cooldown": None if rule.cooldown is None else format_duration(rule.cooldown),
        "rearm": _changed(_percent(rule.rearm), _percent(plain.rearm)),
        "rearm_after": _changed(format_duration(rule.rearm_after), format_duration(plain.rearm_after)),
        "again_after": _changed(_percent(rule.again_after) or NEVER, _percent(plain.again_after)),
        "confirm": _percent(rule.confirm),
        "max_per_day": rule.max_per_day,
        "quiet": [_window(window) for window in rule.quiet] or None,
        "timezone": rule.timezone,
        "to": None if rule.channels is None else list(rule.channels),
        "digest": _changed(rule.digest.value, plain.digest.value),
        "title": rule.title_template,
        "message": rule.body_template,
        "enabled": _changed(rule.is_enabled, plain.is_enabled),
    }
    whom = None if rule.scope is ScopeKind.ALL else {rule.scope.value: rule.scope_id}
    entry = {"id": rule.rule_id, "for": whom, **_meaning(rule), **options}
    return {name: value for name, value in entry.items() if value is not None}


def _meaning(rule: AlertRule) -> dict[str, Any]:
    amount = _money(rule.amount, rule.currency)
    match rule.kind:
        case RuleKind.BELOW:
            return {"below": amount}
        case RuleKind.LOWEST:
            return {"lowest": EVER if rule.days is None else f"{rule.days}d"}
        case RuleKind.FAILING:
            return {"failing": rule.times}
        case RuleKind.DROP | RuleKind.RISE:
            share = _percent(rule.share)
            by = {"share": share, "amount": amount} if share and amount else share or amount
            return {"when": rule.kind.value, "by": by, "from": _measured_from(rule)}
        case RuleKind.PRICE_INDICATOR:
            return {"when": rule.kind.value, "indicator": rule.indicator}
        case RuleKind.INSIDER_TRADE:
            return {"when": rule.kind.value, "above": amount}
        case _:
            return {"when": rule.kind.value}


def _measured_from(rule: AlertRule) -> str | None:
    if rule.baseline in (Baseline.MEDIAN, Baseline.LOW):
        return f"{rule.days}d {rule.baseline.value}"
    return "last alert" if rule.baseline is Baseline.LAST_ALERTED else rule.baseline and rule.baseline.value


def _said_fields(entry: AlertEntry) -> set[str]:
    fields = type(entry).model_fields
    return {fields[name].alias or name for name in entry.model_fields_set if getattr(entry, name) is not None}


def _windows(entry: AlertEntry) -> tuple[ActiveWindow, ...]:
    return tuple(ActiveWindow(days=w.days, start=w.start, end=w.end) for w in entry.quiet or ())


def _window(window: ActiveWindow) -> dict[str, Any]:
    days = {} if len(window.days) == len(DAYS) else {"days": [DAYS[day] for day in sorted(window.days)]}
    return {**days, "from": window.start.strftime("%H:%M"), "to": window.end.strftime("%H:%M")}


def _money(amount: Decimal | None, currency: str | None) -> str | None:
    if amount is None:
        return None
    digits = f"{amount.normalize():f}"
    return f"{digits} {currency}" if currency else digits


def _percent(share: Decimal | None) -> str | None:
    return None if share is None else f"{(share * 100).normalize():f}%"


def _changed(value: Any, plain: Any) -> Any:
    return None if value == plain else value
