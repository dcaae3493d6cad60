"""The demo's fares are pure functions of trip and clock, and behave as fares do."""

from datetime import UTC, date, timedelta
from itertools import pairwise

import pytest

from pricewatch_pipeline.demo.flight_fares import Trip, flights_for, lowest_fare, usual_fare
from pricewatch_pipeline.domain.flights import FareLevel

FRIDAY = date(2027, 1, 15)


def trip(origin: str = "LHR", destination: str = "JFK", **fields: object) -> Trip:
    return Trip(**{"origins": (origin,), "destinations": (destination,), "departs_on": FRIDAY, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("origin", "destination"), [("LHR", "JFK"), ("MAN", "HND"), ("LHR", "LIS"), ("SYD", "AKL"), ("ORD", "GRR")]
)
def test_six_to_twelve_ways_lead_from_airport_to_airport(origin: str, destination: str) -> None:
    flights = flights_for(trip(origin, destination), 5, "USD")
    assert 6 <= len(flights) <= 12
    for flight in flights:
        assert (flight.hops[0].origin.code, flight.hops[-1].destination.code) == (origin, destination)
        assert flight.hops[0].departs_at.date() == FRIDAY
        for before, after in pairwise(flight.hops):
            assert before.destination == after.origin
            assert timedelta(minutes=45) <= after.departs_at.astimezone(UTC) - before.arrives_at.astimezone(UTC)


def test_the_cheapest_row_costs_the_lowest_fare() -> None:
    prices = [flight.price for flight in flights_for(trip(), 5, "GBP") if flight.price is not None]
    assert min(prices) == lowest_fare(trip(), 5, "GBP")


def test_a_return_costs_more_and_so_does_business_class_where_some_rows_have_no_price() -> None:
    one_way = lowest_fare(trip(), 5, "USD")
    assert one_way < lowest_fare(trip(returns_on=FRIDAY + timedelta(days=7)), 5, "USD") < 2 * one_way
    assert lowest_fare(trip(cabin="business"), 5, "USD") > 2 * one_way
    prices = [flight.price for flight in flights_for(trip(cabin="business"), 5, "USD")]
    assert 0 < prices.count(None) < len(prices)


def test_the_fare_is_low_typical_and_high_by_turns_and_never_jumps() -> None:
    usuals = [usual_fare(trip(), step, "USD") for step in range(20)]
    assert {usual.level for usual in usuals} == set(FareLevel)
    for usual in usuals:
        expected = (
            FareLevel.LOW
            if usual.lowest < usual.typical_low
            else FareLevel.HIGH
            if usual.lowest > usual.typical_high
            else FareLevel.TYPICAL
        )
        assert usual.level is expected
    assert all(abs(b.lowest - a.lowest) / a.lowest < 0.3 for a, b in pairwise(usuals))


def test_non_stop_means_non_stop_and_places_that_nobody_knows_have_no_flights() -> None:
    assert {len(flight.hops) for flight in flights_for(trip(max_stops=0), 5, "USD")} == {1}
    assert flights_for(trip("XXX"), 5, "USD") == ()
    assert flights_for(trip("LHR", "LHR"), 5, "USD") == ()


def test_a_city_stands_for_its_airports() -> None:
    origins = {flight.hops[0].origin.code for flight in flights_for(trip("/m/04jpl"), 5, "USD")}
    assert origins == {"LHR", "LGW"}
