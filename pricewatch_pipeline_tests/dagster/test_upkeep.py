"""Reconcile and maintenance: what a dead run left behind is made up for, once; what is old goes, what counts stays."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
import pytest

from pricewatch_pipeline.defs.events import OnceLog
from pricewatch_pipeline.defs.jobs import delete_old_runs
from pricewatch_pipeline.domain.materializations import SnapshotEvent
from pricewatch_pipeline.services.log_events import log_events
from pricewatch_pipeline.storage.dagster_log import prune_engine_events
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.dagster_rig import QUIET, Rig, metadata_of
from pricewatch_pipeline_tests.support.loopback import Server
from pricewatch_pipeline_tests.support.shelf import Shelf
from pricewatch_pipeline_tests.support.shop import product

LEFT_BEHIND = """
INSERT INTO pricewatch.pending_events (watch_id, slot_at, created_at)
SELECT watch_id, slot_at, now() - make_interval(secs => :age_s) FROM pricewatch.price_snapshots
"""


@pytest.fixture
def scraped(rig: Rig, shelf: Shelf, shop: Server) -> Rig:
    """Two watches, synchronised and checked once, each by a run; both in Dagster's log."""
    shelf.pages = {"lamp": product("1.00"), "kettle": product("2.00")}
    rig.write_watches(shop.base_url, ["lamp", "kettle"])
    assert rig.run("sync_files").success
    rig.make_due()
    assert rig.run("scrape_due").success
    return rig


def forget_materializations(rig: Rig) -> None:
    """As if the run had died before it logged."""
    rig.instance.wipe_assets([dg.AssetKey("price_snapshots")])
    assert rig.materializations() == []


def cut_off(rig: Rig) -> None:
    """End every connection to our database, from outside."""
    outside = Database(rig.settings.database_url or "")
    with outside.transaction() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    outside.close()


def age_runs(rig: Rig, days: int) -> None:
    with rig.instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql(f"UPDATE runs SET update_timestamp = update_timestamp - interval '{days} days'")


def test_a_snapshot_that_never_reached_the_log_is_logged_once(scraped: Rig) -> None:
    forget_materializations(scraped)
    scraped.rows(LEFT_BEHIND, age_s=600)

    result = scraped.run("reconcile")
    assert scraped.run("reconcile").success

    assert result.success
    records = scraped.materializations()
    assert sorted(record.partition_key or "" for record in records) == ["kettle", "lamp"]
    assert {record.run_id for record in records} == {result.run_id}
    assert {metadata_of(record)["price_exact"] for record in records} == {"1 EUR", "2 EUR"}
    assert scraped.rows("SELECT FROM pricewatch.pending_events") == []


def test_a_snapshot_that_was_logged_before_its_run_died_is_not_logged_twice(scraped: Rig) -> None:
    scraped.rows(LEFT_BEHIND, age_s=600)

    assert scraped.run("reconcile").success

    assert len(scraped.materializations()) == 2
    assert scraped.rows("SELECT FROM pricewatch.pending_events") == []


def test_the_next_scrape_does_not_log_again_what_a_dead_run_had_logged(scraped: Rig) -> None:
    scraped.rows(LEFT_BEHIND, age_s=600)
    scraped.make_due()

    assert scraped.run("scrape_due").success

    assert len(scraped.materializations()) == 4
    assert len(scraped.rows("SELECT FROM pricewatch.pending_events")) == 2, "left for reconcile, which looks first"


def test_a_snapshot_whose_run_may_still_log_it_is_left_alone(scraped: Rig) -> None:
    forget_materializations(scraped)
    scraped.rows(LEFT_BEHIND, age_s=10)

    assert scraped.run("reconcile").success

    assert scraped.materializations() == []
    assert len(scraped.rows("SELECT FROM pricewatch.pending_events")) == 2


def test_a_database_that_drops_out_between_log_and_outbox_neither_loses_nor_doubles(scraped: Rig) -> None:
    forget_materializations(scraped)
    scraped.rows(LEFT_BEHIND, age_s=600)
    calls = []

    @dg.op
    def log(context: dg.OpExecutionContext) -> None:
        once = OnceLog(context)

        def log_and_cut_off(events: Sequence[SnapshotEvent]) -> None:
            once(events)
            calls.append(len(events))
            if len(calls) == 1:
                cut_off(scraped)

        log_events(scraped.database, log_and_cut_off)

    @dg.job(executor_def=dg.in_process_executor)
    def logging_job() -> None:
        log()

    logging_job.execute_in_process(instance=scraped.instance, run_config=QUIET)

    assert calls == [2, 2]
    assert len(scraped.materializations()) == 2
    assert scraped.rows("SELECT FROM pricewatch.pending_events") == []


def test_reconcile_makes_the_partitions_what_the_table_says(scraped: Rig) -> None:
    scraped.instance.delete_dynamic_partition("watches", "lamp")
    scraped.instance.add_dynamic_partitions("watches", ["never-was"])

    assert scraped.run("reconcile").success

    assert set(scraped.instance.get_dynamic_partitions("watches")) == {"kettle", "lamp"}


def test_maintenance_runs_and_keeps_what_is_young(scraped: Rig) -> None:
    runs = scraped.instance.get_runs_count()

    assert scraped.run("maintenance").success

    assert scraped.instance.get_runs_count() == runs + 1
    assert len(scraped.materializations()) == 2
    months = scraped.rows("SELECT relname FROM pg_class WHERE relname ~ '^price_snapshots_[0-9]{4}_[0-9]{2}$'")
    assert len(months) >= 3


def test_what_old_runs_said_goes_and_what_partitions_and_checks_show_stays(scraped: Rig) -> None:
    runs = scraped.instance.get_runs()
    age_runs(scraped, days=8)
    young = scraped.run("scrape_due")
    lines_of_young = len(scraped.instance.all_logs(young.run_id))

    deleted = prune_engine_events(scraped.settings.dagster_database_url or "", keep=timedelta(days=7))

    assert deleted > 0
    left = {
        str(log.dagster_event_type.value if log.dagster_event_type else "line")
        for run in runs
        for log in scraped.instance.all_logs(run.run_id)
    }
    assert left == {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION"}
    assert len(scraped.instance.all_logs(young.run_id)) == lines_of_young
    assert {record.partition_key for record in scraped.materializations()} == {"lamp", "kettle"}


def test_the_log_of_a_run_in_progress_stays_however_old(scraped: Rig) -> None:
    run = scraped.instance.add_run(dg.DagsterRun(job_name="scrape_due", status=dg.DagsterRunStatus.STARTED))
    scraped.instance.report_engine_event("still here", run)
    age_runs(scraped, days=30)

    prune_engine_events(scraped.settings.dagster_database_url or "", keep=timedelta(days=7))

    assert len(scraped.instance.all_logs(run.run_id)) == 1


def test_runs_older_than_partition_history_go_and_snapshots_stay(scraped: Rig) -> None:
    age_runs(scraped, days=91)
    in_progress = scraped.instance.add_run(dg.DagsterRun(job_name="scrape_due", status=dg.DagsterRunStatus.STARTED))
    young = scraped.run("scrape_due")

    deleted = delete_old_runs(scraped.instance, keep=timedelta(days=90))

    assert deleted == 2
    assert {run.run_id for run in scraped.instance.get_runs()} == {in_progress.run_id, young.run_id}
    assert len(scraped.rows("SELECT FROM pricewatch.price_snapshots")) == 2
