"""Rows that providers give beside their offers: with their check or not at all, and no price is lost for them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.checks import CheckKind
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.services.raise_alerts import record_manual
from pricewatch_pipeline.storage import detail_rows
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.detail_rows import DetailsOf
from pricewatch_pipeline.storage.insider_events import filings_of
from pricewatch_pipeline_tests.support.checks import BEGIN, Checker, finished, offer, store
from pricewatch_pipeline_tests.support.flight_rows import DEPARTS_ON, RETURNS_ON, itinerary, search, watched_flight
from pricewatch_pipeline_tests.support.insider_rows import found as what_a_check_found
from pricewatch_pipeline_tests.support.insider_rows import store_filing, trade, watched_company
from pricewatch_pipeline_tests.support.raised import ALERTING

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def flight(database: Database) -> Checker:
    """A watch on a flight."""
    return watched_flight(database)


def test_details_are_stored_with_their_check_as_they_were_given(flight: Checker, rows: Rows) -> None:
    said: dict[str, Any] = {
        "section": "other",
        "price": Decimal("1321.99"),
        "currency": "GBP",
        "meets_query": False,
        "airlines": ["British Airways", 'Ål "x", {y}, NULL, \\'],
        "flight_numbers": ["BA117", "IB4218"],
        "origin": "LHR",
        "destination": "JFK",
        "departs_at": datetime(2027, 1, 15, 8, 20, tzinfo=UTC),
        "arrives_at": datetime(2027, 1, 15, 16, 20, tzinfo=UTC),
        "departs_local": datetime(2027, 1, 15, 8, 20),  # noqa: DTZ001 - by the clocks of the airport
        "arrives_local": datetime(2027, 1, 15, 11, 20),  # noqa: DTZ001
        "duration_minutes": 480,
        "stops": 1,
        "layovers": [{"airport": "DUB", "next_airport": "DUB", "duration_minutes": 65}],
        "legs": [{"number": "BA117", "departs_local": "2027-01-15T08:20"}, {"number": "IB4218"}],
        "emissions_g": 432_000,
        "typical_emissions_g": 500_000,
        "carry_on_bags": 1,
        "checked_bags": 0,
        "booking_token": "CjRI",
    }
    flight.check(offer("321"), details=(search("321"), itinerary(1, "321"), itinerary(2, **said)))
    (stored,) = rows("SELECT * FROM pricewatch.flight_offers WHERE number = 2")
    key = {"watch_id": "lhr-jfk", "slot_at": flight.now, "combination": 0, "number": 2, "observed_at": flight.now}
    assert stored == {**said, **key}
    (searched,) = rows("SELECT * FROM pricewatch.flight_searches")
    assert searched["run_id"] == "run"
    assert (searched["origins"], searched["departs_on"], searched["returns_on"]) == (["LHR"], DEPARTS_ON, RETURNS_ON)


def test_a_column_that_is_not_given_is_null_or_has_its_default(flight: Checker, rows: Rows) -> None:
    few = {"origins": ["LHR"], "destinations": [], "departs_on": DEPARTS_ON, "outcome": "no_offers"}
    flight.check(Outcome.NO_OFFERS, details=(Detail(table="flight_searches", row=few), itinerary()))
    (searched,) = rows("SELECT * FROM pricewatch.flight_searches")
    assert (searched["itineraries"], searched["returns_on"], searched["destinations"]) == (0, None, [])
    assert rows("SELECT layovers, legs, departs_at FROM pricewatch.flight_offers") == [
        {"layovers": [], "legs": [], "departs_at": None}
    ]


CUT: list[tuple[str, object, object]] = [
    ("duration_minutes", 2**31, None),
    ("stops", 40_000, None),
    ("stops", float("inf"), None),
    ("emissions_g", 12.7, 12),
    ("price", Decimal("1e14"), None),
    ("price", Decimal(-5), None),
    ("price", Decimal("NaN"), None),
    ("price", Decimal("9.123456"), Decimal("9.1235")),
    ("currency", "POUND", None),
    ("currency", "\x00\x01\x02", None),
    ("origin", "L\x00HR", "LHR"),
    ("origin", "\ud800", "\ufffd"),
    ("origin", "x" * 5_000, "x" * 2_000),
    ("airlines", ("A" * 5_000, "B"), ["A" * 2_000, "B"]),
    ("flight_numbers", ["BA1"] * 1_000, ["BA1"] * 50),
    ("legs", [{"aircraft": "x" * 50_000}], []),
    ("legs", [{"aircraft": "a\x00b"}], [{"aircraft": "ab"}]),
]


def test_what_a_column_cannot_hold_is_cut_or_left_out(flight: Checker, rows: Rows) -> None:
    details = tuple(itinerary(n, **dict[str, Any]({column: given})) for n, (column, given, _) in enumerate(CUT, 1))
    flight.check(offer("321"), details=details)
    stored = rows("SELECT * FROM pricewatch.flight_offers ORDER BY number")
    assert [(column, row[column]) for row, (column, *_) in zip(stored, CUT, strict=True)] == [
        (column, kept) for column, _, kept in CUT
    ]


REFUSED: Mapping[str, tuple[Detail, str]] = {
    "without its number": (itinerary(number=None), 'null value in column "number"'),  # type: ignore[arg-type]
    "without a day": (search(departs_on=None), 'null value in column "departs_on"'),
    "a day that is none": (search(departs_on="soon"), "invalid input syntax for type date"),
    "a text for a number": (itinerary(stops="many"), "not supported between"),
    "a text for a price": (search(typical_low="400"), "an amount is a Decimal"),
    "a table of nobody": (Detail(table="hotels", row={"stars": 5}), "no table 'hotels'"),
    "a column of nobody": (itinerary(stars=5), "flight_offers has no column 'stars'"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_detail_that_is_refused_costs_neither_its_snapshot_nor_the_details_of_others(
    flight: Checker, rows: Rows, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, why = REFUSED[name]
    watched_flight(flight.database, "other")
    checks = [
        finished("lhr-jfk", offer("321"), BEGIN, details=(search(), itinerary(7), bad)),
        finished("other", offer("200"), BEGIN, details=(search("200"), itinerary(price="200"))),
    ]
    assert store(flight.database, checks, ALERTING) == {"lhr-jfk", "other"}
    assert rows("SELECT watch_id, price::text FROM pricewatch.price_snapshots ORDER BY 1") == [
        {"watch_id": "lhr-jfk", "price": "321.0000"},
        {"watch_id": "other", "price": "200.0000"},
    ]
    for table in ("flight_searches", "flight_offers"):
        assert rows(f"SELECT watch_id FROM pricewatch.{table}") == [{"watch_id": "other"}]
    said = {row["watch_id"]: row["error"] for row in rows("SELECT watch_id, error FROM pricewatch.checks")}
    assert said["other"] is None
    assert "its details cannot be stored" in said["lhr-jfk"]
    assert why in said["lhr-jfk"]
    assert why in caplog.text


def test_a_failed_check_keeps_its_details_and_its_error(flight: Checker, rows: Rows) -> None:
    flight.check(Outcome.NOT_PRICED, details=(search(None), itinerary(price=None), itinerary(2, price=None, stars=1)))
    (said,) = rows("SELECT error FROM pricewatch.checks")
    assert said["error"].startswith(Outcome.NOT_PRICED.verdict.meaning + "; its details cannot be stored")
    flight.check(Outcome.NOT_PRICED, details=(search(None), itinerary(price=None)))
    assert rows("SELECT outcome, price FROM pricewatch.flight_searches") == [{"outcome": "not_priced", "price": None}]


def test_a_search_has_the_outcome_of_its_check(flight: Checker, rows: Rows) -> None:
    flight.check(Outcome.IMPLAUSIBLE, details=(search("3"), itinerary(price="3")))
    assert rows("SELECT outcome FROM pricewatch.flight_searches") == [{"outcome": "implausible"}]


def test_another_attempt_at_a_slot_replaces_all_of_the_one_before(flight: Checker, rows: Rows) -> None:
    first = (search(None, outcome="not_priced"), *(itinerary(n, None) for n in range(1, 9)))
    store(flight.database, [finished("lhr-jfk", Outcome.NOT_PRICED, BEGIN, details=first)], ALERTING)
    later = finished(
        "lhr-jfk", Outcome.NO_OFFERS, BEGIN, attempt=2, details=(search(None, itineraries=0),), started_at=BEGIN
    )
    store(flight.database, [later], ALERTING)
    assert rows("SELECT outcome, itineraries FROM pricewatch.flight_searches") == [
        {"outcome": "no_offers", "itineraries": 0}
    ]
    assert rows("SELECT 1 FROM pricewatch.flight_offers") == []


def test_what_a_failed_attempt_read_of_filings_stays_beside_the_next_one(database: Database, rows: Rows) -> None:
    watched_company(database)
    failed = finished(
        "aapl-insiders", Outcome.TIMEOUT, BEGIN, details=(what_a_check_found(read=20, outcome="timeout"),)
    )
    again = finished("aapl-insiders", Outcome.NO_OFFERS, BEGIN, attempt=2, details=(what_a_check_found(read=5),))
    for check in (failed, again):
        store(database, [check], ALERTING)
    told = rows("SELECT attempt, outcome, read FROM analytics.insider_check_history ORDER BY attempt")
    assert told == [
        {"attempt": 1, "outcome": "timeout", "read": 20},
        {"attempt": 2, "outcome": "no_offers", "read": 5},
    ]
    (event,) = database.run(lambda connection: filings_of(connection, [("aapl-insiders", BEGIN)])).values()
    assert event.read == 5


CHECKS_IN_MINUTES = {
    (0, 1, "timeout"): (1, 3),
    (0, 2, "abandoned"): (4, 9),
    (0, 3, "abandoned"): (14, 19),
    (0, 4, "ok"): (20, 25),
    (30, 1, "abandoned"): (31, 36),
}


def test_an_abandoned_check_has_what_was_read_in_its_time_and_by_no_other(database: Database, rows: Rows) -> None:
    watched_company(database)
    with database.transaction() as connection:
        # Before the first slot; then in each of the first four checks, the second for long before its lease ended.
        for number, minute in enumerate([-60, 2, 5, 8, 15, 22]):
            read_at = BEGIN + timedelta(minutes=minute)
            store_filing(connection, number, trade("S"), trade("S"), watch_id="aapl-insiders", read_at=read_at)
    for (slot, attempt, outcome), (started, ended) in CHECKS_IN_MINUTES.items():
        rows(
            """INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at)
               VALUES ('aapl-insiders', :slot, :attempt, 'scheduled', :outcome, :started, :finished)""",
            slot=BEGIN + timedelta(minutes=slot),
            attempt=attempt,
            outcome=outcome,
            started=BEGIN + timedelta(minutes=started),
            finished=BEGIN + timedelta(minutes=ended),
        )
    told = rows("SELECT read, transactions FROM analytics.insider_check_history ORDER BY slot_at, attempt")
    assert [(row["read"], row["transactions"]) for row in told] == [
        (None, None), (2, 4), (1, 2), (None, None), (0, 0),
    ]  # fmt: skip


def test_a_check_that_is_stored_already_stores_no_details(flight: Checker, rows: Rows) -> None:
    check = finished("lhr-jfk", offer("321"), BEGIN, kind=CheckKind.MANUAL, details=(search("321"),))
    store(flight.database, [check], ALERTING)
    store(flight.database, [finished("lhr-jfk", offer("999"), BEGIN, details=(search("999"),))], ALERTING)
    assert rows("SELECT price FROM pricewatch.flight_searches") == [{"price": Decimal(321)}]


def test_a_page_without_end_fills_nothing(flight: Checker, rows: Rows) -> None:
    many = [itinerary(n, None) for n in range(1, detail_rows.MOST_ROWS + 500)]
    flight.check(offer("321"), details=(search(), *many))
    assert rows("SELECT count(*) AS n, max(number) AS last FROM pricewatch.flight_offers") == [
        {"n": detail_rows.MOST_ROWS, "last": detail_rows.MOST_ROWS}
    ]
    assert rows("SELECT error FROM pricewatch.checks") == [
        {"error": "only the first 2,000 of 2,499 rows for flight_offers are kept"}
    ]


def test_a_transaction_that_ends_before_its_commit_leaves_no_details(flight: Checker, rows: Rows) -> None:
    connection = flight.database.engine.connect()
    check = finished("lhr-jfk", offer("321"), BEGIN, details=(search(), itinerary()))
    record_manual(connection, [check], run_id=None, alerting=ALERTING)
    assert connection.exec_driver_sql("SELECT count(*) FROM pricewatch.flight_offers").scalar() == 1
    connection.rollback()
    connection.close()
    assert rows("SELECT 1 FROM pricewatch.flight_offers") == rows("SELECT 1 FROM pricewatch.checks") == []


def test_combinations_of_one_slot_stand_side_by_side_whatever_its_month(flight: Checker, rows: Rows) -> None:
    slot_at = datetime(2019, 3, 1, tzinfo=UTC)
    found = [
        DetailsOf(
            watch_id="lhr-jfk",
            slot_at=slot_at,
            observed_at=slot_at + timedelta(minutes=n),
            combination=n,
            run_id="r",
            details=(search(departs_on=DEPARTS_ON + timedelta(days=n)), itinerary(stars=1) if n == 2 else itinerary()),
        )
        for n in (1, 2, 3)
    ]
    missing = flight.database.run(lambda connection: detail_rows.store(connection, found))
    assert [each.combination for each, _ in missing] == [2]
    flight.database.run(lambda connection: detail_rows.store(connection, found[:1]))
    assert rows("SELECT combination, departs_on FROM pricewatch.flight_searches ORDER BY 1") == [
        {"combination": n, "departs_on": DEPARTS_ON + timedelta(days=n)} for n in (1, 3)
    ]
