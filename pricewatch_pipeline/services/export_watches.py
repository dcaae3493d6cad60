"""Gives back what is watched: as a watch file that `sync` accepts unchanged, as JSON, as a table, or as a list of URLs."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import yaml

from pricewatch_pipeline.domain.alert_rules import BUILT_IN_RULES, AlertRule, ScopeKind
from pricewatch_pipeline.domain.watches import Product, Store, Watch
from pricewatch_pipeline.importing.fields import guarded
from pricewatch_pipeline.services.steer_watches import entry_of
from pricewatch_pipeline.storage import alert_rule_rows, exports
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.storage.exports import LiveWatch
from pricewatch_pipeline.watch_files.alert_entries import rule_entry
from pricewatch_pipeline.watch_files.models import DEFAULT_PROVIDER
from pricewatch_pipeline.watch_files.write import product_entry, store_entry

Entry = dict[str, Any]
_WIDTH = 120
_COLUMNS = (
    "id", "url", "title", "product", "store", "tags", "target", "currency", "every", "cron", "paused", "variant", "sku",
    "current_price", "current_currency", "availability", "checked_at",
)  # fmt: skip


class ExportFormat(StrEnum):
    """What an export is written as."""

    YAML = "yaml"
    JSON = "json"
    CSV = "csv"
    URLS = "urls"


@dataclass(frozen=True, kw_only=True)
class Export:
    """Definitions to be written, each with the file that manages it."""

    stores: tuple[tuple[Store, Sourced], ...] = ()
    products: tuple[tuple[Product, Sourced], ...] = ()
    watches: tuple[LiveWatch, ...] = ()
    rules: tuple[tuple[AlertRule, Sourced], ...] = ()


def collect(database: Database, *, tag: str | None = None, with_files: bool = False) -> Export:
    """What is live. With a tag, its watches and what belongs to them; what files manage only where it is asked for."""

    def work(connection: Connection) -> Export:
        watches = exports.live_watches(connection, tag=tag, with_files=with_files)
        stores = exports.live_stores(connection, with_files=with_files)
        products = exports.live_products(connection, with_files=with_files)
        rules = [
            (row.rule, Sourced(file=row.source_file, line=row.source_line))
            for row in alert_rule_rows.listed(connection)
            if (with_files or row.source_file is None) and row.rule not in BUILT_IN_RULES
        ]
        everything = Export(stores=tuple(stores), products=tuple(products), watches=tuple(watches), rules=tuple(rules))
        return everything if tag is None else _belonging(everything, tag)

    return database.run(work)


def _belonging(export: Export, tag: str) -> Export:
    """What these watches need."""
    stores = {live.watch.store_id for live in export.watches}
    products = {live.watch.product_id for live in export.watches}
    named: dict[ScopeKind, set[str | None]] = {
        ScopeKind.TAG: {tag},
        ScopeKind.PRODUCT: products,
        ScopeKind.WATCH: {live.watch.watch_id for live in export.watches},
    }
    return replace(
        export,
        stores=tuple((store, source) for store, source in export.stores if store.store_id in stores),
        products=tuple((product, source) for product, source in export.products if product.product_id in products),
        rules=tuple((rule, source) for rule, source in export.rules if rule.scope_id in named.get(rule.scope, ())),
    )


def written(export: Export, kind: ExportFormat) -> Iterator[str]:
    """The export, piece by piece."""
    match kind:
        case ExportFormat.YAML:
            return _yaml(export)
        case ExportFormat.JSON:
            return iter([json.dumps(_document(export), ensure_ascii=False, indent=2) + "\n"])
        case ExportFormat.CSV:
            return _csv(export.watches)
        case ExportFormat.URLS:
            return _urls(export.watches)


def watch_entry(watch: Watch) -> Entry:
    """An entry of `watches:`, with a bare `url` where that says all."""
    entry = entry_of(watch)
    if watch.provider == DEFAULT_PROVIDER and set(entry["query"]) == {"url"}:
        rest = {name: value for name, value in entry.items() if name not in ("id", "provider", "query")}
        return {"id": watch.watch_id, "url": entry["query"]["url"], **rest}
    return entry


def _sections(export: Export) -> dict[str, list[tuple[Entry, Sourced]]]:
    watches = [live.watch for live in export.watches]
    sections = {
        "stores": [(store_entry(store), source) for store, source in export.stores],
        "products": [(product_entry(product, watches), source) for product, source in export.products],
        "watches": [(watch_entry(live.watch), live.source) for live in export.watches],
        "alerts": [(rule_entry(rule), source) for rule, source in export.rules],
    }
    return {name: entries for name, entries in sections.items() if entries or name == "watches"}


def _document(export: Export) -> Entry:
    return {name: [entry for entry, _ in entries] for name, entries in _sections(export).items()}


def _yaml(export: Export) -> Iterator[str]:
    for name, entries in _sections(export).items():
        yield f"{name}:\n" if entries else f"{name}: []\n"
        for entry, source in entries:
            if source.file:
                yield f"# in {json.dumps(source.file, ensure_ascii=True)}{f', line {source.line}' if source.line else ''}\n"
            # By libyaml, which is ten times as fast; one by one, for the remarks.
            yield yaml.dump([entry], Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def _csv(watches: Sequence[LiveWatch]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for live in watches:
        row = _row(live)
        writer.writerow([guarded(row[name]) for name in _COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _row(live: LiveWatch) -> Entry:
    entry = entry_of(live.watch)
    target = entry.get("target")
    wanted, currency = (target["amount"], target["currency"]) if isinstance(target, dict) else (target, None)
    return {
        **{name: entry.get(name) for name in ("id", "title", "product", "store", "every", "cron")},
        **{name: entry["query"].get(name) for name in ("variant", "sku")},
        "url": _page_of(live.watch),
        "tags": ", ".join(live.watch.tags),
        "target": wanted,
        "currency": currency,
        "paused": "yes" if live.watch.is_paused else None,
        "current_price": None if live.price is None else f"{live.price.normalize():f}",
        "current_currency": live.currency,
        "availability": live.availability,
        "checked_at": live.checked_at.isoformat() if live.checked_at else None,
    }


def _page_of(watch: Watch) -> str | None:
    """The page that it watches; None where that is not one."""
    return None if watch.is_matrix else watch.query.get("url") or watch.url


def _urls(watches: Sequence[LiveWatch]) -> Iterator[str]:
    for live in watches:
        if url := _page_of(live.watch):
            # As changedetection.io takes it: the tags behind a space.
            yield f"{url}{' ' + ', '.join(live.watch.tags) if live.watch.tags else ''}\n"
