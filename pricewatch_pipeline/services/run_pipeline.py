"""`pricewatch up` and `pricewatch demo` below the command line: PostgreSQL, code server, daemon and webserver of one home."""

import http.client
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import monotonic

from pricewatch_pipeline.errors import ProcessDied
from pricewatch_pipeline.services.dagster_home import (
    CODE_LOCATION,
    DEFINITIONS,
    dagster_environment,
    environment_for_dagster,
    prepare_dagster_home,
    write_atomically,
    write_workspace,
)
from pricewatch_pipeline.services.hold_home import holding_home
from pricewatch_pipeline.services.open_databases import Databases, opened_databases
from pricewatch_pipeline.services.pick_port import LOOPBACK, PORT_IN_USE, pick_port
from pricewatch_pipeline.services.processes import ChildSpec, StopRequest, listens_on
from pricewatch_pipeline.services.supervise import Supervisor
from pricewatch_pipeline.settings import Settings, start_of

MAX_SOCKET_PATH = 100
"""The system's limit is 108 bytes, 104 on macOS."""
TICK_S = 1.0
PYTHON = (sys.executable, "-P", "-m")


@dataclass(frozen=True, kw_only=True)
class RunningPipeline:
    """Everything is up."""

    url: str
    """Of the Dagster UI."""
    databases: Databases
    logs: Path
    supervisor: Supervisor
    stop: StopRequest

    def watch_over(self, on_tick: Callable[[], None], *, seconds: float | None = None) -> None:
        """Keep everything running until asked to stop, or for so many seconds.

        Raises:
            ProcessDied: a process dies too often.
            EmbeddedServerError: PostgreSQL died and does not start again.
        """
        deadline = monotonic() + seconds if seconds is not None else None
        while not self.stop.is_set and (deadline is None or monotonic() < deadline):
            self.databases.keep_running()
            self.supervisor.keep_up()
            on_tick()
            self.stop.pause(TICK_S)


@contextmanager
def running_pipeline(
    settings: Settings,
    *,
    mode: str,
    stop: StopRequest,
    say: Callable[[str], None],
    port: int | None = None,
    module: str = DEFINITIONS,
    prepare: Callable[[Databases], object] = lambda _: None,
    companions: Sequence[ChildSpec] = (),
) -> Iterator[RunningPipeline]:
    """Start everything, `companions` first; stop everything at the end of the block, PostgreSQL last.

    `prepare` is called once the databases are open and before Dagster starts.

    Raises:
        AlreadyRunning, PortTaken, ConfigurationError, DatabaseUnavailable, EmbeddedServerError: nothing was started.
        ProcessDied: a process did not come up; what had been started is stopped again.
    """
    with holding_home(settings):
        pick_port(port or settings.webserver_port, is_exact=port is not None)  # better now than after PostgreSQL
        say("starting PostgreSQL")
        with opened_databases(settings) as databases, _socket_folder(settings) as sockets:
            prepare(databases)
            prepare_dagster_home(settings)
            children = DagsterChildren(settings=settings, databases=databases, sockets=sockets, module=module)
            supervisor = Supervisor(logs=settings.home / "logs", folder=settings.home / "run", stop=stop, say=say)
            try:
                say("starting Dagster")
                supervisor.start(*companions, children.code_server(), children.daemon())
                url = start_webserver(supervisor, children, wanted=port, say=say)
                with _session(settings, mode=mode, url=url):
                    yield RunningPipeline(
                        url=url, databases=databases, logs=settings.home / "logs", supervisor=supervisor, stop=stop
                    )
            finally:
                say("stopping")
                supervisor.stop_all()


def start_webserver(
    supervisor: Supervisor, children: "DagsterChildren", *, wanted: int | None, say: Callable[[str], None]
) -> str:
    """Start the webserver on the wanted port, else on a free one; returns the UI's address."""
    first = candidate = wanted or children.settings.webserver_port
    while True:
        port = pick_port(candidate, is_exact=wanted is not None)
        if port != first:
            say(f"port {first} is in use; the UI gets {port}")
        try:
            supervisor.start(children.webserver(port))
        except ProcessDied as died:
            if wanted or died.status != PORT_IN_USE:
                raise
            candidate = port + 1  # another program was faster
            continue
        return f"http://{LOOPBACK}:{port}"


@dataclass(frozen=True, kw_only=True)
class DagsterChildren:
    """Dagster's processes: how each is started, and how to tell that it is ready."""

    settings: Settings
    databases: Databases
    sockets: Path
    module: str

    def code_server(self) -> ChildSpec:
        return ChildSpec(
            name="code-server",
            argv=(
                *(*PYTHON, "dagster", "api", "grpc", "--socket", str(self._code_socket), "-m", self.module),
                *("--location-name", CODE_LOCATION, "--use-python-environment-entry-point"),
            ),
            env=self._env,
            before=(*PYTHON, "pricewatch_pipeline.defs.prepare_instance"),
            is_ready=lambda _: accepts_connections(self._code_socket),
        )

    def daemon(self) -> ChildSpec:
        return ChildSpec(
            name="daemon", argv=(*PYTHON, "dagster._daemon", "run", "-w", self._workspace()), env=self._env
        )

    def webserver(self, port: int) -> ChildSpec:
        return ChildSpec(
            name="webserver",
            argv=(
                *(*PYTHON, "pricewatch_pipeline.defs.webserver", "--host", LOOPBACK, "--port", str(port)),
                *("--workspace", self._workspace()),
            ),
            env=self._env,
            is_ready=lambda pid: listens_on(pid, port) and answers_http(port, "/server_info"),
        )

    @property
    def _env(self) -> dict[str, str]:
        return environment_for_dagster(dagster_environment(self.settings, self.databases))

    @property
    def _code_socket(self) -> Path:
        return self.sockets / "code-server.sock"

    def _workspace(self) -> str:
        return str(write_workspace(self.sockets / "workspace.yaml", socket=self._code_socket))


def accepts_connections(path: Path) -> bool:
    """Whether a server listens on this unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        return connection.connect_ex(str(path)) == 0


def answers_http(port: int, path: str) -> bool:
    """Whether a server on loopback answers this path with 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _socket_folder(settings: Settings) -> Iterator[Path]:
    """A folder that only we can read: who reaches the code server's socket can start runs."""
    folder = settings.home / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if len(os.fsencode(folder / "code-server.sock")) <= MAX_SOCKET_PATH:
        yield folder
        return
    short = Path(tempfile.mkdtemp(prefix="pricewatch-"))
    try:
        yield short
    finally:
        shutil.rmtree(short)


@contextmanager
def _session(settings: Settings, *, mode: str, url: str) -> Iterator[None]:
    """Tell other commands in this home what runs, and with which settings."""
    session = {
        "pid": os.getpid(),
        **start_of(os.getpid()),
        "mode": mode,
        "url": url,
        "settings": session_settings(settings),
    }
    # The database's address may hold a password.
    write_atomically(settings.session_file, json.dumps(session, indent=2), mode=0o600)
    try:
        yield
    finally:
        settings.session_file.unlink(missing_ok=True)


def session_settings(settings: Settings) -> Mapping[str, object]:
    """The settings that another command in this home must share with the processes that run."""
    chosen = settings.model_dump(mode="json", exclude_defaults=True, exclude={"home"})
    return {**chosen, "watches_dir": str(settings.watches)}
