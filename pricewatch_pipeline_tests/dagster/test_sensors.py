"""The sensors: when they ask for runs, for how many, and when they leave it."""

import time
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from pricewatch_pipeline.defs.alerting import FAILED_RUN_RESTS
from pricewatch_pipeline.defs.sensors import Room, due_watches, runs_needed, watch_files
from pricewatch_pipeline_tests.support.dagster_rig import Rig

SHOP = "http://shop.example"


def tick(
    rig: Rig, sensor: dg.SensorDefinition, before: SensorExecutionData | None = None, *, at: float | None = None
) -> SensorExecutionData:
    """Evaluate a sensor as the daemon does: with the cursor and the time of the tick before."""
    context = dg.SensorEvaluationContext(
        instance_ref=None,
        instance=rig.instance,
        resources=rig.definitions.get_repository_def().get_top_level_resources(),
        last_tick_completion_time=at,
        cursor=before.cursor if before else None,
    )
    with context:
        return sensor.evaluate_tick(context)


@pytest.fixture
def shop(rig: Rig) -> Rig:
    """Five watches that are due; a run takes two, and two runs may be in flight."""
    rig.sync(SHOP, *(f"w{number}" for number in range(5)))
    return rig


@pytest.fixture
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICEWATCH_BATCH_SIZE", "2")
    monkeypatch.setenv("PRICEWATCH_MAX_RUNS_IN_FLIGHT", "2")


@pytest.mark.parametrize(
    ("due", "live", "runs"),
    [(0, 0, 0), (1, 0, 1), (200, 0, 1), (201, 0, 2), (10_000, 0, 4), (10_000, 3, 1), (10_000, 4, 0), (10_000, 9, 0)],
)
def test_there_are_enough_runs_for_what_is_due_as_long_as_there_is_room(due: int, live: int, runs: int) -> None:
    assert runs_needed(due, Room(max_runs=4, live_runs=live, batch_size=200)) == runs


def test_nothing_due_asks_for_nothing(shop: Rig) -> None:
    shop.rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour'")

    data = tick(shop, due_watches)

    assert data.run_requests == []
    assert data.skip_message == "nothing is due"


@pytest.mark.usefixtures("batches_of_two")
def test_runs_are_asked_for_by_number_and_never_told_which_watches(shop: Rig) -> None:
    requests = [request for _ in range(2) for request in tick(shop, due_watches).run_requests or ()]

    assert len(requests) == 4
    assert len({request.run_key for request in requests}) == 4, "a key counts for ever"
    for request in requests:
        assert request.run_config == {}
        assert request.partition_key is None
        assert not [value for value in request.tags.values() if value.startswith("w")]


@pytest.mark.usefixtures("batches_of_two")
@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_runs_in_flight_take_room_and_those_of_other_jobs_do_not(shop: Rig, status: dg.DagsterRunStatus) -> None:
    shop.instance.add_run(dg.DagsterRun(job_name="scrape_due", status=status))
    shop.instance.add_run(dg.DagsterRun(job_name="scrape_due", status=dg.DagsterRunStatus.FAILURE))
    shop.instance.add_run(dg.DagsterRun(job_name="maintenance", status=status))
    assert len(tick(shop, due_watches).run_requests or ()) == 1

    shop.instance.add_run(dg.DagsterRun(job_name="scrape_due", status=status))

    assert tick(shop, due_watches).skip_message == "2 runs are in flight; no more than 2 may be"


def test_a_watch_that_is_claimed_is_not_due_until_its_lease_has_ended(shop: Rig) -> None:
    shop.rows(
        "UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = now() + interval '1 hour'"
    )
    assert tick(shop, due_watches).skip_message == "nothing is due"

    shop.rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 s'")

    assert len(tick(shop, due_watches).run_requests or ()) == 1


def test_a_database_that_is_away_makes_a_tick_skip_and_say_so(shop: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pricewatch_pipeline.defs.sensors.PATIENCE_S", 0.0)
    monkeypatch.setenv("PRICEWATCH_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/gone")

    data = tick(shop, due_watches)

    assert data.run_requests == []
    assert data.skip_message
    assert "127.0.0.1" in data.skip_message
    assert "secret" not in data.skip_message


def test_files_are_synced_when_they_changed_and_when_they_change_back(rig: Rig) -> None:
    rig.write_watches(SHOP, ["lamp"])
    first = tick(rig, watch_files)
    same = tick(rig, watch_files, first, at=1.0)
    rig.write_watches(SHOP, ["lamp", "kettle"])
    changed = tick(rig, watch_files, first, at=2.0)
    rig.write_watches(SHOP, ["lamp"])
    back = tick(rig, watch_files, changed, at=3.0)
    rig.write_watches(SHOP, ["lamp", "kettle"])
    again = tick(rig, watch_files, back, at=4.0)

    assert same.run_requests == []
    assert same.skip_message == "the watch files are as they were"
    asked = [request.run_key for data in (first, changed, back, again) for request in data.run_requests or ()]
    assert len(set(asked)) == 4, "a key counts for ever"


def test_a_folder_that_is_not_there_is_no_change(rig: Rig) -> None:
    rig.settings.watches.rmdir()

    data = tick(rig, watch_files)

    assert data.run_requests == []
    assert data.skip_message
    assert "PRICEWATCH_WATCHES_DIR" in data.skip_message


@pytest.mark.parametrize(("rest", "asks"), [(FAILED_RUN_RESTS, 1), (timedelta(0), 0)], ids=["rested", "too soon"])
def test_a_sync_that_failed_is_asked_for_again_after_a_while(rig: Rig, rest: timedelta, asks: int) -> None:
    rig.write_watches(SHOP, ["lamp"])
    before = tick(rig, watch_files)
    run = rig.instance.add_run(dg.DagsterRun(job_name="sync_files", status=dg.DagsterRunStatus.STARTED))
    rig.instance.report_run_failed(run)
    with rig.instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("UPDATE runs SET end_time = %s", (time.time() - rest.total_seconds(),))

    assert len(tick(rig, watch_files, before, at=1.0).run_requests or ()) == asks


def test_a_sync_that_succeeded_after_one_that_failed_is_enough(rig: Rig) -> None:
    rig.write_watches(SHOP, ["lamp"])
    before = tick(rig, watch_files)
    rig.instance.report_run_failed(
        rig.instance.add_run(dg.DagsterRun(job_name="sync_files", status=dg.DagsterRunStatus.STARTED))
    )
    assert rig.run("sync_files").success

    assert tick(rig, watch_files, before, at=1.0).run_requests == []
