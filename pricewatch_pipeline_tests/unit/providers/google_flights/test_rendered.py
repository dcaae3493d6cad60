from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.flights import Layover, Section
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.google_flights.reading import read_results
from pricewatch_pipeline_tests.unit.providers.google_flights.truths import CORPUS, truth_of

# Labels of AWeirdDev/flights, bright_data_flight_containers.html, 0515748 (MIT).
NONSTOP = (
    "From 287 US dollars round trip total. Nonstop flight with JetBlue. Leaves John F. Kennedy International Airport at "
    "10:10\u202fPM on Friday, August 8 and arrives at Los Angeles International Airport at 1:24\u202fAM on Saturday, "
    "August 9. Total duration 6 hr 14 min.  1 carry-on bag included. 0 checked bags included.  Select flight"
)
ONE_STOP = (
    "From 1,303 US dollars round trip total. 1 stop flight with Frontier. Leaves John F. Kennedy International Airport at "
    "6:59\u202fAM on Friday, August 8 and arrives at Los Angeles International Airport at 12:08\u202fPM on Friday, "
    "August 8. Total duration 8 hr 9 min. Layover (1 of 1) is a 1 hr 9 min layover at Harry Reid International Airport "
    "in Las Vegas. 1 carry-on bag included. 0 checked bags included.  Select flight"
)
FLIGHTS = "JFK-LAX-B6-923-20250808"
TWO_FLIGHTS = "JFK-LAS-F9-3237-20250808,LAS-LAX-F9-3291-20250808"


def drawn(label: str, flights: str, heading: str = "Top departing flights") -> bytes:
    address = f"https://www.travelimpactmodel.org/lookup/flight?itinerary={flights}"
    emissions = f'data-co2currentflight="402000" data-co2typical="340000" data-travelimpactmodelwebsiteurl="{address}"'
    item = f'<li><div role="link" aria-label="{label}"></div><div {emissions}></div></li>'
    return f"<html><h3 class=x>{heading}</h3><ul>{item}</ul></html>".encode()


def test_a_drawn_row_is_read_with_the_year_and_airports_of_its_address() -> None:
    results = read_results(drawn(NONSTOP, FLIGHTS))
    (row,) = results.itineraries
    assert (results.outcome, results.currency, row.section) == (Outcome.OK, "USD", Section.BEST)
    assert (row.price, row.airlines, row.flight_numbers) == (Decimal(287), ("JetBlue",), ("B6923",))
    assert (row.origin, row.destination, row.stops, row.duration_minutes) == ("JFK", "LAX", 0, 374)
    assert row.departs_at == datetime(2025, 8, 9, 2, 10, tzinfo=UTC)
    assert row.arrives_at == datetime(2025, 8, 9, 8, 24, tzinfo=UTC)
    assert (row.carry_on_bags, row.checked_bags, row.emissions_g, row.typical_emissions_g) == (1, 0, 402000, 340000)


def test_a_stop_of_a_drawn_row_is_where_its_flights_meet() -> None:
    (row,) = read_results(drawn(ONE_STOP, TWO_FLIGHTS, "Other departing flights")).itineraries
    assert (row.section, row.price, row.stops) == (Section.OTHER, Decimal(1303), 1)
    assert row.layovers == (Layover(airport="LAS", next_airport="LAS", duration_minutes=69),)
    assert [leg.number for leg in row.legs] == ["F93237", "F93291"]


@pytest.mark.parametrize("flights", ["", "JFK-LAX-B6-923-20250809", "JFK-LAX-B6-923-20251345", TWO_FLIGHTS])
def test_without_the_flights_of_the_label_there_is_no_year_and_no_airport(flights: str) -> None:
    (row,) = read_results(drawn(NONSTOP, flights)).itineraries
    assert (row.price, row.departs_local, row.origin, row.flight_numbers, row.legs) == (
        Decimal(287),
        None,
        None,
        (),
        (),
    )


@pytest.mark.parametrize(
    ("written", "price", "currency"),
    [
        ("From 287 US dollars", Decimal(287), "USD"),
        ("From 287.50 euros", Decimal("287.50"), "EUR"),
        ("From 30,287 Japanese yen", Decimal(30287), "JPY"),
        ("From 287 shells", None, None),
        ("From 0 US dollars", None, None),
        ("Price unavailable", None, None),
    ],
)
def test_a_drawn_price_needs_a_currency_that_is_known(
    written: str, price: Decimal | None, currency: str | None
) -> None:
    label = NONSTOP.replace("From 287 US dollars round trip total", written)
    (row,) = read_results(drawn(label, FLIGHTS)).itineraries
    assert (row.price, row.currency) == (price, currency)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_the_drawn_page_of_the_corpus_is_read_whole() -> None:
    path = CORPUS / "gf_page_bright_data_flight_containers.html"
    rows = read_results(path.read_bytes()).itineraries
    assert len(rows) == truth_of(path)["n_itineraries"] == 57
    assert min(row.price for row in rows if row.price) == 287
    assert all(
        row.price and row.departs_at and row.arrives_at and len(row.legs) == (row.stops or 0) + 1 for row in rows
    )
