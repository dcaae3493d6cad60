"""Child processes: each in a session of its own, with a log file, and ended together with us whatever happens."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import FrameType

import psutil

from pricewatch_pipeline.services import guard

LOG_MAX_BYTES = 10_000_000
POLL_S = 0.1
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """A process to keep running."""

    name: str
    """Names its log file too."""
    argv: tuple[str, ...]
    env: Mapping[str, str]
    before: tuple[str, ...] | None = None
    """Run to its end before each start."""
    is_ready: Callable[[int], bool] | None = None
    """What comes after it waits for this; called with its process id."""


class StopRequest:
    """Whether we were asked to stop. The first SIGINT, SIGTERM or SIGHUP asks, the second one hurries."""

    def __init__(self) -> None:
        self._count = 0
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    @property
    def is_set(self) -> bool:
        return self._count > 0

    @property
    def is_urgent(self) -> bool:
        return self._count > 1

    def request(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        # No lock in here: a signal may arrive while the main thread holds it. A full pipe wakes the reader as well.
        self._count += 1
        with suppress(BlockingIOError):
            os.write(self._writer, b"!")

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until the next request."""
        readable, _, _ = select.select([self._reader], [], [], seconds)
        if readable:
            os.read(self._reader, 64)

    def pause_until(self, condition: Callable[[], bool], *, seconds: float, is_over: Callable[[], bool]) -> bool:
        """Wait for a condition; False when the time is up or the wait is over for another reason."""
        deadline = monotonic() + seconds
        while not (is_met := condition()) and not is_over() and monotonic() < deadline:
            self.pause(POLL_S)
        return is_met

    def close(self) -> None:
        os.close(self._reader)
        os.close(self._writer)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn the signals that end a process into a request; as before on leaving."""
    stop = StopRequest()
    previous = {
        number: signal.signal(number, stop.request) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        stop.close()


class Guard:
    """The process that ends our children when we are killed and cannot do it ourselves."""

    def __init__(self) -> None:
        reader, self._pipe = os.pipe()
        argv = (sys.executable, "-I", "-S", guard.__file__)
        self._process = subprocess.Popen(argv, stdin=reader, start_new_session=True)
        os.close(reader)

    def add(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let it go, and wait until it has ended what is still listed."""
        if self._process.returncode is None:
            os.close(self._pipe)
            self._process.wait()

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # somebody killed the guard: we still end our children ourselves
            os.write(self._pipe, line.encode())


def start_in_own_session(
    argv: tuple[str, ...], *, env: Mapping[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Start a process that a Ctrl-C in our terminal does not reach, its output appended to a log file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def signal_group(group: int, signal_number: int) -> None:
    """Signal every process of a group; there may be none left."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal_number)


def has_group(group: int) -> bool:
    """Whether any process of the group is left, zombies apart."""
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return False


def listens_on(pid: int, port: int) -> bool:
    """Whether this process, and not another program, is the one that listens on a TCP port."""
    try:
        connections = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def run_workers(pid: int) -> list[psutil.Process]:
    """The processes in which a Dagster code server executes runs."""
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if _is_run_worker(child)]


def _is_run_worker(process: psutil.Process) -> bool:
    # multiprocessing starts a helper as well, which lives as long as the code server.
    try:
        return "--multiprocessing-fork" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def rotate_log(log: Path, *, max_bytes: int = LOG_MAX_BYTES) -> None:
    """Keep a log that has grown too long as `<name>.log.1`; its writer goes on, in the emptied file."""
    if log.exists() and log.stat().st_size > max_bytes:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log file, without colours."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        text = COLOURS.sub("", file.read().decode(errors="replace"))
    return "\n".join(text.splitlines()[-count:])
