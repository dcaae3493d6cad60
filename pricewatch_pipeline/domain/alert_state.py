"""Alert rules, check by check: armed, fired, armed again. A pure function over values; a rule never knows what else there is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext

from pricewatch_pipeline.domain import price_rules
from pricewatch_pipeline.domain.alert_rules import OPERATIONAL, AlertRule, RuleKind
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step
from pricewatch_pipeline.domain.operational_rules import (
    blocked_step,
    failing_step,
    indicator_step,
    insider_step,
    quarantined_step,
)
from pricewatch_pipeline.domain.price_rules import NAMED, price_step
from pricewatch_pipeline.domain.stock_rules import change_step, stock_step

__all__ = [
    "Firing",
    "Observation",
    "RuleState",
    "RuleStatus",
    "Step",
    "asks_for_history",
    "looks_back",
    "no_traps",
    "step",
    "step_within",
]

_STEPS: dict[RuleKind, Callable[[AlertRule, RuleState, Observation], Step]] = {
    RuleKind.AT_TARGET: price_step,
    RuleKind.BELOW: price_step,
    RuleKind.DROP: price_step,
    RuleKind.RISE: price_step,
    RuleKind.LOWEST: price_step,
    RuleKind.CHANGE: change_step,
    RuleKind.BACK_IN_STOCK: stock_step,
    RuleKind.OUT_OF_STOCK: stock_step,
    RuleKind.PRICE_INDICATOR: indicator_step,
    RuleKind.INSIDER_TRADE: insider_step,
    RuleKind.FAILING: failing_step,
    RuleKind.BLOCKED: blocked_step,
    RuleKind.QUARANTINED: quarantined_step,
}
"""`run_failed` is not here: no check can tell."""
_NO_TRAPS = Context(prec=28, traps=[])

_BELOW = RuleKind.BELOW


def step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """The rule after this check. The same state, object for object, where nothing has changed."""
    with no_traps():
        return step_within(rule, state, seen)


def no_traps() -> AbstractContextManager[object]:
    """Sums that cannot be done give NaN here, which meets nothing, and not an error that would take a snapshot with it."""
    return localcontext(_NO_TRAPS)


def step_within(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """The same for who is within `no_traps` already: to enter it for each rule of each watch costs as much as most rules."""
    decide = _STEPS.get(rule.kind)
    # A check that is told again says nothing new.
    if decide is None or state.fired_slot_at == seen.slot_at:
        return state.unmoved
    return decide(rule, state, seen)


def asks_for_history(rule: AlertRule, *, price: Decimal | None, target_price: Decimal | None) -> bool:
    """Whether the step may look at prices before: a target that is not met does not. Within `no_traps`."""
    if rule.kind in NAMED:
        threshold = rule.amount if rule.kind is _BELOW else target_price
        return price is not None and threshold is not None and price <= threshold
    return rule.kind not in OPERATIONAL


def looks_back(
    rule: AlertRule, state: RuleState, seen: Observation, *, lowest: Decimal | None, highest: Decimal | None
) -> bool:
    """Whether the rule's window may matter to its step; where not, the step is the same with a history of only what was
    known last, which is all that `seen` needs to hold here. `lowest` and `highest` are of all prices before.

    Within `no_traps`.
    """
    return price_rules.looks_back(rule, state, seen, lowest=lowest, highest=highest)
