"""A PostgreSQL server as an operator sees it: URLs, whether it answers, its version, its databases."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from pricewatch_pipeline.errors import ConfigurationError, DatabaseUnavailable

OLDEST_VERSION = 15
_POLL_S = 0.25
_PASSING_SIGNS = ("starting up", "shutting down", "recovery", "too many", "remaining connection slots")


def url_for(url: str, *, driver: str | None = "psycopg", database: str | None = None) -> str:
    """The same place for another driver (None: libpq's own programs) or database. It holds the password.

    Raises:
        ConfigurationError: this is no database URL; the message does not repeat it.
    """
    parsed = _parse(url)
    name = f"postgresql+{driver}" if driver else "postgresql"
    return parsed.set(drivername=name, database=database or parsed.database).render_as_string(hide_password=False)


def database_of(url: str) -> str:
    """The database's name.

    Raises:
        ConfigurationError: this is no database URL.
    """
    name = _parse(url).database
    assert name is not None  # noqa: S101 - _parse saw to it
    return name


def place_of(url: str) -> str:
    """Where the database is, for messages: host, port and name, no account, no password."""
    parsed = _parse(url)
    host = parsed.host or parsed.query.get("host") or "the local socket"
    port = parsed.port or parsed.query.get("port") or 5432
    return f'database "{parsed.database}" on {host}, port {port}'


def require_server(url: str, *, patience_s: float) -> int:
    """Wait for the server to answer; returns its major version.

    Raises:
        DatabaseUnavailable: it did not within `patience_s`, or it refuses us.
        ConfigurationError: it is too old.
    """
    give_up_at = time.monotonic() + patience_s
    while True:
        try:
            with connection_to(url) as connection:
                version = connection.info.server_version // 10_000
            break
        except DatabaseUnavailable as error:
            if _has_refused(str(error)) or time.monotonic() > give_up_at:
                raise
        time.sleep(_POLL_S)
    require_version(version, url)
    return version


def require_version(version: int, url: str) -> None:
    """Raises:
    ConfigurationError: the server is too old.
    """
    if version < OLDEST_VERSION:
        raise ConfigurationError(
            f"The PostgreSQL with the {place_of(url)} is version {version}; we need {OLDEST_VERSION} or newer. "
            "Upgrade it, or unset PRICEWATCH_DATABASE_URL to use the embedded one."
        )


def ensure_database(url: str, name: str) -> None:
    """Create the database `name` on the server of `url` when it is missing.

    Raises:
        ConfigurationError: it is missing and this user may not create it; says what to run.
    """
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
    with connection_to(url) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            return
        try:
            connection.execute(statement)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another process was faster
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f'There is no database "{name}" beside the {place_of(url)}, and the user "{connection.info.user}" may not '
                f"create it. As a user who may, run:\n    {statement.as_string(connection)};\n"
                f'    ALTER DATABASE {sql.Identifier(name).as_string(connection)} OWNER TO "{connection.info.user}";'
            ) from error


@contextmanager
def alone_in(url: str, *, lock: int, wait_s: float = 60.0) -> Iterator[None]:
    """For as long as the context lasts, no other process in this database is inside one with this number.

    Raises:
        DatabaseUnavailable: no connection could be made, or another process is inside for longer than `wait_s`.
    """
    with connection_to(url, options=f"-c lock_timeout={wait_s * 1000:.0f}") as connection, connection.transaction():
        try:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        except psycopg.errors.LockNotAvailable:
            raise DatabaseUnavailable(
                f"Another process has been preparing the {place_of(url)} for more than {wait_s:.0f} s. End it, and try again."
            ) from None
        yield


@contextmanager
def connection_to(url: str, **options: Any) -> Iterator[psycopg.Connection]:
    """A connection of its own, in autocommit.

    Raises:
        DatabaseUnavailable: no connection could be made; the message never holds the password.
    """
    try:
        connection = psycopg.connect(
            url_for(url, driver=None), autocommit=True, connect_timeout=5, application_name="pricewatch", **options
        )
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The PostgreSQL with the {place_of(url)} does not answer: {_without_password(str(error), url)}\n{_advice(str(error), url)}"
        ) from None  # its text is in ours, without the password
    try:
        yield connection
    finally:
        connection.close()


def _parse(url: str) -> URL:
    problem = "PRICEWATCH_DATABASE_URL (or PRICEWATCH_DAGSTER_DATABASE_URL) is not like postgresql://USER:PASSWORD@HOST:5432/DATABASE"
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"{problem} (percent-encode what is special in the password).") from None
    if not parsed.database:
        raise ConfigurationError(f"{problem}: the database's name is missing.")
    return parsed


def _has_refused(reason: str) -> bool:
    """Whether waiting is useless: the server answered, and said no."""
    return "FATAL" in reason and not any(sign in reason for sign in _PASSING_SIGNS)


def _advice(reason: str, url: str) -> str:
    if "does not exist" in reason and "database" in reason:
        return f'Create it (CREATE DATABASE "{database_of(url)}"), or correct PRICEWATCH_DATABASE_URL.'
    if _has_refused(reason):
        return "Correct the user, password or database in PRICEWATCH_DATABASE_URL, or what the server allows (pg_hba.conf)."
    return "Start it, correct PRICEWATCH_DATABASE_URL, or unset that to use the embedded PostgreSQL."


def _without_password(text: str, url: str) -> str:
    password = _parse(url).password
    return text.strip().replace(password, "***") if password else text.strip()
