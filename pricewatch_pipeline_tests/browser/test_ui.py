"""What an operator sees: the UI of a running pipeline in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from pricewatch_pipeline_tests.support.running_rig import PRICES, RunningRig

pytestmark = pytest.mark.browser

ASSETS = ("watches", "price_snapshots", "latest_prices", "daily_prices", "scrape_heartbeat")
EXPANDED = ",".join(f"global@global:{group}" for group in ("watching", "analysis", "operations"))
DOT_OF_PARTITION = """name => [...document.querySelectorAll('div')]
    .filter(row => row.innerText?.trim().split('\\n')[0] === name)
    .flatMap(row => [...row.querySelectorAll('div')].map(part => getComputedStyle(part)))
    .find(style => /^(50|100)%$/.test(style.borderRadius)).backgroundColor"""


def is_green(colour: str) -> bool:
    """Whether a CSS colour is mostly green."""
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    return green > 1.3 * max(red, blue)


def test_an_operator_sees_prices_green_partitions_and_how_all_hangs_together(
    running: RunningRig, chromium_page: Page
) -> None:
    page = chromium_page
    page.goto(f"{running.process.url}/assets/price_snapshots?view=partitions")
    expect(page.get_by_text("Materialized (3)")).to_be_visible()
    expect(page.get_by_text("Missing (1)")).to_be_visible()
    dots = {name: str(page.evaluate(DOT_OF_PARTITION, name)) for name in (*PRICES, "gone")}
    assert {name for name, colour in dots.items() if is_green(colour)} == set(PRICES), dots

    page.get_by_text("lamp", exact=True).first.click()
    expect(page.get_by_text(f"{PRICES['lamp']} EUR")).to_be_visible()
    expect(page.get_by_text("recent_prices")).to_be_visible()

    page.goto(f"{running.process.url}/asset-groups?expanded={EXPANDED}")
    for asset in ASSETS:
        expect(page.get_by_text(asset, exact=True).locator("visible=true").first).to_be_visible()

    expect(page.get_by_role("dialog")).to_have_count(0)

    page.goto(f"{running.process.url}/assets/scrape_heartbeat")
    expect(page.get_by_text("Fails if more than an hour since last materialization")).to_be_visible()
