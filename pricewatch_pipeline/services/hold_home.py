"""One `up` or `demo` at a time per home folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pricewatch_pipeline.errors import AlreadyRunning
from pricewatch_pipeline.settings import Settings, read_session
from pricewatch_pipeline.storage.embedded.account import prepare_home

LOCK_FILE = "up.lock"


@contextmanager
def holding_home(settings: Settings) -> Iterator[None]:
    """Hold the home folder until the end of the block, or of the process, whichever comes first.

    Raises:
        AlreadyRunning: another process holds it.
        EmbeddedServerError: the folder is not ours to write in.
    """
    prepare_home(settings.home)
    with (settings.home / LOCK_FILE).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise _already_running(settings, lock.read().strip()) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _already_running(settings: Settings, pid: str) -> AlreadyRunning:
    session = read_session(settings.session_file)
    where = f"; its UI is at {session['url']}" if session else "; it is still starting"
    who = f" (process {pid})" if pid else ""
    return AlreadyRunning(
        f"`pricewatch {session['mode'] if session else 'up'}` already runs in {settings.home}{who}{where}."
        " Stop it first with Ctrl-C or SIGTERM, or set PRICEWATCH_HOME to another folder"
    )
