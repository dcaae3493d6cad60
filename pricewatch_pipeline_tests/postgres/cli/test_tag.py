"""`pricewatch tag ...`."""

from collections.abc import Callable
from typing import Any

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def things(run: Run) -> None:
    """Two watches, one tagged, and a product with one of its own."""
    run("watch", "add", "https://x.example/1", "--id", "lamp", "--tag", "light")
    run("watch", "add", "https://x.example/2", "--id", "oven")
    run("product", "add", "kettle", "--url", "https://x.example/3", "--tag", "tea")


def tags(ask: Json) -> dict[str, tuple[int, int, int]]:
    return {each["tag"]: (each["watches"], each["products"], each["rules"]) for each in ask("tag", "list")}


@pytest.mark.usefixtures("things")
def test_tags_are_given_and_taken_in_bulk(run: Run, ask: Json) -> None:
    assert tags(ask) == {"light": (1, 0, 0), "tea": (1, 1, 0)}
    assert run("tag", "add", "home", "lamp", "oven", "--product", "kettle").stdout == "Tagged 3 watches, 1 product.\n"
    assert run("tag", "add", "home", "lamp").stdout == "Unchanged: they have the tag already.\n"
    assert tags(ask) == {"home": (3, 1, 0), "light": (1, 0, 0), "tea": (1, 1, 0)}
    assert run("tag", "remove", "home", "lamp", "--product", "kettle").stdout == "Untagged 2 watches, 1 product.\n"
    assert tags(ask)["home"] == (1, 0, 0)
    assert run("tag", "remove", "nothing", "lamp").stdout == "Unchanged: none of them has the tag.\n"


@pytest.mark.usefixtures("things")
def test_a_tag_is_renamed_wherever_it_stands(run: Run, ask: Json, rows: Rows) -> None:
    rows("INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, scope_id) VALUES ('r', 'drop', 'tag', 'tea')")
    run("tag", "add", "drinks", "kettle-x-example")
    said = run("tag", "rename", "tea", "drinks")
    assert said.stdout == "tea is drinks now, on 1 watch, 1 product, 1 alert rule.\n"
    assert tags(ask) == {"drinks": (1, 1, 1), "light": (1, 0, 0)}
    assert run("tag", "rename", "drinks", "drinks").exit_code == 0
    assert tags(ask) == {"drinks": (1, 1, 1), "light": (1, 0, 0)}


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["add", "home"], 2, "name watches, or products with --product"),
        (["add", " ", "lamp"], 1, "is not a tag: 1 to 64 characters"),
        (["add", "home", "lamp", "lmp"], 1, "no such watch: lmp. Did you mean lamp?"),
        (["add", "home", "--product", "ketle"], 1, "there is no product ketle; did you mean 'kettle'?"),
        (["rename", "lihgt", "x"], 1, "nothing has the tag 'lihgt'; did you mean 'light'?"),
        (["rename", "light", ""], 1, "is not a tag"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    run: Run, ask: Json, arguments: list[str], code: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run("tag", *arguments)
    assert (result.exit_code, says in result.stderr) == (code, True), result.stderr
    assert tags(ask) == {"light": (1, 0, 0), "tea": (1, 1, 0)}


def test_a_tag_from_outside_does_nothing_to_the_terminal(run: Run) -> None:
    run("watch", "add", "https://x.example/1", "--id", "lamp")
    said = run("tag", "add", "\x1b[31m[bold]", "lamp")
    assert said.exit_code == 0
    shown = run("tag", "list").stdout + run("tag", "rename", "\x1b[31m[bold]", "[x]").stdout
    assert "\x1b" not in shown
    assert "[bold]" in shown
