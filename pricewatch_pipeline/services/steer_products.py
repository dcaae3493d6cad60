"""What an operator does to products by command: add, edit, delete. What a file manages is the file's."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.watches import Product, Watch
from pricewatch_pipeline.errors import ConfigurationError, WatchFileError
from pricewatch_pipeline.services.find_products import require_products
from pricewatch_pipeline.services.respect_files import require_unmanaged
from pricewatch_pipeline.services.settle_pace import settle_pace
from pricewatch_pipeline.services.sync_watches import first_slots
from pricewatch_pipeline.storage import definitions, hosts, price_changes, product_rows, removal, watches
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.storage.removal import Removal
from pricewatch_pipeline.watch_files.issues import did_you_mean
from pricewatch_pipeline.watch_files.loader import load
from pricewatch_pipeline.watch_files.parse import parse_document
from pricewatch_pipeline.watch_files.resolve import Definitions, Known, KnownStore, resolve
from pricewatch_pipeline.watch_files.write import Entry, product_entry


@dataclass(frozen=True, kw_only=True)
class ProductChange:
    """A product as it was written."""

    product_id: str
    added: tuple[str, ...] = ()
    """The watches that its pages became."""


def add_product(database: Database, entry: Entry, *, providers: Mapping[str, Provider]) -> ProductChange:
    """Add a product that no file manages, with a watch for each of its `urls`.

    Raises:
        WatchFileError: the entry is not valid; every issue is named.
        ConfigurationError: its id, or that of one of its watches, is taken.
    """

    def work(connection: Connection) -> ProductChange:
        definitions.lock_for_sync(connection)
        asked, primary = _without_primary(entry)
        product, pages = _validated(connection, asked, providers)
        if product.product_id in definitions.known(connection)[1]:
            raise ConfigurationError(
                f"there is a product {product.product_id!r} already; choose another id, or change it with "
                "`pricewatch product edit`"
            )
        _require_free(connection, pages)
        return _write(connection, product, pages, primary=primary)

    return database.run(work)


def edit_product(
    database: Database, product_id: str, changes: Entry, *, providers: Mapping[str, Provider]
) -> ProductChange:
    """Change fields of a product that no file manages; a field set to None goes. `urls` are watched beside those there are.

    Its watches have its title and tags, as in a file: they follow, but for those that a file manages.

    Raises:
        NotFound, ManagedByFile: says what there is, or which file to edit.
        WatchFileError, ConfigurationError: as `add_product` says.
    """

    def work(connection: Connection) -> ProductChange:
        definitions.lock_for_sync(connection)
        (before,) = _require(connection, [product_id])
        asked, primary = _without_primary(changes)
        entry = {**product_entry(before), **asked}
        after, pages = _validated(connection, {k: v for k, v in entry.items() if v is not None}, providers)
        _require_free(connection, pages)
        if "primary" not in changes:
            after = replace(after, primary_watch_id=before.primary_watch_id)
        _let_follow(connection, before, after)
        return _write(connection, after, pages, primary=primary)

    return database.run(work)


def what_goes(database: Database, product_ids: Sequence[str], *, purges: bool) -> Removal:
    """What deleting these products would take, and what hangs on their watches.

    Raises:
        NotFound, ManagedByFile: as `delete_products` says.
    """
    return database.run(lambda connection: _removal(connection, product_ids, purges=purges))


def delete_products(database: Database, product_ids: Sequence[str], *, purges: bool = False) -> Removal:
    """Delete products: definition, tags, price cache and the rules made for them alone, in one transaction.

    Their watches are archived and keep their history; `purges` deletes those with all of it.

    Raises:
        NotFound: names those that do not exist; nothing is changed.
        ManagedByFile: a file manages one of them, or a watch of theirs; nothing is changed.
    """

    def work(connection: Connection) -> Removal:
        definitions.lock_for_sync(connection)
        going = _removal(connection, product_ids, purges=purges)
        held = product_rows.watches_of(connection, going.products, with_archived=True)
        # In the order of all who write of watches: runs that check these go on.
        price_changes.lock_watches(connection, [watch.watch_id for watch in held])
        if purges:
            removal.purge_watches(connection, going.watches)
        else:
            watches.archive(connection, going.watches)
            removal.delete_rules(connection, watch_ids=going.watches)
        removal.delete_products(connection, going.products)
        settle_pace(connection)
        return going

    return database.run(work)


def _removal(connection: Connection, product_ids: Sequence[str], *, purges: bool) -> Removal:
    names = [product.product_id for product in _require(connection, product_ids)]
    watch_ids = [watch.watch_id for watch in product_rows.watches_of(connection, names, with_archived=purges)]
    # Their file would name a product that is no more.
    require_unmanaged(connection, "watch", watch_ids)
    return Removal(
        products=tuple(names),
        watches=tuple(watch_ids),
        holdings=removal.holdings(connection, watch_ids, names),
    )


def _require(connection: Connection, product_ids: Sequence[str]) -> list[Product]:
    names = list(dict.fromkeys(product_ids))
    require_products(connection, names)
    require_unmanaged(connection, "product", names)
    return product_rows.products_named(connection, names)


def _without_primary(entry: Entry) -> tuple[Entry, str | None]:
    """The entry for the reader of files, which knows no watches but its own, and what it calls primary."""
    return {name: value for name, value in entry.items() if name != "primary"}, entry.get("primary")


def _validated(
    connection: Connection, entry: Entry, providers: Mapping[str, Provider]
) -> tuple[Product, tuple[Watch, ...]]:
    """Through the same reader as the files: one format, one set of rules. JSON is YAML."""
    stores, _ = definitions.known(connection)
    known = Known(stores=tuple(KnownStore(store_id=store.store_id, domains=store.domains) for store, _ in stores))
    document = load(json.dumps({"products": [entry]}, ensure_ascii=False, default=str).encode(errors="replace"))
    (result,) = resolve([parse_document("product", document, providers)], known, folder_name="command line")
    if result.definitions is None:
        raise WatchFileError(
            [f"{issue.field.removeprefix('products[0].')}: {issue.message}" for issue in result.issues]
        )
    found: Definitions = result.definitions
    return found.products[0], found.watches


def _require_free(connection: Connection, pages: Sequence[Watch]) -> None:
    """A watch that was archived is taken up again, with its history."""
    for watch in pages:
        existing = watches.one(connection, watch.watch_id)
        if existing and existing["state"] != "archived":
            raise ConfigurationError(
                f"there is a watch {watch.watch_id!r} already, on {existing['url']}: give it to the product with "
                f"`pricewatch watch edit {watch.watch_id} --product {watch.product_id}`"
            )


def _write(connection: Connection, product: Product, pages: Sequence[Watch], *, primary: str | None) -> ProductChange:
    definitions.upsert_products(connection, [(product, Sourced())])
    _write_watches(connection, pages)
    if primary:
        named = replace(product, primary_watch_id=_primary(connection, product, primary))
        definitions.upsert_products(connection, [(named, Sourced())])
    return ProductChange(product_id=product.product_id, added=tuple(watch.watch_id for watch in pages))


def _write_watches(connection: Connection, found: Sequence[Watch]) -> None:
    if found:
        hosts.ensure(connection, dict.fromkeys(watch.host for watch in found))
        definitions.upsert_watches(connection, [(watch, Sourced()) for watch in found], first_slots(connection, found))
        settle_pace(connection, {watch.host for watch in found})


def _primary(connection: Connection, product: Product, name: str) -> str:
    """The id of the watch of this product that has this id or page."""
    own = product_rows.watches_of(connection, [product.product_id])
    for watch in own:
        if name in (watch.watch_id, watch.url):
            return watch.watch_id
    hint = did_you_mean(name, [watch.watch_id for watch in own]) if own else "; it has none"
    raise WatchFileError([f"primary: no watch {name!r} of this product{hint}"])


def _let_follow(connection: Connection, before: Product, after: Product) -> None:
    if (before.title, before.tags) == (after.title, after.tags):
        return
    own = product_rows.watches_of(connection, [before.product_id])
    managed = definitions.sources(connection, "watch", [watch.watch_id for watch in own])
    followed = [(watch, _followed(watch, before, after)) for watch in own if watch.watch_id not in managed]
    _write_watches(connection, [new for old, new in followed if new != old])


def _followed(watch: Watch, before: Product, after: Product) -> Watch:
    kept = (tag for tag in watch.tags if tag not in before.tags)
    return replace(
        watch,
        title=after.title if watch.title == before.title else watch.title,
        tags=_united((*after.tags, *kept)),
    )


def _united(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tags))
