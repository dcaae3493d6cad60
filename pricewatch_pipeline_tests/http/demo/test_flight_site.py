"""The demo's flight search: what it answers, when it refuses, and that it writes down what it was asked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.demo.flight_fares import Trip, flights_for, usual_fare
from pricewatch_pipeline.demo.flight_pages import results_page
from pricewatch_pipeline.demo.flight_queries import trip_of as demo_trip_of
from pricewatch_pipeline.demo.flight_site import FlightSite, SiteOptions
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import PortTaken
from pricewatch_pipeline.registry import google_flights
from pricewatch_pipeline_tests.support.flight_site import NOON, serve_flights, trip_of

# Shapes of the wire, from ../shared/corpus/google_flights/tfs_strings.json: real URLs, and one of fast-flights.
HONOLULU = "CBwQAhoeagcIARIDSE5MEgoyMDIxLTA5LTEzcgcIARIDU0ZPGh5qBwgBEgNTRk8SCjIwMjEtMDktMTdyBwgBEgNITkxwAYIBCwj___________8BQAFIAZgBAQ"
GO, BACK = date(2021, 9, 13), date(2021, 9, 17)
STEP = int(NOON.timestamp()) // 3600
"""The hour whose fares stand still."""
SEARCH = "/travel/flights/search"


@pytest.fixture
def client(flight_site: FlightSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=flight_site.base_url) as client:
        yield client


def search(client: httpx.Client, **more: Any) -> httpx.Response:
    return client.get(SEARCH, params={"tfs": HONOLULU, "curr": "EUR"}, **more)


def data_of(page: str) -> list[Any]:
    """The array of the page's `ds:1`."""
    script = page[page.index('<script class="ds:1"') :]
    found: list[Any] = json.loads(script[script.index("data:") + 5 : script.index(", sideChannel")])
    return found


def test_a_search_is_answered_with_rows_whose_lowest_price_is_the_fare(
    flight_site: FlightSite, client: httpx.Client
) -> None:
    data = data_of(search(client).text)
    rows = [*data[2][0], *data[3][0]]
    assert len(data[2][0]) == 4
    fare = flight_site.fare_of("HNL", "SFO", GO, BACK, currency="EUR")
    assert min(row[1][0][1] for row in rows) == data[5][1][1] == fare
    assert {(row[0][3], row[0][6], tuple(row[0][4])) for row in rows} == {("HNL", "SFO", (2021, 9, 13))}


def test_what_was_asked_is_in_the_log(flight_site: FlightSite, client: httpx.Client) -> None:
    search(client, headers={"User-Agent": "someone"})
    asked = flight_site.asked[0]
    assert asked.combination == ("HNL", "SFO", GO, BACK)
    assert (asked.answer, asked.currency, asked.user_agent) == ("results", "EUR", "someone")
    assert asked.lowest == flight_site.fare_of("HNL", "SFO", GO, BACK, currency="EUR")


async def test_the_log_is_a_file_too(tmp_path: Path) -> None:
    site = FlightSite(SiteOptions(page_bytes=0), read_tfs=trip_of, clock=lambda: NOON, log=tmp_path / "asked.jsonl")
    async with site, httpx.AsyncClient() as client:
        await client.get(site.base_url + SEARCH, params={"tfs": HONOLULU})
    line = json.loads((tmp_path / "asked.jsonl").read_text())
    assert (line["origin"], line["departs_on"], line["answer"]) == ("HNL", "2021-09-13", "results")


def test_consent_is_asked_for_until_its_cookie_comes(flight_site: FlightSite, client: httpx.Client) -> None:
    flight_site.options = replace(flight_site.options, consent="asked")
    refused = search(client, follow_redirects=True)
    assert refused.url.path == "/consent/ml"
    assert 'action="https://consent.google.com/save"' in refused.text
    assert search(client, headers={"Cookie": "SOCS=CAESHA"}).status_code == 200
    assert [asked.answer for asked in flight_site.asked] == ["consent", "results"]
    flight_site.options = replace(flight_site.options, consent="always")
    assert search(client, headers={"Cookie": "SOCS=CAESHA"}).status_code == 302


@pytest.mark.parametrize(
    ("options", "status", "location"),
    [
        (SiteOptions(sorry="status", retry_after_s=7), 429, ""),
        (SiteOptions(sorry="redirect"), 302, "/sorry/index"),
        (SiteOptions(is_login_asked=True), 302, "/accounts/"),
    ],
)
def test_it_refuses(
    flight_site: FlightSite, client: httpx.Client, options: SiteOptions, status: int, location: str
) -> None:
    flight_site.options = options
    answer = search(client)
    assert answer.status_code == status
    assert answer.headers.get("Location", "").startswith(location)
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_an_empty_market_a_page_without_prices_and_one_in_another_currency(
    flight_site: FlightSite, client: httpx.Client
) -> None:
    flight_site.options = SiteOptions(is_empty=True, page_bytes=0)
    empty = search(client).text
    assert data_of(empty)[2:4] == [None, None]
    assert "No flights found" in empty
    flight_site.options = SiteOptions(is_priceless=True, is_silent=True, page_bytes=0)
    data = data_of(search(client).text)
    assert data[2][0][0][1][0] == []
    assert data[5] is None
    flight_site.options = SiteOptions(currency="JPY", page_bytes=0)
    search(client)
    assert flight_site.asked[-1].currency == "JPY"


