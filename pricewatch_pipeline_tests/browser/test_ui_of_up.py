"""The UI that `pricewatch up` serves, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pricewatch_pipeline_tests.support.pipeline_process import PipelineProcess

pytestmark = pytest.mark.browser


def test_the_ui_shows_an_asset_and_its_partitions(chromium_page: Page, database_url: str, tmp_path: Path) -> None:
    pipeline = PipelineProcess(tmp_path / ".pricewatch", env={"PRICEWATCH_DATABASE_URL": database_url})
    try:
        pipeline.wait_for_output("Ctrl-C")

        chromium_page.goto(f"{pipeline.url}/assets/stub_prices")
        expect(chromium_page.get_by_text("Prices of two stub watches.").first).to_be_visible()

        chromium_page.goto(f"{pipeline.url}/assets/stub_prices?view=partitions")
        expect(chromium_page.get_by_text("kettle", exact=True).first).to_be_visible()
    finally:
        pipeline.end()
