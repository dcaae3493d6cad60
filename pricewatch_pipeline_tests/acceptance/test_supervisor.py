"""`pricewatch up` as a whole: real processes on a real database, with small definitions in place of ours."""

import os
import select
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from pricewatch_pipeline.services.open_databases import DAGSTER_DATABASE
from pricewatch_pipeline.settings import read_session
from pricewatch_pipeline.storage.embedded import EmbeddedServer
from pricewatch_pipeline_tests.support.pipeline_process import PipelineProcess, processes_naming
from pricewatch_pipeline_tests.support.waiting import wait_until

LAUNCH = """
mutation($repository: String!) {
  launchRun(executionParams: {selector: {
    repositoryLocationName: "pricewatch_pipeline", repositoryName: $repository, jobName: "blocking"}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""

StartUp = Callable[..., PipelineProcess]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / ".pricewatch"


@pytest.fixture
def start_up(home: Path, tmp_path: Path) -> Iterator[StartUp]:
    """Starts `up` in this test's home; whatever the test does to it, nothing is left at the end."""
    started = []

    def start(*arguments: str, **env: str) -> PipelineProcess:
        started.append(PipelineProcess(home, *arguments, env={"STUB_RUN_PIPE": str(tmp_path / "pipe"), **env}))
        return started[-1]

    yield start
    for process in started:
        process.end()
    EmbeddedServer(home).stop(is_forced=True)


@pytest.fixture
def run_pipe(tmp_path: Path) -> Iterator[int]:
    """The end at which a run of the blocking job says that it runs."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield reader
    os.close(reader)


def launch_blocking_run(pipeline: PipelineProcess, run_pipe: int) -> tuple[str, int]:
    """A run in progress: its id, and the process that executes it."""
    answer: Any = pipeline.graphql(LAUNCH, repository="__repository__")["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    wait_until(lambda: select.select([run_pipe], [], [], 1)[0], 90, what="the run's start")
    return answer["run"]["runId"], int(wait_until(lambda: os.read(run_pipe, 100)))


def run_status(home: Path, run_id: str) -> str:
    with (
        EmbeddedServer(home).running() as server,
        psycopg.connect(server.libpq_url(DAGSTER_DATABASE)) as connection,
    ):
        row = connection.execute("SELECT status FROM runs WHERE run_id = %s", [run_id]).fetchone()
    assert row
    return str(row[0])


def test_up_serves_the_ui_on_loopback_only_and_tells_a_second_one_who_runs(
    start_up: StartUp, home: Path, tmp_path: Path
) -> None:
    pipeline = start_up(PRICEWATCH_ALLOWED_ADDRESSES="127.0.0.1:8801").wait_for_output("Ctrl-C")
    session = read_session(home / "session.json")

    assert session
    assert (session["pid"], session["mode"], session["url"]) == (pipeline.pid, "up", pipeline.url)
    assert session["settings"] == {"watches_dir": str(tmp_path / "watches"), "allowed_addresses": ["127.0.0.1:8801"]}
    assert (home / "session.json").stat().st_mode & 0o777 == 0o600
    assert pipeline.graphql("{ assetNodes { assetKey { path } } }") == {
        "assetNodes": [{"assetKey": {"path": ["stub_prices"]}}]
    }

    listening = [
        connection.laddr.ip
        for process in psutil.Process(pipeline.pid).children(recursive=True)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}

    second = start_up()
    assert second.wait() == 1
    assert f"AlreadyRunning: `pricewatch up` already runs in {home} (process {pipeline.pid})" in second.output
    assert pipeline.url in second.output

    assert pipeline.end(signal.SIGTERM) == 0
    assert not (home / "session.json").exists()
    assert processes_naming(str(home)) == []


def test_a_process_that_is_killed_starts_again_and_a_run_lost_with_it_fails_in_dagster(
    start_up: StartUp, home: Path, run_pipe: int
) -> None:
    pipeline = start_up().wait_for_output("Ctrl-C")
    run_id, worker = launch_blocking_run(pipeline, run_pipe)

    for name in ("daemon", "code-server"):
        victim = pipeline.children()[name]
        victim.kill()
        pipeline.wait_for_output(f"{name} ended; starting it again")
        wait_until(
            lambda name=name, victim=victim: pipeline.children().get(name, victim) != victim, what=f"a new {name}"
        )

    assert not psutil.pid_exists(worker)
    assert f"Run {run_id} was left in progress" in (home / "logs" / "code-server.log").read_text()
    assert run_status(home, run_id) == "FAILURE"


def test_ctrl_c_interrupts_a_run_in_progress_says_so_in_dagster_and_leaves_nothing_behind(
    start_up: StartUp, home: Path, run_pipe: int
) -> None:
    pipeline = start_up().wait_for_output("Ctrl-C")
    run_id, worker = launch_blocking_run(pipeline, run_pipe)

    assert pipeline.end(signal.SIGINT) == 0

    assert "waiting for runs in progress" in pipeline.output
    assert not psutil.pid_exists(worker)
    assert processes_naming(str(home)) == []
    assert EmbeddedServer(home).status().is_running is False
    assert run_status(home, run_id) == "FAILURE"


def test_kill_9_takes_every_process_along_and_the_run_in_progress_fails_in_dagster(
    start_up: StartUp, home: Path, run_pipe: int
) -> None:
    pipeline = start_up().wait_for_output("Ctrl-C")
    run_id, worker = launch_blocking_run(pipeline, run_pipe)

    pipeline.end(signal.SIGKILL)

    wait_until(lambda: not psutil.pid_exists(worker), what="the end of the run's process")
    wait_until(lambda: processes_naming(str(home)) == [], what="the end of every process")
    assert read_session(home / "session.json") is None

    assert run_status(home, run_id) == "FAILURE"


def test_two_homes_that_start_at_once_get_a_port_each(start_up: StartUp, database_url: str, tmp_path: Path) -> None:
    other = PipelineProcess(tmp_path / "other", env={"PRICEWATCH_DATABASE_URL": database_url})
    try:
        ui = start_up().wait_for_output("Ctrl-C").url

        assert other.wait_for_output("Ctrl-C").url != ui
    finally:
        other.end()


def test_a_port_asked_for_that_is_taken_ends_it_before_anything_starts(start_up: StartUp, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        pipeline = start_up(str(port))

        assert pipeline.wait() == 1

    assert f"PortTaken: port {port} is in use by another program; ask for another one" in pipeline.output
    assert not (home / "logs").exists()


def test_definitions_that_do_not_load_are_named_with_the_reason(
    start_up: StartUp, database_url: str, home: Path
) -> None:
    pipeline = start_up("", "no_such_module", PRICEWATCH_DATABASE_URL=database_url)

    assert pipeline.wait() == 1

    assert "ProcessDied: code-server ended while starting" in pipeline.output
    assert "No module named 'no_such_module'" in pipeline.output
    assert processes_naming(str(home)) == []
