"""All files together: stores by domain, made-up watch ids, ids used twice, and references that lead nowhere."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pricewatch_pipeline.domain.alert_rules import AlertRule, ScopeKind
from pricewatch_pipeline.domain.hosts import registrable_domain, site_of, split_url
from pricewatch_pipeline.domain.watches import Product, Store, Watch
from pricewatch_pipeline.watch_files.issues import Issue, did_you_mean, issue_at
from pricewatch_pipeline.watch_files.loader import Loc, Problem
from pricewatch_pipeline.watch_files.parse import Declared, Draft, ParsedFile, Reference, RuleDraft

Remark = Callable[[Store | Watch | AlertRule], Iterable[tuple[Loc, str]]]
"""What to remark on a store, watch or alert rule of a valid file: the field below its entry, and the text of a warning."""

_LONGEST_ID = 64
_LONGEST_RULE_ID = 110
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class KnownStore:
    """A store that exists already; it counts where its file is broken now, or where no file manages it."""

    store_id: str
    domains: tuple[str, ...]
    source_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What exists already, whatever the files say now: a broken file must not break those that rely on it."""

    stores: tuple[KnownStore, ...] = ()
    products: Mapping[str, str | None] = field(default_factory=dict)
    """The source file (None: no file) by product id."""


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """What one valid file defines."""

    source_file: str
    stores: tuple[Store, ...] = ()
    products: tuple[Product, ...] = ()
    watches: tuple[Watch, ...] = ()
    rules: tuple[AlertRule, ...] = ()
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """The line of each (`store` | `product` | `watch` | `rule`, id)."""


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """One file: its definitions, or all that is wrong with it."""

    source_file: str
    """Relative to the folder, with forward slashes."""
    definitions: Definitions | None
    issues: tuple[Issue, ...] = ()
    warnings: tuple[Issue, ...] = ()


def resolve(
    files: Sequence[ParsedFile], known: Known, *, folder_name: str, remark: Remark | None = None
) -> tuple[FileResult, ...]:
    """Bring the files together. A file that has a problem takes with it the files that cannot do without it."""
    problems = {file.source_file: list(file.problems) for file in files}
    while True:
        world = _World(files, known, {name for name, found in problems.items() if found})
        found = list(world.problems(folder_name))
        new = [(name, problem) for name, problem in found if problem not in problems[name]]
        newly_broken = any(not problems[name] for name, _ in new)
        for name, problem in new:
            problems[name].append(problem)
        if not newly_broken:
            break
    return tuple(_result(file, problems[file.source_file], world, folder_name, remark) for file in files)


