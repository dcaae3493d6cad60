"""What the tests over HTTP share."""

import ipaddress
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.fetching.guard import AllowedAddress, Guard
from pricewatch_pipeline.fetching.http import HttpFetcher
from pricewatch_pipeline_tests.support.loopback import Server, html, serve


def allow(*servers: Server) -> list[AllowedAddress]:
    """The allow-list that lets exactly these servers be reached."""
    return [(ipaddress.ip_network(server.host), server.port) for server in servers]


async def fetch(url: str, *, allowed: Sequence[AllowedAddress] = (), timeout_s: float = 10, **how: Any) -> Page:
    """Fetch one page with a fetcher of its own; `resolver` and `ssl_context` go to the fetcher, the rest to the request."""
    parts = {name: how.pop(name) for name in ("resolver", "ssl_context") if name in how}
    async with HttpFetcher(user_agent="test/1", guard=Guard(allowed), **parts) as fetcher:
        return await fetcher.fetch(PageRequest(url=url, timeout=timedelta(seconds=timeout_s), **how))


@pytest.fixture
def canary():
    """A listener that nothing may ever connect to."""
    with serve(lambda _: html("you should not be here")) as server:
        yield server
        assert server.connections == 0
