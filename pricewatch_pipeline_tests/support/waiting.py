"""The one way in which tests wait: for a condition of the real thing, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value], timeout: float = 60.0, *, what: str = "the condition") -> Value:
    """The first truthy value of the condition."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout:.0f} s")
        time.sleep(0.05)
    return value
