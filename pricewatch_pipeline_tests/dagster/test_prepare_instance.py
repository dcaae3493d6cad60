"""Which runs in progress are lost is decided by asking the code server that executes them."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import GRPC_INFO_TAG

from pricewatch_pipeline.defs.prepare_instance import end_lost_runs

STARTED = dg.DagsterRunStatus.STARTED


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def add_run(
    instance: dg.DagsterInstance, server: Mapping[str, object] | None, status: dg.DagsterRunStatus = STARTED
) -> str:
    tags = {GRPC_INFO_TAG: json.dumps(server)} if server else {}
    return instance.add_run(dg.DagsterRun(job_name="scrape_due", status=status, tags=tags)).run_id


def status_of(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status


@pytest.mark.parametrize(
    ("status", "ends_as"),
    [
        (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED),
        (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.NOT_STARTED),
        (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.SUCCESS),
    ],
)
def test_a_run_in_progress_whose_server_is_gone_ends(
    instance: dg.DagsterInstance, tmp_path: Path, status: dg.DagsterRunStatus, ends_as: dg.DagsterRunStatus
) -> None:
    run_id = add_run(instance, {"host": "localhost", "socket": str(tmp_path / "gone.sock")}, status)

    lost = end_lost_runs(instance)

    assert status_of(instance, run_id) == ends_as
    assert lost == ([run_id] if ends_as != status else [])


def test_a_run_whose_server_answers_goes_on(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    path = tmp_path / "code.sock"
    with socket.socket(socket.AF_UNIX) as unix_server, socket.create_server(("127.0.0.1", 0)) as tcp_server:
        unix_server.bind(str(path))
        unix_server.listen()
        add_run(instance, {"host": "localhost", "socket": str(path)})
        add_run(instance, {"host": "127.0.0.1", "port": tcp_server.getsockname()[1]})

        assert end_lost_runs(instance) == []


def test_a_run_that_no_code_server_executes_is_left_alone(instance: dg.DagsterInstance) -> None:
    run_id = add_run(instance, None)

    assert end_lost_runs(instance) == []
    assert status_of(instance, run_id) == STARTED
