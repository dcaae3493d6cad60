"""The one adapter on Dagster's batch event API: many materializations of one asset in one statement.

`store_event_batch` is internal to Dagster but stable since 2024; one by one, the same events cost sixteen times as much
(docs/decisions/0005). A contract test holds this module to the Dagster version we pin.
"""

import time
from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.events.log import EventLogEntry

from pricewatch_pipeline.domain.materializations import SnapshotEvent

PRICE_SNAPSHOTS = dg.AssetKey("price_snapshots")
SLOT = "slot_at"
BATCH = 500


def log_materializations(context: dg.OpExecutionContext, events: Sequence[SnapshotEvent]) -> None:
    """Log one materialization of `price_snapshots` per snapshot, as this run's."""
    for start in range(0, len(events), BATCH):
        batch = [_entry(context, event) for event in events[start : start + BATCH]]
        context.instance.event_log_storage.store_event_batch(batch)


def log_unless_known(context: dg.OpExecutionContext, events: Sequence[SnapshotEvent]) -> None:
    """Log those snapshots whose partition does not show this slot or a later one yet: what a dead run left behind."""
    log_materializations(context, [event for event in events if not _is_known(context.instance, event)])


def snapshot_metadata(event: SnapshotEvent) -> dict[str, Any]:
    """What a person sees of a snapshot in the UI."""
    metadata: dict[str, Any] = {
        "price": dg.MetadataValue.float(float(event.price)) if event.price is not None else None,
        "price_exact": None if event.price is None else f"{event.price.normalize():f} {event.currency or ''}".strip(),
        "currency": event.currency,
        "list_price": dg.MetadataValue.float(float(event.list_price)) if event.list_price is not None else None,
        "availability": event.availability,
        "title": event.title,
        "url": dg.MetadataValue.url(event.url) if event.url else None,
        "observed_at": dg.MetadataValue.timestamp(event.observed_at),
        SLOT: dg.MetadataValue.timestamp(event.slot_at),
        "method": event.method,
        "reason": event.reason,
        "recent_prices": _recent_table(event),
    }
    return {name: value for name, value in metadata.items() if value is not None}


def _recent_table(event: SnapshotEvent) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord(
                {
                    "observed_at": recent.observed_at,
                    "price": recent.price or "",
                    "currency": recent.currency or "",
                    "availability": recent.availability or "",
                }
            )
            for recent in event.recent_prices
        ]
    )


def _entry(context: dg.OpExecutionContext, event: SnapshotEvent) -> EventLogEntry:
    step_key = context.get_step_execution_context().step.key
    materialization = dg.AssetMaterialization(
        asset_key=PRICE_SNAPSHOTS, partition=event.watch_id, metadata=snapshot_metadata(event)
    )
    return EventLogEntry(  # type: ignore[no-untyped-call]
        user_message="",
        level="INFO",
        job_name=context.job_name,
        run_id=context.run_id,
        error_info=None,
        timestamp=time.time(),
        step_key=step_key,
        dagster_event=DagsterEvent(
            event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=context.job_name,
            step_key=step_key,
            event_specific_data=StepMaterializationData(materialization, []),
        ),
    )


def _is_known(instance: dg.DagsterInstance, event: SnapshotEvent) -> bool:
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=PRICE_SNAPSHOTS, asset_partitions=[event.watch_id]), limit=1
    ).records
    materialization = found[0].asset_materialization if found else None
    slot = materialization.metadata.get(SLOT) if materialization else None
    return isinstance(slot, dg.TimestampMetadataValue) and (slot.value or 0) >= event.slot_at.timestamp()
