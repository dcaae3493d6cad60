import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pricewatch_pipeline import __version__
from pricewatch_pipeline.cli.batch import COMMANDS as BATCH_COMMANDS
from pricewatch_pipeline.cli.flights import COMMANDS as FLIGHT_COMMANDS
from pricewatch_pipeline.cli.lazy import Later, LazyGroup, group_of, load
from pricewatch_pipeline.cli.main import COMMANDS, app
from pricewatch_pipeline.cli.watch import COMMANDS as WATCH_COMMANDS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "command-line.md"
HEAVY = ("dagster", "pandas", "google.protobuf", "airportsdata", "orjson")
LIGHT = ("config", "extract", "parse-price", "try", "history", "status", "doctor", "host")


def _commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words, those of groups included."""
    for name, later in COMMANDS.items():
        yield from _below((name,), load(name, later))


def _below(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    table: Mapping[str, Later] = command.table if isinstance(command, LazyGroup) else {}
    inner = {name: load(name, later) for name, later in table.items()} or getattr(command, "commands", {})
    if not inner:
        yield words, command
    for name, each in inner.items():
        yield from _below((*words, name), each)


ALL = dict(_commands())


@pytest.mark.parametrize("words", [words for words in ALL if words != ("dagster",)], ids=" ".join)
def test_the_help_of_a_command_lists_its_options(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    options = [name for each in ALL[words].params if each.param_type_name == "option" for name in each.opts]
    assert [name for name in options if name not in result.stdout] == []


def test_the_list_of_commands_says_what_each_is_for() -> None:
    result = CliRunner().invoke(app, [])
    assert all(f" {name} " in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_is_on_its_page(words: tuple[str, ...]) -> None:
    assert f"`pricewatch {' '.join(words)}" in PAGE.read_text(encoding="utf-8")


def test_the_page_names_no_command_that_is_not_there() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `pricewatch ")]
    named = [line.removeprefix("| `pricewatch ").partition("`")[0].split() for line in rows]
    assert [words for words in named if tuple(words[:2]) not in ALL and tuple(words[:1]) not in ALL] == []


LIGHT_MODULES = {
    later.target.partition(":")[0]
    for later in (
        *(COMMANDS[name] for name in LIGHT),
        *(WATCH_COMMANDS[name] for name in ("list", "edit")),
        *(FLIGHT_COMMANDS[name] for name in ("offers", "calendar", "cancel")),
        BATCH_COMMANDS["watch"],
    )
}
IMPORT_EACH = f"""
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
    print(module, [name for name in {HEAVY} if name in sys.modules])
"""


def test_a_light_command_does_not_wait_for_dagster_or_pandas() -> None:
    """One process for all: what is never imported was imported by none; the first that names something is to blame."""
    modules = sorted(LIGHT_MODULES)
    code = [sys.executable, "-c", IMPORT_EACH, *modules]
    result = subprocess.run(code, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [f"{module} []" for module in modules]


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"pricewatch {__version__}\n"


def test_a_misspelt_command_is_guessed() -> None:
    result = CliRunner().invoke(app, ["sinc"])
    assert result.exit_code == 2
    assert "Did you mean 'sync'?" in result.stderr


def test_our_errors_are_messages_and_no_tracebacks() -> None:
    result = CliRunner().invoke(app, ["try", "no-such-page.html"])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: there is no file no-such-page.html")
    assert isinstance(result.exception, SystemExit)


def interrupted() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_ends_with_the_code_that_shells_know() -> None:
    waiting = typer.Typer(cls=group_of({"wait": Later(target=f"{__name__}:interrupted", help="Waits.")}))
    waiting.callback()(lambda: None)
    assert CliRunner().invoke(waiting, ["wait"]).exit_code == 130


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pricewatch_pipeline.cli.main", "config", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    process.wait()
