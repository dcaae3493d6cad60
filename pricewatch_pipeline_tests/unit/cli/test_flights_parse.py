import json
import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from pricewatch_pipeline.cli.main import app
from pricewatch_pipeline_tests.unit.providers.google_flights.truths import SAMPLES

PWM = str(SAMPLES / "gf_ds1_PWM_JFK_Small_to_Major.js")


def test_lines_go_to_a_file_and_the_summary_to_the_terminal(tmp_path: Path) -> None:
    output = tmp_path / "fares.jsonl"
    result = CliRunner().invoke(app, ["flights", "parse", PWM, str(tmp_path / "gone"), "--output", str(output)])
    assert result.exit_code == 0
    assert len(output.read_text().splitlines()) == 19
    assert f"2 files read (1 ok, 1 not_found), 18 itineraries; written to {output}" in result.stderr


def test_without_an_output_lines_are_printed() -> None:
    result = CliRunner().invoke(app, ["flights", "parse", PWM])
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == [PWM] * 18


def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["flights", "parse", PWM, "--output", str(tmp_path / "no" / "folder")])
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr


def test_a_file_is_not_written_over_while_it_is_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("saved")
    result = CliRunner().invoke(
        app, ["flights", "parse", PWM, str(page), "--output", str(tmp_path / "." / "page.html")]
    )
    assert (result.exit_code, page.read_text()) == (1, "saved")
    assert "is one of the files to be read" in result.stderr


def test_a_name_that_is_no_utf_8_is_written_in_escapes(tmp_path: Path) -> None:
    output = tmp_path / "fares.jsonl"
    result = CliRunner().invoke(app, ["flights", "parse", "no\udcfftext", "--output", str(output)])
    assert result.exit_code == 0
    assert json.loads(output.read_bytes())["file"] == "no\udcfftext"


def test_lines_reach_a_pipe_also_when_the_errors_are_a_terminals() -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", "from pricewatch_pipeline.cli.main import main; main()", "flights", "parse", PWM]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=theirs, timeout=60, env={**os.environ, "TERM": "xterm"}, check=True
        )
    finally:
        os.close(theirs)
        os.close(ours)
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [PWM] * 18
