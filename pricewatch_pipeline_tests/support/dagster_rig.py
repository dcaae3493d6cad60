"""Dagster on PostgreSQL for tests: an instance whose tables are there at once, our database, a folder of watch files.

A conftest imports the fixtures it needs from here.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
import yaml
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value
from psycopg import sql
from sqlalchemy import text

from pricewatch_pipeline.defs.build import build_definitions
from pricewatch_pipeline.defs.events import PRICE_SNAPSHOTS
from pricewatch_pipeline.defs.partitions import WATCHES, mirror_watches, wanted_partitions
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.dagster_home import dagster_environment, prepare_dagster_home
from pricewatch_pipeline.services.open_databases import Databases
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.settings import Settings, load_settings
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.embedded import EmbeddedServer, locks
from pricewatch_pipeline_tests.conftest import new_database

_TEMPLATE = "dagster_template"
DRIVER = "psycopg2"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A pipeline that is all there, but for the processes that would run it by themselves."""

    settings: Settings
    database: Database
    instance: dg.DagsterInstance
    definitions: dg.Definitions

    def write(self, name: str, content: Mapping[str, Any] | str) -> None:
        """A watch file."""
        self.settings.watches.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(dict(content), sort_keys=False)
        (self.settings.watches / name).write_text(text, encoding="utf-8")

    def write_watches(self, base_url: str, watch_ids: Sequence[str], *, name: str = "shop.yaml") -> None:
        """A watch file with a watch on /ID of a server for each id."""
        host = base_url.removeprefix("http://")
        store = {"id": "shop", "domains": [host], "politeness": {"min_delay": "0s", "concurrency": 16, "robots": False}}
        watches = [{"id": watch_id, "url": f"{base_url}/{watch_id}"} for watch_id in watch_ids]
        self.write(name, {"stores": [store], "watches": watches})

    def sync(self, base_url: str, *watch_ids: str) -> None:
        """Watches on a server, synchronised as `sync_files` does, and due."""
        self.write_watches(base_url, watch_ids)
        assert not sync_watches(self.database, self.settings.watches, providers=providers()).issues
        mirror_watches(self.instance, self.database.run(wanted_partitions))
        self.make_due()

    def make_due(self) -> None:
        """Every watch is due now."""
        self.rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")

    def run(
        self,
        job: str,
        *,
        partition_key: str | None = None,
        tags: Mapping[str, str] | None = None,
        run_config: Mapping[str, Any] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Execute a job in this process; it may fail."""
        result = self.definitions.resolve_job_def(job).execute_in_process(
            run_config={**QUIET, **(run_config or {})},
            instance=self.instance,
            partition_key=partition_key,
            tags=dict(tags or {}),
            raise_on_error=False,
        )
        return _with_errors_told(result)

    def materialize(
        self, *keys: dg.AssetKey, partition_key: str | None = None, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Materialize assets as the UI's button does; it may fail."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            run_config=QUIET,
            instance=self.instance,
            partition_key=partition_key,
            tags=dict(tags or {}),
            asset_selection=list(keys),
            raise_on_error=False,
        )
        return _with_errors_told(result)

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """What a statement yields in our database."""
        with self.database.transaction() as connection:
            result = connection.execute(text(statement), parameters)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    def materializations(self, key: dg.AssetKey = PRICE_SNAPSHOTS) -> list[dg.EventLogRecord]:
        """Of an asset, oldest first."""
        return list(self.instance.fetch_materializations(key, limit=1000, ascending=True).records)

    def checks(self, result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
        """A run's asset checks by name."""
        return {check.check_name: check for check in result.get_asset_check_evaluations()}


def _with_errors_told(result: dg.ExecuteInProcessResult) -> dg.ExecuteInProcessResult:
    """Why a run failed, for who reads the output of a test that did not expect it."""
    for event in result.get_step_failure_events():
        sys.stdout.write(f"{event.step_key}: {event.step_failure_data.error}\n")
    return result


def metadata_of(record: dg.EventLogRecord) -> dict[str, Any]:
    """What a materialization says, as plain values."""
    assert record.asset_materialization
    return {name: entry.value for name, entry in record.asset_materialization.metadata.items()}


def partitions_by_status(rig: Rig) -> dict[str, set[str]]:
    """As the UI's partition bar counts them."""
    cached = get_and_update_asset_status_cache_value(rig.instance, PRICE_SNAPSHOTS, WATCHES, rig.instance)
    assert cached
    assert cached.serialized_materialized_partition_subset
    return {
        "materialized": set(cached.deserialize_materialized_partition_subsets(WATCHES).get_partition_keys()),
        "failed": set(cached.deserialize_failed_partition_subsets(WATCHES).get_partition_keys()),
    }


@pytest.fixture(scope="session")
def dagster_template(postgres_server: EmbeddedServer) -> str:
    """The name of a database with Dagster's tables, to clone."""
    with (
        locks.exclusive(postgres_server.home / "dagster-template.lock", wait_s=120),
        psycopg.connect(postgres_server.libpq_url("postgres"), autocommit=True) as connection,
    ):
        query = "SELECT FROM pg_database WHERE datname = %s AND datistemplate"
        if not connection.execute(query, [_TEMPLATE]).rowcount:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_TEMPLATE)))
            postgres_server.ensure_database(_TEMPLATE)
            storage = {"postgres": {"postgres_url": postgres_server.url(_TEMPLATE, driver=DRIVER)}}
            with tempfile.TemporaryDirectory() as home:
                dg.DagsterInstance.local_temp(home, overrides={"storage": storage}).dispose()
            connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(_TEMPLATE)))
    return _TEMPLATE


@pytest.fixture
def dagster_database_url(postgres_server: EmbeddedServer, dagster_template: str) -> Iterator[str]:
    """SQLAlchemy's URL of a database with Dagster's tables that only this test knows."""
    yield from new_database(postgres_server, template=dagster_template, driver=DRIVER)


@pytest.fixture
def pipeline_settings(
    database_url: str, dagster_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """The settings of a pipeline on these databases that may reach loopback; they are in the environment, too."""
    settings = load_settings(
        database_url=database_url,
        dagster_database_url=dagster_database_url,
        watches_dir=tmp_path / "watches",
        allowed_addresses=("127.0.0.0/8",),
    )
    settings.watches.mkdir()
    databases = Databases(url=database_url, dagster_url=dagster_database_url, is_embedded=False)
    for name, value in dagster_environment(settings, databases).items():
        monkeypatch.setenv(name, value)
    prepare_dagster_home(settings)
    return settings


@pytest.fixture(scope="session")
def definitions() -> dg.Definitions:
    """The pipeline's own."""
    return build_definitions()


def keep_connections(instance: dg.DagsterInstance) -> None:
    """As in the webserver. Elsewhere Dagster connects anew for each statement: half of what a run in a test costs."""
    for storage in (instance.event_log_storage, instance.run_storage, instance.schedule_storage):
        assert storage
        storage.optimize_for_webserver(statement_timeout=120_000, pool_recycle=-1, max_overflow=20)


@pytest.fixture
def rig(pipeline_settings: Settings, definitions: dg.Definitions) -> Iterator[Rig]:
    """A pipeline, its databases open."""
    database = Database(pipeline_settings.database_url or "")
    with dg.DagsterInstance.from_config(str(pipeline_settings.dagster_home)) as instance:
        keep_connections(instance)
        yield Rig(settings=pipeline_settings, database=database, instance=instance, definitions=definitions)
    database.close()
