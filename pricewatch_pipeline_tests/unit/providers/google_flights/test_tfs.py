"""Addresses of searches: pairs from public sources (named in samples/tfs_strings.json; MIT where code) and generated queries."""

import base64
import json
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.errors import NotASearch
from pricewatch_pipeline.providers.google_flights import tfs_pb2 as pb
from pricewatch_pipeline.providers.google_flights.expand import search_url
from pricewatch_pipeline.providers.google_flights.query import FlightQuery
from pricewatch_pipeline.providers.google_flights.tfs import decode, encode

PAIRS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "samples" / "tfs_strings.json").read_text())
PLAIN, IDS, SEVERAL, PACKED, CHOSEN = (pair["tfs"] for pair in PAIRS[:5])
_PEOPLE = {
    "1 adult": {"adults": 1},
    "2 adults, 1 child, 1 infant (code 3)": {"adults": 2, "children": 1, "infants_in_seat": 1},
    "adults=2 children=2 infants_in_seat=0 infants_on_lap=0": {"adults": 2, "children": 2},
    "adults=1 children=0 infants_in_seat=0 infants_on_lap=0": {"adults": 1},
    "adults=9 children=0 infants_in_seat=0 infants_on_lap=0": {"adults": 9},
}
TRIP: dict[str, Any] = {"origins": "LHR", "destinations": "JFK", "departs": "2027-01-15"}


def query(**fields: Any) -> FlightQuery:
    return FlightQuery.model_validate({**TRIP, **fields})


def written(**fields: Any) -> pb.Search:
    """The message that a query is sent as."""
    tfs = encode(query(**fields))
    return pb.Search.FromString(base64.urlsafe_b64decode(tfs + "=" * (-len(tfs) % 4)))


def tfs_of(search: pb.Search) -> str:
    return base64.urlsafe_b64encode(search.SerializeToString()).decode()


@pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
class TestKnownAddresses:
    def test_it_says_what_is_known_of_it(self, pair: dict[str, Any]) -> None:
        found = decode(pair["tfs"])
        legs = [
            [",".join(p.code for p in leg.origins), ",".join(p.code for p in leg.destinations), leg.date]
            for leg in found.legs
        ]
        assert legs == pair["legs"]
        assert found.trip_name.replace(" ", "-") == pair["trip"]
        assert found.cabin_name == pair["seat"]
        assert found.people == _PEOPLE[pair["passengers"]]

    def test_it_is_written_again_byte_for_byte(self, pair: dict[str, Any]) -> None:
        assert encode(decode(pair["tfs"])) == pair["tfs"]

    def test_it_is_a_query_of_ours_too(self, pair: dict[str, Any]) -> None:
        found = decode(pair["tfs"])
        assert decode(encode(found.query)).query == found.query


def test_a_query_is_written_as_google_writes_it() -> None:
    found = decode(SEVERAL)
    assert encode(found.query) == SEVERAL


def test_what_is_decoded_and_changed_is_written_in_the_order_it_had() -> None:
    found = decode(PLAIN)
    later = replace(found, legs=tuple(replace(leg, date=f"2027{leg.date[4:]}") for leg in found.legs))
    changed = encode(later)
    assert [leg.date for leg in decode(changed).legs] == ["2027-09-13", "2027-09-17"]
    assert decode(changed).writing == found.writing


def test_what_we_do_not_know_is_kept() -> None:
    search = pb.Search.FromString(base64.urlsafe_b64decode(PLAIN + "=="))
    raw = search.SerializeToString() + b"\xfa\x01\x03abc" + b"\xe5\x01\x01\x02\x03\x04"
    tfs = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert encode(decode(tfs)) == tfs


def test_several_airports_stand_in_one_search() -> None:
    leg = written(origins="LHR, LGW").legs[0]
    assert [(place.kind, place.code) for place in leg.origins] == [(1, "LHR"), (1, "LGW")]


def test_a_city_is_of_another_kind() -> None:
    assert [(p.kind, p.code) for p in written(destinations="/m/02_286").legs[0].destinations] == [(3, "/m/02_286")]


def test_any_number_of_stops_is_said_by_saying_nothing() -> None:
    assert not written().legs[0].HasField("max_stops")


@pytest.mark.parametrize("stops", [0, 1, 2])
def test_a_limit_of_stops_counts_from_zero_on_both_ways(stops: int) -> None:
    legs = written(max_stops=stops, returns="2027-01-22").legs
    assert [(leg.HasField("max_stops"), leg.max_stops) for leg in legs] == [(True, stops)] * 2


