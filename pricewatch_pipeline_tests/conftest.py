"""What every test may ask for: a clean environment, and a real PostgreSQL with a fresh, migrated database.

One embedded server serves a whole test session, with all its xdist workers. It starts with the first test that asks for
it and is removed, data and all, when the session ends.
"""

import functools
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql

from pricewatch_pipeline.demo.flight_site import FlightSite
from pricewatch_pipeline.demo.sec_site import SecSite
from pricewatch_pipeline.storage.embedded import EmbeddedServer, locks
from pricewatch_pipeline.storage.migrate import upgrade
from pricewatch_pipeline_tests.support.flight_site import serve_flights
from pricewatch_pipeline_tests.support.sec_site import serve_sec

_TEMPLATE = "pricewatch_template"
_HOME = pytest.StashKey[Path]()

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("patient", deadline=None)
# `--hypothesis-profile=fuzz`: for as long as one likes to wait.
hypothesis.settings.register_profile(
    "fuzz", deadline=None, max_examples=5_000, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is None:
        folder = Path(tempfile.mkdtemp(prefix="pricewatch-tests-"))
        folder.chmod(0o711)  # as root, the server's own account must reach the data
        config.stash[_HOME] = folder / "home"
    else:
        config.stash[_HOME] = Path(worker_input["postgres_home"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["postgres_home"] = str(node.config.stash[_HOME])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        home = config.stash[_HOME]
        EmbeddedServer(home).destroy()
        shutil.rmtree(home.parent)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting of the developer's shell reaches a test; each has a home folder of its own."""
    for name in list(os.environ):
        if name.startswith(("PRICEWATCH_", "DAGSTER_")):
            monkeypatch.delenv(name)
    home = tmp_path / ".pricewatch"
    monkeypatch.setenv("PRICEWATCH_HOME", str(home))
    yield
    if (home / "postgres.json").exists():  # as root, its data is not below tmp_path
        EmbeddedServer(home).destroy(is_forced=True)


@pytest.fixture
def open_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home folder for a server of the test's own: as root, its data stays inside, and all is removed afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="pricewatch-tests-"))
    parent.chmod(0o711)
    monkeypatch.setenv("PRICEWATCH_HOME", str(parent / "home"))
    yield parent / "home"
    EmbeddedServer(parent / "home").destroy(is_forced=True)
    shutil.rmtree(parent)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[EmbeddedServer]:
    """A real server, shared by the whole session: make databases in it, leave its settings alone."""
    server = EmbeddedServer(pytestconfig.stash[_HOME])
    with server.running():
        with psycopg.connect(server.libpq_url("postgres"), autocommit=True) as connection:
            # These tests never pull the plug, so they need not wait for the disk.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
        yield server
        _admin(server)[0].close()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: EmbeddedServer) -> str:
    """The name of a database with the newest schema, to clone."""
    connection, _ = _admin(postgres_server)
    with locks.exclusive(postgres_server.home / "template.lock", wait_s=120):
        is_made = connection.execute(
            "SELECT FROM pg_database WHERE datname = %s AND datistemplate", [_TEMPLATE]
        ).rowcount
        if not is_made:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_TEMPLATE)))
            postgres_server.ensure_database(_TEMPLATE)
            upgrade(postgres_server.url(_TEMPLATE))
            connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(_TEMPLATE)))
    return _TEMPLATE


@pytest.fixture
def database_url(postgres_server: EmbeddedServer, migrated_template: str) -> Iterator[str]:
    """SQLAlchemy's URL of a migrated, empty database that only this test knows."""
    yield from new_database(postgres_server, template=migrated_template)


@pytest.fixture
def empty_database_url(postgres_server: EmbeddedServer) -> Iterator[str]:
    """SQLAlchemy's URL of a database without any schema."""
    yield from new_database(postgres_server, template="template0")


def new_database(server: EmbeddedServer, *, template: str, driver: str = "psycopg") -> Iterator[str]:
    """A clone of the template for as long as the iterator lives."""
    name = f"test_{uuid.uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    admin, url = _admin(server)
    admin.execute(create)
    yield url.replace("postgresql://", f"postgresql+{driver}://", 1).replace("@/postgres?", f"@/{name}?", 1)
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@functools.cache
def _admin(server: EmbeddedServer) -> tuple[psycopg.Connection, str]:
    """A connection that stays open as long as the server runs, and its URL: hundreds of tests need both."""
    url = server.libpq_url("postgres")
    return psycopg.connect(url, autocommit=True), url


@pytest.fixture
def flight_site() -> Iterator[FlightSite]:
    """The demo's flight search on loopback, with small pages and fares that stand still. Its options may be exchanged."""
    with serve_flights() as site:
        yield site


@pytest.fixture
def sec_site() -> Iterator[SecSite]:
    """An empty EDGAR on loopback whose clock stands still: `support/sec_site.py` says how to fill it. Its options may be exchanged."""
    with serve_sec() as site:
        yield site
