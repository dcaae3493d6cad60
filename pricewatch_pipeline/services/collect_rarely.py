"""Garbage collection for the time of a run: reading pages makes many objects that die young and few that form cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS, _MIDDLE, _OLD = 20_000, 20, 20
"""So many more objects before the young are looked through, and so many such looks before older ones are."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look through objects a thirtieth as often, and never through those that are there already: modules, above all.

    With Python's own thresholds an eighth of the CPU time of reading a page went into it.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_OBJECTS, _MIDDLE, _OLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
