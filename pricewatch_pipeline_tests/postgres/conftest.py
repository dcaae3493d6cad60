"""A `Database` on the test's own database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline_tests.conftest import new_database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Migrated and empty."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def database_of_module(postgres_server: EmbeddedServer, migrated_template: str) -> Iterator[Database]:
    """For properties: each example has a watch of its own in it."""
    for url in new_database(postgres_server, template=migrated_template):
        opened = Database(url)
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
