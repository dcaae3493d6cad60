"""One document to stores, products and watches. What needs other files (references, stores by domain) is in resolve."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pricewatch_pipeline.domain.alert_rules import AlertRule, ScopeKind
from pricewatch_pipeline.domain.hosts import split_url
from pricewatch_pipeline.domain.plausibility import merged
from pricewatch_pipeline.domain.providers import Provider, asked_by, is_matrix
from pricewatch_pipeline.domain.watches import (
    DEFAULT_ALERT_COOLDOWN,
    DEFAULT_INTERVAL,
    ActiveWindow,
    Product,
    Schedule,
    Store,
    Watch,
)
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.watch_files.alert_entries import problems_of_entry, rule_of_entry, scope_of
from pricewatch_pipeline.watch_files.alert_models import AlertEntry, FileAlertEntry, as_alert
from pricewatch_pipeline.watch_files.calendars import schedule_problem
from pricewatch_pipeline.watch_files.fields import Entry, as_list
from pricewatch_pipeline.watch_files.issues import did_you_mean, problems_of
from pricewatch_pipeline.watch_files.loader import Document, Loc, Problem
from pricewatch_pipeline.watch_files.models import (
    DEFAULT_PROVIDER,
    Defaults,
    ProductEntry,
    WatchEntry,
    WatchFile,
    WatchOptions,
)
from pricewatch_pipeline.watch_files.store_models import StoreEntry

E = TypeVar("E", bound=Entry)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A watch that has not been given its store yet, nor its id where it has none of its own."""

    loc: Loc
    watch: Watch
    is_named: bool = True
    is_primary: bool = False
    """It stands for its product."""


