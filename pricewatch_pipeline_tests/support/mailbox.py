"""A real SMTP server on loopback that keeps what it is sent."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass(kw_only=True)
class Mailbox:
    """What came in, and what the server answers to a mail."""

    port: int = 0
    answer: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return self.answer

    def url(self, *, user: str = "anna") -> str:
        """Its address for Apprise."""
        return f"mailto://127.0.0.1:{self.port}?smtp=127.0.0.1&from=shop@example.org&to={user}@example.org"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A server in a thread of its own."""
    box = Mailbox()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mailbox", daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=10)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


def text_of(mail: EmailMessage) -> str:
    """The text that a reader sees, of whichever kind."""
    body = mail.get_body(preferencelist=("plain", "html"))
    assert body
    return str(body.get_content())


def images_of(mail: EmailMessage) -> list[bytes]:
    """The PNG files in it."""
    return [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "image/png"]  # type: ignore[misc]
