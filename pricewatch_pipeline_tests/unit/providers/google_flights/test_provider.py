"""The provider, given a `fetch` that answers as Google does; what the pages say is the demo's flight search."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.demo.flight_fares import Trip, flights_for, usual_fare
from pricewatch_pipeline.demo.flight_pages import consent_page, results_page, sorry_page
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.providers import (
    MatrixProvider,
    Reading,
    RemarkingProvider,
    TimedProvider,
    WordingProvider,
    asked_by,
)
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import NotASearch
from pricewatch_pipeline.providers.google_flights import GoogleFlightsProvider
from pricewatch_pipeline.providers.google_flights.query import FlightQuery
from pricewatch_pipeline_tests.unit.providers.google_flights.rows import query

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TRIP = Trip(origins=("LHR",), destinations=("JFK",), departs_on=date(2027, 1, 15))
FLIGHTS = flights_for(TRIP, 0, "USD")
LOWEST = min(Decimal(flight.price) for flight in FLIGHTS if flight.price)
RESULTS = results_page(TRIP, FLIGHTS, usual_fare(TRIP, 0, "USD"), "USD", size=0)
Answer = Callable[[PageRequest], Page]


def page(request: PageRequest, body: bytes, outcome: Outcome = Outcome.OK, **fields: Any) -> Page:
    given = {"request": request, "outcome": outcome, "final_url": request.url, "status": 200, "body": body}
    return Page(**{**given, **fields})


def results(request: PageRequest) -> Page:
    return page(request, RESULTS)


def consent(request: PageRequest) -> Page:
    return page(request, consent_page(request.url, 0), Outcome.CONSENT, error="a consent page in place of the page")


def until_answered(request: PageRequest) -> Page:
    return results(request) if "SOCS=" in request.headers.get("cookie", "") else consent(request)


class Site:
    """Answers in place of the network, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[PageRequest] = []

    async def fetch(self, request: PageRequest) -> Page:
        self.asked.append(request)
        return self.answer(request)

    @property
    def cookies(self) -> list[bool]:
        return ["cookie" in request.headers for request in self.asked]


def provider(now: datetime = NOW) -> GoogleFlightsProvider:
    return GoogleFlightsProvider(now=lambda: now)


def watch(asked: FlightQuery) -> Watch:
    flights = provider()
    stored = asked.model_dump(mode="json", exclude_none=True)
    return Watch(
        watch_id="trip", provider=flights.name, query=stored, host=flights.host_of(asked), url=flights.url_of(asked)
    )


def check(answers: Site, flights: GoogleFlightsProvider | None = None, **asked: Any) -> Reading:
    return asyncio.run((flights or provider()).check(watch(query(**asked)), None, answers.fetch))


def test_a_search_is_one_request_and_its_cheapest_fare_the_offer() -> None:
    site = Site(results)
    reading = check(site)
    assert (reading.outcome, reading.error, reading.needs_script) == (Outcome.OK, None, False)
    assert reading.offer is not None
    assert (reading.offer.price, reading.offer.currency) == (LOWEST, "USD")
    assert len(reading.details) == 1 + len(FLIGHTS)
    (request,) = site.asked
    assert request.url == watch(query()).url
    assert request.url.startswith("https://www.google.com/travel/flights/search?tfs=")
    assert (dict(request.headers), request.closes_host, request.fetcher) == ({"accept-language": "en"}, True, None)


def test_consent_is_answered_once_and_from_then_on_at_once() -> None:
    site, flights = Site(until_answered), provider()
    assert [check(site, flights).outcome for _ in range(2)] == [Outcome.OK, Outcome.OK]
    assert site.cookies == [False, True, True]


def test_what_was_learnt_of_one_site_is_not_told_to_another() -> None:
    site, flights = Site(until_answered), provider()
    check(site, flights)
    check(site, flights, site="https://flights.example")
    assert site.cookies == [False, True, False, True]


def test_consent_that_is_asked_for_again_is_the_outcome() -> None:
    site, flights = Site(consent), provider()
    reading = check(site, flights)
    assert (reading.outcome, reading.offer, reading.details, len(reading.pages)) == (Outcome.CONSENT, None, (), 2)
    assert "again after it was answered with the consent cookie" in (reading.error or "")
    assert check(site, flights).outcome is Outcome.CONSENT
    assert site.cookies == [False, True, True]


def test_consent_is_told_by_its_form_too_where_no_address_says_it() -> None:
    site = Site(lambda request: page(request, consent_page(request.url, 1_000_000)))
    assert check(site).outcome is Outcome.CONSENT
    assert site.cookies == [False, True]


@pytest.mark.parametrize("now", [datetime(2027, 1, 16, 0, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)])
def test_a_search_whose_day_has_gone_by_is_finished_without_a_request(now: datetime) -> None:
    site = Site(results)
    reading = check(site, provider(now))
    assert (reading.outcome, reading.pages, site.asked) == (Outcome.FINISHED, (), [])
    assert reading.error == "its day of departure, 2027-01-15, has gone by"