@dataclass(frozen=True, kw_only=True)
class RuleDraft:
    """An alert rule that may lack its id, and that of its watch."""

    loc: Loc
    rule: AlertRule
    of: Loc | None = None
    """Where its watch stands, when it is about one that may have no id yet."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """An id that a file gives to something, whether or not the rest of it is valid."""

    kind: str
    """`store`, `product`, `watch` or `rule`."""
    id: str
    loc: Loc


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A store or product that a file names, wherever it is defined."""

    kind: str
    """`store` or `product`."""
    id: str
    loc: Loc


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """What one file holds, as far as it can be known without the others."""

    source_file: str
    document: Document
    stores: tuple[Store, ...] = ()
    products: tuple[Product, ...] = ()
    drafts: tuple[Draft, ...] = ()
    rules: tuple[RuleDraft, ...] = ()
    declared: tuple[Declared, ...] = ()
    references: tuple[Reference, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def parse_document(source_file: str, document: Document, providers: Mapping[str, Provider]) -> ParsedFile:
    """Validate every part by itself, so that one mistake hides no other."""
    parser = _Parser(document, providers)
    raw = parser.sections()
    defaults = parser.validate(Defaults, raw["defaults"], ("defaults",)) if "defaults" in raw else None
    stores = [store for loc, item in parser.items(raw, "stores") if (store := parser.store(item, loc))]
    products = [parser.product(item, loc, defaults) for loc, item in parser.items(raw, "products")]
    drafts = [draft for loc, item in parser.items(raw, "watches") if (draft := parser.watch(item, loc, defaults))]
    for loc, item in parser.items(raw, "alerts"):
        parser.file_alert(item, loc)
    return ParsedFile(
        source_file=source_file,
        document=document,
        stores=tuple(stores),
        products=tuple(product for product, _ in products if product),
        drafts=(*(draft for _, of_product in products for draft in of_product), *drafts),
        rules=tuple(parser.rules),
        declared=tuple(parser.declared),
        references=tuple(parser.references),
        problems=(*document.problems, *parser.problems),
        warnings=tuple(parser.warnings),
    )


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A valid query and who answers it."""

    provider: Provider
    query: BaseModel
    host: str
    url: str | None


class _Parser:
    def __init__(self, document: Document, providers: Mapping[str, Provider]) -> None:
        self.document = document
        self.providers = providers
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.rules: list[RuleDraft] = []
        self.declared: list[Declared] = []
        self.references: list[Reference] = []

    def sections(self) -> dict[str, Any]:
        """The top of the file: its known sections."""
        raw = self.document.value
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            self.report((), f"a watch file has the sections {', '.join(WatchFile.model_fields)}, such as `watches:`")
            return {}
        for name in raw.keys() - WatchFile.model_fields.keys():
            self.report((name,), f"unknown section{did_you_mean(name, WatchFile.model_fields)}")
        return {name: value for name, value in raw.items() if value is not None}

    def items(self, raw: Mapping[str, Any], section: str) -> Iterator[tuple[Loc, Any]]:
        found = as_list(raw.get(section, [])) if section == "alerts" else raw.get(section, [])
        if not isinstance(found, list):
            self.report((section,), "must be a list: begin each entry with `- id: ...`")
            return
        for index, item in enumerate(found):
            loc: Loc = (section, index)
            self.declare(section, item, loc)
            yield loc, item

    def declare(self, section: str, item: Any, loc: Loc) -> None:
        """Note the ids that an entry gives and uses, whether or not the rest of it is valid."""
        if not isinstance(item, dict):
            return
        if isinstance(name := item.get("id"), str):
            kind = {"stores": "store", "products": "product", "alerts": "rule"}.get(section, "watch")
            self.declared.append(Declared(kind=kind, id=name, loc=(*loc, "id")))
        for kind in ("store", "product"):
            if isinstance(name := item.get(kind), str):
                self.references.append(Reference(kind=kind, id=name, loc=(*loc, kind)))

    def validate(self, model: type[E], raw: Any, loc: Loc) -> E | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.problems += problems_of(self.document, model, error, lambda inner: (*loc, *inner))
            return None

    def report(self, loc: Loc, message: str) -> None:
        self.problems.append(self.document.problem(loc, message))

    def file_alert(self, raw: Any, loc: Loc) -> None:
        entry = self.validate(FileAlertEntry, as_alert(raw), loc)
        if entry is None:
            return
        if entry.for_ and entry.for_.product:
            self.references.append(Reference(kind="product", id=entry.for_.product, loc=(*loc, "for", "product")))
        self.alert(entry, loc)

    def alerts(self, entries: Sequence[AlertEntry], loc: Loc, scope: ScopeKind, scope_id: str) -> None:
        """The rules of a product or watch; `scope_id` may be empty where a watch has no id yet."""
        for index, entry in enumerate(entries):
            at: Loc = (*loc, "alerts", index)
            if entry.id:
                self.declared.append(Declared(kind="rule", id=entry.id, loc=(*at, "id")))
            self.alert(entry, at, (scope, scope_id), of=loc if scope is ScopeKind.WATCH else None)

    def alert(
        self, entry: AlertEntry, loc: Loc, whom: tuple[ScopeKind, str | None] | None = None, *, of: Loc | None = None
    ) -> None:
        problems = list(problems_of_entry(entry))
        for field, message in problems:
            self.report((*loc, field) if field else loc, message)
        if not problems:
            scope, scope_id = whom or scope_of(entry)
            rule = rule_of_entry(entry, scope=scope, scope_id=scope_id)
            self.rules.append(RuleDraft(loc=loc, rule=rule, of=of))

    def store(self, raw: Any, loc: Loc) -> Store | None:
        entry = self.validate(StoreEntry, raw, loc)
        return entry.to_store() if entry else None

    def watch(self, raw: Any, loc: Loc, defaults: Defaults | None) -> Draft | None:
        entry = self.validate(WatchEntry, raw, loc)
        asked = self.ask([raw], loc) if isinstance(raw, dict) else None
        if entry:
            self.alerts(entry.alerts, loc, ScopeKind.WATCH, entry.id)
        if not entry or not asked:
            return None
        watch = self.build([entry], defaults, asked, loc, watch_id=entry.id, product_id=entry.product)
        return Draft(loc=loc, watch=watch)

    def product(self, raw: Any, loc: Loc, defaults: Defaults | None) -> tuple[Product | None, list[Draft]]:
        entry = self.validate(ProductEntry, raw, loc)
        pages = raw.get("urls") if isinstance(raw, dict) else None
        drafts: list[Draft] = []
        if entry:
            self.alerts(entry.alerts, loc, ScopeKind.PRODUCT, entry.id)
        for index, page in enumerate(pages if isinstance(pages, list) else []):
            at: Loc = (*loc, "urls", index)
            self.declare("urls", page, at)
            asked = self.ask([{"url": page} if isinstance(page, str) else page, raw], at)
            if entry and asked:
                own = entry.urls[index]
                self.alerts(own.alerts, at, ScopeKind.WATCH, own.id or "")
                watch = self.build([own, entry], defaults, asked, at, watch_id=own.id or "", product_id=entry.id)
                is_primary = own.primary is True
                if is_primary and (entry.primary or any(draft.is_primary for draft in drafts)):
                    self.report((*at, "primary"), "a product has one primary watch: remove one")
                drafts.append(Draft(loc=at, watch=watch, is_named=own.id is not None, is_primary=is_primary))
        return _product_of(entry) if entry else None, drafts

    def ask(self, raws: Sequence[Any], loc: Loc) -> _Asked | None:
        """The query of a watch; the entry itself comes first in `raws`, then what it inherits from."""
        mappings = [raw for raw in raws if isinstance(raw, dict)]
        if mappings and not any({"provider", "query"} & raw.keys() for raw in mappings):
            bare = mappings[0].get("url")
            try:
                if isinstance(bare, str) and (found := asked_by(bare, self.providers.values())):
                    return _asked(*found)
            except PricewatchError as error:
                self.report((*loc, "url"), str(error))
                return None
        name = _or(_first(raw.get("provider") for raw in mappings), DEFAULT_PROVIDER)
        if not isinstance(name, str) or len(mappings) < len(raws):
            return None  # reported where the entry was validated
        provider = self.providers.get(name)
        if provider is None:
            self.report((*loc, "provider"), f"unknown provider {name!r}{did_you_mean(name, self.providers)}")
            return None
        fields = {
            key: value
            for raw in reversed(mappings)
            if isinstance(q := raw.get("query"), dict)
            for key, value in q.items()
        }
        bare = mappings[0].get("url")
        if isinstance(bare, str) and self.takes_url(provider, fields, loc):
            fields["url"] = bare.strip()
        return self.answerable(provider, fields, loc, has_bare_url=bare is not None)

    def takes_url(self, provider: Provider, fields: Mapping[str, Any], loc: Loc) -> bool:
        if "url" not in provider.query_model.model_fields:
            known = ", ".join(provider.query_model.model_fields)
            self.report((*loc, "url"), f"provider {provider.name!r} takes no url; use `query:` (allowed: {known})")
            return False
        if "url" in fields:
            self.report((*loc, "url"), "given as `url` and as `query.url`: remove one")
            return False
        return True

    def answerable(self, provider: Provider, fields: dict[str, Any], loc: Loc, *, has_bare_url: bool) -> _Asked | None:
        def place(inner: Loc) -> Loc:
            is_bare = inner == ("url",) and has_bare_url
            return (*loc, *inner) if is_bare else (*loc, "query", *inner)

        try:
            if isinstance(url := fields.get("url"), str):
                split_url(url)
            query = provider.query_model.model_validate(fields)
            return _asked(provider, query)
        except ValidationError as error:
            self.problems += problems_of(self.document, provider.query_model, error, place)
        except PricewatchError as error:
            self.report(place(("url",)), str(error))
        return None

    def build(
        self,
        own: Sequence[WatchOptions],
        defaults: Defaults | None,
        asked: _Asked,
        loc: Loc,
        *,
        watch_id: str,
        product_id: str | None,
    ) -> Watch:
        """The watch; `own` holds what is said of it, nearest first."""
        levels: list[Defaults] = [*own, *([defaults] if defaults else [])]
        schedule = _schedule(levels)
        problem = schedule_problem(schedule)
        if problem:
            field = "cron" if "cron" in problem else "timezone"
            self.warnings.append(self.document.problem((*loc, field), f"this watch is not scheduled: {problem}"))
        target = _first(level.target for level in own)
        return Watch(
            watch_id=watch_id,
            provider=asked.provider.name,
            query=asked.query.model_dump(mode="json", exclude_none=True),
            host=asked.host,
            url=asked.url,
            title=_first(level.title for level in own),
            schedule=schedule,
            store_id=_first(level.store for level in own),
            product_id=product_id,
            tags=_united(tag for level in reversed(own) for tag in level.tags),
            priority=_first(level.priority for level in levels) or 0,
            target_price=target.amount if target else None,
            target_currency=target.currency if target else None,
            alert_cooldown=_or(_first(level.alert_cooldown for level in levels), DEFAULT_ALERT_COOLDOWN),
            plausibility=merged(*(level.plausibility.to_bounds() for level in levels if level.plausibility)),
            is_paused=_first(level.paused for level in own) or False,
            is_matrix=is_matrix(asked.provider, asked.query),
            schedule_error=problem,
        )


def _asked(provider: Provider, query: BaseModel) -> _Asked:
    return _Asked(provider=provider, query=query, host=provider.host_of(query), url=provider.url_of(query))


def _product_of(entry: ProductEntry) -> Product:
    return Product(
        product_id=entry.id,
        title=entry.title,
        tags=_united(entry.tags),
        primary_watch_id=entry.primary,
        is_favourite=entry.favourite or False,
        pack_size=entry.pack.amount if entry.pack else None,
        pack_unit=entry.pack.unit if entry.pack else None,
        currency=entry.currency,
        notes=entry.notes,
    )


def _schedule(levels: Sequence[Defaults]) -> Schedule:
    """`every` and `cron` come from the nearest level that has either: they are one choice."""
    timing = next((level for level in levels if level.every or level.cron), None)
    windows = _first(level.active for level in levels) or ()
    return Schedule(
        every=None if timing and timing.cron else timing.every if timing else DEFAULT_INTERVAL,
        cron=timing.cron if timing else None,
        timezone=_first(level.timezone for level in levels) or "UTC",
        windows=tuple(ActiveWindow(days=window.days, start=window.start, end=window.end) for window in windows),
        at_least_apart=_first(level.at_least_apart for level in levels),
        retry_first=_first(level.retry_first for level in levels),
        news_first=_first(level.news_first for level in levels),
    )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _or(value: T | None, default: T) -> T:
    return default if value is None else value


def _united(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
