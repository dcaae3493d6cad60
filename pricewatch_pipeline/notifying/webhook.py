"""Webhooks of our own: a message as JSON to an HTTP address, which may say that it is busy, and for how long."""

import asyncio
import base64
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import aiohttp
import certifi
from yarl import URL

from pricewatch_pipeline import __version__
from pricewatch_pipeline.domain.messages import Message, SendResult
from pricewatch_pipeline.domain.retry_after import retry_after
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.notifying.masking import masked, secrets_of

TIMEOUT = timedelta(seconds=20)
"""For a whole exchange, however slowly it drips."""
_MOST_READ = 65_536
"""Of an answer's body, so that its connection can be used again; nothing in it counts."""
_WORTH_ANOTHER_TRY = frozenset({401, 403, 404, 408, 421, 425, 429})
"""What a receiver says, or what stands before it, while it is set up anew."""


class WebhookSender:
    """POSTs `{key, title, body, url, image}` with the header `Idempotency-Key`. Redirects are not followed."""

    takes_images = True

    def __init__(self, channel: Channel, address: URL, *, timeout: timedelta = TIMEOUT) -> None:
        self._secrets = secrets_of(channel.url.get_secret_value())
        self._url, self._headers = _split(address)
        self._timeout = aiohttp.ClientTimeout(total=timeout.total_seconds())
        self._runner = asyncio.Runner()
        self._session: aiohttp.ClientSession | None = None

    def send(self, message: Message) -> SendResult:
        try:
            return self._runner.run(self._post(message))
        except TimeoutError:
            return SendResult(is_sent=False, error=f"no answer within {self._timeout.total:.0f} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return SendResult(is_sent=False, error=masked(f"{type(error).__name__}: {error}", self._secrets))

    def close(self) -> None:
        if self._session:
            self._runner.run(self._session.close())
        self._runner.close()

    async def _post(self, message: Message) -> SendResult:
        headers = {**self._headers, "Idempotency-Key": message.key}
        async with self._open().post(
            self._url, json=_payload(message), headers=headers, allow_redirects=False
        ) as answer:
            said = {name.lower(): value for name, value in answer.headers.items()}
            result = result_of(answer.status, retry_after(said, datetime.now(UTC)))
            # It has answered: how its body ends is no reason to tell it once more.
            with suppress(TimeoutError, aiohttp.ClientError):
                await answer.content.read(_MOST_READ)
        return result

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(ssl=_trust()),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"pricewatch_pipeline/{__version__}"},
            )
        return self._session


def result_of(status: int, wait: timedelta | None) -> SendResult:
    """How an attempt ended that was answered with this status. `wait` is what the receiver asked for."""
    match status:
        case _ if 200 <= status < 300:
            return SendResult(is_sent=True)
        case _ if 300 <= status < 400:
            error = f"HTTP {status}: it redirects, which is not followed; write the address that it leads to"
            return SendResult(is_sent=False, error=error, is_permanent=True)
        case _ if 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY:
            return SendResult(is_sent=False, error=f"HTTP {status}", is_permanent=True)
        case _:
            return SendResult(is_sent=False, error=f"HTTP {status}", retry_after=wait)


def address_of(channel: Channel) -> URL | None:
    """The HTTP address that `webhook://` or `webhooks://` stands for; None where it is none."""
    scheme = "https" if channel.kind == "webhooks" else "http"
    try:
        url = URL(f"{scheme}://{channel.url.get_secret_value().partition('://')[2]}")
    except ValueError:
        return None
    return url if url.host else None


def _split(url: URL) -> tuple[URL, dict[str, str]]:
    """The address without user and password, and the header that holds them."""
    if url.user is None:
        return url, {}
    return url.with_user(None), {"Authorization": aiohttp.encode_basic_auth(url.user, url.password or "", "utf-8")}


def _payload(message: Message) -> dict[str, str | None]:
    image = base64.b64encode(message.image).decode() if message.image else None
    return {"key": message.key, "title": message.title, "body": message.body, "url": message.url, "image": image}


def _trust() -> ssl.SSLContext:
    """As for pages: the system's certificates and Mozilla's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
