"""Dagster's tables are made by one process at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from pricewatch_pipeline.defs.instance import LOCK, opened_instance
from pricewatch_pipeline.errors import DatabaseUnavailable
from pricewatch_pipeline.services.dagster_home import prepare_dagster_home
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline.storage.servers import alone_in, url_for
from pricewatch_pipeline_tests.conftest import new_database
from pricewatch_pipeline_tests.support.dagster_rig import DRIVER
from pricewatch_pipeline_tests.support.waiting import wait_until

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
WAITING = (
    "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
    "WHERE locktype = 'advisory' AND NOT granted"
)


def test_a_second_process_waits_until_the_tables_of_the_first_are_complete(
    postgres_server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = prepare_dagster_home(load_settings(home=tmp_path))
    for url in new_database(postgres_server, template="template0", driver=DRIVER):
        monkeypatch.setenv("PRICEWATCH_DAGSTER_DATABASE_URL", url)

        def jobs(_: int, url: str = url) -> int:
            with opened_instance(home, url) as instance:
                return instance.get_runs_count()

        with psycopg.connect(url_for(url, driver=None), autocommit=True) as watching, ThreadPoolExecutor(2) as threads:
            with alone_in(url, lock=LOCK):
                both = threads.map(jobs, range(2))
                wait_until(lambda: len(watching.execute(WAITING).fetchall()) == 2)
                assert watching.execute(TABLES).fetchall() == []
            assert list(both) == [0, 0]
            assert {("runs",), ("event_logs",), ("instigators",)} <= set(watching.execute(TABLES).fetchall())


def test_who_waits_for_too_long_is_told_so(database_url: str) -> None:
    says = pytest.raises(DatabaseUnavailable, match=r"for more than 0 s\. End it")
    with alone_in(database_url, lock=LOCK), says, alone_in(database_url, lock=LOCK, wait_s=0.01):
        pass
