"""Opens what nearly every use case needs: the settings and our database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pricewatch_pipeline.services.open_databases import PATIENCE_S, Databases, opened_databases
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """An open pipeline."""

    settings: Settings
    databases: Databases
    database: Database


@contextmanager
def opened_pipeline(settings: Settings, *, patience_s: float = PATIENCE_S) -> Iterator[Pipeline]:
    """The database, open and migrated for as long as the context lasts.

    Raises:
        DatabaseUnavailable, EmbeddedServerError, ConfigurationError: as `opened_databases` says.
    """
    with opened_databases(settings, patience_s=patience_s) as databases:
        database = Database(databases.url)
        try:
            yield Pipeline(settings=settings, databases=databases, database=database)
        finally:
            database.close()
