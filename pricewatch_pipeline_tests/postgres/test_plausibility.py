"""A price beyond what is plausible waits for another look: what becomes of it in the engine, end to end."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.plausibility import PlausibilityBounds
from pricewatch_pipeline.domain.watches import Schedule, Store
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.services.maintain import maintain
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage import completions, definitions, quarantine
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.loopback import Received, Reply, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]


class Shop:
    """One page whose price a test changes."""

    def __init__(self, price: str = "100.00") -> None:
        self.page = product(price)

    def __call__(self, request: Received) -> Reply:
        return self.page

    def says(self, price: str, **fields: str) -> None:
        self.page = product(price, **fields)


class Watched:
    """A watch on the shop's page."""

    def __init__(self, database: Database, rows: Rows, url: str, shop: Shop, **fields: Any) -> None:
        self.database, self.rows, self.shop = database, rows, shop
        store_watches(database, [watch("lamp", url, schedule=EVERY_HOUR, **fields)])
        self.look()

    def look(self, *, after: str = "1 hour") -> str:
        """A check of a new slot; what was seen before was seen so long ago."""
        self.rows("UPDATE pricewatch.quarantined_offers SET observed_at = observed_at - cast(:t AS interval)", t=after)
        self.rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now(), attempt = 0")
        check_due(engine_on(self.database))
        return str(self.state["last_outcome"])

    def finds(self, price: str, **fields: str) -> str:
        self.shop.says(price, **fields)
        return self.look()

    @property
    def state(self) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM pricewatch.watches")
        return row

    @property
    def prices(self) -> list[Decimal]:
        return [row["price"] for row in self.rows("SELECT price FROM pricewatch.price_snapshots ORDER BY slot_at")]

    @property
    def doubted(self) -> list[tuple[Decimal, str]]:
        found = self.rows("SELECT price, state FROM pricewatch.quarantined_offers ORDER BY slot_at")
        return [(row["price"], row["state"]) for row in found]


@pytest.fixture
def lamp(database: Database, rows: Rows) -> Any:
    """A watch on a lamp of 100.00 that was looked at once."""
    shop = Shop()
    with serve(shop) as server:
        yield Watched(database, rows, server.url("/lamp"), shop)


def test_a_price_times_100_that_goes_back_never_becomes_a_snapshot(lamp: Watched) -> None:
    assert lamp.finds("10000.00") == "implausible"
    assert lamp.prices == [Decimal(100)]
    assert lamp.doubted == [(Decimal(10000), "waiting")]
    state = lamp.state
    assert (state["last_price"], state["consecutive_failures"]) == (Decimal(100), 0)
    assert "is 100 times the last price, 100.00" in state["last_error"]
    assert "misread decimal mark" in state["last_error"]
    assert lamp.finds("101.00") == "ok"
    assert lamp.prices == [Decimal(100), Decimal(101)]
    assert lamp.doubted == [(Decimal(10000), "dropped")]


def test_a_price_that_stays_is_confirmed_by_a_later_look_and_is_the_new_normal(lamp: Watched) -> None:
    outcomes = [lamp.finds(price) for price in ("30.00", "30.00", "28.00", "33.00")]
    assert outcomes == ["implausible", "ok", "ok", "ok"]
    assert lamp.prices == [Decimal(n) for n in (100, 30, 28, 33)]
    assert lamp.doubted == [(Decimal(30), "confirmed")]
    assert lamp.finds("100.00") == "ok"  # the sale is over


def test_a_look_that_follows_too_soon_is_the_same_look(lamp: Watched) -> None:
    lamp.finds("30.00")
    assert lamp.look(after="1 minute") == "implausible"
    assert lamp.doubted == [(Decimal(30), "waiting")]
    assert lamp.look(after="5 minutes") == "ok"


def test_a_doubtful_price_is_looked_at_again_soon_in_the_same_slot_and_pauses_nobody(lamp: Watched, rows: Rows) -> None:
    lamp.finds("30.00")
    (first,) = rows("SELECT *, next_due_at - now() AS wait FROM pricewatch.watches")
    assert timedelta(minutes=5) < first["wait"] < timedelta(minutes=25)
    assert (first["attempt"], first["quarantined_at"]) == (1, None)
    assert first["slot_at"] < first["next_due_at"]
    assert rows("SELECT failures, breaker_until FROM pricewatch.hosts") == [{"failures": 0, "breaker_until": None}]


