"""What alert rules look at, remember and say: values only. The decisions are in alert_state.py and what it calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from pricewatch_pipeline.domain.insights import SOLD_OUT, is_price
from pricewatch_pipeline.domain.offers import Availability, is_amount
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.price_changes import PriceChange


class RuleStatus(StrEnum):
    """Where a rule stands for one subject."""

    ARMED = "armed"
    FIRED = "fired"
    """Nothing more is said until what it is about ends, or goes further."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What one finished check says, and all that rules may compare it with."""

    slot_at: datetime
    observed_at: datetime
    outcome: Outcome
    price: Decimal | None = None
    """On `not_modified` that of the snapshot carried on."""
    currency: str | None = None
    availability: Availability | None = None
    signals: Mapping[str, str] = field(default_factory=dict)
    """What a provider says beside its offer: `price_indicator`, `insider_trade_value` (a decimal)."""
    history: tuple[PriceChange, ...] = ()
    """Oldest first, without this check: as far back as any rule of the watch looks, and at least the newest."""
    first_price: Decimal | None = None
    """The first one known in this currency; None: this is it."""
    lowest_price: Decimal | None = None
    """Above 0, ever, in this currency, without this check."""
    target_price: Decimal | None = None
    target_currency: str | None = None
    cooldown: timedelta = timedelta(hours=6)
    """The watch's own."""
    consecutive_failures: int = 0
    """With this check."""
    is_doubted: bool = False
    """A price was read and not believed."""
    is_host_blocked: bool = False
    """Its host's breaker is open for blocks."""

    @cached_property
    def payable_price(self) -> Decimal | None:
        """The price that somebody can pay; None where there is none."""
        if not self.outcome.is_success or self.availability in SOLD_OUT:
            return None
        return self.price if self.price and is_amount(self.price) else None

    @cached_property
    def newest_price(self) -> Decimal | None:
        """The newest price before this check that somebody could pay, in its currency."""
        return next((change.price for change in reversed(self.history) if is_price(change, self.currency)), None)


@dataclass(frozen=True, kw_only=True)
class RuleState:
    """What a rule remembers of one subject."""

    status: RuleStatus = RuleStatus.ARMED
    currency: str | None = None
    """Of the first price seen: the watch's own."""
    reference_price: Decimal | None = None
    """For `last_alerted`: the highest price (for rises: the lowest) since the last alert, or since it began to look."""
    fired_at: datetime | None = None
    """Of the last alert."""
    fired_slot_at: datetime | None = None
    """The slot of the check that fired it: no check fires a rule twice."""
    fired_price: Decimal | None = None
    fired_threshold: Decimal | None = None
    """What `fired_price` met, where the user named it: with another target the rule starts anew."""
    recent_firings: tuple[datetime, ...] = ()
    """Within the last 24 hours, where the rule counts them."""
    held_price: Decimal | None = None
    """What a price is compared with while an alert waits: for its confirmation, the end of the cooldown or of the day."""
    held_currency: str | None = None
    """Of `held_price`, for `change`."""
    held_availability: Availability | None = None
    """What availability is compared with while an alert waits, for `change`."""
    awaits_confirmation_since: datetime | None = None
    """The slot of the check that a second one must confirm."""
    clear_since: datetime | None = None
    """Since when what it fires for has been otherwise, for stock."""

    @cached_property
    def is_quiet(self) -> bool:
        """Armed, and nothing waits."""
        held = (self.held_price, self.held_currency, self.held_availability, self.awaits_confirmation_since)
        return self.status is RuleStatus.ARMED and held == (None, None, None, None)

    @cached_property
    def unmoved(self) -> "Step":
        """What most checks do to a rule; many subjects share one state, and all of them this."""
        return Step(state=self)


@dataclass(frozen=True, kw_only=True)
class Firing:
    """A rule's reason to speak."""

    reason: str
    """One sentence without amounts' formats: for logs and lists; messages format theirs from the numbers below."""
    was_price: Decimal | None = None
    """What the price is compared with."""
    threshold: Decimal | None = None
    """The highest (for rises: lowest) price that fires."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one check does to a rule."""

    state: RuleState
    firing: Firing | None = None
