"""CostCourter: its catalog backup, version 1. Products with their pages, stores, and the prices that it saw."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.offers import is_amount
from pricewatch_pipeline.importing.fields import Unreadable, share_of, tags_of, target_of, text_of
from pricewatch_pipeline.importing.pricebuddy import store_row
from pricewatch_pipeline.importing.rows import Entry, ImportRow, PastPrice, What, refused, said, shortened
from pricewatch_pipeline.importing.strategies import slug

NAME = "CostCourter"
_FIRST_YEAR = 2000
"""Nobody watched prices of shops before; what is older is no time."""


def is_product(value: Any) -> bool:
    """Whether it is a product of a catalog backup, with its pages."""
    return isinstance(value, Mapping) and isinstance(value.get("product"), Mapping) and "urls" in value


def product_rows(place: str, backup: Mapping[str, Any], seen_stores: set[str]) -> Iterator[ImportRow]:
    """The product, the stores that were not seen before, and a watch for every page with its past prices."""
    product = backup["product"]
    product_id = slug(str(product.get("slug") or product.get("name") or ""))
    if not product_id:
        yield refused(place, "the product has neither a slug nor a name", what=What.PRODUCT)
        return
    try:
        rules = _rules(product)
        entry = _product_entry(product_id, product)
        target = product.get("notify_price")
        target_of(target)
    except Unreadable as problem:
        yield refused(place, str(problem), what=What.PRODUCT)
        return
    yield ImportRow(place=place, what=What.PRODUCT, entry=entry, rules=rules, notes=_notes(product))
    # As in a watch file: the pages of a product have its title and its tags.
    shared = said(
        {**{name: entry.get(name) for name in ("title", "tags")}, "paused": product.get("is_active") is False}
    )
    history = _History(backup.get("price_history"))
    for index, page in enumerate(backup["urls"] if isinstance(backup["urls"], list) else []):
        at = f"{place}.urls[{index}]"
        if not isinstance(page, Mapping):
            yield refused(at, f"{shortened(page)} is not a page")
            continue
        yield from _store_rows(f"{at}.store", page.get("store"), seen_stores)
        yield _watch_row(at, page, {**shared, "product": product_id}, target, history)
    if history.left:
        yield refused(
            f"{place}.price_history", f"{history.left} past prices belong to none of its pages", what=What.PRODUCT
        )


def _product_entry(product_id: str, product: Mapping[str, Any]) -> Entry:
    named = [tag for tag in product.get("tags") or () if isinstance(tag, Mapping)]
    slugs = product.get("tag_slugs")
    tags = [tag.get("name") or tag.get("slug") for tag in named] or (slugs if isinstance(slugs, list) else [])
    return said(
        {
            "id": product_id,
            "title": text_of("name", product.get("name")),
            "tags": tags_of(tags),
            "favourite": product.get("favourite") is True or None,
            "notes": str(product.get("description") or "").strip()[:10_000],
        }
    )


def _notes(product: Mapping[str, Any]) -> tuple[str, ...]:
    left_out = [name for name in ("only_official", "ignored_urls", "image_url") if product.get(name)]
    return (f"not carried over: {', '.join(left_out)}",) if left_out else ()


def _rules(product: Mapping[str, Any]) -> tuple[AlertRule, ...]:
    """Its percentage counts from the first price; here from the first of each page."""
    share = share_of("notify_percent", product.get("notify_percent"))
    if share == 1:
        raise Unreadable("notify_percent: nothing falls by 100 %")
    return (AlertRule(rule_id="", kind=RuleKind.DROP, share=share, baseline=Baseline.FIRST),) if share else ()


def _store_rows(place: str, store: Any, seen: set[str]) -> Iterator[ImportRow]:
    if not isinstance(store, Mapping):
        return
    name = str(store.get("slug") or store.get("name") or "")
    if name in seen:
        return
    seen.add(name)
    row = store_row(place, {"scrape_strategy": None, **store})
    yield replace(row, notes=(*row.notes, "not carried over: notes")) if store.get("notes") else row


def _watch_row(place: str, page: Mapping[str, Any], shared: Entry, target: Any, history: "_History") -> ImportRow:
    store = page.get("store")
    store = store if isinstance(store, Mapping) else {}
    try:
        entry = said(
            {
                "url": text_of("url", page.get("url")),
                **shared,
                "target": target_of(target),
                "primary": page.get("is_primary") is True or None,
                "paused": shared.get("paused") or page.get("active") is False or None,
            }
        )
    except Unreadable as problem:
        return refused(place, str(problem), shown=str(page.get("url"))[:200])
    past, notes = history.of(entry.get("url"), str(store.get("currency") or "").upper() or None)
    return ImportRow(place=place, entry=entry, history=past, history_from=NAME, notes=notes)


class _History:
    """The past prices of a product, by page."""

    def __init__(self, rows: Any) -> None:
        self._by_url: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, Mapping):
                self._by_url.setdefault(str(row.get("url")), []).append(row)

    @property
    def left(self) -> int:
        return sum(map(len, self._by_url.values()))

    def of(self, url: str | None, currency: str | None) -> tuple[tuple[PastPrice, ...], tuple[str, ...]]:
        """What was seen on this page, oldest first, and what cannot be used of it."""
        rows = self._by_url.pop(url or "", [])
        prices = [price for row in rows if (price := _past_price(row, currency))]
        bad = len(rows) - len(prices)
        notes = (f"{bad} past prices without a time or an amount were left out",) if bad else ()
        return tuple(sorted(prices, key=lambda price: price.at)), notes


def _past_price(row: Mapping[str, Any], currency: str | None) -> PastPrice | None:
    try:
        at = datetime.fromisoformat(str(row.get("recorded_at")))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        price = Decimal(str(row.get("price")))
    except (ValueError, OverflowError, InvalidOperation):
        return None
    if not is_amount(price) or price <= 0 or at.year < _FIRST_YEAR:
        return None
    code = str(row.get("currency") or currency or "").upper()
    return PastPrice(at=at, price=price, currency=code if len(code) == 3 and code.isalpha() else None)
