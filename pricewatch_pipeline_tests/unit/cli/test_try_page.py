import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from pricewatch_pipeline.cli import output
from pricewatch_pipeline.cli.main import app
from pricewatch_pipeline.cli.try_page import short_place
from pricewatch_pipeline.domain.offers import Candidate

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
        (
            ["{page}", "--store", "lampn"],
            "A store that was made by a command is tried by `pricewatch store test lampn URL`",
        ),
        (["{page}", "--html", "{watches}"], "is a folder; name a file"),
        (["{page}", "--html", "{watches}/none/out.html"], "there is no folder {watches}/none; make it first"),
        (["{watches}"], "is a folder; name one saved page, or use `pricewatch extract` for many"),
    ],
)
def test_what_makes_no_sense_is_refused(page: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    places = {"page": page, "watches": tmp_path / "watches"}
    result = _try(*(argument.format(**places) for argument in arguments))
    assert result.exit_code == 1
    assert says.format(**places) in result.stderr


def test_every_price_says_where_it_was_seen_and_why_it_won_or_lost(page: Path) -> None:
    chosen, other = _report(page)["offer"]["candidates"]
    assert (chosen["is_chosen"], other["is_chosen"]) == (True, False)
    assert all(candidate["why"] for candidate in (chosen, other))
    lines = _try(page).stdout.splitlines()
    (row,) = [line for line in lines if "✓" in line]
    assert [cell.strip() for cell in row.split("│")[1:6]] == [
        "✓",
        "19.90 EUR",
        "price",
        f"{chosen['score']:.2f}",
        "json_ld, [0].offers.price: 19.90",
    ]
    assert any("text, line 1: 17,50 €" in line and other["why"] in line for line in lines)


def test_the_tables_fit_in_a_narrow_terminal(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = Console(width=100, force_terminal=True, file=StringIO(), color_system=None)
    monkeypatch.setattr(output, "console", narrow)
    assert _try(page).exit_code == 0
    assert isinstance(narrow.file, StringIO)
    lines = narrow.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert any("json_ld," in line and "19.90 EUR" in line for line in lines)


@pytest.mark.parametrize(
    ("source", "place", "shown"),
    [
        ("text", "line 48: #buy > div.a > span", "line 48"),
        ("json_ld", "[0].offers.price", "[0].offers.price"),
        (
            "state",
            "script[3]#0.props.pageProps.product.variants[12].price.amount",
            "…product.variants[12].price.amount",
        ),
        ("microdata", "html > body > main > div.product > p.price > span", "…main > div.product > p.price > span"),
        ("data", "#" + "x" * 80, "#" + "x" * 34 + "…"),
        ("strategy", "css:.product .price", "css:.product .price"),
    ],
)
def test_a_long_place_is_told_by_its_end(source: str, place: str, shown: str) -> None:
    assert short_place(Candidate(source=source, place=place, raw="1")) == shown


def test_prices_that_were_seen_are_shown_also_where_none_is_the_price(page: Path) -> None:
    page.write_text("<html><head><title>Lamp</title></head><body><h1>Lamp</h1><p>Delivery: 4,90 €</p></body></html>")
    result = _try(page)
    assert result.exit_code == 1
    assert "what is wrong" in result.stdout
    assert "shipping" in result.stdout
    assert "4,90 €" in result.stdout


def test_each_strategy_of_the_store_says_what_it_reads_by_itself(page: Path, tmp_path: Path) -> None:
    ways = STORES.replace("'css:.now'", "['css:.none', 'css:.now', 'css:h1']")
    (tmp_path / "watches" / "stores.yaml").write_text(ways)
    read = [(one["strategy"], one["read"]) for one in _report(page, "--store", "lampen")["strategies"]]
    assert read == [("css:.none", None), ("css:.now", "17,50 €"), ("css:h1", "[bold]Lamp[/]")]
    assert "What each strategy reads" in _try(page, "--store", "lampen").stdout


def test_html_writes_a_page_and_writes_over_one_only_when_told_to(page: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    result = _try(page, "--html", out)
    assert result.exit_code == 0
    assert f"Wrote {out}; open it in a browser." in result.stderr
    assert '<mark class="chosen">19.90 EUR</mark>' in out.read_text()
    out.write_text("mine")
    refused = _try(page, "--html", out)
    assert refused.exit_code == 1
    assert "exists already; --force writes over it" in refused.stderr
    assert out.read_text() == "mine"
    assert _try(page, "--html", out, "--force").exit_code == 0
    assert out.read_text() != "mine"


def test_html_is_written_also_of_a_page_that_could_not_be_read(page: Path, tmp_path: Path) -> None:
    page.write_text("<html><body>" + "<p>About us: we sell lamps.</p>" * 40)
    assert _try(page, "--html", tmp_path / "out.html").exit_code == 1
    assert "About us: we sell lamps." in (tmp_path / "out.html").read_text()
