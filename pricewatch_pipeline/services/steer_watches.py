"""What an operator does to watches by command: add, edit, pause, resume, remove. What a file manages is the file's."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from pricewatch_pipeline import registry
from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ConfigurationError, WatchFileError
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.respect_files import require_unmanaged
from pricewatch_pipeline.services.settle_pace import settle_pace
from pricewatch_pipeline.services.sync_watches import first_slots
from pricewatch_pipeline.storage import definitions, hosts, removal, watches
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.storage.removal import Removal
from pricewatch_pipeline.watch_files.calendars import DAYS
from pricewatch_pipeline.watch_files.durations import format_duration
from pricewatch_pipeline.watch_files.loader import load
from pricewatch_pipeline.watch_files.parse import parse_document
from pricewatch_pipeline.watch_files.plausibility import bounds_entry
from pricewatch_pipeline.watch_files.resolve import Known, KnownStore, resolve

Entry = Mapping[str, Any]
"""A watch as an entry of a watch file says it: `{"id": ..., "url": ..., "every": "6h", ...}`."""


def add_watch(database: Database, entry: Entry, *, providers: Mapping[str, Provider]) -> str:
    """Add a watch that no file manages; its id.

    Raises:
        WatchFileError: the entry is not valid; every issue is named.
        ConfigurationError: the id is taken.
    """

    def work(connection: Connection) -> str:
        definitions.lock_for_sync(connection)
        return _write(connection, _new_watch(connection, entry, providers))

    return database.run(work)


def proposed_watch(database: Database, entry: Entry, *, providers: Mapping[str, Provider]) -> Watch:
    """What `add_watch` would add; nothing is written.

    Raises:
        WatchFileError, ConfigurationError: as there.
    """
    return database.run(lambda connection: _new_watch(connection, entry, providers))


def _new_watch(connection: Connection, entry: Entry, providers: Mapping[str, Provider]) -> Watch:
    watch = _validated(connection, entry, providers)
    existing = watches.one(connection, watch.watch_id)
    if existing and existing["state"] != "archived":
        raise ConfigurationError(
            f"there is a watch {watch.watch_id!r} already; choose another id, or change it with `pricewatch watch edit`"
        )
    return watch


def edit_watch(database: Database, watch_id: str, changes: Entry, *, providers: Mapping[str, Provider]) -> str:
    """Change fields of a watch that no file manages; history stays. A field set to None goes back to its default.

    With another `url`, the store is found anew; a `target` that names its currency only keeps its amount.

    Raises:
        NotFound, ManagedByFile: says what there is, or which file to edit.
        ConfigurationError: a page for a watch that has none.
        WatchFileError: the outcome is not valid.
    """

    def work(connection: Connection) -> str:
        definitions.lock_for_sync(connection)
        require_unmanaged(connection, "watch", require_watches(connection, [watch_id]))
        before = watches.definition(connection, watch_id)
        if changes.get("url"):
            _require_a_page(before, providers)
        entry = {name: value for name, value in _merged(entry_of(before), changes).items() if value is not None}
        return _write(connection, _validated(connection, entry, providers), before=before)

    return database.run(work)


def _require_a_page(watch: Watch, providers: Mapping[str, Provider]) -> None:
    provider = providers.get(watch.provider)
    if provider and "url" not in provider.query_model.model_fields:
        raise ConfigurationError(
            f"{watch.watch_id} watches no page, for its provider is {watch.provider}: --query says anew what it looks for "
            f"(`pricewatch watch show {watch.watch_id} --json` has what it says now, as `query`)"
        )


def _merged(entry: Entry, changes: Entry) -> dict[str, Any]:
    before, after = dict(entry), dict(changes)
    for said, other in (("cron", "every"), ("every", "cron")):
        if after.get(said):
            before.pop(other, None)
    if url := after.pop("url", None):
        after["query"] = {**(after.get("query") or before["query"]), "url": url}
        before.pop("store", None)
    if isinstance(after.get("target"), Mapping):
        old = before.get("target")
        after["target"] = {**(old if isinstance(old, Mapping) else {"amount": old} if old else {}), **after["target"]}
    return {**before, **after}


def pause_watches(database: Database, watch_ids: Sequence[str]) -> list[str]:
    """Pause; the ids that were not paused by command before.

    Raises:
        NotFound: names the ids that do not exist; nothing is changed.
    """
    return database.run(lambda connection: watches.pause(connection, require_watches(connection, watch_ids)))


def resume_watches(database: Database, watch_ids: Sequence[str]) -> list[str]:
    """Undo pauses by command and quarantines; those are due at once. A watch that its file pauses stays paused.

    Raises:
        NotFound: names the ids that do not exist; nothing is changed.
    """
    return database.run(lambda connection: watches.resume(connection, require_watches(connection, watch_ids)))


def what_goes(database: Database, watch_ids: Sequence[str], *, purges: bool) -> Removal:
    """What hangs on these watches.

    Raises:
        NotFound, ManagedByFile: as `remove_watches` says.
    """
    return database.run(lambda connection: _removal(connection, watch_ids, purges=purges))


def remove_watches(database: Database, watch_ids: Sequence[str], *, purges: bool = False) -> list[str]:
    """Take watches out of use; their history stays. `purges` deletes them with all of it, also those that are archived.

    Raises:
        NotFound, ManagedByFile: nothing is changed.
    """

    def work(connection: Connection) -> list[str]:
        definitions.lock_for_sync(connection)
        going = _removal(connection, watch_ids, purges=purges).watches
        at = {watches.definition(connection, watch_id).host for watch_id in going}
        if purges:
            removal.purge_watches(connection, going)
        else:
            watches.archive(connection, going)
        settle_pace(connection, at)
        return sorted(going)

    return database.run(work)


def _removal(connection: Connection, watch_ids: Sequence[str], *, purges: bool) -> Removal:
    wanted = list(dict.fromkeys(watch_ids))
    archived = [name for name in watches.missing(connection, wanted) if watches.one(connection, name)] if purges else []
    require_watches(connection, [name for name in wanted if name not in archived])
    require_unmanaged(connection, "watch", wanted)
    return Removal(watches=tuple(wanted), holdings=removal.holdings(connection, wanted))


def entry_of(watch: Watch) -> dict[str, Any]:
    """A watch as a watch file would say it; what is at its default is left out."""
    plain = Watch(watch_id=watch.watch_id, provider=watch.provider, query=watch.query, host=watch.host)
    schedule = watch.schedule
    entry: dict[str, Any] = {"id": watch.watch_id, "provider": watch.provider, "query": _asked(watch)}
    optional: dict[str, Any] = {
        "title": watch.title,
        "store": watch.store_id,
        "product": watch.product_id,
        "tags": list(watch.tags) or None,
        "every": _span(schedule.every),
        "cron": schedule.cron,
        "timezone": schedule.timezone if schedule.timezone != plain.schedule.timezone else None,
        "active": [
            {
                "days": [DAYS[day] for day in sorted(window.days)],
                "from": window.start.strftime("%H:%M"),
                "to": window.end.strftime("%H:%M"),
            }
            for window in schedule.windows
        ]
        or None,
        "at_least_apart": _span(schedule.at_least_apart),
        "retry_first": _span(schedule.retry_first),
        "news_first": _span(schedule.news_first),
        "priority": watch.priority or None,
        "target": _target(watch),
        "alert_cooldown": format_duration(watch.alert_cooldown)
        if watch.alert_cooldown != plain.alert_cooldown
        else None,
        "plausibility": bounds_entry(watch.plausibility),
        "paused": watch.is_paused or None,
    }
    return entry | {name: value for name, value in optional.items() if value is not None}


def _span(span: timedelta | None) -> str | None:
    return format_duration(span) if span else None


def _asked(watch: Watch) -> dict[str, Any]:
    """What it asks for, without what its provider takes for granted."""
    provider = registry.providers().get(watch.provider)
    try:
        query = provider.query_model.model_validate(dict(watch.query)) if provider else None
    except ValidationError:  # stored by another version
        query = None
    said = query.model_dump(exclude_defaults=True) if query else watch.query
    return {name: value for name, value in watch.query.items() if name in said}


def _target(watch: Watch) -> str | dict[str, str] | None:
    if watch.target_price is None:
        return None
    amount = f"{watch.target_price.normalize():f}"
    return {"amount": amount, "currency": watch.target_currency} if watch.target_currency else amount


def _validated(connection: Connection, entry: Entry, providers: Mapping[str, Provider]) -> Watch:
    """Through the same reader as the files: one format, one set of rules. JSON is YAML."""
    stores, products = definitions.known(connection)
    known = Known(
        stores=tuple(KnownStore(store_id=store.store_id, domains=store.domains) for store, _ in stores),
        products=dict.fromkeys(products),
    )
    document = load(json.dumps({"watches": [entry]}, ensure_ascii=False, default=str).encode())
    (result,) = resolve([parse_document("watch", document, providers)], known, folder_name="command line")
    if result.definitions is None:
        raise WatchFileError([f"{issue.field.removeprefix('watches[0].')}: {issue.message}" for issue in result.issues])
    (watch,) = result.definitions.watches
    # In a file this stops one watch and not the others; here somebody is there to put it right.
    if watch.schedule_error:
        raise WatchFileError([f"it cannot be scheduled: {watch.schedule_error}"])
    return watch


def _write(connection: Connection, watch: Watch, *, before: Watch | None = None) -> str:
    hosts.ensure(connection, {watch.host: None})
    definitions.upsert_watches(connection, [(watch, Sourced())], first_slots(connection, [watch]))
    settle_pace(connection, {watch.host, before.host if before else watch.host})
    return watch.watch_id
