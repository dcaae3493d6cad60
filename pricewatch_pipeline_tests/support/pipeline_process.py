"""`pricewatch up` on the stub definitions: run as a module, and what a test needs to start it and talk to it."""

import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import psutil

from pricewatch_pipeline.cli.up import run
from pricewatch_pipeline.errors import PricewatchError
from pricewatch_pipeline.services.processes import stop_on_signals
from pricewatch_pipeline.settings import environment_for_children, load_settings

STUB_MODULE = "pricewatch_pipeline_tests.support.stub_definitions"


def main(port: str = "", module: str = STUB_MODULE) -> None:
    """Run until a signal comes."""
    try:
        with stop_on_signals() as stop:
            run(load_settings(), mode="up", stop=stop, port=int(port) if port else None, module=module)
    except PricewatchError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error


class PipelineProcess:
    """A running `up` as its user has it: a process with output, a UI, and processes of its own."""

    def __init__(self, home: Path, *arguments: str, env: Mapping[str, str], module: str = __name__) -> None:
        self.home = home
        self.output = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment_for_children(PRICEWATCH_HOME=str(home), **env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._stdout = self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return self.output.partition("Dagster UI: ")[2].split()[0]

    def wait_for_output(self, text: str, *, timeout: float = 90) -> "PipelineProcess":
        """Read on until the output holds this text."""
        deadline = monotonic() + timeout
        while text not in self.output:
            readable, _, _ = select.select([self._stdout], [], [], max(0, deadline - monotonic()))
            chunk = os.read(self._stdout.fileno(), 65536) if readable else b""
            assert chunk, f"{text!r} never came; the output was:\n{self.output}"
            self.output += chunk.decode()
        return self

    def end(self, signal_number: int = signal.SIGINT) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal_number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end, reading what it still says; the exit code."""
        rest, _ = self._process.communicate(timeout=90)
        self.output += rest.decode() if rest else ""
        return self._process.returncode

    def children(self) -> dict[str, psutil.Process]:
        """Its processes by the name of their log."""
        marks = {
            "code-server": "grpc",
            "daemon": "dagster._daemon",
            "webserver": "dagster_webserver",
            "guard": "guard.py",
        }
        found = {}
        for process in psutil.Process(self.pid).children():
            with suppress(psutil.NoSuchProcess):
                command = " ".join(process.cmdline())
                found |= {name: process for name, mark in marks.items() if mark in command}
        return found

    def graphql(self, query: str, **variables: Any) -> Any:
        """Ask Dagster as a client would."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.url}/graphql", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)["data"]


def processes_naming(text: str) -> list[psutil.Process]:
    """Every process whose command line or environment holds this text, such as a test's own home folder."""
    return [process for process in psutil.process_iter() if _names(process, text)]


def _names(process: psutil.Process, text: str) -> bool:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return text in " ".join([*process.cmdline(), *process.environ().values()])
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
