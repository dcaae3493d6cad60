import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pricewatch_pipeline.cli.config import app

WRONG = "watches:\n  - id: a\n    url: http://shop.de/1\n    every: 30s\n    prio: 3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "watches"
    path.mkdir()
    return path


def test_valid_files_are_counted(folder: Path) -> None:
    (folder / "a.yaml").write_text("watches: [{id: a, url: http://shop.de/1}]\nstores: [{id: s, domains: [shop.de]}]")
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert result.exit_code == 0
    assert result.stdout == "ok: 1 watch, 1 store, 0 products in 1 file\n"


def test_every_error_is_printed_on_a_line_of_its_own(folder: Path) -> None:
    (folder / "a.yaml").write_text(WRONG)
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert result.exit_code == 1
    every, prio, *_ = result.stderr.splitlines()
    assert every.startswith(
        "error: watches/a.yaml:4:5: watches[0].every: 30s is below the shortest interval of 1 minute"
    )
    assert prio.startswith("error: watches/a.yaml:5:5: watches[0].prio: unknown field; did you mean 'priority'?")
    assert "2 errors in 1 of 1 file; a file with errors changes nothing." in result.stderr


def test_a_watch_that_cannot_be_scheduled_is_a_warning(folder: Path) -> None:
    (folder / "a.yaml").write_text("watches: [{id: a, url: http://shop.de/1, cron: 0 0 30 2 *}]")
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert result.exit_code == 0
    assert "warning: watches/a.yaml:1:" in result.stderr
    assert "never fires" in result.stderr


def test_what_this_machine_cannot_keep_is_a_warning_with_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICEWATCH_PROXIES", "home=http://proxy.example:3128")
    monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", "192.168.0.0/16")
    (folder / "a.yaml").write_text(
        "watches:\n  - id: mine\n    url: http://192.168.1.2:8080/1\n  - id: refused\n    url: http://10.0.0.1/1\n"
        "stores:\n  - id: s\n    domains: [shop.de]\n    proxies: [home, direct, hom]\n"
    )
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert result.exit_code == 0
    url, proxy = result.stderr.splitlines()
    assert url.startswith(
        "warning: watches/a.yaml:5:5: watches[1].url: its checks will be refused: 'http://10.0.0.1/1'"
    )
    assert proxy == (
        "warning: watches/a.yaml:9:29: stores[0].proxies.use[2]: PRICEWATCH_PROXIES names no proxy 'hom' here; "
        "did you mean 'home'? (allowed: direct, home); add hom=http://HOST:PORT to it"
    )


def test_the_report_is_json_on_request(folder: Path) -> None:
    (folder / "a.yaml").write_text(WRONG)
    (folder / "b.yaml").write_text("watches: [{id: b, url: http://shop.de/1}]")
    result = CliRunner().invoke(app, ["check", str(folder), "--json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["is_valid"], report["watches"]) == (False, 1)
    assert [file["is_valid"] for file in report["files"]] == [False, True]
    first = report["files"][0]["errors"][0]
    assert (first["file"], first["line"], first["column"], first["field"]) == (
        "watches/a.yaml",
        4,
        5,
        "watches[0].every",
    )


def test_the_folder_of_the_settings_is_checked_by_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_WATCHES_DIR", str(folder))
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == 0
    assert "No watch files in" in result.stdout


def test_a_folder_that_is_not_there_says_what_to_do(folder: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(folder / "nope")])
    assert result.exit_code == 1
    assert "there is no watch folder" in result.stderr


def test_the_schema_is_printed_or_written(folder: Path) -> None:
    printed = CliRunner().invoke(app, ["schema"])
    target = folder / "schema.json"
    written = CliRunner().invoke(app, ["schema", "--output", str(target)])
    assert printed.exit_code == written.exit_code == 0
    assert json.loads(printed.stdout) == json.loads(target.read_text())


def test_a_schema_that_cannot_be_written_is_an_error(folder: Path) -> None:
    result = CliRunner().invoke(app, ["schema", "--output", str(folder / "no" / "schema.json")])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
