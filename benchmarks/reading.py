"""What reading a page costs beside parsing it with lxml: CPU time, page by page, in one process."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import fmean, median

from lxml import html

from benchmarks.results import Summary
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

_URL = "https://page.invalid/product"


def measure_reading(bodies: Sequence[bytes], *, repeats: int) -> Summary:
    """The median over the pages of what a reading costs by what lxml's parse costs, and both in milliseconds."""
    query = RetailQuery(url=_URL)
    for body in bodies[:5]:  # caches and imports
        read_offer(_page(body), store=None, query=query)
    parse_ms, read_ms = [], []
    for body in bodies:
        parse_ms.append(cpu_ms(partial(html.fromstring, body), repeats))
        read_ms.append(cpu_ms(partial(read_offer, _page(body), store=None, query=query), repeats))
    return {
        "read_by_lxml_parse": median(read / parse for read, parse in zip(read_ms, parse_ms, strict=True)),
        "readcpu_ms_per_page": fmean(read_ms),
        "lxml_parsecpu_ms_per_page": fmean(parse_ms),
    }


def _page(body: bytes) -> Page:
    return Page(
        request=PageRequest(url=_URL),
        outcome=Outcome.OK,
        final_url=_URL,
        fetched_at=datetime.now(UTC),
        status=200,
        body=body,
        wire_bytes=len(body),
    )


def cpu_ms(work: Callable[[], object], repeats: int) -> float:
    """The least of several: what disturbs only adds."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return 1000 * min(times)
