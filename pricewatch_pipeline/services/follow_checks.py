"""The newest rows of the ledger, asked for again and again by whoever shows them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.storage import ledger
from pricewatch_pipeline.storage.database import Connection, Database, clock

RECENT = timedelta(hours=1)
Record = dict[str, Any]


@contextmanager
def following_checks(url: str, *, limit: int = 20) -> Iterator[Callable[[], list[Record]]]:
    """A function that returns the last checks, newest first; it raises DatabaseUnavailable at once rather than wait."""
    database = Database(url, pool_size=1)
    try:
        yield lambda: database.run(lambda connection: _newest(connection, limit), patience=timedelta(0))
    finally:
        database.close()


def _newest(connection: Connection, limit: int) -> list[Record]:
    # A large fleet's ledger is too long to be sorted once a second, and its last hour is full; a small one's is short.
    found = ledger.recent_checks(connection, since=clock(connection) - RECENT, limit=limit)
    return found if len(found) == limit else ledger.recent_checks(connection, limit=limit)
