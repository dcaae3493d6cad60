"""A process that reads hostile pages with little time and memory, one line of JSON for each; the kernel ends it if it takes more.

python -m pricewatch_pipeline_tests.support.hostile_reader [NAME ...]
"""

import json
import resource
import sys
from collections.abc import Iterator

from pricewatch_pipeline.domain.offers import Offer, is_amount, problem_of, storable
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.watches import Store, Strategy
from pricewatch_pipeline.providers.retail.candidates import MOST_CANDIDATES
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer
from pricewatch_pipeline.storage.offer_rows import offer_record
from pricewatch_pipeline.storage.rows import as_json
from pricewatch_pipeline_tests.support.hostile_pages import GOOD, PAGES, STRATEGIES

URL = "https://shop.example/p/kettle"
MOST_CPU_S = 20
"""For one page, all but building it. The slowest takes a tenth on an idle machine."""
MOST_MEMORY = 3 << 30
LONGEST_ROW = 600_000
"""Characters of an offer with all its candidates."""


def read(body: bytes, *strategies: Strategy) -> dict[str, object]:
    """Read a page, and say how that ended and what is wrong with it."""
    store = Store(store_id="s", domains=("shop.example",), strategies={"price": strategies}) if strategies else None
    page = Page(request=PageRequest(url=URL), outcome=Outcome.OK, final_url=URL, body=body)
    reading = read_offer(page, store=store, query=RetailQuery(url=URL))
    offer = reading.offer
    return {
        "outcome": reading.outcome.value,
        "error": reading.error,
        "price": str(offer.price) if offer and offer.price is not None else None,
        "problems": problems(offer) if offer else [],
    }


def problems(offer: Offer) -> list[str]:
    """Why an offer could not be stored, after all that the engine does to it."""
    found = [problem] if (problem := problem_of(offer)) else []
    kept = storable(offer)
    if len(kept.candidates) > MOST_CANDIDATES:
        found.append(f"{len(kept.candidates)} candidates")
    amounts = [kept.price, kept.price_high, kept.list_price, kept.shipping_price, kept.unit_price, kept.pack_size]
    found += [f"an amount of {amount}" for amount in amounts if not is_amount(amount)]
    found += [
        f"a candidate of {c.amount}" for c in kept.candidates if c.amount is not None and not c.amount.is_finite()
    ]
    row = as_json([offer_record(kept)])
    row.encode()
    if len(row) > LONGEST_ROW:
        found.append(f"a row of {len(row)} characters")
    return found


def _limit_cpu() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + MOST_CPU_S, hard))


def _cases(wanted: list[str]) -> Iterator[tuple[str, bytes, tuple[Strategy, ...]]]:
    for name, build in PAGES.items():
        if not wanted or name in wanted:
            page = build()
            yield name, page if isinstance(page, bytes) else page.encode("utf-8", "surrogatepass"), ()
    body = (GOOD + "x" * 5_000).encode()
    for name, strategy in STRATEGIES.items():
        if not wanted or name in wanted:
            yield name, body, (strategy,)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for name, body, strategies in _cases(sys.argv[1:]):
        _limit_cpu()
        before = resource.getrusage(resource.RUSAGE_SELF)
        result = read(body, *strategies)
        after = resource.getrusage(resource.RUSAGE_SELF)
        result |= {"name": name, "cpu_s": round(after.ru_utime - before.ru_utime, 2), "peak_mb": after.ru_maxrss >> 10}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
