"""Sends a sample to channels, and says how that went. No database is needed."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from pricewatch_pipeline.domain.alert_rules import RuleKind
from pricewatch_pipeline.domain.messages import AlertRecord, Audience
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.notifying.senders import open_sender
from pricewatch_pipeline.services.compose_messages import compose
from pricewatch_pipeline.services.open_channels import open_channels
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.watch_files.issues import did_you_mean

_SAMPLE_PRICES = ("99.95", "109", "104.5", "89.9", "79.95")


@dataclass(frozen=True, kw_only=True)
class ChannelTrial:
    """How sending a sample went."""

    channel: str
    kind: str
    is_sent: bool
    elapsed_ms: int
    error: str | None


def try_channels(settings: Settings, names: Sequence[str] = ()) -> Iterator[ChannelTrial]:
    """Send a sample to each of these channels, one after the other: to all of them where no names are given.

    Raises:
        NotFound: there is no such channel; nothing is sent.
        ConfigurationError: the file of channels cannot be understood.
    """
    channels = open_channels(settings)
    for name in names:
        if name not in channels:
            raise NotFound(f"no channel {name!r} in {settings.channels}{did_you_mean(name, channels)}")
    return (_trial(channels[name], settings.currency) for name in names or channels)


def _trial(channel: Channel, currency: str) -> ChannelTrial:
    began_at = time.monotonic()
    with closing(open_sender(channel)) as sender:
        audience = Audience(
            locale=channel.locale,
            timezone=channel.timezone,
            takes_images=channel.takes_images and sender.takes_images,
        )
        now = datetime.now(UTC)
        result = sender.send(compose(_sample(now, currency), _sample_prices(now, currency), audience))
    return ChannelTrial(
        channel=channel.name,
        kind=channel.kind,
        is_sent=result.is_sent,
        elapsed_ms=round(1000 * (time.monotonic() - began_at)),
        error=result.error,
    )


def _sample(now: datetime, currency: str) -> AlertRecord:
    facts: Mapping[str, object] = {
        "title": "A lamp (a test, nothing is on sale)",
        "store_name": "Example shop",
        "url": "https://shop.example/lamp",
        "availability": Availability.IN_STOCK.value,
        "lowest_price": _SAMPLE_PRICES[-1],
        "lowest_at": now.isoformat(),
    }
    return AlertRecord(
        key=sha256(now.isoformat().encode()).hexdigest()[:20],
        rule_id="test",
        rule_kind=RuleKind.AT_TARGET,
        subject="lamp",
        watch_id="lamp",
        slot_at=now,
        fired_at=now,
        price=Decimal(_SAMPLE_PRICES[-1]),
        currency=currency,
        was_price=Decimal(_SAMPLE_PRICES[3]),
        threshold=Decimal(80),
        reason="`pricewatch alerts test` asked for it",
        facts=facts,
    )


def _sample_prices(now: datetime, currency: str) -> tuple[PriceChange, ...]:
    weeks = len(_SAMPLE_PRICES) - 1
    return tuple(
        PriceChange(
            began_at=now - timedelta(weeks=weeks - number),
            price=Decimal(price),
            currency=currency,
            availability=Availability.IN_STOCK,
        )
        for number, price in enumerate(_SAMPLE_PRICES)
    )
