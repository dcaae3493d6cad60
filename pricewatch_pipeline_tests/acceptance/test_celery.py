"""Scaling out as docs/howto/scale-out.md says, with its own blocks: `up`, Celery workers and Redis, all real processes."""

import asyncio
import base64
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
import redis
import yaml

from pricewatch_pipeline.services.dagster_home import INSTANCE_FILE, MANAGED
from pricewatch_pipeline.settings import environment_for_children
from pricewatch_pipeline_tests.support.dagster_rig import Rig
from pricewatch_pipeline_tests.support.loopback import Answer, Received, serve
from pricewatch_pipeline_tests.support.pipeline_process import PipelineProcess
from pricewatch_pipeline_tests.support.shop import product
from pricewatch_pipeline_tests.support.waiting import wait_until

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "scale-out.md"
LOOPBACK = "127.0.0.1"
HELD = ("held-1", "held-2")
WATCHES = (*(f"w{number}" for number in range(8)), *HELD)

PATIENCE_S = 120.0
SUCCESS, FAILURE = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE

StartUp = Callable[[], PipelineProcess]
StartWorker = Callable[[str, Path], psutil.Popen]


def block(language: str) -> str:
    """The how-to's only block in this language: what it says is what we test."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", HOWTO.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """A Redis with a password that keeps nothing on disk; its addresses are in the environment."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        port = probe.getsockname()[1]
    password = secrets.token_hex()
    settings = f"bind {LOOPBACK}\nport {port}\nrequirepass {password}\nsave ''\nappendonly no\ndir {tmp_path}\n"
    command = (shutil.which("redis-server") or "redis-server", "-")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as server:
        assert server.stdin
        server.stdin.write(settings.encode())
        server.stdin.close()
        for number, name in enumerate(("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND")):
            monkeypatch.setenv(name, f"redis://:{password}@{LOOPBACK}:{port}/{number}")
        client = redis.Redis(host=LOOPBACK, port=port, password=password)
        wait_until(lambda: _answers(client), what="Redis to answer")
        yield client
        client.close()
        server.terminate()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture
