"""Alert rules, check by check: armed, fired, armed again. Pure functions over values; a rule never knows what else there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from pricewatch_pipeline.domain.alert_rules import AlertRule
from pricewatch_pipeline.domain.offers import Availability
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


@dataclass(frozen=True, kw_only=True)
class RuleState:
    """What a rule remembers of one subject."""

    status: RuleStatus = RuleStatus.ARMED
    currency: str | None = None
    """Of the first price seen: the watch's own."""
    reference_price: Decimal | None = None
    """For `last_alerted`."""
    fired_at: datetime | None = None
    """Of the last alert."""
    fired_price: Decimal | None = None
    recent_firings: tuple[datetime, ...] = ()
    """Within the last 24 hours, where the rule counts them."""
    awaits_confirmation_since: datetime | None = None
    """The slot of the check that a second one must confirm."""
    clear_since: datetime | None = None
    """Since when what it fired for has ended, where that must last."""


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


def step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """The rule after this check. The same state, object for object, where nothing has changed."""
    raise NotImplementedError(rule, state, seen)
