"""Turns a rule's word into the alert that is stored: its key, its channels, when it may be sent, and what a message wants to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from pricewatch_pipeline.domain.alert_timing import due_at
from pricewatch_pipeline.domain.alert_values import Firing
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.storage.alert_evaluation import LiveRule, Marks, Subject
from pricewatch_pipeline.storage.raised_alerts import Alert

_KEY_DIGITS = 20


@dataclass(frozen=True, kw_only=True)
class Alerting:
    """How alerts are told whose rules do not say it."""

    default_channels: tuple[str, ...] = ()
    timezone: str = "UTC"
    """IANA name: of quiet hours and digests."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A finished check that rules are to look at."""

    watch_id: str
    slot_at: datetime
    observed_at: datetime
    outcome: Outcome
    offer: Offer | None = None
    """As stored; None on a failure."""
    signals: Mapping[str, str] = field(default_factory=dict)
    failures: int | None = None
    """In a row, with this one; None: it does not count for the schedule."""
    error: str | None = None


def alert_of(
    live: LiveRule,
    firing: Firing,
    *,
    subject: str,
    slot_at: datetime,
    fired_at: datetime,
    facts: Mapping[str, Any],
    alerting: Alerting,
    watch: Subject | None = None,
    offer: Offer | None = None,
) -> Alert:
    """The alert as it is stored."""
    rule = live.rule
    is_muted = live.is_muted or (watch is not None and watch.told.is_muted)
    channels = alerting.default_channels if rule.channels is None else rule.channels
    return Alert(
        key=alert_key(rule.rule_id, subject, slot_at),
        rule=rule,
        subject=subject,
        watch_id=watch.watch_id if watch else None,
        slot_at=slot_at,
        price=offer.price if offer else None,
        currency=offer.currency if offer else None,
        was_price=firing.was_price,
        threshold=firing.threshold,
        reason=firing.reason,
        facts={"baseline": rule.baseline, "days": rule.days, "indicator": rule.indicator} | dict(facts),
        is_muted=is_muted,
        channels=() if is_muted else tuple(dict.fromkeys(channels)),
        due_at=due_at(rule, fired_at, timezone=alerting.timezone),
    )


def alert_key(rule_id: str, subject: str, slot_at: datetime) -> str:
    """The same for every attempt to tell the same thing."""
    text = f"{rule_id}|{subject}|{slot_at.astimezone(UTC).isoformat()}"
    return sha256(text.encode()).hexdigest()[:_KEY_DIGITS]


def watch_facts(watch: Subject, seen: Seen, marks: Marks) -> dict[str, Any]:
    """What a message about a watch wants to say and only this moment knows."""
    offer = seen.offer or Offer()
    lowest, lowest_at = _lowest(offer, seen.observed_at, marks)
    return {
        "title": watch.told.title or offer.title,
        "provider": watch.told.provider,
        "url": watch.told.url,
        "store_id": watch.told.store_id,
        "store_name": watch.told.store_name,
        "product_id": watch.told.product_id,
        "product_title": watch.told.product_title,
        "host": watch.host,
        "seller": offer.seller,
        "availability": offer.availability,
        "list_price": offer.list_price,
        "shipping_price": offer.shipping_price,
        "unit_price": offer.unit_price,
        "unit_price_per": offer.unit_price_per,
        "image_url": offer.image_url,
        "lowest_price": lowest,
        "lowest_at": lowest_at,
        "outcome": seen.outcome,
        "error": seen.error,
        "times": seen.failures or None,
        "last_success_at": None if seen.outcome.is_success else watch.told.last_success_at,
    }


def _lowest(offer: Offer, observed_at: datetime, marks: Marks) -> tuple[Decimal | None, datetime | None]:
    """Ever, with this price."""
    known = marks.lowest_price
    if offer.price and (known is None or offer.price < known):
        return offer.price, observed_at
    return known, marks.lowest_at
