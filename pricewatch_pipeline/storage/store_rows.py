"""Stores to rows and back. In `fetching` lies only what differs from the defaults: a store that says nothing stays `{}`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.domain.browsing import Action, Blockable, Browsing, Step, WaitUntil
from pricewatch_pipeline.domain.watches import Politeness, ProxyPlan, Store, Strategy
from pricewatch_pipeline.storage.bounds_rows import bounds_from, bounds_record
from pricewatch_pipeline.storage.rows import AnyRow

_PLAIN = Store(store_id="", domains=())


def store_record(store: Store) -> dict[str, Any]:
    """A store's definition as its columns."""
    return {
        "store_id": store.store_id,
        "name": store.name,
        "domains": list(store.domains),
        "locale": store.locale,
        "currency": store.currency,
        "strategies": {
            name: [
                {"kind": s.kind, "expression": s.expression, "prepend": s.prepend, "append": s.append}
                for s in strategies
            ]
            for name, strategies in store.strategies.items()
        },
        "min_delay_s": store.politeness.min_delay.total_seconds(),
        "burst": store.politeness.burst,
        "concurrency": store.politeness.concurrency,
        "obeys_robots": store.politeness.obeys_robots,
        "fetcher": store.fetcher,
        "fetching": _fetching_record(store),
        "plausibility": bounds_record(store.plausibility),
        "test_urls": list(store.test_urls),
    }


def store_of(row: AnyRow) -> Store:
    """A row of `stores` as a value."""
    fetching: Mapping[str, Any] = row.fetching
    return Store(
        store_id=row.store_id,
        name=row.name,
        domains=tuple(row.domains),
        locale=row.locale,
        currency=row.currency,
        strategies={name: tuple(Strategy(**s) for s in strategies) for name, strategies in row.strategies.items()},
        politeness=Politeness(
            # The column's precision is that of a real.
            min_delay=timedelta(milliseconds=round(row.min_delay_s * 1000)),
            burst=row.burst,
            concurrency=row.concurrency,
            obeys_robots=row.obeys_robots,
        ),
        fetcher=row.fetcher,
        browsing=_browsing_of(fetching["browsing"]) if "browsing" in fetching else _PLAIN.browsing,
        impersonates=fetching.get("impersonates", _PLAIN.impersonates),
        proxies=_proxies_of(fetching["proxies"]) if "proxies" in fetching else _PLAIN.proxies,
        when_blocked=tuple(fetching.get("when_blocked", _PLAIN.when_blocked)),
        plausibility=bounds_from(row.plausibility),
        test_urls=tuple(row.test_urls),
    )


def _fetching_record(store: Store) -> dict[str, Any]:
    record: dict[str, Any] = {}
    if store.browsing != _PLAIN.browsing:
        record["browsing"] = _browsing_record(store.browsing)
    if store.impersonates != _PLAIN.impersonates:
        record["impersonates"] = store.impersonates
    if store.proxies != _PLAIN.proxies:
        plan = store.proxies
        record["proxies"] = {
            "names": list(plan.names),
            "rotates": plan.rotates,
            "also_when_blocked": plan.also_when_blocked,
        }
    if store.when_blocked != _PLAIN.when_blocked:
        record["when_blocked"] = list(store.when_blocked)
    return record


def _browsing_record(browsing: Browsing) -> dict[str, Any]:
    return {
        "wait_until": browsing.wait_until,
        "wait_for": browsing.wait_for,
        "steps": [
            {"action": s.action, "selector": s.selector, "value": s.value, "is_optional": s.is_optional}
            for s in browsing.steps
        ],
        "blocked": sorted(browsing.blocked),
        "has_screenshot": browsing.has_screenshot,
    }


def _browsing_of(record: Mapping[str, Any]) -> Browsing:
    return Browsing(
        wait_until=WaitUntil(record["wait_until"]),
        wait_for=record["wait_for"],
        steps=tuple(Step(**{**step, "action": Action(step["action"])}) for step in record["steps"]),
        blocked=frozenset(map(Blockable, record["blocked"])),
        has_screenshot=record["has_screenshot"],
    )


def _proxies_of(record: Mapping[str, Any]) -> ProxyPlan:
    return ProxyPlan(
        names=tuple(record["names"]), rotates=record["rotates"], also_when_blocked=record["also_when_blocked"]
    )
