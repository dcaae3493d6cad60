"""Watches of an import: which page a row is about, whether it is watched already, and what becomes of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from pricewatch_pipeline.domain.alert_rules import ScopeKind
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.providers import Provider, asked_by
from pricewatch_pipeline.domain.watches import WATCH_ID_PATTERN, Product, Store, Watch
from pricewatch_pipeline.errors import ForbiddenAddress, NotASearch
from pricewatch_pipeline.importing.rows import ImportRow
from pricewatch_pipeline.importing.same_page import cleaned, watch_key
from pricewatch_pipeline.importing.strategies import slug
from pricewatch_pipeline.services.import_definitions import (
    KnownDefinitions,
    Report,
    Rows,
    free_store_id,
    scoped,
    with_digits,
    write_new_rules,
    write_products,
    write_stores,
)
from pricewatch_pipeline.services.import_reports import report_of
from pricewatch_pipeline.services.name_watches import watch_id_for
from pricewatch_pipeline.services.propose_store import domain_of, id_of
from pricewatch_pipeline.services.steer_watches import entry_of
from pricewatch_pipeline.services.sync_watches import first_slots
from pricewatch_pipeline.services.validate_entries import valid_watches
from pricewatch_pipeline.storage import definitions, hosts, imports, product_rows
from pricewatch_pipeline.storage.database import Connection
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.storage.imports import KnownWatch
from pricewatch_pipeline.watch_files.models import DEFAULT_PROVIDER

Entry = dict[str, Any]
_ID = re.compile(WATCH_ID_PATTERN)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What became of the watches of a chunk."""

    report: Report
    seen: set[int]
    """Their pages, as hashes."""
    hosts: set[str]


@dataclass(kw_only=True, eq=False)
class _Asked:
    """A row whose page is known and not spoken for by another row."""

    number: int
    row: ImportRow
    entry: Entry
    key: str | None
    """The same for every row about the same page; None: the watch has no page, or its URL is wrong."""
    known: KnownWatch | None = None
    before: Watch | None = None
    is_primary: bool = False
    notes: list[str] = field(default_factory=list)


def import_pages(
    connection: Connection,
    rows: Rows,
    known: KnownDefinitions,
    providers: Mapping[str, Provider],
    *,
    seen: set[int],
    tags: tuple[str, ...],
    every: str | None,
) -> Stored:
    """Write the watches that rows describe, with the stores, products, rules and past prices that go with them."""
    chunk = _Chunk(connection, known, providers, seen)
    for number, row in rows:
        chunk.ask(number, row, tags, every)
    chunk.recognise()
    chunk.give_ids()
    chunk.write()
    return Stored(report=chunk.report, seen=chunk.new_seen, hosts={watch.host for watch in chunk.written.values()})


