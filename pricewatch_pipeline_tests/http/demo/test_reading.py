"""The demo's watches, as their files say them, fetched and read as in a run: every price is the true one."""

import ipaddress
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pricewatch_pipeline.demo.catalogue import (
    ITEMS,
    Item,
    availability_at,
    is_challenging,
    is_on_sale,
    list_price_at,
    shop_with,
    true_price,
)
from pricewatch_pipeline.demo.shop import HOST, DemoShop
from pricewatch_pipeline.demo.watches import watch_id_of, write_demo_watches
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.fetching.fetchers import open_fetchers
from pricewatch_pipeline.registry import provider_named, providers
from pricewatch_pipeline.watch_files.read import read_folder

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SELLING_OUT = [item for item in ITEMS if item.shop_id == "dernier"]


def when(item: Item, is_so: Callable[[Item, datetime], bool]) -> datetime:
    """The first minute from noon on in which something is so, and the shop shows its pages."""
    minutes = (NOON + timedelta(minutes=n) for n in range(14 * 24 * 60))
    shop = shop_with(item.shop_id)
    return next(minute for minute in minutes if is_so(item, minute) and not is_challenging(shop, minute))


def is_sold_out(item: Item, instant: datetime) -> bool:
    return availability_at(item, instant) is Availability.OUT_OF_STOCK


class Checker:
    """Checks a demo watch as a run does, at an instant of the shop's clock."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self._folder = folder
        self.shop = DemoShop(clock=lambda: self.now, is_slow=False)

    async def check(self, item: Item, instant: datetime) -> Reading:
        self.now = instant
        write_demo_watches(self._folder, self.shop.ports)
        described = read_folder(self._folder, providers=providers())
        watch = next(watch for watch in described.watches if watch.watch_id == watch_id_of(item))
        store = next(store for store in described.stores if store.store_id == watch.store_id)
        allowed = [(ipaddress.ip_network(HOST), port) for port in self.shop.ports.values()]
        async with open_fetchers(user_agent="test/1", allowed_addresses=allowed) as fetchers:
            return await provider_named(watch.provider).check(watch, store, fetchers.fetch)


@pytest.fixture
async def checker(tmp_path: Path) -> AsyncIterator[Checker]:
    checker = Checker(tmp_path)
    async with checker.shop:
        yield checker


def assert_true(reading: Reading, item: Item, instant: datetime) -> None:
    assert reading.outcome is Outcome.OK, reading.error
    assert reading.offer is not None
    assert reading.offer.price == true_price(item, instant)
    assert reading.offer.availability is availability_at(item, instant)
    assert reading.offer.price is None or reading.offer.currency == shop_with(item.shop_id).currency
    assert reading.offer.title is not None
    assert item.title in reading.offer.title
    # Of a group of variants the reader may leave the number out; it never gives another one's.
    assert reading.offer.sku == item.sku or (item.variant and reading.offer.sku is None)


@pytest.mark.parametrize("item", ITEMS, ids=watch_id_of)
async def test_the_price_read_is_the_price_shown(checker: Checker, item: Item) -> None:
    instant = when(item, lambda item, minute: not is_on_sale(item, minute) and not is_sold_out(item, minute))
    assert_true(await checker.check(item, instant), item, instant)


@pytest.mark.parametrize("item", ITEMS, ids=watch_id_of)
async def test_in_a_sale_the_price_read_is_not_the_list_price(checker: Checker, item: Item) -> None:
    instant = when(item, lambda item, minute: is_on_sale(item, minute) and not is_sold_out(item, minute))
    reading = await checker.check(item, instant)
    assert_true(reading, item, instant)
    assert reading.offer is not None
    assert reading.offer.list_price in (None, list_price_at(item, instant))


@pytest.mark.parametrize("item", SELLING_OUT, ids=watch_id_of)
async def test_sold_out_is_an_offer_with_or_without_a_price(checker: Checker, item: Item) -> None:
    instant = when(item, is_sold_out)
    reading = await checker.check(item, instant)
    assert_true(reading, item, instant)
    assert reading.offer is not None
    assert (reading.offer.price is None) is item.hides_price_when_sold_out


async def test_a_challenge_is_a_block_and_yields_no_price(checker: Checker) -> None:
    item = next(item for item in ITEMS if item.shop_id == "fortress")
    minutes = (NOON + timedelta(minutes=n) for n in range(60))
    reading = await checker.check(item, next(m for m in minutes if is_challenging(shop_with("fortress"), m)))
    assert reading.outcome is Outcome.BLOCKED
    assert reading.offer is None
