"""Stores and products of an import: those that its rows describe, and those that its watches need."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule, ScopeKind
from pricewatch_pipeline.domain.hosts import host_key, is_within, site_of
from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.watches import WATCH_ID_PATTERN, Product, Store
from pricewatch_pipeline.importing.rows import ImportRow
from pricewatch_pipeline.services.import_reports import Imported, report_of
from pricewatch_pipeline.services.validate_entries import valid_products, valid_rules, valid_stores
from pricewatch_pipeline.storage import alert_rule_rows, definitions, imports, product_rows
from pricewatch_pipeline.storage.database import Connection
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.watch_files.resolve import Known, KnownStore
from pricewatch_pipeline.watch_files.write import product_entry, store_entry

Rows = Sequence[tuple[int, ImportRow]]
Report = dict[int, Imported]
_LONGEST_ID = 64


@dataclass(kw_only=True)
class KnownDefinitions:
    """The live stores and products, with those that this chunk adds."""

    stores: dict[str, tuple[Store, str | None]] = field(default_factory=dict)
    """With the file that manages it, by id."""
    products: dict[str, str | None] = field(default_factory=dict)
    """The file that manages it, by id."""
    by_domain: dict[str, str] = field(default_factory=dict)
    archived_stores: frozenset[str] = frozenset()

    def add_store(self, store: Store, source_file: str | None = None) -> None:
        before = self.stores.get(store.store_id)
        for domain in before[0].domains if before else ():
            self.by_domain.pop(domain, None)
        self.stores[store.store_id] = (store, source_file)
        self.by_domain |= dict.fromkeys(store.domains, store.store_id)

    def store_at(self, url: str) -> str | None:
        """The store with the longest domain that the URL's site is within."""
        site = site_of(url)
        while site:
            if store_id := self.by_domain.get(site):
                return store_id
            site = site.partition(".")[2]
        return None

    def as_known(self) -> Known:
        """For `resolve`: everything counts, whoever manages it."""
        return Known(
            stores=tuple(KnownStore(store_id=name, domains=store.domains) for name, (store, _) in self.stores.items()),
            products=dict.fromkeys(self.products),
        )


def known_definitions(connection: Connection) -> KnownDefinitions:
    """What there is when a chunk begins."""
    stores, products = definitions.known(connection)
    known = KnownDefinitions(products=dict(products), archived_stores=frozenset(imports.archived_stores(connection)))
    for store, source_file in stores:
        known.add_store(store, source_file)
    return known


def import_stores(
    connection: Connection, rows: Rows, known: KnownDefinitions, providers: Mapping[str, Provider]
) -> Report:
    """Write the stores that rows describe. One that exists keeps what its row does not say."""
    report: Report = {}
    asked: list[tuple[int, ImportRow, dict[str, Any]]] = []
    for number, row in rows:
        before, source = known.stores.get(str(row.entry.get("id")), (None, None))
        if source:
            report[number] = report_of(row, "skipped", why=f"the store is managed by {source}")
        else:
            asked.append((number, row, {**(store_entry(before) if before else {}), **row.entry}))
    valid, problems = valid_stores([entry for _, _, entry in asked], providers)
    written: dict[str, Store] = {}
    for index, (number, row, _) in enumerate(asked):
        store = valid.get(index)
        if store is None:
            report[number] = report_of(row, "skipped", why=problems[index], is_fault=True)
            continue
        before, _ = known.stores.get(store.store_id, (None, None))
        other = next(
            (known.by_domain[d] for d in store.domains if known.by_domain.get(d, store.store_id) != store.store_id),
            None,
        )
        if other:
            report[number] = report_of(row, "skipped", why=f"its domain belongs to the store {other!r}")
        elif before == store:
            report[number] = report_of(row, "skipped", why="it is there already, and says the same")
        else:
            known.add_store(store)
            written[store.store_id] = store
            report[number] = report_of(row, "updated" if before else "created")
    write_stores(connection, list(written.values()))
    return report


def write_stores(connection: Connection, stores: Sequence[Store]) -> None:
    """Write stores as made by a command; watches at their domains that have no store get theirs."""
    if not stores:
        return
    definitions.upsert_stores(connection, [(store, Sourced()) for store in stores])
    hosts = {host_key(f"https://{domain}") for store in stores for domain in store.domains}
    homeless = {
        watch_id: site_of(url) for watch_id, url in definitions.watches_without_store(connection, hosts).items()
    }
    for store in stores if homeless else ():
        mine = [name for name, site in homeless.items() if any(is_within(site, domain) for domain in store.domains)]
        if mine:
            definitions.give_store(connection, store.store_id, mine)


