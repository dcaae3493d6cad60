from pathlib import Path

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.loopback import Server


def test_a_watch_is_added_edited_paused_resumed_and_removed(run: Run, ask: Json, shop: Server) -> None:
    added = run("watch", "add", shop.url("/lamp"), "--id", "lamp", "--every", "2h", "--target", "15.5", "--tag", "home")
    assert added.stdout.startswith("Watching lamp.")
    run("watch", "edit", "lamp", "--cron", "0 9 * * mon-fri", "--timezone", "Europe/Berlin", "--currency", "EUR")
    definition = ask("watch", "show", "lamp")["definition"]
    assert definition == {
        "id": "lamp",
        "provider": "retail",
        "query": {"url": shop.url("/lamp")},
        "tags": ["home"],
        "cron": "0 9 * * mon-fri",
        "timezone": "Europe/Berlin",
        "target": {"amount": "15.5", "currency": "EUR"},
    }
    assert [w["watch_id"] for w in ask("watch", "list", "--tag", "home")] == ["lamp"]

    assert run("watch", "pause", "lamp", "lamp").stdout == "Paused lamp.\n"
    assert run("watch", "pause", "lamp").stdout == "Unchanged, for they were paused already: lamp.\n"
    assert "paused by command" in ask("watch", "show", "lamp")["waits"]
    assert run("watch", "resume", "lamp").stdout == "Resumed lamp.\n"

    assert run("watch", "remove", "lamp", input="n\n").exit_code == 1
    assert len(ask("watch", "list")) == 1
    assert run("watch", "remove", "lamp", "--yes").exit_code == 0
    assert ask("watch", "list") == []
    assert ask("watch", "list", "--all")[0]["state"] == "archived"


def test_another_page_is_taken_with_its_own_store(synced: Path, run: Run, ask: Json, shop: Server) -> None:
    run("watch", "add", "https://shop.invalid/lamp", "--id", "mine")
    assert "store" not in ask("watch", "show", "mine")["definition"]
    run("watch", "edit", "mine", "--url", shop.url("/lamp"), "--title", "Lamp")
    definition = ask("watch", "show", "mine")["definition"]
    assert (definition["query"]["url"], definition["store"]) == (shop.url("/lamp"), "shop")
    run("watch", "edit", "mine", "--title", "")
    assert "title" not in ask("watch", "show", "mine")["definition"]


def test_an_id_is_made_from_the_url(run: Run, ask: Json) -> None:
    run("watch", "add", "https://www.lampen.de/p/blue-kettle.html")
    assert [w["watch_id"] for w in ask("watch", "list")] == ["lampen-de-blue-kettle"]


