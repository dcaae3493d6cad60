"""Rules speak in the transaction that stores the snapshot: once, when they should, and never at a price's cost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_rules import Baseline, Digest, ScopeKind
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import ActiveWindow, Product, Store
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.services.decide_doubts import confirm_price
from pricewatch_pipeline.services.raise_alerts import run_failed
from pricewatch_pipeline.services.word_alerts import alert_key
from pricewatch_pipeline.storage import alert_rule_rows, definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.checks import BEGIN, HOUR, Checker, finished, offer, store
from pricewatch_pipeline_tests.support.loopback import html, serve
from pricewatch_pipeline_tests.support.raised import ALERTING, add_rules, alerts, deliveries, rule, watched
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch, watches_on

Rows = Callable[..., list[dict[str, Any]]]

WALL = html("<title>Just a moment...</title><script>window._cf_chl_opt={}; // challenge</script>")


@pytest.fixture
def lamp(database: Database) -> Checker:
    """A watch with a target of 20 EUR."""
    return watched(database, "lamp", target_price=Decimal(20))


def test_a_price_at_the_target_is_told_at_the_first_check_and_once(lamp: Checker, rows: Rows) -> None:
    lamp.check("19.90", "19.90", "19.50")
    assert alerts(rows) == [("target", "lamp", Decimal("19.9"))]
    assert deliveries(rows) == [("target", "mail"), ("target", "phone")]
    (alert,) = rows("SELECT * FROM pricewatch.alerts")
    assert (alert["rule_kind"], alert["watch_id"], alert["currency"]) == ("at_target", "lamp", "EUR")
    assert (alert["slot_at"], alert["threshold"], alert["is_muted"]) == (BEGIN + HOUR, Decimal(20), False)
    assert alert["key"] == alert_key("target", "lamp", BEGIN + HOUR)
    assert len(alert["key"]) == 20
    assert alert["reason"]


def test_a_check_that_is_stored_again_fires_nothing_again(lamp: Checker, rows: Rows) -> None:
    lamp.check("19.90")
    rows("DELETE FROM pricewatch.alert_states")  # as if the rule had never spoken
    again = finished("lamp", offer("19.90"), lamp.now)
    assert store(lamp.database, [again], ALERTING) == {"lamp"}
    assert alerts(rows) == [("target", "lamp", Decimal("19.9"))]
    assert rows("SELECT FROM pricewatch.alert_states") == []


def test_a_snapshot_that_comes_after_a_newer_one_fires_nothing(lamp: Checker, rows: Rows) -> None:
    lamp.check("30", "31")
    store(lamp.database, [finished("lamp", offer("5"), BEGIN + 1.5 * HOUR)], ALERTING)
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 3}]
    assert alerts(rows) == []


def test_the_first_price_is_the_first_that_is_no_giveaway(lamp: Checker, rows: Rows) -> None:
    add_rules(lamp.database, rule("fell", "drop", share=Decimal("0.1"), baseline=Baseline.FIRST))
    lamp.check("0", "100", "89")
    assert alerts(rows) == [("fell", "lamp", Decimal(89))]


def test_a_failed_check_between_two_prices_is_no_change(lamp: Checker, rows: Rows) -> None:
    add_rules(lamp.database, rule("any", "change"))
    lamp.check("30", Outcome.TIMEOUT, Outcome.UNREADABLE, "30")
    assert alerts(rows) == []
    lamp.check("29")
    assert alerts(rows) == [("any", "lamp", Decimal(29))]


def test_a_page_that_did_not_change_meets_a_target_that_did(lamp: Checker, rows: Rows) -> None:
    lamp.check(offer("25", list_price=Decimal(40), title="A lamp"))
    rows("UPDATE pricewatch.watches SET target_price = 26")
    lamp.not_modified()
    assert alerts(rows) == [("target", "lamp", Decimal(25))]
    (alert,) = rows("SELECT slot_at, facts FROM pricewatch.alerts")
    assert alert["slot_at"] == BEGIN + 2 * HOUR
    assert (alert["facts"]["list_price"], alert["facts"]["outcome"]) == ("40.0000", "not_modified")


def test_an_alert_knows_what_a_message_says(database: Database, rows: Rows) -> None:
    def define(connection: Any) -> None:
        definitions.upsert_stores(
            connection, [(Store(store_id="shop", domains=("shop.example",), name="The Shop"), Sourced())]
        )
        definitions.upsert_products(connection, [(Product(product_id="light", title="A light"), Sourced())])

    database.run(define)
    lamp = watched(database, "lamp", store_id="shop", product_id="light")
    add_rules(database, rule("drop", "drop", share=Decimal("0.1"), baseline=Baseline.MEDIAN, days=7))
    lamp.check("30", "28", "30", "30", "30")
    found = offer(
        "20",
        title="A lamp",
        shipping_price=Decimal(5),
        unit_price=Decimal(2),
        unit_price_per="kg",
        image_url="https://i",
    )
    lamp.check(found)
    (alert,) = rows("SELECT was_price, threshold, facts FROM pricewatch.alerts")
    assert (alert["was_price"], alert["threshold"]) == (Decimal(30), Decimal(27))
    assert alert["facts"] == {
        "title": "A lamp",
        "url": "https://shop.example/lamp",
        "store_id": "shop",
        "store_name": "The Shop",
        "product_id": "light",
        "product_title": "A light",
        "host": "shop.example",
        "provider": "retail",
        "availability": "InStock",
        "shipping_price": "5.0000",
        "unit_price": "2.0000",
        "unit_price_per": "kg",
        "image_url": "https://i",
        "lowest_price": "20.0000",
        "lowest_at": lamp.now.isoformat(),
        "baseline": "median",
        "days": 7,
        "outcome": "ok",
    }


def test_a_rule_is_about_whom_it_says(database: Database, rows: Rows) -> None:
    database.run(lambda c: definitions.upsert_products(c, [(Product(product_id="light", tags=("home",)), Sourced())]))
    one = watched(database, "one", product_id="light")
    two = watched(database, "two", tags=("home",))
    three = watched(database, "three")
    below: dict[str, Any] = {"kind": "below", "amount": Decimal(10)}
    add_rules(
        database,
        rule("everybody", **below),
        rule("tagged", scope=ScopeKind.TAG, scope_id="home", **below),
        rule("of-product", scope=ScopeKind.PRODUCT, scope_id="light", **below),
        rule("only-three", scope=ScopeKind.WATCH, scope_id="three", **below),
        rule("off", is_enabled=False, **below),
        rule("gone", **below),
    )
    database.run(lambda connection: alert_rule_rows.archive_rules(connection, ["gone"]))
    for each in (one, two, three):
        each.check("9")
    assert {(rule_id, subject) for rule_id, subject, _ in alerts(rows)} == {
        *(("everybody", "one"), ("everybody", "two"), ("everybody", "three")),
        *(("tagged", "one"), ("tagged", "two")),
        ("of-product", "one"),
        ("only-three", "three"),
    }


def test_channels_are_the_rules_own_or_those_of_the_settings(lamp: Checker, rows: Rows) -> None:
    add_rules(
        lamp.database,
        rule("own", "below", amount=Decimal(20), channels=("chat", "chat")),
        rule("nobody", "below", amount=Decimal(20), channels=()),
    )
    lamp.check("19")
    assert deliveries(rows) == [("own", "chat"), ("target", "mail"), ("target", "phone")]
    assert ("nobody", "lamp", Decimal(19)) in alerts(rows)


@pytest.mark.parametrize(
    "mute",
    [
        "UPDATE pricewatch.alert_rules SET muted_until = now() + interval '1 hour' WHERE rule_id = 'target'",
        "UPDATE pricewatch.watches SET muted_until = 'infinity'",
    ],
)
def test_what_is_muted_is_kept_and_not_sent(lamp: Checker, rows: Rows, mute: str) -> None:
    rows(mute)
    lamp.check("19")
    assert rows("SELECT rule_id, is_muted FROM pricewatch.alerts") == [{"rule_id": "target", "is_muted": True}]
    assert deliveries(rows) == []


def test_quiet_hours_and_digests_only_put_off(lamp: Checker, rows: Rows) -> None:
    now = datetime.now(UTC)
    quiet = ActiveWindow(days=frozenset(range(7)), start=(now - HOUR).time(), end=(now + 2 * HOUR).time())
    add_rules(
        lamp.database,
        rule("quiet", "below", amount=Decimal(20), channels=("mail",), quiet=(quiet,), timezone="UTC"),
        rule("daily", "below", amount=Decimal(20), channels=("mail",), digest=Digest.DAILY, timezone="UTC"),
        rule("soon", "below", amount=Decimal(20), channels=("mail",)),
    )
    lamp.check("19")
    found = rows("""
        SELECT rule_id, digest, state, due_at FROM pricewatch.alert_deliveries JOIN pricewatch.alerts USING (alert_id)
        WHERE rule_id <> 'target'
    """)
    due = {row["rule_id"]: row["due_at"] for row in found}
    assert {row["rule_id"]: row["digest"] for row in found} == {"quiet": "none", "daily": "daily", "soon": "none"}
    assert {row["state"] for row in found} == {"pending"}
    assert due["soon"] <= datetime.now(UTC)
    assert due["quiet"] > now + HOUR
    assert due["daily"] > now
    assert due["daily"].astimezone(UTC).time() == time(8)


def test_what_a_correction_says_is_what_counts_and_no_news(lamp: Checker, rows: Rows) -> None:
    add_rules(lamp.database, rule("fell", "drop", share=Decimal("0.5"), baseline=Baseline.PREVIOUS))
    lamp.check("100", "1000")
    rows("""
        INSERT INTO pricewatch.snapshot_corrections (watch_id, slot_at, corrected_at, outcome, price, currency, availability,
            reader_version)
        SELECT watch_id, slot_at, now(), 'ok', 100, currency, availability, '2' FROM pricewatch.price_snapshots WHERE price = 1000
    """)
    rows("SELECT pricewatch.rebuild_price_changes(array['lamp'])")
    lamp.check("100")
    assert alerts(rows) == []


def test_prices_of_long_ago_count_as_far_as_the_rule_looks_back(lamp: Checker, rows: Rows) -> None:
    add_rules(lamp.database, rule("low", "lowest", days=3), rule("ever", "lowest"))
    lamp.check("30")
    lamp.check("25", after=24 * HOUR)
    lamp.check("35")
    lamp.check("28", after=5 * 24 * HOUR)
    lamp.check("22")
    lamp.check("21.90")  # a fall too small to be told again
    told = [each for each in alerts(rows) if each[0] in ("low", "ever")]
    assert told == [
        ("ever", "lamp", Decimal(25)),
        ("low", "lamp", Decimal(25)),
        ("low", "lamp", Decimal(28)),
        ("ever", "lamp", Decimal(22)),
        ("low", "lamp", Decimal(22)),
    ]


def test_a_watch_that_fails_is_told_with_what_it_failed_for(lamp: Checker, rows: Rows) -> None:
    lamp.check(*[Outcome.TIMEOUT] * 11)
    assert alerts(rows) == [("failing", "lamp", None)]
    (alert,) = rows("SELECT slot_at, facts FROM pricewatch.alerts")
    assert alert["slot_at"] == BEGIN + 10 * HOUR
    assert alert["facts"]["outcome"] == "timeout"
    assert alert["facts"]["error"] == Outcome.TIMEOUT.verdict.meaning
    assert alert["facts"]["times"] == 10
    lamp.check("30", Outcome.TIMEOUT)
    (state,) = rows("SELECT status FROM pricewatch.alert_states WHERE rule_id = 'failing'")
    assert state == {"status": "armed"}


def test_a_doubted_price_can_be_told_and_is_no_failure(lamp: Checker, rows: Rows) -> None:
    add_rules(lamp.database, rule("doubt", "quarantined"), rule("fails", "failing", times=1))
    lamp.check("100")
    lamp.check(Outcome.IMPLAUSIBLE, doubted_offer=offer("9"), plan=None)
    assert alerts(rows) == [("doubt", "lamp", None)]


def test_a_price_that_an_operator_confirms_fires(lamp: Checker, rows: Rows) -> None:
    lamp.check("100")
    lamp.check(Outcome.IMPLAUSIBLE, doubted_offer=offer("9", title="A lamp"))
    assert alerts(rows) == []
    confirm_price(lamp.database, "lamp", alerting=ALERTING)
    assert alerts(rows) == [("target", "lamp", Decimal(9))]


def test_a_confirmed_price_that_is_not_the_newest_fires_nothing(lamp: Checker, rows: Rows) -> None:
    lamp.check("100")
    lamp.check(Outcome.IMPLAUSIBLE, doubted_offer=offer("9"))
    lamp.check("100")
    confirm_price(lamp.database, "lamp", alerting=ALERTING)
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 3}]
    assert alerts(rows) == []


def test_a_check_asked_for_by_hand_speaks_too(database: Database, rows: Rows) -> None:
    with serve({"/0": product("9.50")}) as server:
        store_watches(database, watches_on(server.base_url, 1, schedule=EVERY_HOUR, target_price=Decimal(10)))
        check_now(engine_on(database, moves_schedule=False, alerting=ALERTING), ["w0"])
    assert alerts(rows) == [("target", "w0", Decimal("9.5"))]
    assert deliveries(rows) == [("target", "mail"), ("target", "phone")]


def test_a_host_that_blocks_is_told_once_however_many_watches_it_has(database: Database, rows: Rows) -> None:
    with serve(lambda _: WALL) as server:
        store_watches(database, watches_on(server.base_url, 50, schedule=EVERY_HOUR))
        check_due(engine_on(database, alerting=ALERTING))
        host = f"127.0.0.1:{server.port}"
    assert alerts(rows) == [("blocked", f"host:{host}", None)]
    (alert,) = rows("SELECT watch_id, facts FROM pricewatch.alerts")
    assert alert["watch_id"] is None
    assert alert["facts"] == {"host": host, "outcome": "blocked", "error": "blocked 3 times in a row"}
    assert deliveries(rows) == [("blocked", "mail"), ("blocked", "phone")]


def test_a_block_that_many_runs_see_at_once_is_told_once_and_anew_when_it_comes_back(
    database: Database, rows: Rows
) -> None:
    store_watches(database, [watch(f"w{n}", f"https://shop.example/{n}") for n in range(40)])
    add_rules(database, rule("blocked", "blocked"))

    def all_end(outcome: Outcome, hours: int) -> None:
        at = BEGIN + hours * HOUR
        checks = [finished(f"w{n}", outcome, at + timedelta(seconds=n)) for n in range(40)]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda start: store(database, checks[start::8], ALERTING), range(8)))

    def block(is_blocked: bool) -> None:
        until = "now() + interval '1 hour'" if is_blocked else "NULL"
        rows(f"UPDATE pricewatch.hosts SET breaker_until = {until}, blocks = {3 * is_blocked}")

    block(True)
    all_end(Outcome.BLOCKED, 1)
    all_end(Outcome.BLOCKED, 2)
    assert len(alerts(rows)) == 1
    block(False)
    all_end(Outcome.NOT_FOUND, 3)
    block(True)
    all_end(Outcome.BLOCKED, 4)
    assert alerts(rows) == [("blocked", "host:shop.example", None)] * 2


def test_a_run_that_failed_is_told_once_and_not_more_often_than_the_cooldown_says(
    database: Database, rows: Rows
) -> None:
    first = run_failed(database, ALERTING, "run-1", "scrape_due", "out of memory")
    assert len(first) == 1
    assert run_failed(database, ALERTING, "run-2", "scrape_due", "out of memory") == []
    assert len(run_failed(database, ALERTING, "run-3", "sync_files", "no such file")) == 1
    rows("""
        UPDATE pricewatch.alert_states SET state = jsonb_set(state, '{fired_at}', to_jsonb(now() - interval '7 hours'))
    """)
    assert run_failed(database, ALERTING, "run-1", "scrape_due", "told already") == []
    assert len(run_failed(database, ALERTING, "run-4", "scrape_due", "again")) == 1
    assert {each[:2] for each in alerts(rows)} == {("run-failed", "run:scrape_due"), ("run-failed", "run:sync_files")}
    (alert,) = rows("SELECT facts FROM pricewatch.alerts WHERE facts ->> 'run_id' = 'run-1'")
    assert alert["facts"] == {"run_id": "run-1", "job": "scrape_due", "error": "out of memory"}


def test_a_pipeline_without_rules_stores_prices_as_ever(lamp: Checker, rows: Rows) -> None:
    rows("UPDATE pricewatch.alert_rules SET archived_at = now()")
    lamp.check("19", Outcome.BLOCKED)
    assert run_failed(lamp.database, ALERTING, "run-1", "scrape_due", "lost") == []
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 1}]
    assert alerts(rows) == []


def test_where_nothing_happens_nothing_is_written(lamp: Checker, rows: Rows) -> None:
    lamp.check("30", "30", Outcome.TIMEOUT, "31")
    (kept,) = rows("SELECT rule_id, status, state FROM pricewatch.alert_states")
    assert (kept["rule_id"], kept["status"], kept["state"]) == ("target", "armed", {"currency": "EUR"})
    versions = "SELECT xmin::text AS version FROM pricewatch.alert_states"
    before = rows(versions)
    lamp.check("32", "30")
    assert rows(versions) == before
