"""A look at an address without a database: whoever knows the address is asked."""

from datetime import UTC, datetime, timedelta

import pytest

from pricewatch_pipeline.demo.flight_fares import Trip, flights_for, lowest_fare, usual_fare
from pricewatch_pipeline.demo.flight_pages import results_page
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.errors import NotASearch
from pricewatch_pipeline.registry import google_flights
from pricewatch_pipeline.services.look_alone import look_with, watch_of

DAY = datetime.now(UTC).date() + timedelta(days=60)
TRIP = Trip(origins=("LHR",), destinations=("JFK",), departs_on=DAY)


async def results(request: PageRequest) -> Page:
    body = results_page(TRIP, flights_for(TRIP, 0, "USD"), usual_fare(TRIP, 0, "USD"), "USD", size=0)
    return Page(request=request, outcome=Outcome.OK, final_url=request.url, status=200, body=body)


def test_the_address_of_a_flight_search_is_read_as_one() -> None:
    query = google_flights().query_model.model_validate({"origins": "LHR", "destinations": "JFK", "departs": DAY})
    reading = look_with(results, str(google_flights().url_of(query)), None)
    assert reading.offer is not None
    assert reading.offer.price == lowest_fare(TRIP, 0, "USD")


def test_a_page_of_a_trip_that_is_over_is_read_where_it_is_there_already() -> None:
    past = {"origins": "LHR", "destinations": "JFK", "departs": "2020-01-15"}
    address = google_flights().url_of(google_flights().query_model.model_validate(past))
    reading = look_with(results, str(address), None)
    assert reading.outcome is Outcome.NOT_PRICED  # for the page is of another day
    assert "it leaves on" in (reading.error or "")


def test_any_other_address_is_a_page() -> None:
    assert watch_of("https://shop.example/lamp").provider == "retail"


def test_an_address_of_flights_without_a_search_is_refused_in_words() -> None:
    with pytest.raises(NotASearch, match="copy the address"):
        watch_of("https://www.google.com/travel/flights?hl=en")
