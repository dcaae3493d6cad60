"""A watch's checks one after the other, as rules see them: what a test says happens, and what a rule answers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.alert_state import Observation, RuleState, Step, step
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.price_changes import PriceChange

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


AMOUNTS = ("amount", "share", "rearm", "again_after", "confirm")


def rule(kind: str, **said: Any) -> AlertRule:
    """A rule that may speak at every check, unless `said` has a cooldown. Amounts, shares and baselines are texts."""
    values = {"cooldown": timedelta(0), **said}
    values |= {name: Decimal(values[name]) for name in AMOUNTS if isinstance(values.get(name), str)}
    if "baseline" in values:
        values["baseline"] = Baseline(values["baseline"])
    return AlertRule(rule_id="r", kind=RuleKind(kind), **values)


@dataclass(kw_only=True)
class Story:
    """One watch and one rule of it."""

    rule: AlertRule
    target: str | None = None
    state: RuleState = field(default_factory=RuleState)
    now: datetime = BEGIN - HOUR
    history: list[PriceChange] = field(default_factory=list)
    failures: int = 0
    alerts: list[tuple[datetime, Step]] = field(default_factory=list)

    def check(
        self, price: str | None = None, availability: Availability | None = Availability.IN_STOCK, **also: Any
    ) -> bool:
        """One check, `after` (an hour) the one before; whether the rule fired."""
        return self.look(price, availability, **also)[0].firing is not None

    def look(
        self,
        price: str | None,
        availability: Availability | None,
        *,
        currency: str | None = "EUR",
        outcome: Outcome = Outcome.OK,
        after: timedelta = HOUR,
        **also: Any,
    ) -> tuple[Step, Observation]:
        """One check: what the rule answers, and what it was asked."""
        self.now += after
        seen = self.observed(price, availability, currency=currency, outcome=outcome, **also)
        answer = step(self.rule, self.state, seen)
        self.state = answer.state
        if answer.firing:
            self.alerts.append((self.now, answer))
        if outcome.is_success:
            self._remember(seen)
        return answer, seen

    def observed(
        self,
        price: str | None,
        availability: Availability | None,
        *,
        currency: str | None,
        outcome: Outcome,
        **also: Any,
    ) -> Observation:
        """What the next check would say."""
        self.failures = 0 if outcome.is_success else self.failures + 1
        known = [c.price for c in self.history if c.price is not None and c.currency == currency]
        return Observation(
            slot_at=self.now,
            observed_at=self.now,
            outcome=outcome,
            price=None if price is None else Decimal(price),
            currency=currency if price is not None else None,
            availability=availability if outcome.is_success else None,
            history=tuple(self.history),
            first_price=known[0] if known else None,
            lowest_price=min((p for p in known if p > 0), default=None),
            target_price=None if self.target is None else Decimal(self.target),
            consecutive_failures=self.failures,
            **also,
        )

    def prices(self, *prices: str | None, **also: Any) -> list[bool]:
        """Checks that read these; None is a check that failed. Whether each fired."""
        return [
            self.check(price, **also) if price is not None else self.check(outcome=Outcome.TIMEOUT, **also)
            for price in prices
        ]

    def _remember(self, seen: Observation) -> None:
        newest = self.history[-1] if self.history else None
        change = PriceChange(
            began_at=seen.observed_at, price=seen.price, currency=seen.currency, availability=seen.availability
        )
        if newest is None or replace(newest, began_at=change.began_at) != change:
            self.history.append(change)

    @property
    def reasons(self) -> list[str]:
        return [answer.firing.reason for _, answer in self.alerts if answer.firing]
