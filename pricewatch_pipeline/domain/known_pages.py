"""Conditional requests: when a page may be asked for as `not modified`, with which headers, and what to remember. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pricewatch_pipeline.domain.checks import KnownPage
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page
from pricewatch_pipeline.domain.watches import Store, Watch

FULL_READ_EVERY = timedelta(days=1)
"""A page is read in full at least so often, whatever a server says: one that always answers 304 freezes no price."""
_LONGEST_VALIDATOR = 1_000
"""Characters; a longer ETag is not sent back."""


def fingerprint(version: str, watch: Watch, store: Store | None) -> str:
    """What a reading depends on besides the page: the program, the query, and how the store is read and fetched."""
    parts: list[Any] = [version, watch.provider, dict(watch.query)]
    if store:
        parts += [store.locale, store.currency, store.fetcher, store.impersonates, asdict(store.browsing)]
        parts += [{name: [asdict(s) for s in strategies] for name, strategies in store.strategies.items()}]
    text = json.dumps(parts, sort_keys=True, default=lambda value: sorted(value) if _is_set(value) else str(value))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _is_set(value: object) -> bool:
    return isinstance(value, set | frozenset)


def is_usable(known: KnownPage | None, *, url: str, read_with: str, now: datetime) -> bool:
    """Whether what was read from this page the last time may be carried on when it has not changed."""
    return (
        known is not None
        and known.url == url
        and known.read_with == read_with
        and timedelta(0) <= now - known.read_at < FULL_READ_EVERY
    )


def conditional_headers(known: KnownPage) -> dict[str, str]:
    """What asks a site for the page only when it has changed; empty where the site gave nothing to ask with."""
    headers = {}
    if known.etag:
        headers["if-none-match"] = known.etag
    if known.last_modified:
        headers["if-modified-since"] = known.last_modified
    return headers


def freshness_headers(every: timedelta | None) -> dict[str, str]:
    """What asks caches on the way for nothing older than the watch's interval (RFC 9111, 5.2.1.1)."""
    return {"cache-control": f"max-age={int(every.total_seconds())}"} if every else {}


def is_stale(headers: Mapping[str, str], every: timedelta | None) -> bool:
    """Whether a cache on the way answered with something older than the watch's interval."""
    age = headers.get("age", "").strip()
    return every is not None and age.isascii() and age.isdigit() and int(age[:12]) > every.total_seconds()


def is_same(known: KnownPage, page: Page) -> bool:
    """Whether a page that was sent in full is, byte for byte, the one that was read the last time."""
    return page.outcome is Outcome.OK and page.sha256 == known.sha256


def known_after(page: Page, *, read_with: str, read_at: datetime) -> KnownPage | None:
    """What to remember of a page that was read; None when it cannot be asked for as `not modified`."""
    if not page.request.may_be_unchanged or page.outcome is not Outcome.OK or not page.body:
        return None
    # Validators speak for what was sent from that very address: not for what a redirect led to, which may lead elsewhere
    # the next time, nor for what scripts made of it.
    headers = page.headers if page.final_url == page.request.url and page.request.fetcher != "browser" else {}
    return KnownPage(
        url=page.request.url,
        etag=_validator(headers.get("etag")),
        last_modified=_validator(headers.get("last-modified")),
        sha256=page.sha256,
        read_with=read_with,
        read_at=read_at,
    )


def _validator(value: str | None) -> str | None:
    usable = value is not None and value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR
    return value if usable else None
