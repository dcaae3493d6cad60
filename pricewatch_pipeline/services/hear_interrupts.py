"""Lets an event loop hear the signals that end a run, whoever handles them."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, SIGINT and SIGTERM cancel what `asyncio.Runner` runs; behind it, the handlers of before are told.

    Dagster's handler raises an exception of its own, wherever the loop is at that moment; where that is a callback, the
    exception is logged and forgotten (always so in uvloop). The Runner cancels where it finds Python's own handler.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    before_term = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if callable(before_term):
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        before(signal.SIGINT, None)
        raise
    finally:
        signal.signal(signal.SIGINT, before)
        if callable(before_term):
            signal.signal(signal.SIGTERM, before_term)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
