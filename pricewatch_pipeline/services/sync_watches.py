"""Brings the watch files into the table: what is new or changed is written, what vanished is archived, a file that is
broken changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.schedule import first_due
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.services.remark_on_queries import remarks_of
from pricewatch_pipeline.services.settle_pace import settle_pace
from pricewatch_pipeline.services.sync_alert_rules import rules_about_nobody, rules_taken, write_rules
from pricewatch_pipeline.storage import definitions, hosts, imports
from pricewatch_pipeline.storage.database import Connection, Database, clock
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.watch_files.read import WatchFolder, read_folder
from pricewatch_pipeline.watch_files.resolve import Definitions, Known, KnownStore


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """What a sync changed, and what it could not read."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    archived: tuple[str, ...] = ()
    watches: int = 0
    """In the valid files."""
    stores: int = 0
    products: int = 0
    rules: int = 0
    changed_rules: tuple[str, ...] = ()
    """Ids of alert rules that are new, changed or archived."""
    files: int = 0
    issues: tuple[str, ...] = ()
    """Each with file, line, column and field; the file that has one changed nothing."""
    warnings: tuple[str, ...] = ()
    """Of watches that cannot be scheduled, and rules for watches that there are not; the others go on."""
    remarks: tuple[str, ...] = ()
    """What providers say of new and changed watches: nothing is wrong with them."""

    @property
    def is_changed(self) -> bool:
        return bool(self.created or self.updated or self.archived or self.changed_rules)


def sync_watches(
    database: Database, folder: Path, *, providers: Mapping[str, Provider], has_contact: bool = True
) -> SyncReport:
    """Make the table what the valid files say. `has_contact` is for the remarks: whether the settings say who asks.

    Raises:
        ConfigurationError: the folder itself cannot be read; nothing is changed.
    """
    known = database.run(_known)
    found = read_folder(folder, providers=providers, known=known)
    report = database.run(lambda connection: _write(connection, found))
    changed = {*report.created, *report.updated}
    written = [watch for watch in found.watches if watch.watch_id in changed]
    return replace(report, remarks=remarks_of(written, providers=providers, has_contact=has_contact))


def _known(connection: Connection) -> Known:
    stores, products = definitions.known(connection)
    return Known(
        stores=tuple(
            KnownStore(store_id=store.store_id, domains=store.domains, source_file=source) for store, source in stores
        ),
        products=products,
    )


def _write(connection: Connection, found: WatchFolder) -> SyncReport:
    definitions.lock_for_sync(connection)
    valid, taken = _without_others_ids(connection, found)
    stores = [(s, _source(part, "store", s.store_id)) for part in valid for s in part.stores]
    products = [(p, _source(part, "product", p.product_id)) for part in valid for p in part.products]
    watches = [(w, _source(part, "watch", w.watch_id)) for part in valid for w in part.watches]

    hosts.ensure(connection, dict.fromkeys(w.host for w, _ in watches))
    definitions.upsert_stores(connection, stores)
    definitions.upsert_products(connection, products)
    created, updated = definitions.upsert_watches(connection, watches, first_slots(connection, [w for w, _ in watches]))

    unreadable = found.broken_files | {part.source_file for part in found.definitions if part not in valid}
    readable = sorted(definitions.managing_files(connection) - unreadable)
    archived = definitions.archive_vanished(
        connection, "watches", files=readable, kept=[w.watch_id for w, _ in watches]
    )
    definitions.archive_vanished(connection, "products", files=readable, kept=[p.product_id for p, _ in products])
    definitions.archive_vanished(connection, "stores", files=readable, kept=[s.store_id for s, _ in stores])
    changed_rules = write_rules(connection, valid, readable)
    # All of them: a store that changed alone, or vanished, reaches watches that no file of this sync holds.
    settle_pace(connection)
    return SyncReport(
        created=tuple(created),
        updated=tuple(updated),
        archived=tuple(archived),
        watches=len(watches),
        stores=len(stores),
        products=len(products),
        rules=sum(len(part.rules) for part in valid),
        changed_rules=tuple(changed_rules),
        files=len(found.files),
        issues=(*map(str, found.issues), *taken),
        warnings=(
            *map(str, found.warnings),
            *(
                f"{found.folder.name}/{file}:{line}:1: {what}"
                for file, line, what in rules_about_nobody(connection, valid)
            ),
        ),
    )


def _without_others_ids(connection: Connection, found: WatchFolder) -> tuple[list[Definitions], list[str]]:
    """The files whose ids are free. An id of a broken file stays with its owner, and so does that of a watch made by a command,
    unless the file says the same of it: then it is the file's from now on, as after `pricewatch export`."""
    files = [part.source_file for part in found.definitions]
    gone = sorted(definitions.managing_files(connection) - {file.source_file for file in found.files})
    issues: list[str] = []
    valid: list[Definitions] = []
    for part in found.definitions:
        taken = definitions.managed_elsewhere(
            connection, "watches", [w.watch_id for w in part.watches], files=[*files, *gone]
        )
        by_command = imports.definitions_of(connection, [name for name, owner in taken.items() if owner is None])
        said = {
            watch.watch_id: _differences(before, watch)
            for watch in part.watches
            if (before := by_command.get(watch.watch_id))
        }
        taken = {name: owner for name, owner in taken.items() if said.get(name) != []}
        for watch_id, owner in sorted(taken.items()):
            line = part.lines.get(("watch", watch_id), 1)
            whose = (
                f"the file {owner}, which cannot be read now"
                if owner
                else f"a command, which says otherwise of {', '.join(said[watch_id])} (`pricewatch watch remove` frees it)"
            )
            issues.append(f"{found.folder.name}/{part.source_file}:{line}:1: watch {watch_id!r} belongs to {whose}")
        rules = list(rules_taken(connection, part, files=[*files, *gone]))
        issues += [f"{found.folder.name}/{part.source_file}:{line}:1: {message}" for line, message in rules]
        if not taken and not rules:
            valid.append(part)
    return valid, issues


def _differences(one: Watch, other: Watch) -> list[str]:
    """The fields in which two definitions of a watch differ."""
    return [each.name for each in fields(Watch) if getattr(one, each.name) != getattr(other, each.name)]


def _source(part: Definitions, kind: str, name: str) -> Sourced:
    return Sourced(file=part.source_file, line=part.lines.get((kind, name)))


def first_slots(connection: Connection, watches: Sequence[Watch]) -> dict[str, datetime]:
    """When each would be due first; a watch that cannot be scheduled gets this instant and is never claimed."""
    now = clock(connection)
    return {w.watch_id: now if w.schedule_error else first_due(w.schedule, w.watch_id, now) for w in watches}
