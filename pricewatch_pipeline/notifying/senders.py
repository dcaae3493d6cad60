"""Sends messages: one way in for every kind of channel. Blocking, bounded in time, and quiet about addresses."""

from contextlib import closing
from typing import Protocol

from pricewatch_pipeline.domain.messages import Message, SendResult
from pricewatch_pipeline.notifying.channels import Channel

WEBHOOKS = frozenset({"webhook", "webhooks"})


class Sender(Protocol):
    """A channel, open for one message after another; used by one thread at a time."""

    takes_images: bool

    def send(self, message: Message) -> SendResult:
        """Send one message, and say how that ended; never raises."""

    def close(self) -> None: ...


def open_sender(channel: Channel) -> Sender:
    """The sender of a channel. Where its address is of no use, each of its messages ends with the reason."""
    if channel.problem:
        return _Refusing(f"the channel {channel.name} is not usable: {channel.problem}")
    if channel.kind in WEBHOOKS:
        # Late: who only reads the names of channels does not wait for an HTTP client.
        from pricewatch_pipeline.notifying.webhook import WebhookSender  # noqa: PLC0415

        return WebhookSender(channel)
    # Late: Apprise takes a quarter of a second, and a run that checks watches never sends.
    from pricewatch_pipeline.notifying.apprise_sender import AppriseSender, load_service  # noqa: PLC0415

    service = load_service(channel)
    if isinstance(service, str):
        return _Refusing(f"the channel {channel.name} is not usable: {service}")
    return AppriseSender(channel, service)


def send(channel: Channel, message: Message) -> SendResult:
    """Send one message."""
    with closing(open_sender(channel)) as sender:
        return sender.send(message)


class _Refusing:
    """For a channel to which nothing can be sent."""

    takes_images = False

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def send(self, message: Message) -> SendResult:
        return SendResult(is_sent=False, error=self.reason, is_permanent=True)

    def close(self) -> None:
        """Nothing is open."""
