"""Sends by Apprise, which knows some hundred services. It logs addresses and tokens: nothing that it logs leaves this module
but the reason of a failure, masked."""

import logging
import re
import threading
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import accumulate

from apprise import Apprise, AppriseAsset, AppriseAttachment, NotifyBase, NotifyFormat, PersistentStoreMode
from apprise.attachment.memory import AttachMemory

from pricewatch_pipeline.domain.messages import Message, SendResult
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.notifying.masking import masked, secrets_of

LONGEST_CONNECT_S, LONGEST_READ_S = 15.0, 20.0
PACE_S = 1.0
"""Between two messages of a service whose pace Apprise does not know; it would wait 5.5 s, and ten mails of a sale a minute."""
AFTER_TOO_MANY = timedelta(minutes=5)
"""For a service that says 429: how long it asks for, Apprise does not tell."""
_MOST_ENCODED = 960
"""Characters of an encoded title: Apprise makes one line of a mail's subject, and servers refuse a line beyond a thousand."""
_TOO_MANY = re.compile(r"error\s?=\s?429\b|\b429\b.*[Tt]oo [Mm]any")
_CHATTY = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")
"""The loggers that tell addresses."""
_TELLING = "Socket Exception"
"""How Apprise begins the debug message that says why there was no connection."""

_ASSET = AppriseAsset(
    storage_mode=PersistentStoreMode.MEMORY,
    app_id="pricewatch",
    app_desc="pricewatch alerts",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    async_mode=False,
    http_redirects=False,  # a POST that is redirected becomes a GET, which succeeds and tells nobody anything
    pgp_autogen=False,
    pem_autogen=False,
)


class _Hearing(threading.local):
    """What is logged in this thread while it sends; None while it does not."""

    lines: list[str] | None = None


_hearing = _Hearing()


def _keep(record: logging.LogRecord) -> bool:
    """A filter that takes every record for us: no handler of anybody sees one."""
    if _hearing.lines is None:
        return record.name != "apprise"
    message = record.getMessage()
    if record.levelno >= logging.WARNING or message.startswith(_TELLING):
        _hearing.lines.append(message)
    return False


for _name in _CHATTY:
    logging.getLogger(_name).addFilter(_keep)
logging.getLogger("apprise").setLevel(logging.DEBUG)


@contextmanager
def _heard() -> Iterator[list[str]]:
    lines: list[str] = []
    _hearing.lines = lines
    try:
        yield lines
    finally:
        _hearing.lines = None


def load_service(channel: Channel) -> NotifyBase | str:
    """The service that an address means, its waiting bounded; a sentence where it means none."""
    with _heard():
        try:
            service = Apprise.instantiate(channel.url.get_secret_value(), asset=_ASSET)
        except Exception:  # noqa: BLE001 - as in `send`; what they raise may quote the address
            service = None
    if service is None:
        return f"Apprise cannot make anything of its address, which begins with {channel.kind}://"
    if service.request_rate_per_sec == NotifyBase.request_rate_per_sec:
        service.request_rate_per_sec = PACE_S
    service.socket_connect_timeout = min(service.socket_connect_timeout, LONGEST_CONNECT_S)
    service.socket_read_timeout = min(service.socket_read_timeout, LONGEST_READ_S)
    return service


class AppriseSender:
    """One service of Apprise."""

    def __init__(self, channel: Channel, service: NotifyBase) -> None:
        self.takes_images = bool(service.attachment_support)
        self._service = service
        self._secrets = secrets_of(channel.url.get_secret_value())

    def send(self, message: Message) -> SendResult:
        attachments = AppriseAttachment(asset=_ASSET)
        if message.image and self.takes_images:
            chart = AttachMemory(content=message.image, name="prices.png", mimetype="image/png")  # type: ignore[no-untyped-call]
            attachments.add(chart)
        with _heard() as lines:
            try:
                is_sent = self._service.notify(
                    title=title_of(message),
                    body=body_of(message),
                    body_format=NotifyFormat.TEXT,
                    attach=attachments if len(attachments) else None,
                )
            except Exception as error:  # noqa: BLE001 - a hundred plugins raise what they like; one must not end the run
                is_sent = False
                lines.append(f"{type(error).__name__}: {error}")
        if is_sent:
            return SendResult(is_sent=True)
        said = masked("; ".join(dict.fromkeys(lines)) or "the service refused it and did not say why", self._secrets)
        return SendResult(is_sent=False, error=said, retry_after=AFTER_TOO_MANY if _TOO_MANY.search(said) else None)

    def close(self) -> None:
        """Nothing is open between two messages."""


def title_of(message: Message) -> str:
    """The title in one line that fits into a mail's, whatever letters it is written with."""
    title = " ".join(message.title.split())
    # Of other letters each byte becomes three characters, as in =E5=AD=97.
    lengths = accumulate(1 if each.isascii() and each.isalnum() else 3 * len(each.encode()) for each in title)
    return title if title.isascii() else title[: bisect_right(list(lengths), _MOST_ENCODED)]


def body_of(message: Message) -> str:
    """The text with the key, by which a reader can tell that two messages are one."""
    return message.body if message.key in message.body else f"{message.body.rstrip()}\n\n{message.key}\n"
