"""How often a rule may speak: its cooldown and its alerts per day; and what it remembers once it has spoken."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.alert_rules import AlertRule
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step

_DAY = timedelta(hours=24)
_ARMED = RuleStatus.ARMED


def may_speak(rule: AlertRule, state: RuleState, seen: Observation) -> bool:
    """Whether neither the cooldown nor the day's number forbids another alert now."""
    cooldown = seen.cooldown if rule.cooldown is None else rule.cooldown
    if state.fired_at is not None and seen.observed_at - state.fired_at < cooldown:
        return False
    return rule.max_per_day is None or len(_recent(state, seen)) < rule.max_per_day


def spoken(
    rule: AlertRule, state: RuleState, seen: Observation, firing: Firing, *, price: Decimal | None = None
) -> Step:
    """The alert, and the state after it; `price` is what further moves are measured from."""
    after = replace(
        state,
        status=RuleStatus.FIRED,
        fired_at=seen.observed_at,
        fired_slot_at=seen.slot_at,
        fired_price=price,
        fired_threshold=firing.threshold,
        recent_firings=() if rule.max_per_day is None else (*_recent(state, seen), seen.observed_at),
        held_price=None,
        held_currency=None,
        held_availability=None,
        awaits_confirmation_since=None,
        clear_since=None,
    )
    return Step(state=after, firing=firing)


def armed(state: RuleState) -> RuleState:
    """Ready to fire; the same object where it was."""
    return state if state.status is _ARMED else replace(state, status=RuleStatus.ARMED)


def released(state: RuleState) -> RuleState:
    """Nothing waits any more; the same object where nothing did."""
    is_held = state.held_price is not None or state.held_currency is not None or state.held_availability is not None
    if not is_held and state.awaits_confirmation_since is None:
        return state
    return replace(state, held_price=None, held_currency=None, held_availability=None, awaits_confirmation_since=None)


def needs_confirmation(
    rule: AlertRule, state: RuleState, seen: Observation, *, price: Decimal | None, newest: Decimal | None
) -> bool:
    """Whether a second check must first say the same: a move this big was seen by this check alone."""
    if rule.confirm is None:
        return False
    if state.awaits_confirmation_since is not None:
        return state.awaits_confirmation_since == seen.slot_at
    return price is not None and newest is not None and abs(price - newest) >= rule.confirm * newest


def _recent(state: RuleState, seen: Observation) -> tuple[datetime, ...]:
    return tuple(fired_at for fired_at in state.recent_firings if seen.observed_at - fired_at < _DAY)
