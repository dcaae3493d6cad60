import json
import os
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.settings import start_of
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run


def _verdicts(found: list[dict[str, Any]]) -> dict[str, str]:
    return {finding["subject"]: finding["verdict"] for finding in found}


def test_a_sound_installation_has_no_fault(synced: Path, run: Run, ask: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _verdicts(ask("doctor"))
    assert found.pop("port") in ("ok", "warn")
    assert found.pop("disk") in ("ok", "warn")
    assert found == dict.fromkeys(
        (
            *(
                "Python",
                "packages",
                "settings",
                "home folder",
                "session",
                "watch files",
                "proxies",
                "fetchers",
                "channels",
            ),
            *(
                "PostgreSQL",
                "Dagster's database",
                "schema",
                "clock",
                "schedule",
                "events",
                "alerts",
                "analysts",
                "pages",
            ),
        ),
        "ok",
    )
    assert run("doctor").exit_code == 0


def test_a_setting_that_is_not_valid_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_LEASE_S", "1")
    result = run("doctor")
    assert result.exit_code == 1
    assert "fail  settings: PRICEWATCH_LEASE_S: Input should be greater than or equal to 10" in result.stdout


def test_a_broken_watch_file_is_a_fault(synced: Path, run: Run) -> None:
    (synced / "shop.yaml").write_text("watches: [{id: lamp, every: 1s}]")
    result = run("doctor")
    assert result.exit_code == 1
    assert "fail  watch files: " in result.stdout
    assert "`pricewatch config check` shows all" in result.stdout


def test_a_server_that_is_not_there_is_a_fault_without_its_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_DATABASE_URL", "postgresql://ann:s3cret@127.0.0.1:1/prices")
    result = run("doctor")
    assert result.exit_code == 1
    assert 'fail  PostgreSQL: The PostgreSQL with the database "prices" on 127.0.0.1, port 1' in result.stdout
    assert "s3cret" not in result.output


def test_a_schema_that_is_not_migrated_is_told(
    run: Run, ask: Json, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICEWATCH_DATABASE_URL", empty_database_url)
    found = ask("doctor")
    assert _verdicts(found)["schema"] == "warn"
    assert "clock" not in _verdicts(found)


def test_a_schema_of_a_newer_version_is_a_fault(run: Run, database_url: str) -> None:
    _execute(database_url, "UPDATE pricewatch.alembic_version SET version_num = '9999_later'")
    result = run("doctor")
    assert result.exit_code == 1
    assert "The database's schema is 9999_later, which this version of pricewatch does not know" in result.stdout
    assert "which this version of pricewatch does not know" in run("watch", "list").stderr


def test_overdue_watches_are_a_fault_while_the_pipeline_runs(
    synced: Path, run: Run, ask: Json, database_url: str, tmp_path: Path
) -> None:
    _execute(database_url, "UPDATE pricewatch.watches SET next_due_at = now() - interval '2 days'")
    assert _verdicts(ask("doctor"))["schedule"] == "warn"
    home = tmp_path / ".pricewatch"
    home.mkdir(exist_ok=True)
    session = {
        "pid": os.getpid(),
        **start_of(os.getpid()),
        "mode": "up",
        "url": "http://x",
        "settings": {},
    }
    (home / "session.json").write_text(json.dumps(session))
    assert _verdicts(ask("doctor"))["schedule"] == "fail"
    (home / "session.json").write_text(json.dumps({**session, "started": 1, "started_after_boot": 1}))
    assert _verdicts(ask("doctor"))["session"] == "warn"


def test_snapshots_that_wait_for_their_materialization_are_told(run: Run, ask: Json, database_url: str) -> None:
    _execute(
        database_url,
        "INSERT INTO pricewatch.pending_events (watch_id, slot_at) SELECT 'w' || n, now() FROM generate_series(1, 1001) n",
    )
    assert _verdicts(ask("doctor"))["events"] == "warn"


def _execute(url: str, statement: str) -> None:
    database = Database(url)
    try:
        database.run(lambda connection: connection.exec_driver_sql(statement))
    finally:
        database.close()
