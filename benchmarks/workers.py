"""Processes that measure: each speaks JSON, a line per message, and ends when its standard input does.

What happens in a measured process is its own affair; nothing is measured in the process that starts them.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

Message = dict[str, Any]


class WorkerFailed(Exception):
    """A process that measures died; its own words follow."""


class Worker:
    """One process, from the side of who started it. A context manager: leaving it ends the process."""

    def __init__(self, module: str, *arguments: str, log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._module = module
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=None if environment is None else dict(environment),
                cwd=Path(__file__).parents[1],
                text=True,
            )

    @cached_property
    def hello(self) -> Message:
        """What the process said first. Not waited for before it is needed: several start side by side."""
        return self._next_line()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, **message: Any) -> Message:
        """Tell the process what to do and wait for what it has to say."""
        self.tell(**message)
        return self.answer()

    def tell(self, **message: Any) -> None:
        """Tell the process what to do, without waiting for the answer."""
        _ = self.hello  # the first line is not an answer
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Message:
        """What the process says next.

        Raises:
            WorkerFailed: it died instead.
        """
        return self._next_line()

    def cpu_s(self) -> float:
        """Processor time that the process used so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def _next_line(self) -> Message:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            said = self._log.read_text(encoding="utf-8", errors="replace")[-4000:]
            raise WorkerFailed(f"{self._module} ended with {self._process.returncode}. It said:\n{said}")
        message: Message = json.loads(line)
        return message

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(handle: Callable[[Message], Message], **hello: Any) -> None:
    """The other side: say hello, then answer message by message until standard input ends."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # whatever else prints must not speak in between
        _say(answers, hello)
        for line in sys.stdin:
            _say(answers, handle(json.loads(line)))


def _say(answers: Any, message: Message) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def peak_rss_mb() -> float:
    """The most memory this process ever had resident.

    Not `ru_maxrss`, which a process inherits from the one that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return float(psutil.Process().memory_info().rss) / 2**20


class Span:
    """A stretch of time and of this process's processor time, with how many pages went through it."""

    def __init__(self) -> None:
        self.pages = 0
        self.started = self.ended = time.monotonic()
        self._cpu_before = self._cpu_after = time.process_time()

    def add(self, pages: int) -> None:
        """So many more are done, now."""
        self.pages += pages
        self.ended = time.monotonic()
        self._cpu_after = time.process_time()

    def as_message(self) -> Message:
        return {
            "pages": self.pages,
            "started": self.started,
            "ended": self.ended,
            "cpu_s": self._cpu_after - self._cpu_before,
        }