def import_products(
    connection: Connection, rows: Rows, known: KnownDefinitions, providers: Mapping[str, Provider]
) -> Report:
    """Write the products that rows describe. One that exists keeps what its row does not say, and its primary watch."""
    report: Report = {}
    ids = [str(row.entry.get("id")) for _, row in rows]
    existing = {p.product_id: p for p in product_rows.products_named(connection, ids) if p.product_id in known.products}
    asked: list[tuple[int, ImportRow, dict[str, Any]]] = []
    for number, row in rows:
        product_id = str(row.entry.get("id"))
        if source := known.products.get(product_id):
            report[number] = report_of(row, "skipped", why=f"the product is managed by {source}")
        elif "urls" in row.entry:
            why = "a product with `urls` is for the watch folder: copy the file there and run `pricewatch sync`"
            report[number] = report_of(row, "skipped", why=why, is_fault=True)
        else:
            asked.append((number, row, _merged_product(existing.get(product_id), row.entry)))
    valid, said_rules, problems = valid_products([entry for _, _, entry in asked], known.as_known(), providers)
    written: dict[str, Product] = {}
    rules = list(said_rules)
    for index, (number, row, _) in enumerate(asked):
        product = valid.get(index)
        if product is None:
            report[number] = report_of(row, "skipped", why=problems[index], is_fault=True)
            continue
        before = existing.get(product.product_id)
        # As they are read back: tags in the order of the alphabet.
        product = replace(product, tags=tuple(sorted(product.tags)))
        # The watch that stands for it may be a later row's.
        primary = row.entry.get("primary")
        if isinstance(primary, str) and re.fullmatch(WATCH_ID_PATTERN, primary):
            product = replace(product, primary_watch_id=primary)
        elif before:
            product = replace(product, primary_watch_id=before.primary_watch_id)
        rules += [scoped(rule, ScopeKind.PRODUCT, product.product_id) for rule in row.rules]
        if before == product:
            report[number] = report_of(row, "skipped", why="it is there already, and says the same")
            continue
        written[product.product_id] = existing[product.product_id] = product
        known.products.setdefault(product.product_id, None)
        report[number] = report_of(row, "updated" if before else "created")
    write_products(connection, list(written.values()))
    write_new_rules(connection, rules)
    return report


def _merged_product(before: Product | None, said: Mapping[str, Any]) -> dict[str, Any]:
    entry = {name: value for name, value in said.items() if name != "primary"}
    if before is None:
        return entry
    tags = list(dict.fromkeys([*before.tags, *entry.get("tags", [])]))
    return {**product_entry(before), **entry, **({"tags": tags} if tags else {})}


def write_products(connection: Connection, products: Sequence[Product]) -> None:
    """Write products as made by a command."""
    if products:
        definitions.upsert_products(connection, [(product, Sourced()) for product in products])


def scoped(rule: AlertRule, scope: ScopeKind, name: str) -> AlertRule:
    """The rule for this watch or product alone, under an id made of both, as in watch files."""
    whom = name if scope is ScopeKind.WATCH else f"{scope}-{name}"
    return replace(rule, rule_id=f"{whom}-{rule.kind.value.replace('_', '-')}", scope=scope, scope_id=name)


def import_rules(
    connection: Connection, rows: Rows, known: KnownDefinitions, providers: Mapping[str, Provider]
) -> Report:
    """Write the alert rules that rows describe as entries of `alerts:`."""
    if not rows:
        return {}
    report: Report = {}
    valid, problems = valid_rules([row.entry for _, row in rows], known.as_known(), providers)
    there = {row.rule.rule_id: row for row in alert_rule_rows.listed(connection, [r.rule_id for r in valid.values()])}
    written: dict[str, AlertRule] = {}
    for index, (number, row) in enumerate(rows):
        rule = valid.get(index)
        if rule is None:
            report[number] = report_of(row, "skipped", why=problems[index], is_fault=True)
            continue
        before = there.get(rule.rule_id)
        if before and before.source_file:
            why = f"the rule is managed by {before.source_file}"
            report[number] = report_of(row, "skipped", id=rule.rule_id, why=why)
        elif before and before.rule == rule:
            report[number] = report_of(row, "skipped", id=rule.rule_id, why="it is there already, and says the same")
        else:
            written[rule.rule_id] = rule
            report[number] = report_of(row, "updated" if before else "created", id=rule.rule_id)
    alert_rule_rows.upsert_rules(connection, [(rule, Sourced()) for rule in written.values()])
    return report


def write_new_rules(connection: Connection, rules: Sequence[AlertRule]) -> set[str]:
    """Write the rules whose ids are new, and return the ids. One that was changed or removed since stays so."""
    if not rules:
        return set()
    there = imports.rule_ids(connection, [rule.rule_id for rule in rules])
    new = {rule.rule_id: rule for rule in rules if rule.rule_id not in there}
    alert_rule_rows.upsert_rules(connection, [(rule, Sourced()) for rule in new.values()])
    return set(new)


def free_store_id(known: KnownDefinitions, wanted: str, domain: str) -> str:
    """An id for a new store: the wanted one, with a few digits behind where it is taken or was once another's."""
    return with_digits(wanted, domain) if wanted in known.stores or wanted in known.archived_stores else wanted


def with_digits(wanted: str, of: str) -> str:
    """An id with digits of a hash behind it: always the same for the same page or domain."""
    tail = "-" + hashlib.sha256(of.encode()).hexdigest()[:8]
    return wanted[: _LONGEST_ID - len(tail)].rstrip("-_") + tail
