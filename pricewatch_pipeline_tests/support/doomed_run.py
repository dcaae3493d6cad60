"""A run in a process of its own that dies (or freezes) at a named point: `python -m ...doomed_run URL POINT SIGNAL`."""

import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta

from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import engine_on

POINTS = ("claimed", "looked", "stored")


class Doom:
    """Sends this process a signal when the run reaches a point."""

    def __init__(self, point: str, kind: signal.Signals) -> None:
        self._point = point
        self._kind = kind
        self._is_over = False

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        self._reach("claimed")

    def looked(self, check: FinishedCheck) -> None:
        self._reach("looked")

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        self._reach("stored")

    def progressed(self, progress: BatchProgress) -> None:
        """No check of one page has a batch."""

    def _reach(self, point: str) -> None:
        if point == self._point and not self._is_over:
            self._is_over = True
            os.kill(os.getpid(), self._kind)


def main() -> None:
    url, point, kind = sys.argv[1:]
    database = Database(url)
    engine = engine_on(database, lease=timedelta(seconds=600))
    report = check_due(engine, run_id="doomed", observer=Doom(point, signal.Signals[kind]))
    database.close()
    sys.stdout.write(f"checks={report.checks} lost={report.lost}\n")


if __name__ == "__main__":
    main()
