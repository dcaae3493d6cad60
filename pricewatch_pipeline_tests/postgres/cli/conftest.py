"""The command line on databases of the test's own, with a watch folder and a shop on loopback."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pricewatch_pipeline.cli.main import app
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Server, html, serve
from pricewatch_pipeline_tests.support.shop import product

Run = Callable[..., Result]
Json = Callable[..., Any]


@pytest.fixture
def shop() -> Iterator[Server]:
    """A lamp and a kettle with prices, and a page without."""
    pages = {
        "/lamp": product("19.99"),
        "/kettle": product("35.00", availability="OutOfStock"),
        "/gone": html("", status=410),
    }
    with serve(pages) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The watch folder, empty."""
    path = tmp_path / "watches"
    path.mkdir()
    return path


@pytest.fixture
def run(database_url: str, empty_database_url: str, folder: Path, shop: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `pricewatch ARGUMENTS` in this process."""
    monkeypatch.setenv("PRICEWATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("PRICEWATCH_DAGSTER_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("PRICEWATCH_WATCHES_DIR", str(folder))
    monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", f"{shop.host}:{shop.port}")

    def command(*arguments: str, input: str | None = None) -> Result:  # noqa: A002 - as CliRunner calls it
        return CliRunner().invoke(app, list(arguments), input=input)

    return command


@pytest.fixture
def ask(run: Run) -> Json:
    """Runs `pricewatch ARGUMENTS --json`; what it printed, and nothing else may be on standard output."""

    def command(*arguments: str) -> Any:
        return json.loads(run(*arguments, "--json").stdout)

    return command


@pytest.fixture
def synced(folder: Path, shop: Server, database_url: str) -> Path:
    """A file with three watches on the shop, in the table already; the folder."""
    store = f"stores: [{{id: shop, domains: ['{shop.host}:{shop.port}'], politeness: {{min_delay: 0s}}}}]"
    watches = "".join(f"  - {{id: {name}, url: '{shop.url('/' + name)}'}}\n" for name in ("lamp", "kettle", "gone"))
    (folder / "shop.yaml").write_text(f"{store}\nwatches:\n{watches}")
    database = Database(database_url)
    try:
        sync_watches(database, folder, providers=providers())
    finally:
        database.close()
    return folder
