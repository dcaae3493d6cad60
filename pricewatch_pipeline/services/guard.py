"""Ends process groups when the process that started this one is gone, however it went; run as a script.

It reads `+PGID` and `-PGID` lines from standard input. End of file means that the other end of the pipe is closed: then
every group still listed gets SIGTERM and, some seconds later, SIGKILL. Standard library only, so that it stays small.
"""

import os
import signal
import sys
import time

GRACE_S = 5.0
POLL_S = 0.1


def read_groups() -> set[int]:
    """The groups that are left at the end of the input."""
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line[0] == "+" else groups.discard
        change(int(line[1:]))
    return groups


def send(group: int, signal_number: int) -> bool:
    """False when there is no such group any more."""
    try:
        os.killpg(group, signal_number)
    except ProcessLookupError:
        return False
    return True


def end(groups: set[int]) -> None:
    """Ask, wait, kill."""
    alive = {group for group in groups if send(group, signal.SIGTERM)}
    deadline = time.monotonic() + GRACE_S
    while alive and time.monotonic() < deadline:
        time.sleep(POLL_S)
        alive = {group for group in alive if send(group, 0)}
    for group in alive:
        send(group, signal.SIGKILL)


if __name__ == "__main__":
    end(read_groups())
