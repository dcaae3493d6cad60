"""What the tables remember and tell, check by check, is what pure functions come to with the whole history at hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.alert_state import Observation, RuleState, step
from pricewatch_pipeline.domain.insights import is_price
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.storage import alert_rule_rows
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.checks import HOUR, IN_STOCK, SOLD_OUT, offer
from pricewatch_pipeline_tests.support.raised import add_rules, rule, watched

Rows = Callable[..., list[dict[str, Any]]]


RULES = (
    rule("below", "below", amount=Decimal(10), max_per_day=2),
    rule("fell", "drop", share=Decimal("0.2"), baseline=Baseline.PREVIOUS),
    rule("fell-from-first", "drop", amount=Decimal(4), baseline=Baseline.FIRST, again_after=None),
    rule("below-median", "drop", share=Decimal("0.1"), baseline=Baseline.MEDIAN, days=2),
    rule("above-low", "rise", share=Decimal("0.3"), baseline=Baseline.LOW, days=1),
    rule("since-told", "drop", share=Decimal("0.1"), baseline=Baseline.LAST_ALERTED),
    rule("ever", "lowest"),
    rule("of-a-day", "lowest", days=1, cooldown=timedelta(hours=3)),
    rule("any", "change", confirm=Decimal("0.5")),
    rule("back", "back_in_stock"),
    rule("gone", "out_of_stock"),
    rule("fails", "failing", times=2),
    rule("doubt", "quarantined"),
)
FOUND = st.builds(
    offer,
    st.sampled_from(["5", "8", "9", "10", "12", "20", "0", None]),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
    availability=st.sampled_from([IN_STOCK, IN_STOCK, SOLD_OUT, None]),
)
CHECKS = st.lists(
    st.tuples(
        st.one_of(FOUND, FOUND, st.sampled_from([Outcome.TIMEOUT, Outcome.NOT_FOUND, Outcome.IMPLAUSIBLE, "same"])),
        st.sampled_from([HOUR / 2, HOUR, 5 * HOUR, 30 * HOUR]),
    ),
    min_size=1,
    max_size=14,
)
_numbers = iter(range(10**6))


@settings(max_examples=25)
@given(checks=CHECKS)
def test_the_tables_hold_what_a_pure_replay_of_the_rules_comes_to(
    database_of_module: Database, checks: list[tuple[Any, timedelta]]
) -> None:
    lamp = watched(database_of_module, f"w{next(_numbers)}", target_price=Decimal(9))
    add_rules(database_of_module, *RULES)
    replay = Replay(rules=(*RULES, AlertRule(rule_id="target", kind=RuleKind.AT_TARGET)), target=Decimal(9))
    for found, after in checks:
        if found == "same" and replay.last is None:
            continue
        if found == "same":
            lamp.not_modified(after=after)
        else:
            lamp.check(found, after=after)
        replay.see(found, lamp.now, lamp.failures)
        with database_of_module.transaction() as connection:
            told = connection.exec_driver_sql(
                "SELECT rule_id, slot_at FROM pricewatch.alerts WHERE subject = %s", (lamp.watch_id,)
            ).all()
            states = connection.exec_driver_sql(
                "SELECT rule_id, status, state FROM pricewatch.alert_states WHERE subject = %s", (lamp.watch_id,)
            ).all()
        assert {tuple(row) for row in told} == replay.alerts
        stored = {row.rule_id: alert_rule_rows.state_of(row.status, row.state) for row in states}
        assert remembered(stored) == remembered(replay.states)


def remembered(states: Mapping[str, RuleState]) -> dict[str, RuleState]:
    """A rule that remembers nothing, or nothing any more, is as one that never looked."""
    return {rule_id: state for rule_id, state in states.items() if state != RuleState()}


@dataclass(kw_only=True)
class Replay:
    """What the rules come to, with the whole history at hand and nothing but pure functions."""

    rules: Sequence[AlertRule]
    target: Decimal
    states: dict[str, RuleState] = field(default_factory=dict)
    alerts: set[tuple[str, datetime]] = field(default_factory=set)
    history: list[PriceChange] = field(default_factory=list)
    last: Offer | None = None

    def see(self, found: Offer | Outcome | str, at: datetime, failures: int) -> None:
        outcome = found if isinstance(found, Outcome) else Outcome.OK
        if isinstance(found, Offer):
            self.last = found
        seen = self._observation(self.last if outcome.is_success else None, at, outcome, failures)
        for each in self.rules:
            before = self.states.get(each.rule_id, RuleState())
            after = step(each, before, seen)
            self.states[each.rule_id] = after.state
            if after.firing:
                self.alerts.add((each.rule_id, at))
        if outcome.is_success:
            self._remember(seen)

    def _observation(self, found: Offer | None, at: datetime, outcome: Outcome, failures: int) -> Observation:
        price, currency = (found.price, found.currency) if found else (None, None)
        alike = [change for change in self.history if change.currency == currency and change.price is not None]
        return Observation(
            slot_at=at,
            observed_at=at,
            outcome=outcome,
            price=price,
            currency=currency,
            availability=found.availability if found else None,
            history=tuple(self.history),
            first_price=next((change.price for change in alike if change.price), None),
            lowest_price=min((c.price for c in alike if is_price(c, currency) and c.price), default=None),
            target_price=self.target,
            consecutive_failures=failures,
            is_doubted=outcome is Outcome.IMPLAUSIBLE,
        )

    def _remember(self, seen: Observation) -> None:
        change = PriceChange(
            began_at=seen.observed_at, price=seen.price, currency=seen.currency, availability=seen.availability
        )
        if not self.history or replace(self.history[-1], began_at=change.began_at) != change:
            self.history.append(change)
