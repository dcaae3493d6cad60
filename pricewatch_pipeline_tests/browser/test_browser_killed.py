"""Nothing of a browser is left when we are killed and can clean up nothing ourselves."""

import asyncio
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline_tests.support.browsing import chromiums, open_browser, site, visit
from pricewatch_pipeline_tests.support.loopback import drip, html
from pricewatch_pipeline_tests.support.waiting import wait_until

pytestmark = pytest.mark.browser

FETCH_FOR_LONG = """
    import asyncio, sys
    from pricewatch_pipeline_tests.support.browsing import open_browser, visit

    async def main():
        async with open_browser() as fetcher:
            await visit(fetcher, sys.argv[1], timeout_s=120)

    asyncio.run(main())
"""


@pytest.mark.parametrize("also_the_driver", [False, True], ids=["we", "we and the driver"])
def test_nothing_is_left_when_we_are_killed(also_the_driver):
    with site({"/": drip()}) as shop:
        child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(FETCH_FOR_LONG), shop.url("/")])
        wait_until(lambda: shop.requests, what="the request of the page")
        (browser,) = chromiums(child.pid)
        profile = profile_of(browser)
        family = [browser, *browser.children(recursive=True)]
        driver = browser.parent()
        assert profile.is_dir()
        child.kill()
        if also_the_driver:
            driver.kill()
        child.wait()
        wait_until(lambda: not any(map(is_running, family)), what="the end of Chromium")
    if also_the_driver:  # nobody was left to remove it: the next browser does
        asyncio.run(fetch_a_page())
    wait_until(lambda: not profile.exists(), what="the end of the profile")


def profile_of(browser):
    return Path(next(arg for arg in browser.cmdline() if arg.startswith("--user-data-dir=")).partition("=")[2])


def is_running(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def fetch_a_page():
    with site({"/": html("<p>fine")}) as shop:
        async with open_browser() as fetcher:
            assert (await visit(fetcher, shop.url("/"))).outcome is Outcome.OK
