"""Alerts in the outbox as checks would leave them, and messages made of them without ceremony."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from pricewatch_pipeline.domain.alert_rules import Digest
from pricewatch_pipeline.domain.messages import AlertRecord, Audience, Message
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.services.deliver_alerts import DeliveryReport, deliver
from pricewatch_pipeline.services.delivery_lines import Composers
from pricewatch_pipeline.storage.database import Database

PNG = b"\x89PNG not really"
OFTEN = timedelta(seconds=0.05)


def key(number: int) -> str:
    """Of the alert with this number."""
    return f"{number:020x}"


def put_alerts(
    database: Database,
    count: int,
    *channels: str,
    first: int = 0,
    digest: Digest = Digest.NONE,
    due_in: timedelta = timedelta(0),
    rule_id: str = "target",
) -> list[str]:
    """So many alerts with a delivery to each channel; their keys."""
    with database.transaction() as connection:
        connection.execute(
            text("""
                WITH fired AS (
                    INSERT INTO pricewatch.alerts (key, rule_id, rule_kind, subject, slot_at, price, currency, reason, facts)
                    SELECT lpad(to_hex(n), 20, '0'), :rule_id, 'at_target', 'w' || n, now(), 19.99, 'EUR', 'at or below 20',
                           '{"title": "A lamp"}'
                    FROM generate_series(cast(:first AS int), :first + :count - 1) n RETURNING alert_id
                )
                INSERT INTO pricewatch.alert_deliveries (alert_id, channel, digest, due_at)
                SELECT alert_id, channel, :digest, now() + make_interval(secs => :due_s)
                FROM fired CROSS JOIN unnest(cast(:channels AS text[])) channel
            """),
            {
                "first": first,
                "count": count,
                "channels": list(channels),
                "digest": digest.value,
                "due_s": due_in.total_seconds(),
                "rule_id": rule_id,
            },
        )
    return [key(number) for number in range(first, first + count)]


def compose(alert: AlertRecord, prices: Sequence[PriceChange], audience: Audience) -> Message:
    """A message; of a rule called `bad` none can be made."""
    if alert.rule_id == "bad":
        raise ValueError("nothing is right about it")
    body = f"{alert.facts['title']}: {alert.price} {alert.currency}\n{alert.key}\n"
    return Message(key=alert.key, title=alert.reason, body=body, image=PNG if audience.takes_images else None)


def compose_digest(alerts: Sequence[AlertRecord], audience: Audience, period: Digest) -> Message:
    """A message of several."""
    bodies = [compose(alert, (), audience).body for alert in alerts]
    return Message(
        key="-".join(alert.key[-2:] for alert in alerts), title=f"Your {period} digest", body="".join(bodies)
    )


COMPOSERS = Composers(compose=compose, compose_digest=compose_digest)


def channels(**urls: str) -> dict[str, Channel]:
    """Channels by name."""
    return {name: Channel(name=name, url=SecretStr(url)) for name, url in urls.items()}


def deliver_to(database: Database, **how: Any) -> DeliveryReport:
    """A run that does not linger, or looks often; `channels` are addresses by name, everything else is deliver's."""
    plain = {"budget": timedelta(seconds=30), "linger": timedelta(0), "look_every": OFTEN, "composers": COMPOSERS}
    urls = {name: how.pop(name) for name in list(how) if isinstance(how[name], str)}
    return deliver(database, channels(**urls), **{**plain, **how})
