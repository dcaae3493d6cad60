"""Makes sure that watches exist, and helps who misspelt one."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.storage import watches
from pricewatch_pipeline.storage.database import Connection

_MOST_COMPARED = 5_000
_MOST_SHOWN = 3


def require_watches(connection: Connection, watch_ids: Sequence[str]) -> Sequence[str]:
    """The ids, when a live watch has each of them.

    Raises:
        NotFound: names those that none has, and what they may stand for; of those that are archived, how they come back.
    """
    if missing := watches.missing(connection, watch_ids):
        archived = {name: record for name in missing if (record := watches.one(connection, name))}
        unknown = [name for name in missing if name not in archived]
        said = [_archived_text(record) for record in archived.values()]
        if unknown:
            said.append(not_found_text(unknown, watches.live_ids(connection)))
        raise NotFound("\n".join(said))
    return watch_ids


def _archived_text(record: Mapping[str, Any]) -> str:
    name, file = record["watch_id"], record["source_file"]
    when = f"{record['archived_at']:%Y-%m-%d}"
    gone, back = (
        (f"vanished from {file}", "put it back into the file")
        if file
        else ("was removed", f"`pricewatch watch add URL --id {name}`")
    )
    return (
        f"watch {name!r} is archived: it {gone} on {when}, and its history stays (`pricewatch history {name}`). "
        f"To watch it again: {back}."
    )


def not_found_text(missing: Sequence[str], existing: Sequence[str]) -> str:
    """What to say of ids that do not exist."""
    close = [name for wanted in missing for name in _alike(wanted, existing)]
    hint = f" Did you mean {' or '.join(dict.fromkeys(close))}?" if close else ""
    return f"no such watch: {', '.join(missing)}.{hint} `pricewatch watch list` shows those there are."


def _alike(wanted: str, existing: Sequence[str]) -> list[str]:
    within = [name for name in existing if wanted.lower() in name]
    return (within or difflib.get_close_matches(wanted.lower(), existing[:_MOST_COMPARED]))[:_MOST_SHOWN]
