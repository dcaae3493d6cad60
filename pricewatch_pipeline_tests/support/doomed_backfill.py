"""A run in a process of its own that is killed when so many documents have come: `python -m ...doomed_backfill URL DOCUMENTS`."""

import os
import signal
import sys
from datetime import timedelta
from typing import ClassVar

from pricewatch_pipeline.domain.filings import FilingShelf
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.providers.sec_form4 import SecForm4Provider
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import engine_on


class DoomedProvider(SecForm4Provider):
    """Gets documents, and with the last of them the end."""

    left: ClassVar[int] = 0

    def with_shelf(self, shelf: FilingShelf) -> "DoomedProvider":
        return DoomedProvider(shelf=shelf)

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        async def doomed(request: PageRequest) -> Page:
            page = await fetch(request)
            DoomedProvider.left -= request.is_one_of_many
            if not DoomedProvider.left:
                os.kill(os.getpid(), signal.SIGKILL)
            return page

        return await super().check(watch, store, doomed)


def main() -> None:
    url, documents = sys.argv[1:]
    DoomedProvider.left = int(documents)
    engine = engine_on(Database(url), providers={"sec_form4": DoomedProvider()}, lease=timedelta(seconds=600))
    check_due(engine, run_id="doomed")


if __name__ == "__main__":
    main()
