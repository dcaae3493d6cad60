"""A PostgreSQL database: transactions, and patience when it is away for a while."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pricewatch_pipeline.errors import DatabaseUnavailable

__all__ = ["Connection", "Database", "clock", "read_in_one_snapshot"]

Result = TypeVar("Result")

PATIENCE = timedelta(seconds=60)
_RETRIED_STATES = ("40001", "40P01", "57P01", "57P02", "57P03", "53300")
"""Serialization failure, deadlock, shutdowns, starting up, too many connections."""


class Database:
    """Our database. Threads may share one."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "application_name": "pricewatch", "options": "-c timezone=UTC"},
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction; committed at the end, rolled back on an error."""
        with self.engine.begin() as connection:
            yield connection

    def run(self, work: Callable[[Connection], Result], *, patience: timedelta = PATIENCE) -> Result:
        """Do `work` in a transaction; when the server is away, wait and do it again.

        `work` must be safe to repeat: a commit whose answer was lost is repeated.

        Raises:
            DatabaseUnavailable: the server did not come back in time.
        """
        give_up_at = time.monotonic() + patience.total_seconds()
        pause = 0.2
        while True:
            try:
                with self.transaction() as connection:
                    return work(connection)
            except (DBAPIError, PoolTimeout) as error:
                if not _is_passing(error):
                    raise
                if time.monotonic() + pause > give_up_at:
                    raise DatabaseUnavailable(
                        f"PostgreSQL ({self.place}) did not answer for {patience.total_seconds():.0f} s: {_reason(error)}. "
                        "Start it (`pricewatch db status` says how it stands); what is due stays due."
                    ) from error
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def now(self) -> datetime:
        """The database's clock: the only one that schedules are read against."""
        return self.run(clock)

    @property
    def place(self) -> str:
        """Where the server is, without the password."""
        return self.engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        self.engine.dispose()


def read_in_one_snapshot(connection: Connection) -> None:
    """Let all that this transaction reads be of one instant. To be called first; nothing can be written after it."""
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def clock(connection: Connection) -> datetime:
    """The database's clock at this moment, within a transaction too."""
    instant: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return instant


def _is_passing(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, PoolTimeout) or error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    return state in _RETRIED_STATES or (isinstance(error, OperationalError | InterfaceError) and state is None)


def _reason(error: DBAPIError | PoolTimeout) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(origin).strip().splitlines()[0] if str(origin).strip() else type(error).__name__
