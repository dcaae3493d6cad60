"""Who the server runs as: ourselves, or a system account of its own when we are root (PostgreSQL refuses root)."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pricewatch_pipeline.errors import EmbeddedServerError

if sys.platform != "win32":
    import pwd

ACCOUNT_NAME = "pgserver"
ELSEWHERE = "Set PRICEWATCH_DATABASE_URL to use a PostgreSQL server of your own."
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
"""PG* variables of the user's shell must not reach our server."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account the server's processes run under."""

    name: str
    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()

    def run(
        self,
        arguments: Sequence[str | Path],
        *,
        folder: Path,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program under this account.

        Raises:
            EmbeddedServerError: we may not become this account, or it may not run the program or enter the folder.
        """
        try:
            return subprocess.run(
                [str(argument) for argument in arguments],
                cwd=folder,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                check=False,
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
                umask=0o077,
                user=None if self.is_us else self.uid,
                group=None if self.is_us else self.gid,
                extra_groups=None if self.is_us else [],
            )
        except OSError as error:
            raise EmbeddedServerError(f"Cannot run {arguments[0]} as {self.name} in {folder}: {error}.") from error

    def can_use(self, folder: Path, *needed: str, is_writable: bool = False) -> bool:
        """Whether this account reaches `folder` and may read what is `needed` in it: asked of the kernel, by trying."""
        test = 'cd -- "$1" || exit 1; shift; for f; do test -r "$f" || exit 1; done' + (
            " && test -w ." if is_writable else ""
        )
        return self.run(["/bin/sh", "-c", test, "sh", folder, *needed], folder=Path("/")).returncode == 0

    def give(self, path: Path) -> None:
        """Make this account the owner of `path`.

        Raises:
            EmbeddedServerError: the system does not let us (a container without the right, a foreign file system).
        """
        if self.is_us:
            return
        try:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        except OSError as error:
            raise EmbeddedServerError(f"Cannot give {path} to the account {self.name}: {error}. {ELSEWHERE}") from error


def server_account() -> Account:
    """Ourselves; as root, the account `pgserver`, made when missing.

    Raises:
        EmbeddedServerError: on Windows, or when the account cannot be made.
    """
    require_supported(sys.platform)
    if os.geteuid() != 0:
        require_name(os.geteuid())
        return Account(name=owner_name(os.geteuid()), uid=os.geteuid(), gid=os.getegid())
    found = _find(ACCOUNT_NAME) or _make(ACCOUNT_NAME)
    if found.uid == 0:
        raise EmbeddedServerError(f"The account {ACCOUNT_NAME} is root, which PostgreSQL refuses. {ELSEWHERE}")
    return found


def require_supported(platform: str) -> None:
    """Raises:
    EmbeddedServerError: there is no embedded server on this platform.
    """
    if platform == "win32":
        raise EmbeddedServerError(f"There is no embedded PostgreSQL on Windows. {ELSEWHERE}")


def require_name(uid: int) -> None:
    """Raises:
    EmbeddedServerError: no account has this number, as in a container run with a `--user` of its own making.
    """
    try:
        pwd.getpwuid(uid)
    except KeyError as error:
        raise EmbeddedServerError(
            f"PostgreSQL refuses to run as uid {uid}, which has no account here. Add one to /etc/passwd "
            f"(`useradd --uid {uid} pricewatch`), or run as an account that exists. {ELSEWHERE}"
        ) from error


def prepare_home(home: Path) -> None:
    """Make the home folder, or see that it is ours.

    Raises:
        EmbeddedServerError: it belongs to someone else, or may not be written.
    """
    try:
        # Others may pass through (the server's account must), not look around.
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        found = home.stat()
    except OSError as error:
        raise EmbeddedServerError(
            f"Cannot make the folder {home}: {error.strerror}. Set PRICEWATCH_HOME to a folder that you may write."
        ) from error
    problem = home_problem(
        home,
        owner_uid=found.st_uid,
        owner=owner_name(found.st_uid),
        mode=found.st_mode,
        my_uid=os.geteuid(),
        is_writable=os.access(home, os.W_OK | os.X_OK),
    )
    if problem:
        raise EmbeddedServerError(problem)


def home_problem(home: Path, *, owner_uid: int, owner: str, mode: int, my_uid: int, is_writable: bool) -> str | None:
    """Why the home folder must not be used, and what to do; None when it may be."""
    if owner_uid != my_uid:
        return (
            f"{home} belongs to {owner}, and you are {owner_name(my_uid)}: its database would be damaged by two owners. "
            f"Run as {owner}, or set PRICEWATCH_HOME to a folder of your own, "
            f"or, when nobody uses it, remove it (`rm -r {home}`: this deletes its price history)."
        )
    if mode & stat.S_IWOTH:
        return f"Everyone may write to {home}, so anyone could replace the database in it. Run `chmod o-w {home}`."
    if not is_writable:
        return f"{home} is yours but cannot be written. Run `chmod u+rwx {home}`, or set PRICEWATCH_HOME to another folder."
    return None


def owner_name(uid: int) -> str:
    """The account's name, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def _make(name: str) -> Account:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise EmbeddedServerError(
            f"PostgreSQL refuses to run as root, and there is no `useradd` to make the account {name}. "
            f"Make a system account named {name} yourself, or run pricewatch as a normal user. {ELSEWHERE}"
        )
    options = [
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
    ]
    result = subprocess.run([program, *options, name], capture_output=True, text=True, check=False)
    made = _find(name)  # also when another process was faster and useradd failed
    if made is None:
        raise EmbeddedServerError(
            f"PostgreSQL refuses to run as root, and the account {name} could not be made: {result.stderr.strip()}. {ELSEWHERE}"
        )
    return made
