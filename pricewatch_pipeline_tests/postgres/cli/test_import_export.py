"""`pricewatch import` and `export` as a person at a terminal uses them."""

import csv
import json
from pathlib import Path

import pytest

from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.foreign_exports import CHANGEDETECTION


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(
        "url,title\nhttps://shop.de/lamp,Lamp\nnot a url,Kettle\nhttps://shop.de/mill,Mill\n", encoding="utf-16"
    )
    return path


def test_a_table_is_watched_and_its_partitions_are_there(run: Run, ask: Json, table: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    result = run("import", str(table), "--tag", "x", "--every", "2h", "--report", str(report))
    assert result.exit_code == 1  # a row was wrong
    assert "2 created, 0 updated, 1 skipped (1 of them because something is wrong with them)" in result.stdout
    assert "line 3" in result.stdout
    with report.open(encoding="utf-8", newline="") as file:
        assert [row["result"] for row in csv.DictReader(file)] == ["created", "skipped", "created"]
    assert [(w["watch_id"], w["tags"], w["every_s"]) for w in ask("watch", "list")] == [
        ("shop-de-lamp", ["x"], 7200), ("shop-de-mill", ["x"], 7200),
    ]  # fmt: skip
    assert ask("sync")["partitions"]["added"] == []
    assert run("import", str(table), "--report", str(report)).exit_code == 1
    assert "exists already; --force writes over it" in run("import", str(table), "--report", str(report)).stderr


def test_a_dry_run_changes_nothing(run: Run, ask: Json, table: Path) -> None:
    result = run("import", str(table), "--dry-run")
    assert "Nothing was changed. It would be: 2 created" in result.stdout
    assert ask("watch", "list") == []


def test_tags_beside_the_file_name_the_tags(ask: Json) -> None:
    found = ask("import", str(CHANGEDETECTION / "watches.json"))
    assert found["summary"] == {"created": 2, "updated": 0, "skipped": 1, "faults": 0, "past_prices": 0}
    assert [watch["tags"] for watch in ask("watch", "list")] == [[], ["Kitchen"]]


def test_standard_input(run: Run, ask: Json) -> None:
    assert run("import", "-", input="https://shop.de/lamp\n").exit_code == 0
    assert [watch["watch_id"] for watch in ask("watch", "list")] == ["shop-de-lamp"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import", "nowhere.csv"), "there is no file nowhere.csv"),
        (("import", ".", "--format", "csv"), "cannot be read"),
        (("import", __file__, "--tags-file", __file__), "is not the answer of changedetection.io about its tags"),
        (("export", "--output", "/nowhere/x.yaml"), "there is no folder /nowhere"),
    ],
)
def test_what_cannot_be_read_or_written_is_said(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in " ".join(result.stderr.split())


def test_a_dash_is_standard_output(run: Run) -> None:
    run("import", "-", input="https://shop.de/lamp light\n")
    assert "https://shop.de/lamp" in run("export", "--output", "-").stdout
    assert not Path("-").exists()


def test_an_export_is_a_watch_file(run: Run, ask: Json, folder: Path) -> None:
    run("import", "-", input="https://shop.de/lamp light\n")
    assert run("export", "--output", str(folder / "exported.yaml")).exit_code == 0
    assert ask("sync")["issues"] == []
    (watch,) = ask("watch", "list")
    assert watch["source_file"] == "exported.yaml"
    assert run("export").stdout == "watches: []\n"
    assert '# in "exported.yaml"' in run("export", "--all").stdout
    assert json.loads(run("export", "--all", "--format", "json").stdout)["watches"][0]["id"] == "shop-de-lamp"
    assert run("export", "--all", "--format", "urls").stdout == "https://shop.de/lamp light\n"
