"""A `Database` on the test's own database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.sync_watches import SyncReport, sync_watches
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


@pytest.fixture
def sync(database: Database, tmp_path: Path) -> Callable[..., SyncReport]:
    """Syncs a folder of watch files after writing those given by name; None takes one away."""
    folder = tmp_path / "watches"
    folder.mkdir()

    def run(**files: str | None) -> SyncReport:
        for name, content in files.items():
            path = folder / f"{name}.yaml"
            if content is None:
                path.unlink()
            else:
                path.write_text(content, encoding="utf-8")
        return sync_watches(database, folder, providers=providers())

    return run
