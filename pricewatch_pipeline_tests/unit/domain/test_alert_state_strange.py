"""No values are too strange for a rule: it runs in the transaction of a snapshot."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.alert_rules import RuleKind
from pricewatch_pipeline.domain.alert_state import Observation, RuleState, RuleStatus, step
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline_tests.support.alert_story import BEGIN, HOUR, Story, rule

DAY = timedelta(days=1)


@pytest.mark.parametrize("kind", list(RuleKind))
@pytest.mark.parametrize("strange", ["NaN", "Infinity", "-Infinity", "-1", "1E+999999", "1E-999999", "0", "sNaN"])
def test_no_numbers_make_a_rule_fail(kind: RuleKind, strange: str) -> None:
    number = Decimal(strange)
    for baseline in ("previous", "first", "median", "low", "last_alerted"):
        odd = rule(kind.value, amount=number, share=number, rearm=number, again_after=number, confirm=number,
                   baseline=baseline, days=10**9, indicator="low", times=1)  # fmt: skip
        story = Story(rule=odd)
        story.prices("100", "50")
        signals = {"price_indicator": strange, "insider_trade_value": strange}
        seen = replace(
            story.observed("49", Availability.IN_STOCK, currency="EUR", outcome=Outcome.OK, signals=signals),
            slot_at=BEGIN + DAY, price=number, target_price=number, first_price=number, lowest_price=number,
        )  # fmt: skip
        answer = step(odd, replace(story.state, held_price=number, fired_price=number, reference_price=number), seen)

        assert answer.state.status in RuleStatus


def test_a_state_that_nothing_changed_is_the_same_object() -> None:
    state = RuleState(status=RuleStatus.FIRED, currency="EUR", fired_price=Decimal(79), fired_at=BEGIN)
    seen = Observation(
        slot_at=BEGIN + HOUR, observed_at=BEGIN + HOUR, outcome=Outcome.OK, price=Decimal(79), currency="EUR"
    )

    assert step(rule("below", amount="80"), state, seen).state is state


def test_a_failed_run_is_no_matter_of_checks() -> None:
    assert Story(rule=rule("run_failed")).prices("1", None) == [False, False]
