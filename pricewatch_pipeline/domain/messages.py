"""What is sent to people: values that the composer makes and channels deliver."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from pricewatch_pipeline.domain.alert_rules import RuleKind


@dataclass(frozen=True, kw_only=True)
class AlertRecord:
    """One alert as it is stored: what a message is made of."""

    key: str
    rule_id: str
    rule_kind: RuleKind
    subject: str
    """A watch id, `host:NAME`, or what else a rule is about."""
    watch_id: str | None = None
    slot_at: datetime
    fired_at: datetime
    price: Decimal | None = None
    currency: str | None = None
    was_price: Decimal | None = None
    threshold: Decimal | None = None
    reason: str
    facts: Mapping[str, object] = field(default_factory=dict)
    """What only the moment of the alert knew: title, url, store_name, ...; decimals and times as strings."""
    title_template: str | None = None
    body_template: str | None = None


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who reads the messages of a channel, and what the channel can show."""

    locale: str = "en_US"
    """Language and country as Babel writes them."""
    timezone: str = "UTC"
    """IANA name."""
    takes_images: bool = False


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, for one channel."""

    key: str
    """The idempotency key: the same for every attempt at the same alert, and part of the text."""
    title: str
    body: str
    """Plain text; lines end with a newline."""
    url: str | None = None
    """The page that it is about."""
    image: bytes | None = None
    """A PNG chart."""


@dataclass(frozen=True, kw_only=True)
class SendResult:
    """How an attempt to send ended."""

    is_sent: bool
    error: str | None = None
    """Without secrets: no address, no token, no password of the channel."""
    is_permanent: bool = False
    """Trying again cannot help: the channel is unknown or its address is wrong."""
    retry_after: timedelta | None = None
    """As the receiver asked."""
