"""Rules about how high a price is: target, amount, drop, rise, lowest. Pure functions.

Only a price that somebody can pay counts: of a successful check, above 0 (what is given away is an event of its own, and mostly an
error), not of something sold out, and in the watch's own currency or the one that the rule names. Everything else changes
nothing: neither does it fire a rule nor does it arm one.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.alert_limits import armed, may_speak, needs_confirmation, released, spoken
from pricewatch_pipeline.domain.alert_reasons import price_reason
from pricewatch_pipeline.domain.alert_rules import DEFAULT_DAYS, AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step
from pricewatch_pipeline.domain.insights import is_price, low_of, median_of
from pricewatch_pipeline.domain.price_changes import PriceChange

# To look a member of an enum up costs as much as all that is done with it here, and this is done for each rule of each snapshot.
_AT_TARGET, _BELOW, _LOWEST = RuleKind.AT_TARGET, RuleKind.BELOW, RuleKind.LOWEST
_DROP, _RISE = RuleKind.DROP, RuleKind.RISE
_PREVIOUS, _FIRST, _MEDIAN, _LOW = Baseline.PREVIOUS, Baseline.FIRST, Baseline.MEDIAN, Baseline.LOW
_LAST_ALERTED = Baseline.LAST_ALERTED
_FIRED = RuleStatus.FIRED

_MOST_DAYS = 36_500
NAMED = frozenset({_AT_TARGET, _BELOW})
"""The user names their threshold."""
_MOVES = frozenset({_DROP, _RISE})
COMPARING = NAMED | _MOVES | {_LOWEST}
"""They compare a price with an amount, and so in one currency only."""
_LOOKING_BACK = frozenset({_LOWEST, _DROP, _RISE})
_WINDOWS = frozenset({_MEDIAN, _LOW})
_MOMENTARY = frozenset({_PREVIOUS, _LAST_ALERTED})
"""With these each fall that meets the rule is news by itself: the baseline has moved since the last alert."""


def price_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """The rule after this check."""
    price = seen.payable_price
    if price is None:
        return state.unmoved
    if state.currency is None and seen.currency is not None:
        state = replace(state, currency=seen.currency)
    named = seen.target_currency if rule.kind is _AT_TARGET else rule.currency
    if seen.currency != (named or state.currency):
        return state.unmoved
    outcome = _priced(rule, state, seen, price)
    return outcome if rule.baseline is not _LAST_ALERTED else _followed(rule, outcome, seen, price)


def days_back(rule: AlertRule) -> int:
    """How far back the rule's window reaches; 0 where it has none."""
    if rule.kind is _LOWEST:
        return min(rule.days or 0, _MOST_DAYS)
    return min(rule.days or DEFAULT_DAYS, _MOST_DAYS) if rule.baseline in _WINDOWS else 0


def looks_back(
    rule: AlertRule, state: RuleState, seen: Observation, *, lowest: Decimal | None, highest: Decimal | None
) -> bool:
    """As `alert_state.looks_back` says."""
    price = seen.payable_price
    is_windowed = rule.days is not None if rule.kind is _LOWEST else rule.baseline in _WINDOWS
    if price is None or not is_windowed or rule.kind not in _LOOKING_BACK:
        return False
    if state.status is _FIRED or state.held_price is not None:
        return True
    if rule.kind is _LOWEST:
        return not _is_out_of_reach(rule, state, seen, price)
    return _is_met(rule, _threshold(rule, seen, lowest if rule.kind is _RISE else highest), price)


def _priced(rule: AlertRule, state: RuleState, seen: Observation, price: Decimal) -> Step:
    if _is_out_of_reach(rule, state, seen, price):
        return state.unmoved
    baseline = state.held_price or _baseline(rule, state, seen)
    threshold = _threshold(rule, seen, baseline)
    if state.is_quiet and not _is_met(rule, threshold, price):
        return state.unmoved
    if state.held_price is not None and not _is_met(rule, threshold, price):
        state = released(state)
        baseline = _baseline(rule, state, seen)
        threshold = _threshold(rule, seen, baseline)
    if threshold is None:
        return released(state).unmoved
    state = _anew(rule, state, threshold)
    if not _is_met(rule, threshold, price):
        return released(armed(state) if _has_left(rule, threshold, price) else state).unmoved
    if state.status is _FIRED and not _goes_further(rule, state, price):
        return released(state).unmoved
    return _speaking(rule, state, seen, price, threshold=threshold, baseline=baseline)


def _speaking(
    rule: AlertRule,
    state: RuleState,
    seen: Observation,
    price: Decimal,
    *,
    threshold: Decimal,
    baseline: Decimal | None,
) -> Step:
    newest = seen.newest_price
    if needs_confirmation(rule, state, seen, price=price, newest=newest):
        return Step(state=_holding(state, baseline, replace(state, awaits_confirmation_since=seen.slot_at)))
    if not may_speak(rule, state, seen):
        return Step(state=_holding(state, baseline, state))
    reason = price_reason(rule, price, seen.currency, threshold=threshold, baseline=baseline)
    firing = Firing(reason=reason, was_price=baseline or newest, threshold=threshold)
    return spoken(rule, state, seen, firing, price=price)


