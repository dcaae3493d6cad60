import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pricewatch_pipeline.cli.main import app

PAGE = """<html><head><title>Lamp</title><script type="application/ld+json">
{"@type": "Product", "name": "[bold]Lamp[/]", "offers": {"@type": "Offer", "price": "19.90", "priceCurrency": "EUR",
 "availability": "https://schema.org/InStock"}}</script></head><body><h1>[bold]Lamp[/]</h1><b class="now">17,50 €</b></body></html>"""
STORES = "stores: [{id: lampen, domains: [lampen.de], currency: EUR, locale: de-DE, strategies: {price: 'css:.now'}}]"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "watches").mkdir()
    (tmp_path / "watches" / "stores.yaml").write_text(STORES)
    monkeypatch.setenv("PRICEWATCH_WATCHES_DIR", str(tmp_path / "watches"))
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    return path


def _try(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["try", *map(str, arguments)])


def _report(*arguments: object) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(_try(*arguments, "--json").stdout)
    return report


def test_a_saved_page_is_read_with_every_price_seen(page: Path) -> None:
    report = _report(page)
    assert (report["outcome"], report["store"], report["url"]) == ("ok", None, None)
    assert (report["offer"]["price"], report["offer"]["currency"]) == ("19.90", "EUR")
    assert [(c["source"], c["raw"]) for c in report["offer"]["candidates"]] == [
        ("json_ld", "19.90"),
        ("text", "17,50 €"),
    ]


@pytest.mark.parametrize("arguments", [["--url", "https://www.lampen.de/p/1"], ["--store", "lampen"]])
def test_a_store_of_the_watch_files_is_found_by_domain_or_name(page: Path, arguments: list[str]) -> None:
    report = _report(page, *arguments)
    assert (report["store"], report["offer"]["price"], report["offer"]["method"]) == ("lampen", "17.50", "strategy:css")


def test_the_table_shows_what_the_page_says_as_text(page: Path) -> None:
    result = _try(page)
    assert result.exit_code == 0
    assert "[bold]Lamp[/]" in result.stdout
    assert "Prices seen on the page" in result.stdout


def test_a_page_without_a_price_says_why_and_fails(page: Path) -> None:
    page.write_text("<html><body>" + "<p>About us: we sell lamps.</p>" * 40)
    result = _try(page)
    assert result.exit_code == 1
    assert "unreadable" in result.stdout


def test_a_broken_watch_file_is_left_out_and_named(page: Path, tmp_path: Path) -> None:
    (tmp_path / "watches" / "broken.yaml").write_text("stores: [{id: x}]")
    result = _try(page, "--store", "lampen")
    assert result.exit_code == 0
    assert "note: left out, for their errors (`pricewatch config check`): broken.yaml" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-page.html"], "there is no file no-such-page.html, and it is no address either"),
        (["{page}", "--store", "lampn"], "--store: unknown store 'lampn' in {watches}; did you mean 'lampen'?"),
        (["{page}", "--url", "ftp://lampen.de/1"], "only http:// and https:// pages can be watched"),
        (["https://lampen.de/1", "--url", "https://lampen.de/2"], "--url says where a saved page came from"),
        (["https://u:p@lampen.de/1"], "may not hold a user name or password"),
        (["{watches}"], "is a folder; name one saved page, or use `pricewatch extract` for many"),
    ],
)
def test_what_makes_no_sense_is_refused(page: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    places = {"page": page, "watches": tmp_path / "watches"}
    result = _try(*(argument.format(**places) for argument in arguments))
    assert result.exit_code == 1
    assert says.format(**places) in result.stderr
