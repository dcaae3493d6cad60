"""Rules for who runs the pipeline: what counts as failing, and how a provider's word on a price is told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.alert_rules import AlertRule, RuleKind
from pricewatch_pipeline.domain.alert_state import no_traps, step_within
from pricewatch_pipeline.domain.alert_values import Observation, RuleState, RuleStatus
from pricewatch_pipeline.domain.outcomes import Outcome

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
FAILING = AlertRule(rule_id="failing", kind=RuleKind.FAILING, times=2)
FIRED = RuleState(status=RuleStatus.FIRED)


def seen(outcome: Outcome, **fields: object) -> Observation:
    said = {"slot_at": NOW, "observed_at": NOW, "outcome": outcome, "cooldown": timedelta(hours=6), **fields}
    return Observation(**said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "failures", "is_told", "before", "after"),
    [
        (Outcome.BLOCKED, 2, True, RuleStatus.ARMED, RuleStatus.FIRED),
        (Outcome.BLOCKED, 1, False, RuleStatus.FIRED, RuleStatus.ARMED),
        (Outcome.NOT_PRICED, 2, True, RuleStatus.ARMED, RuleStatus.FIRED),
        (Outcome.OK, 0, False, RuleStatus.FIRED, RuleStatus.ARMED),
        (Outcome.NO_OFFERS, 7, False, RuleStatus.FIRED, RuleStatus.ARMED),
        (Outcome.FINISHED, 7, False, RuleStatus.FIRED, RuleStatus.ARMED),
        (Outcome.CANCELLED, 7, False, RuleStatus.ARMED, RuleStatus.ARMED),
        (Outcome.CANCELLED, 0, False, RuleStatus.FIRED, RuleStatus.FIRED),
    ],
)
def test_only_failures_are_failing_and_a_stopped_check_says_nothing(
    outcome: Outcome, failures: int, is_told: bool, before: RuleStatus, after: RuleStatus
) -> None:
    step = step_within(FAILING, RuleState(status=before), seen(outcome, consecutive_failures=failures))
    assert (step.firing is not None, step.state.status) == (is_told, after)


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ({}, "the price of 321 GBP is called low"),
        (
            {"typical_low": "400", "typical_high": "610.50"},
            "the price of 321 GBP is called low (typical: 400 to 610.50 GBP)",
        ),
        ({"typical_low": "400"}, "the price of 321 GBP is called low"),
        ({"typical_low": "cheap", "typical_high": "NaN"}, "the price of 321 GBP is called low"),
    ],
)
def test_what_is_typical_is_told_where_the_page_says_it(signals: dict[str, str], reason: str) -> None:
    rule = AlertRule(rule_id="low", kind=RuleKind.PRICE_INDICATOR, indicator="low")
    observation = seen(Outcome.OK, price=Decimal(321), currency="GBP", signals={"price_indicator": "low", **signals})
    with no_traps():
        firing = step_within(rule, RuleState(), observation).firing
    assert firing
    assert firing.reason == reason
