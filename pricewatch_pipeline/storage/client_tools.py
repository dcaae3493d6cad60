"""psql, pg_dump and pg_restore: which ones to use for a server, and how to tell them where it is."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.storage.embedded.binaries import own_programs
from pricewatch_pipeline.storage.servers import connection_to, place_of, url_for


def client_tool(name: str, url: str) -> Path:
    """The program for this server: ours of PostgreSQL 18, or, as ours speak no TLS, the system's when the server wants that.

    Raises:
        ConfigurationError: the server wants TLS and the system has no such program.
        DatabaseUnavailable: the server does not answer.
    """
    with connection_to(url) as connection:
        is_encrypted = connection.pgconn.ssl_in_use
    if not is_encrypted:
        return own_programs() / name
    found = shutil.which(name)
    if found is None:
        raise ConfigurationError(
            f"The {place_of(url)} is reached over TLS, which the programs that come with us do not speak, and there is no {name} "
            "on the PATH. Install PostgreSQL's client programs (Debian: postgresql-client), of the server's version or newer."
        )
    return Path(found)


@contextmanager
def libpq_arguments(url: str) -> Iterator[list[str]]:
    """`--dbname=...` for a libpq program, the password in a file that only we can read: arguments are seen by everyone."""
    where = {key: str(value) for key, value in conninfo_to_dict(url_for(url, driver=None)).items() if value is not None}
    password = where.pop("password", None)
    if password is None:  # the user's own ~/.pgpass or PGPASSWORD
        yield [f"--dbname={make_conninfo(**where)}"]
        return
    descriptor, name = tempfile.mkstemp(prefix="pricewatch-pgpass-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n")
        yield [f"--dbname={make_conninfo(**where, passfile=name)}"]
    finally:
        Path(name).unlink()