def start_worker(tmp_path: Path, broker: redis.Redis) -> Iterator[StartWorker]:
    """Starts the how-to's worker script for a queue, with a home."""
    script = tmp_path / "worker.sh"
    script.write_text(block("sh"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    started: list[psutil.Popen] = []

    def start(queue: str, home: Path) -> psutil.Popen:
        environment = environment_for_children(
            PATH=path, PRICEWATCH_HOME=str(home), PRICEWATCH_WATCHES_DIR=str(home.parent / "watches")
        )
        started.append(psutil.Popen(["/bin/sh", str(script), queue], env=environment, start_new_session=True))
        return started[-1]

    yield start
    for worker in started:
        worker.terminate()
    for worker in started:
        worker.wait(timeout=60)


@pytest.fixture
def home_with_celery(rig: Rig) -> Path:
    """Dagster's home with a dagster.yaml of one's own: ours, the how-to's launcher, and a shorter poll."""
    file = rig.settings.dagster_home / INSTANCE_FILE
    ours = yaml.safe_load(file.read_text(encoding="utf-8"))
    ours["run_monitoring"]["poll_interval_seconds"] = 2
    own = yaml.safe_dump({**ours, **yaml.safe_load(block("yaml"))})
    assert MANAGED not in own
    file.write_text(own, encoding="utf-8")
    return rig.settings.home


@pytest.fixture
def start_up(home_with_celery: Path, broker: redis.Redis) -> Iterator[StartUp]:
    """Starts `pricewatch up`, whose sensor asks for one run at a time."""
    started: list[PipelineProcess] = []

    def start() -> PipelineProcess:
        environment = {"PRICEWATCH_MAX_RUNS_IN_FLIGHT": "1"}
        started.append(PipelineProcess(home_with_celery, "up", env=environment, module="pricewatch_pipeline.cli.main"))
        return started[-1]

    yield start
    for pipeline in started:
        pipeline.end(signal.SIGINT)


class HoldingShop:
    """Never answers the first request for some of its pages."""

    def __init__(self) -> None:
        self._to_hold = {f"/{name}" for name in HELD}

    def __call__(self, request: Received) -> Answer:
        if request.path in self._to_hold:
            self._to_hold.remove(request.path)
            return _hold
        return product()


async def _hold(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def executing_process(rig: Rig) -> psutil.Process:
    """The one that holds the claims."""
    (row,) = rig.rows("SELECT DISTINCT claimed_by FROM pricewatch.watches WHERE claim_token IS NOT NULL")
    return psutil.Process(int(row["claimed_by"].rpartition(":")[2]))


def statuses(rig: Rig, job: str) -> list[dg.DagsterRunStatus]:
    """Of a job's runs, oldest first."""
    return [run.status for run in rig.instance.get_runs(dg.RunsFilter(job_name=job), ascending=True)]


def waiting_in(broker: redis.Redis, queue: str) -> list[str]:
    """What the messages say that no worker has taken yet."""
    return [base64.b64decode(json.loads(message)["body"]).decode() for message in broker.lrange(queue, 0, -1)]


def test_a_worker_checks_what_is_due_and_killed_in_the_middle_loses_and_doubles_nothing(
    rig: Rig, start_up: StartUp, start_worker: StartWorker, broker: redis.Redis, tmp_path: Path
) -> None:
    with serve(HoldingShop()) as server:
        rig.sync(server.base_url, *WATCHES)
        slots = rig.rows("SELECT watch_id, slot_at FROM pricewatch.watches ORDER BY watch_id")
        pipeline = start_up()
        elsewhere = tmp_path / "another machine" / ".pricewatch"  # which has no watch files
        worker = start_worker("scraping", elsewhere)
        pipeline.wait_for_output("Ctrl-C")

        kept = len(WATCHES) - len(HELD)
        wait_until(lambda: len(rig.materializations()) == kept, PATIENCE_S, what="all prices but the held ones")
        wait_until(lambda: set(server.paths) == {f"/{name}" for name in WATCHES}, what="a request for each page")
        victim = executing_process(rig)
        assert worker.pid in {parent.pid for parent in victim.parents()}
        victim.kill()
        wait_until(lambda: statuses(rig, "scrape_due") == [FAILURE], PATIENCE_S, what="the end of the dead run")
        rig.rows("UPDATE pricewatch.watches SET claimed_until = now() WHERE claim_token IS NOT NULL")
        rig.rows("UPDATE pricewatch.host_places SET held_until = now()")
        wait_until(lambda: statuses(rig, "scrape_due") == [FAILURE, SUCCESS], PATIENCE_S, what="a run for the rest")

    assert rig.rows("SELECT watch_id, slot_at FROM pricewatch.price_snapshots ORDER BY watch_id") == slots
    assert Counter(server.paths) == Counter(f"/{name}" for name in (*WATCHES, *HELD))
    ledger = rig.rows("SELECT outcome, count(*) AS n FROM pricewatch.checks GROUP BY outcome ORDER BY outcome")
    assert ledger == [{"outcome": "abandoned", "n": len(HELD)}, {"outcome": "ok", "n": len(WATCHES)}]
    assert sorted(str(record.partition_key) for record in rig.materializations()) == sorted(WATCHES)
    # The worker worked with the dagster.yaml that `pricewatch env` put into its home.
    assert MANAGED in (elsewhere / "dagster" / INSTANCE_FILE).read_text(encoding="utf-8")
    # The sync that `up` asked for waits for a worker that has the watch files, and no password waits with it.
    syncs = [run.run_id for run in rig.instance.get_runs(dg.RunsFilter(job_name="sync_files"))]
    (message,) = (message for message in waiting_in(broker, "pricewatch") if any(run_id in message for run_id in syncs))
    assert "CELERY_BROKER_URL" in message
    assert broker.get_connection_kwargs()["password"] not in message
