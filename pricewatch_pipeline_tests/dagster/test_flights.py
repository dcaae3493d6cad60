"""Flights in Dagster: offers beside snapshots, batches as runs, the calendar, and what a person can end."""

import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster._daemon.monitoring.run_monitoring import check_run_timeout

from pricewatch_pipeline.defs.batching import TOO_LONG, ended_by_a_person
from pricewatch_pipeline.defs.events import PRICE_SNAPSHOTS
from pricewatch_pipeline.defs.failures import is_interruption
from pricewatch_pipeline.defs.fare_calendar import FARE_CALENDAR
from pricewatch_pipeline.defs.offers_metadata import FLIGHT_OFFERS
from pricewatch_pipeline.defs.partitions import (
    FLIGHT_WATCHES_NAME,
    live_partitions,
    mirror_watches,
    wanted_partitions,
)
from pricewatch_pipeline.defs.schedules import refresh_calendar_schedule
from pricewatch_pipeline.defs.sensors import due_batches, due_watches
from pricewatch_pipeline.demo.flight_site import FlightSite, SiteOptions
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline_tests.dagster.test_sensors import tick
from pricewatch_pipeline_tests.support.dagster_rig import Rig, metadata_of
from pricewatch_pipeline_tests.support.flight_site import serve_flights
from pricewatch_pipeline_tests.support.flight_watches import MATRIX, TRIP, write_flights
from pricewatch_pipeline_tests.support.waiting import wait_until

SLOW = SiteOptions(page_bytes=0, delay_s=0.05)


@pytest.fixture(scope="module")
def site() -> Iterator[FlightSite]:
    with serve_flights() as site:
        yield site


@pytest.fixture
def flying(rig: Rig, site: FlightSite) -> Iterator[Rig]:
    """A trip and a matrix of twelve combinations, due; and a watch of a shop that is not."""
    site.options = SiteOptions(page_bytes=0)
    write_flights(rig, site.base_url)
    rig.write_watches("http://shop.example", ["lamp"])
    assert not sync_watches(rig.database, rig.settings.watches, providers=providers()).issues
    mirror_watches(rig.instance, rig.database.run(wanted_partitions))
    rig.make_due()
    rig.rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour' WHERE watch_id = 'lamp'")
    yield rig
    site.options = SiteOptions(page_bytes=0)


def log_of(rig: Rig, run_id: str) -> list[str]:
    """What a run said itself."""
    return [entry.user_message for entry in rig.instance.all_logs(run_id) if not entry.is_dagster_event]


def observations(rig: Rig) -> list[dict[str, Any]]:
    records = rig.instance.fetch_observations(FLIGHT_OFFERS, limit=100, ascending=True).records
    return [
        {name: entry.value for name, entry in record.asset_observation.metadata.items()} | {"key": record.partition_key}
        for record in records
        if record.asset_observation
    ]


def partitions_of(rig: Rig, asset: dg.AssetKey) -> Counter[str | None]:
    return Counter(record.partition_key for record in rig.materializations(asset))


def test_only_watches_of_flights_have_a_partition_of_offers(flying: Rig) -> None:
    assert set(live_partitions(flying.instance)) == {TRIP, MATRIX, "lamp"}
    assert set(live_partitions(flying.instance, FLIGHT_WATCHES_NAME)) == {TRIP, MATRIX}

    flying.rows("UPDATE pricewatch.watches SET archived_at = now() WHERE watch_id = :id", id=TRIP)
    assert not flying.checks(flying.run("fleet_report"))["partition_drift"].passed
    assert flying.run("reconcile").success

    assert set(live_partitions(flying.instance, FLIGHT_WATCHES_NAME)) == {MATRIX}


def test_a_check_of_a_trip_says_its_price_and_all_that_was_on_offer(flying: Rig, site: FlightSite) -> None:
    result = flying.run("scrape_due")

    assert result.success
    assert partitions_of(flying, PRICE_SNAPSHOTS) == Counter({TRIP: 1})
    (record,) = flying.materializations(FLIGHT_OFFERS)
    assert (record.partition_key, record.run_id) == (TRIP, result.run_id)
    said = metadata_of(record)
    (search,) = flying.rows("SELECT * FROM pricewatch.flight_searches")
    assert said["itineraries"] == search["itineraries"] > 3
    assert said["lowest_fare"] == float(search["price"])
    assert said["lowest_fare_exact"].endswith(" GBP")
    assert said["price_indicator"] == search["price_indicator"]
    assert said["typical_low"] < said["typical_high"]
    assert "combinations" not in said
    assert record.asset_materialization
    cheapest = rows_of(record.asset_materialization.metadata["cheapest"])
    assert len(cheapest) == 5
    assert (cheapest[0]["price"], cheapest[0]["trip"]) == (said["lowest_fare_exact"], "LHR-JFK")


