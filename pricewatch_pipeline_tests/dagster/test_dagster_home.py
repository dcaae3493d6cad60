"""What we promise Dagster's own commands: an instance on PostgreSQL and, in any folder, our definitions."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import dagster as dg
import pytest
import yaml
from dagster._cli import create_dagster_cli
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from pricewatch_pipeline.services.dagster_home import (
    COMMANDS_WITH_A_TARGET,
    INSTANCE_FILE,
    dagster_environment,
    environment_for_dagster,
    prepare_dagster_home,
    target_environment,
)
from pricewatch_pipeline.services.open_databases import opened_databases
from pricewatch_pipeline.settings import Settings, load_settings
from pricewatch_pipeline_tests.support.pipeline_process import STUB_MODULE


@pytest.fixture
def settings(empty_database_url: str) -> Settings:
    return load_settings(database_url=empty_database_url)


@pytest.fixture
def environment(settings: Settings) -> Iterator[Mapping[str, str]]:
    with opened_databases(settings) as databases:
        prepare_dagster_home(settings)
        yield environment_for_dagster(dagster_environment(settings, databases) | target_environment(STUB_MODULE))


def commands_with_a_module_option(group: click.Group, *path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_with_a_module_option(command, *path, name)
        elif any(option.name == "module_name" for option in command.params):
            yield " ".join((*path, name))


def dagster(*arguments: str, environment: Mapping[str, str], folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-m", "dagster", *arguments],
        env=environment,
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_every_dagster_command_that_looks_for_definitions_is_told_where_they_are() -> None:
    ours_to_start = {"api grpc", "code-server start"}

    assert set(COMMANDS_WITH_A_TARGET) == set(commands_with_a_module_option(create_dagster_cli())) - ours_to_start


def test_dagster_finds_the_definitions_from_any_folder_and_stores_in_postgresql(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    assert dagster("asset", "list", environment=environment, folder=tmp_path) == "stub_prices\n"

    dagster(
        *("asset", "materialize", "--select", "stub_prices", "--partition", "kettle"),
        environment=environment,
        folder=tmp_path,
    )

    with dagster_instance(environment) as instance:
        assert instance.get_materialized_partitions(dg.AssetKey("stub_prices")) == {"kettle"}


def test_the_instance_is_as_dagster_yaml_says(environment: Mapping[str, str]) -> None:
    with dagster_instance(environment) as instance:
        assert isinstance(instance.compute_log_manager, NoOpComputeLogManager)
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 21_600
        assert instance.run_retries_max_retries == 1
        assert instance.get_settings("run_retries")["retry_on_asset_or_op_failure"] is False
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert not instance.auto_materialize_enabled
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 7


def test_an_instance_file_that_the_operator_made_their_own_stays(settings: Settings) -> None:
    path = prepare_dagster_home(settings) / INSTANCE_FILE
    first = path.read_text()
    path.write_text(first.replace("max_retries: 1", "max_retries: 9"))
    prepare_dagster_home(settings)
    assert path.read_text() == first

    path.write_text("run_retries: {enabled: false}\n")
    prepare_dagster_home(settings)

    assert yaml.safe_load(path.read_text()) == {"run_retries": {"enabled": False}}


def test_a_target_that_the_shell_names_does_not_reach_our_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_MODULE_NAME", "somebody.elses")

    assert "DAGSTER_MODULE_NAME" not in environment_for_dagster({})


def dagster_instance(environment: Mapping[str, str]) -> dg.DagsterInstance:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return dg.DagsterInstance.from_config(environment["DAGSTER_HOME"])
