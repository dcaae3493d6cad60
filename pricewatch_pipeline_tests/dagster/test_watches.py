"""The asset `watches`: files, table and partitions say the same after each sync."""

import dagster as dg
import pytest

from pricewatch_pipeline.defs.partitions import live_partitions, partitions_of_runs
from pricewatch_pipeline_tests.support.dagster_rig import Rig

SHOP = "http://shop.example"
IN_FLIGHT = dg.DagsterRunStatus.STARTED


def archived(rig: Rig) -> set[str]:
    return {
        row["watch_id"] for row in rig.rows("SELECT watch_id FROM pricewatch.watches WHERE archived_at IS NOT NULL")
    }


def test_a_sync_makes_a_row_and_a_partition_of_every_watch_and_says_what_it_did(rig: Rig) -> None:
    rig.write_watches(SHOP, ["lamp", "kettle"])

    result = rig.run("sync_files")

    assert result.success
    assert set(live_partitions(rig.instance)) == {"lamp", "kettle"}
    (record,) = rig.materializations(dg.AssetKey("watches"))
    assert record.asset_materialization
    metadata = {name: entry.value for name, entry in record.asset_materialization.metadata.items()}
    assert metadata | {"watches": 2, "files": 1, "stores": 1, "created": 2, "partitions_added": 2} == metadata
    assert rig.checks(result)["watch_files_are_valid"].passed

    assert rig.run("sync_files").success
    assert len(live_partitions(rig.instance)) == 2


def test_a_broken_file_changes_nothing_of_its_own_and_the_check_says_where(rig: Rig) -> None:
    rig.write_watches(SHOP, ["lamp", "kettle"])
    assert rig.run("sync_files").success
    rig.write("shop.yaml", "watches:\n  - id: lamp\n    url: http://shop.example/lamp\n    evry: 5m\n")
    rig.write("other.yaml", {"watches": [{"id": "chair", "url": "http://other.example/chair"}]})

    result = rig.run("sync_files")

    assert result.success
    check = rig.checks(result)["watch_files_are_valid"]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.ERROR
    assert "shop.yaml:4:5" in str(check.metadata["errors"].value)
    assert "evry" in str(check.metadata["errors"].value)
    assert archived(rig) == set()
    assert set(live_partitions(rig.instance)) == {"lamp", "kettle", "chair"}


def test_a_watch_that_cannot_be_scheduled_is_a_warning_and_the_others_go_on(rig: Rig) -> None:
    watch = {"id": "never", "url": f"{SHOP}/never", "cron": "0 0 30 2 *"}
    rig.write("shop.yaml", {"watches": [watch, {"id": "lamp", "url": f"{SHOP}/lamp"}]})

    check = rig.checks(rig.run("sync_files"))["watch_files_are_valid"]

    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "never" in str(check.metadata["warnings"].value)
    assert set(live_partitions(rig.instance)) == {"never", "lamp"}


def test_a_folder_that_cannot_be_read_fails_the_run_and_changes_nothing(rig: Rig) -> None:
    rig.write_watches(SHOP, ["lamp"])
    assert rig.run("sync_files").success
    (rig.settings.watches / "shop.yaml").unlink()
    rig.settings.watches.rmdir()

    result = rig.run("sync_files")

    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert "there is no watch folder" in str(failure.step_failure_data.error)
    assert archived(rig) == set()
    assert live_partitions(rig.instance) == ["lamp"]


def test_a_watch_that_vanished_from_its_file_is_archived_and_loses_its_partition(rig: Rig) -> None:
    rig.write_watches(SHOP, ["lamp", "kettle"])
    assert rig.run("sync_files").success
    rig.write_watches(SHOP, ["lamp"])

    assert rig.run("sync_files").success

    assert archived(rig) == {"kettle"}
    assert live_partitions(rig.instance) == ["lamp"]


@pytest.mark.parametrize(
    "tags",
    [
        {"dagster/partition": "kettle"},
        {"dagster/asset_partition_range_start": "kettle", "dagster/asset_partition_range_end": "lamp"},
    ],
    ids=["one partition", "a range"],
)
def test_a_partition_that_a_run_works_on_stays_until_the_run_has_ended(rig: Rig, tags: dict[str, str]) -> None:
    rig.write_watches(SHOP, ["chair", "kettle", "lamp"])
    assert rig.run("sync_files").success
    run = rig.instance.add_run(dg.DagsterRun(job_name="__ASSET_JOB", status=IN_FLIGHT, tags=tags))
    rig.write_watches(SHOP, ["chair"])

    assert rig.run("sync_files").success
    kept = {"kettle"} if "dagster/partition" in tags else {"kettle", "lamp"}
    assert set(live_partitions(rig.instance)) == {"chair"} | kept

    rig.instance.report_run_canceled(run)
    assert rig.run("reconcile").success
    assert live_partitions(rig.instance) == ["chair"]


def test_a_range_is_what_lies_between_two_partitions_in_the_order_of_their_making() -> None:
    existing = ["c", "a", "d", "b"]

    def of(first: str, last: str) -> set[str]:
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        return partitions_of_runs(existing, [tags])

    assert of("a", "b") == {"a", "d", "b"}
    assert of("a", "a") == {"a"}
    assert of("a", "gone") == set()
    assert partitions_of_runs(existing, [{"dagster/partition": "gone"}, {}]) == set()
    assert partitions_of_runs(existing, [{"dagster/partition": "d"}, {"dagster/partition": "c"}]) == {"c", "d"}
