"""One PostgreSQL data folder and the server on it: initialise, start, stop. Callers hold the start lock."""

import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from pricewatch_pipeline.errors import EmbeddedServerError
from pricewatch_pipeline.storage.embedded.account import ELSEWHERE, Account
from pricewatch_pipeline.storage.embedded.binaries import MAJOR_VERSION
from pricewatch_pipeline.storage.embedded.folders import ServerFolder

PORT = 5432
"""Only names the socket: nothing listens on the network."""
SUPERUSER = "postgres"

_START_WAIT_S = 300.0  # crash recovery after a busy day takes minutes
_LEFTOVER_WAIT_S = 60.0  # a killed server's last processes finish their statement first
_POLL_S = 0.05
_TAIL_LINES = 15
_LEFTOVER_SIGNS = ("already exists", "still in use")
_PASSING_SIGNS = ("starting up", "shutting down", "recovery")
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "postgresql-%a.log",  # one file per weekday, begun anew a week later
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] %q%a ",
}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A data folder, and who may work in it with which programs."""

    home: Path
    folder: ServerFolder
    account: Account
    programs: Path

    def initialise(self) -> None:
        """Make the data folder when there is none.

        Raises:
            EmbeddedServerError: initdb failed, or the data is of another version or without its password.
        """
        if self.version_file.exists():
            self._require_usable()
            return
        unfinished = self.folder.path / "data.new"
        if unfinished.exists():  # we were killed in the middle of it
            shutil.rmtree(unfinished)
        password_file = self._write_password()
        arguments = [
            f"--pgdata={unfinished}",
            f"--pwfile={password_file}",
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
        ]
        locale = [
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
        ]
        settings = [f"--set={name}={value}" for name, value in _SETTINGS.items()]
        result = self.account.run([self.programs / "initdb", *arguments, *locale, *settings], folder=self.folder.path)
        password_file.unlink()
        if result.returncode != 0:
            raise EmbeddedServerError(
                f"PostgreSQL's data folder {unfinished} could not be made: {result.stderr.strip() or result.stdout.strip()}. {ELSEWHERE}"
            )
        unfinished.rename(self.folder.data)

    def start(self) -> None:
        """Start the server when it is not running, and wait until it answers.

        Raises:
            EmbeddedServerError: with the tail of the server's log.
        """
        give_up_at = time.monotonic() + _LEFTOVER_WAIT_S
        while not self._start_once():
            if time.monotonic() > give_up_at:
                raise EmbeddedServerError(
                    f"Processes of an earlier PostgreSQL still work in {self.folder.data}: {self._processes()}. "
                    f"End them, then try again.\n{self._log_tail()}"
                )
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop the server when it is running; whoever is connected is cut off.

        Raises:
            EmbeddedServerError: it did not stop.
        """
        if self.pid() is None:
            return
        arguments = ["stop", f"--pgdata={self.folder.data}", "--mode=fast", "--wait", "--timeout=120", "--silent"]
        result = self.account.run([self.programs / "pg_ctl", *arguments], folder=self.folder.path)
        if result.returncode != 0 and self.pid() is not None:
            raise EmbeddedServerError(f"PostgreSQL did not stop: {result.stderr.strip()}\n{self._log_tail()}")

    def pid(self) -> int | None:
        """The server's process; None when it is not running. A number that another process was given since is not it."""
        lines = self._pid_lines()
        if not lines or not lines[0].isdigit():
            return None
        pid = int(lines[0])
        return pid if _works_in(pid, self.folder.data) else None

    def version(self) -> str:
        """The version of the programs, such as `18.1`."""
        result = self.account.run([self.programs / "postgres", "--version"], folder=Path("/"))
        return result.stdout.strip().rsplit(" ", 1)[-1]

    def size_bytes(self) -> int:
        """What the data takes on disk."""
        total = 0
        for parent, _, files in os.walk(self.folder.data):
            for name in files:
                with suppress(FileNotFoundError):  # the server removes files as we look
                    total += Path(parent, name).stat().st_size
        return total

    def password(self) -> str:
        """The password of the user `postgres`."""
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EmbeddedServerError(
                f"The database's password cannot be read from {self.password_file} ({error.strerror}). Put the file back; "
                f"without it, remove {self.home} to start anew, then `pricewatch db restore` your last backup."
            ) from error

    @property
    def version_file(self) -> Path:
        return self.folder.data / "PG_VERSION"

    @property
    def password_file(self) -> Path:
        return self.home / "postgres.password"

    @property
    def start_log(self) -> Path:
        """What the server says before it writes its own log."""
        return self.home / "postgres.log"

    def _require_usable(self) -> None:
        version = self.version_file.read_text(encoding="utf-8").strip()
        if version != str(MAJOR_VERSION):
            raise EmbeddedServerError(
                f"The data in {self.folder.data} is of PostgreSQL {version}, and we run {MAJOR_VERSION}. "
                "Back it up with the release that made it, then restore the backup with this one."
            )
        self.password()

    def _write_password(self) -> Path:
        """Make a new password; returns a copy that the server's account may read, to be removed after use."""
        password = secrets.token_urlsafe(32)
        copy = self.folder.path / "password.new"
        for path in (self.password_file, copy):
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(password + "\n")
        self.account.give(copy)
        return copy

    def _start_once(self) -> bool:
        """Whether the server answers; False when leftovers of an earlier one are in the way, which will pass."""
        pid = self.pid()
        if pid is not None and self._is_answering(pid):
            return True
        self.stop()  # alive, but its socket is gone
        if self._is_answering(self._launch()):
            return True
        if any(sign in self._start_text() for sign in _LEFTOVER_SIGNS):
            self._drop_stale_locks()
            return False
        raise EmbeddedServerError(f"PostgreSQL did not start. {ELSEWHERE}\nThe end of its log:\n{self._log_tail()}")

    def _launch(self) -> int:
        """Start the server's process."""
        self.start_log.unlink(missing_ok=True)
        log = os.open(self.start_log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            # A shell in between makes the server nobody's child: it outlives us, and leaves no zombie while we live.
            # Not pg_ctl: there a `$` in a path reaches a shell.
            server: list[str | Path] = [
                self.programs / "postgres",
                "-D",
                self.folder.data,
                "-k",
                self.folder.sockets,
                "-p",
                str(PORT),
            ]
            result = self.account.run(
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *server], folder=self.folder.data, stderr=log
            )
        finally:
            os.close(log)
        if result.returncode != 0:
            raise EmbeddedServerError(f"PostgreSQL could not be started:\n{self._log_tail()}")
        return int(result.stdout)

    def _is_answering(self, pid: int) -> bool:
        """Wait until the server takes connections; False when it is gone, or deaf for too long."""
        give_up_at = time.monotonic() + _START_WAIT_S
        while _works_in(pid, self.folder.data) and time.monotonic() < give_up_at and self._has_socket(pid):
            if self._takes_connections():
                return True
            time.sleep(_POLL_S)
        return False

    def _has_socket(self, pid: int) -> bool:
        # A server that is ready has written so; from then on a missing socket will not come by itself.
        is_ready = self.pid() == pid and "ready" in self._pid_lines()[7:]
        return not is_ready or (self.folder.sockets / f".s.PGSQL.{PORT}").exists()

    def _takes_connections(self) -> bool:
        try:
            psycopg.connect(
                host=str(self.folder.sockets),
                port=PORT,
                user=SUPERUSER,
                password=self.password(),
                dbname="postgres",
                connect_timeout=10,
            ).close()
        except psycopg.OperationalError as error:
            reason = str(error)
            if "password" in reason:
                raise EmbeddedServerError(
                    f"The embedded PostgreSQL refuses the password in {self.password_file}. Put back the one it was made with."
                ) from error
            # An answer such as "too many clients" is an answer.
            return "FATAL" in reason and not any(sign in reason for sign in _PASSING_SIGNS)
        return True

    def _drop_stale_locks(self) -> None:
        """After a crash the number in a lock file may belong to an unrelated process: then nobody works in the folder."""
        if not self._processes():
            (self.folder.data / "postmaster.pid").unlink(missing_ok=True)
            (self.folder.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        return [pid for pid in psutil.pids() if _works_in(pid, self.folder.data)]

    def _pid_lines(self) -> list[str]:
        with suppress(FileNotFoundError):
            return [
                line.strip() for line in (self.folder.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            ]
        return []

    def _start_text(self) -> str:
        with suppress(FileNotFoundError):
            return self.start_log.read_text(encoding="utf-8", errors="replace")
        return ""

    def _log_tail(self) -> str:
        lines = self._start_text().splitlines()
        logs = sorted(self.folder.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)
        if logs:
            lines += logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        return "\n".join(lines)


def _works_in(pid: int, folder: Path) -> bool:
    """Whether the process is alive and has `folder` as its working folder, as all of a server's processes do."""
    try:
        return Path(psutil.Process(pid).cwd()) == folder
    except (psutil.Error, OSError):
        return False
