"""`pricewatch product add`, `edit` and `delete`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.loopback import Server

Rows = Callable[..., list[dict[str, Any]]]

PRODUCTS = """
    SELECT product_id, title, is_favourite, pack_size, pack_unit, currency, notes, primary_watch_id,
           array(SELECT tag FROM pricewatch.product_tags t WHERE t.product_id = p.product_id ORDER BY tag) AS tags
    FROM pricewatch.products p
"""


def add(run: Run, *arguments: str) -> Any:
    return run("product", "add", "kettle", *arguments)


def test_a_product_is_added_with_its_pages_edited_and_deleted(run: Run, ask: Json, rows: Rows, shop: Server) -> None:
    added = add(
        run, "--title", "A kettle", "--url", shop.url("/kettle"), "--url", "https://other.example/42", "--tag", "kitchen",
        "--favourite", "--pack", "500 g", "--currency", "EUR", "--notes", "For tea", "--primary", "https://other.example/42",
    )  # fmt: skip
    assert added.exit_code == 0, added.stderr
    (product,) = rows(PRODUCTS)
    watches = {w["url"]: w["watch_id"] for w in ask("watch", "list", "--tag", "kitchen")}
    assert set(watches) == {shop.url("/kettle"), "https://other.example/42"}
    assert f"{product['pack_size'].normalize():f} {product['pack_unit']}" == "0.5 kg"
    assert (product["title"], product["is_favourite"], product["currency"], product["notes"], product["tags"]) == (
        "A kettle", True, "EUR", "For tea", ["kitchen"],
    )  # fmt: skip
    assert product["primary_watch_id"] == watches["https://other.example/42"]

    edited = run("product", "edit", "kettle", "--no-favourite", "--notes", "", "--url", "https://third.example/k")
    assert edited.exit_code == 0, edited.stderr
    (product,) = rows(PRODUCTS)
    assert (product["is_favourite"], product["notes"], product["title"]) == (False, None, "A kettle")
    assert product["primary_watch_id"] == watches["https://other.example/42"]
    assert len(ask("watch", "list")) == 3

    refused = run("product", "delete", "kettle", input="n\n")
    assert refused.exit_code == 1
    assert "This takes away 1 product (kettle), 3 watches (" in refused.stdout
    assert "The history stays: no history; --purge deletes it too." in refused.stdout
    assert len(rows(PRODUCTS)) == 1
    assert run("product", "delete", "kettle", "--yes").exit_code == 0
    assert (rows(PRODUCTS), ask("watch", "list"), len(ask("watch", "list", "--all"))) == ([], [], 3)


def test_what_a_purge_takes_is_counted_before(run: Run, rows: Rows, shop: Server) -> None:
    add(run, "--url", shop.url("/kettle"))
    run("check", "--all")
    asked = run("product", "delete", "kettle", "--purge", input="y\n")
    assert "with 1 snapshot, 1 check. None of it can be had back." in asked.stdout
    assert asked.exit_code == 0
    assert rows("SELECT 1 FROM pricewatch.price_snapshots UNION ALL SELECT 1 FROM pricewatch.watches") == []


def test_watches_of_a_product_follow_its_title_and_tags_and_keep_their_own(run: Run, rows: Rows) -> None:
    add(run, "--title", "Kettle", "--tag", "a", "--url", "https://x.example/1", "--url", "https://y.example/1")
    run("watch", "edit", "kettle-x-example", "--title", "Mine", "--tag", "a", "--tag", "own")
    run("product", "edit", "kettle", "--title", "Teapot", "--tag", "b")
    found = rows("SELECT watch_id, title, tags FROM pricewatch.watches ORDER BY watch_id")
    assert [(w["watch_id"], w["title"], w["tags"]) for w in found] == [
        ("kettle-x-example", "Mine", ["b", "own"]),
        ("kettle-y-example", "Teapot", ["b"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--pack", "many"], "pack: 'many' is not the size of a pack"),
        (["--currency", "euro"], "currency: 'euro' is not a currency"),
        (["--url", "file:///etc/passwd"], "http"),
        (["--tag", "x" * 65], "tags[0]: "),
        (["--primary", "nowhere"], "primary: no watch 'nowhere' of this product; it has none"),
        (["--url", "https://x.example/1", "--primary", "kettle-x"], "did you mean 'kettle-x-example'?"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_added(run: Run, rows: Rows, arguments: list[str], says: str) -> None:
    result = add(run, *arguments)
    assert result.exit_code == 1
    assert says in result.stderr
    assert rows("SELECT product_id FROM pricewatch.products UNION SELECT watch_id FROM pricewatch.watches") == []


def test_ids_are_given_once(run: Run) -> None:
    add(run, "--url", "https://x.example/1")
    assert "there is a product 'kettle' already" in add(run).stderr
    run("watch", "add", "https://y.example/1", "--id", "teapot-y-example")
    taken = run("product", "add", "teapot", "--url", "https://y.example/2")
    assert "there is a watch 'teapot-y-example' already" in taken.stderr
    assert "`pricewatch watch edit teapot-y-example --product teapot`" in taken.stderr


def test_nothing_to_change_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run("product", "edit", "kettle")
    assert (result.exit_code, "say what to change" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "command",
    [
        ["product", "edit", "kettle", "--favourite"],
        ["product", "delete", "kettle", "--yes"],
        ["tag", "add", "tea", "--product", "kettle"],
        ["tag", "rename", "kitchen", "home"],
        ["tag", "remove", "kitchen", "kettle-x"],
        ["watch", "remove", "kettle-x", "--purge", "--yes"],
        ["store", "edit", "x", "--currency", "EUR"],
        ["store", "remove", "x", "--yes"],
    ],
)
def test_what_a_file_manages_is_the_files(run: Run, rows: Rows, folder: Path, command: list[str]) -> None:
    (folder / "tea.yaml").write_text(
        "stores: [{id: x, domains: [x.example]}]\n"
        "products:\n  - {id: kettle, tags: [kitchen], urls: ['https://x.example/1']}\n"
    )
    run("sync")
    (before,) = rows("SELECT p.*, w.tags FROM pricewatch.products p JOIN pricewatch.watches w USING (product_id)")
    result = run(*command)
    assert result.exit_code == 1
    line = 1 if command[0] == "store" else 3
    assert f"is managed by tea.yaml (line {line}): edit that file and run `pricewatch sync`" in result.stderr
    assert rows("SELECT p.*, w.tags FROM pricewatch.products p JOIN pricewatch.watches w USING (product_id)") == [
        before
    ]