class _World:
    """The files as they stand, given which of them are broken."""

    def __init__(self, files: Sequence[ParsedFile], known: Known, broken: set[str]) -> None:
        self.files = files
        self.broken = broken
        self._usable_known = tuple(s for s in known.stores if s.source_file is None or s.source_file in broken)
        self._known_ids = {
            "store": {store.store_id for store in self._usable_known},
            "product": {name for name, source in known.products.items() if source is None or source in broken},
        }
        sound = [file for file in files if file.source_file not in broken]
        self._domains = dict(_domain_pairs(self._usable_known, sound))
        # Ids must not depend on what happens to be broken today.
        self._all_domains = dict(_domain_pairs(known.stores, files))
        self._files_by_id: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.watches: dict[str, list[tuple[Loc, Watch]]] = {}
        self.rules: dict[str, list[tuple[Loc, AlertRule]]] = {}
        for file in files:
            for declared in file.declared:
                self._files_by_id[declared.kind, declared.id].add(file.source_file)
            self.watches[file.source_file] = list(self._finished(file.drafts))
            ids = {loc: watch.watch_id for loc, watch in self.watches[file.source_file]}
            self.rules[file.source_file] = list(_finished_rules(file.rules, ids))

    def problems(self, folder_name: str) -> Iterator[tuple[str, Problem]]:
        yield from self._used_twice(folder_name)
        for file in self.files:
            yield from self._primaries_elsewhere(file)
            for reference in file.references:
                if message := self._unresolved(file, reference):
                    yield file.source_file, file.document.problem(reference.loc, message)

    def _primaries_elsewhere(self, file: ParsedFile) -> Iterator[tuple[str, Problem]]:
        own = {(watch.product_id, watch.watch_id) for _, watch in self.watches[file.source_file]}
        for product in file.products:
            name = product.primary_watch_id
            if name is not None and (product.product_id, name) not in own:
                loc = next(d.loc for d in file.declared if (d.kind, d.id) == ("product", product.product_id))
                message = f"no watch {name!r} of this product in this file{did_you_mean(name, {i for _, i in own})}"
                yield file.source_file, file.document.problem((*loc[:-1], "primary"), message)

    def _finished(self, drafts: Sequence[Draft]) -> Iterator[tuple[Loc, Watch]]:
        made_up = {
            draft.loc: _base_id(draft.watch, _store_of(draft.watch, self._all_domains))
            for draft in drafts
            if not draft.is_named
        }
        uses = Counter(made_up.values())
        for draft in drafts:
            watch = replace(draft.watch, store_id=_store_of(draft.watch, self._domains))
            base = made_up.get(draft.loc)
            yield draft.loc, replace(watch, watch_id=_made_up_id(base, watch, uses[base])) if base else watch

    def _used_twice(self, folder_name: str) -> Iterator[tuple[str, Problem]]:
        places: dict[tuple[str, str], list[tuple[ParsedFile, Loc]]] = defaultdict(list)
        for file in self.files:
            for declared in (*file.declared, *self._made_up(file)):
                places[declared.kind, declared.id].append((file, declared.loc))
            for index, store in enumerate(file.stores):
                for domain in store.domains:
                    places["domain", domain].append((file, (*_loc_of_store(file, store, index), "domains")))
        for (kind, name), found in places.items():
            for position, (file, loc) in enumerate(found if len(found) > 1 else []):
                other_file, other_loc = found[0 if position else 1]
                other = issue_at(f"{folder_name}/{other_file.source_file}", other_file.document.problem(other_loc, ""))
                what = (
                    f"domain {name!r} belongs to another store too"
                    if kind == "domain"
                    else f"{kind} id {name!r} is used twice"
                )
                yield (
                    file.source_file,
                    file.document.problem(loc, f"{what}; the other is at {other.file}:{other.line}:{other.column}"),
                )

    def _made_up(self, file: ParsedFile) -> Iterator[Declared]:
        for draft, (loc, watch) in zip(file.drafts, self.watches[file.source_file], strict=True):
            if not draft.is_named:
                yield Declared(kind="watch", id=watch.watch_id, loc=loc)
        named = {draft.loc for draft in file.rules if draft.rule.rule_id}
        for loc, rule in self.rules[file.source_file]:
            if loc not in named:
                yield Declared(kind="rule", id=rule.rule_id, loc=loc)

    def _unresolved(self, file: ParsedFile, reference: Reference) -> str | None:
        """Why a reference leads nowhere; None when it leads somewhere."""
        kind, name = reference.kind, reference.id
        holders = self._files_by_id.get((kind, name), set())
        if name in self._known_ids[kind] or holders - self.broken or file.source_file in holders:
            return None
        if holders:
            return f"{kind} {name!r} is in {', '.join(sorted(holders))}, which has errors of its own"
        names = {known for of_kind, known in self._files_by_id if of_kind == kind} | self._known_ids[kind]
        return f"unknown {kind} {name!r}{did_you_mean(name, names)}"


def _loc_of_store(file: ParsedFile, store: Store, index: int) -> Loc:
    declared = next((d.loc for d in file.declared if d.kind == "store" and d.id == store.store_id), None)
    return declared[:-1] if declared else ("stores", index)


def _domain_pairs(known: Iterable[KnownStore], files: Iterable[ParsedFile]) -> Iterator[tuple[str, str]]:
    """(domain, store id); what the files say comes last and so wins."""
    yield from ((domain, store.store_id) for store in known for domain in store.domains)
    yield from ((domain, store.store_id) for file in files for store in file.stores for domain in store.domains)


def _store_of(watch: Watch, stores_by_domain: Mapping[str, str]) -> str | None:
    """The store that the watch names, else the one with the longest domain that the URL's site is within."""
    if watch.store_id:
        return watch.store_id
    site = site_of(watch.url) if watch.url else ""
    while site:
        if store_id := stores_by_domain.get(site):
            return store_id
        site = site.partition(".")[2]
    return None


