from typing import Any

import pytest

from pricewatch_pipeline.providers.google_flights.query import FlightQuery
from pricewatch_pipeline.providers.google_flights.words import in_words

ONE_WAY = {"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "LHR -> JFK, 15 Jan 2027, one way; 1 adult; in USD"),
        (
            {"origins": "LHR, LGW", "returns": "2027-01-22", "adults": 2, "currency": "GBP"},
            "LHR, LGW -> JFK, 15 Jan 2027, back 22 Jan 2027; 2 adults; in GBP",
        ),
        (
            {"cabin": "premium_economy", "max_stops": 0, "airlines": "BA, star_alliance", "checked_bags": 2},
            (
                "LHR -> JFK, 15 Jan 2027, one way; 1 adult; premium economy; non-stop; with BA, star alliance; "
                "2 checked bags; in USD"
            ),
        ),
        (
            {
                "children": 1,
                "infants_on_lap": 1,
                "via": "KEF",
                "min_layover": "1h30m",
                "max_layover": 300,
                "carry_on": 1,
            },
            (
                "LHR -> JFK, 15 Jan 2027, one way; 1 adult, 1 child, 1 infant on a lap; via KEF; "
                "layovers from 1h30m; layovers up to 5h; a bag in the cabin; in USD"
            ),
        ),
        (
            {"matrix": True, "departs": "2027-01-10..2027-01-20", "stay": "5..9"},
            "LHR -> JFK, 10 Jan 2027 to 20 Jan 2027, back after 5 to 9 nights; 55 searches; 1 adult; in USD",
        ),
        (
            {"matrix": True, "departs": ["2027-01-10", "2027-02-01..2027-02-05"], "stay": [3, 5]},
            "LHR -> JFK, 10 Jan 2027, 1 Feb 2027 to 5 Feb 2027, back after 3 or 5 nights; 12 searches; 1 adult; in USD",
        ),
    ],
)
def test_a_query_is_one_line_of_words(fields: dict[str, Any], says: str) -> None:
    assert in_words(FlightQuery.model_validate(ONE_WAY | fields)) == says


def test_of_many_airports_the_first_are_named() -> None:
    query = FlightQuery.model_validate(ONE_WAY | {"origins": "LHR,LGW,STN,LTN,MAN,BHX,EDI,GLA"})
    assert in_words(query).startswith("LHR, LGW, STN, LTN, MAN, BHX and 2 more -> JFK")
