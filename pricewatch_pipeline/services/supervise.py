"""Keep child processes running: start them in order, start again those that die, stop them in the opposite order."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import psutil

from pricewatch_pipeline.errors import ProcessDied
from pricewatch_pipeline.services.processes import (
    ChildSpec,
    Guard,
    StopRequest,
    has_group,
    last_lines,
    rotate_log,
    run_workers,
    signal_group,
    start_in_own_session,
)

READY_S = 120.0
QUICK_DEATH_S = 60.0
"""Who lives longer than this is started again as if it were the first time."""
MAX_QUICK_DEATHS = 5
FINISH_S = 3.0
"""How long runs may go on by themselves when we stop..."""
INTERRUPT_S = 5.0
"""...and how long they have after being interrupted; a run that is killed instead cannot say how it ended."""
STOP_S = 10.0


def restart_delay_s(quick_deaths: int) -> float | None:
    """How long to wait before the next start; None: give up."""
    return 2.0 ** (quick_deaths - 1) if quick_deaths < MAX_QUICK_DEATHS else None


class Child:
    """One process of the supervisor, over all its starts."""

    def __init__(self, spec: ChildSpec, logs: Path) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restart_at: float | None = None
        self.quick_deaths = 0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def is_ready(self) -> bool:
        return self.spec.is_ready is None or (self.process is not None and self.spec.is_ready(self.process.pid))

    def died(self, *, now: float) -> float | None:
        """Count a death; the delay before the next start, None: it dies too often."""
        self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < QUICK_DEATH_S else 1
        return restart_delay_s(self.quick_deaths)

    def error(self, what: str) -> ProcessDied:
        status = self.process.poll() if self.process else None
        return ProcessDied(f"{self.spec.name} {what}. The end of {self.log}:\n{last_lines(self.log)}", status=status)


class Supervisor:
    """Runs the children of `pricewatch up` and `pricewatch demo`; knows nothing of what they do."""

    def __init__(
        self,
        *,
        logs: Path,
        folder: Path,
        stop: StopRequest,
        say: Callable[[str], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        for path in (logs, folder):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.children: list[Child] = []
        self._logs = logs
        self._folder = folder
        self._stop = stop
        self._say = say
        self._clock = clock
        self._guard = Guard()

    def start(self, *specs: ChildSpec) -> None:
        """Start children, each when the one before is ready; less of it when asked to stop.

        Raises:
            ProcessDied: one did not come up; it is not looked after any further.
        """
        for spec in specs:
            if self._stop.is_set:
                return
            child = Child(spec, self._logs)
            self.children.append(child)
            try:
                self._start(child)
                self._wait_until_ready(child)
            except ProcessDied:
                self._stop_child(child)
                self.children.remove(child)
                raise

    def keep_up(self) -> None:
        """Look after everybody once: note who died, start again whose time has come.

        Raises:
            ProcessDied: one dies too often.
        """
        for child in self.children:
            rotate_log(child.log)
            if child.is_alive:
                continue
            if child.restart_at is None:
                self._after_death(child)
            elif self._clock() >= child.restart_at:
                self._start_again(child)

    def stop_all(self) -> None:
        """Stop the last one first, runs in progress included, and leave no process behind. Twice does no harm."""
        for child in reversed(self.children):
            self._stop_child(child)
        self._guard.close()

    def _start(self, child: Child) -> None:
        rotate_log(child.log)
        child.started_at, child.restart_at = self._clock(), None
        if child.spec.before:
            self._run_before(child, child.spec.before)
        if not self._stop.is_set:
            child.process = self._spawn(child, child.spec.argv)

    def _spawn(self, child: Child, argv: tuple[str, ...]) -> subprocess.Popen[bytes]:
        process = start_in_own_session(argv, env=child.spec.env, folder=self._folder, log=child.log)
        self._guard.add(process.pid)
        return process

    def _run_before(self, child: Child, argv: tuple[str, ...]) -> None:
        process = self._spawn(child, argv)
        is_done = self._stop.pause_until(
            lambda: process.poll() is not None, seconds=READY_S, is_over=lambda: self._stop.is_set
        )
        self._end_group(process)
        if process.returncode and not self._stop.is_set:
            raise child.error("could not be prepared" if is_done else "took too long to be prepared")

    def _wait_until_ready(self, child: Child) -> None:
        if child.process is None:
            return
        self._stop.pause_until(
            lambda: child.is_ready, seconds=READY_S, is_over=lambda: self._stop.is_set or not child.is_alive
        )
        if child.is_ready or self._stop.is_set:
            return
        raise child.error("did not answer in time" if child.is_alive else "ended while starting")

    def _after_death(self, child: Child) -> None:
        if child.process is not None:
            self._end_group(child.process)  # what it started must not go on without it
        delay = child.died(now=self._clock())
        if delay is None:
            raise child.error(f"ended {MAX_QUICK_DEATHS} times in short order")
        self._say(f"{child.spec.name} ended; starting it again in {delay:.0f} s (its log: {child.log})")
        child.restart_at = self._clock() + delay

    def _start_again(self, child: Child) -> None:
        try:
            self._start(child)
        except ProcessDied:
            child.process = None
            self._after_death(child)

    def _stop_child(self, child: Child) -> None:
        if child.process is None:
            return
        self._end_runs(child.process.pid)
        if child.is_alive and not self._stop.is_urgent:
            child.process.terminate()
            self._stop.pause_until(lambda: not child.is_alive, seconds=STOP_S, is_over=lambda: self._stop.is_urgent)
        self._end_group(child.process)
        child.process = None

    def _end_runs(self, pid: int) -> None:
        """Let runs finish, else interrupt them, while the code server is there to note how they ended."""
        if not run_workers(pid):
            return
        self._say("waiting for runs in progress to end (Ctrl-C again: do not wait)")
        for seconds in (FINISH_S, INTERRUPT_S):
            if self._stop.pause_until(
                lambda: not run_workers(pid), seconds=seconds, is_over=lambda: self._stop.is_urgent
            ):
                return
            for worker in run_workers(pid):
                _terminate(worker)

    def _end_group(self, process: subprocess.Popen[bytes]) -> None:
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._stop.pause_until(lambda: not has_group(process.pid), seconds=STOP_S, is_over=lambda: False)
        self._guard.remove(process.pid)


def _terminate(process: psutil.Process) -> None:
    try:
        process.terminate()
    except psutil.NoSuchProcess:
        return
