from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations

import pytest

from pricewatch_pipeline.domain.flights import FareInsight, FareLevel, Section
from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.titles import may_be_same
from pricewatch_pipeline.providers.google_flights.offers import reading_of, title_of
from pricewatch_pipeline.storage.detail_rows import TABLES
from pricewatch_pipeline_tests.unit.providers.google_flights.rows import NINE, itinerary, layover, leg, query, results

URL = "https://www.google.com/travel/flights/search?tfs=x"
LOW = FareInsight(level=FareLevel.LOW, typical_low=Decimal(450), typical_high=Decimal(700))


def test_the_offer_is_the_cheapest_itinerary_in_words() -> None:
    asked = query(stay=7, adults=2, max_stops=1)
    found = results(itinerary("500"), itinerary("410.50"), itinerary(None), itinerary("1", stops=2), insight=LOW)
    reading = reading_of(found, asked, url=URL)
    offer = reading.offer
    assert offer is not None
    assert (offer.price, offer.currency) == (Decimal("410.50"), "USD")
    assert offer.availability is None  # a page of fares says nothing of stock
    assert offer.title == "Flight from LHR to JFK on 15 Jan 2027, back on 22 Jan 2027"
    assert (offer.seller, offer.price_text) == ("British Airways", "USD 410.50")
    assert offer.reason == (
        "the cheapest of 4 itineraries (3 with a price, 3 that meet the watch): British Airways BA1, non-stop, 8 h 0 min, "
        "leaves at 09:00; the price is the total of both ways; for 2 travellers together; "
        "the page says that the fare is low (usual: 450 to 700)"
    )
    assert (reading.outcome, reading.error) == (Outcome.OK, None)
    assert reading.signals == {"price_indicator": "low", "typical_low": "450", "typical_high": "700"}
    assert [(c.amount, c.role, c.is_chosen) for c in offer.candidates] == [
        (Decimal("410.50"), PriceRole.PRICE, True),
        (Decimal(500), PriceRole.OTHER, False),
    ]


def test_titles_of_two_trips_of_a_matrix_are_taken_for_one_thing_whoever_flies() -> None:
    trips = [
        ("LHR", "JFK", {"departs": "2027-01-15"}),
        ("LGW", "EWR", {"departs": "2027-02-01", "returns": "2027-03-09"}),
        ("SYD", "AKL", {"departs": "2027-06-30"}),
    ]
    titles = [
        title_of(
            itinerary(origin=start, destination=end, airlines=(airline,)), query(origins=start, destinations=end, **on)
        )
        for airline, (start, end, on) in zip(("British Airways", "Delta", "Qantas"), trips, strict=True)
    ]
    assert all(may_be_same(one, other) for one, other in combinations(titles, 2))


def test_another_currency_than_asked_for_is_kept_and_said() -> None:
    reading = reading_of(results(itinerary(currency="EUR"), currency="EUR"), query(currency="GBP"), url=URL)
    assert reading.offer is not None
    assert reading.offer.currency == "EUR"
    assert "asked for in GBP and given in EUR" in (reading.offer.reason or "")
    row = reading.details[0].row
    assert (row["currency"], row["asked_currency"]) == ("EUR", "GBP")


def test_rows_that_cannot_be_read_in_full_are_told_with_the_fare() -> None:
    reading = reading_of(results(itinerary(), error="2 of 9 rows cannot be read in full: no price"), query(), url=URL)
    assert reading.offer
    assert (reading.offer.reason or "").endswith("; 2 of 9 rows cannot be read in full: no price")
    assert reading.error is None


def test_a_currency_that_is_not_known_is_none_and_said() -> None:
    reading = reading_of(results(itinerary(currency=None), currency=None), query(), url=URL)
    assert reading.offer is not None
    assert reading.offer.currency is None
    assert "asked for in USD and given in an unknown currency" in (reading.offer.reason or "")


@pytest.mark.parametrize(
    ("found", "outcome", "error"),
    [
        (
            results(itinerary(None), itinerary(None)),
            Outcome.NOT_PRICED,
            "the page shows 2 itineraries, 2 that meet the watch, and none of these has a price",
        ),
        (
            results(itinerary(stops=2), itinerary(stops=2), itinerary(origin="LGW")),
            Outcome.NOT_PRICED,
            "the page shows 3 itineraries, and none meets the watch: it has 2 stops (2), it begins at LGW (1)",
        ),
        (
            results(itinerary("1", section=Section.CALENDAR)),
            Outcome.NOT_PRICED,
            "the page shows fares of days, and no itineraries",
        ),
        (results(outcome=Outcome.NO_OFFERS, error="it says so"), Outcome.NO_OFFERS, "it says so"),
        (results(outcome=Outcome.UNREADABLE, error="no list"), Outcome.UNREADABLE, "no list"),
    ],
)
def test_a_page_without_a_fare_that_meets_the_watch_says_why(found: object, outcome: Outcome, error: str) -> None:
    reading = reading_of(found, query(max_stops=1), url=URL)  # type: ignore[arg-type]
    assert (reading.outcome, reading.offer, reading.error, reading.signals) == (outcome, None, error, {})
    search, *offers = reading.details
    assert (search.row["outcome"], search.row["price"]) == (outcome, None)
    shown = [each for each in found.itineraries if each.section is Section.BEST]  # type: ignore[attr-defined]
    assert len(offers) == search.row["itineraries"] == len(shown)


@pytest.mark.parametrize("outcome", [Outcome.CONSENT, Outcome.BLOCKED, Outcome.LOGIN])
def test_a_search_that_was_not_answered_has_no_row(outcome: Outcome) -> None:
    reading = reading_of(results(outcome=outcome, error="why"), query(), url=URL)
    assert (reading.outcome, reading.details, reading.error) == (outcome, (), "why")


def test_every_itinerary_is_a_row_and_says_whether_it_meets_the_query() -> None:
    way = itinerary(
        stops=1, legs=(leg(destination="DUB"), leg("EI", "DUB")), layovers=(layover(),), departs_at=datetime(2027, 1, 15, 9, tzinfo=UTC)
    )  # fmt: skip
    search, first, second = reading_of(results(itinerary("999"), way), query(max_stops=0), url=URL).details
    assert (search.table, first.table, second.table) == ("flight_searches", "flight_offers", "flight_offers")
    for detail in (search, first, second):
        assert set(detail.row) <= set(TABLES[detail.table].columns.keys())
    assert (first.row["number"], first.row["price"], first.row["meets_query"]) == (1, Decimal(999), True)
    assert (second.row["number"], second.row["meets_query"]) == (2, False)
    assert second.row["layovers"] == [{"airport": "DUB", "next_airport": "DUB", "duration_minutes": 60}]
    assert [each["departs_local"] for each in second.row["legs"]] == [f"{NINE:%Y-%m-%dT%H:%M}"] * 2
    assert {
        "price": Decimal(999), "itineraries": 2, "priced_itineraries": 2, "url": URL, "departs_on": "2027-01-15",
        "returns_on": None, "origins": ["LHR"], "destinations": ["JFK"],
    }.items() <= search.row.items()  # fmt: skip


def test_a_page_that_says_too_much_is_cut() -> None:
    long = itinerary(airlines=("x" * 10_000,) * 50, flight_numbers=("BA1",) * 10_000)
    offer = reading_of(results(long, long), query(), url=URL).offer
    assert offer is not None
    assert all(len(candidate.why or "") < 300 for candidate in offer.candidates)
    assert len(offer.reason or "") < 500
