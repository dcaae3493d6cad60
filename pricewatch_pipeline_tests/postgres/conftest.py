"""A `Database` on the test's own database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from pricewatch_pipeline.storage.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Migrated and empty."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def rows(database: Database) -> Callable[..., list[dict[str, Any]]]:
    """Runs a statement; its rows, if it has any."""

    def run(statement: str, **parameters: Any) -> list[dict[str, Any]]:
        with database.transaction() as connection:
            result = connection.execute(text(statement), parameters)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    return run
