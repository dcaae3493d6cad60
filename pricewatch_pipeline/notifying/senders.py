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
    sender = _sender_or_problem(channel)
    return _Refusing(f"the channel {channel.name} is not usable: {sender}") if isinstance(sender, str) else sender


def problem_of(channel: Channel) -> str | None:
    """Why nothing can be sent to a channel, as far as its entry in the file tells."""
    sender = _sender_or_problem(channel)
    if isinstance(sender, str):
        return sender
    sender.close()
    return None


def _sender_or_problem(channel: Channel) -> Sender | str:
    if channel.problem:
        return channel.problem
    if channel.kind in WEBHOOKS:
        # Late: who only reads the names of channels does not wait for an HTTP client.
        from pricewatch_pipeline.notifying.webhook import WebhookSender, address_of  # noqa: PLC0415

        address = address_of(channel)
        return WebhookSender(channel, address) if address else "its address names no host that HTTP could reach"
    # Late: Apprise takes a quarter of a second, and a run that checks watches never sends.
    from pricewatch_pipeline.notifying.apprise_sender import AppriseSender, load_service  # noqa: PLC0415

    service = load_service(channel)
    return service if isinstance(service, str) else AppriseSender(channel, service)


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
