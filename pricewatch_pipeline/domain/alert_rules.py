"""What users want to be told: alert rules as values. What becomes of them check by check is in alert_state.py."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from pricewatch_pipeline.domain.watches import ActiveWindow

RULE_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,127}$"
DEFAULT_REARM = Decimal("0.01")
DEFAULT_AGAIN_AFTER = Decimal("0.05")
DEFAULT_DAYS = 30
UNTIL_UNMUTED = datetime(9999, 12, 31, tzinfo=UTC)
"""`muted_until` of what is muted without an end: `infinity` is no datetime."""


class RuleKind(StrEnum):
    """When a rule fires."""

    AT_TARGET = "at_target"
    """At or below the watch's own target."""
    BELOW = "below"
    """At or below `amount`."""
    DROP = "drop"
    """By `share` or `amount` below the baseline."""
    RISE = "rise"
    """By `share` or `amount` above the baseline."""
    CHANGE = "change"
    """Another price, currency or availability than before."""
    LOWEST = "lowest"
    """Lower than ever, or than in `days`."""
    BACK_IN_STOCK = "back_in_stock"
    OUT_OF_STOCK = "out_of_stock"
    PRICE_INDICATOR = "price_indicator"
    """A provider calls the price `indicator` (low, typical, high), as flight searches do."""
    INSIDER_TRADE = "insider_trade"
    """An insider's open-market trade worth `amount` or more."""
    FAILING = "failing"
    """A watch failed `times` checks in a row."""
    BLOCKED = "blocked"
    """A host blocks us: its breaker opened."""
    QUARANTINED = "quarantined"
    """A price was read that is not believed."""
    RUN_FAILED = "run_failed"
    """A run of Dagster failed."""


OPERATIONAL = frozenset({RuleKind.FAILING, RuleKind.BLOCKED, RuleKind.QUARANTINED, RuleKind.RUN_FAILED})
"""For who runs the pipeline; the others are about prices, and only a success can fire them."""


class Baseline(StrEnum):
    """What a drop or a rise is measured against; always in the watch's own currency."""

    PREVIOUS = "previous"
    """The price before this one."""
    FIRST = "first"
    """The first price known."""
    MEDIAN = "median"
    """Of the last `days`, by the time that each price stood."""
    LOW = "low"
    """The lowest of the last `days`, without this one."""
    LAST_ALERTED = "last_alerted"
    """The highest price (for rises: the lowest) since the rule's last alert, its own price included; before the first one,
    since the rule began to look. So a slow drift adds up, and a fall after a recovery counts anew."""


class ScopeKind(StrEnum):
    """Whom a rule is about."""

    ALL = "all"
    TAG = "tag"
    """Watches with the tag, and those of products with it."""
    PRODUCT = "product"
    WATCH = "watch"


class Digest(StrEnum):
    """Whether alerts come at once, or together."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, kw_only=True)
class AlertRule:
    """One rule. Which fields count depends on the kind."""

    rule_id: str
    kind: RuleKind
    scope: ScopeKind = ScopeKind.ALL
    scope_id: str | None = None
    """The tag, product or watch; None exactly when the scope is `all`."""
    amount: Decimal | None = None
    currency: str | None = None
    """Of `amount`; None: the watch's own. A price in another currency never meets the rule."""
    share: Decimal | None = None
    """0.1: ten percent."""
    baseline: Baseline | None = None
    days: int | None = None
    """Of the window for `median`, `low` and `lowest`; None: ever for `lowest`, 30 for the others."""
    indicator: str | None = None
    times: int | None = None
    cooldown: timedelta | None = None
    """No second alert of one watch within this time; None: the watch's own."""
    rearm: Decimal = DEFAULT_REARM
    """Hysteresis: how far, as a share, the price must leave the threshold again before the rule can fire anew."""
    rearm_after: timedelta = timedelta(hours=1)
    """For stock: how long it must have been otherwise before the rule can fire anew."""
    again_after: Decimal | None = DEFAULT_AGAIN_AFTER
    """A further fall by this share below the last alert is worth another; None: never."""
    confirm: Decimal | None = None
    """A move by this share or more since the check before must be seen by a second check first; None: none must."""
    max_per_day: int | None = None
    """Alerts of one watch within 24 hours."""
    quiet: tuple[ActiveWindow, ...] = ()
    """Times of the week at which nothing is sent; what fires then is sent when they end."""
    timezone: str | None = None
    """IANA name for `quiet` and digests; None: the settings'."""
    channels: tuple[str, ...] | None = None
    """By name; None: those that the settings call default."""
    digest: Digest = Digest.NONE
    title_template: str | None = None
    body_template: str | None = None
    is_enabled: bool = True


BUILT_IN_RULES = frozenset(
    {
        AlertRule(rule_id="target", kind=RuleKind.AT_TARGET),
        AlertRule(rule_id="failing", kind=RuleKind.FAILING, times=10, cooldown=timedelta(days=1)),
        AlertRule(rule_id="blocked", kind=RuleKind.BLOCKED),
        AlertRule(rule_id="run-failed", kind=RuleKind.RUN_FAILED),
    }
)
"""Rules that every database begins with; migration 0004 writes them."""
