"""Where a process's own CPU time goes, by stage: a thread that looks at all others and at the clock of each.

A sample gives the CPU time that a thread used since the sample before to the stage which it is in now; one that has
nothing to do any more, to the stage that it was in last. Time spent in C is seen as well.
"""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Self

SAMPLE_S = 0.004
ENGINE = "engine"
IDLE = "idle"
_OURS = "pricewatch_pipeline/"
# The first stage that any frame of a stack belongs to ...
_ANYWHERE = (
    ("events in Dagster's log", ("/defs/events.py", "/defs/checking.py", "/services/log_events.py")),
    ("evidence: hash and compress", ("/services/keep_evidence.py", "/storage/pages.py", ":_evidence")),
    ("walls", ("/fetching/walls.py", "/fetching/wall_signs.py")),
    ("decode and parse", ("/parsing/documents.py", "/domain/pages.py", "/encodings/", ":parse_title")),
    ("read", ("/parsing/", "/providers/")),
    ("database client", ("pricewatch_pipeline/storage/", "/psycopg/", "/sqlalchemy/", "/psycopg2/")),
    ("fetch", ("/fetching/", "/aiohttp/", "/httpx", "/yarl/", "/services/fetch_politely.py")),
)
# ... else what the innermost frame that says anything belongs to. Sockets are read and written in C by uvloop.
_INNERMOST = (
    ("Dagster's run", ("/dagster/", "/dagster_shared/", "/dagster_postgres/")),
    (IDLE, ("/concurrent/futures/thread.py:_worker",)),
    ("event loop and sockets", ("/asyncio/", "/uvloop/", "/selectors.py")),
    (ENGINE, (_OURS,)),
)
_TASKS = Path("/proc/self/task")


class StageSampler:
    """Looks at this process while the block runs."""

    def __init__(self) -> None:
        self.cpu_s: defaultdict[str, float] = defaultdict(float)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="stage sampler", daemon=True)
        self._clocks: dict[int, float] = {}
        self._last: dict[int, str] = {}

    def __enter__(self) -> Self:
        if _TASKS.exists():  # Linux only; elsewhere nothing is seen
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._is_over.wait(SAMPLE_S):
            frames = sys._current_frames()  # noqa: SLF001 - documented, for profilers
            for thread in threading.enumerate():
                if thread is self._thread or thread.native_id is None or thread.ident not in frames:
                    continue
                used_s = self._used_s(thread.native_id)
                stage = stage_of(_places(frames[thread.ident]))
                if stage == IDLE:
                    stage = self._last.get(thread.native_id, ENGINE)
                self._last[thread.native_id] = stage
                self.cpu_s[stage] += used_s

    def _used_s(self, native_id: int) -> float:
        """Since the last time; nothing the first time, and nothing when the thread has ended."""
        try:
            now_s = int((_TASKS / str(native_id) / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            return 0.0
        before_s = self._clocks.get(native_id, now_s)
        self._clocks[native_id] = now_s
        return now_s - before_s


def stage_of(places: Iterable[str]) -> str:
    """The stage of a stack: the places are `file:function`, from the innermost on."""
    stack = list(places)
    anywhere = (name for name, marks in _ANYWHERE if any(mark in place for place in stack for mark in marks))
    innermost = (name for place in stack for name, marks in _INNERMOST if any(mark in place for mark in marks))
    return next(anywhere, None) or next(innermost, ENGINE)


def _places(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        code = frame.f_code
        yield f"{code.co_filename}:{code.co_name}"
        frame = frame.f_back
