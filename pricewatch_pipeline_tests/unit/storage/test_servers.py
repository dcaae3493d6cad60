"""Database URLs: for whom, to where, and never with their password in a message."""

import socket

import pytest

from pricewatch_pipeline.errors import ConfigurationError, DatabaseUnavailable
from pricewatch_pipeline.storage.servers import database_of, place_of, require_server, require_version, url_for

_URL = "postgresql://ann:s3cret@db.example:5433/prices"


@pytest.mark.parametrize(
    ("url", "driver", "database", "expected"),
    [
        (_URL, "psycopg", None, "postgresql+psycopg://ann:s3cret@db.example:5433/prices"),
        (_URL, "psycopg2", "dagster", "postgresql+psycopg2://ann:s3cret@db.example:5433/dagster"),
        (_URL, None, None, _URL),
        ("postgres://ann@db.example/prices", "psycopg", None, "postgresql+psycopg://ann@db.example/prices"),
        ("postgresql+psycopg2://db.example/prices", None, None, "postgresql://db.example/prices"),
        (
            "postgresql://a:p%40ss@h/d?sslmode=require",
            "psycopg",
            None,
            "postgresql+psycopg://a:p%40ss@h/d?sslmode=require",
        ),
        ("postgresql:///d?host=/run/pg&port=1", "psycopg", None, "postgresql+psycopg:///d?host=%2Frun%2Fpg&port=1"),
    ],
)
def test_a_url_is_given_as_each_driver_takes_it(
    url: str, driver: str | None, database: str | None, expected: str
) -> None:
    assert url_for(url, driver=driver, database=database) == expected


def test_the_database_is_the_path() -> None:
    assert database_of(_URL) == "prices"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (_URL, 'database "prices" on db.example, port 5433'),
        ("postgresql://db.example/prices", 'database "prices" on db.example, port 5432'),
        ("postgresql://ann:s3cret@/prices?host=/run/pg&port=6432", 'database "prices" on /run/pg, port 6432'),
        ("postgresql:///prices", 'database "prices" on the local socket, port 5432'),
    ],
)
def test_a_place_is_named_without_account_and_password(url: str, expected: str) -> None:
    assert place_of(url) == expected


@pytest.mark.parametrize(
    "url", ["postgresql://ann:s3cret@db.example", "postgresql://ann:s3cret@db.example:port/x", "s3cret"]
)
def test_a_bad_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        url_for(url)
    assert "s3cret" not in str(caught.value)
    assert "postgresql://USER:PASSWORD@HOST:5432/DATABASE" in str(caught.value)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(DatabaseUnavailable) as caught:
            require_server(f"postgresql://ann:s3cret@127.0.0.1:{port}/prices", patience_s=0)
    message = str(caught.value)
    assert f'database "prices" on 127.0.0.1, port {port}' in message
    assert "PRICEWATCH_DATABASE_URL" in message
    assert "s3cret" not in message
    assert caught.value.__cause__ is None


def test_a_server_that_is_too_old_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="version 14; we need 15 or newer"):
        require_version(14, _URL)


def test_the_oldest_supported_server_is_taken() -> None:
    require_version(15, _URL)
