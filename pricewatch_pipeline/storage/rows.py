"""Rows to values and back: the one place that knows how a definition lies in its columns."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row

from pricewatch_pipeline.domain.checks import KnownPage
from pricewatch_pipeline.domain.watches import ActiveWindow, Product, Schedule, Watch
from pricewatch_pipeline.storage.bounds_rows import bounds_from, bounds_record

AnyRow = Row[Any]

# What PostgreSQL's texts cannot hold, as JSON has it: NUL is escaped (and not where a backslash itself is), half a
# surrogate pair is not.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_SURROGATE = re.compile("[\ud800-\udfff]")


def as_json(records: Iterable[dict[str, Any]]) -> str:
    """Rows for `jsonb_to_recordset`: one bound parameter whatever their number."""
    text = json.dumps(list(records), default=_plain, ensure_ascii=False, allow_nan=False)
    if "\\u0000" in text:  # hardly ever, and the pattern looks at every character
        text = _NUL.sub(r"\1", text)
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case set() | frozenset():
            return sorted(value)
        case _:
            return str(value)


def watch_record(watch: Watch) -> dict[str, Any]:
    """A watch's definition as its columns."""
    schedule = watch.schedule
    return {
        "watch_id": watch.watch_id,
        "provider": watch.provider,
        "query": dict(watch.query),
        "host": watch.host,
        "url": watch.url,
        "title": watch.title,
        "store_id": watch.store_id,
        "product_id": watch.product_id,
        "tags": list(watch.tags),
        "every_s": _seconds(schedule.every),
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "active_windows": [
            {"days": sorted(w.days), "start": w.start.isoformat(), "end": w.end.isoformat()} for w in schedule.windows
        ],
        "at_least_apart_s": _seconds(schedule.at_least_apart),
        "retry_first_s": _seconds(schedule.retry_first),
        "news_first_s": _seconds(schedule.news_first),
        "priority": watch.priority,
        "target_price": watch.target_price,
        "target_currency": watch.target_currency,
        "alert_cooldown_s": int(watch.alert_cooldown.total_seconds()),
        "plausibility": bounds_record(watch.plausibility),
        "is_paused": watch.is_paused,
        "is_matrix": watch.is_matrix,
        "schedule_error": watch.schedule_error,
    }


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def watch_of(row: AnyRow) -> Watch:
    """A row of `watches` as a value."""
    return Watch(
        watch_id=row.watch_id,
        provider=row.provider,
        query=row.query,
        host=row.host,
        url=row.url,
        title=row.title,
        schedule=replace(
            schedule_of(row.every_s, row.cron, row.timezone, row.active_windows),
            at_least_apart=_span(row.at_least_apart_s),
            retry_first=_span(row.retry_first_s),
            news_first=_span(row.news_first_s),
        ),
        store_id=row.store_id,
        product_id=row.product_id,
        tags=tuple(row.tags),
        priority=row.priority,
        target_price=row.target_price,
        target_currency=row.target_currency,
        alert_cooldown=timedelta(seconds=row.alert_cooldown_s),
        plausibility=bounds_from(row.plausibility),
        is_paused=row.is_paused,
        is_matrix=row.is_matrix,
        schedule_error=row.schedule_error,
    )


def known_page_of(row: AnyRow) -> KnownPage | None:
    """The page behind the newest answer in a row of `watches`; None where nothing can be asked with it."""
    if row.page_url is None or row.page_body_sha256 is None:
        return None
    return KnownPage(
        url=row.page_url,
        etag=row.page_etag,
        last_modified=row.page_last_modified,
        sha256=bytes(row.page_body_sha256),
        read_with=row.page_read_with,
        read_at=row.page_read_at,
        has_offer=row.last_success_at is not None and row.page_read_at <= row.last_success_at,
    )


def schedule_of(
    every_s: int | None, cron: str | None, timezone: str, active_windows: Iterable[Mapping[str, Any]]
) -> Schedule:
    """The schedule in a watch's columns."""
    return Schedule(
        every=_span(every_s),
        cron=cron,
        timezone=timezone,
        windows=tuple(
            ActiveWindow(
                days=frozenset(w["days"]), start=time.fromisoformat(w["start"]), end=time.fromisoformat(w["end"])
            )
            for w in active_windows
        ),
    )


def product_record(product: Product) -> dict[str, Any]:
    """A product's definition as its columns."""
    return {
        "product_id": product.product_id,
        "title": product.title,
        "tags": list(product.tags),
        "primary_watch_id": product.primary_watch_id,
        "is_favourite": product.is_favourite,
        "pack_size": product.pack_size,
        "pack_unit": product.pack_unit,
        "currency": product.currency,
        "notes": product.notes,
    }


def product_of(row: AnyRow) -> Product:
    """A row of `products`, with its `tags`, as a value."""
    return Product(
        product_id=row.product_id,
        title=row.title,
        tags=tuple(row.tags),
        primary_watch_id=row.primary_watch_id,
        is_favourite=row.is_favourite,
        pack_size=row.pack_size,
        pack_unit=row.pack_unit,
        currency=row.currency,
        notes=row.notes,
    )