def test_a_page_that_is_watched_already_is_a_warning_that_names_the_watch(run: Run) -> None:
    assert "watched already" not in run("watch", "add", "https://www.lampen.de/p/kettle?v=1").stderr
    again = run("watch", "add", "https://www.lampen.de/p/kettle?utm_source=mail&v=1", "--id", "again")
    assert "the page of again is watched already, as lampen-de-kettle" in again.stderr
    assert "watched already" not in run("watch", "add", "https://www.lampen.de/p/kettle?v=2", "--id", "other").stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--every", "30s"], "every: 30s is below the shortest interval of 1 minute"),
        (["--every", "1h", "--cron", "0 9 * * *"], "cron: a watch has `every` or `cron`, not both"),
        (["--cron", "0 0 30 2 *"], "it cannot be scheduled: cron '0 0 30 2 *' never fires"),
        (["--timezone", "Mars/X"], "it cannot be scheduled: 'Mars/X' is not a time zone"),
        (["--cron", "0 9 * *"], "cron: '0 9 * *' is not a cron expression: it has 4 fields, not 5"),
        (["--target", "1,50"], "target.amount: '1,50' is not an amount; write the decimals with a point"),
        (["--target", "5", "--currency", "eur"], "target.currency: 'eur' is not a currency; did you mean EUR?"),
        (["--store", "shpo"], "store: unknown store 'shpo'; did you mean 'shop'?"),
        (["--product", "none"], "product: unknown product 'none'"),
        (["--priority", "11"], "priority: must be less than or equal to 10"),
        (["--provider", "nope"], "provider: unknown provider 'nope'"),
        (["--id", "No Spaces"], "id: "),
        (["--id", "lamp"], "there is a watch 'lamp' already; choose another id"),
    ],
)
def test_a_bad_flag_is_named_with_what_is_allowed(
    synced: Path, run: Run, ask: Json, arguments: list[str], says: str
) -> None:
    result = run("watch", "add", "https://shop.invalid/x", *arguments)
    assert result.exit_code == 1
    assert f"error: {says}" in result.stderr
    assert len(ask("watch", "list")) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["watch", "add"], "give the URL of a page"),
        (["watch", "add", "--query", "{"], "--query is not JSON"),
        (["watch", "add", "--query", "[1]"], "--query must be a JSON object"),
        (["watch", "edit", "lamp"], "say what to change"),
        (["watch", "list", "--state", "bad"], "Invalid value for '--state': 'bad' is not one of 'ok', 'new'"),
        (["check"], "say what to check"),
        (["check", "lamp", "--all"], "say what to check"),
        (["check", "--due", "--reschedule"], "leave it out with --due"),
        (["history", "lamp", "--limit", "0"], "--limit"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(
    run: Run, arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("command", [["edit", "lamp", "--every", "1h"], ["remove", "lamp", "--yes"]])
def test_what_a_file_manages_is_the_files(synced: Path, run: Run, command: list[str]) -> None:
    result = run("watch", *command)
    assert result.exit_code == 1
    assert "watch 'lamp' is managed by shop.yaml (line 3): edit that file" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["watch", "show", "lampe"],
        ["watch", "edit", "lampe", "--every", "1h"],
        ["watch", "pause", "lamp", "lampe"],
        ["watch", "remove", "lampe", "--yes"],
        ["check", "lampe"],
        ["history", "lampe"],
        ["history", "lampe", "--checks"],
    ],
)
def test_an_unknown_watch_is_guessed(synced: Path, run: Run, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 1
    assert "no such watch: lampe. Did you mean lamp? `pricewatch watch list` shows those there are." in result.stderr


def test_resuming_what_was_removed_says_what_it_is_and_how_it_comes_back(run: Run) -> None:
    run("watch", "add", "https://shop.invalid/x", "--id", "old")
    run("watch", "remove", "old", "--yes")
    result = run("watch", "resume", "old", "nowhere")
    assert result.exit_code == 1
    assert "watch 'old' is archived: it was removed on 20" in result.stderr
    assert "To watch it again: `pricewatch watch add URL --id old`." in result.stderr
    assert "no such watch: nowhere." in result.stderr


def test_resuming_what_vanished_from_its_file_names_the_file(synced: Path, run: Run) -> None:
    (synced / "shop.yaml").write_text("watches: []")
    run("sync")
    result = run("watch", "resume", "lamp")
    assert result.exit_code == 1
    assert "watch 'lamp' is archived: it vanished from shop.yaml on 20" in result.stderr


def test_a_page_that_will_be_refused_is_a_warning_that_says_how_to_allow_it(run: Run) -> None:
    for command in (["add", "http://10.1.2.3/x", "--id", "mine"], ["edit", "mine", "--url", "http://10.1.2.4/x"]):
        result = run("watch", *command)
        assert result.exit_code == 0
        assert "warning: its checks will be refused: 'http://10.1.2." in result.stderr
        assert (
            "is not a public address; if you mean to reach it, list it in PRICEWATCH_ALLOWED_ADDRESSES" in result.stderr
        )
    assert "warning" not in run("watch", "edit", "mine", "--url", "https://shop.invalid/x").stderr


def test_a_pause_of_the_file_outlives_resume(folder: Path, run: Run, shop: Server) -> None:
    (folder / "a.yaml").write_text(f"watches: [{{id: lamp, url: '{shop.url('/lamp')}', paused: true}}]")
    run("sync")
    result = run("watch", "resume", "lamp")
    assert "lamp stays paused by its definition: change `paused:` in a.yaml." in result.stderr


def test_an_unknown_provider_names_those_there_are(run: Run) -> None:
    result = run("watch", "list", "--provider", "nope")
    assert result.exit_code == 1
    assert "unknown provider 'nope'; there are: google_flights, retail, sec_form4" in result.stderr
