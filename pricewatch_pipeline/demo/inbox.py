"""The demo's inbox: takes the alerts that our webhooks send, and shows the newest ones as a page."""

import base64
import binascii
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

PATH = "/inbox"
LARGEST = 1_000_000
"""Bytes of one message, with its picture."""
MOST_KEPT = 60
_LONGEST_TITLE, _LONGEST_BODY, _LONGEST_URL, _LONGEST_KEY = 300, 10_000, 2_000, 100
_PNG = b"\x89PNG\r\n\x1a\n"
_STYLE = (Path(__file__).parent / "inbox.css").read_text(encoding="utf-8")
# The page holds what other pages said: it may show pictures and styles of its own, and run nothing.
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class Received:
    """One message, and how often it came."""

    number: int
    """From 1, in the order of arrival."""
    at: datetime
    key: str
    title: str
    body: str
    url: str | None
    image: bytes | None
    times: int = 1


class Inbox:
    """The last messages that came, in memory."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._messages: OrderedDict[str, Received] = OrderedDict()
        self._count = 0
        self._clock = clock

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Make it part of a shop."""
        router.add_post(PATH, self._receive)
        router.add_get(PATH, self._show)
        router.add_get(f"{PATH}/style.css", self._style)
        router.add_get(f"{PATH}/{{number:[0-9]+}}.png", self._image)

    @property
    def messages(self) -> list[Received]:
        """Newest first."""
        return list(reversed(self._messages.values()))

    async def _receive(self, request: web.Request) -> web.Response:
        # A page in a browser cannot send this type to another site without being asked first.
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="messages come as application/json")
        try:
            message = json.loads(await request.read())
        except (ValueError, RecursionError) as error:
            raise web.HTTPBadRequest(text="this is no JSON") from error
        if not isinstance(message, dict) or not _text(message, "key", _LONGEST_KEY):
            raise web.HTTPBadRequest(text="a message is an object with a key")
        self._keep(message)
        return web.Response(status=204)

    def _keep(self, message: dict[str, Any]) -> None:
        key = _text(message, "key", _LONGEST_KEY)
        if known := self._messages.get(key):
            self._messages[key] = replace(known, times=known.times + 1)
            return
        self._count += 1
        url = _text(message, "url", _LONGEST_URL)
        self._messages[key] = Received(
            number=self._count,
            at=self._clock(),
            key=key,
            title=_text(message, "title", _LONGEST_TITLE) or "(no title)",
            body=_text(message, "body", _LONGEST_BODY),
            url=url if url.startswith(("http://", "https://")) else None,
            image=_png(message.get("image")),
        )
        while len(self._messages) > MOST_KEPT:
            self._messages.popitem(last=False)

    async def _show(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._page(), content_type="text/html", charset="utf-8", headers=_HEADERS)

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=_STYLE, content_type="text/css")

    async def _image(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        image = next((m.image for m in self._messages.values() if str(m.number) == number), None)
        if image is None:
            raise web.HTTPNotFound
        return web.Response(body=image, content_type="image/png", headers={**_HEADERS, "Cache-Control": "max-age=3600"})

    def _page(self) -> str:
        cards = "\n".join(_card(message, self._clock()) for message in self.messages)
        empty = '<p class="empty">Nothing yet. The first alerts come within a minute or two.</p>'
        count = f"{self._count} message{'' if self._count == 1 else 's'}"
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Inbox ({self._count})</title>
<link rel="stylesheet" href="{PATH}/style.css">
<link rel="icon" href="/image/icon.svg">
</head>
<body>
<header><h1>Inbox</h1><p>{count} so far{f", the newest {MOST_KEPT} below" if self._count > MOST_KEPT else ""}</p></header>
<main>{cards or empty}</main>
<footer>What the demo's channel <code>inbox</code> received. The page looks again every five seconds.</footer>
</body></html>
"""


def _card(message: Received, now: datetime) -> str:
    title = escape(message.title)
    heading = f'<a href="{escape(message.url)}" rel="noreferrer noopener">{title}</a>' if message.url else title
    image = (
        f'<img src="{PATH}/{message.number}.png" alt="Chart of the price" width="600" height="260">'
        if message.image
        else ""
    )
    again = f' <span class="again">came {message.times} times</span>' if message.times > 1 else ""
    return f"""<article id="m{message.number}">
<h2 dir="auto">{heading}</h2>
<p class="at"><time datetime="{message.at.isoformat()}">{_ago(now, message.at)}</time>{again}</p>
{image}
<details{"" if message.image else " open"}><summary>Text</summary><pre dir="auto">{escape(message.body)}</pre></details>
</article>"""


def _ago(now: datetime, at: datetime) -> str:
    seconds = max(int((now - at).total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 3600 else f"{at:%H:%M} UTC"


def _text(message: dict[str, Any], name: str, longest: int) -> str:
    """A field as a text that any page can hold."""
    value = message.get(name)
    text = value[:longest] if isinstance(value, str) else ""
    return "".join(c if c == "\n" or c.isprintable() or c.isspace() else "\ufffd" for c in text).replace("\x0b", " ")


def _png(value: object) -> bytes | None:
    """A picture, or what says that it is one."""
    try:
        image = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return None
    return image if image.startswith(_PNG) else None