class _Chunk:
    def __init__(
        self, connection: Connection, known: KnownDefinitions, providers: Mapping[str, Provider], seen: set[int]
    ) -> None:
        self.connection = connection
        self.known = known
        self.providers = providers
        self.seen = seen
        self.new_seen: set[int] = set()
        self.report: Report = {}
        self.asked: list[_Asked] = []
        self.new_stores: dict[str, Store] = {}
        self.new_products: dict[str, Product] = {}
        self.written: dict[str, Watch] = {}

    def skip(self, asked: _Asked, why: str, *, is_fault: bool = False, watch_id: str | None = None) -> None:
        self.report[asked.number] = report_of(
            asked.row, "skipped", id=watch_id, why=why, notes=asked.notes, is_fault=is_fault
        )

    def ask(self, number: int, row: ImportRow, tags: tuple[str, ...], every: str | None) -> None:
        """Note a row, unless another one of this import was about the same page."""
        entry = {name: value for name, value in row.entry.items() if name != "primary"}
        asked = _Asked(number=number, row=row, entry=entry, key=None, is_primary=bool(row.entry.get("primary")))
        if tags:
            entry["tags"] = list(dict.fromkeys([*_list(entry.get("tags")), *tags]))
        if every and not entry.get("every") and not entry.get("cron"):
            entry["every"] = every
        try:
            asked.key = _key_of_entry(entry, self.providers)
        except (ForbiddenAddress, NotASearch) as error:
            self.skip(asked, f"url: {error}", is_fault=True)
            return
        if asked.key:
            page = int.from_bytes(blake2b(asked.key.encode(), digest_size=8).digest())
            if page in self.seen or page in self.new_seen:
                self.skip(asked, "the same page as a row before it")
                return
            self.new_seen.add(page)
        self.asked.append(asked)

    def recognise(self) -> None:
        """Find the watches that there are already of these pages."""
        at = {host_key(url) for asked in self.asked if (url := _url_of(asked.entry)) and asked.key}
        of_page: dict[str, KnownWatch] = {}
        for watch in imports.watches_at(self.connection, at):
            of_page.setdefault(watch_key(watch.provider, watch.query), watch)
        named = [str(asked.entry["id"]) for asked in self.asked if asked.key is None and "id" in asked.entry]
        by_id = {w.watch_id: w for w in imports.watches_called(self.connection, named) if not w.is_archived}
        for asked in self.asked:
            asked.known = of_page.get(asked.key) if asked.key else by_id.get(str(asked.entry.get("id")))
        mine = [asked.known.watch_id for asked in self.asked if asked.known and not asked.known.source_file]
        before = imports.definitions_of(self.connection, mine)
        for asked in list(self.asked):
            if asked.known and asked.known.source_file:
                line = f" (line {asked.known.source_line})" if asked.known.source_line else ""
                why = f"watch {asked.known.watch_id!r} is managed by {asked.known.source_file}{line}"
                self.drop(asked, why)
            elif asked.known:
                asked.before = before[asked.known.watch_id]

    def drop(self, asked: _Asked, why: str, *, is_fault: bool = False) -> None:
        self.asked.remove(asked)
        self.skip(asked, why, is_fault=is_fault, watch_id=asked.known.watch_id if asked.known else None)

    def give_ids(self) -> None:
        """Give new watches their ids, and what they name its place."""
        wanted = {id(asked): _wanted_id(asked) for asked in self.asked if asked.known is None}
        spare = {
            name: with_digits(wanted[key], name)
            for asked in self.asked
            if (key := id(asked)) in wanted and (name := asked.key)
        }
        taken = {w.watch_id: w for w in imports.watches_called(self.connection, [*wanted.values(), *spare.values()])}
        used: set[str] = {asked.known.watch_id for asked in self.asked if asked.known}
        for asked in list(self.asked):
            self.give_product(asked)
            if asked.known:
                continue
            watch_id = wanted[id(asked)]
            if "id" not in asked.entry and asked.key and not _is_free(watch_id, asked, taken, used):
                watch_id = spare[asked.key]
            if not _is_free(watch_id, asked, taken, used):
                self.drop(asked, f"there is another watch {watch_id!r}: choose another id", is_fault=True)
                continue
            used.add(watch_id)
            asked.entry["id"] = watch_id
            self.give_store(asked)

    def give_product(self, asked: _Asked) -> None:
        """A product that is named and not there is made, with the name as its title."""
        if (name := asked.entry.get("product")) is None or name in self.known.products:
            return
        product_id = slug(str(name))
        asked.entry["product"] = product_id
        if product_id and product_id not in self.known.products:
            title = None if product_id == name else str(name)[:500]
            self.new_products[product_id] = Product(product_id=product_id, title=title)
            self.known.products[product_id] = None

    def give_store(self, asked: _Asked) -> None:
        """A watch at a domain of no store gets one that says no more than its name and its domain."""
        name = asked.entry.get("store")
        if name in self.known.stores:
            return
        url = _url_of(asked.entry)
        if not url or asked.key is None:
            return  # a store that is named and not there is the reader's to report
        asked.entry.pop("store", None)
        if there := self.known.store_at(url):
            if name and slug(str(name)) not in (there, slug(self.known.stores[there][0].name or "")):
                asked.notes.append(f"its store is {there!r}, by its domain")
            return
        domain = domain_of(url)
        store_id = free_store_id(self.known, slug(str(name or "")) or id_of([domain]), domain)
        store = Store(store_id=store_id, domains=(domain,), name=str(name)[:500] if name else None)
        self.new_stores[store_id] = store
        self.known.add_store(store)

    def write(self) -> None:
        """Write what is valid; report all."""
        results: list[tuple[_Asked, Watch]] = []
        changing: list[_Asked] = []
        entries: list[Entry] = []
        for asked in self.asked:
            before = entry_of(asked.before) if asked.before else {}
            entry = _merged(before, asked.entry) if before else asked.entry
            if asked.before and entry == before:
                results.append((asked, asked.before))
            else:
                changing.append(asked)
                entries.append(entry)
        valid, said_rules, problems = valid_watches(entries, self.known.as_known(), self.providers)
        for index, asked in enumerate(changing):
            if index in valid:
                results.append((asked, valid[index]))
            else:
                self.skip(asked, problems[index], is_fault=True)
        self.written = {watch.watch_id: watch for asked, watch in results if watch != asked.before}
        self.write_definitions(results)
        rules = [scoped(rule, ScopeKind.WATCH, watch.watch_id) for asked, watch in results for rule in asked.row.rules]
        rules += said_rules
        new_rules = write_new_rules(self.connection, rules)
        ruled = {rule.scope_id for rule in rules if rule.rule_id in new_rules}
        imports.mute(self.connection, [w.watch_id for a, w in results if a.row.is_muted and a.known is None])
        stored = imports.store_past_prices(self.connection, _past_prices(results))
        for asked, watch in results:
            self.tell(asked, watch, stored.get(watch.watch_id, 0), is_ruled=watch.watch_id in ruled)

    def write_definitions(self, results: list[tuple[_Asked, Watch]]) -> None:
        needed = {watch.store_id for _, watch in results}
        write_stores(self.connection, [store for name, store in self.new_stores.items() if name in needed])
        needed = {watch.product_id for _, watch in results}
        write_products(self.connection, [product for name, product in self.new_products.items() if name in needed])
        watches = list(self.written.values())
        hosts.ensure(self.connection, dict.fromkeys(watch.host for watch in watches))
        sourced = [(watch, Sourced()) for watch in watches]
        definitions.upsert_watches(self.connection, sourced, first_slots(self.connection, watches))
        self.write_primaries({w.product_id: w.watch_id for a, w in results if a.is_primary and w.product_id})

    def write_primaries(self, primaries: Mapping[str, str]) -> None:
        free = [name for name in primaries if self.known.products.get(name) is None]
        products = product_rows.products_named(self.connection, free)
        changed = [replace(p, primary_watch_id=primaries[p.product_id]) for p in products if not p.primary_watch_id]
        write_products(self.connection, changed)

    def tell(self, asked: _Asked, watch: Watch, past_prices: int, *, is_ruled: bool) -> None:
        is_changed = watch.watch_id in self.written or past_prices or is_ruled
        left = len(asked.row.history) - past_prices
        if left and (asked.known is None or past_prices):
            asked.notes.append(
                f"{left} past prices lie in the future, or not before our own first one, or are there already"
            )
        result = "created" if asked.known is None else "updated" if is_changed else "skipped"
        why = f"the same page as watch {watch.watch_id!r}, which says the same" if result == "skipped" else None
        self.report[asked.number] = report_of(
            asked.row, result, id=watch.watch_id, why=why, notes=asked.notes, past_prices=past_prices
        )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _url_of(entry: Entry) -> str | None:
    query = entry.get("query")
    url = entry.get("url") or (query.get("url") if isinstance(query, dict) else None)
    return url.strip() if isinstance(url, str) else None


