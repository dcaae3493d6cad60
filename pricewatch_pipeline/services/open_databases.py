"""Open both databases, wherever they are: the embedded server or the one that was named; ours migrated to the newest schema."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.migrate import upgrade
from pricewatch_pipeline.storage.servers import database_of, ensure_database, require_server, url_for

DATABASE = "pricewatch"
DAGSTER_DATABASE = "dagster"
PATIENCE_S = 15.0
"""How long a server that does not answer is waited for at the start."""
_DAGSTER_DRIVER = "psycopg2"  # Dagster's storage speaks no psycopg 3 (docs/decisions/0003)


@dataclass(frozen=True, kw_only=True)
class Databases:
    """Both databases' URLs, passwords included."""

    url: str
    """Ours, as SQLAlchemy takes it."""
    dagster_url: str
    """Dagster's, as its storage takes it."""
    is_embedded: bool
    keep_running: Callable[[], None] = lambda: None
    """Starts the embedded server again when it died; an external one is its owner's."""


@contextmanager
def opened_databases(
    settings: Settings, *, is_migrated: bool = True, patience_s: float = PATIENCE_S
) -> Iterator[Databases]:
    """Both databases, existing and reachable for as long as the context lasts; ours with the newest schema unless told not to.

    Raises:
        DatabaseUnavailable: the named server does not answer or refuses us.
        ConfigurationError: the named server is too old, or Dagster's database is missing and may not be created.
        EmbeddedServerError: the embedded server cannot be started.
    """
    if settings.database_url:
        yield _ready(_external(settings, settings.database_url, patience_s), is_migrated=is_migrated)
        return
    with EmbeddedServer(settings.home).running() as server:
        yield _ready(_embedded(server), is_migrated=is_migrated)


def _embedded(server: EmbeddedServer) -> Databases:
    for name in (DATABASE, DAGSTER_DATABASE):
        server.ensure_database(name)
    return Databases(
        url=server.url(DATABASE),
        dagster_url=server.url(DAGSTER_DATABASE, driver=_DAGSTER_DRIVER),
        is_embedded=True,
        keep_running=server.keep_running,
    )


def _external(settings: Settings, url: str, patience_s: float) -> Databases:
    require_server(url, patience_s=patience_s)
    if settings.dagster_database_url:
        dagster_url = settings.dagster_database_url
        require_server(dagster_url, patience_s=patience_s)
    else:
        name = f"{database_of(url)}_{DAGSTER_DATABASE}"
        ensure_database(url, name)
        dagster_url = url_for(url, database=name)
    return Databases(url=url_for(url), dagster_url=url_for(dagster_url, driver=_DAGSTER_DRIVER), is_embedded=False)


def _ready(databases: Databases, *, is_migrated: bool) -> Databases:
    if is_migrated:
        upgrade(databases.url)
    return databases
