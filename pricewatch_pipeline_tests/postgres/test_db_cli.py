"""`pricewatch db ...` on an embedded server of its own."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from pricewatch_pipeline.cli.db import app
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.storage.embedded import EmbeddedServer


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def _status() -> dict[str, object]:
    status: dict[str, object] = json.loads(_run("status", "--json").stdout)
    return status


def test_the_server_is_started_used_and_stopped(open_home: Path) -> None:
    assert _status()["data_folder"] is None
    assert _run("start").exit_code == 0
    status = _status()
    assert status["is_running"]
    assert status["is_kept"]
    assert "running" in _run("status").stdout
    with psycopg.connect(_run("url").stdout.strip()) as connection:
        assert connection.execute("SELECT count(*) FROM pricewatch.watches").fetchone() == (0,)
    assert "/dagster?" in _run("url", "--dagster").stdout
    assert "newest already" in _run("migrate").stdout
    assert "is stopped" in _run("stop").stdout
    assert "was not running" in _run("stop").stdout
    assert not _status()["is_running"]


def test_psql_gets_its_arguments_and_gives_back_its_result(open_home: Path) -> None:
    command = [sys.executable, "-c", "from pricewatch_pipeline.cli.db import app; app()", "shell"]
    select = ["-At", "-c", "SELECT current_database(), count(*) FROM pricewatch.watches"]
    result = subprocess.run([*command, *select], capture_output=True, text=True, check=True)
    assert result.stdout == "pricewatch|0\n"
    failed = subprocess.run([*command, "-c", "SELECT nonsense"], capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "nonsense" in failed.stderr
    assert not _status()["is_running"]


def test_a_backup_is_restored_into_a_new_home(open_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    _run("start")
    with psycopg.connect(_run("url").stdout.strip()) as connection:
        connection.execute("INSERT INTO pricewatch.hosts (host) VALUES ('a.example')")
    assert "pricewatch and dagster" in _run("backup", str(file)).stdout
    EmbeddedServer(open_home).destroy()
    assert "Restored pricewatch and dagster" in _run("restore", str(file)).stdout
    _run("start")
    with psycopg.connect(_run("url").stdout.strip()) as connection:
        assert connection.execute("SELECT host FROM pricewatch.hosts").fetchall() == [("a.example",)]


@pytest.mark.parametrize("command", ["start", "stop"])
def test_a_server_of_someone_elses_is_not_started_or_stopped(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("PRICEWATCH_DATABASE_URL", "postgresql://ann:s3cret@db.example/prices")
    with pytest.raises(ConfigurationError, match=r"db\.example.*not ours") as caught:
        _run(command)
    assert "s3cret" not in str(caught.value)
