"""Completes checks and lets the rules about their watches speak, in one transaction: a snapshot and its alerts, or neither.

A rule that cannot be evaluated is skipped, and the log says so: no price is lost for its alerts.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from pricewatch_pipeline.domain.alert_rules import AlertRule, RuleKind
from pricewatch_pipeline.domain.alert_state import asks_for_history, looks_back, no_traps, step_within
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step
from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.price_rules import days_back
from pricewatch_pipeline.domain.watches import DEFAULT_ALERT_COOLDOWN
from pricewatch_pipeline.errors import NotStorable
from pricewatch_pipeline.services.word_alerts import Alerting, Seen, alert_of, watch_facts
from pricewatch_pipeline.storage import alert_evaluation, completions, raised_alerts
from pricewatch_pipeline.storage.alert_evaluation import (
    HOST,
    LiveRule,
    Marks,
    StateKey,
    Subject,
    Wanted,
)
from pricewatch_pipeline.storage.completions import Written
from pricewatch_pipeline.storage.database import Connection, Database, clock
from pricewatch_pipeline.storage.raised_alerts import Alert, LockedState

__all__ = ["Alerting", "complete", "confirmed", "record_manual", "run_failed"]

log = logging.getLogger(__name__)

RUN = "run:"
"""What the subjects of failed runs begin with; the job follows."""
_NOTHING = Marks()
_NO_STATE = RuleState()
_NO_OFFER = Offer()
LONGEST_ERROR = 2000
"""Characters of what a run failed with."""


def complete(
    connection: Connection, token: UUID, checks: Sequence[FinishedCheck], *, run_id: str | None, alerting: Alerting
) -> frozenset[str]:
    """Finish claimed checks; the watches written. One that is missing was lost with its lease: nothing was written.

    Raises:
        NotStorable: the database refuses one of them; nothing was written.
    """
    written = completions.complete(connection, token, checks, run_id=run_id)
    _raise_alerts(connection, _news(checks, written), alerting)
    return frozenset(written)


def record_manual(
    connection: Connection, checks: Sequence[FinishedCheck], *, run_id: str | None, alerting: Alerting
) -> frozenset[str]:
    """Finish checks asked for by hand; the watches written.

    Raises:
        NotStorable: the database refuses one of them; nothing was written.
    """
    written = completions.record_manual(connection, checks, run_id=run_id)
    _raise_alerts(connection, _news(checks, written), alerting)
    return frozenset(written)


def confirmed(
    connection: Connection, watch_id: str, offer: Offer, *, slot_at: datetime, observed_at: datetime, alerting: Alerting
) -> None:
    """An operator has confirmed a price, and it has become the newest snapshot of its watch."""
    seen = Seen(watch_id=watch_id, slot_at=slot_at, observed_at=observed_at, outcome=Outcome.OK, offer=offer)
    _raise_alerts(connection, [seen], alerting)


def run_failed(database: Database, alerting: Alerting, run_id: str, job: str, error: str) -> list[str]:
    """Tell the operator of a run of Dagster that failed: once per run, and not more often than the rule's cooldown allows.

    Returns the keys of the alerts that this made.
    """
    return database.run(lambda connection: _run_failed(connection, alerting, run_id, job, error))


def _news(checks: Iterable[FinishedCheck], written: Mapping[str, Written]) -> list[Seen]:
    """What rules are to look at: nothing that was stored before, and no snapshot that comes after a newer one."""
    found = []
    for check in checks:
        stored = written.get(check.watch_id)
        if stored is None or not (stored.offer if check.outcome.is_success else stored.is_new):
            continue
        found.append(
            Seen(
                watch_id=check.watch_id,
                slot_at=check.slot_at,
                observed_at=check.finished_at,
                outcome=check.outcome,
                offer=stored.offer,
                signals=check.signals,
                failures=check.plan.consecutive_failures if check.plan else None,
                error=check.error,
            )
        )
    return found


def _raise_alerts(connection: Connection, seen: Sequence[Seen], alerting: Alerting) -> None:
    """Evaluate a chunk; where the database refuses what comes of it, each check alone."""
    if not seen:
        return
    try:
        _evaluate(connection, seen, alerting)
    except NotStorable as error:
        if len(seen) > 1:
            for each in seen:
                _raise_alerts(connection, [each], alerting)
        else:
            log.error("the alerts of watch %s cannot be stored (its check is): %s", seen[0].watch_id, error)


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What the rules about a chunk have come to."""

    fired_at: datetime
    alerting: Alerting
    states: dict[StateKey, RuleState] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)

    def take(self, key: StateKey, before: RuleState, after: Step, alert: Callable[[Firing], Alert]) -> None:
        """Take in the step of one rule; one whose alert cannot be made has not spoken."""
        if after.firing:
            try:
                self.alerts.append(alert(after.firing))
            except Exception:  # as in `_stepped`
                log.exception("the alert of rule %s about %s cannot be made", *key)
                return
        if after.state is not before:
            self.states[key] = after.state


