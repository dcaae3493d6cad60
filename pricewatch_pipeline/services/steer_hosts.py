"""What an operator does to hosts by command: leave one alone for a while, and let it be asked again."""

import difflib
from datetime import timedelta

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.errors import ForbiddenAddress, NotFound
from pricewatch_pipeline.storage import host_views, robots
from pricewatch_pipeline.storage.database import Connection, Database


def pause_host(database: Database, name: str, *, lasts: timedelta | None = None, note: str | None = None) -> str:
    """Ask this host nothing for so long (None: until it is resumed); the host.

    A rest that the host itself asked for, and that lasts longer, stands.

    Raises:
        NotFound: no watch asks such a host.
    """

    def work(connection: Connection) -> str:
        host = require_host(connection, name)
        host_views.pause(connection, host, lasts=lasts, note=note)
        return host

    return database.run(work)


def resume_host(database: Database, name: str) -> tuple[str, bool]:
    """End a pause, a rest that the host asked for, and an open breaker; ask for a robots.txt anew that could not be reached.
    The host, and whether there was any of it.

    Raises:
        NotFound: no watch asks such a host.
    """

    def work(connection: Connection) -> tuple[str, bool]:
        host = require_host(connection, name)
        had_robots = robots.forget_failures(connection, host)
        return host, host_views.resume(connection, host) or had_robots

    return database.run(work)


def require_host(connection: Connection, name: str) -> str:
    """The host that a person means by its name, one of its sites, or the address of a page.

    Raises:
        NotFound: says what it may stand for.
    """
    known = host_views.names(connection)
    host = _host_named(name)
    for meant in (name, host):
        if meant in known:
            return meant
    close = difflib.get_close_matches(host, known, n=1, cutoff=0.6)
    guess = f" Did you mean {close[0]}?" if close else ""
    raise NotFound(f"no watch asks a host {host}.{guess} `pricewatch host list` shows those there are.")


def _host_named(name: str) -> str:
    try:
        return host_key(name if "://" in name else f"https://{name}")
    except ForbiddenAddress:
        return name
