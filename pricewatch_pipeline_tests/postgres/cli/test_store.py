"""`pricewatch store ...` on a database, watch files and shops on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.loopback import Reply, Server, html, serve
from pricewatch_pipeline_tests.support.shop import product

TEXT = "<p>A very good lamp for every desk, with a switch and a bulb that lasts.</p>" * 8


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b",".join([b"*%c" % (name - 1)] * 9)) for name in b"bcde"
)


def page(body: str) -> Any:
    return html(f'<html lang="de-DE"><head><title>Lamp</title></head><body><h1>Lamp</h1>{body}{TEXT}</body></html>')


def with_club_price(price: str) -> Any:
    """What its members pay is said beside what everybody pays: no reader would take it for the price."""
    data = '{"@type": "Product", "name": "Lamp", "offers": {"price": "99.00", "priceCurrency": "EUR"}}'
    script = f'<script type="application/ld+json">{data}</script>'
    return page(f"{script}<b class=price>99,00 €</b><p>Price for members of the club: <i class=zz>{price}</i></p>")


@pytest.fixture
def shop() -> Iterator[Server]:
    """The shop of these tests: pages that say their price, and pages that do not or cannot be had."""
    pages = {
        "/lamp": product("19.99"),
        "/kettle": product("35.00", availability="OutOfStock", name="A kettle"),
        "/gone": html("", status=410),
        "/blocked": html("<title>Attention Required! | Cloudflare</title>", status=403),
        "/about": page("<p>We sell lamps.</p>"),
        "/shell": html('<html><body><div id="root"></div><script src="/app.js"></script></body></html>'),
        "/club/1": with_club_price("12,30 €"),
        "/club/2": with_club_price("45,60 €"),
    }
    with serve(pages) as server:
        yield server


def _domain(shop: Server) -> str:
    return f"{shop.host}:{shop.port}"


def _add(run: Run, shop: Server, *arguments: str) -> Any:
    return run("store", "add", shop.url("/lamp"), "--id", "lamps", "--min-delay", "0s", *arguments)


def test_a_store_is_proposed_from_a_page_and_added_when_told_to(run: Run, ask: Json, shop: Server) -> None:
    result = _add(run, shop, "--yes")
    assert result.exit_code == 0, result.stderr
    assert "none are needed, for the price is read without any" in result.stdout
    (known,) = ask("store", "list")
    assert (known["store_id"], known["source_file"]) == ("lamps", None)
    assert known["definition"] == {
        "id": "lamps",
        "domains": [_domain(shop)],
        "currency": "EUR",
        "politeness": {"min_delay": "0s"},
        "test_urls": [shop.url("/lamp")],
    }


def test_nothing_is_added_where_nobody_can_be_asked(run: Run, ask: Json, shop: Server) -> None:
    result = _add(run, shop)
    assert (result.exit_code, ask("store", "list")) == (1, [])
    assert "Nothing was added: --yes adds this store" in result.stderr


def test_a_store_of_flags_alone_asks_nobody_and_no_page(run: Run, ask: Json, shop: Server) -> None:
    fields = ["--domain", "shop.de", "--locale", "de-DE", "--currency", "EUR", "--fetcher", "auto", "--min-delay", "2s"]
    ways = ["--selector", "price=json:$.price.value", "--selector", "price=css:.p", "--selector", "title=css:h1"]
    assert run("store", "add", *fields, *ways).exit_code == 0
    assert ask("store", "show", "shop-de")["definition"] == {
        "id": "shop-de",
        "domains": ["shop.de"],
        "locale": "de-DE",
        "currency": "EUR",
        "politeness": {"min_delay": "2s"},
        "fetcher": "auto",
        "strategies": {"price": ["json:$.price.value", "css:.p"], "title": "css:h1"},
    }
    assert shop.paths == []


def test_flags_with_a_page_to_test_are_tried_on_it_first(run: Run, ask: Json, shop: Server) -> None:
    flags = ["--domain", _domain(shop), "--min-delay", "0s", "--test-url", shop.url("/club/1")]
    refused = run("store", "add", *flags, "--selector", "price=css:.price", "--expect", "12.30")
    assert (refused.exit_code, ask("store", "list")) == (1, [])
    assert "its pages are not read right, so nothing was added" in refused.stderr
    added = run("store", "add", *flags, "--selector", "price=css:.zz", "--currency", "EUR", "--id", "quiet")
    assert added.exit_code == 0, added.stderr
    (tried,) = ask("store", "test", "quiet")
    assert (tried["price"], tried["currency"], tried["method"]) == ("12.30", "EUR", "strategy:css")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--domain", "https://shop.de/"], "domains[0]: 'https://shop.de/' is not a host name"),
        (["--domain", "shop.de", "--currency", "EURO"], "currency: 'EURO' is not a currency"),
        (["--domain", "shop.de", "--locale", "xx-YY-zz"], "locale: 'xx-YY-zz' is not a locale"),
        (["--domain", "shop.de", "--fetcher", "curl"], "fetcher: "),
        (["--domain", "shop.de", "--min-delay", "1y"], "politeness.min_delay: '1y' is not a duration"),
        (["--domain", "shop.de", "--selector", "price=css:..x"], "css:..x: not a CSS selector"),
        (["--domain", "shop.de", "--selector", "prize=css:.x"], "prize"),
        (["--domain", "shop.de", "--selector", "price=xpath://a[//b]"], "searches the whole page too often"),
        (["--domain", "shop.de", "--selector", "price"], "write it as FIELD=KIND:EXPRESSION"),
        (["--domain", "shop.de", "--test-url", "https://other.de/1"], "is at none of the store's domains"),
        (["--domain", "shop.de", "--id", "Shop de"], "id: "),
        (["ftp://shop.de/1"], "only http:// and https:// pages can be watched"),
        (["https://shop.de/1", "--expect", "19,90"], "is not an amount"),
        ([], "give the URL of a product page, or --domain"),
    ],
)
def test_what_makes_no_store_is_refused_by_its_field(run: Run, ask: Json, arguments: list[str], says: str) -> None:
    result = run("store", "add", *arguments)
    assert result.exit_code in (1, 2)
    assert says in " ".join(result.stderr.replace("│", " ").split())
    assert ask("store", "list") == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/missing", "not_found"),
        ("/gone", "gone"),
        ("/blocked", "blocked"),
        ("/about", "no price was read on any page"),
        ("/shell", "needs a browser"),
    ],
)
def test_a_page_that_cannot_be_read_adds_no_store(run: Run, ask: Json, shop: Server, path: str, says: str) -> None:
    result = run("store", "add", shop.url(path), "--min-delay", "0s", "--yes", "--fetcher", "http")
    assert result.exit_code == 1
    assert says in result.stderr
    assert ask("store", "list") == []


def test_what_robots_txt_forbids_is_not_looked_at(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    robots = Reply(headers=[("content-type", "text/plain")], body=b"User-agent: *\nDisallow: /")
    with serve({"/robots.txt": robots, "/lamp": product()}) as server:
        monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", f"{server.host}:{server.port}")
        result = run("store", "add", server.url("/lamp"), "--yes")
    assert result.exit_code == 1
    assert "/robots.txt does not allow" in result.stderr
    assert server.paths == ["/robots.txt"]


def test_a_price_that_is_not_read_by_itself_is_found_by_the_amount_that_a_person_sees(
    run: Run, ask: Json, shop: Server
) -> None:
    urls = [shop.url("/club/1"), shop.url("/club/2")]
    report = ask("store", "add", *urls, "--min-delay", "0s", "--expect", "12.30", "--print")
    assert report["store"]["strategies"] == {"price": "css:.zz"}
    assert [(page["outcome"], page["price"]) for page in report["pages"]] == [("ok", "12.30"), ("ok", "45.60")]
    assert report["problems"] == []


def test_pages_that_the_first_leads_to_are_looked_at_too(run: Run, ask: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    link = '<a href="/p/b-2">more</a><a href="/p/c-3">more</a><a href="/p/about">us</a>'
    data = '{"@type": "Product", "name": "Lamp", "offers": {"price": "%s", "priceCurrency": "EUR"}}'
    script = f'<script type="application/ld+json">{data}</script>{link}'
    with serve({"/p/a-1": page(script % 10), "/p/b-2": page(script % 11)}) as server:
        monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", f"{server.host}:{server.port}")
        report = ask("store", "add", server.url("/p/a-1"), "--min-delay", "0s", "--print")
    assert [(p["is_found"], p["price"]) for p in report["pages"]] == [(False, "10"), (True, "11")]


def test_the_file_that_add_writes_is_one_that_config_check_and_sync_take(
    run: Run, ask: Json, shop: Server, folder: Path
) -> None:
    file = folder / "lamps.yaml"
    assert _add(run, shop, "--to", str(file), "--yes").exit_code == 0
    assert run("config", "check").exit_code == 0
    assert run("sync").exit_code == 0
    (known,) = ask("store", "list")
    assert (known["store_id"], known["source_file"]) == ("lamps", "lamps.yaml")
    assert "exists already; --force writes over it" in _add(run, shop, "--to", str(file), "--yes").stderr


def test_to_print_needs_no_database(run: Run, shop: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = _add(run, shop, "--print")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("stores:\n- id: lamps\n")


@pytest.mark.parametrize("url", ["/nowhere", "http://127.0.0.1:1/lamp"], ids=["404", "unreachable"])
def test_of_pages_that_cannot_be_read_nothing_is_printed(run: Run, shop: Server, url: str) -> None:
    result = run("store", "add", shop.url(url) if url.startswith("/") else url, "--min-delay", "0s", "--print")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "none of its pages could be read" in result.stderr


def test_what_a_file_manages_is_not_changed_behind_its_back(run: Run, ask: Json, synced: Path, shop: Server) -> None:
    result = run("store", "add", "--domain", "other.de", "--id", "shop")
    assert result.exit_code == 1
    assert "store 'shop' is managed by shop.yaml (line 1): edit that file" in result.stderr
    taken = _add(run, shop, "--yes")
    assert f"the domain {_domain(shop)} belongs to the store 'shop', which shop.yaml manages" in taken.stderr
    assert [store["store_id"] for store in ask("store", "list")] == ["shop"]


def test_an_id_that_is_taken_is_said(run: Run, shop: Server) -> None:
    _add(run, shop, "--yes")
    assert "there is a store 'lamps' already" in run("store", "add", "--domain", "x.de", "--id", "lamps").stderr


def test_watches_without_a_store_are_the_new_stores(run: Run, ask: Json, shop: Server) -> None:
    run("watch", "add", shop.url("/lamp"), "--id", "lamp")
    run("watch", "add", "https://www.elsewhere.de/p/1", "--id", "other")
    assert "1 watch is its own now" in _add(run, shop, "--yes").stderr
    assert [ask("watch", "show", name)["definition"].get("store") for name in ("lamp", "other")] == ["lamps", None]


def test_a_sync_leaves_a_store_of_a_command_alone(run: Run, ask: Json, shop: Server, synced: Path) -> None:
    run("store", "add", "--domain", "shop.de", "--id", "mine")
    run("sync")
    (synced / "shop.yaml").unlink()
    run("sync")
    assert [store["store_id"] for store in ask("store", "list")] == ["mine"]


def test_a_test_reads_pages_as_a_check_does_and_says_what_is_read_without_strategies(
    run: Run, ask: Json, shop: Server
) -> None:
    pages = ["--test-url", shop.url("/lamp"), "--test-url", shop.url("/gone")]
    base = ["--domain", _domain(shop), "--min-delay", "0s", "--selector", "price=regex:lasts.(.)", *pages]
    run("store", "add", *base, "--id", "lamps", "--force")
    lamp, gone = ask("store", "test", "lamps")
    assert (lamp["outcome"], lamp["price"], lamp["currency"], lamp["method"]) == ("ok", "19.99", "EUR", "json_ld")
    assert lamp["without_strategies"]["price"] == "19.99"
    assert (gone["outcome"], gone["price"]) == ("gone", None)
    assert run("store", "test", "lamps").exit_code == 1
    one = run("store", "test", "lamps", shop.url("/lamp"))
    assert (one.exit_code, "19.99 EUR" in one.stdout) == (0, True)


def test_a_test_without_pages_takes_those_of_the_watches(run: Run, ask: Json, synced: Path, shop: Server) -> None:
    tried = ask("store", "test", "shop")
    assert sorted((page["url"], page["outcome"]) for page in tried) == [
        (shop.url("/gone"), "gone"),
        (shop.url("/kettle"), "ok"),
        (shop.url("/lamp"), "ok"),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lamp"], "there is no store lamp; did you mean 'lamps'?"),
        (["lamps"], "lamps has neither `test_urls` nor watches yet"),
        (["lamps", "https://other.de/1"], "https://other.de/1 is at none of the domains of 'lamps' (shop.de)"),
        (["lamps", "no-address"], "only http:// and https:// pages can be watched"),
    ],
)
def test_a_test_that_makes_no_sense_is_refused(run: Run, arguments: list[str], says: str) -> None:
    run("store", "add", "--domain", "shop.de", "--id", "lamps")
    result = run("store", "test", *arguments)
    assert result.exit_code == 1
    assert says in result.stderr


def test_a_store_that_was_not_synced_yet_can_be_tested(run: Run, ask: Json, folder: Path, shop: Server) -> None:
    text = f"stores: [{{id: new, domains: ['{_domain(shop)}'], test_urls: '{shop.url('/lamp')}'}}]"
    (folder / "new.yaml").write_text(text)
    assert [page["price"] for page in ask("store", "test", "new")] == ["19.99"]


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_what_is_exported_and_imported_is_exported_the_same(
    run: Run, ask: Json, shop: Server, tmp_path: Path, json_flag: list[str]
) -> None:
    run("store", "add", "--domain", "shop.de", "--selector", "price=css:.a", "--min-delay", "2.5s", "--name", "No: 1 #")
    _add(run, shop, "--yes")
    file = tmp_path / "shared.yaml"
    assert run("store", "export", *json_flag, "-o", str(file)).exit_code == 0
    first = file.read_text()
    assert [each["result"] for each in ask("store", "import", str(file))] == ["unchanged", "unchanged"]
    changed = first.replace("css:.a", "css:.b").replace("lamps", "lights").replace(_domain(shop), "lights.de")
    file.write_text(changed)
    assert [(e["store_id"], e["result"]) for e in ask("store", "import", str(file))] == [
        ("lights", "created"),
        ("shop-de", "updated"),
    ]
    assert run("store", "export", *json_flag, "lights", "shop-de").stdout == changed


def test_an_import_skips_what_is_not_its_own_and_says_why(
    run: Run, ask: Json, synced: Path, tmp_path: Path, shop: Server
) -> None:
    file = tmp_path / "shared.yaml"
    entries = [
        {"id": "shop", "domains": ["evil.de"]},
        {"id": "twin", "domains": [_domain(shop)]},
        {"id": "new", "domains": ["new.de"]},
    ]
    file.write_text(json.dumps({"stores": entries}))
    report = ask("store", "import", str(file))
    assert [(each["store_id"], each["result"]) for each in report] == [
        ("shop", "skipped"),
        ("twin", "skipped"),
        ("new", "created"),
    ]
    assert report[0]["why"].startswith("the store 'shop' is managed by shop.yaml")
    assert report[1]["why"].startswith(f"the domain {_domain(shop)} belongs to the store 'shop'")
    assert run("store", "import", str(file)).exit_code == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\x00\x01", "control character"),
        (b"stores: [{id: x, domains: [x.de], strategies: {price: 'css:'}}]", "price"),
        (b"stores: [{id: x, domains: [x.de], strategies: {price: 'xpath:document(1)'}}]", "is not a function of XPath"),
        (b"stores: [{id: x, domains: [x.de], evil: 1}]", "evil"),
        (b"stores: [{id: x, domains: [x.de]}, {id: x, domains: [y.de]}]", "store id 'x' is used twice"),
        (b"stores: [!!python/object/apply:os.system [ls]]", "tag"),
        (BOMB, "alias"),
        (b"[" * 5000, "1:"),
        (b"watches: []", "holds no store"),
        (b'{"stores": {"id": "x"}}', "must be a list"),
        (b"stores: [{id: x, domains: [x.de], name: " + b"n" * 20_000_000, "larger than 16 MB"),
    ],
)  # fmt: skip
def test_a_broken_or_hostile_file_changes_nothing(
    run: Run, ask: Json, tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "shared.yaml"
    file.write_bytes(content)
    result = run("store", "import", str(file))
    assert result.exit_code == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert ask("store", "list") == []


def test_a_file_that_is_not_there_is_said(run: Run, tmp_path: Path) -> None:
    assert f"there is no file {tmp_path / 'no.yaml'}" in run("store", "import", str(tmp_path / "no.yaml")).stderr
    assert "cannot be read" in run("store", "import", str(tmp_path)).stderr


def test_the_list_and_a_store_are_shown_to_people(run: Run) -> None:
    assert "No stores yet" in run("store", "list").stdout
    run("store", "add", "--domain", "shop.de", "--name", "[bold]Shop[/]")
    shown = run("store", "show", "shop-de").stdout
    assert "name: '[bold]Shop[/]'" in shown
    assert "# made by a command; watches: 0" in shown


def test_a_store_with_many_strategies_is_one_line_of_the_list(run: Run) -> None:
    fields = [word for field in ("title", "sku", "price") for word in ("--selector", f"{field}=css:.{field}")]
    assert run("store", "add", "--domain", "shop.de", *fields).exit_code == 0
    assert "price, 2 more" in run("store", "list").stdout