def test_a_batch_is_a_run_that_says_how_far_it_is_and_refreshes_the_calendar(flying: Rig, site: FlightSite) -> None:
    result = flying.run("check_batches")

    assert result.success
    assert partitions_of(flying, PRICE_SNAPSHOTS) == partitions_of(flying, FLIGHT_OFFERS) == Counter({MATRIX: 1})
    said = metadata_of(flying.materializations(FLIGHT_OFFERS)[0])
    assert (said["combinations"], said["combinations_asked"], said["combinations_failed"]) == (12, 12, 0)
    (batch,) = flying.rows("SELECT price, slot_at FROM pricewatch.batches")
    assert said["lowest_fare"] == float(batch["price"])
    assert said["slot_at"] == batch["slot_at"].timestamp()
    lines = [line for line in log_of(flying, result.run_id) if line.startswith(f"{MATRIX}: ")]
    assert lines[0] == f"{MATRIX}: 0 of 12 combinations"
    assert "12 of 12 combinations, lowest " in lines[-1]
    assert lines[-1].endswith(", ok")
    shares = [seen["share"] for seen in observations(flying)]
    assert shares == sorted(set(shares))
    assert all(0 < share < 1 for share in shares)
    (calendar,) = flying.materializations(FARE_CALENDAR)
    held = metadata_of(calendar)
    assert (held["dagster/row_count"], held["trips_ahead"], held["without_price"]) == (12, 12, 0)
    assert held[f"chart: {MATRIX}"].startswith(f"![fares of {MATRIX}](data:image/png;base64,")
    assert len(held[f"chart: {MATRIX}"]) < 60_000


@pytest.mark.parametrize(("by_hand", "watch_id"), [(FLIGHT_OFFERS, MATRIX), (PRICE_SNAPSHOTS, TRIP)])
def test_either_asset_by_hand_checks_the_watch_now_and_both_tell_of_it_once(
    flying: Rig, by_hand: dg.AssetKey, watch_id: str
) -> None:
    result = flying.materialize(by_hand, partition_key=watch_id)

    assert result.success
    (check,) = flying.rows("SELECT kind, run_id, outcome FROM pricewatch.checks")
    assert check == {"kind": "manual", "run_id": result.run_id, "outcome": "ok"}
    flying.rows("UPDATE pricewatch.pending_events SET created_at = now() - interval '1 hour'")
    assert flying.run("reconcile").success
    assert flying.rows("SELECT FROM pricewatch.pending_events") == []
    for asset in (PRICE_SNAPSHOTS, FLIGHT_OFFERS):
        (record,) = flying.materializations(asset)
        assert (record.partition_key, record.run_id) == (watch_id, result.run_id)
    assert metadata_of(flying.materializations(FLIGHT_OFFERS)[0])["itineraries"] > 0
    assert metadata_of(flying.materializations(PRICE_SNAPSHOTS)[0])["price_exact"].endswith(" GBP")


def test_what_a_dead_run_left_behind_is_logged_for_each_asset_that_lacks_it(flying: Rig) -> None:
    assert flying.materialize(PRICE_SNAPSHOTS, partition_key=TRIP).success
    flying.instance.wipe_assets([FLIGHT_OFFERS])
    flying.rows("UPDATE pricewatch.pending_events SET created_at = now() - interval '1 hour'")

    assert flying.run("reconcile").success

    assert partitions_of(flying, PRICE_SNAPSHOTS) == partitions_of(flying, FLIGHT_OFFERS) == Counter({TRIP: 1})


def test_an_empty_market_is_no_failure_and_shows_no_offer(flying: Rig, site: FlightSite) -> None:
    site.options = SiteOptions(page_bytes=0, is_empty=True)

    result = flying.materialize(FLIGHT_OFFERS, partition_key=TRIP)

    assert result.success
    assert flying.materializations(FLIGHT_OFFERS) == []
    assert flying.rows("SELECT DISTINCT outcome FROM pricewatch.checks") == [{"outcome": "no_offers"}]
    assert any("no_offers" in line for line in log_of(flying, result.run_id))


