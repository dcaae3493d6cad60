"""The ways to a page, one after the other, without a database or a network."""

import asyncio

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import RestingProxies
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.services.fetch_ways import fetch_as_allowed

SHOP = Store(store_id="shop", domains=("shop.example",))


@pytest.mark.parametrize(
    ("store", "closes"),
    [
        (None, [True]),
        (SHOP, [True]),
        (Store(store_id="shop", domains=(), when_blocked=("impersonate", "browser")), [False, False, True]),
    ],
)
def test_a_block_closes_the_host_only_where_no_other_way_is_left(store: Store | None, closes: list[bool]) -> None:
    asked: list[bool] = []

    async def blocked(request: PageRequest) -> Page:
        asked.append(request.closes_host)
        return Page(request=request, outcome=Outcome.BLOCKED, final_url=request.url, status=200)

    request = PageRequest(url="https://shop.example/", closes_host=True)
    resting = RestingProxies(lambda: 0.0)
    asyncio.run(fetch_as_allowed(request, blocked, store=store, kind="http", turn=0, resting=resting))
    assert asked == closes
