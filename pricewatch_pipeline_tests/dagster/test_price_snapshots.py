"""The asset `price_snapshots`, materialized by hand: one partition, a range; some of them failing."""

from typing import Any

import dagster as dg
import pytest

from pricewatch_pipeline.defs.events import PRICE_SNAPSHOTS
from pricewatch_pipeline.defs.partitions import range_tags
from pricewatch_pipeline_tests.support.dagster_rig import Rig, metadata_of
from pricewatch_pipeline_tests.support.loopback import Server
from pricewatch_pipeline_tests.support.shelf import Shelf
from pricewatch_pipeline_tests.support.shop import product

WATCHES = ["chair", "kettle", "lamp"]
ALL_OF_THEM = range_tags("chair", "lamp")


@pytest.fixture
def stocked(rig: Rig, shelf: Shelf, shop: Server) -> Rig:
    """Three watches with a page each, none of them due."""
    shelf.pages = {watch_id: product(f"{number}.50", name=watch_id) for number, watch_id in enumerate(WATCHES, 1)}
    rig.sync(shop.base_url, *WATCHES)
    rig.rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour'")
    return rig


def failure_of(result: dg.ExecuteInProcessResult) -> dg.Failure | Any:
    (event,) = result.get_step_failure_events()
    return event.step_failure_data


def test_one_partition_is_checked_now_and_says_its_price(stocked: Rig) -> None:
    result = stocked.materialize(PRICE_SNAPSHOTS, partition_key="kettle")

    assert result.success
    (record,) = stocked.materializations()
    assert (record.partition_key, record.run_id) == ("kettle", result.run_id)
    assert metadata_of(record)["price_exact"] == "2.50 EUR"
    (snapshot,) = stocked.rows("SELECT * FROM pricewatch.price_snapshots")
    assert (snapshot["watch_id"], snapshot["run_id"]) == ("kettle", result.run_id)


def test_a_check_by_hand_has_a_slot_of_its_own_and_does_not_move_the_schedule(stocked: Rig) -> None:
    schedule = "SELECT watch_id, slot_at, next_due_at, attempt, consecutive_failures FROM pricewatch.watches ORDER BY 1"
    before = stocked.rows(schedule)

    assert stocked.materialize(PRICE_SNAPSHOTS, partition_key="kettle").success
    assert stocked.materialize(PRICE_SNAPSHOTS, partition_key="kettle").success

    assert stocked.rows(schedule) == before
    checks = stocked.rows("SELECT DISTINCT slot_at, kind FROM pricewatch.checks")
    assert [check["kind"] for check in checks] == ["manual", "manual"]


def test_a_range_is_one_run_and_each_partition_says_its_own_price(stocked: Rig) -> None:
    result = stocked.materialize(PRICE_SNAPSHOTS, tags=ALL_OF_THEM)

    assert result.success
    prices = {record.partition_key: metadata_of(record)["price_exact"] for record in stocked.materializations()}
    assert prices == {"chair": "1.50 EUR", "kettle": "2.50 EUR", "lamp": "3.50 EUR"}


def test_one_that_fails_in_a_range_fails_the_run_by_name_and_the_others_are_materialized(
    stocked: Rig, shelf: Shelf
) -> None:
    del shelf.pages["kettle"]

    result = stocked.materialize(PRICE_SNAPSHOTS, tags=ALL_OF_THEM)

    assert not result.success
    message = str(failure_of(result).error)
    assert "1 of 3 checks ended without a price: kettle: not_found" in message
    assert "chair" not in message
    assert {record.partition_key for record in stocked.materializations()} == {"chair", "lamp"}
    assert {record.run_id for record in stocked.materializations()} == {result.run_id}
    assert stocked.rows("SELECT FROM pricewatch.pending_events") == []


def test_a_single_partition_that_fails_is_not_materialized(stocked: Rig, shelf: Shelf) -> None:
    del shelf.pages["kettle"]

    result = stocked.materialize(PRICE_SNAPSHOTS, partition_key="kettle")

    assert not result.success
    assert "kettle: not_found" in str(failure_of(result).error)
    assert stocked.materializations() == []
    assert stocked.rows("SELECT outcome FROM pricewatch.checks") == [{"outcome": "not_found"}]


def test_a_partition_whose_watch_is_gone_says_so_and_checks_nothing(stocked: Rig) -> None:
    stocked.rows("UPDATE pricewatch.watches SET archived_at = now() WHERE watch_id = 'kettle'")

    result = stocked.materialize(PRICE_SNAPSHOTS, tags=ALL_OF_THEM)

    assert not result.success
    assert "watch 'kettle' is archived" in str(failure_of(result).error)
    assert stocked.rows("SELECT FROM pricewatch.checks") == []


def test_what_dagster_logs_itself_leaves_the_outbox_without_being_logged_again(stocked: Rig) -> None:
    assert stocked.materialize(PRICE_SNAPSHOTS, tags=ALL_OF_THEM).success
    assert len(stocked.rows("SELECT FROM pricewatch.pending_events")) == 3
    stocked.rows("UPDATE pricewatch.pending_events SET created_at = now() - interval '1 hour'")

    assert stocked.run("reconcile").success

    assert stocked.rows("SELECT FROM pricewatch.pending_events") == []
    assert len(stocked.materializations()) == 3


@pytest.mark.parametrize(("moves", "is_moved"), [(False, False), (True, True)])
def test_the_job_of_the_command_line_checks_what_it_is_told(stocked: Rig, moves: bool, is_moved: bool) -> None:
    config = {"watch_ids": ["lamp", "chair"], "moves_schedule": moves}
    before = stocked.rows("SELECT watch_id, next_due_at FROM pricewatch.watches ORDER BY 1")

    result = stocked.run("check_watches", run_config={"ops": {"check_asked": {"config": config}}})

    assert result.success
    assert {record.partition_key for record in stocked.materializations()} == {"chair", "lamp"}
    after = stocked.rows("SELECT watch_id, next_due_at FROM pricewatch.watches ORDER BY 1")
    moved = {old["watch_id"] for old, new in zip(before, after, strict=True) if old != new}
    assert moved == ({"chair", "lamp"} if is_moved else set())


@pytest.mark.parametrize(("gone", "is_success"), [(["lamp"], True), (["lamp", "chair"], False)])
def test_it_fails_only_when_nothing_has_a_price(stocked: Rig, shelf: Shelf, gone: list[str], is_success: bool) -> None:
    for watch_id in gone:
        del shelf.pages[watch_id]

    result = stocked.run(
        "check_watches", run_config={"ops": {"check_asked": {"config": {"watch_ids": ["lamp", "chair"]}}}}
    )

    assert result.success is is_success