def test_runs_are_asked_for_batches_apart_from_those_for_other_watches(flying: Rig) -> None:
    (request,) = tick(flying, due_batches).run_requests or ()
    assert (request.run_config, request.partition_key) == ({}, None)
    assert request.tags["pricewatch/due"] == "1"
    assert tick(flying, due_watches).run_requests

    flying.instance.add_run(dg.DagsterRun(job_name="check_batches", status=dg.DagsterRunStatus.STARTED))
    assert len(tick(flying, due_batches).run_requests or ()) == 1
    flying.instance.add_run(dg.DagsterRun(job_name="check_batches", status=dg.DagsterRunStatus.STARTED))

    assert tick(flying, due_batches).skip_message == "2 runs are in flight; no more than 2 may be"


def test_a_run_that_is_about_to_take_a_batch_up_is_enough(flying: Rig) -> None:
    flying.instance.add_run(dg.DagsterRun(job_name="check_batches", status=dg.DagsterRunStatus.NOT_STARTED))

    assert tick(flying, due_batches).skip_message == "1 due, and as many runs that are about to take them up"


HINDRANCES = {
    "its breaker is open": (
        "UPDATE pricewatch.hosts SET breaker_until = now() + interval '1 hour', openings = 1",
        "UPDATE pricewatch.hosts SET breaker_until = NULL, openings = 0",
    ),
    "its host rests": (
        "UPDATE pricewatch.hosts SET rests_until = now() + interval '1 hour'",
        "UPDATE pricewatch.hosts SET rests_until = NULL",
    ),
    "not due": (
        "UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour'",
        "UPDATE pricewatch.watches SET next_due_at = now()",
    ),
    "paused": (
        "UPDATE pricewatch.watches SET paused_at = now()",
        "UPDATE pricewatch.watches SET paused_at = NULL",
    ),
    "a run has it": (
        "UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = now() + interval '1 hour'",
        "UPDATE pricewatch.watches SET claimed_until = now() - interval '1 s'",
    ),
}


def test_no_run_is_asked_for_while_no_batch_may_be_made(flying: Rig) -> None:
    for name, (hindrance, end) in HINDRANCES.items():
        flying.rows(hindrance)
        assert tick(flying, due_batches).skip_message == "no batch is due", name

        flying.rows(end)
        assert len(tick(flying, due_batches).run_requests or ()) == 1, name


