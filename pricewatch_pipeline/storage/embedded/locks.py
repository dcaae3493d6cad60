"""File locks that the kernel releases when their process dies, however it dies."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pricewatch_pipeline.errors import EmbeddedServerError

if sys.platform != "win32":
    import fcntl

_POLL_S = 0.05


@contextmanager
def exclusive(path: Path, *, wait_s: float) -> Iterator[None]:
    """Hold `path` alone.

    Raises:
        EmbeddedServerError: others held it for all of `wait_s`.
    """
    give_up_at = time.monotonic() + wait_s
    descriptor = _open(path)
    try:
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > give_up_at:
                raise EmbeddedServerError(
                    f"Another process has been starting or stopping PostgreSQL for {wait_s:.0f} s (it holds {path}). "
                    "End that process if it hangs, then try again."
                )
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)


def share(path: Path) -> int:
    """Hold `path` together with others until the descriptor returned is closed."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_free(path: Path) -> bool:
    """Whether nobody holds `path` at this moment."""
    descriptor = _open(path)
    try:
        return _try_lock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    # Closing, never unlocking: a forked child shares the lock, and must not take it from its parent.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