def _holding(before: RuleState, baseline: Decimal | None, after: RuleState) -> RuleState:
    """What is compared with while it waits: of most baselines the price itself becomes a part at its next check."""
    held = replace(after, held_price=baseline)
    return before if held == before else held


def _threshold(rule: AlertRule, seen: Observation, baseline: Decimal | None) -> Decimal | None:
    if rule.kind is _AT_TARGET:
        return seen.target_price
    if rule.kind is _BELOW:
        return rule.amount
    if baseline is None or rule.kind is _LOWEST:
        return baseline
    move = rule.amount if rule.share is None else baseline * rule.share
    if move is not None and rule.share is not None and rule.amount is not None:
        move = max(move, rule.amount)  # both must be met
    if move is None:
        return None
    return baseline - move if rule.kind is _DROP else baseline + move


def _baseline(rule: AlertRule, state: RuleState, seen: Observation) -> Decimal | None:
    if rule.kind in NAMED:
        return None
    if rule.kind is _LOWEST:
        return seen.lowest_price if rule.days is None else _of_days(rule, seen)
    if rule.baseline is _PREVIOUS:
        return seen.newest_price
    if rule.baseline is _FIRST:
        return seen.first_price or None
    if rule.baseline is _LAST_ALERTED:
        return state.reference_price
    return _of_days(rule, seen) if rule.baseline in _WINDOWS else None


def _of_days(rule: AlertRule, seen: Observation) -> Decimal | None:
    summary = median_of if rule.baseline is _MEDIAN else low_of
    return summary(_window(rule, seen), since=_since(rule, seen), until=seen.observed_at, currency=seen.currency)


def _since(rule: AlertRule, seen: Observation) -> datetime:
    return seen.observed_at - timedelta(days=min(rule.days or DEFAULT_DAYS, _MOST_DAYS))


def _window(rule: AlertRule, seen: Observation) -> Sequence[PriceChange]:
    """The changes of the rule's days, and before them what stood as they began."""
    stood_then = bisect_right(seen.history, _since(rule, seen), key=lambda change: change.began_at) - 1
    return seen.history[max(stood_then, 0) :]


def _is_out_of_reach(rule: AlertRule, state: RuleState, seen: Observation, price: Decimal) -> bool:
    """Whether a rule that is armed cannot be met, seen without summing up its window: that costs the most."""
    if state.status is _FIRED or state.held_price is not None:
        return False
    if rule.kind is _LOWEST and rule.days is not None:
        if seen.history and _is_as_low(seen.history[-1], seen, price):  # mostly it is what it was
            return True
        window = reversed(_window(rule, seen))
        return any(_is_as_low(change, seen, price) for change in window)
    if rule.kind not in _MOVES or rule.baseline not in _WINDOWS:
        return False
    furthest = min if rule.kind is _RISE else max
    bound = furthest((change.price for change in _window(rule, seen) if change.price), default=None)
    return not _is_met(rule, _threshold(rule, seen, bound), price)


def _is_as_low(change: PriceChange, seen: Observation, price: Decimal) -> bool:
    return change.price is not None and change.price <= price and is_price(change, seen.currency)


def _is_met(rule: AlertRule, threshold: Decimal | None, price: Decimal) -> bool:
    if threshold is None:
        return False
    if rule.kind is _LOWEST:
        return price < threshold
    return price >= threshold if rule.kind is _RISE else price <= threshold


def _anew(rule: AlertRule, state: RuleState, threshold: Decimal) -> RuleState:
    """With another target than the one that was met, the rule has said nothing yet."""
    if state.fired_threshold is None or state.fired_threshold == threshold:
        return state
    return armed(state) if rule.kind in NAMED else state


def _has_left(rule: AlertRule, threshold: Decimal, price: Decimal) -> bool:
    """Whether the price is far enough from the threshold again, so that one that trembles around it fires once."""
    if _is_momentary(rule):
        return True
    if rule.kind is _RISE:
        return price < threshold * (1 - rule.rearm)
    return price > threshold * (1 + rule.rearm)


def _goes_further(rule: AlertRule, state: RuleState, price: Decimal) -> bool:
    """Whether a rule that has fired may fire once more."""
    if _is_momentary(rule):
        return True
    last = state.fired_price
    if last is None or rule.again_after is None:
        return False
    if rule.kind is _RISE:
        return price > last and price >= last * (1 + rule.again_after)
    return price < last and price <= last * (1 - rule.again_after)


def _is_momentary(rule: AlertRule) -> bool:
    return rule.kind in _MOVES and rule.baseline in _MOMENTARY


def _followed(rule: AlertRule, outcome: Step, seen: Observation, price: Decimal) -> Step:
    """`last_alerted`: an alert's price is the new reference; until the next one it follows the other way.

    It follows no move that a second check should confirm: at that one it is no move any more.
    """
    reference = outcome.state.reference_price
    if reference is not None and outcome.firing is None:
        newest = seen.newest_price
        if rule.confirm is not None and newest is not None and abs(price - newest) >= rule.confirm * newest:
            return outcome
        price = min(reference, price) if rule.kind is _RISE else max(reference, price)
    if reference == price:
        return outcome
    return replace(outcome, state=replace(outcome.state, reference_price=price))
