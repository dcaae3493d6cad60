"""Any rule over any run of checks: what always holds."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pricewatch_pipeline.domain.alert_rules import OPERATIONAL, AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.alert_state import Observation, RuleState, RuleStatus, Step, looks_back, step
from pricewatch_pipeline.domain.insights import is_price
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline_tests.support.alert_story import Story

PRICED = frozenset({RuleKind.AT_TARGET, RuleKind.BELOW, RuleKind.DROP, RuleKind.RISE, RuleKind.LOWEST})
GONE = (Availability.OUT_OF_STOCK, Availability.DISCONTINUED)
SHARES = st.sampled_from(["0", "0.01", "0.05", "0.1", "0.3"]).map(Decimal)
PAUSES = st.sampled_from([0, 1, 20, 60, 240, 1439, 1440, 3000]).map(lambda minutes: timedelta(minutes=minutes))
RULES = st.builds(
    AlertRule,
    rule_id=st.just("r"),
    kind=st.sampled_from(RuleKind),
    amount=st.none() | st.integers(1, 120).map(Decimal),
    currency=st.sampled_from([None, None, "EUR"]),
    share=st.none() | SHARES,
    baseline=st.sampled_from(Baseline),
    days=st.none() | st.integers(1, 3),
    indicator=st.just("low"),
    times=st.integers(1, 3),
    cooldown=PAUSES,
    rearm=SHARES,
    rearm_after=PAUSES,
    again_after=st.none() | SHARES,
    confirm=st.none() | SHARES,
    max_per_day=st.none() | st.integers(1, 3),
)


class AnyRule(RuleBasedStateMachine):
    """One watch, one rule, and whatever checks come."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(rule=AlertRule(rule_id="r", kind=RuleKind.CHANGE))
        self.last: tuple[RuleState, Observation, Step] | None = None

    @initialize(wanted=RULES, amount=st.none() | st.just("80"))
    def begin(self, wanted: AlertRule, amount: str | None) -> None:
        self.story = Story(rule=wanted, target=amount)

    @rule(
        price=st.none() | st.integers(0, 120).map(str),
        availability=st.none() | st.sampled_from(Availability),
        currency=st.sampled_from(["EUR", "EUR", "EUR", "USD", None]),
        signals=st.sampled_from([{}, {"price_indicator": "low"}, {"insider_trade_value": "100"}]),
        is_blocked=st.booleans(),
        after=PAUSES.filter(bool),
    )
    def succeed(
        self,
        price: str | None,
        availability: Availability | None,
        currency: str | None,
        signals: dict[str, str],
        is_blocked: bool,
        after: timedelta,
    ) -> None:
        self._check(price, availability, currency, Outcome.OK, after, signals=signals, is_host_blocked=is_blocked)

    @rule(
        outcome=st.sampled_from([outcome for outcome in Outcome if not outcome.is_success]),
        is_doubted=st.booleans(),
        is_blocked=st.booleans(),
        after=PAUSES.filter(bool),
    )
    def fail(self, outcome: Outcome, is_doubted: bool, is_blocked: bool, after: timedelta) -> None:
        self._check("1", None, "EUR", outcome, after, is_doubted=is_doubted, is_host_blocked=is_blocked)

    def _check(
        self, price: str | None, availability: Availability | None, currency: str | None, outcome: Outcome,
        after: timedelta, **also: Any,
    ) -> None:  # fmt: skip
        before = self.story.state
        history = tuple(self.story.history)
        answer, seen = self.story.look(price, availability, currency=currency, outcome=outcome, after=after, **also)
        self.last = before, seen, answer
        prices = [c.price for c in history if c.price is not None and is_price(c, seen.currency)]
        shorter = replace(seen, history=_known_last(history, seen.currency))
        if not looks_back(
            self.story.rule, before, shorter, lowest=min(prices, default=None), highest=max(prices, default=None)
        ):
            assert step(self.story.rule, before, shorter) == answer

    @precondition(lambda self: self.last is not None and self.last[2].firing is not None)
    @rule()
    def hear_the_same_check_again(self) -> None:
        if self.last is not None:
            _, seen, answer = self.last
            assert step(self.story.rule, answer.state, seen) == Step(state=answer.state)

    @invariant()
    def never_two_within_the_cooldown(self) -> None:
        for earlier, later in pairwise(at for at, _ in self.story.alerts):
            assert later - earlier >= (self.story.rule.cooldown or timedelta(0))

    @invariant()
    def never_more_in_a_day_than_allowed(self) -> None:
        if self.story.rule.max_per_day is None:
            return
        fired = [at for at, _ in self.story.alerts]
        for at in fired:
            within = [other for other in fired if timedelta(0) <= at - other < timedelta(hours=24)]
            assert len(within) <= self.story.rule.max_per_day

    @invariant()
    def what_fires_is_so_at_that_check(self) -> None:
        if self.last is None or self.last[2].firing is None:
            return
        _, seen, answer = self.last
        wanted = self.story.rule
        assert answer.state.status is RuleStatus.FIRED
        assert answer.state.fired_at == seen.observed_at
        if wanted.kind not in OPERATIONAL:
            assert seen.outcome.is_success
        if wanted.kind in PRICED and answer.firing:
            _is_met(wanted, seen, answer.firing.threshold)

    @invariant()
    def a_failed_check_changes_nothing_for_prices(self) -> None:
        if self.last is None or self.story.rule.kind in OPERATIONAL:
            return
        before, seen, answer = self.last
        if not seen.outcome.is_success:
            assert answer.state is before

    @invariant()
    def what_is_equal_is_the_same_object(self) -> None:
        if self.last is not None:
            before, _, answer = self.last
            assert answer.state is before or answer.state != before


def _known_last(history: tuple[PriceChange, ...], currency: str | None) -> tuple[PriceChange, ...]:
    """The newest change, and where it says less the newest with a price, an availability, a price that could be paid."""
    says = (
        lambda change: True,
        lambda change: change.price is not None,
        lambda change: change.availability is not None,
        lambda change: is_price(change, currency),
    )
    found = {next((change for change in reversed(history) if each(change)), None) for each in says}
    return tuple(sorted((change for change in found if change), key=lambda change: change.began_at))


def _is_met(wanted: AlertRule, seen: Observation, threshold: Decimal | None) -> None:
    assert seen.price
    assert threshold is not None
    assert seen.availability not in GONE
    assert seen.price >= threshold if wanted.kind is RuleKind.RISE else seen.price <= threshold
    if wanted.currency is not None and wanted.kind is not RuleKind.AT_TARGET:
        assert seen.currency == wanted.currency


TestAnyRule = AnyRule.TestCase
TestAnyRule.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_a_rule_without_limits_of_its_own_is_limited_by_the_watch() -> None:
    story = Story(rule=AlertRule(rule_id="r", kind=RuleKind.CHANGE))
    story.check("1")
    story.check("2", cooldown=timedelta(hours=2))
    before = story.state

    assert not story.check("3", cooldown=timedelta(hours=2))
    assert story.state == replace(
        before, held_price=Decimal(2), held_currency="EUR", held_availability=Availability.IN_STOCK
    )
