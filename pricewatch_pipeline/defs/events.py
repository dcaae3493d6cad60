"""The one adapter on Dagster's batch event API: many materializations of one asset in one statement.

A snapshot is told by `price_snapshots`; one of a flight watch, which is the lowest of many offers, by `flight_offers` too. Of an
insider watch, `insider_filings` and `insider_transactions` tell as well, also of a check that read filings and no price.

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

from pricewatch_pipeline.defs.filings_metadata import (
    INSIDER_FILINGS,
    INSIDER_TRANSACTIONS,
    filings_metadata,
    transactions_metadata,
)
from pricewatch_pipeline.defs.metadata import amount, exact, text_table
from pricewatch_pipeline.defs.offers_metadata import FLIGHT_OFFERS, offers_metadata
from pricewatch_pipeline.domain.materializations import RecentPrice, SnapshotEvent

PRICE_SNAPSHOTS = dg.AssetKey("price_snapshots")
TOLD_BY = (PRICE_SNAPSHOTS, FLIGHT_OFFERS, INSIDER_FILINGS, INSIDER_TRANSACTIONS)
"""The assets that tell of a check, in the order in which they follow from one another."""
SLOT = "slot_at"
BATCH = 500
RECENT_COLUMNS = ("observed_at", "price", "currency", "availability")


def log_materializations(
    context: dg.OpExecutionContext,
    events: Sequence[SnapshotEvent],
    *,
    assets: Collection[dg.AssetKey] = TOLD_BY,
    more: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Log one materialization per snapshot and asset that tells of it, as this run's; `more`: further metadata, by watch."""
    for asset in assets:
        told = [event for event in events if _tells(asset, event)]
        for start in range(0, len(told), BATCH):
            # One statement only when all entries are of one kind and asset.
            batch = [
                _entry(context, asset, event, more.get(event.watch_id, {})) for event in told[start : start + BATCH]
            ]
            context.instance.event_log_storage.store_event_batch(batch)


def log_unless_known(context: dg.OpExecutionContext, events: Sequence[SnapshotEvent]) -> None:
    """Log those snapshots whose partition does not show this slot or a later one yet: what a dead run left behind."""
    for asset in TOLD_BY:
        told = [event for event in events if _tells(asset, event)]
        known = _newest_slots(context.instance, asset, {event.watch_id for event in told})
        news = [event for event in told if event.slot_at.timestamp() > known.get(event.watch_id, -math.inf)]
        log_materializations(context, news, assets=[asset])


def _tells(asset: dg.AssetKey, event: SnapshotEvent) -> bool:
    if asset == PRICE_SNAPSHOTS:
        return event.has_snapshot
    return (event.offers if asset == FLIGHT_OFFERS else event.filings) is not None


class OnceLog:
    """Logs snapshots of this run; asked again, it first looks what the try before has brought in."""

    def __init__(self, context: dg.OpExecutionContext) -> None:
        self._context = context
        self._has_tried = False

    def __call__(self, events: Sequence[SnapshotEvent]) -> None:
        log = log_unless_known if self._has_tried else log_materializations
        self._has_tried = True
        log(self._context, events)


def metadata_for(asset: dg.AssetKey, event: SnapshotEvent) -> dict[str, Any]:
    """What a person sees of a snapshot in the UI, on the page of one of the assets that tell of it."""
    if asset == FLIGHT_OFFERS and event.offers is not None:
        said = offers_metadata(event.offers)
    elif asset == INSIDER_FILINGS and event.filings is not None:
        said = filings_metadata(event.filings)
    elif asset == INSIDER_TRANSACTIONS and event.filings is not None:
        said = transactions_metadata(event.filings)
    else:
        return _snapshot_metadata(event)
    about = {
        "url": dg.MetadataValue.url(event.url) if event.url else None,
        "observed_at": dg.MetadataValue.timestamp(event.observed_at),
        SLOT: dg.MetadataValue.timestamp(event.slot_at),
    }
    return said | {name: value for name, value in about.items() if value is not None}


def _snapshot_metadata(event: SnapshotEvent) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "price": amount(event.price),
        "price_exact": exact(event.price, event.currency),
        "currency": event.currency,
        "list_price": amount(event.list_price),
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


def _entry(
    context: dg.OpExecutionContext, asset: dg.AssetKey, event: SnapshotEvent, more: Mapping[str, Any]
) -> EventLogEntry:
    step_key = context.get_step_execution_context().step.key
    materialization = dg.AssetMaterialization(
        asset_key=asset, partition=event.watch_id, metadata={**metadata_for(asset, event), **more}
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


def _newest_slots(instance: dg.DagsterInstance, asset: dg.AssetKey, watch_ids: Collection[str]) -> Mapping[str, float]:
    """The slot of the newest materialization of each of these partitions of an asset, in two queries."""
    if not watch_ids:
        return {}
    newest = instance.get_latest_storage_id_by_partition(asset, DagsterEventType.ASSET_MATERIALIZATION, set(watch_ids))
    if not newest:
        return {}
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=asset, storage_ids=list(newest.values())), limit=len(newest)
    ).records
    return {record.partition_key: slot for record in records if record.partition_key and (slot := _slot_of(record))}


def _slot_of(record: dg.EventLogRecord) -> float | None:
    materialization = record.asset_materialization
    slot = materialization.metadata.get(SLOT) if materialization else None
    return slot.value if isinstance(slot, dg.TimestampMetadataValue) else None
