"""Stores and products as a watch file says them. What is written is read back as the same store or product."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from pricewatch_pipeline.domain.browsing import Action, Blockable, Browsing, Step
from pricewatch_pipeline.domain.watches import Politeness, Product, Store, Strategy, Watch
from pricewatch_pipeline.watch_files.durations import format_duration
from pricewatch_pipeline.watch_files.fields import pack_text
from pricewatch_pipeline.watch_files.plausibility import bounds_entry

Entry = dict[str, Any]

_PLAIN = Store(store_id="", domains=())
_WIDTH = 120


def stores_yaml(stores: Sequence[Store]) -> str:
    """A watch file that holds these stores."""
    document = {"stores": [store_entry(store) for store in stores]}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=_WIDTH)


def stores_json(stores: Sequence[Store]) -> str:
    """The same as JSON, which a watch file may hold too."""
    document = {"stores": [store_entry(store) for store in stores]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def store_entry(store: Store) -> Entry:
    """An entry of `stores:`; what is at its default is left out."""
    proxies = {
        "use": list(store.proxies.names),
        "rotate": store.proxies.rotates or None,
        "also_when_blocked": store.proxies.also_when_blocked or None,
    }
    return _said(
        {
            "id": store.store_id,
            "name": store.name,
            "domains": list(store.domains),
            "locale": store.locale,
            "currency": store.currency,
            "politeness": _politeness(store.politeness),
            "fetcher": store.fetcher if store.fetcher != _PLAIN.fetcher else None,
            "when_blocked": list(store.when_blocked) or None,
            "browser": _browser(store.browsing),
            "impersonate": store.impersonates if store.impersonates != _PLAIN.impersonates else None,
            "proxies": _said(proxies) if store.proxies.names else None,
            "plausibility": bounds_entry(store.plausibility),
            "strategies": {field: _strategies(those) for field, those in store.strategies.items() if those} or None,
            "test_urls": list(store.test_urls) or None,
        }
    )


def product_entry(product: Product, watches: Iterable[Watch] = ()) -> Entry:
    """An entry of `products:` without its urls: its watches stand under `watches:`, each with all that is its own.

    `watches`: those in the same document; one that is not there cannot be named as the primary one.
    """
    own = {watch.watch_id for watch in watches if watch.product_id == product.product_id}
    return _said(
        {
            "id": product.product_id,
            "title": product.title,
            "tags": list(product.tags) or None,
            "primary": product.primary_watch_id if product.primary_watch_id in own else None,
            "favourite": product.is_favourite or None,
            "pack": pack_text(product.pack_size, product.pack_unit),
            "currency": product.currency,
            "notes": product.notes,
        }
    )


def _said(entry: Entry) -> Entry:
    return {name: value for name, value in entry.items() if value is not None}


def _politeness(politeness: Politeness) -> Entry | None:
    plain = _PLAIN.politeness
    entry = {
        "min_delay": format_duration(politeness.min_delay) if politeness.min_delay != plain.min_delay else None,
        "burst": politeness.burst if politeness.burst != plain.burst else None,
        "concurrency": politeness.concurrency if politeness.concurrency != plain.concurrency else None,
        "robots": politeness.obeys_robots if politeness.obeys_robots != plain.obeys_robots else None,
    }
    return _said(entry) or None


def _browser(browsing: Browsing) -> Entry | None:
    plain = _PLAIN.browsing
    entry = {
        "wait_until": str(browsing.wait_until) if browsing.wait_until != plain.wait_until else None,
        "wait_for": browsing.wait_for,
        "steps": [_step(step) for step in browsing.steps] or None,
        "block": [str(b) for b in Blockable if b in browsing.blocked] if browsing.blocked != plain.blocked else None,
        "screenshot": browsing.has_screenshot or None,
    }
    return _said(entry) or None


def _step(step: Step) -> Entry:
    is_dialog = step.action is Action.ACCEPT_COOKIES
    return _said(
        {
            str(step.action): True if is_dialog else step.selector,
            "value": step.value,
            "optional": step.is_optional if step.is_optional != is_dialog else None,
        }
    )


def _strategies(strategies: Sequence[Strategy]) -> Any:
    written = [_strategy(strategy) for strategy in strategies]
    return written[0] if len(written) == 1 else written


def _strategy(strategy: Strategy) -> str | Entry:
    expression = strategy.expression
    if not (strategy.prepend or strategy.append) and expression == expression.strip():
        return f"{strategy.kind}:{expression}"
    entry = {
        "type": strategy.kind,
        "value": expression,
        "prepend": strategy.prepend or None,
        "append": strategy.append or None,
    }
    return _said(entry)
