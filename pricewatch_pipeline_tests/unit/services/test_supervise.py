"""Supervising: the decisions, and the mechanics on small real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pricewatch_pipeline.errors import ProcessDied
from pricewatch_pipeline.services.open_databases import Databases
from pricewatch_pipeline.services.pick_port import PORT_IN_USE, pick_port
from pricewatch_pipeline.services.processes import (
    ChildSpec,
    StopRequest,
    last_lines,
    rotate_log,
    run_workers,
    stop_on_signals,
)
from pricewatch_pipeline.services.run_pipeline import DagsterChildren, start_webserver
from pricewatch_pipeline.services.supervise import MAX_QUICK_DEATHS, QUICK_DEATH_S, Child, Supervisor, restart_delay_s
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline_tests.support.waiting import wait_until

ENV = {"PATH": "/usr/bin:/bin"}
FOREVER = "tail -f /dev/null"


class Clock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stop() -> Iterator[StopRequest]:
    request = StopRequest()
    yield request
    request.close()


@pytest.fixture
def said() -> list[str]:
    return []


Supervise = Callable[..., Supervisor]


@pytest.fixture
def supervise(tmp_path: Path, stop: StopRequest, said: list[str], clock: Clock) -> Iterator[Supervise]:
    """Starts a supervisor with children, given as specs or as name=script; everything is stopped at the end."""
    supervisors = []

    def start(*specs: ChildSpec, **scripts: str) -> Supervisor:
        supervisor = Supervisor(logs=tmp_path / "logs", folder=tmp_path, stop=stop, say=said.append, clock=clock)
        supervisors.append(supervisor)
        supervisor.start(*specs, *(sh(name, script) for name, script in scripts.items()))
        return supervisor

    yield start
    for supervisor in supervisors:
        supervisor.stop_all()


def sh(name: str, script: str, **fields: object) -> ChildSpec:
    return ChildSpec(name=name, argv=("/bin/sh", "-c", script), env=ENV, **fields)  # type: ignore[arg-type]


def pid_of(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_the_delay_doubles_with_every_quick_death_and_then_there_is_none() -> None:
    assert [restart_delay_s(deaths) for deaths in range(1, 7)] == [1, 2, 4, 8, None, None]


def test_who_lived_long_is_restarted_as_if_for_the_first_time(tmp_path: Path) -> None:
    child = Child(sh("one", "true"), tmp_path)

    delays = [
        child.died(now=1.0),
        child.died(now=2.0),
        child.died(now=3.0),
        child.died(now=QUICK_DEATH_S),
        child.died(now=1.0),
    ]

    assert delays == [1, 2, 4, 1, 2]


def test_children_start_in_order_each_when_the_one_before_is_ready(supervise: Supervise, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    first = sh("first", f"touch {ready}; {FOREVER}", is_ready=lambda _: ready.exists())
    supervise(first, second=f"test -e {ready} && echo after; {FOREVER}")

    wait_until(lambda: "after" in (tmp_path / "logs" / "second.log").read_text())


def test_what_is_to_run_before_runs_before(supervise: Supervise, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "one.log"
    supervise(sh("one", f"echo started; {FOREVER}", before=("/bin/echo", "prepared")))

    wait_until(lambda: log.read_text() == "prepared\nstarted\n")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (sh("server", "echo no such module; exit 3", is_ready=lambda _: False), "server ended while starting"),
        (
            sh("server", FOREVER, before=("/bin/sh", "-c", "echo no such module; exit 3")),
            "server could not be prepared",
        ),
    ],
    ids=["at start", "in preparation"],
)
def test_a_child_that_does_not_come_up_ends_the_start_with_the_end_of_its_log(
    supervise: Supervise, spec: ChildSpec, message: str
) -> None:
    with pytest.raises(ProcessDied, match=rf"{message}(?s:.*)no such module"):
        supervise(spec)


class Beaten(DagsterChildren):
    """Its webserver does not come up on the port that it is given first."""

    def webserver(self, port: int) -> ChildSpec:
        is_first = port == self.settings.webserver_port
        script = f"exit {self.module}" if is_first else FOREVER
        return sh("webserver", script, is_ready=lambda _: not is_first)


def beaten(folder: Path, *, status: int) -> Beaten:
    settings = load_settings(webserver_port=pick_port(20_000, is_exact=False))
    databases = Databases(url="", dagster_url="", is_embedded=False)
    return Beaten(settings=settings, databases=databases, sockets=folder, module=str(status))


def test_a_port_that_another_program_was_faster_to_take_is_left_to_it(
    supervise: Supervise, said: list[str], tmp_path: Path
) -> None:
    children = beaten(tmp_path, status=PORT_IN_USE)
    url = start_webserver(supervise(), children, wanted=None, say=said.append)
    first, port = children.settings.webserver_port, int(url.rpartition(":")[2])
    assert port > first
    assert said == [f"port {first} is in use; the UI gets {port}"]


@pytest.mark.parametrize(("status", "is_asked_for"), [(PORT_IN_USE, True), (1, False)])
def test_a_port_that_was_asked_for_is_not_exchanged_nor_is_one_on_which_a_server_is_broken(
    supervise: Supervise, said: list[str], tmp_path: Path, status: int, is_asked_for: bool
) -> None:
    children = beaten(tmp_path, status=status)
    wanted = children.settings.webserver_port if is_asked_for else None
    with pytest.raises(ProcessDied, match="webserver ended while starting"):
        start_webserver(supervise(), children, wanted=wanted, say=said.append)


def test_a_dead_child_is_started_again_when_its_delay_is_over(
    supervise: Supervise, clock: Clock, said: list[str]
) -> None:
    supervisor = supervise(one=FOREVER)
    (child,) = supervisor.children
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not child.is_alive)

    supervisor.keep_up()
    assert not child.is_alive
    clock.now += 1
    supervisor.keep_up()

    assert child.is_alive
    assert pid_of(child) != first
    assert said == [f"one ended; starting it again in 1 s (its log: {child.log})"]


def test_a_child_that_keeps_dying_ends_it_all_with_the_end_of_its_log(supervise: Supervise, clock: Clock) -> None:
    supervisor = supervise(one="echo broken; exit 1")
    (child,) = supervisor.children

    def live_on() -> None:
        for _ in range(2 * MAX_QUICK_DEATHS):
            wait_until(lambda: not child.is_alive)
            supervisor.keep_up()
            clock.now += 8

    with pytest.raises(ProcessDied, match=rf"one ended {MAX_QUICK_DEATHS} times in short order(?s:.*)broken"):
        live_on()


def test_what_a_dead_child_had_started_ends_with_it(supervise: Supervise, tmp_path: Path) -> None:
    grandchild = tmp_path / "grandchild"
    supervisor = supervise(one=f"sh -c 'echo $$ > {grandchild}; {FOREVER}' & wait")
    pid = int(wait_until(lambda: grandchild.exists() and grandchild.read_text()))
    (child,) = supervisor.children
    os.kill(pid_of(child), signal.SIGKILL)
    wait_until(lambda: not child.is_alive)

    supervisor.keep_up()

    assert is_gone(pid)


def test_stopping_asks_the_last_child_first(supervise: Supervise, tmp_path: Path) -> None:
    order = tmp_path / "order"
    script = f"trap 'echo NAME >> {order}; exit' TERM; echo up; {FOREVER} & wait"
    supervisor = supervise(first=script.replace("NAME", "first"), second=script.replace("NAME", "second"))
    wait_until(lambda: all(child.log.read_text() == "up\n" for child in supervisor.children))
    pids = [pid_of(child) for child in supervisor.children]

    supervisor.stop_all()

    assert order.read_text() == "second\nfirst\n"
    assert all(map(is_gone, pids))


def test_who_does_not_listen_is_killed_at_once_when_it_hurries(supervise: Supervise, stop: StopRequest) -> None:
    supervisor = supervise(deaf=f"trap '' TERM; echo up; {FOREVER}")
    (child,) = supervisor.children
    wait_until(lambda: child.log.read_text() == "up\n")
    process = child.process
    stop.request()
    stop.request()

    supervisor.stop_all()

    assert process
    assert process.returncode == -signal.SIGKILL


def test_a_killed_supervisor_takes_its_children_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = f"""
import pathlib, os, sys
from pricewatch_pipeline.services.processes import ChildSpec, StopRequest
from pricewatch_pipeline.services.supervise import Supervisor
folder = pathlib.Path({str(tmp_path)!r})
spec = ChildSpec(name="one", argv=("/bin/sh", "-c", "sh -c '{FOREVER}' & echo $$ $! > {pids}; wait"), env={ENV!r})
Supervisor(logs=folder / "logs", folder=folder, stop=StopRequest(), say=print).start(spec)
sys.stdout.write("started\\n"); sys.stdout.flush()
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        supervisor.stdout.readline()
        children = [int(pid) for pid in wait_until(lambda: pids.exists() and pids.read_text()).split()]
        supervisor.kill()

    for pid in children:
        wait_until(lambda pid=pid: is_gone(pid), what=f"the end of {pid}")


def test_the_first_signal_asks_to_stop_and_the_second_one_hurries() -> None:
    before = signal.getsignal(signal.SIGINT)  # a shell that starts us in the background has it ignored
    seen = []
    with stop_on_signals() as stop:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.raise_signal(number)
            stop.pause(60)
            seen.append((stop.is_set, stop.is_urgent))

    assert seen == [(True, False), (True, True)]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_process_that_is_gone_has_no_run_workers() -> None:
    with subprocess.Popen(["/bin/true"]) as process:
        pass

    assert run_workers(process.pid) == []


def test_a_log_that_grew_too_long_is_put_aside_and_its_writer_goes_on_in_the_same_file(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 10)
        rotate_log(log, max_bytes=20)
        writer.write(b"new\n")
        rotate_log(log, max_bytes=20)

    assert log.read_text() == "new\n"
    assert (tmp_path / "one.log.1").read_text() == "old\n" * 10


def test_the_end_of_a_log_has_no_colours(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    log.write_bytes(b"first\n\x1b[32msecond\x1b[0m\nth\xffird\n")

    assert last_lines(log, 2) == "second\nth\ufffdird"


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