def test_a_page_of_then_is_read_as_of_then() -> None:
    late = provider(datetime(2030, 1, 1, tzinfo=UTC))
    assert check(Site(results), late.at(NOW)).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("outcome", "fields"),
    [
        (Outcome.TRANSPORT, {"status": None}),
        (Outcome.LOGIN, {}),
        (Outcome.BLOCKED, {}),
        (Outcome.ROBOTS, {"status": None}),
        (Outcome.RATE_LIMITED, {"status": 429}),
    ],
)
def test_a_failed_fetch_is_what_it_is(outcome: Outcome, fields: dict[str, Any]) -> None:
    reading = check(Site(lambda request: page(request, b"", outcome, error="as it is", **fields)))
    assert (reading.outcome, reading.error, reading.details, len(reading.pages)) == (outcome, "as it is", (), 1)


def test_the_page_for_unusual_traffic_is_a_block_though_it_comes_with_a_429() -> None:
    def sorry(request: PageRequest) -> Page:
        return page(request, sorry_page(request.url), Outcome.RATE_LIMITED, status=429, error="slow down")

    assert check(Site(sorry)).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("body", "fetcher", "needs_script"),
    [
        (RESULTS.replace(b"ds:1", b"ds:7"), "http", True),
        (RESULTS.replace(b"ds:1", b"ds:7"), "browser", False),
        (b"<html><body><p>Something else</p></body></html>", "http", False),
    ],
)
def test_a_page_that_scripts_would_fill_is_unreadable_and_wants_a_browser(
    body: bytes, fetcher: str, needs_script: bool
) -> None:
    reading = check(Site(lambda request: page(PageRequest(url=request.url, fetcher=fetcher), body)))
    assert (reading.outcome, reading.needs_script) == (Outcome.UNREADABLE, needs_script)
    assert reading.error


def test_a_matrix_is_no_page_to_read() -> None:
    site = Site(results)
    reading = check(site, matrix=True, departs="2027-01-15..2027-01-16")
    assert (reading.outcome, site.asked) == (Outcome.PROVIDER_ERROR, [])
    assert "a matrix stands for many searches" in (reading.error or "")


def test_a_matrix_has_the_address_of_its_first_combination() -> None:
    flights, asked = provider(), query(matrix=True, departs="2027-01-15..2027-01-16")
    first, second = flights.combinations_of(asked)
    assert flights.url_of(asked) == first.url != second.url
    assert flights.combinations_of(query()) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"origins": "LHR, LGW", "stay": 7},
        {"matrix": True},
        {"matrix": True, "departs": "2027-01-15..2027-01-17", "returns": "2027-01-16"},
        {"matrix": True, "origins": "LHR, CDG", "destinations": "CDG, LHR"},
    ],
)
def test_what_stands_for_combinations_is_called_a_matrix(fields: dict[str, Any]) -> None:
    asked = query(**fields)
    assert provider().is_matrix(asked) is bool(provider().combinations_of(asked))


def test_politeness_is_by_the_host_of_the_site() -> None:
    hosts = [provider().host_of(query(**site)) for site in ({}, {"site": "http://127.0.0.1:8123"})]
    assert hosts == ["google.com", "127.0.0.1:8123"]


def test_it_is_all_that_the_engine_may_ask_it_to_be() -> None:
    assert all(
        isinstance(provider(), kind) for kind in (MatrixProvider, RemarkingProvider, TimedProvider, WordingProvider)
    )


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://www.google.com/travel/flights/search?tfs=", True),
        ("https://www.google.de/travel/flights", True),
        ("http://127.0.0.1:8000/travel/flights/search?tfs=", True),
        ("http://127.0.0.1:8000/travel/flights/search", False),
        ("https://www.google.com/travel/hotels", False),
        ("https://google.example.com/travel/flights", False),
        ("https://shop.example/p/flights?tfs=1", False),
        ("http://[half", False),
    ],
)
def test_what_is_the_address_of_a_search_and_holds_none_is_refused_in_words(url: str, is_ours: bool) -> None:
    if is_ours:
        with pytest.raises(NotASearch):
            provider().query_of(url)
    else:
        assert provider().query_of(url) is None


def test_an_address_that_was_copied_from_a_browser_says_the_query() -> None:
    asked = query(returns="2027-01-22", currency="GBP", country="GB")
    assert provider().query_of(provider().search_url(asked) + "&ved=0CAE") == asked
    assert asked_by(provider().search_url(asked), [provider()]) is not None


def test_an_address_decodes_to_the_query_it_was_made_of() -> None:
    asked = query(returns="2027-01-22", adults=2, currency="GBP")
    assert provider().decode(provider().search_url(asked)).flight_query == asked
