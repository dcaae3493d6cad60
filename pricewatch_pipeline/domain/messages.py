"""What is sent to people: values that the composer makes and channels deliver."""

from dataclasses import dataclass
from datetime import timedelta


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
