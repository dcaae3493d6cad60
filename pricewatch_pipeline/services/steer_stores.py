"""What an operator does to stores by command: list, add, edit, remove, import, export. What a file manages is the file's."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pricewatch_pipeline.domain.hosts import host_key, is_within, site_of
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.errors import ConfigurationError, NotFound, WatchFileError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.respect_files import require_unmanaged
from pricewatch_pipeline.services.settle_pace import settle_pace
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.watch_files.issues import did_you_mean
from pricewatch_pipeline.watch_files.loader import MAX_BYTES, load
from pricewatch_pipeline.watch_files.parse import parse_document
from pricewatch_pipeline.watch_files.resolve import FileResult, Known, resolve
from pricewatch_pipeline.watch_files.write import Entry, store_entry

MOST_STORES = 10_000
"""In one file."""


@dataclass(frozen=True, kw_only=True)
class KnownStore:
    """A live store."""

    store: Store
    source_file: str | None
    """None: made by a command."""
    watches: int
    """Live ones."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of one store of a file."""

    store_id: str
    result: str
    """`created`, `updated`, `unchanged` or `skipped`."""
    why: str | None = None
    watches: int = 0
    """Live watches that had no store, and have this one now."""


def known_stores(database: Database) -> list[KnownStore]:
    """All live stores by id."""

    def work(connection: Connection) -> list[KnownStore]:
        stores, _ = definitions.known(connection)
        counts = definitions.watches_by_store(connection)
        return [KnownStore(store=s, source_file=source, watches=counts.get(s.store_id, 0)) for s, source in stores]

    return database.run(work)


def find_stores(database: Database, store_ids: Collection[str]) -> list[KnownStore]:
    """These live stores, in the order asked for.

    Raises:
        NotFound: names those that do not exist.
    """
    by_id = {known.store.store_id: known for known in known_stores(database)}
    _require_known(store_ids, by_id)
    return [by_id[store_id] for store_id in dict.fromkeys(store_ids)]


def _require_known(store_ids: Collection[str], known: Collection[str]) -> None:
    """Do nothing when all of these are known.

    Raises:
        NotFound: names those that are not.
    """
    if missing := [store_id for store_id in dict.fromkeys(store_ids) if store_id not in known]:
        hint = did_you_mean(missing[0], known) if known else "; `pricewatch store add URL` makes one"
        raise NotFound(f"there is no store {', '.join(missing)}{hint}")


def pages_of(database: Database, store: Store, *, limit: int) -> tuple[str, ...]:
    """The pages on which a store can be tried: those that it names, else those of its watches."""
    return store.test_urls or tuple(
        database.run(lambda connection: definitions.pages_of_store(connection, store.store_id, limit=limit))
    )


def store_from(entry: Entry) -> Store:
    """The store that an entry of a watch file describes.

    Raises:
        WatchFileError: it is not valid; every issue is named by its field.
    """
    # Through the same reader as the files: one format, one set of rules. JSON is YAML.
    data = json.dumps({"stores": [entry]}, ensure_ascii=False).encode(errors="replace")
    result = _parsed(data, Path("command line"))
    if result.definitions is None:
        raise WatchFileError([f"{issue.field.removeprefix('stores[0].')}: {issue.message}" for issue in result.issues])
    (store,) = result.definitions.stores
    return store


