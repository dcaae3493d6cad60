from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from pricewatch_pipeline.providers.google_flights.expand import combinations_of, first_url, remarks_on, search_url
from pricewatch_pipeline.providers.google_flights.query import FlightQuery
from pricewatch_pipeline.providers.google_flights.tfs import decode

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TRIP: dict[str, Any] = {"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15"}


def query(**fields: Any) -> FlightQuery:
    return FlightQuery.model_validate({**TRIP, **fields})


def keys(**fields: Any) -> list[str]:
    return [one.key for one in combinations_of(query(matrix=True, **fields))]


def test_one_search_stands_for_no_combinations() -> None:
    assert combinations_of(query(origins="LHR, LGW", stay=7)) == ()


def test_combinations_come_by_departure_return_origin_and_destination() -> None:
    assert keys(origins="LHR, LGW", destinations="JFK", departs="2027-01-15, 2027-01-16", stay="7, 3") == [
        "LGW-JFK 2027-01-15 2027-01-18",
        "LHR-JFK 2027-01-15 2027-01-18",
        "LGW-JFK 2027-01-15 2027-01-22",
        "LHR-JFK 2027-01-15 2027-01-22",
        "LGW-JFK 2027-01-16 2027-01-19",
        "LHR-JFK 2027-01-16 2027-01-19",
        "LGW-JFK 2027-01-16 2027-01-23",
        "LHR-JFK 2027-01-16 2027-01-23",
    ]


def test_one_way_combinations_have_one_day() -> None:
    assert keys(departs="2027-01-15..2027-01-17") == ["LHR-JFK 2027-01-15", "LHR-JFK 2027-01-16", "LHR-JFK 2027-01-17"]


def test_a_return_before_its_departure_is_left_out() -> None:
    assert keys(departs="2027-01-15, 2027-01-17", returns="2027-01-16, 2027-01-17") == [
        "LHR-JFK 2027-01-15 2027-01-16",
        "LHR-JFK 2027-01-15 2027-01-17",
        "LHR-JFK 2027-01-17 2027-01-17",
    ]


def test_no_combination_goes_from_an_airport_to_itself() -> None:
    assert keys(origins="LHR, CDG", destinations="CDG, LHR") == ["CDG-LHR 2027-01-15", "LHR-CDG 2027-01-15"]


def test_a_combination_is_a_query_of_its_own_with_all_that_was_wished() -> None:
    asked = query(matrix=True, origins="LHR, LGW", stay=7, adults=2, max_stops=1, airlines="BA", currency="GBP")
    one = combinations_of(asked)[1]
    single = FlightQuery.model_validate(one.query)
    assert single == query(returns="2027-01-22", adults=2, max_stops=1, airlines="BA", currency="GBP")
    assert one.url == search_url(single)
    assert decode(one.url).query == single
    assert one.number == 2


def test_the_first_address_is_that_of_the_first_combination() -> None:
    asked = query(matrix=True, origins="LHR, LGW", departs="2027-01-15..2027-01-20", stay="5..9")
    assert first_url(asked) == combinations_of(asked)[0].url
    assert first_url(query()) == search_url(query())


def test_days_gone_by_are_combinations_too() -> None:
    assert len(combinations_of(query(matrix=True, departs="2020-01-15..2020-01-19"))) == 5


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, ()),
        (
            {
                "matrix": True,
                "origins": "LHR, LGW, STN",
                "destinations": "JFK, EWR",
                "departs": "2027-01-01..2027-04-10",
            },
            ("stands for 600 combinations (3 origins x 2 destinations x 100 days)",),
        ),
        (
            {"matrix": True, "departs": "2027-01-15..2027-01-17", "returns": "2027-01-16"},
            ("stands for 2 combinations (1 origin x 1 destination x 2 pairs of departure and return)",),
        ),
        (
            {"matrix": True, "origins": "LHR, CDG", "destinations": "CDG, LHR", "max_combinations": 10_000}
            | {"departs": "2027-01-01..2027-12-31", "stay": "1..7"},
            ("stands for 5,110 combinations (2 routes x 365 days x 7 lengths of stay)",),
        ),
        (
            {"departs": "2026-11-20"},
            ("its day of departure, 2026-11-20, has gone by: it is finished and will not be checked",),
        ),
    ],
)
def test_what_is_to_be_said_of_a_query(fields: Mapping[str, Any], says: tuple[str, ...]) -> None:
    assert remarks_on(query(**fields), now=NOW) == says


def test_a_matrix_some_of_whose_days_have_gone_by_says_how_many() -> None:
    matrix = query(matrix=True, departs="2026-11-20..2026-11-29")
    assert remarks_on(matrix, now=NOW)[1] == "3 of its 10 days have gone by, and are not asked for"
    later = remarks_on(matrix, now=datetime(2026, 12, 1, tzinfo=UTC))
    assert later[1] == "its last day, 2026-11-29, has gone by: it is finished and will not be checked"
