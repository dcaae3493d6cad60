"""Pages in a real Chromium against servers on loopback: sites live at 127.0.0.2, which the guard allows; the rest it refuses."""

import ipaddress
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import psutil

from pricewatch_pipeline.domain.browsing import Browsing
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.fetching.browser.fetcher import BrowserFetcher
from pricewatch_pipeline.fetching.browser.limits import BrowserLimits
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline_tests.support.loopback import Handler, Server, serve

SITE = "127.0.0.2"
ALLOWED = [(ipaddress.ip_network(SITE), None)]
LIMITS = set(BrowserLimits.__dataclass_fields__)
BROWSING_FIELDS = set(Browsing.__dataclass_fields__)


@asynccontextmanager
async def open_browser(**how: Any) -> AsyncIterator[BrowserFetcher]:
    """A fetcher that reaches the sites of these tests."""
    limits = BrowserLimits(**{name: how.pop(name) for name in list(how) if name in LIMITS})
    async with BrowserFetcher(user_agent="test/1", guard=Guard(ALLOWED), limits=limits, **how) as fetcher:
        yield fetcher


@contextmanager
def site(handler: Handler) -> Iterator[Server]:
    """A site that may be reached."""
    with serve(handler, host=SITE) as server:
        yield server


async def visit(fetcher: BrowserFetcher, url: str, *, timeout_s: float = 30, **how: Any) -> Page:
    """Fetch one page; fields of `Browsing` and of the request alike."""
    said: Mapping[str, Any] = {name: how.pop(name) for name in list(how) if name in BROWSING_FIELDS}
    timeout = timedelta(seconds=timeout_s)
    return await fetcher.fetch(PageRequest(url=url, timeout=timeout, browsing=Browsing(**said), **how))


def chromiums(parent: int | None = None) -> list[psutil.Process]:
    """The browsers' main processes below a process (this one)."""
    found = []
    for process in psutil.Process(parent).children(recursive=True):
        try:
            arguments = process.cmdline()
        except psutil.Error:
            continue
        if "--remote-debugging-pipe" in arguments and not any(each.startswith("--type=") for each in arguments):
            found.append(process)
    return found
