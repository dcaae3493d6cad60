"""Rules speak in the transaction that stores the snapshot: once, when they should, and never at a price's cost."""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, Digest, RuleKind, ScopeKind
from pricewatch_pipeline.domain.alert_state import Observation, RuleState, step
from pricewatch_pipeline.domain.checks import OpenCheck
from pricewatch_pipeline.domain.insights import is_price
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.domain.watches import ActiveWindow, Product, Store
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.services.checking_run import SilentObserver
from pricewatch_pipeline.services.decide_doubts import confirm_price
from pricewatch_pipeline.services.raise_alerts import Alerting, record_manual, run_failed
from pricewatch_pipeline.services.steer_alert_rules import list_rules, remove_rules
from pricewatch_pipeline.services.word_alerts import alert_key
from pricewatch_pipeline.storage import alert_rule_rows, definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.checks import BEGIN, HOUR, IN_STOCK, SOLD_OUT, Checker, finished, offer, store
from pricewatch_pipeline_tests.support.loopback import html, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch, watches_on

Rows = Callable[..., list[dict[str, Any]]]

ALERTING = Alerting(default_channels=("mail", "phone"), timezone="Europe/Berlin")
WALL = html("<title>Just a moment...</title><script>window._cf_chl_opt={}; // challenge</script>")


@pytest.fixture
def lamp(database: Database) -> Checker:
    """A watch with a target of 20 EUR."""
    return watched(database, "lamp", target_price=Decimal(20))


def watched(database: Database, watch_id: str, **fields: Any) -> Checker:
    store_watches(database, [watch(watch_id, f"https://shop.example/{watch_id}", **fields)])
    return Checker(database=database, watch_id=watch_id, alerting=ALERTING)


def add_rules(database: Database, *rules: AlertRule) -> None:
    database.run(lambda connection: alert_rule_rows.upsert_rules(connection, [(rule, Sourced()) for rule in rules]))


def rule(rule_id: str, kind: str, **said: Any) -> AlertRule:
    return AlertRule(rule_id=rule_id, kind=RuleKind(kind), **{"cooldown": timedelta(0), **said})


def alerts(rows: Rows) -> list[tuple[str, str, Decimal | None]]:
    """(rule, subject, price) in the order of their slots."""
    found = rows("SELECT rule_id, subject, price FROM pricewatch.alerts ORDER BY slot_at, rule_id, subject")
    return [(row["rule_id"], row["subject"], row["price"]) for row in found]


def deliveries(rows: Rows) -> list[tuple[str, str]]:
    """(rule, channel)."""
    found = rows("""
        SELECT rule_id, channel FROM pricewatch.alert_deliveries JOIN pricewatch.alerts USING (alert_id) ORDER BY 1, 2
    """)
    return [(row["rule_id"], row["channel"]) for row in found]


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


BAD = [
    ("kind", "moon_phase", "{}"),
    ("field", "below", '{"amount": "20", "made_by_a_newer_version": 1}'),
    ("number", "below", '{"amount": "cheap"}'),
    ("shape", "below", '["amount", 20]'),
    ("window", "change", '{"quiet": [{"days": "always"}]}'),
    ("empty", "drop", "{}"),
    ("days", "lowest", '{"days": "30"}'),
    ("zone", "below", '{"amount": "20", "digest": "daily", "timezone": 1}'),
    ("channels", "below", '{"amount": "20", "channels": "mail"}'),
    ("nothing", "below", '{"amount": "20", "digest": null}'),
]


def test_a_rule_that_cannot_be_read_costs_no_price_and_no_other_alert(
    lamp: Checker, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    for name, kind, params in BAD:
        rows(
            "INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, params) VALUES (:id, :kind, 'all', cast(:params AS jsonb))",
            id=f"bad-{name}",
            kind=kind,
            params=params,
        )
    with caplog.at_level(logging.ERROR):
        lamp.check("19", "30", "18")
    assert alerts(rows) == [("target", "lamp", Decimal(19))]
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 3}]
    told = [record.getMessage() for record in caplog.records if "cannot be read" in record.getMessage()]
    assert {text.split()[2] for text in told} == {f"bad-{name}" for name, *_ in BAD if name != "empty"}
    assert [each["rule_id"] for each in list_rules(lamp.database) if each["rule_id"].startswith("bad")] == ["bad-empty"]
    assert remove_rules(lamp.database, ["bad-kind"]) == ["bad-kind"]