def test_travellers_are_one_entry_each_and_infants_on_laps_come_last() -> None:
    search = written(adults=2, children=1, infants_in_seat=1, infants_on_lap=2)
    assert list(search.travellers) == [1, 1, 2, 3, 4, 4]
    assert search.SerializeToString().count(b"\x40") >= 6  # unpacked: a tag before each


def test_filters_are_in_the_fields_that_public_sources_name() -> None:
    leg = written(
        airlines="ba, Star Alliance", without_airlines="U2", via="DUB", min_layover="45", max_layover="2h30m"
    ).legs[0]
    assert list(leg.airlines) == ["BA", "STAR_ALLIANCE"]
    assert list(leg.without_airlines) == ["U2"]
    assert list(leg.via) == ["DUB"]
    assert (leg.min_layover_minutes, leg.max_layover_minutes) == (45, 150)


def test_bags_are_said_only_where_some_are_wanted() -> None:
    assert not written().HasField("bags")
    bags = written(carry_on=1, checked_bags=2).bags
    assert (bags.carry_on, bags.checked) == (1, 2)


def test_a_stay_is_a_day_of_return() -> None:
    assert [leg.date for leg in written(stay=7).legs] == ["2027-01-15", "2027-01-22"]


def test_a_matrix_has_no_address_of_its_own() -> None:
    with pytest.raises(NotASearch, match="each of its combinations has an address"):
        encode(query(matrix=True))


@pytest.mark.parametrize(
    "text",
    [
        f"{PLAIN}=",
        f"{PLAIN}==",
        f"{PLAIN}%3D%3D",
        f"  {PLAIN}\n",
        f'"{PLAIN}"',
        f"tfs={PLAIN}",
        f"https://www.google.com/travel/flights/search?tfs={PLAIN}&hl=en&curr=USD&gl=US",
        f"https://www.google.com/travel/flights?hl=en&tfs={PLAIN}%3D%3D#flights",
        f"https://consent.google.com/m?continue=https%3A%2F%2Fwww.google.com%2Ftravel%2Fflights%3Ftfs%3D{PLAIN}&gl=DE",
        f"<https://www.google.com/travel/flights/search?tfs={PLAIN}>",
    ],
)
def test_a_tfs_is_found_however_it_was_copied(text: str) -> None:
    assert decode(text).query == decode(PLAIN).query


def test_an_address_says_currency_language_country_and_site() -> None:
    asked = query(currency="GBP", language="de", country="GB", site="http://127.0.0.1:8801")
    assert decode(search_url(asked)).query == asked


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the text is empty"),
        ("   ", "the text is empty"),
        ("hello", "is not whole"),
        ("hello world!", "other characters than base64 has"),
        ("aGVsbG8gd29ybGQ", "of something else than a search"),
        ("x" * 20_000, "more than a tfs has"),
        ("CBwQAg", "no flight is in it"),
        ("https://www.google.com/travel/flights", "has no tfs"),
        ("https://[::1/?tfs=CBwQAg", "is not an address"),
        ("continue=" * 1_700 + "tfs=", "has no tfs"),
    ],
)
def test_what_is_no_search_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(NotASearch, match=says):
        decode(text)


@pytest.mark.parametrize(("trip", "legs"), [(3, 1), (3, 2), (1, 3), (2, 2)])
def test_multi_city_is_refused_with_the_reason(trip: int, legs: int) -> None:
    search = written()
    search.trip = trip
    for _ in range(legs - 1):
        search.legs.add().CopyFrom(search.legs[0])
    with pytest.raises(NotASearch, match=r"multi-city trip cannot be watched: .*fares of the first flight only"):
        decode(tfs_of(search))


def test_a_round_trip_without_a_way_back_is_refused() -> None:
    search = written()
    search.trip = 1
    with pytest.raises(NotASearch, match="no way back"):
        decode(tfs_of(search))


def test_an_open_jaw_is_explained_and_cannot_be_watched() -> None:
    search = written(returns="2027-01-22")
    search.legs[1].origins[0].code = "BOS"
    found = decode(tfs_of(search))
    assert [place.code for place in found.legs[1].origins] == ["BOS"]
    with pytest.raises(NotASearch, match="watch each as a one-way trip"):
        _ = found.query


