"""What home folders that were removed have left behind in /var/lib."""

import logging
import shutil
import time
from pathlib import Path

from pricewatch_pipeline.storage.embedded.account import Account
from pricewatch_pipeline.storage.embedded.binaries import SHARED_ROOT
from pricewatch_pipeline.storage.embedded.cluster import Cluster
from pricewatch_pipeline.storage.embedded.folders import ServerFolder, home_of

_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - only compared with
_KEPT_S = 3600
_log = logging.getLogger(__name__)


def clear_orphans(home: Path, account: Account, programs: Path) -> None:
    """Before `home` gets its first database: stop the server that an earlier home of this path left running.

    Its data stays, as that home may have been moved, or lie on a disk that is missing for the moment. Only what homes in
    temporary folders left is deleted, after an hour.
    """
    for file in SHARED_ROOT.glob("*.home"):
        its_home, folder = home_of(file), file.with_suffix("")
        if its_home is None:
            continue
        cluster = Cluster(
            home=its_home, folder=ServerFolder(path=folder, sockets=folder), account=account, programs=programs
        )
        if its_home == home:
            cluster.stop()
            _log.warning(
                "%s had a database before, whose data is still in %s; remove it when you do not need it.", home, folder
            )
        elif _is_gone(its_home) and cluster.pid() is None and _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)
            file.unlink(missing_ok=True)


def _is_gone(home: Path) -> bool:
    return any(home.is_relative_to(folder) for folder in _TEMPORARY) and not home.exists()


def _is_old(folder: Path) -> bool:
    try:
        last_used_at = (folder / "data" / "global" / "pg_control").stat().st_mtime
    except FileNotFoundError:
        last_used_at = 0.0
    return time.time() - last_used_at > _KEPT_S
