import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from pricewatch_pipeline.demo.catalogue import ITEMS, SHOPS, Item, is_challenging, price_at, shop_with, true_price
from pricewatch_pipeline.demo.shop import HOST, DemoShop, ports_from
from pricewatch_pipeline.demo.words import format_money
from pricewatch_pipeline.errors import PortTaken

FORTRESS = shop_with("fortress")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTES = [NOON + timedelta(minutes=n) for n in range(60)]
CALM = next(instant for instant in MINUTES if not is_challenging(FORTRESS, instant))
CHALLENGED = next(instant for instant in MINUTES if is_challenging(FORTRESS, instant))


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(CALM)


@pytest.fixture
async def shop(clock: Clock, tmp_path: Path) -> AsyncIterator[DemoShop]:
    async with DemoShop(clock=clock, is_slow=False, log=tmp_path / "visits.jsonl") as shop:
        yield shop


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.sku)
async def test_a_page_shows_the_price_of_its_item(shop: DemoShop, client: httpx.AsyncClient, item: Item) -> None:
    answer = await client.get(shop.url_of(item))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    text = format_money(price_at(item, CALM), shop_with(item.shop_id).locale)
    assert re.search(rf'class="now"[^>]*>{re.escape(text)}<', answer.text)
    assert answer.text.count('class="now"') == 1


@pytest.mark.parametrize("shop_id", [each.shop_id for each in SHOPS])
async def test_everything_a_page_points_to_is_there(shop: DemoShop, client: httpx.AsyncClient, shop_id: str) -> None:
    front = await client.get(shop.urls[shop_id] + "/")
    for path in set(re.findall(r'(?:href|src)="(/[^"]*)"', front.text)):
        answer = await client.get(shop.urls[shop_id] + path)
        assert answer.status_code == 200, path
    assert (await client.get(shop.urls[shop_id] + "/robots.txt")).status_code == 200


@pytest.mark.parametrize("path", ["/p/none", "/p/ridge-jacket?variant=none", "/image/none.svg", "/p/../../etc/passwd"])
async def test_what_is_not_sold_is_not_found(shop: DemoShop, client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(shop.urls["trail"] + path)).status_code == 404


async def test_a_challenge_is_a_200_without_the_product(
    shop: DemoShop, client: httpx.AsyncClient, clock: Clock
) -> None:
    item = next(item for item in ITEMS if item.shop_id == "fortress")
    clock.now = CHALLENGED
    answer = await client.get(shop.url_of(item))
    assert answer.status_code == 200
    assert "Verify you are human" in answer.text
    assert item.title not in answer.text
    assert "$" not in answer.text
    assert shop.visits[-1].is_challenge
    assert shop.visits[-1].price is None


async def test_the_log_says_what_was_served(
    shop: DemoShop, client: httpx.AsyncClient, clock: Clock, tmp_path: Path
) -> None:
    item = next(item for item in ITEMS if item.shop_id == "hikari")
    for clock.now in (CALM, CALM + timedelta(minutes=30)):
        await client.get(shop.url_of(item))
    await client.get(shop.urls["hikari"] + "/p/none")
    assert [(visit.shop, visit.path, visit.status, visit.price) for visit in shop.visits] == [
        ("hikari", item.path, 200, true_price(item, CALM)),
        ("hikari", item.path, 200, true_price(item, CALM + timedelta(minutes=30))),
        ("hikari", "/p/none", 404, None),
    ]
    lines = [json.loads(line) for line in (tmp_path / "visits.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [Decimal(line["price"]) for line in lines[:2]] == [visit.price for visit in list(shop.visits)[:2]]
    assert datetime.fromisoformat(lines[0]["at"]) == CALM


async def test_a_group_page_without_a_choice_has_no_price_of_its_own(shop: DemoShop, client: httpx.AsyncClient) -> None:
    answer = await client.get(shop.urls["trail"] + "/p/brook-shoe")
    assert answer.status_code == 200
    assert shop.visits[-1].price is None


async def test_the_shops_have_ports_of_their_own(shop: DemoShop) -> None:
    assert len(set(shop.ports.values())) == len(SHOPS)
    assert list(ports_from(8801).values()) == list(range(8801, 8801 + len(SHOPS)))


def taken_port_after_a_free_one() -> socket.socket:
    """A socket that listens on a port while the one below is free."""
    while True:
        taken = socket.create_server((HOST, 0))
        with socket.socket() as below, suppress(OSError):
            below.bind((HOST, taken.getsockname()[1] - 1))
            return taken
        taken.close()


async def test_a_taken_port_is_named_and_nothing_stays_open() -> None:
    with taken_port_after_a_free_one() as taken:
        port = taken.getsockname()[1]
        shop = DemoShop()
        with pytest.raises(PortTaken, match=rf"port {port} is in use.* {port - 1} to .*--base-port"):
            await shop.start(port - 1)
    assert shop.ports == {}
    with socket.socket() as client:
        assert client.connect_ex((HOST, port - 1)) != 0