def test_a_memory_that_cannot_be_read_begins_anew(lamp: Checker, rows: Rows) -> None:
    lamp.check("30", "19")
    rows("""UPDATE pricewatch.alert_states SET state = '{"of_a_newer_version": true}'""")
    lamp.check("18")
    assert alerts(rows) == [("target", "lamp", Decimal(19)), ("target", "lamp", Decimal(18))]


def test_alerts_that_the_database_refuses_cost_no_price_and_no_other_watchs_alerts(
    lamp: Checker, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    watched(lamp.database, "desk", target_price=Decimal(20))
    rows("ALTER TABLE pricewatch.alerts ADD CHECK (subject <> 'lamp')")
    checks = [finished(name, offer("10"), BEGIN) for name in ("lamp", "desk")]
    with caplog.at_level(logging.ERROR):
        assert store(lamp.database, checks, ALERTING) == {"lamp", "desk"}
    assert alerts(rows) == [("target", "desk", Decimal(10))]
    assert rows("SELECT count(*) AS n FROM pricewatch.price_snapshots") == [{"n": 2}]
    assert "lamp" in caplog.text


def test_a_transaction_that_ends_before_its_commit_leaves_neither_snapshot_nor_alert(lamp: Checker, rows: Rows) -> None:
    check = finished("lamp", offer("19"), BEGIN)
    connection = lamp.database.engine.connect()
    record_manual(connection, [check], run_id=None, alerting=ALERTING)
    assert connection.exec_driver_sql("SELECT count(*) FROM pricewatch.alert_deliveries").scalar() == 2
    (pid,) = connection.exec_driver_sql("SELECT pg_backend_pid()").one()
    rows("SELECT pg_terminate_backend(:pid, 10000)", pid=pid)
    connection.invalidate()
    connection.close()
    for table in ("price_snapshots", "price_changes", "checks", "alerts", "alert_deliveries", "alert_states"):
        assert rows(f"SELECT count(*) AS n FROM pricewatch.{table}") == [{"n": 0}], table
    store(lamp.database, [check], ALERTING)
    assert alerts(rows) == [("target", "lamp", Decimal(19))]


def killed_run(url: str, point: str) -> int:
    """How a run in a process of its own ends that is killed at this point."""
    command = [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_run", url, point, "SIGKILL"]
    return subprocess.run(command, check=False, timeout=60).returncode


class Together(SilentObserver):
    """Of runs that share a barrier, none looks before all have claimed."""

    def __init__(self, barrier: threading.Barrier) -> None:
        self._barrier = barrier
        self._has_met = False

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        if checks and not self._has_met:
            self._has_met = True
            self._barrier.wait(30)


def test_a_killed_run_and_runs_side_by_side_raise_each_alert_once(
    database: Database, database_url: str, rows: Rows
) -> None:
    with serve(lambda _: product("9.50")) as server:
        store_watches(database, watches_on(server.base_url, 30, schedule=EVERY_HOUR, target_price=Decimal(10)))
        assert killed_run(database_url, "looked") == -signal.SIGKILL
        assert alerts(rows) == []
        rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second' WHERE claim_token IS NOT NULL")
        rows("UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'")
        engine, barrier = engine_on(database, batch_size=10), threading.Barrier(2)
        with ThreadPoolExecutor(2) as threads:
            reports = list(threads.map(lambda _: check_due(engine, observer=Together(barrier)), range(2)))
    assert sum(report.checks for report in reports) == 30
    assert sorted(alerts(rows), key=lambda each: int(each[1][1:])) == [
        ("target", f"w{n}", Decimal("9.5")) for n in range(30)
    ]


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


RULES = (
    rule("below", "below", amount=Decimal(10), max_per_day=2),
    rule("fell", "drop", share=Decimal("0.2"), baseline=Baseline.PREVIOUS),
    rule("fell-from-first", "drop", amount=Decimal(4), baseline=Baseline.FIRST, again_after=None),
    rule("below-median", "drop", share=Decimal("0.1"), baseline=Baseline.MEDIAN, days=2),
    rule("above-low", "rise", share=Decimal("0.3"), baseline=Baseline.LOW, days=1),
    rule("since-told", "drop", share=Decimal("0.1"), baseline=Baseline.LAST_ALERTED),
    rule("ever", "lowest"),
    rule("of-a-day", "lowest", days=1, cooldown=timedelta(hours=3)),
    rule("any", "change", confirm=Decimal("0.5")),
    rule("back", "back_in_stock"),
    rule("gone", "out_of_stock"),
    rule("fails", "failing", times=2),
    rule("doubt", "quarantined"),
)
FOUND = st.builds(
    offer,
    st.sampled_from(["5", "8", "9", "10", "12", "20", "0", None]),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
    availability=st.sampled_from([IN_STOCK, IN_STOCK, SOLD_OUT, None]),
)
CHECKS = st.lists(
    st.tuples(
        st.one_of(FOUND, FOUND, st.sampled_from([Outcome.TIMEOUT, Outcome.NOT_FOUND, Outcome.IMPLAUSIBLE, "same"])),
        st.sampled_from([HOUR / 2, HOUR, 5 * HOUR, 30 * HOUR]),
    ),
    min_size=1,
    max_size=14,
)
_numbers = iter(range(10**6))


@settings(max_examples=25)
@given(checks=CHECKS)
def test_the_tables_hold_what_a_pure_replay_of_the_rules_comes_to(
    database_of_module: Database, checks: list[tuple[Any, timedelta]]
) -> None:
    lamp = watched(database_of_module, f"w{next(_numbers)}", target_price=Decimal(9))
    add_rules(database_of_module, *RULES)
    replay = Replay(rules=(*RULES, AlertRule(rule_id="target", kind=RuleKind.AT_TARGET)), target=Decimal(9))
    for found, after in checks:
        if found == "same" and replay.last is None:
            continue
        if found == "same":
            lamp.not_modified(after=after)
        else:
            lamp.check(found, after=after)
        replay.see(found, lamp.now, lamp.failures)
        with database_of_module.transaction() as connection:
            told = connection.exec_driver_sql(
                "SELECT rule_id, slot_at FROM pricewatch.alerts WHERE subject = %s", (lamp.watch_id,)
            ).all()
            states = connection.exec_driver_sql(
                "SELECT rule_id, status, state FROM pricewatch.alert_states WHERE subject = %s", (lamp.watch_id,)
            ).all()
        assert {tuple(row) for row in told} == replay.alerts
        stored = {row.rule_id: alert_rule_rows.state_of(row.status, row.state) for row in states}
        assert remembered(stored) == remembered(replay.states)


def remembered(states: Mapping[str, RuleState]) -> dict[str, RuleState]:
    """A rule that remembers nothing, or nothing any more, is as one that never looked."""
    return {rule_id: state for rule_id, state in states.items() if state != RuleState()}


@dataclass(kw_only=True)
class Replay:
    """What the rules come to, with the whole history at hand and nothing but pure functions."""

    rules: Sequence[AlertRule]
    target: Decimal
    states: dict[str, RuleState] = field(default_factory=dict)
    alerts: set[tuple[str, datetime]] = field(default_factory=set)
    history: list[PriceChange] = field(default_factory=list)
    last: Offer | None = None

    def see(self, found: Offer | Outcome | str, at: datetime, failures: int) -> None:
        outcome = found if isinstance(found, Outcome) else Outcome.OK
        if isinstance(found, Offer):
            self.last = found
        seen = self._observation(self.last if outcome.is_success else None, at, outcome, failures)
        for each in self.rules:
            before = self.states.get(each.rule_id, RuleState())
            after = step(each, before, seen)
            self.states[each.rule_id] = after.state
            if after.firing:
                self.alerts.add((each.rule_id, at))
        if outcome.is_success:
            self._remember(seen)

    def _observation(self, found: Offer | None, at: datetime, outcome: Outcome, failures: int) -> Observation:
        price, currency = (found.price, found.currency) if found else (None, None)
        alike = [change for change in self.history if change.currency == currency and change.price is not None]
        return Observation(
            slot_at=at,
            observed_at=at,
            outcome=outcome,
            price=price,
            currency=currency,
            availability=found.availability if found else None,
            history=tuple(self.history),
            first_price=next((change.price for change in alike if change.price), None),
            lowest_price=min((c.price for c in alike if is_price(c, currency) and c.price), default=None),
            target_price=self.target,
            consecutive_failures=failures,
            is_doubted=outcome is Outcome.IMPLAUSIBLE,
        )

    def _remember(self, seen: Observation) -> None:
        change = PriceChange(
            began_at=seen.observed_at, price=seen.price, currency=seen.currency, availability=seen.availability
        )
        if not self.history or replace(self.history[-1], began_at=change.began_at) != change:
            self.history.append(change)
