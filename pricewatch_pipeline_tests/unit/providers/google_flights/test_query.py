from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from pricewatch_pipeline.providers.google_flights.query import FlightQuery

TRIP: dict[str, Any] = {"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15"}


def query(**fields: Any) -> FlightQuery:
    return FlightQuery.model_validate({**TRIP, **fields})


def problems(**fields: Any) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        query(**fields)
    return [(detail["loc"], detail["msg"].removeprefix("Value error, ")) for detail in caught.value.errors()]


@pytest.mark.parametrize(
    ("field", "given", "is_"),
    [
        ("origins", "lhr", ("LHR",)),
        ("origins", "LHR, lgw", ("LHR", "LGW")),
        ("origins", ["/m/04jpl", "LTN"], ("/m/04jpl", "LTN")),
        ("departs", date(2027, 1, 15), (date(2027, 1, 15),)),
        ("returns", "2027-01-22", (date(2027, 1, 22),)),
        ("stay", 7, (7,)),
        ("stay", "7", (7,)),
        ("stay", None, None),
        ("cabin", "business", "business"),
        ("adults", "2", 2),
        ("airlines", "ba, Star Alliance", ("BA", "star_alliance")),
        ("airlines", "9w", ("9W",)),
        ("min_layover", "90", 90),
        ("min_layover", 90, 90),
        ("min_layover", "1h30m", 90),
        ("max_layover", "2h", 120),
        ("currency", "gbp", "GBP"),
        ("language", "pt_br", "pt-BR"),
        ("language", "ZH-tw", "zh-TW"),
        ("language", "zh-hant", "zh-Hant"),
        ("language", "es-419", "es-419"),
        ("language", "iw", "iw"),
        ("country", "gb", "GB"),
        ("site", "http://127.0.0.1:8801/", "http://127.0.0.1:8801"),
    ],
)
def test_values_are_taken_as_people_write_them(field: str, given: Any, is_: Any) -> None:
    assert getattr(query(**{field: given}), field) == is_


@pytest.mark.parametrize(
    ("given", "count", "kept"),
    [
        ("2027-01-10..2027-01-20", 11, "2027-01-10..2027-01-20"),
        ("2027-01-10 .. 2027-01-11", 2, ["2027-01-10", "2027-01-11"]),
        (["2027-01-20", "2027-01-10..2027-01-12"], 4, ["2027-01-10..2027-01-12", "2027-01-20"]),
        ("2027-01-10, 2027-02-10", 2, ["2027-01-10", "2027-02-10"]),
        ("2027-01-10", 1, "2027-01-10"),
        ("2027-01-01..2028-01-01", 366, "2027-01-01..2028-01-01"),
    ],
)
def test_days_are_kept_in_order_and_stored_as_people_write_them(given: Any, count: int, kept: Any) -> None:
    asked = query(departs=given, matrix=True)
    assert len(asked.departs) == count
    stored = asked.model_dump(mode="json", exclude_none=True)
    assert stored["departs"] == kept
    assert FlightQuery.model_validate(stored) == asked


def test_nights_are_stored_as_people_write_them() -> None:
    asked = query(stay="5..9, 14", matrix=True)
    assert asked.stay == (5, 6, 7, 8, 9, 14)
    assert asked.model_dump(mode="json")["stay"] == ["5..9", 14]


