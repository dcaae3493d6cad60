"""Walls: pages that stand in place of the one asked for, whatever their status says. Pure.

What gives them away is in `wall_signs.py`. The judge is structure: a wall sells nothing, says little and introduces
itself to no search engine, so that a shop's page may load a captcha or a vendor's script and is still no wall.
"""

import codecs
import html
import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pricewatch_pipeline.domain.lazy import cached_property
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.fetching.wall_signs import (
    LOGIN_TITLE,
    MARKERS,
    REDIRECT_ADDRESSES,
    TEXTS,
    TITLES,
    WALL_ADDRESSES,
    Sign,
)

_WHOLE = 32_000
_HEAD, _TAIL = 16_000, 4_000
"""Bytes of the body in which markers are looked for; all of it up to `_WHOLE`."""
_TITLE_WITHIN = 65_536
_LONGEST_TITLE = 300
_SMALL = 16_000
"""Only pages up to this size have their text read without a hint."""
_LONGEST_WALL = 6_000
"""Characters of visible text: what says more is a page, whatever it quotes."""
_SHORT = 1_500
_NEXT_TO_NOTHING = 60
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_SOLD = (
    *(b'"pricecurrency"', b'itemprop="price', b"itemprop=price", b"price:amount", b"schema.org/product"),
    *(b"schema.org/offer", b'"@type":"product', b'"@type": "product', b'content="product"', b'content="og:product"'),
)
_INTRODUCTIONS = (b'"og:', b'rel="canonical"', b"rel='canonical'", b"rel=canonical")
_MONEY = r"[$€£¥₹₽₩₺₫฿₴₪₦]|zł|kč|руб|\b(?:usd|eur|gbp|chf|jpy|cny|inr|pln|czk|sek|nok|dkk|kr|huf|ft|ron|lei|try|tl|brl|mdl)\b"
_PRICE = re.compile(rf"(?:{_MONEY})\s?\d|\d\s?(?:{_MONEY})")
_UNSEEN = (b"script", b"style", b"noscript", b"template", b"svg", b"title", b"select")
_CHROME_ERROR = re.compile(r"\berr_[a-z0-9_]+|\bhttp error \d{3}\b")
_FRAMED_CAPTCHA = re.compile(rb"<iframe[^>]{0,300}?(?:captcha|challenge)")
_RELOADS = (b"location.reload(", b"location.replace(", b"location.href=", b"location.href =", b"location=")

_DENIED = b"<Code>AccessDenied</Code>"

_SENTENCES = {
    Outcome.BLOCKED: "the site blocks us; check it less often, or ask the site for a feed",
    Outcome.CONSENT: "the site wants to be asked for consent first",
    Outcome.LOGIN: "the page wants a login; watch a public page instead",
    Outcome.NOT_FOUND: "check the address in the watch",
    Outcome.RATE_LIMITED: "the site asks us to slow down",
    Outcome.TRANSPORT: "it will be tried again",
}
_LOGIN = Sign(outcome=Outcome.LOGIN, kind="a login page", is_certain=True)
_FRAMED = Sign(outcome=Outcome.BLOCKED, kind="a captcha in a frame", is_certain=False)
_GATE = Sign(outcome=Outcome.BLOCKED, kind="a script that tests the browser", is_certain=False)
# What a status said already; the other failures have no page, or say more than a wall could.
_MAY_HIDE_A_WALL = {Outcome.OK, Outcome.BLOCKED, Outcome.RATE_LIMITED, Outcome.LOGIN, Outcome.TRANSPORT}
# What a status says of the page, when its body may still say that nobody looked for it: the host has had enough of us.
_MAY_HIDE_A_THROTTLE = {Outcome.NOT_FOUND, Outcome.GONE, Outcome.TIMEOUT}
_MORE_EXACT = {Outcome.BLOCKED, Outcome.CONSENT, Outcome.LOGIN, Outcome.RATE_LIMITED}


@dataclass(frozen=True, kw_only=True)
class Wall:
    """What stands in place of the page."""

    outcome: Outcome
    kind: str
    """What it is, with its vendor where known: `a Cloudflare challenge`."""
    sentence: str
    """For `Page.error`."""


def behind_wall(page: Page) -> Page:
    """The page with the outcome of the wall it is, if it is one; its body stays, for evidence."""
    if page.request.denied_is_missing and page.status == 403 and _DENIED in page.body[:_HEAD]:
        error = f"{page.final_url} answered 403 (AccessDenied), which its store says of files that are not there"
        return replace(page, outcome=Outcome.NOT_FOUND, error=error)
    if page.outcome not in _MAY_HIDE_A_WALL | _MAY_HIDE_A_THROTTLE:
        return page
    wall = wall_of(page)
    if wall is None or not _is_more_exact(page, wall):
        return page
    return replace(page, outcome=wall.outcome, error=wall.sentence)


def _is_more_exact(page: Page, wall: Wall) -> bool:
    """Whether a wall says more than the status. 429 is believed: the site names its own reason."""
    if page.outcome in _MAY_HIDE_A_THROTTLE:
        return wall.outcome is Outcome.RATE_LIMITED
    return page.outcome is Outcome.OK or (
        wall.outcome in _MORE_EXACT and not (page.status == 429 and wall.outcome is not Outcome.RATE_LIMITED)
    )