def _key_of_entry(entry: Entry, providers: Mapping[str, Provider]) -> str | None:
    """What tells the page; the entry's URL loses what trackers added.

    Raises:
        ForbiddenAddress: the URL is wrong.
        NotASearch: it is that of a search which cannot be watched.
    """
    if (url := _url_of(entry)) is None:
        return None
    if not {"provider", "query"} & entry.keys() and (found := asked_by(url, providers.values())):
        provider, asked = found
        return watch_key(provider.name, asked.model_dump(mode="json", exclude_none=True))
    query = dict(entry["query"]) if isinstance(entry.get("query"), dict) else {}
    if "url" in query:
        query["url"] = cleaned(url)
        entry["query"] = query
    else:
        entry["url"] = cleaned(url)
    return watch_key(str(entry.get("provider") or DEFAULT_PROVIDER), {**query, "url": url})


def _wanted_id(asked: _Asked) -> str:
    if "id" in asked.entry or asked.key is None:
        return str(asked.entry.get("id", ""))
    made_up = watch_id_for(_url_of(asked.entry) or "")
    return made_up if _ID.fullmatch(made_up) else "watch"


def _is_free(watch_id: str, asked: _Asked, taken: Mapping[str, KnownWatch], used: set[str]) -> bool:
    """Whether nobody else has the id. A removed watch of the same page comes back, with its history."""
    if watch_id in used:
        return False
    other = taken.get(watch_id)
    return other is None or (other.is_archived and watch_key(other.provider, other.query) == asked.key)


def _merged(entry: Entry, row: Entry) -> Entry:
    """The entry to be; what a row does not say stays as it is."""
    before, said = dict(entry), dict(row)
    for name in ("id", "url", "query", "provider", "store"):
        said.pop(name, None)
    if "every" in said or "cron" in said:
        before = {name: value for name, value in before.items() if name not in ("every", "cron")}
    old_target, target = before.get("target"), said.get("target")
    if isinstance(old_target, dict) and isinstance(target, str):
        said["target"] = {**old_target, "amount": target}
    if tags := list(dict.fromkeys([*before.get("tags", []), *_list(said.get("tags"))])):
        said["tags"] = tags
    return {**before, **said}


def _past_prices(results: list[tuple[_Asked, Watch]]) -> list[dict[str, Any]]:
    return [
        {
            "watch_id": watch.watch_id,
            "at": past.at,
            "price": past.price,
            "currency": past.currency,
            "reason": f"as {asked.row.history_from or 'another tool'} saw it",
        }
        for asked, watch in results
        for past in asked.row.history
    ]