def _evaluate(connection: Connection, seen: Sequence[Seen], alerting: Alerting) -> None:
    loaded = alert_evaluation.load(connection, [each.watch_id for each in seen])
    looks = [
        _Look(check=check, watch=watch, rules=_relevant(watch, check, loaded.states))
        for check in seen
        if (watch := loaded.subjects.get(check.watch_id))
    ]
    _load_prices(connection, looks, loaded.states)
    told = _Told(fired_at=loaded.now, alerting=alerting)
    with no_traps():
        for look in looks:
            _look_at_watch(look, loaded.states, told)
    _look_at_hosts(connection, looks, loaded.states, told)
    raised_alerts.store(connection, told.states, told.alerts, watch_ids=loaded.subjects.keys())


@dataclass(kw_only=True)
class _Look:
    """A check with the rules that it could move, and what they compare it with."""

    check: Seen
    watch: Subject
    rules: list[LiveRule]
    marks: Marks = _NOTHING
    observation: Observation | None = None
    """With what was known last; and with a window, where a rule looks back at it."""

    @property
    def asks_for_history(self) -> bool:
        offer, target_price = self.check.offer, self.watch.target_price
        return offer is not None and any(
            asks_for_history(live.rule, price=offer.price, target_price=target_price) for live in self.rules
        )


def _load_prices(connection: Connection, looks: Sequence[_Look], states: Mapping[StateKey, RuleState]) -> None:
    """What prices were. Windows are loaded for those rules only that may be met: most prices are what they were."""
    with no_traps():
        asking = [look for look in looks if look.asks_for_history]
    if not asking:
        return
    marks = alert_evaluation.marks(connection, [_wanted(look) for look in asking])
    wanted = []
    with no_traps():
        for look in asking:
            look.marks = marks[look.watch.watch_id]
            look.observation = _observation(look, look.marks.known_last)
            if rules := [live.rule for live in look.watch.rules.windowed if _looks_back(live.rule, look, states)]:
                since = look.check.observed_at - timedelta(days=max(map(days_back, rules)))
                wanted.append(_wanted(look, since=since))
    windows = alert_evaluation.windows(connection, wanted)
    for look in asking:
        if window := windows.get(look.watch.watch_id):
            # What was known last may lie before the window.
            before = (change for change in look.marks.known_last if change.began_at < window[0].began_at)
            look.observation = _observation(look, (*before, *window))


def _wanted(look: _Look, *, since: datetime | None = None) -> Wanted:
    return Wanted(
        watch_id=look.watch.watch_id,
        before=look.check.observed_at,
        currency=look.check.offer.currency if look.check.offer else None,
        has_first=look.watch.rules.has_first,
        has_window=bool(look.watch.rules.windowed),
        since=since,
    )


def _looks_back(rule: AlertRule, look: _Look, states: Mapping[StateKey, RuleState]) -> bool:
    if look.observation is None:
        return False
    state = states.get((rule.rule_id, look.watch.watch_id), _NO_STATE)
    marks = look.marks
    try:
        return looks_back(rule, state, look.observation, lowest=marks.lowest_price, highest=marks.highest_price)
    except Exception:  # as below
        log.exception("alert rule %s cannot be evaluated for %s", rule.rule_id, look.watch.watch_id)
        return False


def _look_at_watch(look: _Look, states: Mapping[StateKey, RuleState], told: _Told) -> None:
    if not look.rules:
        return
    observation = look.observation or _observation(look)
    watch_id = look.watch.watch_id
    for live in look.rules:
        key = (live.rule.rule_id, watch_id)
        before = states.get(key, _NO_STATE)
        after = _stepped(live.rule, before, observation, watch_id)
        if after.state is not before or after.firing:
            told.take(key, before, after, partial(_watch_alert, live, look=look, told=told))


def _watch_alert(live: LiveRule, firing: Firing, *, look: _Look, told: _Told) -> Alert:
    return alert_of(
        live,
        firing,
        subject=look.watch.watch_id,
        slot_at=look.check.slot_at,
        fired_at=told.fired_at,
        facts=watch_facts(look.watch, look.check, look.marks),
        alerting=told.alerting,
        watch=look.watch,
        offer=look.check.offer,
    )


def _relevant(watch: Subject, seen: Seen, states: Mapping[StateKey, RuleState]) -> list[LiveRule]:
    """The rules about the watch itself that this check could move. Most watches have no target, and most do not fail."""
    if not seen.outcome.is_success:
        return list(watch.rules.about_checks)
    found = [live for live in watch.rules.about_checks if _has_state(live, watch, states)]
    for live in watch.rules.about_prices:
        is_idle = live.rule.kind is RuleKind.AT_TARGET and watch.target_price is None
        if not is_idle or _has_state(live, watch, states):
            found.append(live)
    return found


def _has_state(live: LiveRule, watch: Subject, states: Mapping[StateKey, RuleState]) -> bool:
    return (live.rule.rule_id, watch.watch_id) in states