def test_a_changed_layout_has_the_rows_elsewhere(flight_site: FlightSite, client: httpx.Client) -> None:
    flight_site.options = SiteOptions(changed="shifted", page_bytes=0)
    assert data_of(search(client).text)[2][0][0][0][0] is None
    flight_site.options = SiteOptions(changed="renamed", page_bytes=0)
    assert '"ds:1"' not in search(client).text


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        (SiteOptions(), Outcome.OK),
        (SiteOptions(is_priceless=True), Outcome.OK),
        (SiteOptions(is_empty=True), Outcome.NO_OFFERS),
        (SiteOptions(consent="always"), Outcome.CONSENT),
        (SiteOptions(sorry="status"), Outcome.BLOCKED),
        (SiteOptions(sorry="redirect"), Outcome.BLOCKED),
        (SiteOptions(is_login_asked=True), Outcome.LOGIN),
        (SiteOptions(changed="shifted"), Outcome.UNREADABLE),
        (SiteOptions(changed="renamed"), Outcome.UNREADABLE),
    ],
)
def test_it_is_read_as_googles_pages_are(
    flight_site: FlightSite, client: httpx.Client, options: SiteOptions, outcome: Outcome
) -> None:
    flight_site.options = options
    results = google_flights().read(search(client, follow_redirects=True).content)
    assert results.outcome is outcome
    asked = flight_site.asked[0]
    prices = [itinerary.price for itinerary in results.itineraries if itinerary.price is not None]
    assert min(prices, default=None) == (asked.lowest if outcome is Outcome.OK else None)
    if prices:
        assert (results.currency, len(prices)) == ("EUR", len(flights_for(trip_of(HONOLULU), STEP, "EUR")))
        usual = usual_fare(trip_of(HONOLULU), STEP, "EUR")
        insight = results.insight
        assert (insight.level, insight.typical_low, insight.typical_high) == (
            usual.level,
            Decimal(usual.typical_low),
            Decimal(usual.typical_high),
        )


@given(
    airports=st.lists(
        st.sampled_from(["LHR", "LGW", "JFK", "LIS", "HND", "SYD", "GRR", "EZE"]), min_size=2, unique=True
    ),
    ahead=st.integers(0, 700),
    step=st.integers(0, 40),
)
@settings(max_examples=40)
def test_every_row_of_every_page_is_read_with_its_price(airports: list[str], ahead: int, step: int) -> None:
    trip = Trip(origins=(airports[0],), destinations=(airports[1],), departs_on=GO + timedelta(days=ahead))
    flights = flights_for(trip, step, "GBP")
    page = results_page(trip, flights, usual_fare(trip, step, "GBP"), "GBP", size=0)
    read = google_flights().read(page).itineraries
    assert {(itinerary.flight_numbers, itinerary.price, itinerary.departs_at) for itinerary in read} == {
        (tuple(hop.number for hop in flight.hops), flight.price, flight.hops[0].departs_at) for flight in flights
    }


def test_what_is_asked_for_is_understood_as_the_wire_says_it() -> None:
    assert demo_trip_of(HONOLULU) == trip_of(HONOLULU)
    with pytest.raises(ValueError, match="tfs"):
        demo_trip_of("nothing")


def test_the_first_requests_of_a_combination_fail(flight_site: FlightSite, client: httpx.Client) -> None:
    flight_site.options = SiteOptions(fails=2, page_bytes=0)
    assert [search(client).status_code for _ in range(3)] == [503, 503, 200]


def test_a_route_may_behave_otherwise(flight_site: FlightSite, client: httpx.Client) -> None:
    flight_site.routes["HNL", "SFO"] = SiteOptions(sorry="status")
    assert search(client).status_code == 429


def test_pages_are_as_large_as_asked_for_and_a_search_for_nothing_is_a_bad_request(client: httpx.Client) -> None:
    assert client.get(SEARCH, params={"tfs": "xx"}).status_code == 400
    assert client.get("/robots.txt").text.startswith("User-agent: *")
    assert client.get("/else").status_code == 404
    with serve_flights(page_bytes=300_000) as large, httpx.Client(base_url=large.base_url) as other:
        assert abs(len(search(other).content) - 300_000) < 100


def test_fares_move_with_the_clock(flight_site: FlightSite) -> None:
    with serve_flights(clock=lambda: NOON + timedelta(hours=3)) as later:
        assert later.fare_of("HNL", "SFO", GO) != flight_site.fare_of("HNL", "SFO", GO)


async def test_a_port_that_is_taken_is_named(flight_site: FlightSite) -> None:
    other = FlightSite(read_tfs=trip_of)
    with pytest.raises(PortTaken, match=f"port {flight_site.port} is in use"):
        await other.start(flight_site.port)
