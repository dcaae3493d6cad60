from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pricewatch_pipeline.providers.google_flights.meeting import cheapest, day_gone_by, measured, why_not
from pricewatch_pipeline_tests.unit.providers.google_flights.rows import NINE, itinerary, layover, leg, query

LONDON_NIGHT = datetime(2027, 1, 15, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "offered", "problem"),
    [
        ({}, {}, None),
        ({}, {"origin": "LGW"}, "it begins at LGW"),
        ({"origins": ["LHR", "LGW"]}, {"origin": "LGW"}, None),
        ({"origins": "/m/04jpl"}, {"origin": "LTN"}, None),
        ({}, {"destination": "EWR"}, "it ends at EWR"),
        ({}, {"origin": None, "destination": None}, None),
        ({}, {"departs_local": NINE + timedelta(days=1)}, "it leaves on 2027-01-16"),
        ({}, {"departs_local": None}, None),
        ({"max_stops": 1}, {"stops": 2}, "it has 2 stops"),
        ({"max_stops": 0}, {"stops": 1}, "it has 1 stop"),
        ({"max_stops": 1}, {"stops": 1}, None),
        ({"max_stops": 0}, {"stops": None}, None),
        ({"airlines": "BA"}, {}, None),
        ({"airlines": "BA"}, {"legs": (leg("AA"), leg("BA"))}, None),
        ({"airlines": ["BA", "AA"]}, {"legs": (leg("VS"), leg("DL"))}, "it is flown by VS, DL"),
        ({"airlines": "oneworld"}, {"legs": (leg("VS"),)}, None),
        ({"airlines": "BA"}, {"legs": ()}, None),
        ({"without_airlines": "BA"}, {"legs": (leg("AA"), leg("BA"))}, "it is flown by BA"),
        ({"without_airlines": "skyteam"}, {"legs": (leg("DL"),)}, None),
        ({"via": "KEF"}, {"layovers": (layover("DUB"),)}, "it stops at DUB"),
        ({"via": ["DUB", "KEF"]}, {"layovers": (layover("DUB"), layover("KEF"))}, None),
        ({"via": "KEF"}, {}, None),
        ({"max_layover": 90}, {"layovers": (layover(minutes=60), layover(minutes=91))}, "layover at DUB takes 1h31m"),
        ({"min_layover": 60}, {"layovers": (layover(minutes=59),)}, "layover at DUB takes 59m"),
        ({"max_layover": 0}, {"layovers": (layover(minutes=1),)}, "layover at DUB takes 1m"),
        ({"min_layover": 60, "max_layover": 60}, {"layovers": (layover(minutes=60),)}, None),
        ({"max_layover": 90}, {"layovers": (layover(minutes=None),)}, None),
    ],
)
def test_an_itinerary_meets_a_query_unless_the_page_tells_otherwise(
    asked: dict[str, Any], offered: dict[str, Any], problem: str | None
) -> None:
    found = why_not(itinerary(**offered), query(**asked))
    assert (found is None) == (problem is None)
    assert problem is None or problem in (found or "")


def numbers_of(*itineraries: Any, **asked: Any) -> list[int]:
    return [row.number for row in cheapest(measured(itineraries, query(**asked)), currency="USD")]


def test_the_cheapest_that_meets_the_query_is_the_offer() -> None:
    found = numbers_of(itinerary("500"), itinerary("300", stops=2), itinerary("400"), itinerary(None), max_stops=1)
    assert found == [3, 1]


def test_at_one_price_fewer_stops_then_the_shorter_then_the_earlier_comes_first() -> None:
    later = itinerary(departs_local=NINE + timedelta(hours=1))
    rows = (later, itinerary(stops=1), itinerary(duration_minutes=481), itinerary(), itinerary(stops=None))
    assert numbers_of(*rows) == [4, 1, 3, 2, 5]


@pytest.mark.parametrize("price", [None, "0", "1e15", "NaN"])
def test_what_is_no_price_is_never_the_cheapest(price: str | None) -> None:
    assert numbers_of(itinerary(price), itinerary("999")) == [2]


def test_amounts_in_another_currency_than_the_page_are_not_compared() -> None:
    assert numbers_of(itinerary("1", currency="EUR"), itinerary("400")) == [2]


@pytest.mark.parametrize(
    ("asked", "now", "gone"),
    [
        ({}, LONDON_NIGHT, None),
        ({}, LONDON_NIGHT + timedelta(seconds=1), date(2027, 1, 15)),
        ({"origins": ["LHR", "LAX"], "destinations": "JFK"}, LONDON_NIGHT + timedelta(hours=7), None),
        ({"origins": ["LHR", "LAX"], "destinations": "JFK"}, LONDON_NIGHT + timedelta(hours=9), date(2027, 1, 15)),
        ({"origins": "SYD"}, datetime(2027, 1, 15, 12, 59, tzinfo=UTC), None),
        ({"origins": "SYD"}, datetime(2027, 1, 15, 13, 1, tzinfo=UTC), date(2027, 1, 15)),
        ({"origins": "/m/04jpl"}, datetime(2027, 1, 16, 11, 59, tzinfo=UTC), None),
        ({"origins": "/m/04jpl"}, datetime(2027, 1, 16, 12, 1, tzinfo=UTC), date(2027, 1, 15)),
        ({"returns": "2027-02-15"}, datetime(2027, 1, 20, tzinfo=UTC), date(2027, 1, 15)),
    ],
)
def test_a_search_is_over_when_its_day_is_at_every_clock_where_it_may_begin(
    asked: dict[str, Any], now: datetime, gone: date | None
) -> None:
    assert day_gone_by(query(**asked), now) == gone