def _observation(look: _Look, history: tuple[PriceChange, ...] = ()) -> Observation:
    check, watch, marks = look.check, look.watch, look.marks
    offer = check.offer or _NO_OFFER
    return Observation(
        slot_at=check.slot_at,
        observed_at=check.observed_at,
        outcome=check.outcome,
        price=offer.price,
        currency=offer.currency,
        availability=offer.availability,
        signals=check.signals,
        history=history,
        first_price=marks.first_price,
        lowest_price=marks.lowest_price,
        target_price=watch.target_price,
        target_currency=watch.target_currency,
        cooldown=watch.cooldown,
        consecutive_failures=_failures(check, watch),
        is_doubted=check.outcome is Outcome.IMPLAUSIBLE,
        is_host_blocked=watch.is_host_blocked,
    )


def _failures(seen: Seen, watch: Subject) -> int:
    """In a row, with this check. No failure of the watch: a price that we do not believe, a check that a person stopped."""
    if seen.failures is not None:
        return seen.failures
    if seen.outcome in (Outcome.IMPLAUSIBLE, Outcome.CANCELLED):
        return watch.consecutive_failures
    return watch.consecutive_failures + 1 if seen.outcome.is_failure else 0


def _stepped(rule: AlertRule, state: RuleState, observation: Observation, subject: str) -> Step:
    try:
        return step_within(rule, state, observation)
    except Exception:  # whatever is wrong with one rule: the price is not lost for it, nor the other rules
        log.exception("alert rule %s cannot be evaluated for %s", rule.rule_id, subject)
        return Step(state=state)


def _look_at_hosts(
    connection: Connection, looks: Iterable[_Look], states: Mapping[StateKey, RuleState], told: _Told
) -> None:
    """Rules about hosts: one look per host, however many of its watches were checked.

    The runs that are at a host at the same time take turns at its state, and only where there is something to say.
    """
    about: dict[StateKey, tuple[LiveRule, Seen, bool]] = {}
    for look in looks:
        watch = look.watch
        for live in watch.rules.about_hosts:
            key = (live.rule.rule_id, f"{HOST}{watch.host}")
            if watch.is_host_blocked or key in states:
                about[key] = (live, look.check, watch.is_host_blocked)
    moved = {key for key, each in about.items() if _moves(*each, states.get(key, _NO_STATE))}
    for key, stood in raised_alerts.lock_states(connection, moved).items():
        live, check, _ = about[key]
        after = _host_step(live, check, stood.state, is_blocked=stood.is_host_blocked)
        told.take(key, stood.state, after, partial(_host_alert, live, key=key, check=check, stood=stood, told=told))


def _host_alert(
    live: LiveRule, firing: Firing, *, key: StateKey, check: Seen, stood: LockedState, told: _Told
) -> Alert:
    return alert_of(
        live,
        firing,
        subject=key[1],
        slot_at=check.slot_at,
        fired_at=told.fired_at,
        facts={"host": key[1].removeprefix(HOST), "outcome": check.outcome, "error": stood.breaker_reason},
        alerting=told.alerting,
    )


def _moves(live: LiveRule, check: Seen, is_blocked: bool, state: RuleState) -> bool:
    after = _host_step(live, check, state, is_blocked=is_blocked)
    return after.state is not state or after.firing is not None


def _host_step(live: LiveRule, check: Seen, state: RuleState, *, is_blocked: bool) -> Step:
    observation = Observation(
        slot_at=check.slot_at,
        observed_at=check.observed_at,
        outcome=check.outcome,
        cooldown=DEFAULT_ALERT_COOLDOWN,
        is_host_blocked=is_blocked,
    )
    return _stepped(live.rule, state, observation, f"the host of {check.watch_id}")


def _run_failed(connection: Connection, alerting: Alerting, run_id: str, job: str, error: str) -> list[str]:
    subject = f"{RUN}{job}"
    rules = {
        (live.rule.rule_id, subject): live for live in alert_evaluation.live_rules_of(connection, RuleKind.RUN_FAILED)
    }
    told = _Told(fired_at=clock(connection), alerting=alerting)
    for key, stood in raised_alerts.lock_states(connection, rules).items():
        if _may_tell_of_run(rules[key].rule, stood.state, told.fired_at) and not raised_alerts.has_told_of_run(
            connection, key, run_id
        ):
            firing = Firing(reason=f"a run of {job} failed")
            now = told.fired_at
            state = replace(stood.state, status=RuleStatus.FIRED, fired_at=now, fired_slot_at=now)
            facts = {"run_id": run_id, "job": job, "error": error[:LONGEST_ERROR]}
            told.states[key] = state
            told.alerts.append(
                alert_of(rules[key], firing, subject=subject, slot_at=now, fired_at=now, facts=facts, alerting=alerting)
            )
    return raised_alerts.store(connection, told.states, told.alerts, watch_ids=())


def _may_tell_of_run(rule: AlertRule, state: RuleState, now: datetime) -> bool:
    cooldown = DEFAULT_ALERT_COOLDOWN if rule.cooldown is None else rule.cooldown
    return state.fired_at is None or now - state.fired_at >= cooldown
