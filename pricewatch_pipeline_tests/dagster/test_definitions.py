"""The definitions as data: what an operator finds in the UI, loaded with an empty environment and no database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

CHECKS = {
    "watches": {"watch_files_are_valid", "overdue_watches", "partition_drift"},
    "price_snapshots": {"failing_ratio", "event_backlog", "open_breakers", "quarantined_prices"},
    "alerts": {"undelivered_backlog", "dead_letters"},
    "flight_offers": {"offers_are_read", "fares_in_asked_currency"},
    "insider_filings": {"filings_have_rows", "filings_are_readable", "feeds_have_no_gaps"},
    "insider_transactions": {"codes_are_known"},
    "insider_summary": {"sums_equal_their_rows"},
}
PRINT_DEFINITIONS = """
import json, sys
from pricewatch_pipeline.definitions import defs
repository = defs.get_repository_def()
heavy = [name for name in ("pandas", "matplotlib", "google.protobuf", "airportsdata") if name in sys.modules]
print(json.dumps({"jobs": sorted(repository.job_names), "heavy": heavy}))
"""


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_they_load_with_an_empty_environment_without_a_database_and_without_what_is_heavy(tmp_path: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", PRINT_DEFINITIONS], env={}, cwd=tmp_path, check=True, capture_output=True, text=True
    )

    printed = json.loads(loaded.stdout)
    assert {"scrape_due", "sync_files", "maintenance"} <= set(printed["jobs"])
    assert printed["heavy"] == []
    assert loaded.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_each_asset_follows_from_the_ones_above_it(specs: dict[str, dg.AssetSpec]) -> None:
    lineage = {name: sorted(dep.asset_key.to_user_string() for dep in spec.deps) for name, spec in specs.items()}

    assert lineage == {
        "watches": [],
        "price_snapshots": ["watches"],
        "latest_prices": ["price_snapshots"],
        "daily_prices": ["price_snapshots"],
        "exchange_rates": [],
        "product_prices": ["exchange_rates", "price_snapshots"],
        "scrape_heartbeat": ["watches"],
        "alerts": ["price_snapshots"],
        "flight_offers": ["price_snapshots"],
        "fare_calendar": ["flight_offers"],
        "insider_filings": ["price_snapshots"],
        "insider_transactions": ["insider_filings"],
        "insider_summary": ["insider_transactions"],
    }


def test_the_lineage_page_explains_the_system_by_itself(specs: dict[str, dg.AssetSpec]) -> None:
    groups = {name: spec.group_name for name, spec in specs.items()}

    assert groups == {
        "watches": "watching",
        "price_snapshots": "watching",
        "latest_prices": "analysis",
        "daily_prices": "analysis",
        "exchange_rates": "analysis",
        "product_prices": "analysis",
        "scrape_heartbeat": "operations",
        "alerts": "alerting",
        "flight_offers": "flights",
        "fare_calendar": "flights",
        "insider_filings": "insiders",
        "insider_transactions": "insiders",
        "insider_summary": "insiders",
    }
    for name, spec in specs.items():
        assert len(spec.description or "") > 60, name
        assert "postgres" in spec.kinds, name
        assert spec.owners == ["team:pricewatch"], name


def test_every_asset_but_the_watches_and_the_pulse_names_its_table(specs: dict[str, dg.AssetSpec]) -> None:
    tables = {name: spec.metadata.get("dagster/table_name") for name, spec in specs.items()}

    assert tables == {
        "watches": "pricewatch.watches",
        "price_snapshots": "pricewatch.price_snapshots",
        "latest_prices": "analytics.latest_prices",
        "daily_prices": "pricewatch.daily_prices",
        "exchange_rates": "pricewatch.exchange_rates",
        "product_prices": "pricewatch.product_prices",
        "scrape_heartbeat": None,
        "alerts": "pricewatch.alerts",
        "flight_offers": "pricewatch.flight_offers",
        "fare_calendar": "analytics.fare_calendar",
        "insider_filings": "pricewatch.insider_filings",
        "insider_transactions": "pricewatch.insider_transactions",
        "insider_summary": "analytics.insider_company_days",
    }


def test_watches_and_days_are_partitions_and_a_range_of_them_is_one_run(definitions: dg.Definitions) -> None:
    def partitions_of(name: str) -> Any:
        return definitions.resolve_assets_def(name)

    assert partitions_of("price_snapshots").partitions_def == dg.DynamicPartitionsDefinition(name="watches")
    assert isinstance(partitions_of("daily_prices").partitions_def, dg.DailyPartitionsDefinition)
    assert partitions_of("flight_offers").partitions_def == dg.DynamicPartitionsDefinition(name="flight_watches")
    for name in ("insider_filings", "insider_transactions"):
        assert partitions_of(name).partitions_def == dg.DynamicPartitionsDefinition(name="insider_watches")
    assert partitions_of("insider_summary").partitions_def.timezone == "America/New_York"
    for name in ("price_snapshots", "daily_prices", "flight_offers", "insider_filings", "insider_summary"):
        assert partitions_of(name).backfill_policy == dg.BackfillPolicy.single_run()


def test_the_pulse_goes_stale(specs: dict[str, dg.AssetSpec]) -> None:
    policies = {name: spec.freshness_policy for name, spec in specs.items() if spec.freshness_policy}

    assert list(policies) == ["scrape_heartbeat"]


def test_checks_hang_on_the_assets_they_judge(definitions: dg.Definitions) -> None:
    found: dict[str, set[str]] = {}
    for check in definitions.resolve_asset_graph().asset_check_keys:
        found.setdefault(check.asset_key.to_user_string(), set()).add(check.name)

    assert found == CHECKS


def test_jobs_sensors_and_schedules_run_by_themselves_and_say_what_for(definitions: dg.Definitions) -> None:
    jobs = {job.name: job for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")}
    sensors = {sensor.name: sensor for sensor in definitions.sensors or ()}
    schedules = {schedule.name: schedule for schedule in definitions.schedules or ()}

    assert set(jobs) == {
        *("scrape_due", "check_watches", "deliver_alerts", "reconcile", "maintenance"),
        *("sync_files", "fleet_report", "summarise", "refresh_products", "update_rates", "replay_pages"),
        *("check_batches", "refresh_calendar", "summarise_insiders", "sweep_filings"),
    }
    assert all(job.description for job in jobs.values())
    assert {name: [target.job_name for target in sensor.targets] for name, sensor in sensors.items()} == {
        "due_watches": ["scrape_due"],
        "due_batches": ["check_batches"],
        "watch_files": ["sync_files"],
        "pending_alerts": ["deliver_alerts"],
        "product_news": ["refresh_products"],
        "failed_runs": [],
    }
    assert {sensor.default_status for sensor in sensors.values()} == {dg.DefaultSensorStatus.RUNNING}
    assert all(sensor.description for sensor in sensors.values())
    assert {schedule.job_name for schedule in schedules.values()} == {
        "fleet_report",
        "reconcile",
        "maintenance",
        "summarise",
        "update_rates",
        "refresh_calendar",
        "summarise_insiders",
        "sweep_filings",
    }
    assert {schedule.default_status for schedule in schedules.values()} == {dg.DefaultScheduleStatus.RUNNING}
    zones = {schedule.job_name: schedule.execution_timezone for schedule in schedules.values()}
    assert zones.pop("sweep_filings") == "America/New_York"  # the SEC's day
    assert set(zones.values()) == {"UTC"}
    assert all(schedule.description for schedule in schedules.values())


def test_a_run_that_scrapes_is_never_retried_by_dagster_and_ends_within_ten_minutes(
    definitions: dg.Definitions,
) -> None:
    tags = definitions.resolve_job_def("scrape_due").run_tags

    assert tags["dagster/max_retries"] == "0"
    assert int(tags["dagster/max_runtime"]) <= 600
    assert tags["pricewatch/kind"] == "scrape"


def test_alerts_are_sent_by_one_run_at_a_time_that_is_first_in_the_queue(definitions: dg.Definitions) -> None:
    tags = definitions.resolve_job_def("deliver_alerts").run_tags
    limits = yaml.safe_load((Path(__file__).parents[2] / "dagster.yaml").read_text(encoding="utf-8"))["concurrency"][
        "runs"
    ]
    of_kinds = {limit["value"]: limit["limit"] for limit in limits["tag_concurrency_limits"]}

    assert tags["pricewatch/kind"] == "deliver"
    assert int(tags["dagster/priority"]) > 0
    assert of_kinds["deliver"] == 1
    assert of_kinds["scrape"] + of_kinds["batch"] + of_kinds["deliver"] < limits["max_concurrent_runs"]


def test_a_batch_has_the_time_it_needs_and_is_gone_on_with_by_the_next_run(definitions: dg.Definitions) -> None:
    tags = definitions.resolve_job_def("check_batches").run_tags

    assert tags["pricewatch/kind"] == "batch"
    assert tags["dagster/max_retries"] == "0"
    assert "dagster/max_runtime" not in tags  # the longest of all runs: hours


def test_a_check_by_hand_may_take_as_long_as_its_hosts_need(definitions: dg.Definitions) -> None:
    assert definitions.resolve_job_def("check_watches").run_tags["dagster/max_runtime"] == "0"  # no limit
