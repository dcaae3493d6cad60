"""The history of price changes: kept check by check, it is what would be made of all snapshots anew."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.replays import PastCheck
from pricewatch_pipeline.storage import corrections, price_changes, quarantine
from pricewatch_pipeline.storage.corrections import Correction
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline_tests.support.checks import BEGIN, HOUR, IN_STOCK, SOLD_OUT, Checker, finished, offer, store
from pricewatch_pipeline_tests.support.shop import store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def lamp(database: Database) -> Checker:
    return checker(database, "lamp")


def checker(database: Database, watch_id: str) -> Checker:
    store_watches(database, [watch(watch_id, f"https://shop.example/{watch_id}")])
    return Checker(database=database, watch_id=watch_id)


def history(checks: Checker, connection: Connection | None = None) -> list[tuple[float, Decimal | None, str | None]]:
    """What began how many hours after the beginning."""
    if connection is None:
        return checks.database.run(lambda opened: history(checks, opened))
    found = connection.exec_driver_sql(
        "SELECT began_at, price, availability FROM pricewatch.price_changes WHERE watch_id = %s ORDER BY began_at",
        (checks.watch_id,),
    )
    return [((row.began_at - BEGIN) / HOUR, row.price, row.availability) for row in found]


def rebuilt(checks: Checker) -> list[tuple[float, Decimal | None, str | None]]:
    """What the history would be, made anew; it stays as it is."""
    with checks.database.engine.connect() as connection:
        price_changes.rebuild(connection, [checks.watch_id])
        return history(checks, connection)


def correct(checks: Checker, hours: int, outcome: Outcome, found: Offer) -> None:
    """A later reader makes something else of the check so many hours after the beginning."""
    at = BEGIN + hours * HOUR
    past = PastCheck(
        watch_id=checks.watch_id,
        slot_at=at,
        attempt=1,
        finished_at=at,
        outcome=Outcome.OK,
        url=None,
        final_url=None,
        http_status=200,
        fetcher=None,
        page_sha256=None,
        content_type="",
        is_kept=True,
        offer=Offer(),
        offer_outcome=Outcome.OK,
        has_snapshot=True,
    )
    correction = Correction(check=past, outcome=outcome, offer=found)
    checks.database.run(
        lambda connection: corrections.store(
            connection, [correction], corrected_at=BEGIN + 1000 * HOUR, reader_version="2", run_id=None
        )
    )


def test_a_watch_has_news_when_its_price_changes_or_when_its_provider_says(lamp: Checker) -> None:
    def news_after() -> float | None:
        with lamp.database.transaction() as connection:
            at = connection.exec_driver_sql("SELECT news_at FROM pricewatch.watches").scalar_one()
        return at and (at - BEGIN) / HOUR

    seen = []
    for found in ("10", "10", "12", Outcome.NOT_FOUND, "12"):
        lamp.check(found)
        seen.append(news_after())
    assert seen == [None, None, 3, 3, 3]
    lamp.check(Outcome.NO_OFFERS, news_at=BEGIN + 9 * HOUR)
    assert news_after() == 9
    lamp.check("12", news_at=BEGIN)
    assert news_after() == 9


def test_there_is_a_row_per_change_of_price_currency_or_availability(lamp: Checker, rows: Rows) -> None:
    lamp.check("10", "10.00", offer("10", availability=SOLD_OUT), None, None, offer("10", currency="USD"), "10")
    assert history(lamp) == [
        (1, Decimal(10), IN_STOCK),
        (3, Decimal(10), SOLD_OUT),
        (4, None, IN_STOCK),
        (6, Decimal(10), IN_STOCK),
        (7, Decimal(10), IN_STOCK),
    ]
    currencies = rows("SELECT currency FROM pricewatch.price_changes ORDER BY began_at")
    assert [row["currency"] for row in currencies] == ["EUR", "EUR", None, "USD", "EUR"]
    assert history(lamp) == rebuilt(lamp)


def test_nothing_is_written_where_nothing_changed(lamp: Checker, rows: Rows) -> None:
    lamp.check("10")
    versions = "SELECT xmin::text AS version, began_at FROM pricewatch.price_changes"
    (before,) = rows(versions)
    lamp.check("10", Outcome.TIMEOUT, "10.0000")
    lamp.not_modified()
    assert rows(versions) == [before]
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 4}]


def test_a_check_that_comes_late_takes_its_place(lamp: Checker) -> None:
    lamp.check("10", "10", "12")
    late = BEGIN + 1.5 * HOUR
    store(lamp.database, [finished("lamp", offer("11"), late)], lamp.alerting)
    expected = [(1, Decimal(10), IN_STOCK), (1.5, Decimal(11), IN_STOCK), (2, Decimal(10), IN_STOCK)]
    assert history(lamp) == [*expected, (3, Decimal(12), IN_STOCK)] == rebuilt(lamp)


def test_a_check_that_is_written_again_changes_nothing(lamp: Checker) -> None:
    lamp.check("10", "11")
    store(lamp.database, [finished("lamp", offer("99"), lamp.now)], lamp.alerting)
    assert history(lamp) == [(1, Decimal(10), IN_STOCK), (2, Decimal(11), IN_STOCK)]


def test_corrections_change_the_history(lamp: Checker) -> None:
    lamp.check("10", "100", "10")
    correct(lamp, 2, Outcome.OK, offer("10.00"))
    assert history(lamp) == [(1, Decimal(10), IN_STOCK)]


def test_what_was_no_offer_is_no_change(lamp: Checker) -> None:
    lamp.check("10", "100", "12")
    correct(lamp, 2, Outcome.NOT_A_PRODUCT, Offer(reason="a list"))
    assert history(lamp) == [(1, Decimal(10), IN_STOCK), (3, Decimal(12), IN_STOCK)]


def test_a_price_that_an_operator_confirms_is_a_change(lamp: Checker) -> None:
    lamp.check("10")
    lamp.check(Outcome.IMPLAUSIBLE, doubted_offer=offer("90"))
    lamp.check("10")
    lamp.database.run(lambda connection: quarantine.confirm(connection, "lamp"))
    assert history(lamp) == [(1, Decimal(10), IN_STOCK), (2, Decimal(90), IN_STOCK), (3, Decimal(10), IN_STOCK)]
    assert history(lamp) == rebuilt(lamp)


PRICES = st.sampled_from(["10", "11", None])
FOUND = st.builds(
    offer, PRICES, currency=st.sampled_from(["EUR", "USD"]), availability=st.sampled_from([IN_STOCK, SOLD_OUT, None])
)
EVENTS = st.one_of(
    st.tuples(st.just("found"), FOUND),
    st.tuples(st.just("late"), FOUND, st.integers(1, 8)),
    st.tuples(st.just("slow"), FOUND, st.integers(1, 8)),
    st.tuples(st.just("not modified")),
    st.tuples(st.just("failed")),
    st.tuples(st.just("corrected"), st.integers(1, 8), st.one_of(FOUND, st.none())),
)
_numbers = count()


@settings(max_examples=25)
@given(events=st.lists(EVENTS, min_size=2, max_size=8))
def test_kept_check_by_check_or_made_anew_it_is_the_same(database_of_module: Database, events: list[Any]) -> None:
    checks = checker(database_of_module, f"w{next(_numbers)}")
    for event in events:
        happen(checks, *event)
        assert history(checks) == rebuilt(checks), event


def happen(checks: Checker, kind: str, *said: Any) -> None:
    match kind, *said:
        case "found", found:
            checks.check(found)
        case "late", found, half_hours:  # its slot and its end lie behind
            at = checks.now - half_hours * HOUR / 2 + timedelta(minutes=1)
            store(checks.database, [finished(checks.watch_id, found, at)], checks.alerting)
        case "slow", found, half_hours:  # an old slot that ends last of all
            checks.now += HOUR
            slot_at = checks.now - half_hours * HOUR / 2 - timedelta(minutes=7)
            store(checks.database, [finished(checks.watch_id, found, checks.now, slot_at=slot_at)], checks.alerting)
        case "not modified", *_:
            checks.not_modified()
        case "failed", *_:
            checks.check(Outcome.TIMEOUT)
        case "corrected", hours, found if checks.now >= BEGIN + hours * HOUR:
            correct(checks, hours, Outcome.OK if found else Outcome.NOT_A_PRODUCT, found or Offer())