def test_another_currency_waits_and_begins_a_series_of_its_own_when_confirmed(lamp: Watched) -> None:
    assert lamp.finds("100.00", currency="USD") == "implausible"
    assert "USD" in lamp.state["last_error"]
    assert lamp.state["last_currency"] == "EUR"
    assert lamp.look() == "ok"
    state = lamp.state
    assert (state["last_currency"], state["recent_currency"], state["recent_prices"]) == ("USD", "USD", [100, 100])


def test_another_product_behind_the_url_is_for_an_operator_to_judge(lamp: Watched, database: Database) -> None:
    for _ in range(5):
        assert lamp.finds("60.00", name="Garden hose 20 m") == "implausible"
    assert lamp.doubted == [(Decimal(60), "waiting")]
    assert "only an operator" in lamp.state["last_error"]
    database.run(lambda connection: quarantine.confirm(connection, "lamp"))
    assert lamp.prices == [Decimal(100), Decimal(60)]
    assert lamp.look() == "ok"


def test_a_renamed_product_of_the_same_price_is_confirmed_by_the_next_look(lamp: Watched) -> None:
    assert [lamp.finds("100.00", name="Bordslampa svart") for _ in range(3)] == ["implausible", "ok", "not_modified"]
    assert lamp.state["last_title"] == "Bordslampa svart"


def test_a_shop_that_goes_back_and_forth_is_believed_in_the_end(lamp: Watched) -> None:
    outcomes = [lamp.finds(price) for price in ("30.00", "100.00") * 6]
    assert outcomes == ["implausible", "not_modified"] * 3 + ["ok"] * 6
    assert len(lamp.doubted) == 3


def test_a_price_that_vanishes_is_no_change_of_price(lamp: Watched) -> None:
    assert lamp.finds("", availability="OutOfStock") == "ok"
    assert lamp.finds("101.00") == "ok"
    assert lamp.finds("300.00") == "implausible"


def test_checks_by_hand_are_looks_too(lamp: Watched, database: Database, rows: Rows) -> None:
    lamp.shop.says("30.00")
    report = check_now(engine_on(database, moves_schedule=False), ["lamp"])
    assert [check.outcome for check in report.results] == ["implausible"]
    assert lamp.doubted == [(Decimal(30), "waiting")]
    rows("UPDATE pricewatch.quarantined_offers SET observed_at = observed_at - interval '1 hour'")
    check_now(engine_on(database, moves_schedule=False), ["lamp"])
    assert (lamp.prices, lamp.doubted) == ([Decimal(100), Decimal(30)], [(Decimal(30), "confirmed")])


def test_a_page_that_is_again_as_it_was_drops_the_doubtful_price(lamp: Watched) -> None:
    before = lamp.shop.page
    lamp.finds("10000.00")
    lamp.shop.page = before
    assert lamp.look() == "not_modified"
    assert (lamp.prices, lamp.doubted) == ([Decimal(100)] * 2, [(Decimal(10000), "dropped")])


def test_a_doubtful_page_is_read_in_full_at_the_next_look_though_it_does_not_change(
    database: Database, rows: Rows
) -> None:
    def serve_page(request: Received) -> Reply:
        etag = f'"{len(shop.page.body)}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(status=304)
        return replace(shop.page, headers=(*shop.page.headers, ("etag", etag)))

    shop = Shop()
    with serve(serve_page) as server:
        watched = Watched(database, rows, server.url("/lamp"), shop)
        assert [watched.finds("3000.00"), watched.look(), watched.look()] == ["implausible", "ok", "not_modified"]
    assert watched.prices == [Decimal(100), Decimal(3000), Decimal(3000)]


def test_an_unchanged_price_counts_each_time_it_is_seen(lamp: Watched) -> None:
    lamp.look()
    lamp.look()
    assert lamp.state["recent_prices"] == [100, 100, 100]


@pytest.mark.parametrize(
    ("of_store", "of_watch", "outcome"),
    [
        ({"max_fall": "0.9"}, {}, "ok"),
        ({}, {"max_fall": "0.9"}, "ok"),
        ({"max_fall": "0.9"}, {"max_fall": "0.3"}, "implausible"),
        ({"max_fall": "0.1"}, {"is_on": False}, "ok"),
        ({"is_on": False}, {}, "ok"),
        ({"max_rise": "9"}, {}, "implausible"),
    ],
)
def test_bounds_of_a_watch_go_before_those_of_its_store(
    database: Database, rows: Rows, of_store: dict[str, Any], of_watch: dict[str, Any], outcome: str
) -> None:
    shop = Shop()
    with serve(shop) as server:
        store = Store(store_id="shop", domains=("127.0.0.1",), plausibility=bounds(of_store))
        database.run(lambda connection: definitions.upsert_stores(connection, [(store, Sourced())]))
        url = server.url("/lamp")
        watched = Watched(database, rows, url, shop, store_id="shop", plausibility=bounds(of_watch))
        assert watched.finds("30.00") == outcome


