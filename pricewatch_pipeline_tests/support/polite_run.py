"""A run in a process of its own that starts on a word: `python -m ...polite_run URL BATCH_SIZE`, then a line to its input."""

import sys

from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import engine_on


def main() -> None:
    url, batch_size = sys.argv[1:]
    database = Database(url)
    database.now()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    report = check_due(engine_on(database, batch_size=int(batch_size)))
    database.close()
    sys.stdout.write(f"{report.checks}\n")


if __name__ == "__main__":
    main()
