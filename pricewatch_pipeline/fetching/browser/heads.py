"""Heads of HTTP/1.1 messages as a proxy reads and rewrites them. Pure."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

CRLF = b"\r\n"
END = CRLF + CRLF
_METHOD = re.compile(r"[A-Z]{1,20}")
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "upgrade")
}
"""Of one connection, not of the message. `transfer-encoding` stays: the body is handed on as it comes."""


class BadHead(ValueError):
    """Not a head we would pass on."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """A start line and its header lines."""

    start: str
    lines: Sequence[tuple[str, str]]

    def get(self, name: str) -> str:
        """The first value; empty where there is none."""
        return next((value for key, value in self.lines if key.lower() == name), "")

    def encoded(self, *extra: tuple[str, str], start: str | None = None) -> bytes:
        """The head for another connection, which closes after its message."""
        kept = [(name, value) for name, value in self.lines if name.lower() not in _HOP_BY_HOP]
        lines = [start or self.start, *(f"{name}: {value}" for name, value in (*kept, *extra, ("Connection", "close")))]
        return "\r\n".join(lines).encode("latin-1") + END


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a client wants of a proxy."""

    head: Head
    method: str
    url: str
    """Where it wants to go, as a URL that the guard can judge."""
    host: str
    port: int
    path: str

    @property
    def is_tunnel(self) -> bool:
        return self.method == "CONNECT"

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_head(data: bytes) -> Head:
    """The head in these bytes, up to and with its empty line.

    Raises:
        BadHead: it holds a line that is not a header.
    """
    start, *lines = data.removesuffix(END).decode("latin-1").split("\r\n")
    pairs = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadHead(f"not a header: {line[:80]!r}")
        pairs.append((name, value.strip()))
    return Head(start=start, lines=pairs)


def parse_asked(head: Head) -> Asked:
    """What the request line asks for: `CONNECT host:port`, or `GET http://host/path`.

    Raises:
        BadHead: anything else.
    """
    method, _, rest = head.start.partition(" ")
    target = rest.partition(" ")[0]
    if not _METHOD.fullmatch(method):
        raise BadHead(f"not a request: {head.start[:80]!r}")
    url = f"https://{target}/" if method == "CONNECT" else target
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as error:
        raise BadHead(f"not an address: {target[:80]!r}") from error
    if not host or (method != "CONNECT" and parts.scheme != "http"):
        raise BadHead(f"neither a tunnel nor plain http: {head.start[:80]!r}")
    if method == "CONNECT" and parts.port is None:
        raise BadHead(f"a tunnel to no port: {target[:80]!r}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Asked(head=head, method=method, url=url, host=host, port=port, path=path)


def status_of(head: Head) -> int:
    """The status of an answer; 0 where its first line is none."""
    version, _, rest = head.start.partition(" ")
    return int(rest[:3]) if version.startswith("HTTP/") and rest[:3].isdecimal() else 0


def basic_auth(user: str, password: str) -> str:
    """The value of an `Authorization` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