def _base_id(watch: Watch, store_id: str | None) -> str:
    """Product and site. A site's name does not change when a store is described later, so the history stays in one
    piece; an address says nothing to a reader, so there the store's id is taken where there is one."""
    host = (split_url(watch.url).hostname if watch.url else None) or watch.host
    site = registrable_domain(host) or store_id or (site_of(watch.url) if watch.url else watch.host)
    return f"{watch.product_id}-{_NOT_IN_ID.sub('-', site.lower()).strip('-')}"


def _made_up_id(base: str, watch: Watch, uses: int) -> str:
    if uses == 1 and len(base) <= _LONGEST_ID:
        return base
    asked = json.dumps([watch.provider, watch.query], sort_keys=True)
    tail = "-" + hashlib.sha256(asked.encode()).hexdigest()[:8]
    return base[: _LONGEST_ID - len(tail)].rstrip("-_") + tail


def _finished_rules(drafts: Sequence[RuleDraft], watch_ids: Mapping[Loc, str]) -> Iterator[tuple[Loc, AlertRule]]:
    rules = [
        (
            draft.loc,
            replace(draft.rule, scope_id=watch_ids.get(draft.of, draft.rule.scope_id)) if draft.of else draft.rule,
        )
        for draft in drafts
    ]
    uses = Counter(_base_rule_id(rule) for _, rule in rules if not rule.rule_id)
    for loc, rule in rules:
        yield loc, rule if rule.rule_id else replace(rule, rule_id=_made_up_rule_id(rule, uses[_base_rule_id(rule)]))


def _base_rule_id(rule: AlertRule) -> str:
    """Whom it is about, and what: `lamp-below`, `tag-toys-lowest`, `all-back-in-stock`."""
    whom = rule.scope_id or "all" if rule.scope in (ScopeKind.WATCH, ScopeKind.ALL) else f"{rule.scope}-{rule.scope_id}"
    return _NOT_IN_ID.sub("-", f"{whom}-{rule.kind}".lower()).strip("-")[:_LONGEST_RULE_ID]


def _made_up_rule_id(rule: AlertRule, uses: int) -> str:
    base = _base_rule_id(rule)
    if uses == 1:
        return base
    numbers = [None if number is None else f"{number.normalize():f}" for number in (rule.amount, rule.share)]
    said = json.dumps([rule.scope_id, *numbers, rule.currency, rule.baseline, rule.days, rule.indicator, rule.times])
    return f"{base}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def _result(
    file: ParsedFile, problems: Iterable[Problem], world: _World, folder_name: str, remark: Remark | None
) -> FileResult:
    label = f"{folder_name}/{file.source_file}"
    issues = tuple(sorted(issue_at(label, problem) for problem in problems))
    watches = world.watches[file.source_file]
    definitions = None if issues else _definitions(file, watches, world.rules[file.source_file])
    remarks = _remarks(file, [*watches, *world.rules[file.source_file]], remark) if definitions and remark else ()
    warnings = tuple(sorted(issue_at(label, problem) for problem in (*file.warnings, *remarks)))
    return FileResult(source_file=file.source_file, definitions=definitions, issues=issues, warnings=warnings)


def _remarks(file: ParsedFile, others: Iterable[tuple[Loc, Watch | AlertRule]], remark: Remark) -> Iterator[Problem]:
    stores: list[tuple[Loc, Store | Watch | AlertRule]] = [
        (_loc_of_store(file, store, index), store) for index, store in enumerate(file.stores)
    ]
    for loc, thing in (*stores, *others):
        for below, message in remark(thing):
            yield file.document.problem((*loc, *below), message)


def _definitions(
    file: ParsedFile, watches: Sequence[tuple[Loc, Watch]], rules: Sequence[tuple[Loc, AlertRule]]
) -> Definitions:
    lines = {(d.kind, d.id): file.document.problem(d.loc[:-1], "").line for d in file.declared}
    lines |= {("watch", watch.watch_id): file.document.problem(loc, "").line for loc, watch in watches}
    lines |= {("rule", rule.rule_id): file.document.problem(loc, "").line for loc, rule in rules}
    marked = zip(file.drafts, watches, strict=True)
    primaries = {watch.product_id: watch.watch_id for draft, (_, watch) in marked if draft.is_primary}
    return Definitions(
        source_file=file.source_file,
        stores=file.stores,
        products=tuple(
            replace(product, primary_watch_id=primaries.get(product.product_id, product.primary_watch_id))
            for product in file.products
        ),
        watches=tuple(watch for _, watch in watches),
        rules=tuple(rule for _, rule in rules),
        lines=lines,
    )
