"""Opening both databases: embedded by default, or on the server that was named."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from pricewatch_pipeline.errors import ConfigurationError, DatabaseUnavailable
from pricewatch_pipeline.services.open_databases import Databases, opened_databases
from pricewatch_pipeline.settings import Settings, load_settings
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.servers import database_of, url_for

_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'pricewatch'"


def _ask(url: str, query: str) -> object:
    engine = create_engine(url)
    with engine.connect() as connection:
        answer = connection.execute(text(query)).scalar()
    engine.dispose()
    return answer


def test_without_settings_the_embedded_server_runs_for_as_long_as_it_is_open(open_home: Path) -> None:
    with opened_databases(load_settings(home=open_home)) as databases:
        assert databases.is_embedded
        assert _ask(databases.url, _TABLES) != 0
        assert _ask(databases.dagster_url, "SELECT current_database()") == "dagster"
        assert databases.dagster_url.startswith("postgresql+psycopg2://")
    assert not EmbeddedServer(open_home).status().is_running


def test_a_named_server_is_used_and_gets_a_database_for_dagster(empty_database_url: str) -> None:
    named = url_for(empty_database_url, driver=None)
    dagster = f"{database_of(named)}_dagster"
    try:
        with opened_databases(load_settings(database_url=named)) as databases:
            assert not databases.is_embedded
            assert databases.url.startswith("postgresql+psycopg://")
            assert _ask(databases.url, _TABLES) != 0
            assert _ask(databases.dagster_url, "SELECT current_database()") == dagster
    finally:
        with psycopg.connect(named, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {dagster}".encode())


def test_dagsters_database_may_be_named_too(database_url: str, empty_database_url: str) -> None:
    settings = load_settings(database_url=database_url, dagster_database_url=empty_database_url)
    with opened_databases(settings) as databases:
        assert database_of(databases.dagster_url) == database_of(empty_database_url)


def test_a_user_who_may_not_create_dagsters_database_is_told_what_to_run(database_url: str) -> None:
    user = f"plain_{os.urandom(4).hex()}"
    libpq = url_for(database_url, driver=None)
    with psycopg.connect(libpq, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN PASSWORD 's3cret'".encode())
        theirs = f"postgresql://{user}:s3cret@{libpq.split('@', 1)[1]}"
        with pytest.raises(ConfigurationError) as caught, opened_databases(load_settings(database_url=theirs)):
            pass
        connection.execute(f"DROP ROLE {user}".encode())
    assert f'CREATE DATABASE "{database_of(database_url)}_dagster"' in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_wrong_password_is_an_error_at_once_that_does_not_repeat_it(database_url: str) -> None:
    theirs = f"postgresql://postgres:s3cret@{url_for(database_url, driver=None).split('@', 1)[1]}"
    with pytest.raises(DatabaseUnavailable, match="password authentication failed") as caught:
        _open(load_settings(database_url=theirs), patience_s=3600)
    assert "s3cret" not in str(caught.value)


def test_a_missing_database_is_an_error_at_once_that_says_what_to_create(database_url: str) -> None:
    missing = url_for(database_url, driver=None, database="missing")
    with pytest.raises(DatabaseUnavailable, match='CREATE DATABASE "missing"'):
        _open(load_settings(database_url=missing), patience_s=3600)


def test_a_server_that_comes_late_is_waited_for(open_home: Path) -> None:
    server = EmbeddedServer(open_home)
    with server.running():
        server.ensure_database("prices")
    settings = load_settings(database_url=server.libpq_url("prices"))
    with ThreadPoolExecutor() as pool:
        opened = pool.submit(_open, settings, patience_s=60)
        with server.running():
            assert database_of(opened.result(timeout=60).url) == "prices"


def _open(settings: Settings, *, patience_s: float) -> Databases:
    with opened_databases(settings, patience_s=patience_s) as databases:
        return databases
