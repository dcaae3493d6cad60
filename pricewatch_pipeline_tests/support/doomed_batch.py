"""A run of batches in a process of its own that gets a signal in the middle: `python -m ...doomed_batch URL PAGES SIGNAL`."""

import os
import signal
import sys
from datetime import timedelta

from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.matrix import MatrixProvider
from pricewatch_pipeline_tests.support.shop import engine_on


class Doom:
    """Sends this process a signal when so many pages were seen."""

    def __init__(self, pages: int, kind: signal.Signals) -> None:
        self._left = pages
        self._kind = kind

    def __call__(self, _url: str) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), self._kind)


def main() -> None:
    url, pages, kind = sys.argv[1:]
    database = Database(url)
    provider = MatrixProvider(Doom(int(pages), signal.Signals[kind]))
    engine = engine_on(database, providers={"matrix": provider}, lease=timedelta(seconds=600))
    report = check_batches(engine, run_id="doomed")
    database.close()
    sys.stdout.write(f"checks={report.checks} lost={report.lost}\n")


if __name__ == "__main__":
    main()
