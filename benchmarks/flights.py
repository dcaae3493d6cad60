"""What reading a page of flights costs beside `json.loads` of its data and lxml's parse of its HTML: CPU time, in one process."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from statistics import fmean, median

from lxml import html

from benchmarks.reading import cpu_ms
from benchmarks.results import Summary
from pricewatch_pipeline.demo.flight_fares import Trip, flights_for, usual_fare
from pricewatch_pipeline.demo.flight_pages import results_page
from pricewatch_pipeline.providers.google_flights.payload import find_payloads
from pricewatch_pipeline.providers.google_flights.reading import read_results

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "google_flights"
_WHOLE = "gf_page_debug_connecting_flights2.html"
_DRAWN = "gf_page_bright_data_flight_containers.html"
_DEMO_TRIP = Trip(origins=("LHR",), destinations=("JFK",), departs_on=date(2027, 1, 15))
_DEMO_BYTES = 1_800_000


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What is read: pages as a browser gets them, and data by themselves."""

    source: str
    pages: Sequence[bytes]
    bare: Sequence[bytes] = ()
    """Scripts and responses: no page around them, so that there is next to nothing for lxml to do."""


def load_answers(corpus: Path = CORPUS) -> Answers:
    """Of the corpus beside this checkout: its page with data, that page with the data of every other search in place of its own,
    its page that is only drawn, and all scripts and responses with itineraries as they are. Without the corpus, a page of the
    demo's flight search.
    """
    if not (corpus / _WHOLE).is_file():
        flights = flights_for(_DEMO_TRIP, 0, "GBP")
        page = results_page(_DEMO_TRIP, flights, usual_fare(_DEMO_TRIP, 0, "GBP"), "GBP", size=_DEMO_BYTES)
        return Answers(source="a page of the demo's flight search (made by us)", pages=[page])
    whole = (corpus / _WHOLE).read_bytes()
    scripts = [path.read_bytes() for path in sorted(corpus.glob("gf_ds1_*.js"))]
    responses = [path.read_bytes() for path in sorted(corpus.glob("gf_rpc_*")) if path.suffix != ".json"]
    return Answers(
        source=f"2 pages, {len(scripts)} scripts in one of them, {len(responses)} responses of {corpus.name}",
        pages=[whole, (corpus / _DRAWN).read_bytes(), *(_with_script(whole, script) for script in scripts)],
        bare=[*scripts, *(body for body in responses if read_results(body).itineraries)],
    )


def _with_script(page: bytes, script: bytes) -> bytes:
    opens = page.index(b">", page.index(b'<script class="ds:1"')) + 1
    return page[:opens] + script + page[page.index(b"</script>", opens) :]


def measure_flights(answers: Answers, *, repeats: int) -> Summary:
    """Medians of what a reading costs by what the two parses cost, for pages and for bare data; milliseconds of the pages."""
    for body in answers.pages[:2]:  # caches and imports
        read_results(body)
    pages = [_measured(body, repeats) for body in answers.pages]
    bare = [_measured(body, repeats) for body in answers.bare]
    return {
        "flights_read_by_json_and_lxml": median(read / parse for read, parse in pages),
        "flights_read_by_json_and_lxml_worst": max(read / parse for read, parse in pages),
        "flights_bare_read_by_json_and_lxml": median(read / parse for read, parse in bare) if bare else None,
        "flights_read_cpu_ms_per_page": fmean(read for read, _ in pages),
        "flights_json_and_lxml_cpu_ms_per_page": fmean(parse for _, parse in pages),
        "flights_source": answers.source,
    }


def _measured(body: bytes, repeats: int) -> tuple[float, float]:
    """Milliseconds of the reading, and of the two parses."""
    texts = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in find_payloads(body).values]
    parse_ms = cpu_ms(partial(html.fromstring, body), repeats) + cpu_ms(partial(_loads, texts), repeats)
    return cpu_ms(partial(read_results, body), repeats), parse_ms


def _loads(texts: Sequence[str]) -> None:
    for text in texts:
        json.loads(text)
