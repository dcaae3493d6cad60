"""The job `scrape_due`, executed: what is due is checked, and Dagster's log shows what was stored."""

from collections import Counter

import dagster as dg
import pytest

from pricewatch_pipeline.defs.fleet import SCRAPE_HEARTBEAT
from pricewatch_pipeline_tests.support.dagster_rig import Rig, metadata_of, partitions_by_status
from pricewatch_pipeline_tests.support.loopback import Server, html
from pricewatch_pipeline_tests.support.shelf import Shelf
from pricewatch_pipeline_tests.support.shop import product


def test_a_snapshot_is_a_materialization_of_its_watch_that_says_the_price(rig: Rig, shelf: Shelf, shop: Server) -> None:
    shelf.pages = {"lamp": product("19.90", name="A lamp"), "kettle": product("1234.5", currency="PLN")}
    rig.sync(shop.base_url, "lamp", "kettle")

    result = rig.run("scrape_due")

    assert result.success
    records = {record.partition_key: record for record in rig.materializations()}
    assert set(records) == {"lamp", "kettle"}
    assert {record.run_id for record in records.values()} == {result.run_id}
    lamp = metadata_of(records["lamp"])
    assert lamp["price"] == pytest.approx(19.9)
    assert (lamp["price_exact"], lamp["currency"], lamp["availability"]) == ("19.90 EUR", "EUR", "InStock")
    assert (lamp["title"], lamp["url"]) == ("A lamp", shop.url("/lamp"))
    assert metadata_of(records["kettle"])["price_exact"] == "1234.50 PLN"
    assert rig.rows("SELECT * FROM pricewatch.pending_events") == []


def test_a_watch_that_fails_has_a_row_in_the_ledger_and_no_materialization(
    rig: Rig, shelf: Shelf, shop: Server
) -> None:
    shelf.pages = {"lamp": product("19.90")}
    rig.sync(shop.base_url, "lamp", "gone")

    result = rig.run("scrape_due")

    assert result.success
    outcomes = rig.rows("SELECT watch_id, outcome, run_id FROM pricewatch.checks ORDER BY watch_id")
    assert [(row["watch_id"], row["outcome"]) for row in outcomes] == [("gone", "not_found"), ("lamp", "ok")]
    assert {row["run_id"] for row in outcomes} == {result.run_id}
    assert partitions_by_status(rig) == {"materialized": {"lamp"}, "failed": set()}


def test_partition_health_follows_watches_that_come_later(rig: Rig, shelf: Shelf, shop: Server) -> None:
    shelf.pages = {"lamp": product("1.00"), "kettle": product("2.00")}
    rig.sync(shop.base_url, "lamp")
    assert rig.run("scrape_due").success
    assert partitions_by_status(rig)["materialized"] == {"lamp"}

    rig.sync(shop.base_url, "lamp", "kettle")
    assert rig.run("scrape_due").success

    assert partitions_by_status(rig)["materialized"] == {"lamp", "kettle"}


def test_each_run_leaves_a_pulse_with_the_numbers_of_the_fleet(rig: Rig, shelf: Shelf, shop: Server) -> None:
    shelf.pages = {"lamp": product("19.90")}
    rig.sync(shop.base_url, "lamp", "gone")

    assert rig.run("scrape_due").success

    (pulse,) = rig.materializations(SCRAPE_HEARTBEAT)
    metadata = metadata_of(pulse)
    expected = {"watches": 2, "active": 2, "failing": 1, "due": 0, "checks_last_hour": 2, "run_checks": 2}
    assert metadata | expected == metadata
    assert metadata["success_ratio_last_hour"] == pytest.approx(0.5)


def test_with_nothing_due_a_run_ends_well_and_logs_only_the_pulse(rig: Rig) -> None:
    assert rig.run("scrape_due").success

    assert rig.materializations() == []
    assert len(rig.materializations(SCRAPE_HEARTBEAT)) == 1


def test_what_a_run_writes_into_dagsters_log_does_not_grow_but_for_materializations(
    rig: Rig, shelf: Shelf, shop: Server
) -> None:
    watch_ids = [f"w{number}" for number in range(60)]
    shelf.pages = {watch_id: product("5.00") for watch_id in watch_ids}

    def events_of_a_run() -> Counter[str]:
        logs = rig.instance.all_logs(rig.run("scrape_due").run_id)
        return Counter(str(log.dagster_event_type.value if log.dagster_event_type else "log line") for log in logs)

    rig.sync(shop.base_url, "w0")
    few = events_of_a_run()
    rig.sync(shop.base_url, *watch_ids)
    many = events_of_a_run()

    assert few["ASSET_MATERIALIZATION"] == 1 + 1
    assert many["ASSET_MATERIALIZATION"] == 60 + 1
    assert many.total() - 60 == few.total() - 1
    assert few.total() <= 16


def test_recent_prices_show_how_a_price_went(rig: Rig, shelf: Shelf, shop: Server) -> None:
    for price in ("10.00", "12.00", "9.50"):
        shelf.pages = {"lamp": product(price)}
        rig.sync(shop.base_url, "lamp")
        assert rig.run("scrape_due").success

    table = rig.materializations()[-1].asset_materialization
    assert table
    recent = table.metadata["recent_prices"]
    assert isinstance(recent, dg.TableMetadataValue)
    assert [row.data["price"] for row in recent.records] == ["9.50", "12", "10"]


def test_under_changes_only_what_is_new_is_logged_and_every_snapshot_is_stored(
    rig: Rig, shelf: Shelf, shop: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICEWATCH_MATERIALIZATION_EVENTS", "changes")
    for price in ("10.00", "10.00", "10.00", "9.50"):
        shelf.pages = {"lamp": product(price)}
        rig.sync(shop.base_url, "lamp")
        assert rig.run("scrape_due").success

    assert [metadata_of(record)["price_exact"] for record in rig.materializations()] == ["10 EUR", "9.50 EUR"]
    assert len(rig.rows("SELECT FROM pricewatch.price_snapshots")) == 4
    assert rig.rows("SELECT FROM pricewatch.pending_events") == []


def test_a_price_that_cannot_be_read_is_never_shown_as_a_number(rig: Rig, shelf: Shelf, shop: Server) -> None:
    shelf.pages = {"lamp": html("<h1>A lamp</h1><p>Ask us for our price.</p>" * 20)}
    rig.sync(shop.base_url, "lamp")

    assert rig.run("scrape_due").success

    assert rig.materializations() == []
    assert rig.rows("SELECT FROM pricewatch.price_snapshots") == []
