"""Completes checks and lets the rules about their watches speak, in one transaction: a snapshot and its alerts, or neither.

A rule that cannot be evaluated is skipped, and the log says so: no price is lost for its alerts.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pricewatch_pipeline.domain.alert_rules import OPERATIONAL, AlertRule, RuleKind
from pricewatch_pipeline.domain.alert_state import step
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step
from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import DEFAULT_ALERT_COOLDOWN
from pricewatch_pipeline.errors import NotStorable
from pricewatch_pipeline.services.word_alerts import Alerting, Seen, alert_of, longest_look, watch_facts
from pricewatch_pipeline.storage import alert_evaluation, completions
from pricewatch_pipeline.storage.alert_evaluation import HOST, Alert, History, LiveRule, StateKey, Subject, Wanted
from pricewatch_pipeline.storage.completions import Written
from pricewatch_pipeline.storage.database import Connection, Database, clock

__all__ = ["Alerting", "complete", "confirmed", "record_manual", "run_failed"]

log = logging.getLogger(__name__)

RUN = "run:"
"""What the subjects of failed runs begin with; the job follows."""
_NOTHING = History()
_NO_STATE = RuleState()
_RUN_FAILED = RuleKind.RUN_FAILED
_NOT_ABOUT_WATCHES = frozenset({RuleKind.BLOCKED, _RUN_FAILED})
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
        with alert_evaluation.kept_apart(connection):
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

    states: dict[StateKey, RuleState] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)


def _evaluate(connection: Connection, seen: Sequence[Seen], alerting: Alerting) -> None:
    loaded = alert_evaluation.load(connection, [each.watch_id for each in seen])
    ruled = {each.watch_id: each for each in seen if each.watch_id in loaded.subjects}
    relevant = {each: _relevant(loaded.subjects[each], seen, loaded.states) for each, seen in ruled.items()}
    histories = _histories(connection, ruled, relevant)
    told = _Told()
    for watch_id, rules in relevant.items():
        watch, check, history = loaded.subjects[watch_id], ruled[watch_id], histories.get(watch_id, _NOTHING)
        observation = _observation(check, watch, history)
        for live in rules:
            key = (live.rule.rule_id, watch_id)
            before = loaded.states.get(key, _NO_STATE)
            after = _stepped(live.rule, before, observation, watch_id)
            if after.state is not before:
                told.states[key] = after.state
            if after.firing:
                told.alerts.append(
                    alert_of(
                        live,
                        after.firing,
                        subject=watch_id,
                        slot_at=check.slot_at,
                        fired_at=loaded.now,
                        facts=watch_facts(watch, check, history),
                        alerting=alerting,
                        watch=watch,
                        offer=check.offer,
                    )
                )
    _look_at_hosts(connection, ruled, loaded, told, alerting)
    alert_evaluation.store(connection, told.states, told.alerts, watch_ids=ruled)


def _relevant(watch: Subject, seen: Seen, states: Mapping[StateKey, RuleState]) -> list[LiveRule]:
    """The rules about the watch itself that this check could move. Most watches have no target, and most do not fail."""
    found = []
    for live in watch.rules:
        kind = live.rule.kind
        is_idle = (
            (kind is RuleKind.AT_TARGET and watch.target_price is None)
            or (kind in OPERATIONAL and seen.outcome.is_success)
            or (kind not in OPERATIONAL and not seen.outcome.is_success)
        )
        if kind not in _NOT_ABOUT_WATCHES and (not is_idle or (live.rule.rule_id, watch.watch_id) in states):
            found.append(live)
    return found


def _histories(
    connection: Connection, ruled: Mapping[str, Seen], relevant: Mapping[str, list[LiveRule]]
) -> Mapping[str, History]:
    """What prices were, for the watches with rules about prices."""
    wanted = []
    for watch_id, rules in relevant.items():
        seen = ruled[watch_id]
        if seen.offer and any(live.rule.kind not in OPERATIONAL for live in rules):
            since = seen.observed_at - longest_look(rules)
            wanted.append(Wanted(watch_id=watch_id, before=seen.observed_at, since=since, currency=seen.offer.currency))
    return alert_evaluation.histories(connection, wanted) if wanted else {}


def _observation(seen: Seen, watch: Subject, history: History) -> Observation:
    offer = seen.offer or Offer()
    return Observation(
        slot_at=seen.slot_at,
        observed_at=seen.observed_at,
        outcome=seen.outcome,
        price=offer.price,
        currency=offer.currency,
        availability=offer.availability,
        signals=seen.signals,
        history=history.changes,
        first_price=history.first_price,
        lowest_price=history.lowest_price,
        target_price=watch.target_price,
        target_currency=watch.target_currency,
        cooldown=watch.cooldown,
        consecutive_failures=_failures(seen, watch),
        is_doubted=seen.outcome is Outcome.IMPLAUSIBLE,
        is_host_blocked=watch.is_host_blocked,
    )


def _failures(seen: Seen, watch: Subject) -> int:
    """In a row, with this check; a price that is not believed is our doubt, and no failure of the watch."""
    if seen.failures is not None:
        return seen.failures
    if seen.outcome.is_success:
        return 0
    return watch.consecutive_failures + (seen.outcome is not Outcome.IMPLAUSIBLE)


def _stepped(rule: AlertRule, state: RuleState, observation: Observation, subject: str) -> Step:
    try:
        return step(rule, state, observation)
    except Exception:  # whatever is wrong with one rule: the price is not lost for it, nor the other rules
        log.exception("alert rule %s cannot be evaluated for %s", rule.rule_id, subject)
        return Step(state=state)


def _look_at_hosts(
    connection: Connection,
    ruled: Mapping[str, Seen],
    loaded: alert_evaluation.Loaded,
    told: _Told,
    alerting: Alerting,
) -> None:
    """Rules about hosts: one look per host, however many of its watches were checked.

    The runs that are at a host at the same time take turns at its state, and only where there is something to say.
    """
    about: dict[StateKey, tuple[LiveRule, Seen]] = {}
    for watch_id, seen in ruled.items():
        watch = loaded.subjects[watch_id]
        for live in watch.rules:
            key = (live.rule.rule_id, f"{HOST}{watch.host}")
            if live.rule.kind is RuleKind.BLOCKED and (watch.is_host_blocked or key in loaded.states):
                about[key] = (live, seen)
    moved = {
        key: each
        for key, each in about.items()
        if _moves(*each, loaded.states.get(key, _NO_STATE), loaded.subjects[each[1].watch_id].is_host_blocked)
    }
    locked = alert_evaluation.lock_states(connection, moved) if moved else {}
    for key, stood in locked.items():
        live, seen = moved[key]
        after = _host_step(live, seen, stood.state, is_blocked=stood.is_host_blocked)
        if after.state is not stood.state:
            told.states[key] = after.state
        if after.firing:
            facts = {"host": key[1].removeprefix(HOST), "outcome": seen.outcome, "error": stood.breaker_reason}
            told.alerts.append(
                alert_of(
                    live,
                    after.firing,
                    subject=key[1],
                    slot_at=seen.slot_at,
                    fired_at=loaded.now,
                    facts=facts,
                    alerting=alerting,
                )
            )


def _moves(live: LiveRule, seen: Seen, state: RuleState, is_blocked: bool) -> bool:
    after = _host_step(live, seen, state, is_blocked=is_blocked)
    return after.state is not state or after.firing is not None


def _host_step(live: LiveRule, seen: Seen, state: RuleState, *, is_blocked: bool) -> Step:
    observation = Observation(
        slot_at=seen.slot_at,
        observed_at=seen.observed_at,
        outcome=seen.outcome,
        cooldown=DEFAULT_ALERT_COOLDOWN,
        is_host_blocked=is_blocked,
    )
    return _stepped(live.rule, state, observation, f"the host of {seen.watch_id}")


def _run_failed(connection: Connection, alerting: Alerting, run_id: str, job: str, error: str) -> list[str]:
    subject = f"{RUN}{job}"
    rules = {(live.rule.rule_id, subject): live for live in alert_evaluation.live_rules_of(connection, _RUN_FAILED)}
    locked = alert_evaluation.lock_states(connection, rules) if rules else {}
    now, told = clock(connection), _Told()
    for key, stood in locked.items():
        live = rules[key]
        cooldown = DEFAULT_ALERT_COOLDOWN if live.rule.cooldown is None else live.rule.cooldown
        is_early = stood.state.fired_at is not None and now - stood.state.fired_at < cooldown
        if is_early or alert_evaluation.has_told_of_run(connection, key, run_id):
            continue
        told.states[key] = replace(stood.state, status=RuleStatus.FIRED, fired_at=now, fired_slot_at=now)
        told.alerts.append(
            alert_of(
                live,
                Firing(reason=f"a run of {job} failed"),
                subject=subject,
                slot_at=now,
                fired_at=now,
                facts={"run_id": run_id, "job": job, "error": error[:LONGEST_ERROR]},
                alerting=alerting,
            )
        )
    return alert_evaluation.store(connection, told.states, told.alerts, watch_ids=())
