"""The flights provider: asks for one results page of a search, and reads the itineraries on it."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel

from pricewatch_pipeline.domain.flights import FlightResults
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, Page, PageRequest
from pricewatch_pipeline.domain.providers import Combination, Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.errors import NotASearch
from pricewatch_pipeline.providers.google_flights.consent import consent_header
from pricewatch_pipeline.providers.google_flights.meeting import day_gone_by
from pricewatch_pipeline.providers.google_flights.offers import reading_of
from pricewatch_pipeline.providers.google_flights.query import SEARCH_PATH, FlightQuery
from pricewatch_pipeline.providers.google_flights.words import in_words

if TYPE_CHECKING:
    from pricewatch_pipeline.providers.google_flights.decoded import DecodedQuery

# What encodes and reads is imported where it is used: whoever lists watches, loads Dagster's definitions or asks for help
# must not pay for protobuf, orjson and the list of airports.

_SCRIPTED = b"AF_initDataCallback"
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}")


class GoogleFlightsProvider:
    """Searches on Google Flights."""

    name: ClassVar[str] = "google_flights"
    query_model: ClassVar[type[BaseModel]] = FlightQuery

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._wanting_consent: set[str] = set()
        """Sites that asked for consent in this process: they are answered with the first request."""

    def at(self, instant: datetime) -> "GoogleFlightsProvider":
        """The provider as it was at an instant: a page of then is not finished because its trip has gone by since."""
        return GoogleFlightsProvider(now=lambda: instant)

    def host_of(self, query: BaseModel) -> str:
        return host_key(_flight(query).site)

    def url_of(self, query: BaseModel) -> str | None:
        """Of the search; of a matrix, that of its first combination."""
        from pricewatch_pipeline.providers.google_flights.expand import first_url  # noqa: PLC0415 - brings protobuf

        return first_url(_flight(query))

    def search_url(self, query: FlightQuery) -> str:
        """The address of the results page of one search."""
        from pricewatch_pipeline.providers.google_flights.expand import search_url  # noqa: PLC0415 - brings protobuf

        return search_url(query)

    def decode(self, tfs: str) -> "DecodedQuery":
        """What a `tfs`, or an address that has one, asks for.

        Raises:
            PricewatchError: it is none; says what is wrong with it.
        """
        from pricewatch_pipeline.providers.google_flights.tfs import decode  # noqa: PLC0415 - brings protobuf

        return decode(tfs)

    def query_of(self, url: str) -> FlightQuery | None:
        """What the address of a search asks for; None: it is none.

        Raises:
            NotASearch: it is one, and cannot be watched; says why.
        """
        if not _is_of_flights(url):
            return None
        decoded = self.decode(url)
        if decoded.flight_query is None:
            raise NotASearch(f"this search cannot be watched: {decoded.problem}")
        return decoded.flight_query

    def is_matrix(self, query: BaseModel) -> bool:
        return _flight(query).matrix

    def combinations_of(self, query: BaseModel) -> tuple[Combination, ...]:
        from pricewatch_pipeline.providers.google_flights.expand import combinations_of  # noqa: PLC0415 - brings protobuf

        return combinations_of(_flight(query))

    def remarks_on(self, query: BaseModel) -> tuple[str, ...]:
        from pricewatch_pipeline.providers.google_flights.expand import remarks_on  # noqa: PLC0415 - brings protobuf

        return remarks_on(_flight(query), now=self._now())

    def day_gone_by(self, query: BaseModel) -> date | None:
        """The last day of departure, where it has gone by at the origin; None: there is something to look for."""
        return day_gone_by(_flight(query), self._now())

    def in_words(self, query: BaseModel) -> str:
        return in_words(_flight(query))

    def read(self, body: bytes, *, url: str | None = None) -> FlightResults:
        """What a page or a saved response says; `url` is where it came from, if that is known."""
        from pricewatch_pipeline.providers.google_flights.reading import read_results  # noqa: PLC0415 - brings orjson

        return read_results(body, url=url)

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        # In threads: the first query of a process loads the airports, and a page of 5 MB keeps the reader busy; neither may
        # stop the others of the batch.
        asked = await asyncio.to_thread(self._asked, watch)
        if isinstance(asked, Reading):
            return asked
        query, url = asked
        is_answered = query.site in self._wanting_consent
        page = await fetch(self._request(query, url, gives_consent=is_answered))
        reading = await asyncio.to_thread(self._read_page, page, query, url)
        if reading.outcome is not Outcome.CONSENT:
            return reading
        if not is_answered:
            self._wanting_consent.add(query.site)
            again = await fetch(self._request(query, url, gives_consent=True))
            reading = await asyncio.to_thread(self._read_page, again, query, url)
            reading = replace(reading, pages=(page, *reading.pages))
        if reading.outcome is Outcome.CONSENT:
            error = f"the site asks for consent again after it was answered with the consent cookie: {reading.error}"
            return replace(reading, error=error)
        return reading

    def _asked(self, watch: Watch) -> tuple[FlightQuery, str] | Reading:
        """The query and its address; the reading, where nothing is to be asked."""
        query = FlightQuery.model_validate(dict(watch.query))
        if query.matrix:
            error = "a matrix stands for many searches, which are asked one by one: there is no page of it to read"
            return Reading(outcome=Outcome.PROVIDER_ERROR, error=error)
        if gone := day_gone_by(query, self._now()):
            error = f"its day of departure, {gone:%Y-%m-%d}, has gone by"
            return Reading(outcome=Outcome.FINISHED, error=error)
        return query, self.search_url(query)

    def _request(self, query: FlightQuery, url: str, *, gives_consent: bool) -> PageRequest:
        headers = {"accept-language": query.language}
        if gives_consent:
            headers["cookie"] = consent_header(language=query.language, at=self._now())
        # Who is refused one search there is refused them all: Google counts by address.
        return PageRequest(url=url, headers=headers, closes_host=True)

    def _read_page(self, page: Page, query: FlightQuery, url: str) -> Reading:
        failed = Reading(outcome=page.outcome, pages=(page,), error=page.error)
        if page.outcome is not Outcome.OK:
            return _named(failed, page, self.read)
        results = self.read(page.utf8, url=page.final_url)
        reading = replace(reading_of(results, query, url=url), pages=(page,))
        # What scripts would fill in, a browser shows; the list is then read as it is rendered.
        is_browsed = page.request.fetcher == "browser"
        is_shell = reading.outcome is Outcome.UNREADABLE and _SCRIPTED in page.body and not is_browsed
        return replace(reading, needs_script=is_shell)


def _named(failed: Reading, page: Page, read: Callable[..., FlightResults]) -> Reading:
    """A refusal under its own name: the page for unusual traffic comes with a 429 as well."""
    if page.outcome is Outcome.RATE_LIMITED and page.body:
        results = read(page.utf8, url=page.final_url)
        if results.outcome is Outcome.BLOCKED:
            return replace(failed, outcome=Outcome.BLOCKED, error=results.error or page.error)
    return failed


def _is_of_flights(url: str) -> bool:
    """Whether an address is below Google's flights, or that of a search on a site like it."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        return False
    is_google = _GOOGLE.fullmatch(host.lower()) is not None and f"{parts.path}/".startswith("/travel/flights/")
    return is_google or (parts.path == SEARCH_PATH and "tfs=" in parts.query)


def _flight(query: BaseModel) -> FlightQuery:
    return query if isinstance(query, FlightQuery) else FlightQuery.model_validate(query.model_dump())