def wall_of(page: Page) -> Wall | None:
    """The wall a fetched page is; None for a page, and for what was not fetched at all."""
    if page.status is None:
        return None
    look = _Look(page)
    sign = _by_address(look) or _by_markers(look) or _by_text(look) or _by_title(look) or _by_structure(look)
    if sign is None:
        return None
    kind = sign.kind
    if sign.outcome is Outcome.TRANSPORT and (code := _CHROME_ERROR.search(look.text)):
        kind = f"{kind} ({code[0].upper()})"
    what_to_do = sign.advice or _SENTENCES[sign.outcome]
    sentence = f"{page.final_url} answered {page.status} with {kind} in place of the page: {what_to_do}"
    return Wall(outcome=sign.outcome, kind=kind, sentence=sentence)


class _Look:
    """A page as it is looked at: the dear things are read only where a hint asks for them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._body = page.text.encode() if page.body.startswith(_UTF16) else page.body
        self.size = len(self._body)
        is_whole = self.size <= _WHOLE
        self.window = (self._body if is_whole else self._body[:_HEAD] + b" " + self._body[-_TAIL:]).lower()

    @cached_property
    def lower(self) -> bytes:
        return self._body.lower()

    @cached_property
    def title(self) -> str:
        """Lower case, on one line; empty where there is none near the top."""
        start = self._body[:_TITLE_WITHIN].lower()
        opens = start.find(b"<title")
        begins = start.find(b">", opens) + 1 if opens >= 0 else 0
        ends = start.find(b"</title", begins, begins + _LONGEST_TITLE) if begins else -1
        return _plain(start[begins:ends]) if ends > 0 else ""

    @cached_property
    def text(self) -> str:
        """The visible text, lower case; no more of it than tells a wall from a page."""
        return _visible_text(self.lower, _LONGEST_WALL + 1)

    @cached_property
    def shows_price(self) -> bool:
        return _PRICE.search(self.text) is not None

    @cached_property
    def sells(self) -> bool:
        return any(mark in self.lower for mark in _SOLD)

    @cached_property
    def introduces_itself(self) -> bool:
        return any(mark in self.lower[:_TITLE_WITHIN] for mark in _INTRODUCTIONS)

    def allows(self, sign: Sign) -> bool:
        """Whether the rest of the page agrees that it is a wall."""
        if sign.is_certain:
            # Consent may also be asked for over the real page; then prices show.
            is_page = self.sells or (sign.outcome is Outcome.CONSENT and self.shows_price)
            return len(self.text) <= _LONGEST_WALL and not is_page
        if self.introduces_itself:  # the cheapest question, and the answer of nearly every shop's page
            return False
        return len(self.text) <= _SHORT and not self.shows_price and not self.sells


def _by_address(look: _Look) -> Sign | None:
    asked, final = _place(look.page.request.url), _place(look.page.final_url)
    for sign in WALL_ADDRESSES:
        if sign.pattern.match(final):
            return sign
    if final == asked:
        return None
    # An address that was asked for and already looks so says nothing new.
    found = (sign for sign in REDIRECT_ADDRESSES if sign.pattern.match(final) and not sign.pattern.match(asked))
    return next((sign for sign in found if not look.sells), None)


def _place(url: str) -> str:
    """Host and path, lower case."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or ''}{parts.path or '/'}".lower()
    except ValueError:
        return ""


def _by_markers(look: _Look) -> Sign | None:
    window = look.window
    for hint, signs in MARKERS.items():
        if hint not in window:
            continue
        for sign in signs:
            where = look.lower if sign.is_deep else window
            if (not sign.markers or any(marker in where for marker in sign.markers)) and look.allows(sign):
                return sign
    return None


def _by_title(look: _Look) -> Sign | None:
    title = look.title
    if not title:
        return None
    for sign in TITLES:
        if sign.pattern.fullmatch(title) and look.allows(sign):
            return sign
    if LOGIN_TITLE.search(title) and not look.shows_price and look.allows(_LOGIN):
        return _LOGIN
    return None


def _by_text(look: _Look) -> Sign | None:
    if look.size > _SMALL:
        return None
    return next((sign for sign in TEXTS if sign.pattern.search(look.text) and look.allows(sign)), None)


def _by_structure(look: _Look) -> Sign | None:
    """A captcha in a frame and nothing else, or a script that sets a cookie and comes again."""
    if _FRAMED_CAPTCHA.search(look.window) and look.allows(_FRAMED):
        return _FRAMED
    is_gate = (
        look.size <= _SMALL
        and b"document.cookie" in look.window
        and b"<script src=" not in look.window
        and any(reload in look.window for reload in _RELOADS)
    )
    return _GATE if is_gate and len(look.text) <= _NEXT_TO_NOTHING and look.allows(_GATE) else None


def _plain(markup: bytes) -> str:
    return " ".join(html.unescape(markup.decode("utf-8", errors="replace")).split())


def _visible_text(lower: bytes, limit: int) -> str:
    """What a person sees of markup in lower case, up to a limit. Linear, whatever the page holds."""
    parts: list[bytes] = []
    size = at = 0
    while 0 <= at < len(lower) and size < limit:
        opens = lower.find(b"<", at)
        shown = lower[at : opens if opens >= 0 else None].strip()
        if shown:
            parts.append(shown[: limit * 4])
            size += len(shown)
        at = _after_tag(lower, opens) if opens >= 0 else -1
    return _plain(b" ".join(parts))


def _after_tag(lower: bytes, opens: int) -> int:
    """Where the text goes on after the tag, comment or unseen element that opens here; -1: nowhere."""
    if lower.startswith(b"<!--", opens):
        return _after(lower, b"-->", opens)
    unseen = next((name for name in _UNSEEN if lower.startswith(name, opens + 1)), None)
    closes = lower.find(b"</" + unseen, opens) if unseen else opens
    return _after(lower, b">", closes) if closes >= 0 else -1


def _after(lower: bytes, mark: bytes, start: int) -> int:
    found = lower.find(mark, start)
    return found + len(mark) if found >= 0 else -1
