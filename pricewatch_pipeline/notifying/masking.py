"""Keeps a channel's address out of what is said of it. Pure."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

MASK = "***"
_SHORTEST = 4
"""Characters: shorter parts of an address (`me`, `yes`, `587`) stand everywhere in a text."""
_LONGEST = 500


def secrets_of(url: str) -> tuple[str, ...]:
    """Whatever of an address must not be shown, the longest first: all of it, and each of its parts."""
    _, _, rest = url.partition("://")
    parts = {url, rest, *re.split(r"[/:@?&=,;#]+", rest)}
    try:
        found = urlsplit(url)
        parts |= {found.netloc, found.netloc.rpartition("@")[2], found.path, found.query, found.username or ""}
        parts |= {found.password or "", found.hostname or ""}
        parts |= {value for _, value in parse_qsl(found.query)}
    except ValueError:
        pass  # no URL by the rules: the parts between its marks are masked all the same
    parts |= {unquote(part) for part in parts}
    return tuple(sorted((part for part in parts if len(part) >= _SHORTEST), key=len, reverse=True))


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text in one line, shortened, without the secrets."""
    for secret in secrets:
        text = re.sub(re.escape(secret), MASK, text, flags=re.IGNORECASE)
    return " ".join(text.split())[:_LONGEST]