def read_stores(path: Path) -> tuple[Store, ...]:
    """The stores of a file that may come from anyone; its other sections are checked and left.

    Raises:
        NotFound: there is no such file.
        WatchFileError: it is not a valid watch file, or holds no store; every issue has its line and column.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    result = _parsed(data, path)
    if result.definitions is None:
        raise WatchFileError([str(issue) for issue in result.issues])
    stores = result.definitions.stores
    if not stores:
        raise WatchFileError([f"{path}: holds no store; a file of stores has a section `stores:`"])
    if len(stores) > MOST_STORES:
        raise WatchFileError([f"{path}: holds {len(stores)} stores, which is more than {MOST_STORES}; split it"])
    return stores


def add_store(database: Database, store: Store) -> int:
    """Add a store that no file manages; how many watches that had no store have this one now.

    Raises:
        ManagedByFile: the id is a file's.
        ConfigurationError: the id or a domain is taken.
    """

    def work(connection: Connection) -> int:
        definitions.lock_for_sync(connection)
        known = {s.store_id: (s, source) for s, source in definitions.known(connection)[0]}
        if store.store_id in known:
            require_unmanaged(connection, "store", [store.store_id])
            raise ConfigurationError(
                f"there is a store {store.store_id!r} already; choose another --id, or change it: `pricewatch store edit "
                f"{store.store_id}`"
            )
        if why := _taken(store, known.values()):
            raise ConfigurationError(why)
        return _write(connection, store)

    return database.run(work)


def edit_store(database: Database, store_id: str, changes: Entry) -> Store:
    """Change fields of a store that no file manages; a field set to None goes back to its default.

    Of `politeness` and `strategies` only what is named changes. What was learnt of its pages is forgotten when the way of
    fetching them changes, as when a file says so.

    Raises:
        NotFound, ManagedByFile: says what there is, or which file to edit.
        WatchFileError: the outcome is not valid.
        ConfigurationError: a domain is another store's.
    """

    def work(connection: Connection) -> Store:
        definitions.lock_for_sync(connection)
        known = _unmanaged(connection, [store_id])
        store = store_from(_merged(store_entry(known[store_id][0]), changes))
        if why := _taken(store, known.values()):
            raise ConfigurationError(why)
        _write(connection, store)
        return store

    return database.run(work)


def require_removable(database: Database, store_ids: Collection[str]) -> dict[str, int]:
    """How many live watches each has.

    Raises:
        NotFound, ManagedByFile: as `remove_stores` says.
    """

    def work(connection: Connection) -> dict[str, int]:
        _unmanaged(connection, store_ids)
        counts = definitions.watches_by_store(connection)
        return {store_id: counts.get(store_id, 0) for store_id in store_ids}

    return database.run(work)


def remove_stores(database: Database, store_ids: Collection[str]) -> None:
    """Take stores out of use. Their watches go on, read and paced as those of a store that nobody described.

    Raises:
        NotFound: names those that do not exist; nothing is changed.
        ManagedByFile: a file manages one of them; nothing is changed.
    """

    def work(connection: Connection) -> None:
        definitions.lock_for_sync(connection)
        _unmanaged(connection, store_ids)
        definitions.archive_stores(connection, store_ids)
        settle_pace(connection)

    database.run(work)


def _unmanaged(connection: Connection, store_ids: Collection[str]) -> dict[str, tuple[Store, str | None]]:
    """All live stores with their files, when these are among them and commands'."""
    known = {store.store_id: (store, source) for store, source in definitions.known(connection)[0]}
    _require_known(store_ids, known)
    require_unmanaged(connection, "store", list(store_ids))
    return known


def _merged(before: Entry, changes: Entry) -> Entry:
    merged = {**before, **changes}
    for nested in ("politeness", "strategies"):
        if isinstance(changes.get(nested), Mapping):
            merged[nested] = _said({**before.get(nested, {}), **changes[nested]})
    return _said(merged)


def _said(entry: Entry) -> Entry:
    return {name: value for name, value in entry.items() if value is not None}


def import_stores(database: Database, stores: Iterable[Store]) -> list[Imported]:
    """Write stores as made by a command; what became of each. Those that a file manages, or whose domain is another's, are left."""

    def work(connection: Connection) -> list[Imported]:
        definitions.lock_for_sync(connection)
        known = {s.store_id: (s, source) for s, source in definitions.known(connection)[0]}
        report = []
        for store in stores:
            result = _import(connection, store, known)
            report.append(result)
            if result.result != "skipped":
                known[store.store_id] = (store, None)
        return report

    return database.run(work)


def _import(connection: Connection, store: Store, known: dict[str, tuple[Store, str | None]]) -> Imported:
    before, source = known.get(store.store_id, (None, None))
    why = _of_file(store.store_id, source) if source else _taken(store, known.values())
    if why:
        return Imported(store_id=store.store_id, result="skipped", why=why)
    if before == store:
        return Imported(store_id=store.store_id, result="unchanged")
    adopted = _write(connection, store)
    return Imported(store_id=store.store_id, result="updated" if before else "created", watches=adopted)


def _write(connection: Connection, store: Store) -> int:
    definitions.upsert_stores(connection, [(store, Sourced())])
    hosts = {host_key(f"https://{domain}") for domain in store.domains}
    homeless = definitions.watches_without_store(connection, hosts)
    mine = [watch_id for watch_id, url in homeless.items() if any(is_within(site_of(url), d) for d in store.domains)]
    definitions.give_store(connection, store.store_id, mine)
    # All hosts: a store of ours may be read at more of them than its domains name.
    settle_pace(connection)
    return len(mine)


def _taken(store: Store, known: Iterable[tuple[Store, str | None]]) -> str | None:
    for other, source in known:
        shared = set(store.domains) & set(other.domains)
        if other.store_id != store.store_id and shared:
            where = f", which {source} manages" if source else ""
            return f"the domain {min(shared)} belongs to the store {other.store_id!r}{where}"
    return None


def _of_file(store_id: str, source_file: str) -> str:
    return f"the store {store_id!r} is managed by {source_file}: edit that file and run `pricewatch sync`"


def _parsed(data: bytes, path: Path) -> FileResult:
    (result,) = resolve([parse_document(path.name, load(data), providers())], Known(), folder_name=str(path.parent))
    return result