def bounds(said: dict[str, Any]) -> PlausibilityBounds:
    fields: dict[str, Any] = {n: Decimal(v) if isinstance(v, str) else v for n, v in said.items()}
    return PlausibilityBounds(**fields)


def test_a_page_that_another_way_shows_as_expected_is_believed_at_once(database: Database, rows: Rows) -> None:
    """The store's file allows a browser's handshake: what it is shown counts."""

    def shop(request: Received) -> Reply:
        is_doubtful = is_late and "Mozilla" not in request.headers.get("user-agent", "")
        return product("2.02" if is_doubtful else "100.00")

    is_late = False
    with serve(shop) as server:
        store = Store(store_id="shop", domains=("127.0.0.1",), when_blocked=("impersonate",))
        database.run(lambda connection: definitions.upsert_stores(connection, [(store, Sourced())]))
        watched = Watched(database, rows, server.url("/lamp"), Shop(), store_id="shop")
        is_late = True
        assert watched.look() in ("ok", "not_modified")
    assert (watched.prices, watched.doubted) == ([Decimal(100)] * 2, [])
    assert rows("SELECT fetcher, page_count FROM pricewatch.checks ORDER BY finished_at DESC LIMIT 1") == [
        {"fetcher": "impersonate", "page_count": 2}
    ]


def test_a_price_that_another_way_shows_too_is_confirmed_at_once(database: Database, rows: Rows) -> None:
    shop = Shop()
    with serve(shop) as server:
        store = Store(store_id="shop", domains=("127.0.0.1",), when_blocked=("impersonate",))
        database.run(lambda connection: definitions.upsert_stores(connection, [(store, Sourced())]))
        watched = Watched(database, rows, server.url("/lamp"), shop, store_id="shop")
        assert watched.finds("30.00") == "ok"
    assert (watched.prices, watched.doubted) == ([Decimal(100), Decimal(30)], [])


def test_what_an_operator_dismisses_is_not_confirmed_by_looks_and_can_still_be_confirmed(
    lamp: Watched, database: Database
) -> None:
    lamp.finds("30.00")
    assert database.run(lambda connection: quarantine.dismiss(connection, "lamp"))
    assert [lamp.look(), lamp.look()] == ["implausible"] * 2
    assert lamp.doubted == [(Decimal(30), "dismissed")]
    stored = database.run(lambda connection: quarantine.confirm(connection, "lamp"))
    assert stored
    assert stored["price"] == Decimal(30)
    assert lamp.prices == [Decimal(100), Decimal(30)]
    assert lamp.look() == "ok"
    assert database.run(lambda connection: quarantine.confirm(connection, "lamp")) is None


def test_a_price_of_0_waits_for_an_operator(lamp: Watched, database: Database) -> None:
    assert [lamp.finds("0.00"), lamp.look(), lamp.look()] == ["implausible"] * 3
    assert lamp.doubted == [(Decimal(0), "waiting")]
    database.run(lambda connection: quarantine.confirm(connection, "lamp"))
    assert lamp.prices == [Decimal(100), Decimal(0)]
    assert lamp.look() == "ok"


def test_a_retry_after_an_operators_word_stores_what_it_finds(lamp: Watched, database: Database, rows: Rows) -> None:
    lamp.finds("30.00")  # its slot stays open for a retry
    database.run(lambda connection: quarantine.confirm(connection, "lamp"))
    lamp.shop.says("100.00")
    rows("UPDATE pricewatch.watches SET next_due_at = now()")
    check_due(engine_on(database))
    assert lamp.prices == [Decimal(100), Decimal(30), Decimal(100)]
    assert lamp.state["last_price"] == Decimal(100)


def test_a_look_in_hand_at_an_operators_word_stores_what_it_finds(
    lamp: Watched, database: Database, rows: Rows
) -> None:
    lamp.finds("30.00")
    rows("UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = now() - interval '1 second'")
    database.run(lambda connection: quarantine.confirm(connection, "lamp"))
    lamp.shop.says("100.00")
    rows("UPDATE pricewatch.watches SET next_due_at = now()")
    check_due(engine_on(database))
    assert sorted(lamp.prices) == [Decimal(30), Decimal(100), Decimal(100)]
    assert lamp.state["last_price"] == lamp.prices[-1]