@pytest.mark.parametrize(
    ("fields", "where", "says"),
    [
        (
            {"origins": "LONDON"},
            ("origins", 0),
            "not the IATA code of an airport; did you mean LCY, LGW, LHR, LTN, STN",
        ),
        ({"origins": "LHR, EGKK"}, ("origins", 1), "did you mean LGW?"),
        (
            {"origins": "LON"},
            ("origins", 0),
            "stands for a city: name its airports (LCY, LGW, LHR, LTN, STN) or Google's id",
        ),
        ({"destinations": "JKF"}, ("destinations", 0), "did you mean FKJ, JFK?"),
        ({"origins": "/m/"}, ("origins", 0), "not one of Google's ids for a city"),
        ({"origins": []}, ("origins",), "nothing is named: name at least one"),
        ({"departs": []}, ("departs",), "nothing is named: name at least one"),
        ({"airlines": []}, ("airlines",), "nothing is named: name at least one, or leave the field out"),
        ({"origins": "LHR, lhr"}, ("origins",), "LHR is named twice"),
        ({"departs": "2027-01-15, 2027-01-15"}, ("departs",), "2027-01-15 is named twice"),
        ({"destinations": "LHR"}, ("destinations",), "LHR is where the trip begins too"),
        ({"destinations": "JFK, LHR"}, ("destinations",), "LHR is where the trip begins too"),
        ({"destinations": "LHR", "matrix": True}, ("destinations",), "LHR is where the trip begins too"),
        ({"departs": "15.1.2027"}, ("departs",), "'15.1.2027' is not a date (write it as 2027-01-15"),
        ({"departs": "2027-02-30"}, ("departs",), "2027-02-30 is in no calendar"),
        ({"departs": 20270115}, ("departs",), "is not a date"),
        ({"departs": "2027-01-20..2027-01-10"}, ("departs",), "ends before it begins"),
        ({"departs": "2027-01-01..2028-02-04", "matrix": True}, ("departs",), "a range of 400 days (allowed: 366)"),
        ({"departs": "0001-01-01..9999-12-31", "matrix": True}, ("departs",), "a range of 3,652,059 days"),
        ({"departs": "2027-01-01, 2028-02-04", "matrix": True}, ("departs",), "400 days lie between"),
        ({"departs": [f"{y}-01-01..{y}-12-31" for y in range(1000, 9000)]}, ("departs",), "more than 367 are named"),
        ({"returns": "2027-01-14"}, ("returns",), "the return on 2027-01-14 is before the departure on 2027-01-15"),
        ({"returns": "2027-01-20", "stay": 5}, ("stay",), "by `returns` and by `stay`: remove one"),
        ({"stay": "a week"}, ("stay",), "is not a number of nights (write it as 7, a range as 5..9)"),
        ({"stay": 400}, ("stay",), "400 nights is no stay (allowed: 0 to 366)"),
        ({"departs": "9999-12-30", "stay": 2}, ("stay",), "the return is after 9999-12-31"),
        ({"departs": "9999-12-01..9999-12-31", "stay": 1, "matrix": True}, ("stay",), "the return is after 9999-12-31"),
        ({"stay": "0..99999999999"}, ("stay",), "is not a number of nights"),
        ({"adults": 9, "children": 1}, ("adults",), "10 travellers are more than one search takes (allowed: 9)"),
        ({"adults": 0}, ("adults",), "nobody travels"),
        ({"adults": 0, "infants_on_lap": 1}, ("infants_on_lap",), "infants do not fly without an adult"),
        (
            {"adults": 0, "children": 1, "infants_in_seat": 1},
            ("infants_in_seat",),
            "infants do not fly without an adult",
        ),
        ({"infants_on_lap": 2}, ("infants_on_lap",), "2 infants on 1 lap: an adult holds one"),
        ({"cabin": "luxury"}, ("cabin",), "'economy', 'premium_economy', 'business' or 'first'"),
        ({"max_stops": 3}, ("max_stops",), "less than or equal to 2"),
        ({"airlines": "British Airways"}, ("airlines", 0), "is no airline (allowed: IATA codes of two characters"),
        ({"airlines": "12"}, ("airlines", 0), "is no airline"),
        ({"airlines": "BA", "without_airlines": "BA"}, ("without_airlines",), "BA is asked for in `airlines` too"),
        ({"via": "/m/04jpl"}, ("via", 0), "a layover is named by its airport"),
        ({"max_stops": 0, "via": "DUB"}, ("via",), "a non-stop flight (`max_stops: 0`) has no layover"),
        ({"min_layover": "3h", "max_layover": "2h"}, ("max_layover",), "the longest layover, 120 minutes, is below"),
        ({"min_layover": "soon"}, ("min_layover",), "is not a time (write minutes, such as 90, or 1h30m)"),
        ({"max_layover": "3000"}, ("max_layover",), "3000 is no layover (allowed: 0 minutes to 48h)"),
        ({"min_layover": ""}, ("min_layover",), "is not a time"),
        ({"carry_on": 2}, ("carry_on",), "less than or equal to 1"),
        ({"checked_bags": -1}, ("checked_bags",), "greater than or equal to 0"),
        ({"currency": "POUND"}, ("currency",), "'POUND' is not a currency"),
        ({"language": "klingon"}, ("language",), "'klingon' is not a language"),
        ({"country": "UK"}, ("country",), "'UK' is not a country; did you mean GB?"),
        ({"country": "Germany"}, ("country",), "'Germany' is not a country"),
        ({"site": "ftp://example.com"}, ("site",), "only http:// and https:// pages can be watched"),
        ({"site": "https://example.com/flights"}, ("site",), "holds more than the site"),
        ({"orgins": "LHR"}, ("orgins",), "Extra inputs are not permitted"),
        (
            {"departs": "2027-01-10..2027-01-20"},
            ("departs",),
            "this stands for 11 combinations (1 origin x 1 destination x 11 days): write `matrix: true`",
        ),
        (
            {"departs": "2027-01-15", "stay": "5..7"},
            ("stay",),
            "this stands for 3 combinations (1 origin x 1 destination x 1 day x 3 lengths of stay): write `matrix: true`",
        ),
        (
            {
                "origins": "LHR, LGW, STN",
                "destinations": "JFK, EWR",
                "departs": "2027-01-01..2027-04-11",
                "matrix": True,
            },
            ("max_combinations",),
            "stands for 606 combinations (3 origins x 2 destinations x 101 days) and at most 600 are allowed",
        ),
        ({"matrix": True, "max_combinations": 20_000}, ("max_combinations",), "less than or equal to 10000"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_field(
    fields: dict[str, Any], where: tuple[int | str, ...], says: str
) -> None:
    found = problems(**fields)
    assert [loc for loc, _ in found] == [where]
    assert says in found[0][1]


def test_every_field_that_does_not_fit_is_named_at_once() -> None:
    assert [loc for loc, _ in problems(returns="2027-01-01", adults=10, destinations="LHR")] == [
        ("destinations",),
        ("returns",),
        ("adults",),
    ]


def test_a_day_in_the_past_is_valid() -> None:
    assert query(departs="2020-01-15").departs == (date(2020, 1, 15),)


def test_600_combinations_are_allowed() -> None:
    query(origins="LHR, LGW, STN", destinations="JFK, EWR", departs="2027-01-01..2027-04-10", matrix=True)


def test_a_query_is_stored_as_json_that_says_the_same() -> None:
    asked = query(origins="LHR, LGW", via="DUB", min_layover="45", airlines="oneworld, BA", returns="2027-01-22")
    stored = asked.model_dump(mode="json", exclude_none=True)
    assert stored["min_layover"] == "45m"
    assert FlightQuery.model_validate(stored) == asked
