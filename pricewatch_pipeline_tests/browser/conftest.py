"""A page in the system's real Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pricewatch_pipeline_tests.http.conftest import canary  # noqa: F401 - fixtures
from pricewatch_pipeline_tests.support.dagster_rig import (  # noqa: F401 - fixtures
    dagster_database_url,
    dagster_template,
    definitions,
    pipeline_settings,
    rig,
)
from pricewatch_pipeline_tests.support.running_rig import running  # noqa: F401 - fixtures
from pricewatch_pipeline_tests.support.shelf import shelf, shop  # noqa: F401 - fixtures

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # as root there is none; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# Pages load slowly on a machine that is busy with other tests.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, one per module: while Playwright is open its event loop runs in this thread, and no other test may
    start one of its own."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail(f"none of {', '.join(NAMES)} is on PATH; on Debian and Ubuntu: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def chromium_page(chromium: Browser) -> Iterator[Page]:
    """A fresh page without history or cookies; a script error on it fails the test."""
    with chromium.new_context(viewport={"width": 1400, "height": 1000}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        script_errors: list[str] = []
        page.on("pageerror", lambda error: script_errors.append(str(error)))
        yield page
        assert script_errors == []
