"""Rules about what can be had: back in stock, out of stock, and any change at all. Pure functions.

Not known is neither in stock nor out of it, and no change.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from pricewatch_pipeline.domain.alert_limits import armed, may_speak, needs_confirmation, released, spoken
from pricewatch_pipeline.domain.alert_reasons import money, stock
from pricewatch_pipeline.domain.alert_rules import AlertRule, RuleKind
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step
from pricewatch_pipeline.domain.insights import SOLD_OUT
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange

_AT_HAND = frozenset({Availability.IN_STOCK, Availability.LIMITED_AVAILABILITY})
_WANTED = {RuleKind.BACK_IN_STOCK: _AT_HAND, RuleKind.OUT_OF_STOCK: SOLD_OUT}


def stock_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """Fires when what it waits for has come, after it was seen to be otherwise.

    Once it has fired, that must have lasted for `rearm_after`: stock that flaps fires once.
    """
    if not seen.outcome.is_success or seen.availability is None:
        return state.unmoved
    wanted = _WANTED[rule.kind]
    if seen.availability not in wanted:
        return _otherwise(rule, state, seen).unmoved
    state = _recalled(state, seen, wanted)
    if state.clear_since is None:
        return state.unmoved
    if state.status is RuleStatus.FIRED and seen.observed_at - state.clear_since < rule.rearm_after:
        return Step(state=replace(state, clear_since=None))
    if not may_speak(rule, state, seen):
        return Step(state=armed(state))
    return spoken(rule, state, seen, Firing(reason=f"it is {stock(seen.availability)}{_price_of(seen)}"))


def _otherwise(rule: AlertRule, state: RuleState, seen: Observation) -> RuleState:
    if state.clear_since is None:
        state = replace(state, clear_since=seen.observed_at)
    has_lasted = state.clear_since is not None and seen.observed_at - state.clear_since >= rule.rearm_after
    return armed(state) if has_lasted else state


def _recalled(state: RuleState, seen: Observation, wanted: frozenset[Availability]) -> RuleState:
    """A rule that looks for the first time knows from the history what was there before."""
    if state.clear_since is not None or state.fired_at is not None:
        return state
    known = next((change for change in reversed(seen.history) if change.availability is not None), None)
    if known is None or known.availability in wanted:
        return state
    return replace(state, clear_since=known.began_at)


def _price_of(seen: Observation) -> str:
    return "" if seen.price is None else f", for {money(seen.price, seen.currency)}"


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What was known before, each part as of when it was last known."""

    price: Decimal | None = None
    currency: str | None = None
    availability: Availability | None = None


def change_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """Fires when price, currency or availability is another than it was."""
    if not seen.outcome.is_success:
        return state.unmoved
    before = _held(state) or _known(seen)
    changes = _changes(before, seen)
    if not changes:
        return state.unmoved if state.is_quiet else armed(released(state)).unmoved
    is_same_money = before.currency == seen.currency
    if needs_confirmation(rule, state, seen, price=seen.price, newest=before.price if is_same_money else None):
        return Step(state=_holding(state, before, replace(state, awaits_confirmation_since=seen.slot_at)))
    if not may_speak(rule, state, seen):
        return Step(state=_holding(state, before, state))
    firing = Firing(reason="; ".join(changes), was_price=before.price if is_same_money else None)
    return spoken(rule, state, seen, firing, price=seen.price)


def _held(state: RuleState) -> _Known | None:
    if state.held_price is None and state.held_currency is None and state.held_availability is None:
        return None
    return _Known(price=state.held_price, currency=state.held_currency, availability=state.held_availability)


def _holding(state: RuleState, before: _Known | PriceChange, after: RuleState) -> RuleState:
    held = replace(after, held_price=before.price, held_currency=before.currency, held_availability=before.availability)
    return state if held == state else held


def _known(seen: Observation) -> _Known | PriceChange:
    newest = seen.history[-1] if seen.history else None
    if newest is not None and newest.price is not None and newest.availability is not None:
        return newest
    priced = next((change for change in reversed(seen.history) if change.price is not None), None)
    known = next((change for change in reversed(seen.history) if change.availability is not None), None)
    return _Known(
        price=priced.price if priced else None,
        currency=priced.currency if priced else None,
        availability=known.availability if known else None,
    )


def _changes(before: _Known | PriceChange, seen: Observation) -> list[str]:
    changes = []
    if before.price is not None and seen.price is not None:
        is_other_money = None not in (before.currency, seen.currency) and before.currency != seen.currency
        if before.price != seen.price or is_other_money:
            changes.append(f"{money(seen.price, seen.currency)} instead of {money(before.price, before.currency)}")
    if None not in (before.availability, seen.availability) and before.availability != seen.availability:
        changes.append(f"{stock(seen.availability)} instead of {stock(before.availability)}")
    return changes
