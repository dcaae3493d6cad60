"""What an operator does to tags by command: list, add, remove, rename. What a file manages is the file's."""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.services.find_products import require_products
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.respect_files import require_unmanaged
from pricewatch_pipeline.storage import definitions, product_rows, tags
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.tags import TagCount, Tagged
from pricewatch_pipeline.watch_files.fields import Tag
from pricewatch_pipeline.watch_files.issues import did_you_mean

_TAG: TypeAdapter[str] = TypeAdapter(Tag)


def list_tags(database: Database) -> list[TagCount]:
    """All tags by name, and how much has each."""
    return database.run(tags.counted)


def add_tag(database: Database, tag: str, *, watches: Sequence[str] = (), products: Sequence[str] = ()) -> Tagged:
    """Tag watches and products; those that had not been. A product's watches have its tags, as in a file.

    Raises:
        NotFound, ManagedByFile: nothing is changed.
        ConfigurationError: it is no tag.
    """
    name = _tag(tag)

    def work(connection: Connection) -> Tagged:
        return tags.give(connection, name, **_asked(connection, watches, products))

    return database.run(work)


def remove_tag(database: Database, tag: str, *, watches: Sequence[str] = (), products: Sequence[str] = ()) -> Tagged:
    """Untag watches and products, and the products' watches; those that had the tag.

    Raises:
        NotFound, ManagedByFile: nothing is changed.
    """

    def work(connection: Connection) -> Tagged:
        return tags.take(connection, tag, **_asked(connection, watches, products))

    return database.run(work)


def rename_tag(database: Database, old: str, new: str) -> Tagged:
    """Give another name to a tag, wherever it stands; what had it. One that has the new name already has it once.

    Raises:
        NotFound: nothing has the tag.
        ManagedByFile: a file has it; nothing is changed.
        ConfigurationError: the new name is no tag.
    """
    name = _tag(new)

    def work(connection: Connection) -> Tagged:
        definitions.lock_for_sync(connection)
        found = tags.tagged(connection, old)
        if found == Tagged():
            known = [each.tag for each in tags.counted(connection)]
            raise NotFound(f"nothing has the tag {old!r}{did_you_mean(old, known) if known else ''}")
        for kind, ids in (("watch", found.watches), ("product", found.products), ("rule", found.rules)):
            require_unmanaged(connection, kind, ids)
        if name != old:
            tags.give(connection, name, watches=found.watches, products=found.products)
            tags.take(connection, old, watches=found.watches, products=found.products)
            tags.point_rules(connection, found.rules, name)
        return found

    return database.run(work)


def _asked(connection: Connection, watches: Sequence[str], products: Sequence[str]) -> dict[str, Sequence[str]]:
    definitions.lock_for_sync(connection)
    require_unmanaged(connection, "watch", require_watches(connection, watches))
    require_unmanaged(connection, "product", require_products(connection, products))
    own = [watch.watch_id for watch in product_rows.watches_of(connection, products)]
    managed = definitions.sources(connection, "watch", own)
    return {"watches": [*watches, *(name for name in own if name not in managed)], "products": products}


def _tag(text: str) -> str:
    try:
        return _TAG.validate_python(text)
    except ValidationError as error:
        raise ConfigurationError(f"{text!r} is not a tag: 1 to 64 characters") from error
