"""Keeps the demo and a user's own watches apart: one home has one folder of watch files, and what is not in it is archived."""

from collections.abc import Collection

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Database


def require_no_other_watches(url: str, files: Collection[str]) -> None:
    """Do nothing when every live watch is managed by one of these files.

    Raises:
        ConfigurationError: says how many are not, and what to do.
    """
    database = Database(url, pool_size=1)
    try:
        others = database.run(lambda connection: definitions.count_managed_elsewhere(connection, files=sorted(files)))
    finally:
        database.close()
    if others:
        raise ConfigurationError(
            f"this home folder holds {others} watches of your own, and the demo would set them aside. Give the demo a home "
            "of its own: PRICEWATCH_HOME=.pricewatch-demo make demo"
        )
