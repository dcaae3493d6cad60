"""Why a rule fires, in one plain sentence. For logs and lists: messages format amounts for their reader."""

from decimal import Decimal

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.offers import Availability

_AVAILABILITIES = {
    Availability.IN_STOCK: "in stock",
    Availability.OUT_OF_STOCK: "out of stock",
    Availability.PRE_ORDER: "for pre-order",
    Availability.BACK_ORDER: "on back-order",
    Availability.DISCONTINUED: "discontinued",
    Availability.LIMITED_AVAILABILITY: "in stock (few left)",
}
_TENTH = Decimal("0.1")


def money(price: Decimal, currency: str | None) -> str:
    """`79 EUR`, `79.90 EUR`."""
    whole, point, decimals = f"{price.normalize():f}".partition(".")
    amount = f"{whole}.{decimals:0<2}" if point else whole
    return f"{amount} {currency}" if currency else amount


def stock(availability: Availability | None) -> str:
    """`in stock`, `out of stock`."""
    return "not known to be in stock" if availability is None else _AVAILABILITIES[availability]


def percent(share: Decimal) -> str:
    """`12.5 %`."""
    return f"{(share * 100).quantize(_TENTH).normalize():f} %"


def price_reason(
    rule: AlertRule, price: Decimal, currency: str | None, *, threshold: Decimal, baseline: Decimal | None
) -> str:
    """What a rule about prices has found."""
    now = money(price, currency)
    if rule.kind is RuleKind.AT_TARGET:
        return f"{now} is at or below the target of {money(threshold, currency)}"
    if rule.kind is RuleKind.BELOW or baseline is None:
        return f"{now} is at or below {money(threshold, currency)}"
    before = money(baseline, currency)
    if rule.kind is RuleKind.LOWEST:
        span = "ever" if rule.days is None else f"in {rule.days} days"
        return f"{now} is the lowest price {span}; until now that was {before}"
    side = "below" if rule.kind is RuleKind.DROP else "above"
    moved = percent(abs(price - baseline) / baseline)
    return f"{now} is {moved} {side} {before}, {_baseline(rule)}"


def _baseline(rule: AlertRule) -> str:
    days = f"the last {rule.days} days" if rule.days is not None else "the last time"
    furthest = "highest" if rule.kind is RuleKind.DROP else "lowest"
    match rule.baseline:
        case Baseline.FIRST:
            return "the first price known"
        case Baseline.MEDIAN:
            return f"the median of {days}"
        case Baseline.LOW:
            return f"the lowest price of {days}"
        case Baseline.LAST_ALERTED:
            return f"the {furthest} price since the last alert"
        case _:
            return "the price before"
