import pytest

from pricewatch_pipeline.providers.google_flights.places import airport_named, is_city_id, suggestion_for, zone_of


@pytest.mark.parametrize(
    ("code", "zone"), [("LHR", "Europe/London"), ("JFK", "America/New_York"), ("KTM", "Asia/Kathmandu")]
)
def test_an_airport_has_a_time_zone(code: str, zone: str) -> None:
    found = zone_of(code)
    assert found is not None
    assert found.key == zone


@pytest.mark.parametrize("code", ["QQQ", "lhr", "", "/m/04jpl", "LON"])
def test_what_is_no_airport_has_none(code: str) -> None:
    assert airport_named(code) is None
    assert zone_of(code) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("/m/04jpl", True),
        ("/g/11bc6xgk", True),
        ("/m/02_286", True),
        ("/m/", False),
        ("m/04jpl", False),
        ("/x/1a", False),
    ],
)
def test_ids_of_cities_are_known_by_their_form(text: str, is_one: bool) -> None:
    assert is_city_id(text) is is_one


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Dublin", "; did you mean DUB"),
        ("new york", "; did you mean JFK, LGA"),
        ("Heathrow", "; did you mean LHR?"),
        ("KJFK", "; did you mean JFK?"),
        ("JKF", "; did you mean FKJ, JFK?"),
        ("PAR", "; it stands for a city: name its airports (CDG, ORY) or"),
        ("X", ""),
        ("Atlantis Spaceport", ""),
    ],
)
def test_what_was_probably_meant_is_said(text: str, says: str) -> None:
    assert suggestion_for(text).startswith(says)
    assert bool(suggestion_for(text)) is bool(says)
