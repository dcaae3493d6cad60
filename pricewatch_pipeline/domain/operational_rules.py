"""Rules for who runs the pipeline, and rules about what a provider says beside its offer. Pure functions."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.alert_limits import armed, may_speak, spoken
from pricewatch_pipeline.domain.alert_reasons import money
from pricewatch_pipeline.domain.alert_rules import AlertRule
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step
from pricewatch_pipeline.domain.outcomes import Outcome

INDICATOR_SIGNAL = "price_indicator"
TYPICAL_SIGNALS = ("typical_low", "typical_high")
INSIDER_SIGNAL, INSIDER_WORDS = "insider_trade_value", "insider_trade"


def failing_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """Fires at the check that makes it too many, and after each cooldown while it lasts."""
    if seen.outcome is Outcome.CANCELLED:
        return Step(state=state)
    if rule.times is None or not seen.outcome.is_failure or seen.consecutive_failures < rule.times:
        return Step(state=armed(state))
    count = seen.consecutive_failures
    checks = "1 check" if count == 1 else f"{count} checks in a row"
    firing = Firing(reason=f"{checks} failed, the last with the outcome {seen.outcome.value}")
    return spoken(rule, state, seen, firing) if may_speak(rule, state, seen) else Step(state=state)


def blocked_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """Fires once for as long as the host blocks us."""
    if not seen.is_host_blocked:
        return Step(state=armed(state))
    return _once(rule, state, seen, "the host blocks us and is left alone for a while")


def quarantined_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """Fires once until a price is believed again."""
    if seen.is_doubted:
        return _once(rule, state, seen, "a price was read that is not believed yet")
    return Step(state=armed(state) if seen.outcome.is_success else state)


def indicator_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """Fires when the provider calls the price so; anew after it has called it otherwise."""
    said = seen.signals.get(INDICATOR_SIGNAL)
    if not seen.outcome.is_success or not said or rule.indicator is None:
        return Step(state=state)
    if said.strip().casefold() != rule.indicator.strip().casefold():
        return Step(state=armed(state))
    price = "" if seen.price is None else f" of {money(seen.price, seen.currency)}"
    return _once(rule, state, seen, f"the price{price} is called {rule.indicator}{_typical(seen)}")


def _typical(seen: Observation) -> str:
    low, high = (_decimal(seen.signals.get(name)) for name in TYPICAL_SIGNALS)
    return "" if low is None or high is None else f" (typical: {money(low, None)} to {money(high, seen.currency)})"


def insider_step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """Fires at each check that tells of such a trade, and tells once of each: without a cooldown, unless the rule says one."""
    if not seen.outcome.is_success:
        return Step(state=state)
    value = _decimal(seen.signals.get(INSIDER_SIGNAL))
    is_other_money = None not in (rule.currency, seen.currency) and rule.currency != seen.currency
    if value is None or rule.amount is None or is_other_money or not value >= rule.amount:
        return Step(state=armed(state))
    if not may_speak(replace(rule, cooldown=rule.cooldown or timedelta(0)), state, seen):
        return Step(state=state)
    currency = rule.currency or seen.currency
    what = seen.signals.get(INSIDER_WORDS) or "trade"
    reason = f"an insider's {what} is worth {money(value, currency)}, {money(rule.amount, currency)} or more"
    return spoken(rule, state, seen, Firing(reason=reason, threshold=rule.amount))


def _once(rule: AlertRule, state: RuleState, seen: Observation, reason: str) -> Step:
    if state.status is RuleStatus.FIRED or not may_speak(rule, state, seen):
        return Step(state=state)
    return spoken(rule, state, seen, Firing(reason=reason))


def _decimal(text: str | None) -> Decimal | None:
    value = Decimal(text or "")  # NaN where it is no number: `step` traps nothing
    return value if value.is_finite() else None
