"""The demo's inbox, over HTTP: what a webhook of ours sends is shown, and whatever anybody sends is bounded and harmless."""

import asyncio
import base64
import html
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from pricewatch_pipeline.demo.catalogue import SHOPS
from pricewatch_pipeline.demo.inbox import LARGEST, MOST_KEPT
from pricewatch_pipeline.demo.shop import DemoShop
from pricewatch_pipeline.domain.messages import Message
from pricewatch_pipeline.notifying.channels import Channel
from pricewatch_pipeline.notifying.senders import send

PNG = b"\x89PNG\r\n\x1a\nrest"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
async def shop() -> AsyncIterator[DemoShop]:
    async with DemoShop(clock=lambda: NOW, is_slow=False) as shop:
        yield shop


@pytest.fixture
async def client(shop: DemoShop) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, base_url=shop.urls[SHOPS[0].shop_id]) as client:
        yield client


def message(number: int = 1, **fields: Any) -> dict[str, Any]:
    usual = {"key": f"key{number}", "title": f"Title {number}", "body": "Text\n", "url": None, "image": None}
    return usual | fields


async def test_what_our_webhook_sends_is_shown_with_its_picture(shop: DemoShop, client: httpx.AsyncClient) -> None:
    channel = Channel(name="inbox", url=SecretStr(f"webhook://127.0.0.1:{shop.ports[SHOPS[0].shop_id]}/inbox"))
    sent = Message(key="abc", title="Kettle: 79 €", body="Price: 79 €\n", url="https://laden.example/p", image=PNG)
    result = await asyncio.to_thread(send, channel, sent)
    assert result.is_sent
    page = (await client.get("/inbox")).text
    assert '<a href="https://laden.example/p" rel="noreferrer noopener">Kettle: 79 €</a>' in page
    assert '<pre dir="auto">Price: 79 €\n</pre>' in page
    picture = await client.get("/inbox/1.png")
    assert (picture.headers["content-type"], picture.content) == ("image/png", PNG)


@pytest.mark.parametrize("shop_id", [each.shop_id for each in SHOPS])
async def test_every_shop_shows_the_same_inbox(shop: DemoShop, client: httpx.AsyncClient, shop_id: str) -> None:
    await client.post("/inbox", json=message())
    assert "Title 1" in (await client.get(shop.urls[shop_id] + "/inbox")).text
    assert (await client.get(shop.urls[shop_id] + "/inbox/style.css")).status_code == 200


async def test_the_newest_stands_first_and_old_ones_go(client: httpx.AsyncClient) -> None:
    for number in range(1, MOST_KEPT + 4):
        await client.post("/inbox", json=message(number, image=base64.b64encode(PNG).decode()))
    page = (await client.get("/inbox")).text
    assert page.count("<article") == MOST_KEPT
    assert page.index(f"Title {MOST_KEPT + 3}<") < page.index("Title 4<")
    assert "Title 3<" not in page
    assert f"{MOST_KEPT + 3} messages so far" in page
    assert (await client.get("/inbox/3.png")).status_code == 404


async def test_a_message_that_comes_twice_is_one_that_says_so(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await client.post("/inbox", json=message())).status_code == 204
    page = (await client.get("/inbox")).text
    assert page.count("<article") == 1
    assert "came 2 times" in page


async def test_visits_of_the_inbox_are_none_of_a_shop(shop: DemoShop, client: httpx.AsyncClient) -> None:
    await client.post("/inbox", json=message())
    await client.get("/inbox")
    assert list(shop.visits) == []


HOSTILE = "</pre><script>alert(1)</script>\" onerror='x' \x00\ud800 \u202e &amp;"


async def test_what_a_message_says_is_text(client: httpx.AsyncClient) -> None:
    body = json.dumps(message(title=HOSTILE, body=HOSTILE, key=HOSTILE, url='https://a.example/"><script>'))
    answer = await client.post("/inbox", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 204
    page = await client.get("/inbox")
    assert "<script" not in page.text
    assert html.escape("</pre><script>alert(1)</script>") in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; img-src 'self'")
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "javascript:alert(1)"},
        {"url": ["https://a.example"]},
        {"image": "no base64"},
        {"image": base64.b64encode(b"<svg onload=alert(1)>").decode()},
        {"image": 7},
        {"title": None, "body": {"a": 1}},
    ],
)
async def test_fields_that_are_not_what_they_should_be_are_left_out(
    client: httpx.AsyncClient, fields: dict[str, Any]
) -> None:
    assert (await client.post("/inbox", json=message(**fields))).status_code == 204
    page = (await client.get("/inbox")).text
    assert page.count("<article") == 1
    assert "<img" not in page
    assert "<a href" not in page


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"title": "without a key"}', "application/json", 400),
        (json.dumps(message()).encode(), "text/plain", 415),
        (b'{"key": "' + b"a" * LARGEST + b'"}', "application/json", 413),
    ],
)
async def test_what_is_no_message_is_refused(client: httpx.AsyncClient, body: bytes, kind: str, status: int) -> None:
    answer = await client.post("/inbox", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "<article" not in (await client.get("/inbox")).text
