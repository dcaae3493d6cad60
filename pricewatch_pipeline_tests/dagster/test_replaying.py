"""Stored pages read again by runs of `price_snapshots` that a tag tells to."""

import json
import subprocess
import sys

import pytest

from pricewatch_pipeline.defs.events import PRICE_SNAPSHOTS
from pricewatch_pipeline.defs.partitions import range_tags
from pricewatch_pipeline.defs.replaying import REPLAY, REPLAY_SINCE, replay_mode
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline_tests.support.dagster_rig import Rig, metadata_of
from pricewatch_pipeline_tests.support.loopback import Server
from pricewatch_pipeline_tests.support.old_reader import check_with
from pricewatch_pipeline_tests.support.shelf import Shelf
from pricewatch_pipeline_tests.support.shop import product

WATCHES = ["chair", "kettle", "lamp"]
ALL_OF_THEM = range_tags("chair", "lamp")
PRICES = "SELECT watch_id, price::text FROM analytics.price_snapshots ORDER BY watch_id"


@pytest.fixture
def misread(rig: Rig, shelf: Shelf, shop: Server) -> Rig:
    """Three watches; chair and lamp were read as 199 EUR, kettle as what its page says."""
    shelf.pages = {watch_id: product(f"{number}.50", name=watch_id) for number, watch_id in enumerate(WATCHES, 1)}
    rig.sync(shop.base_url, *WATCHES)
    rig.rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour'")
    check_with(rig.database, ids=["chair", "lamp"])
    check_with(rig.database, lambda reading: reading, ids=["kettle"])
    shop.requests.clear()
    return rig


def prices(rig: Rig) -> list[str]:
    return [row["price"] for row in rig.rows(PRICES)]


def test_applied_each_partition_says_its_price_and_what_was_corrected_and_no_shop_is_asked(
    misread: Rig, shop: Server
) -> None:
    result = misread.materialize(PRICE_SNAPSHOTS, tags={**ALL_OF_THEM, REPLAY: "apply"})

    assert result.success
    assert prices(misread) == ["1.5000", "2.5000", "3.5000"]
    found = {record.partition_key: metadata_of(record) for record in misread.materializations()}
    assert {name: (entry["price_exact"], entry["replay_changes"]) for name, entry in found.items()} == {
        "chair": ("1.50 EUR", 1),
        "kettle": ("2.50 EUR", 0),
        "lamp": ("3.50 EUR", 1),
    }
    (row,) = found["lamp"]["replay_table"].records
    assert row.data["changes"] == "price: 199 -> 3.50"
    assert shop.requests == []
    assert misread.rows("SELECT DISTINCT run_id FROM pricewatch.snapshot_corrections") == [{"run_id": result.run_id}]


def test_shown_nothing_changes_and_each_partition_says_what_would(misread: Rig) -> None:
    result = misread.materialize(PRICE_SNAPSHOTS, tags={**ALL_OF_THEM, REPLAY: "show"})

    assert result.success
    assert prices(misread) == ["199.0000", "2.5000", "199.0000"]
    found = {record.partition_key: metadata_of(record) for record in misread.materializations()}
    assert {name: entry["replay_changes"] for name, entry in found.items()} == {"chair": 1, "kettle": 0, "lamp": 1}
    assert (found["lamp"]["replay"], found["lamp"]["price_exact"]) == ("show", "199 EUR")


def test_a_partition_that_never_had_a_price_is_not_materialized(misread: Rig) -> None:
    misread.rows("DELETE FROM pricewatch.price_snapshots WHERE watch_id = 'kettle'")
    misread.rows("DELETE FROM pricewatch.checks WHERE watch_id = 'kettle'")
    assert misread.materialize(PRICE_SNAPSHOTS, tags={**ALL_OF_THEM, REPLAY: "apply"}).success
    assert {record.partition_key for record in misread.materializations()} == {"chair", "lamp"}


def test_a_second_run_over_the_same_partitions_has_nothing_to_do(misread: Rig) -> None:
    for _ in range(2):
        assert misread.materialize(PRICE_SNAPSHOTS, tags={**ALL_OF_THEM, REPLAY: "apply"}).success
    assert [metadata_of(record)["replay_changes"] for record in misread.materializations()[3:]] == [0, 0, 0]
    assert len(misread.rows("SELECT FROM pricewatch.snapshot_corrections")) == 2


def test_the_job_shows_one_partition_unless_its_tag_says_apply(misread: Rig) -> None:
    assert misread.run("replay_pages", partition_key="lamp").success
    assert prices(misread)[2] == "199.0000"
    assert misread.run("replay_pages", partition_key="lamp", tags={REPLAY: "apply"}).success
    assert prices(misread) == ["199.0000", "2.5000", "3.5000"]


def test_only_checks_of_a_span_are_read_again(misread: Rig) -> None:
    assert misread.run("replay_pages", partition_key="lamp", tags={REPLAY: "apply", REPLAY_SINCE: "2100-01-01"}).success
    assert prices(misread)[2] == "199.0000"


def test_a_page_that_cannot_be_read_fails_the_run_and_the_others_are_corrected(misread: Rig) -> None:
    misread.rows("""
        UPDATE pricewatch.pages SET content = '\\x28b52ffd00'
        WHERE sha256 = (SELECT page_sha256 FROM pricewatch.checks WHERE watch_id = 'chair')
    """)

    result = misread.materialize(PRICE_SNAPSHOTS, tags={**ALL_OF_THEM, REPLAY: "apply"})

    assert not result.success
    (event,) = result.get_step_failure_events()
    assert "1 of 3 pages could not be read again: chair" in str(event.step_failure_data.error)
    assert {record.partition_key for record in misread.materializations()} == {"kettle", "lamp"}


@pytest.mark.parametrize(
    ("tags", "says"),
    [({REPLAY: "aply"}, "may say 'show' or 'apply'"), ({REPLAY: "show", REPLAY_SINCE: "soon"}, "neither a time span")],
)
def test_a_tag_that_says_something_else_fails_the_run_and_checks_nothing(
    misread: Rig, shop: Server, tags: dict[str, str], says: str
) -> None:
    result = misread.materialize(PRICE_SNAPSHOTS, partition_key="lamp", tags=tags)
    (event,) = result.get_step_failure_events()
    assert says in str(event.step_failure_data.error)
    assert shop.requests == []


def test_without_the_tag_a_run_checks_as_ever() -> None:
    assert replay_mode({"dagster/partition": "lamp"}) is None
    with pytest.raises(ConfigurationError):
        replay_mode({REPLAY: ""})


def test_a_command_replays_a_watch_as_a_run(misread: Rig) -> None:
    tags = json.dumps({REPLAY: "apply", "dagster/partition": "lamp"})
    command = ["dagster", "job", "execute", "-m", "pricewatch_pipeline.definitions", "-j", "replay_pages"]
    done = subprocess.run(
        [sys.executable, "-m", "pricewatch_pipeline.cli.main", *command, "--tags", tags],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert prices(misread) == ["199.0000", "2.5000", "3.5000"]
