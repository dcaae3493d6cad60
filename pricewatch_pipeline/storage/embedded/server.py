"""The embedded server's life: whoever needs it starts it, the last to leave stops it, a crash of anyone changes neither.

A user holds a shared lock on `postgres.users.lock`, which the kernel releases however the process ends. Starting and
stopping hold `postgres.start.lock` alone.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from pricewatch_pipeline.errors import EmbeddedServerError
from pricewatch_pipeline.storage.embedded import locks
from pricewatch_pipeline.storage.embedded.account import prepare_home, require_supported, server_account
from pricewatch_pipeline.storage.embedded.binaries import programs_for
from pricewatch_pipeline.storage.embedded.cluster import PORT, SUPERUSER, Cluster
from pricewatch_pipeline.storage.embedded.folders import prepare_folder, recorded_folder, remove_folder
from pricewatch_pipeline.storage.embedded.orphans import clear_orphans
from pricewatch_pipeline.storage.servers import ensure_database

_LOCK_WAIT_S = 180.0


@dataclass(frozen=True, kw_only=True)
class UserProcess:
    """A process that uses the server."""

    pid: int
    command: str


@dataclass(frozen=True, kw_only=True)
class ServerStatus:
    """How the server stands."""

    is_running: bool
    pid: int | None
    version: str | None
    """None while there is no data yet."""
    data_folder: Path | None
    size_bytes: int
    is_kept: bool
    """Stays when its last user leaves."""


class EmbeddedServer:
    """The PostgreSQL of one home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().resolve()
        self._holds: list[int] = []
        self._cluster: Cluster | None = None
        """The one that runs, once we are a user of it."""

    def acquire(self) -> None:
        """Be a user of the server: start it when it is not running; it accepts connections on return.

        Raises:
            EmbeddedServerError: says why it cannot be started, and what to do.
        """
        with self._change():
            hold = locks.share(self._users_lock)
            try:
                self._cluster = self._prepare()
                self._cluster.start()
            except BaseException:
                os.close(hold)
                raise
            self._holds.append(hold)

    def release(self) -> None:
        """Be no user any more; the last one stops the server unless it is kept."""
        if not self._holds:
            return
        with self._change():
            os.close(self._holds.pop())
            cluster = self._existing()
            if cluster and not self._keep_file.exists() and locks.is_free(self._users_lock):
                cluster.stop()

    def keep_running(self) -> None:
        """Start the server again when it died. For its users, now and then.

        Raises:
            EmbeddedServerError: says why it cannot be started, and what to do.
        """
        if self._cluster is None or self._cluster.pid() is None:
            with self._change():
                self._cluster = self._prepare()
                self._cluster.start()

    @contextmanager
    def running(self) -> Iterator["EmbeddedServer"]:
        """`acquire` and, at the end, `release`."""
        self.acquire()
        try:
            yield self
        finally:
            self.release()

    def start_and_keep(self) -> None:
        """Start the server, and leave it running when its last user leaves."""
        with self.running():
            self._keep_file.touch(mode=0o600)

    def stop(self, *, is_forced: bool = False) -> None:
        """Stop the server, kept or not.

        Raises:
            EmbeddedServerError: others use it, unless forced.
        """
        if not self.home.is_dir():
            return
        with self._change():
            if not is_forced and not locks.is_free(self._users_lock):
                raise EmbeddedServerError(
                    f"PostgreSQL is in use by {_described(self.users())}. End them, or stop it with --force."
                )
            self._keep_file.unlink(missing_ok=True)
            cluster = self._existing()
            if cluster:
                cluster.stop()

    def destroy(self, *, is_forced: bool = False) -> None:
        """Stop the server and delete all its data. There is no way back.

        Raises:
            EmbeddedServerError: others use it, unless forced.
        """
        if not self.home.is_dir():
            return
        while self._holds:
            os.close(self._holds.pop())
        self.stop(is_forced=is_forced)
        with self._change():
            remove_folder(self.home)

    def users(self) -> tuple[UserProcess, ...]:
        """The processes of this account that use the server."""
        lock = str(self._users_lock)
        found: list[UserProcess] = []
        for process in psutil.process_iter():
            try:
                if any(file.path == lock for file in process.open_files()):
                    found.append(
                        UserProcess(pid=process.pid, command=" ".join(" ".join(process.cmdline()).split())[:80])
                    )
            except (psutil.Error, OSError):
                continue  # gone meanwhile, or another account's
        return tuple(found)

    def status(self) -> ServerStatus:
        """How the server stands, changing nothing."""
        if self.home.is_dir():
            prepare_home(self.home)
        cluster = self._existing()
        pid = cluster.pid() if cluster else None
        return ServerStatus(
            is_running=pid is not None,
            pid=pid,
            version=cluster.version() if cluster else None,
            data_folder=cluster.folder.data if cluster else None,
            size_bytes=cluster.size_bytes() if cluster else 0,
            is_kept=self._keep_file.exists(),
        )

    def url(self, database: str, *, driver: str = "psycopg") -> str:
        """SQLAlchemy's URL of a database. It holds the password.

        Raises:
            EmbeddedServerError: the server was never started here.
        """
        return self.libpq_url(database).replace("postgresql://", f"postgresql+{driver}://", 1)

    def libpq_url(self, database: str) -> str:
        """The URL for psql and everything else built on libpq. It holds the password.

        Raises:
            EmbeddedServerError: the server was never started here.
        """
        cluster = self._existing()
        if cluster is None:
            raise EmbeddedServerError(
                f"There is no database in {self.home} yet. `pricewatch up` or `pricewatch db start` makes it."
            )
        account = f"{SUPERUSER}:{quote(cluster.password(), safe='')}"
        return f"postgresql://{account}@/{quote(database)}?host={quote(str(cluster.folder.sockets))}&port={PORT}"

    def ensure_database(self, name: str) -> None:
        """Create a database when it is missing; the server must be running."""
        ensure_database(self.libpq_url("postgres"), name)

    @property
    def _users_lock(self) -> Path:
        return self.home / "postgres.users.lock"

    @property
    def _keep_file(self) -> Path:
        return self.home / "postgres.keep"

    @contextmanager
    def _change(self) -> Iterator[None]:
        require_supported(sys.platform)
        prepare_home(self.home)
        with locks.exclusive(self.home / "postgres.start.lock", wait_s=_LOCK_WAIT_S):
            yield

    def _existing(self) -> Cluster | None:
        folder = recorded_folder(self.home)
        if folder is None:
            return None
        account = server_account()
        return Cluster(home=self.home, folder=folder, account=account, programs=programs_for(account))

    def _prepare(self) -> Cluster:
        account = server_account()
        programs = programs_for(account)
        if not account.is_us and recorded_folder(self.home) is None:
            clear_orphans(self.home, account, programs)
        folder = prepare_folder(self.home, account)
        cluster = Cluster(home=self.home, folder=folder, account=account, programs=programs)
        cluster.initialise()
        return cluster


def _described(users: tuple[UserProcess, ...]) -> str:
    if not users:
        return "another process"
    return f"{len(users)} process{'es' if len(users) > 1 else ''}: " + "; ".join(
        f"{user.pid} ({user.command})" for user in users
    )
