"""A deliverer in a process of its own, for tests that end it: `python -m ...doomed_deliverer URL NAME=ADDRESS...`."""

import sys
from datetime import timedelta

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.outbox import deliver_to


def main() -> None:
    url, *named = sys.argv[1:]
    database = Database(url)
    report = deliver_to(database, budget=timedelta(seconds=60), **dict(each.split("=", 1) for each in named))
    database.close()
    sys.stdout.write(f"sent={report.sent}\n")


if __name__ == "__main__":
    main()
