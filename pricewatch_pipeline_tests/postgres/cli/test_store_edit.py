"""`pricewatch store edit` and `remove`."""

from collections.abc import Callable
from typing import Any

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def shops(run: Run) -> None:
    """Two stores made by commands, and a watch at the first."""
    run("store", "add", "--id", "x", "--domain", "x.example", "--currency", "EUR", "--selector", "price=css:.price")
    run("store", "add", "--id", "y", "--domain", "y.example")
    run("watch", "add", "https://x.example/1", "--id", "lamp")


def definition(ask: Json, store: str) -> Any:
    return ask("store", "show", store)["definition"]


@pytest.mark.usefixtures("shops")
def test_fields_are_changed_one_by_one_and_taken_away(run: Run, ask: Json, rows: Rows) -> None:
    changed = run(
        "store", "edit", "x", "--locale", "de-DE", "--min-delay", "3s", "--selector", "availability=css:.stock"
    )
    assert changed.exit_code == 0, changed.stderr
    assert definition(ask, "x") == {
        "id": "x",
        "domains": ["x.example"],
        "locale": "de-DE",
        "currency": "EUR",
        "politeness": {"min_delay": "3s"},
        "strategies": {"price": "css:.price", "availability": "css:.stock"},
    }
    assert rows("SELECT min_delay_s FROM pricewatch.hosts WHERE host = 'x.example'") == [{"min_delay_s": 3.0}]
    run(
        "store",
        "edit",
        "x",
        "--currency",
        "",
        "--min-delay",
        "",
        "--selector",
        "price=",
        "--selector",
        "price=json:$.p",
    )
    assert definition(ask, "x") == {
        "id": "x",
        "domains": ["x.example"],
        "locale": "de-DE",
        "strategies": {"price": "json:$.p", "availability": "css:.stock"},
    }
    run("store", "edit", "x", "--selector", "price=", "--selector", "availability=")
    assert "strategies" not in definition(ask, "x")


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize(("field", "kept"), [(["--fetcher", "browser"], None), (["--name", "A shop"], "impersonate")])
def test_what_was_learnt_is_forgotten_when_the_way_of_fetching_changes(
    run: Run, rows: Rows, field: list[str], kept: str | None
) -> None:
    rows("UPDATE pricewatch.stores SET fetcher = 'auto', learned_fetcher = 'impersonate' WHERE store_id = 'x'")
    run("store", "edit", "x", *field)
    assert rows("SELECT learned_fetcher FROM pricewatch.stores WHERE store_id = 'x'") == [{"learned_fetcher": kept}]


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["x", "--currency", "eur"], 1, "currency: 'eur' is not a currency; did you mean EUR?"),
        (["x", "--domain", "y.example"], 1, "the domain y.example belongs to the store 'y'"),
        (["x", "--domain", ""], 1, "`domains` is required"),
        (["xx", "--currency", "EUR"], 1, "there is no store xx; did you mean 'x'?"),
        (["x", "--selector", "price"], 2, "write it as FIELD=KIND:EXPRESSION"),
        (["x"], 2, "say what to change"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    run: Run, ask: Json, arguments: list[str], code: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    before = definition(ask, "x")
    result = run("store", "edit", *arguments)
    assert (result.exit_code, says in result.stderr) == (code, True), result.stderr
    assert definition(ask, "x") == before


@pytest.mark.usefixtures("shops")
def test_a_removed_store_leaves_its_watches_and_its_domain_is_free(run: Run, ask: Json, rows: Rows) -> None:
    run("store", "edit", "x", "--min-delay", "3s")
    refused = run("store", "remove", "x", input="n\n")
    assert (refused.exit_code, len(ask("store", "list"))) == (1, 2)
    assert "1 watch has no store then" in refused.stdout
    assert run("store", "remove", "x", "--yes").exit_code == 0
    assert [each["store_id"] for each in ask("store", "list")] == ["y"]
    assert rows("SELECT store_id, is_active FROM pricewatch.watches") == [{"store_id": None, "is_active": True}]
    assert rows("SELECT min_delay_s FROM pricewatch.hosts WHERE host = 'x.example'") == [{"min_delay_s": 1.0}]
    run("store", "add", "--id", "z", "--domain", "x.example")
    assert rows("SELECT store_id FROM pricewatch.watches") == [{"store_id": "z"}]
