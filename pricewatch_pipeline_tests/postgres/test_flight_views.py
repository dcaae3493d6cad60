"""What analysts see of flights and of batches."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pricewatch_pipeline.demo.flight_site import FlightSite
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.registry import google_flights
from pricewatch_pipeline.services.check_watches import check_now
from pricewatch_pipeline.services.decide_doubts import confirm_price
from pricewatch_pipeline.storage import detail_rows, frames
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.detail_rows import DetailsOf
from pricewatch_pipeline.storage.flight_events import offers_of
from pricewatch_pipeline.storage.servers import url_for
from pricewatch_pipeline_tests.support.checks import BEGIN, HOUR, offer
from pricewatch_pipeline_tests.support.flight_rows import (
    DEPARTS_ON,
    RETURNS_ON,
    flight_watch,
    itinerary,
    search,
    watched_flight,
)
from pricewatch_pipeline_tests.support.shop import engine_on, store_watches

Rows = Callable[..., list[dict[str, Any]]]
VIEWS = ("flight_searches", "flight_offers", "latest_flight_offers", "fare_calendar", "batches", "batch_combinations")
FAR = date(2999, 5, 1)
"""A day that will not have gone by."""


def url_of(day: date) -> str:
    return f"https://flights.example/travel/flights/search?tfs={day}"


def store_batch(database: Database, slot_at: datetime, days: Iterable[date], *found: tuple[Detail, ...]) -> None:
    """A batch of the watch `matrix` with a combination per day; `found`: the details of the first ones."""
    days = list(days)

    def work(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE pricewatch.batches SET state = 'done'")
        batch_id = connection.exec_driver_sql(
            "INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations, done, best_number) "
            "VALUES ('matrix', %s, 'scheduled', '{}', %s, %s, 1) RETURNING batch_id",
            (slot_at, len(days), len(found)),
        ).scalar_one()
        for number, day in enumerate(days, 1):
            connection.exec_driver_sql(
                "INSERT INTO pricewatch.batch_combinations (batch_id, number, key, query, url) VALUES (%s, %s, %s, '{}', %s)",
                (batch_id, number, f"LHR-JFK {day}", url_of(day)),
            )
        details = [
            DetailsOf(
                watch_id="matrix",
                slot_at=slot_at,
                observed_at=slot_at + timedelta(minutes=n),
                combination=n,
                details=each,
            )
            for n, each in enumerate(found, 1)
        ]
        assert detail_rows.store(connection, details) == []

    database.run(work)


def found_on(day: date, price: str | None, **row: Any) -> tuple[Detail, ...]:
    """What a combination found: with a price also an itinerary that costs it, a cheaper one that does not meet, and others."""
    searched = search(price, departs_on=day, returns_on=None, url=url_of(day), **row)
    if price is None:
        return (searched,)
    cheaper = itinerary(1, str(Decimal(price) - 50), meets_query=False, flight_numbers=["XX1"])
    same = itinerary(3, price, stops=0, duration_minutes=400, flight_numbers=["BA117"])
    return (searched, cheaper, itinerary(2, price, stops=1, flight_numbers=["IB1", "IB2"]), same, itinerary(4, None))


@pytest.fixture
def matrix(database: Database) -> Database:
    """A matrix watch that was never checked."""
    store_watches(database, [flight_watch("matrix", is_matrix=True)])
    return database


def calendar(rows: Rows, columns: str) -> list[tuple[Any, ...]]:
    found = rows(f"SELECT {columns} FROM analytics.fare_calendar ORDER BY watch_id, departs_on, returns_on, origin")
    return [tuple(row.values()) for row in found]


def test_a_watch_with_one_search_has_one_line_that_follows_its_newest_answer(database: Database, rows: Rows) -> None:
    flight = watched_flight(database)
    flight.check(offer("321"), details=(search("321"), itinerary(1, "321")))
    assert calendar(rows, "price, was_price, change, lowest_price, is_past") == [
        (Decimal(321), None, None, Decimal(321), False)
    ]
    flight.check(offer("290"), details=(search("290", price_indicator="low"), itinerary(1, "290")))
    lowest_at = flight.now
    flight.check(offer("300"), details=(search("300", origins=["LHR", "LGW"]), itinerary(1, "300", stops=1)))
    (line,) = rows("SELECT * FROM analytics.fare_calendar")
    assert (line["watch_id"], line["origin"], line["departs_on"], line["returns_on"]) == (
        "lhr-jfk", "LHR, LGW", DEPARTS_ON, RETURNS_ON,
    )  # fmt: skip
    assert (line["price"], line["was_price"], line["change"], line["was_observed_at"]) == (300, 290, 10, lowest_at)
    assert (line["lowest_price"], line["lowest_at"], line["price_indicator"]) == (290, lowest_at, None)
    assert (line["flight_numbers"], line["origin_airport"], line["stops"]) == (["BA117"], "LHR", 1)


def test_a_fare_that_is_gone_is_not_shown_as_the_newest(database: Database, rows: Rows) -> None:
    flight = watched_flight(database)
    flight.check(offer("321"), details=(search("321"), itinerary(1, "321")))
    seen_at = flight.now
    flight.check(Outcome.NO_OFFERS, details=(search(None, outcome="no_offers", itineraries=0),))
    shown = "price, currency, outcome, observed_at, was_price, was_currency, was_observed_at, airlines, lowest_price"
    assert calendar(rows, shown) == [
        (None, None, "no_offers", flight.now, Decimal(321), "GBP", seen_at, None, Decimal(321))
    ]
    # What failed, or is not believed, answers nothing.
    gone_at = flight.now
    flight.check(Outcome.IMPLAUSIBLE, details=(search("3"), itinerary(1, "3")))
    flight.check(Outcome.UNREADABLE, details=(search(None, outcome="unreadable"),))
    assert calendar(rows, "outcome, observed_at, lowest_price") == [("no_offers", gone_at, Decimal(321))]
    flight.check(offer("400", currency="USD"), details=(search("400", currency="USD"),))
    assert calendar(rows, "price, was_price, change, lowest_price, was_currency") == [
        (Decimal(400), None, None, Decimal(400), "USD")
    ]


def test_a_matrix_has_a_line_per_search_that_it_still_makes(matrix: Database, rows: Rows) -> None:
    days = [FAR + timedelta(days=n) for n in range(3)]
    gone = date(2026, 1, 5)
    store_batch(
        matrix, BEGIN, [gone, *days], *(found_on(day, f"{300 + 10 * n}") for n, day in enumerate([gone, *days]))
    )
    # The next one begins: its combinations have other numbers, and two were not asked yet.
    later = [FAR + timedelta(days=9), days[1], gone, days[0]]
    store_batch(matrix, BEGIN + HOUR, later, found_on(later[0], None, outcome="no_offers"), found_on(days[1], "250"))
    assert calendar(rows, "departs_on, price, was_price, change, combination, flight_numbers, is_past") == [
        (gone, Decimal(300), None, None, 1, ["BA117"], True),
        (days[0], Decimal(310), None, None, 2, ["BA117"], False),
        (days[1], Decimal(250), Decimal(320), Decimal(-70), 2, ["BA117"], False),
        (later[0], None, None, None, 1, None, False),
    ]
    newest = rows(
        "SELECT departs_on, count(*) AS n, min(slot_at) AS slot_at FROM analytics.latest_flight_offers GROUP BY 1 ORDER BY 1"
    )
    assert newest == [
        {"departs_on": gone, "n": 4, "slot_at": BEGIN},
        {"departs_on": days[0], "n": 4, "slot_at": BEGIN},
        {"departs_on": days[1], "n": 4, "slot_at": BEGIN + HOUR},
    ]
    assert rows("SELECT best_key, done, share FROM analytics.batches ORDER BY slot_at") == [
        {"best_key": f"LHR-JFK {gone}", "done": 4, "share": Decimal(1)},
        {"best_key": f"LHR-JFK {later[0]}", "done": 2, "share": Decimal("0.5")},
    ]


def test_a_fare_is_held_against_those_of_its_own_search_in_its_currency(matrix: Database, rows: Rows) -> None:
    other = FAR + timedelta(days=1)
    for n, (price, currency) in enumerate([("250", "GBP"), ("250", "GBP"), ("90", "EUR"), ("300", "GBP")]):
        store_batch(
            matrix,
            BEGIN + n * HOUR,
            [FAR, other],
            found_on(FAR, price, currency=currency),
            found_on(other, f"{10 + n}"),
        )
    columns = "departs_on, price, was_price, change, lowest_price, lowest_at, was_currency"
    lines = [
        (FAR, Decimal(300), Decimal(250), Decimal(50), Decimal(250), BEGIN + HOUR + timedelta(minutes=1), "GBP"),
        (other, Decimal(13), Decimal(12), Decimal(1), Decimal(10), BEGIN + timedelta(minutes=2), "GBP"),
    ]
    assert calendar(rows, columns) == lines
    rows("DELETE FROM pricewatch.batches")  # nothing says which of the searches are still made: all are shown
    assert calendar(rows, columns) == lines


def test_the_calendar_finds_a_search_by_its_url_and_reads_no_history_of_others(matrix: Database, rows: Rows) -> None:
    store_batch(matrix, BEGIN, [FAR], found_on(FAR, "300"))

    def work(connection: Any) -> list[str]:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        found = connection.exec_driver_sql("EXPLAIN SELECT * FROM analytics.fare_calendar WHERE watch_id = 'matrix'")
        return [line for (line,) in found if "Index Cond" in line and "hashtextextended" in line]

    assert len(matrix.run(work)) >= 4  # the newest, the newest known, the one before, the lowest


def test_another_cabin_is_another_search(matrix: Database, rows: Rows) -> None:
    store_batch(matrix, BEGIN, [FAR], found_on(FAR, "300"))
    store_batch(matrix, BEGIN + HOUR, [FAR], found_on(FAR, "2000"))
    rows("UPDATE pricewatch.flight_searches SET url = url || '&cabin=business' WHERE price = 2000")
    rows(
        "UPDATE pricewatch.batch_combinations SET url = url || '&cabin=business' WHERE batch_id = (SELECT max(batch_id) FROM pricewatch.batches)"
    )
    assert calendar(rows, "price, was_price, lowest_price") == [(Decimal(2000), None, Decimal(2000))]


def test_what_is_archived_is_in_no_calendar(matrix: Database, rows: Rows) -> None:
    store_batch(matrix, BEGIN, [FAR], found_on(FAR, "300"))
    rows("UPDATE pricewatch.watches SET archived_at = now()")
    assert calendar(rows, "1") == []
    assert len(rows("SELECT 1 FROM analytics.flight_offers")) == 4


def test_a_frame_holds_what_the_calendar_does(matrix: Database) -> None:
    store_batch(
        matrix, BEGIN, [FAR, FAR + timedelta(days=1)], found_on(FAR, "300"), found_on(FAR + timedelta(days=1), None)
    )
    fares = matrix.run(frames.fare_calendar)
    assert list(fares["price"]) == [Decimal("300.0000"), None]
    assert list(fares["flight_numbers"]) == [["BA117"], None]


def test_analysts_may_read_the_views_and_find_what_they_mean(matrix: Database, database_url: str, rows: Rows) -> None:
    store_batch(matrix, BEGIN, [FAR], found_on(FAR, "300"))
    with psycopg.connect(url_for(database_url, driver=None)) as connection:
        connection.execute("SET ROLE pricewatch_analyst")
        counts = {view: len(connection.execute(f"SELECT * FROM analytics.{view}").fetchall()) for view in VIEWS}
        assert counts == {name: 4 if name.endswith("flight_offers") else 1 for name in VIEWS}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM pricewatch.newest_searches")
    assert [
        row["view"]
        for row in rows("""
        SELECT v.viewname AS view FROM pg_views v
        WHERE v.schemaname = 'analytics' AND obj_description(to_regclass('analytics.' || v.viewname)) IS NULL
    """)
    ] == []


def test_a_fare_that_an_operator_believes_is_in_the_calendar(database: Database, rows: Rows) -> None:
    flight = watched_flight(database)
    flight.check(offer("321"), details=(search("321"), itinerary(1, "321")))
    cheap = offer("40")
    flight.check(Outcome.IMPLAUSIBLE, doubted_offer=cheap, details=(search("40"), itinerary(1, "40")), error="far off")
    assert calendar(rows, "price, outcome") == [(Decimal(321), "ok")]
    confirm_price(database, "lhr-jfk", alerting=flight.alerting)
    assert calendar(rows, "price, was_price, lowest_price, outcome") == [(Decimal(40), Decimal(321), Decimal(40), "ok")]


def test_the_calendar_of_a_real_sweep_has_a_line_per_search_with_the_fare_that_the_site_showed(
    database: Database, flight_site: FlightSite, rows: Rows
) -> None:
    provider = google_flights()
    day = database.now().date() + timedelta(days=60)
    said = {"origins": "LHR", "destinations": ["JFK", "EWR"], "departs": f"{day}..{day + timedelta(days=1)}", "stay": 7}
    query = provider.query_model.model_validate(
        {**said, "matrix": True, "currency": "GBP", "site": flight_site.base_url}
    )
    sweep = Watch(
        watch_id="sweep",
        provider=provider.name,
        query=query.model_dump(mode="json", exclude_none=True),
        host=provider.host_of(query),
        url=provider.url_of(query),
        is_matrix=True,
    )
    store_watches(database, [sweep])
    for _ in range(2):
        (check,) = check_now(engine_on(database), ["sweep"]).results
        assert check.outcome is Outcome.OK, check.error
    lines = rows("SELECT * FROM analytics.fare_calendar")
    shown = {asked.combination: asked.lowest for asked in flight_site.asked[-4:]}
    assert {(n["origin"], n["destination"], n["departs_on"], n["returns_on"]): n["price"] for n in lines} == shown
    assert all(line["was_price"] and line["airlines"] and line["origin_airport"] == "LHR" for line in lines)
    assert min(line["price"] for line in lines) == rows("SELECT last_price FROM pricewatch.watches")[0]["last_price"]


def test_a_materialization_tells_of_the_last_batch_of_its_slot_in_the_currency_of_most(
    matrix: Database, rows: Rows
) -> None:
    days = [FAR + timedelta(days=n) for n in range(5)]
    store_batch(matrix, BEGIN, days[:3], *(found_on(day, "100") for day in days[:3]))  # superseded: of other days
    store_batch(matrix, BEGIN, days[3:], found_on(days[3], "400"), found_on(days[4], "200", currency="USD"))
    rows("UPDATE pricewatch.batch_combinations SET state = 'done'")
    rows("UPDATE pricewatch.batches SET currency = 'GBP'")
    ((_, told),) = matrix.run(lambda connection: offers_of(connection, [("matrix", BEGIN)])).items()
    assert (told.asked, told.itineraries, told.combinations) == (2, 2, 2)
    assert (told.price, told.currency) == (Decimal(400), "GBP")
    rows("UPDATE pricewatch.batch_combinations SET state = 'failed' WHERE number = 1")
    ((_, told),) = matrix.run(lambda connection: offers_of(connection, [("matrix", BEGIN)])).items()
    assert (told.asked, told.price, told.currency) == (1, Decimal(200), "USD")
