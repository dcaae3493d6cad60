"""A run of batches in a process of its own that gets a signal in the middle, of a person or not:
`python -m ...doomed_batch URL PAGES SIGNAL [cancelled]`."""

import os
import signal
import sys
from datetime import timedelta

from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.services.check_batches import check_batches
from pricewatch_pipeline.services.checking_run import SilentObserver
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.matrix import MatrixProvider
from pricewatch_pipeline_tests.support.shop import engine_on


class Doom(SilentObserver):
    """Sends this process a signal: when so many pages were seen, or when so many combinations are stored, and no transaction
    is open whose locks a frozen process would keep."""

    def __init__(self, pages: int, kind: signal.Signals) -> None:
        self._left = pages
        self._pages = pages
        self._kind = kind

    def __call__(self, _url: str) -> None:
        self._left -= 1
        if self._left == 0 and self._kind != signal.SIGSTOP:
            os.kill(os.getpid(), self._kind)

    def progressed(self, progress: BatchProgress) -> None:
        if self._kind == signal.SIGSTOP and self._pages and progress.ended >= self._pages:
            self._pages = 0
            os.kill(os.getpid(), self._kind)


def main() -> None:
    url, pages, kind, *word = sys.argv[1:]
    # Whoever starts the tests in the background has them, and all they start, ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    database = Database(url)
    doom = Doom(int(pages), signal.Signals[kind])
    engine = engine_on(database, providers={"matrix": MatrixProvider(doom)}, lease=timedelta(seconds=600))
    try:
        report = check_batches(engine, run_id="doomed", observer=doom, is_cancelled=lambda: word == ["cancelled"])
    except KeyboardInterrupt:
        sys.stdout.write("interrupted\n")
    else:
        sys.stdout.write(f"checks={report.checks} lost={report.lost}\n")
    database.close()


if __name__ == "__main__":
    main()