def test_a_search_that_our_model_refuses_is_explained_with_what_is_wrong() -> None:
    search = written()
    search.legs[0].destinations[0].code = "QQQ"
    found = decode(tfs_of(search))
    assert found.flight_query is None
    assert found.problem == "destinations.0: 'QQQ' is not the IATA code of an airport"
    assert encode(found) == tfs_of(search).rstrip("=") + "=" * tfs_of(search).count("=")


def test_what_a_query_of_ours_cannot_say_is_named() -> None:
    search = written()
    search.max_price = 400
    search.legs[0].latest_arrival_hour = 18
    raw = search.SerializeToString() + b"\xfa\x01\x03abc"
    found = decode(base64.urlsafe_b64encode(raw).decode())
    assert found.query == query()
    assert found.left_out == ("max_price", "latest_arrival_hour", "field 31")
    assert decode(CHOSEN).left_out == ("chosen",)
    assert decode(PLAIN).left_out == ()


def test_kinds_of_travellers_and_trips_that_are_not_known_are_not_guessed() -> None:
    search = written()
    search.travellers.append(5)
    assert decode(tfs_of(search)).problem == "it names a kind of traveller that is not known: 5"
    search.trip = 7
    with pytest.raises(NotASearch, match="a kind of trip that is not known: 7"):
        decode(tfs_of(search))


def test_who_names_nobody_asks_for_one_adult() -> None:
    search = written()
    search.ClearField("travellers")
    assert decode(tfs_of(search)).query == query()


_PLACES = st.sampled_from(["LHR", "LGW", "JFK", "HND", "GRU", "SYD", "/m/04jpl", "/m/02_286", "/g/11bc6xgk"])
_DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
_CARRIERS = st.lists(st.sampled_from(["BA", "U2", "9W", "oneworld", "star_alliance"]), unique=True, max_size=3)
_NO_CARRIERS = st.lists(st.sampled_from(["AA", "FR", "skyteam"]), unique=True, max_size=3)


@st.composite
def queries(draw: st.DrawFn) -> FlightQuery:
    places = draw(st.lists(_PLACES, min_size=2, max_size=6, unique=True))
    split = draw(st.integers(1, len(places) - 1))
    departs = draw(_DAYS)
    nights = draw(st.none() | st.integers(0, 366))
    adults = draw(st.integers(1, 3))
    stops = draw(st.sampled_from([None, 1, 2]))
    shortest = draw(st.none() | st.integers(0, 300))
    return FlightQuery(
        origins=tuple(places[:split]),
        destinations=tuple(places[split:]),
        departs=(departs,),
        returns=None if nights is None else (departs + timedelta(days=nights),),
        cabin=draw(st.sampled_from(["economy", "premium_economy", "business", "first"])),
        adults=adults,
        children=draw(st.integers(0, 2)),
        infants_in_seat=draw(st.integers(0, 1)),
        infants_on_lap=draw(st.integers(0, adults)),
        max_stops=stops,
        airlines=tuple(draw(_CARRIERS)) or None,
        without_airlines=tuple(draw(_NO_CARRIERS)) or None,
        via=draw(st.sampled_from([None, ("DUB",), ("KEF", "FRA")])),
        min_layover=shortest,
        max_layover=draw(st.none() | st.integers(shortest or 0, 2880)),
        carry_on=draw(st.integers(0, 1)),
        checked_bags=draw(st.integers(0, 2)),
    )


@given(queries())
def test_every_query_comes_back_from_its_tfs(asked: FlightQuery) -> None:
    tfs = encode(asked)
    assert decode(tfs).query == asked
    assert encode(decode(tfs)) == tfs
    assert not tfs.endswith("=")


@given(queries())
def test_every_query_is_the_same_after_it_was_stored(asked: FlightQuery) -> None:
    assert FlightQuery.model_validate(json.loads(json.dumps(asked.model_dump(mode="json", exclude_none=True)))) == asked


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_our_error(raw: bytes) -> None:
    with suppress(NotASearch):
        encode(decode(base64.urlsafe_b64encode(raw).decode()))


@given(st.sampled_from(PAIRS), st.integers(0, 400), st.integers(0, 255))
def test_no_changed_byte_raises_anything_but_our_error(pair: dict[str, Any], place: int, byte: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(pair["tfs"].rstrip("=") + "=" * (-len(pair["tfs"].rstrip("=")) % 4)))
    raw[place % len(raw)] = byte
    with suppress(NotASearch):
        encode(decode(base64.urlsafe_b64encode(bytes(raw)).decode()))


@given(st.text(max_size=100))
def test_no_text_raises_anything_but_our_error(text: str) -> None:
    with suppress(NotASearch):
        decode(text)
