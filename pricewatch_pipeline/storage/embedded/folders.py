"""Where the server keeps its data and its socket: in the home folder where its account reaches that, else in /var/lib."""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pricewatch_pipeline.errors import EmbeddedServerError
from pricewatch_pipeline.storage.embedded.account import Account
from pricewatch_pipeline.storage.embedded.binaries import SHARED_ROOT, make_shared_root

_RECORD = "postgres.json"
_INSIDE = "postgres"
# A socket's path holds 108 bytes on Linux, 104 on macOS; the rest keeps clear of what lists and URLs give a meaning.
_LONGEST_SOCKET_FOLDER = 104 - len("/.s.PGSQL.5432.lock")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+@~-]+")


@dataclass(frozen=True, kw_only=True)
class ServerFolder:
    """One server's places on disk."""

    path: Path
    """Owned by the server's account; closed to all others."""
    sockets: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def logs(self) -> Path:
        return self.path / "log"


def recorded_folder(home: Path) -> ServerFolder | None:
    """What this home folder says of its server; None when it has none yet.

    Raises:
        EmbeddedServerError: the record is damaged, or it is a copy of another home's.
    """
    record = _read_record(home)
    if record is None:
        return None
    folder, recorded_home = Path(record["folder"]), Path(record["home"])
    if (
        recorded_home != home
        and folder.is_absolute()
        and (_read_record(recorded_home) or {}).get("folder") == str(folder)
    ):
        raise EmbeddedServerError(
            f"{home} is a copy of {recorded_home}, and its database is still the other's. Remove {home / _RECORD} and "
            f"{home / 'postgres.password'} to start with an empty one, then `pricewatch db restore` a backup of the other's."
        )
    sockets = Path(record["sockets"])
    return ServerFolder(path=home / folder, sockets=home / sockets)


def prepare_folder(home: Path, account: Account) -> ServerFolder:
    """The server's folder, made when missing, with a folder for the socket that exists.

    Raises:
        EmbeddedServerError: no place can be had that the server's account reaches; the message says what to do.
    """
    record = _read_record(home)
    folder = recorded_folder(home)
    if folder is None:
        path = _make_folder(home, account)
        return _record(home, path, _make_socket_folder(path, account))
    if not account.can_use(folder.path, is_writable=True):
        raise EmbeddedServerError(
            f"The database's folder {folder.path} cannot be used by {account.name}. Give it back to that account "
            f"(`chown -R {account.name} {folder.path}`) and see that it may pass through the folders above."
        )
    is_moved = record is not None and record["home"] != str(home)
    if is_moved or not account.can_use(folder.sockets, is_writable=True):
        return _record(home, folder.path, _make_socket_folder(folder.path, account))
    return folder


def remove_folder(home: Path) -> None:
    """Delete the data and everything else the server left. There is no way back."""
    folder = recorded_folder(home)
    if folder:
        shutil.rmtree(folder.sockets, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder.path)
        folder.path.with_name(f"{folder.path.name}.home").unlink(missing_ok=True)
    for name in (_RECORD, "postgres.password", "postgres.log", "postgres.keep"):
        (home / name).unlink(missing_ok=True)


def home_of(file: Path) -> Path | None:
    """Of which home a folder in /var/lib is, by the file beside it; None when another process has just removed that."""
    try:
        return Path(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def is_fit_for_socket(folder: Path) -> bool:
    """Whether a socket in this folder has a path that every program can name."""
    return len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER and _PLAIN_PATH.fullmatch(str(folder)) is not None


def _make_folder(home: Path, account: Account) -> Path:
    inside = home / _INSIDE
    if not account.is_us and not account.can_use(home):
        make_shared_root()
        # A name of its own, not only the path's: a home that was moved from this path keeps its folder.
        inside = SHARED_ROOT / f"{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}-{secrets.token_hex(3)}"
    try:
        inside.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(f"Cannot make the database's folder {inside}: {error.strerror}.") from error
    account.give(inside)
    return inside


def _make_socket_folder(path: Path, account: Account) -> Path:
    # A new name each time: a server that was left behind removes its socket by name when it ends, and must not take ours.
    inside = path / f"run-{secrets.token_hex(3)}"
    if is_fit_for_socket(inside):
        inside.mkdir(mode=0o700)
        sockets = inside
    else:
        sockets = Path(tempfile.mkdtemp(prefix="pricewatch-", dir="/tmp"))
    account.give(sockets)
    return sockets


def _record(home: Path, path: Path, sockets: Path) -> ServerFolder:
    def relative(place: Path) -> str:
        return str(place.relative_to(home) if place.is_relative_to(home) else place)

    record = {"home": str(home), "folder": relative(path), "sockets": relative(sockets)}
    unfinished = home / f"{_RECORD}.new"
    unfinished.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(home / _RECORD)
    if path.is_relative_to(SHARED_ROOT):
        path.with_name(f"{path.name}.home").write_text(str(home), encoding="utf-8")
    return ServerFolder(path=path, sockets=sockets)


def _read_record(home: Path) -> dict[str, str] | None:
    path = home / _RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {key: str(record[key]) for key in ("home", "folder", "sockets")}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EmbeddedServerError(
            f"{path} cannot be read ({error}): it says where the database is. Restore it from a backup."
        ) from error
