"""Dagster's instance of a home, opened by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from pricewatch_pipeline.storage.servers import alone_in

LOCK = 7_205_759_407  # any number; it is ours as long as everyone here uses the same


@contextmanager
def opened_instance(home: Path, dagster_url: str) -> Iterator[dg.DagsterInstance]:
    """The instance whose dagster.yaml is in `home`; its tables are there and complete.

    Dagster makes them one by one as its storage opens: a second process meanwhile fails, or works with half of them
    (dagster-postgres 0.29.27 repeats after "table exists" alone, and PostgreSQL may as well say "type exists").
    """
    with alone_in(dagster_url, lock=LOCK):
        instance = dg.DagsterInstance.from_config(str(home))
    with instance:
        yield instance