def run_interrupted(rig: Rig, *, by_a_person: bool) -> dg.ExecuteInProcessResult:
    """A run of `check_batches`, interrupted in the middle as Dagster's launcher does it: status first, then a signal."""

    def interrupt() -> None:
        wait_until(lambda: rig.rows("SELECT FROM pricewatch.batches WHERE done > 0"), what="progress")
        (run,) = rig.instance.get_runs(dg.RunsFilter(job_name="check_batches", statuses=[dg.DagsterRunStatus.STARTED]))
        if by_a_person:
            rig.instance.report_run_canceling(run)
        os.kill(os.getpid(), signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    try:
        return rig.run("check_batches")
    finally:
        interrupter.join()


def test_a_person_who_ends_a_run_ends_its_batch_and_what_was_read_is_kept(flying: Rig, site: FlightSite) -> None:
    site.options = SLOW

    result = run_interrupted(flying, by_a_person=True)

    run = flying.instance.get_run_by_id(result.run_id)
    assert run
    assert run.status == dg.DagsterRunStatus.CANCELED
    (batch,) = flying.rows("SELECT state, outcome, done FROM pricewatch.batches")
    assert (batch["state"], batch["outcome"]) == ("cancelled", "cancelled")
    assert 0 < batch["done"] < 12
    assert flying.rows("SELECT count(*)::int AS n FROM pricewatch.flight_searches") == [{"n": batch["done"]}]
    assert flying.rows("SELECT outcome FROM pricewatch.checks") == [{"outcome": "cancelled"}]
    assert flying.rows("SELECT FROM pricewatch.price_snapshots") == []
    assert flying.materializations(FLIGHT_OFFERS) == []
    assert tick(flying, due_batches).skip_message == "no batch is due"


def test_a_run_that_is_ended_otherwise_leaves_its_batch_to_the_next(flying: Rig, site: FlightSite) -> None:
    site.options = SLOW
    before = len(site.asked)

    interrupted = run_interrupted(flying, by_a_person=False)

    assert not interrupted.success
    assert is_interruption(event.step_failure_data.error for event in interrupted.get_step_failure_events())
    (batch,) = flying.rows("SELECT batch_id, state, done FROM pricewatch.batches")
    assert batch["state"] == "open"
    assert len(tick(flying, due_batches).run_requests or ()) == 1
    assert flying.run("check_batches").success
    (after,) = flying.rows("SELECT batch_id, state, done, takes FROM pricewatch.batches")
    assert after == {"batch_id": batch["batch_id"], "state": "done", "done": 12, "takes": 2}
    assert len(site.asked) - before <= 12 + (12 - batch["done"])
    assert partitions_of(flying, FLIGHT_OFFERS) == Counter({MATRIX: 1})


def test_a_run_that_took_too_long_is_not_cancelled_by_a_person(rig: Rig) -> None:
    said = {
        None: True,
        "Sending run termination request.": True,
        "Canceling due to exceeding maximum runtime of 21600 seconds.": False,
    }
    answers = {}

    @dg.op
    def noop() -> None:
        pass

    @dg.graph
    def asking() -> None:
        noop()

    for message in said:
        run = rig.instance.create_run_for_job(asking.to_job(), status=dg.DagsterRunStatus.STARTED)
        context = SimpleNamespace(instance=rig.instance, run_id=run.run_id)
        is_cancelled = ended_by_a_person(context)  # type: ignore[arg-type]
        assert not is_cancelled()
        rig.instance.report_run_canceling(run, message)
        answers[message] = is_cancelled()

    assert answers == said


def test_dagster_ends_a_run_that_takes_too_long_in_the_words_we_look_for(rig: Rig) -> None:
    run = rig.instance.add_run(
        dg.DagsterRun(job_name="check_batches", status=dg.DagsterRunStatus.STARTED, tags={"dagster/max_runtime": "1"})
    )
    with rig.instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("UPDATE runs SET start_time = 1")
    (record,) = rig.instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id]))

    check_run_timeout(rig.instance, record, logging.getLogger("monitoring"), 0.0)

    (said, *_) = rig.instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.PIPELINE_CANCELING).records
    assert TOO_LONG in said.event_log_entry.message


def test_the_report_has_open_batches_pages_that_changed_and_fares_in_another_currency(
    flying: Rig, site: FlightSite
) -> None:
    site.options = SiteOptions(page_bytes=0, changed="renamed")
    assert flying.run("scrape_due").success
    site.options = SiteOptions(page_bytes=0, currency="EUR")
    flying.rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now() WHERE watch_id = :id", id=TRIP)
    assert flying.run("scrape_due").success
    flying.rows(
        "INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations, done, failed) "
        "VALUES (:id, now(), 'scheduled', '{}', 12, 3, 1)",
        id=MATRIX,
    )

    checks = flying.checks(flying.run("fleet_report"))

    pulse = flying.materializations(dg.AssetKey("scrape_heartbeat"))[-1].asset_materialization
    assert pulse
    assert pulse.metadata["open_batches"].value == 1
    (batch,) = rows_of(pulse.metadata["batches"])
    assert (batch["watch_id"], batch["done"], batch["failed"], batch["combinations"]) == (MATRIX, "3", "1", "12")
    for name, count in {"offers_are_read": "unreadable", "fares_in_asked_currency": "in_another_currency"}.items():
        assert not checks[name].passed
        assert checks[name].severity == dg.AssetCheckSeverity.WARN
        assert (checks[name].metadata[count].value, checks[name].metadata["searches"].value) == (1, 2)
        assert [row["watch_id"] for row in rows_of(checks[name].metadata["examples"])] == [TRIP]


def rows_of(table: object) -> list[dict[str, Any]]:
    assert isinstance(table, dg.TableMetadataValue)
    return [dict(record.data) for record in table.records]


def test_the_calendar_is_recorded_at_night_while_there_is_a_watch_of_flights(rig: Rig) -> None:
    def asked() -> int:
        with dg.build_schedule_context(instance=rig.instance) as context:
            return len(refresh_calendar_schedule.evaluate_tick(context).run_requests or ())

    assert asked() == 0
    rig.instance.add_dynamic_partitions(FLIGHT_WATCHES_NAME, [TRIP])
    assert asked() == 1
