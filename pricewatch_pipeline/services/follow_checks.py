"""The newest rows of the ledger, asked for again and again by whoever shows them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from pricewatch_pipeline.storage import ledger
from pricewatch_pipeline.storage.database import Database

Record = dict[str, Any]


@contextmanager
def following_checks(url: str, *, limit: int = 20) -> Iterator[Callable[[], list[Record]]]:
    """A function that returns the last checks, newest first; it raises DatabaseUnavailable at once rather than wait."""
    database = Database(url, pool_size=1)
    try:
        yield lambda: database.run(partial(ledger.recent_checks, limit=limit), patience=timedelta(0))
    finally:
        database.close()
