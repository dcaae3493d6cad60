"""The one adapter on Dagster's batch event API: many materializations of one asset in one statement.

`store_event_batch` is internal to Dagster but stable since 2024; one by one, the same events cost sixteen times as much
(docs/decisions/0005). A contract test holds this module to the Dagster version we pin.
"""

import math
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.events.log import EventLogEntry

from pricewatch_pipeline.defs.metadata import plain, text_table
from pricewatch_pipeline.domain.materializations import RecentPrice, SnapshotEvent

PRICE_SNAPSHOTS = dg.AssetKey("price_snapshots")
SLOT = "slot_at"
BATCH = 500
RECENT_COLUMNS = ("observed_at", "price", "currency", "availability")


def log_materializations(
    context: dg.OpExecutionContext,
    events: Sequence[SnapshotEvent],
    *,
    more: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Log one materialization of `price_snapshots` per snapshot, as this run's; `more`: further metadata, by watch."""
    for start in range(0, len(events), BATCH):
        batch = [_entry(context, event, more.get(event.watch_id, {})) for event in events[start : start + BATCH]]
        context.instance.event_log_storage.store_event_batch(batch)


def log_unless_known(context: dg.OpExecutionContext, events: Sequence[SnapshotEvent]) -> None:
    """Log those snapshots whose partition does not show this slot or a later one yet: what a dead run left behind."""
    known = _newest_slots(context.instance, {event.watch_id for event in events})
    log_materializations(
        context, [event for event in events if event.slot_at.timestamp() > known.get(event.watch_id, -math.inf)]
    )


class OnceLog:
    """Logs snapshots of this run; asked again, it first looks what the try before has brought in."""

    def __init__(self, context: dg.OpExecutionContext) -> None:
        self._context = context
        self._has_tried = False

    def __call__(self, events: Sequence[SnapshotEvent]) -> None:
        log = log_unless_known if self._has_tried else log_materializations
        self._has_tried = True
        log(self._context, events)


def snapshot_metadata(event: SnapshotEvent) -> dict[str, Any]:
    """What a person sees of a snapshot in the UI."""
    metadata: dict[str, Any] = {
        "price": dg.MetadataValue.float(float(event.price)) if event.price is not None else None,
        "price_exact": None if event.price is None else f"{plain(event.price)} {event.currency or ''}".strip(),
        "currency": event.currency,
        "list_price": dg.MetadataValue.float(float(event.list_price)) if event.list_price is not None else None,
        "availability": event.availability,
        "title": event.title,
        "url": dg.MetadataValue.url(event.url) if event.url else None,
        "observed_at": dg.MetadataValue.timestamp(event.observed_at),
        SLOT: dg.MetadataValue.timestamp(event.slot_at),
        "method": event.method,
        "reason": event.reason,
        "recent_prices": text_table(RECENT_COLUMNS, map(_recent_row, event.recent_prices)),
    }
    return {name: value for name, value in metadata.items() if value is not None}


def _recent_row(recent: RecentPrice) -> dict[str, Any]:
    return {
        "observed_at": datetime.fromisoformat(recent.observed_at),
        "price": None if recent.price is None else Decimal(recent.price),
        "currency": recent.currency,
        "availability": recent.availability,
    }


def _entry(context: dg.OpExecutionContext, event: SnapshotEvent, more: Mapping[str, Any]) -> EventLogEntry:
    step_key = context.get_step_execution_context().step.key
    materialization = dg.AssetMaterialization(
        asset_key=PRICE_SNAPSHOTS, partition=event.watch_id, metadata={**snapshot_metadata(event), **more}
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


def _newest_slots(instance: dg.DagsterInstance, watch_ids: Collection[str]) -> Mapping[str, float]:
    """The slot of the newest materialization of each of these partitions, in two queries."""
    newest = instance.get_latest_storage_id_by_partition(
        PRICE_SNAPSHOTS, DagsterEventType.ASSET_MATERIALIZATION, set(watch_ids)
    )
    if not newest:
        return {}
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=PRICE_SNAPSHOTS, storage_ids=list(newest.values())), limit=len(newest)
    ).records
    return {record.partition_key: slot for record in records if record.partition_key and (slot := _slot_of(record))}


def _slot_of(record: dg.EventLogRecord) -> float | None:
    materialization = record.asset_materialization
    slot = materialization.metadata.get(SLOT) if materialization else None
    return slot.value if isinstance(slot, dg.TimestampMetadataValue) else None
