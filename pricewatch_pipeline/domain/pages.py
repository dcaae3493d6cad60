"""The seam between providers and fetching: a request for a page, and the page with its outcome."""

import codecs
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pricewatch_pipeline.domain.browsing import Browsing
from pricewatch_pipeline.domain.lazy import cached_property
from pricewatch_pipeline.domain.outcomes import Outcome

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""Codecs of Python's that turn bytes into text, and are no browser's: a page that names one would not be read, or mean another thing."""
_BEGINNING, _TELLING, _PIECE = 131_072, 8, 8_192
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """What a provider asks for."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    fetcher: str | None = None
    """The kind of fetcher: `http`, `impersonate` or `browser`. None: what the store says, else `http`."""
    timeout: timedelta = timedelta(seconds=30)
    """For the whole exchange, redirects included."""
    max_bytes: int = 10_000_000
    """Of the decompressed body."""
    is_cut: bool = False
    """A body longer than `max_bytes` is cut there, instead of refused."""
    is_file: bool = False
    """A file is wanted and no page: it is taken whatever its media type says, and also when it is empty."""
    may_be_unchanged: bool = False
    """Whether the provider takes `not_modified` for an answer: then what it read last time is carried on."""
    browsing: Browsing = field(default_factory=Browsing)
    """For the fetcher `browser`."""
    impersonates: str = "chrome"
    """For the fetcher `impersonate`."""
    proxy: str | None = None
    """The name of a proxy in the settings; None: no proxy."""
    closes_host: bool = False
    """A refusal (429, a block) is meant for all that we ask of the host, not for this page: the first one opens its breaker."""
    wants_contact: bool = False
    """The host wants to know who asks: the request says so (the setting `contact`), by the fetcher `http`; without a contact it is not made."""
    is_one_of_many: bool = False
    """A document among many that one check asks for: it is the asker's own. The check keeps neither its body nor, while it waits
    for the next one, its place among the pages in hand; what it remembers are its numbers."""
    denied_is_missing: bool = False
    """The file lies in a store (S3) that says of one that is not there that one may not have it: 403 with the code AccessDenied."""
    is_one_hop: bool = False
    """A redirect is handed back (`Page.redirects_to`), not followed: each hop is to have a turn of its own at its host."""
    rest_when_refused: timedelta | None = None
    """How long the host is left alone after a refusal (429, a throttle page) that does not ask for longer. None: as for any host."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One fetched response. A failed fetch is a page too: its outcome says how it failed."""

    request: PageRequest
    outcome: Outcome
    final_url: str
    """After redirects; the requested URL when nothing was fetched."""
    fetched_at: datetime | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Keys in lower case."""
    body: bytes = b""
    wire_bytes: int = 0
    """Bytes received, before decompression."""
    elapsed: timedelta = timedelta(0)
    error: str | None = None
    """One sentence on a failure: what was wrong and, where it helps, what to do."""
    retry_after: timedelta | None = None
    """What the site asked for in `Retry-After`."""
    cookie_values: frozenset[str] = frozenset()
    """What cookies set on the way hold: evidence is redacted of them."""
    screenshot: bytes = b""
    """A picture of the page (PNG), where the store asks for one."""
    is_proxy_failure: bool = False
    """The proxy failed, not the site."""
    redirects_to: str | None = None
    """Where the host sends us, of a request of one hop."""
    note: str | None = None
    """What is worth knowing of a page that came all the same: that it was read before it had loaded, and the like."""

    @cached_property
    def sha256(self) -> bytes:
        """Of the body as it came. Takes half a millisecond for a large page: not for the event loop."""
        return hashlib.sha256(self.body).digest()

    @cached_property
    def encoding(self) -> str:
        """BOM, then the header, then UTF-8 where the body can be nothing else, then `<meta charset>`, then UTF-8 where it decodes, else windows-1252.

        Many pages were saved or sent on in UTF-8 and still hold the `<meta>` of the encoding they were written in.
        """
        for bom, codec in _BOMS.items():
            if self.body.startswith(bom):
                return codec
        in_page = _META_CHARSET.search(self.body[:4096])
        if self.declared_charset and (known := _usable(self.declared_charset, self.body)):
            return known
        known = _usable(in_page[1].decode("ascii"), self.body) if in_page else None
        if known and (known == "utf-8" or not _can_only_be_utf8(self.body)):
            return known
        return _usable("utf-8", self.body) or "windows-1252"

    @property
    def declared_charset(self) -> str | None:
        """As the header names it; there may be no such codec."""
        found = re.search(r"charset=\s*[\"']?([\w.:-]+)", self.headers.get("content-type", ""), re.IGNORECASE)
        return found and found[1]

    @property
    def utf8(self) -> bytes:
        """The body in UTF-8, without a mark: the body itself nearly always. Bytes that do not fit the encoding may be left in it."""
        match self.encoding:
            case "utf-8":
                return self.body
            case "utf-8-sig":
                return self.body[len(codecs.BOM_UTF8) :]
            case _:
                return self.text.encode("utf-8", errors="replace")

    @property
    def text(self) -> str:
        """The body as text; bytes that do not fit the encoding become U+FFFD."""
        return self.body.decode(self.encoding, errors="replace")


def _usable(name: str, body: bytes) -> str | None:
    """The codec's name when it exists and is not contradicted by the body."""
    try:
        codec = codecs.lookup(name).name
        b"a".decode(codec, "replace")  # `hex` and `zip` are codecs too, of which no text comes
    except (LookupError, UnicodeError):
        return None
    if codec in _NO_CHARSETS:
        return None
    if codec != "utf-8":
        return "windows-1252" if codec in ("iso8859-1", "ascii") else codec  # as browsers do (WHATWG Encoding)
    return codec if _is_utf8(body) else None


def _can_only_be_utf8(body: bytes) -> bool:
    """Whether it holds characters beyond ASCII, and all of them fit: no text in another encoding does that by chance."""
    try:
        return not body.isascii() and len(body.decode()) < len(body) - 1
    except UnicodeDecodeError:
        return False


def _is_utf8(body: bytes) -> bool:
    """Whether nothing speaks against UTF-8. As a rule the beginning says it: a few characters beyond ASCII do not fit by chance."""
    if body.isascii():
        return True
    try:
        at, extra = _decoded(body, 0, min(_BEGINNING, len(body)))
        if extra > _TELLING:
            return True
        at, more = _decoded(body, at, len(body))
        if at == len(body):
            return body.count("�".encode()) <= 2 + (len(body) - extra - more) // 2000
    except UnicodeDecodeError:
        pass
    # A page cut off in the middle of a character is still UTF-8: a stray error or two is not a contradiction.
    decoded = body.decode("utf-8", errors="replace")
    return decoded.count("�") <= 2 + len(decoded) // 2000


def _decoded(body: bytes, at: int, end: int) -> tuple[int, int]:
    """(where the last whole character before the end ends, bytes beyond one for each character); most of a page is ASCII, and
    passed over at a tenth of the cost.

    Raises:
        UnicodeDecodeError: something there is no UTF-8.
    """
    extra = 0
    while at < end:
        piece = body[at : min(at + _PIECE, end)]
        if piece.isascii():
            at += len(piece)
            continue
        text, read = codecs.utf_8_decode(piece, "strict")
        if not read:
            break
        at += read
        extra += read - len(text)
    return at, extra


Fetch = Callable[[PageRequest], Awaitable[Page]]
"""Given to providers. It never raises for what a site does; the page's outcome says it."""
