"""The page that `pricewatch try --html` writes, in a real browser."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from pricewatch_pipeline.cli.main import app

pytestmark = pytest.mark.browser

SHOP_PAGE = """<html lang="de"><head><meta charset="utf-8"><title>Lamp</title></head><body>
<nav><a href="/">Home</a></nav><main><h1>Lamp &lt;script&gt;document.title='stolen'&lt;/script&gt;</h1><p class="price">19,90 €</p>
<button>Add to cart</button></main>{prose}<div hidden><p>Delivery: 4,90 €</p></div></body></html>"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    saved, out = tmp_path / "lamp.html", tmp_path / "out.html"
    saved.write_text(SHOP_PAGE.format(prose="<p>About lamps.</p>" * 200), encoding="utf-8")
    # In a thread of its own: Playwright's event loop runs in this one.
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(CliRunner().invoke, app, ["try", str(saved), "--html", str(out)]).result()
    assert result.exit_code == 0, result.output
    return out


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chosen_price_stands_marked_in_the_text_and_nothing_is_loaded_or_refused(
    written: Path, chromium_page: Page, scheme: str
) -> None:
    page, said, asked = chromium_page, [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.goto(written.as_uri())

    chosen = page.locator("main .line mark.chosen")
    expect(chosen).to_have_text("19,90 €")
    expect(chosen).to_have_css("background-color", "rgb(21, 128, 61)")
    expect(page).to_have_title("19.90 EUR · Lamp")
    expect(page.locator(".line.h1")).to_contain_text("<script>document.title='stolen'</script>")

    page.locator("aside .price a").click()
    expect(chosen).to_be_in_viewport()
    assert (said, asked) == ([], [written.as_uri()])


def test_a_link_of_the_table_opens_the_fold_that_its_price_stands_in(written: Path, chromium_page: Page) -> None:
    page = chromium_page
    page.goto(written.as_uri())
    hidden = page.locator("main mark", has_text="4,90 €").last
    expect(hidden).not_to_be_visible()
    page.locator("aside td a", has_text="4.90 EUR").click()
    expect(hidden).to_be_in_viewport()
