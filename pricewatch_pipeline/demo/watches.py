"""The watch files of the demo: one per shop, and one of products that several shops sell and of what to be told. Its channels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pricewatch_pipeline.demo.catalogue import SHOPS, Item, Markup, Shop, items_of, shop_with
from pricewatch_pipeline.demo.inbox import PATH
from pricewatch_pipeline.demo.shop import HOST

CHANNEL = "inbox"
_HEADER = "# Written by `pricewatch demo`; changes here are overwritten by the next one.\n"
_INTERVALS = ("1m", "1m", "2m", "5m")
_STRATEGIES = {
    "price": ["css:.buy-box .now"],
    "list_price": ["css:.buy-box .was"],
    "title": ["css:article h1"],
    "availability": ["attr:.buy-box .stock::data-stock"],
    "image": ["attr:article img::src"],
    "sku": ["css:td"],
}
_PRODUCTS = {
    "barista-7": {"title": "Barista 7 coffee machine", "tags": ["kitchen"]},
    "aria-5": {"title": "Aria 5 headphones", "tags": ["audio"]},
}
_ALERTS: list[dict[str, Any]] = [
    {"id": "demo-drop", "when": "drop", "by": "4%", "from": "previous", "cooldown": "10m"},
    {"id": "demo-lowest", "lowest": "ever", "for": {"product": "barista-7"}, "cooldown": "15m"},
    {"id": "demo-back", "when": "back_in_stock", "rearm_after": "1m", "cooldown": "5m"},
    {"id": "demo-failing", "failing": 3, "cooldown": "1h"},
]
_EVERY_TARGET = 3
"""One of so many watches has a target: what the thing usually costs."""
_CHOSEN_BY_SKU = frozenset({"trail-brook-shoe-46"})
_SPECIAL: dict[str, dict[str, Any]] = {
    "linden-standmixer": {"cron": "*/2 * * * *", "timezone": "Europe/Berlin"},
    "harbor-lounge-chair": {
        "every": "2m",
        "timezone": "Europe/London",
        "active": [
            {"days": "mon-fri", "from": "07:00", "to": "22:00"},
            {"days": "sat,sun", "from": "09:00", "to": "01:00"},
        ],
    },
    "sowa-hulajnoga": {"every": "1m", "paused": True},
    "fortress-aria-5": {"every": "1m", "target": {"amount": "229.00", "currency": "USD"}, "priority": 5},
}


def watch_id_of(item: Item) -> str:
    """The id of the watch on an item."""
    variant = f"-{item.variant.lower().replace(' ', '-')}" if item.variant else ""
    return f"{item.shop_id}-{item.slug}{variant}"


def write_demo_watches(folder: Path, ports: Mapping[str, int]) -> list[Path]:
    """Write the watch files into a folder and return them."""
    products = [{"id": product_id, **fields} for product_id, fields in _PRODUCTS.items()]
    contents: dict[str, dict[str, Any]] = {"demo-products": {"products": products, "alerts": _ALERTS}}
    for shop in SHOPS:
        address = f"{HOST}:{ports[shop.shop_id]}"
        watches = [_watch(item, address, number) for number, item in enumerate(items_of(shop.shop_id))]
        contents[f"demo-{shop.shop_id}"] = {"stores": [_store(shop, address)], "watches": watches}
    return [write_watch_file(folder / f"{name}.yaml", content) for name, content in contents.items()]


def write_demo_channels(path: Path, ports: Mapping[str, int]) -> None:
    """Write the file of channels: alerts go to the inbox that the first shop shows."""
    channel = {"url": f"webhook://{inbox_address(ports)}", "images": True}
    path.touch(mode=0o600)
    path.write_text(_HEADER + yaml.safe_dump({CHANNEL: channel}, sort_keys=False), encoding="utf-8")


def inbox_address(ports: Mapping[str, int]) -> str:
    """Where the inbox is, without a scheme."""
    return f"{HOST}:{ports[SHOPS[0].shop_id]}{PATH}"


def write_watch_file(path: Path, content: dict[str, Any]) -> Path:
    """Write one file into its folder (made where missing), and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    path.write_text(_HEADER + text, encoding="utf-8")
    return path


def _store(shop: Shop, address: str) -> dict[str, Any]:
    store: dict[str, Any] = {
        "id": shop.shop_id,
        "name": shop.name,
        "domains": [address],
        "locale": shop.locale,
        "currency": shop.currency,
        "politeness": {"min_delay": "0.2s"},
    }
    return {**store, "strategies": _STRATEGIES} if shop.markup is Markup.NOTHING else store


def _watch(item: Item, address: str, number: int) -> dict[str, Any]:
    watch_id = watch_id_of(item)
    watch: dict[str, Any] = {
        "id": watch_id,
        "title": f"{item.title}, {item.variant}" if item.variant else item.title,
        "provider": "retail",
        "query": _query(item, address),
        **_SPECIAL.get(watch_id, {"every": _INTERVALS[number % len(_INTERVALS)]}),
    }
    if number % _EVERY_TARGET == 0:
        watch.setdefault("target", {"amount": str(item.base_price), "currency": shop_with(item.shop_id).currency})
    return {**watch, "product": item.slug} if item.slug in _PRODUCTS else watch


def _query(item: Item, address: str) -> dict[str, str]:
    if watch_id_of(item) in _CHOSEN_BY_SKU:
        return {"url": f"http://{address}/p/{item.slug}", "sku": item.sku}
    return {"url": f"http://{address}{item.path}"}
