"""Alerts and product prices in Dagster: their assets, the runs that send and refresh, the sensors that ask for those."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from pricewatch_pipeline.defs.alerting import ALERTS, FAILED_RUN_RESTS, JobState, why_not_told, why_wait
from pricewatch_pipeline.defs.checks import dead_letters, undelivered_backlog
from pricewatch_pipeline.defs.failures import first_cause
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.defs.schedules import update_rates_schedule
from pricewatch_pipeline.defs.sensors import failed_runs, pending_alerts, product_news
from pricewatch_pipeline_tests.support.dagster_rig import Rig, metadata_of
from pricewatch_pipeline_tests.support.loopback import serve
from pricewatch_pipeline_tests.support.outbox import put_alerts
from pricewatch_pipeline_tests.support.shop import product

SHOP = "http://shop.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRODUCT_PRICES = dg.AssetKey("product_prices")
CHECKS = {"undelivered_backlog": undelivered_backlog, "dead_letters": dead_letters}


def tick(rig: Rig, sensor: dg.SensorDefinition, before: SensorExecutionData | None = None) -> SensorExecutionData:
    """Evaluate a sensor as the daemon does."""
    context = dg.SensorEvaluationContext(
        instance_ref=None,
        instance=rig.instance,
        resources=rig.definitions.get_repository_def().get_top_level_resources(),
        last_tick_completion_time=None,
        cursor=before.cursor if before else None,
        repository_def=rig.definitions.get_repository_def(),
    )
    with context:
        return sensor.evaluate_tick(context)


def checked(check: dg.AssetChecksDefinition) -> dg.AssetCheckResult:
    """What a check says now."""
    result = check(pricewatch=PricewatchResource())
    assert isinstance(result, dg.AssetCheckResult)
    return result


def write_channels(rig: Rig, **urls: str) -> None:
    rig.settings.channels.write_text(json.dumps(urls), encoding="utf-8")


def fail_run(rig: Rig, job: str, tags: dict[str, str] | None = None) -> str:
    run = rig.instance.add_run(dg.DagsterRun(job_name=job, status=dg.DagsterRunStatus.STARTED, tags=tags or {}))
    rig.instance.report_run_failed(run, message=f"{job} broke")
    return run.run_id


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (JobState(), None),
        (JobState(live_runs=1), "in flight"),
        (JobState(failed_at=NOW - FAILED_RUN_RESTS), None),
        (JobState(failed_at=NOW - FAILED_RUN_RESTS + timedelta(seconds=1)), "the last run failed"),
        (JobState(live_runs=1, failed_at=NOW - timedelta(days=1)), "in flight"),
    ],
)
def test_one_run_is_in_flight_and_one_that_failed_is_given_some_rest(state: JobState, waits: str | None) -> None:
    reason = why_wait(state, now=NOW)

    assert (reason is None) if waits is None else (reason is not None and waits in reason)


@pytest.mark.parametrize(
    ("job", "tags", "was_interrupted", "is_told"),
    [
        ("scrape_due", {}, False, True),
        ("scrape_due", {}, True, True),
        ("maintenance", {"dagster/will_retry": "false"}, False, True),
        ("scrape_due", {"dagster/will_retry": "true"}, False, False),
        ("deliver_alerts", {}, False, False),
        ("check_batches", {}, False, True),
        ("check_batches", {}, True, False),
    ],
)
def test_the_operator_hears_of_runs_that_failed_for_good(
    job: str, tags: dict[str, str], was_interrupted: bool, is_told: bool
) -> None:
    assert (why_not_told(job, tags, was_interrupted=was_interrupted) is None) is is_told


def test_nothing_to_be_sent_asks_for_nothing(rig: Rig) -> None:
    put_alerts(rig.database, 1, "mail", due_in=timedelta(hours=1))

    data = tick(rig, pending_alerts)

    assert (data.run_requests, data.skip_message) == ([], "nothing is to be sent")


def test_one_run_is_asked_for_however_many_alerts_are_due(rig: Rig) -> None:
    put_alerts(rig.database, 30, "mail", "chat")
    write_channels(rig, mail="mailto://127.0.0.1:1")

    first, second = tick(rig, pending_alerts), tick(rig, pending_alerts)

    requests = [*(first.run_requests or ()), *(second.run_requests or ())]
    assert len({request.run_key for request in requests}) == len(requests) == 2, "a key counts for ever"
    assert all(request.run_config == {} for request in requests)


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_no_second_run_is_asked_for_while_one_is_in_flight(rig: Rig, status: dg.DagsterRunStatus) -> None:
    put_alerts(rig.database, 1, "mail")
    write_channels(rig, mail="mailto://127.0.0.1:1")
    rig.instance.add_run(dg.DagsterRun(job_name="scrape_due", status=status))
    assert len(tick(rig, pending_alerts).run_requests or ()) == 1
    rig.instance.add_run(dg.DagsterRun(job_name="deliver_alerts", status=status))

    assert tick(rig, pending_alerts).skip_message == "a run is in flight"


def test_after_a_run_that_failed_there_is_a_rest(rig: Rig) -> None:
    put_alerts(rig.database, 1, "mail")
    fail_run(rig, "deliver_alerts")

    assert "the last run failed" in (tick(rig, pending_alerts).skip_message or "")


def test_a_file_of_channels_that_cannot_be_read_is_said_and_costs_no_alert(rig: Rig) -> None:
    put_alerts(rig.database, 1, "mail")
    rig.settings.channels.write_text("- {", encoding="utf-8")

    data = tick(rig, pending_alerts)

    assert data.run_requests == []
    assert str(rig.settings.channels.name) in (data.skip_message or "")
    assert rig.rows("SELECT state FROM pricewatch.alert_deliveries") == [{"state": "pending"}]


def test_a_file_of_channels_that_is_not_there_costs_no_alert(rig: Rig) -> None:
    put_alerts(rig.database, 1, "mail")

    said = tick(rig, pending_alerts).skip_message or ""
    run = rig.run("deliver_alerts", run_config={"ops": {"deliver_due": {"config": {"linger_s": 0}}}})

    assert str(rig.settings.channels) in said
    assert not run.success
    assert rig.rows("SELECT state FROM pricewatch.alert_deliveries") == [{"state": "pending"}]


def test_a_run_sends_what_is_due_and_records_how_the_outbox_stands(rig: Rig) -> None:
    with serve(lambda _: product()) as receiver:
        write_channels(rig, hook=f"json://token-secret@{receiver.host}:{receiver.port}/hook")
        put_alerts(rig.database, 3, "hook")
        put_alerts(rig.database, 1, "nowhere", first=3)
        assert rig.run("deliver_alerts", run_config={"ops": {"deliver_due": {"config": {"linger_s": 0}}}}).success

    assert len(receiver.paths) == 3
    (record,) = rig.materializations(ALERTS)
    said = metadata_of(record)
    assert {name: said[name] for name in ("fired", "pending", "dead", "sent_last_day", "run_sent", "run_dead")} == {
        "fired": 4, "pending": 0, "dead": 1, "sent_last_day": 3, "run_sent": 3, "run_dead": 1,
    }  # fmt: skip
    assert [row.data for row in said["fired_by_kind"].records] == [{"kind": "at_target", "alerts": "4"}]
    newest = [row.data for row in said["newest"].records]
    assert len(newest) == 4
    assert {row["deliveries"] for row in newest} == {"hook: sent", "nowhere: dead"}
    assert "secret" not in str(rig.instance.all_logs(record.run_id))


def test_what_fired_is_counted_since_the_materialization_before(rig: Rig) -> None:
    put_alerts(rig.database, 2, "mail")
    rig.materialize(ALERTS)
    rig.materialize(ALERTS)

    assert [metadata_of(record)["fired"] for record in rig.materializations(ALERTS)] == [2, 0]
    assert metadata_of(rig.materializations(ALERTS)[-1])["pending"] == 2


@pytest.mark.parametrize(
    ("due_in", "dead", "passed"),
    [
        (timedelta(minutes=-9), 0, {"undelivered_backlog": True, "dead_letters": True}),
        (timedelta(minutes=-11), 0, {"undelivered_backlog": False, "dead_letters": True}),
        (timedelta(hours=1), 2, {"undelivered_backlog": True, "dead_letters": False}),
    ],
)
def test_checks_name_what_waits_too_long_and_what_was_given_up(
    rig: Rig, due_in: timedelta, dead: int, passed: dict[str, bool]
) -> None:
    put_alerts(rig.database, 2, "mail", due_in=due_in)
    put_alerts(rig.database, dead, "chat", first=10)
    put_alerts(rig.database, 1, "chat", first=20, due_in=timedelta(days=-2))
    rig.rows("UPDATE pricewatch.alert_deliveries SET state = 'dead', error = 'no such user' WHERE channel = 'chat'")
    found = {name: checked(check) for name, check in CHECKS.items()}

    assert {name: result.passed for name, result in found.items()} == passed
    table = found["dead_letters"].metadata["reasons"]
    assert isinstance(table, dg.TableMetadataValue)
    reasons = [row.data for row in table.records]
    assert [(row["channel"], row["error"], row["deliveries"]) for row in reasons] == (
        [("chat", "no such user", "2")] if dead else []
    )
    assert found["undelivered_backlog"].metadata["pending"].value == (0 if dead else 2)


def test_a_report_on_the_fleet_looks_at_the_outbox_too(rig: Rig) -> None:
    put_alerts(rig.database, 1, "mail", due_in=timedelta(minutes=-11))
    put_alerts(rig.database, 1, "chat", first=1)
    rig.rows("UPDATE pricewatch.alert_deliveries SET state = 'dead' WHERE channel = 'chat'")

    found = rig.checks(rig.run("fleet_report"))

    assert {name: found[name].passed for name in CHECKS} == dict.fromkeys(CHECKS, False)


def test_the_operator_hears_of_a_failed_run_once(rig: Rig) -> None:
    write_channels(rig, mail="mailto://127.0.0.1:1")
    before = tick(rig, failed_runs)  # the first look only finds out where the log ends
    run_id = fail_run(rig, "maintenance", {"dagster/max_retries": "0"})
    fail_run(rig, "deliver_alerts")
    fail_run(rig, "summarise")  # as one that crashed, Dagster tries it again
    after = tick(rig, failed_runs, before)
    tick(rig, failed_runs, after)

    (alert,) = rig.rows("SELECT rule_kind, subject, facts FROM pricewatch.alerts")
    assert (alert["rule_kind"], alert["subject"], alert["facts"]["run_id"]) == ("run_failed", "run:maintenance", run_id)
    assert "maintenance broke" in alert["facts"]["error"]
    assert rig.rows("SELECT channel, state FROM pricewatch.alert_deliveries") == [
        {"channel": "mail", "state": "pending"}
    ]


def test_what_a_step_failed_with_is_what_the_operator_reads(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_watches(SHOP, ["lamp"])
    monkeypatch.setenv("PRICEWATCH_WATCHES_DIR", str(rig.settings.watches / "shop.yaml"))
    result = rig.run("sync_files")

    assert not result.success
    cause = first_cause(event.step_failure_data.error for event in result.get_step_failure_events())
    assert cause
    assert "Dagster" not in cause
    assert "\n" not in cause


def put_product(rig: Rig, *prices: tuple[str, str], currency: str | None = None) -> None:
    """A product with a watch for each price and currency."""
    rig.sync(SHOP, *(f"w{number}" for number in range(len(prices))))
    rig.rows("INSERT INTO pricewatch.products (product_id, currency) VALUES ('lamp', :c)", c=currency)
    for number, (price, code) in enumerate(prices):
        rig.rows(
            "UPDATE pricewatch.watches SET product_id = 'lamp', last_price = :price, last_currency = :code,"
            " last_availability = 'InStock', last_success_at = now(), last_slot_at = now() WHERE watch_id = :id",
            price=price,
            code=code,
            id=f"w{number}",
        )


def test_news_of_a_product_asks_for_one_run_that_refreshes_its_price(rig: Rig) -> None:
    assert tick(rig, product_news).skip_message == "there is no news of any product"
    with serve({"/w0": product("19.99")}) as shop:
        rig.sync(shop.base_url, "w0")
        rig.rows("INSERT INTO pricewatch.products (product_id) VALUES ('lamp')")
        rig.rows("UPDATE pricewatch.watches SET product_id = 'lamp'")
        assert rig.run("scrape_due").success
        assert len(tick(rig, product_news).run_requests or ()) == 1
        assert rig.run("refresh_products").success

    assert rig.rows("SELECT best_price FROM pricewatch.product_prices") == [{"best_price": Decimal("19.9900")}]
    (record,) = rig.materializations(PRODUCT_PRICES)
    said = metadata_of(record)
    assert (said["dagster/row_count"], said["refreshed"]) == (1, 1)
    assert [row.data["best_price"] for row in said["preview"].records] == ["19.99"]


@pytest.mark.parametrize(
    ("prices", "currency", "asks"),
    [
        ([("5", "GBP"), ("6", "GBP")], None, False),
        ([("5", "GBP"), ("6", "GBP")], "GBP", False),
        ([("5", "GBP"), ("6", "GBP")], "EUR", True),
        ([("5", "GBP"), ("6", "EUR")], None, True),
        ([], "EUR", False),
    ],
)
def test_rates_are_asked_for_only_when_a_product_needs_them(
    rig: Rig, prices: list[tuple[str, str]], currency: str | None, asks: bool
) -> None:
    put_product(rig, *prices, currency=currency)
    with dg.build_schedule_context(
        instance=rig.instance,
        resources=rig.definitions.get_repository_def().get_top_level_resources(),
        scheduled_execution_time=NOW,
    ) as context:
        data = update_rates_schedule.evaluate_tick(context)

    assert bool(data.run_requests) is asks
    if not asks:
        assert data.skip_message == "no product needs rates: each is sold and compared in one currency"


def test_rates_come_from_a_file_too(rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    today = datetime.now(UTC).date().isoformat()
    file = tmp_path / "rates.csv"
    file.write_text(f"Date, USD, GBP,\n{today}, 1.10, 0.85,\n", encoding="utf-8")
    monkeypatch.setenv("PRICEWATCH_RATES_URL", str(file))
    assert rig.run("update_rates").success

    (record,) = rig.materializations(dg.AssetKey("exchange_rates"))
    said = metadata_of(record)
    assert (said["read"], said["written"], said["last_day"]) == (2, 2, today)
