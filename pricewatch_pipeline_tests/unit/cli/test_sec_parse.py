import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pricewatch_pipeline.cli.files import whole_file
from pricewatch_pipeline.cli.main import app
from pricewatch_pipeline.cli.sec_parse import problem_texts
from pricewatch_pipeline_tests.unit.providers.sec_form4.truths import SAMPLES

APPLE = str(SAMPLES / "f4_aapl_0000320193-22-000061.txt")
NO_SECURITIES = str(SAMPLES / "f3_spwr_nosecurities.xml")
RENDERED = str(SAMPLES / "374WaterForm4.html")


def test_lines_go_to_a_file_and_problems_and_the_summary_to_the_terminal(tmp_path: Path) -> None:
    output = tmp_path / "trades.jsonl"
    result = CliRunner().invoke(app, ["sec", "parse", APPLE, RENDERED, NO_SECURITIES, "--output", str(output)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert len(output.read_text().splitlines()) == 7
    assert f"{RENDERED}: a filing rendered as HTML" in result.stderr
    assert "3 files: 2 filings with 7 transactions and 0 holdings, 1 of them without any, 1 not read, " in result.stderr
    assert result.stderr.endswith(f"files a second; written to {output}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["trades.jsonl"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["in/a.json"], ["[yellow]in/a.json:[/] JSON"]),
        (["in/a.json", "in/b.json"], ["[yellow]2 files:[/] JSON", "  a.json, b.json"]),
        (["x/a.json", "y/a.json", "y/b.json"], ["[yellow]3 files:[/] JSON", "  x/a.json, y/a.json, b.json"]),
        (
            [f"in/{n}" for n in range(12)],
            ["[yellow]12 files:[/] JSON", "  0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"],
        ),
    ],
)
def test_what_is_wrong_is_said_once_with_the_files_named_shortly(files: list[str], said: list[str]) -> None:
    assert list(problem_texts({"JSON": files})) == said


def test_files_of_one_kind_have_one_hint(tmp_path: Path) -> None:
    copy = tmp_path / "copy.html"
    copy.write_bytes(Path(RENDERED).read_bytes())
    result = CliRunner().invoke(app, ["sec", "parse", RENDERED, APPLE, str(copy)])
    assert result.exit_code == 0
    assert result.stderr.count("rendered as HTML") == 1
    assert "2 files: a filing rendered as HTML" in result.stderr
    assert "  374WaterForm4.html, copy.html\n" in result.stderr


def test_where_no_file_is_a_filing_the_exit_code_is_1_and_the_old_output_stays(tmp_path: Path) -> None:
    output = tmp_path / "trades.jsonl"
    output.write_text("old")
    gone = str(tmp_path / "gone")
    result = CliRunner().invoke(app, ["sec", "parse", RENDERED, gone, "--output", str(output)])
    assert (result.exit_code, output.read_text()) == (1, "old")
    assert f"{gone}: there is no such file\n" in result.stderr
    assert "2 files: 0 filings" in result.stderr
    assert "written" not in result.stderr


def test_a_file_is_not_written_over_while_it_is_read(tmp_path: Path) -> None:
    saved = tmp_path / "form4.xml"
    saved.write_text("saved")
    result = CliRunner().invoke(app, ["sec", "parse", APPLE, str(saved), "--output", str(tmp_path / "." / "form4.xml")])
    assert (result.exit_code, saved.read_text()) == (1, "saved")
    assert "is one of the files to be read" in result.stderr


def test_an_output_in_a_folder_that_is_not_there_names_the_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["sec", "parse", APPLE, "--output", str(tmp_path / "gone" / "out.jsonl")])
    assert result.exit_code == 1
    assert f"there is no folder {tmp_path / 'gone'}; make it first" in result.stderr.replace("\n", " ")
    assert ".part" not in result.stderr


def test_a_reader_that_has_seen_enough_ends_it_without_a_word() -> None:
    command = [sys.executable, "-c", "from pricewatch_pipeline.cli.main import main; main()", "sec", "parse"]
    with subprocess.Popen([*command, *[APPLE] * 40], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["file"] == APPLE
        process.stdout.close()
        said = process.stderr.read()
        assert (process.wait(60), said) == (0, b"")


def _write_half(path: Path) -> None:
    with whole_file(path) as file:
        file.write("half")
        raise KeyboardInterrupt


def test_what_ends_the_work_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "trades.jsonl"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        _write_half(path)
    assert (path.read_text(), len(list(tmp_path.iterdir()))) == ("old", 1)


def test_a_whole_file_replaces_what_a_link_leads_to_and_writes_into_devices(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with whole_file(link) as file:
        file.write("new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")
    with whole_file(Path(os.devnull)) as file:
        file.write("lines")
    assert Path(os.devnull).is_char_device()


def test_a_pipe_by_its_name_is_written_as_a_pipe() -> None:
    reader, writer = os.pipe()
    with whole_file(Path(f"/dev/fd/{writer}")) as file:
        file.write("lines")
    os.close(writer)
    with os.fdopen(reader) as lines:
        assert lines.read() == "lines"
