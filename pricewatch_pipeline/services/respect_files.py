"""What a watch file manages is the file's: commands that would change it say which file and line to edit instead."""

from collections.abc import Mapping, Sequence

from pricewatch_pipeline.errors import ManagedByFile
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Connection
from pricewatch_pipeline.storage.definitions import Sourced

_MOST_NAMED = 5


def require_unmanaged(connection: Connection, kind: str, ids: Sequence[str]) -> None:
    """Do nothing when no file manages any of these.

    Args:
        kind: `watch`, `store`, `product` or `rule`.

    Raises:
        ManagedByFile: names each with its file and line.
    """
    if managed := definitions.sources(connection, kind, ids):
        raise ManagedByFile(managed_text(kind, managed))


def managed_text(kind: str, managed: Mapping[str, Sourced]) -> str:
    """Why these are not changed by command, and what to do instead."""
    named = [
        f"{kind} {name!r} is managed by {source.file}{f' (line {source.line})' if source.line else ''}"
        for name, source in list(managed.items())[:_MOST_NAMED]
    ]
    more = f"; so are {len(managed) - _MOST_NAMED} more" if len(managed) > _MOST_NAMED else ""
    files = "that file" if len({source.file for source in managed.values()}) == 1 else "those files"
    return f"{'; '.join(named)}{more}: edit {files} and run `pricewatch sync`"
