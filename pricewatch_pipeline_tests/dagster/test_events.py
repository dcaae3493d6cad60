"""The contract with Dagster's batch event API: one INSERT for many events, read back as they were written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.engine import Engine

from pricewatch_pipeline.defs.events import BATCH, PRICE_SNAPSHOTS, OnceLog, log_materializations, log_unless_known
from pricewatch_pipeline.domain.materializations import RecentPrice, SnapshotEvent
from pricewatch_pipeline_tests.support.dagster_rig import QUIET, Rig

SLOT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
EVENT = SnapshotEvent(
    watch_id="lamp",
    slot_at=SLOT,
    observed_at=SLOT + timedelta(seconds=2),
    price=Decimal("1299.9000"),
    currency="EUR",
    list_price=None,
    availability="InStock",
    url="https://shop.example/lamp",
    title="Eine Lampe",
    method="json-ld",
    confidence=0.9,
    reason=None,
    recent_prices=(RecentPrice(observed_at=SLOT.isoformat(), price="1299.9000", currency="EUR", availability=None),),
)


def log_in_a_run(rig: Rig, *batches: Sequence[SnapshotEvent], known: bool = False) -> str:
    """A run whose op logs these, one batch after the other; its id."""

    @dg.op
    def log(context: dg.OpExecutionContext) -> None:
        for batch in batches:
            (log_unless_known if known else log_materializations)(context, batch)

    @dg.job(executor_def=dg.in_process_executor)
    def logging_job() -> None:
        log()

    return logging_job.execute_in_process(instance=rig.instance, run_config=QUIET).run_id


@contextmanager
def statements_into(table: str) -> Iterator[list[str]]:
    """Every INSERT into a table that any engine of this process sends."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        statement = str(arguments[2])
        if statement.startswith(f"INSERT INTO {table} "):
            seen.append(statement)

    sqlalchemy_event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sqlalchemy_event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("events", "inserts"), [(0, 0), (1, 1), (50, 1), (BATCH, 1), (BATCH + 1, 2)])
def test_many_events_are_one_insert(rig: Rig, events: int, inserts: int) -> None:
    with statements_into("event_logs") as without:
        log_in_a_run(rig)
    with statements_into("event_logs") as with_events:
        log_in_a_run(rig, [replace(EVENT, watch_id=f"w{number}") for number in range(events)])

    assert len(with_events) - len(without) == inserts
    assert len(rig.materializations()) == events


def test_what_is_logged_comes_back_as_it_was_and_belongs_to_the_run(rig: Rig) -> None:
    run_id = log_in_a_run(rig, [EVENT])

    (record,) = rig.materializations()
    assert (record.run_id, record.partition_key) == (run_id, "lamp")
    assert record.event_log_entry.step_key == "log"
    assert record.event_log_entry.job_name == "logging_job"
    assert record.asset_materialization
    metadata = record.asset_materialization.metadata
    assert metadata["price"] == dg.FloatMetadataValue(1299.9)
    assert metadata["price_exact"] == dg.TextMetadataValue("1299.90 EUR")
    assert metadata["url"] == dg.UrlMetadataValue("https://shop.example/lamp")
    assert metadata["slot_at"] == dg.TimestampMetadataValue(SLOT.timestamp())
    assert metadata["title"] == dg.TextMetadataValue("Eine Lampe")
    assert "list_price" not in metadata, "what is not known is left out"
    assert rig.instance.get_latest_materialization_event(PRICE_SNAPSHOTS) is not None


def test_a_slot_that_its_partition_shows_or_has_gone_past_is_not_logged_again(rig: Rig) -> None:
    later = replace(EVENT, slot_at=SLOT + timedelta(hours=1))
    other = replace(EVENT, watch_id="kettle")
    log_in_a_run(rig, [EVENT])

    log_in_a_run(rig, [EVENT, other], known=True)
    assert sorted(record.partition_key or "" for record in rig.materializations()) == ["kettle", "lamp"]

    log_in_a_run(rig, [EVENT, later, other], known=True)
    log_in_a_run(rig, [EVENT, later, other], known=True)
    assert [record.partition_key for record in rig.materializations()] == ["lamp", "kettle", "lamp"]


def test_a_log_that_is_asked_again_does_not_log_twice(rig: Rig) -> None:
    @dg.op
    def log(context: dg.OpExecutionContext) -> None:
        once = OnceLog(context)
        once([EVENT])
        once([EVENT, replace(EVENT, watch_id="kettle")])

    @dg.job(executor_def=dg.in_process_executor)
    def logging_job() -> None:
        log()

    logging_job.execute_in_process(instance=rig.instance, run_config=QUIET)

    assert sorted(record.partition_key or "" for record in rig.materializations()) == ["kettle", "lamp"]


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ("0.0000", "0 EUR"),
        ("5.0000", "5 EUR"),
        ("5.5000", "5.50 EUR"),
        ("5.5510", "5.551 EUR"),
        ("1200.0000", "1200 EUR"),
    ],
)
def test_a_price_is_shown_without_the_zeros_of_the_columns_scale(rig: Rig, price: str, shown: str) -> None:
    log_in_a_run(rig, [replace(EVENT, price=Decimal(price))])

    record = rig.materializations()[0].asset_materialization
    assert record
    assert record.metadata["price_exact"].value == shown


def test_an_offer_without_a_price_shows_none(rig: Rig) -> None:
    log_in_a_run(rig, [replace(EVENT, price=None, availability="OutOfStock")])

    record = rig.materializations()[0].asset_materialization
    assert record
    assert record.metadata["availability"].value == "OutOfStock"
    assert {"price", "price_exact"}.isdisjoint(record.metadata)
