"""From a watch file to prices, as a person at a terminal goes."""

from pathlib import Path

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.loopback import Server


def test_files_become_watches_and_watches_prices(synced: Path, run: Run, ask: Json) -> None:
    assert ask("sync")["partitions"]["added"] == ["gone", "kettle", "lamp"]
    assert run("sync").stdout == "Nothing to change: 3 watches, 1 stores, 0 products in 1 files.\n"

    listed = ask("watch", "list")
    assert [(w["watch_id"], w["state"], w["price"]) for w in listed] == [
        ("gone", "new", None),
        ("kettle", "new", None),
        ("lamp", "new", None),
    ]

    checked = ask("check", "lamp", "kettle", "gone", "lamp")
    assert [(c["watch_id"], c["outcome"], c["price"], c["availability"]) for c in checked["checks"]] == [
        ("lamp", "ok", "19.99", "InStock"),
        ("kettle", "ok", "35", "OutOfStock"),
        ("gone", "gone", None, None),
    ]
    assert checked["run_id"]

    (price,) = ask("history", "lamp")
    assert (price["price"], price["currency"], price["method"]) == ("19.99", "EUR", "json_ld")
    (check,) = ask("history", "gone", "--checks")
    assert (check["outcome"], check["kind"], check["run_id"]) == ("gone", "manual", checked["run_id"])
    assert "19.99 │" in run("history", "lamp").stdout
    assert "No price of gone yet." in run("history", "gone").stdout

    status = ask("status")
    assert status["outcomes"] == {"ok": 2, "gone": 1}
    assert (status["session"], status["fleet"]["watches"]) == (None, 3)
    assert [(w["watch_id"], w["state"]) for w in status["due"]] == [("gone", "new"), ("kettle", "ok"), ("lamp", "ok")]

    shown = ask("watch", "show", "lamp")
    assert shown["definition"]["query"]["url"].endswith("/lamp")
    assert shown["waits"].startswith("due, and nothing runs here that checks")
    assert [check["price"] for check in shown["checks"]] == ["19.99"]


def test_a_check_without_success_gives_exit_code_1(synced: Path, run: Run) -> None:
    assert run("check", "lamp").exit_code == 0
    mixed = run("check", "lamp", "gone")
    assert mixed.exit_code == 1
    assert "2 checked, 1 without a price" in mixed.stdout


def test_what_is_due_is_claimed_once(synced: Path, run: Run, ask: Json) -> None:
    first = ask("check", "--due")
    assert sorted(check["watch_id"] for check in first["checks"]) == ["gone", "kettle", "lamp"]
    assert all(check["next_due_at"] for check in first["checks"])
    again = run("check", "--due")
    assert again.exit_code == 0
    assert "Nothing was due" in again.stdout
    (failing,) = ask("status")["failing"]
    assert (failing["watch_id"], failing["failures"], failing["outcome"]) == ("gone", 1, "gone")


def test_a_check_by_hand_moves_the_schedule_only_when_told_to(synced: Path, ask: Json) -> None:
    due_at = ask("watch", "show", "lamp")["state"]["next_due_at"]
    ask("check", "lamp")
    assert ask("watch", "show", "lamp")["state"]["next_due_at"] == due_at
    ask("check", "lamp", "--reschedule")
    assert ask("watch", "show", "lamp")["state"]["next_due_at"] > due_at


def test_all_leaves_out_what_is_paused(synced: Path, run: Run, ask: Json) -> None:
    run("watch", "pause", "gone")
    assert [check["watch_id"] for check in ask("check", "--all")["checks"]] == ["kettle", "lamp"]
    assert [check["watch_id"] for check in ask("check", "--provider", "retail")["checks"]] == ["kettle", "lamp"]


def test_without_watches_there_is_nothing_to_check(run: Run) -> None:
    result = run("check", "--all")
    assert result.exit_code == 0
    assert "There is no watch to check" in result.stderr


def test_a_broken_file_changes_nothing_and_the_others_are_synced(
    synced: Path, run: Run, ask: Json, shop: Server
) -> None:
    (synced / "shop.yaml").write_text("watches: [{id: lamp, every: 1s}]")
    (synced / "new.yaml").write_text(f"watches: [{{id: new, url: '{shop.url('/lamp')}', cron: 0 0 30 2 *}}]")
    report = ask("sync")
    assert (report["created"], report["archived"], report["partitions"]["removed"]) == (["new"], [], [])
    assert any(issue.startswith("watches/shop.yaml:1:") for issue in report["issues"])
    result = run("sync")
    assert result.exit_code == 1
    assert "error: watches/shop.yaml:1:" in result.stderr
    assert "warning: watches/new.yaml:1:" in result.stderr
    assert "The files without errors are synced" in result.stdout


def test_a_vanished_watch_is_archived_and_keeps_its_history(synced: Path, run: Run, ask: Json) -> None:
    run("check", "lamp")
    (synced / "shop.yaml").unlink()
    report = ask("sync")
    assert report["archived"] == report["partitions"]["removed"] == ["gone", "kettle", "lamp"]
    assert ask("watch", "list") == []
    assert [w["watch_id"] for w in ask("watch", "list", "--state", "archived")] == ["gone", "kettle", "lamp"]
    assert len(ask("history", "lamp")) == 1


def test_a_sync_that_finds_no_folder_changes_nothing(synced: Path, run: Run, ask: Json) -> None:
    (synced / "shop.yaml").rename(synced.parent / "kept.yaml")
    synced.rmdir()
    result = run("sync")
    assert result.exit_code == 1
    assert f"there is no watch folder {synced}" in result.stderr
    assert len(ask("watch", "list")) == 3


def test_a_text_of_a_page_does_not_act_as_markup(synced: Path, run: Run, database_url: str) -> None:
    database = Database(database_url)
    try:
        database.run(lambda c: c.exec_driver_sql("UPDATE pricewatch.watches SET title = '[red]Sale[/] [/nope]'"))
    finally:
        database.close()
    assert "[red]Sale[/] [/nope]" in run("watch", "show", "lamp").stdout