def test_a_price_confirmed_by_an_operator_is_told_to_dagster(lamp: Watched, database: Database, rows: Rows) -> None:
    lamp.finds("30.00")
    rows("DELETE FROM pricewatch.pending_events")
    database.run(lambda connection: quarantine.confirm(connection, "lamp"))
    (pending,) = rows("SELECT slot_at FROM pricewatch.pending_events")
    assert pending == rows("SELECT slot_at FROM pricewatch.price_snapshots ORDER BY slot_at DESC LIMIT 1")[0]


def test_what_is_written_again_after_a_lost_answer_decides_nothing_about_itself(
    lamp: Watched, database: Database
) -> None:
    lamp.finds("30.00")
    lamp.shop.says("900.00")
    (check,) = check_now(engine_on(database, moves_schedule=False), ["lamp"]).results
    expected = [(Decimal(30), "dropped"), (Decimal(900), "waiting")]
    assert lamp.doubted == expected
    database.run(lambda connection: completions.record_manual(connection, [check], run_id=None))
    assert lamp.doubted == expected


def test_another_page_of_a_watch_begins_anew(lamp: Watched, database: Database) -> None:
    url = str(lamp.state["url"]).replace("/lamp", "/big-lamp")
    store_watches(database, [watch("lamp", url, schedule=EVERY_HOUR)])
    assert lamp.finds("900.00") == "ok"


def test_watches_keep_checking_every_minute_while_a_price_waits(database: Database, rows: Rows) -> None:
    shop = Shop()
    with serve(shop) as server:
        every_minute = Schedule(every=timedelta(minutes=1))
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=every_minute)])
        check_due(engine_on(database))
        shop.says("1.00")
        for _ in range(4):
            rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now(), attempt = 0")
            check_due(engine_on(database))
    (state,) = rows("SELECT next_due_at - now() AS wait, consecutive_failures FROM pricewatch.watches")
    assert state["wait"] < timedelta(minutes=2)
    assert state["consecutive_failures"] == 0
    assert len(rows("SELECT FROM pricewatch.quarantined_offers")) == 1


def test_what_was_decided_is_kept_as_long_as_the_ledger_and_what_waits_for_good(
    lamp: Watched, database: Database, rows: Rows
) -> None:
    lamp.finds("30.00")
    lamp.finds("3000.00")
    rows("UPDATE pricewatch.quarantined_offers SET decided_at = decided_at - interval '366 days'")
    assert maintain(database, load_settings(check_retention_days=367)).doubted_deleted == 0
    assert maintain(database, load_settings(check_retention_days=365)).doubted_deleted == 1
    assert lamp.doubted == [(Decimal(3000), "waiting")]


def test_analysts_see_what_was_not_believed_and_not_as_a_price(lamp: Watched, rows: Rows) -> None:
    lamp.finds("30.00")
    (seen,) = rows("SELECT watch_id, price, state, doubt, recent_prices FROM analytics.quarantined_offers")
    assert (seen["price"], seen["state"], seen["recent_prices"]) == (Decimal(30), "waiting", [Decimal(100)])
    assert [row["price"] for row in rows("SELECT price FROM analytics.price_snapshots")] == [Decimal(100)]
    assert rows(
        "SELECT has_table_privilege('pricewatch_analyst', 'analytics.quarantined_offers', 'SELECT') AS may"
    ) == [{"may": True}]


def test_a_worker_that_dies_with_a_doubtful_price_in_hand_loses_and_doubles_nothing(
    lamp: Watched, database: Database, rows: Rows, database_url: str
) -> None:
    lamp.shop.says("30.00")
    rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now(), attempt = 0")
    doomed = [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_run", database_url, "looked", "SIGKILL"]
    assert subprocess.run(doomed, check=False, timeout=60).returncode == -signal.SIGKILL
    assert (lamp.prices, lamp.doubted) == ([Decimal(100)], [])
    rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second'")
    check_due(engine_on(database))
    assert (lamp.prices, lamp.doubted) == ([Decimal(100)], [(Decimal(30), "waiting")])
    assert lamp.look() == "ok"
    assert lamp.doubted == [(Decimal(30), "confirmed")]
