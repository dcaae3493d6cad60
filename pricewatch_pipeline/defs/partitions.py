"""The partitions: one per watch, of flights one per flight watch, and of insiders one per insider watch, mirroring the table,
which leads; and one per day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from pricewatch_pipeline.domain import flights, insiders
from pricewatch_pipeline.domain.sweeps import ZONE
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Connection

WATCHES_NAME, FLIGHT_WATCHES_NAME, INSIDER_WATCHES_NAME = "watches", "flight_watches", "insider_watches"
WATCHES = dg.DynamicPartitionsDefinition(name=WATCHES_NAME)
FLIGHT_WATCHES = dg.DynamicPartitionsDefinition(name=FLIGHT_WATCHES_NAME)
"""Those of `watches` that search for flights: no other is missing an offer of one."""
INSIDER_WATCHES = dg.DynamicPartitionsDefinition(name=INSIDER_WATCHES_NAME)
"""Those of `watches` that follow the insiders of a company."""
DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_offset=1)
"""UTC days, today included."""
TRADING_DAYS = dg.DailyPartitionsDefinition(start_date="2025-01-01", timezone=ZONE, end_offset=1)
"""Days of the exchange, today included."""

ACTIVE_STATUSES = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
STARTING_STATUSES = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
]
"""Of runs that have not taken anything up yet."""
_CHUNK = 1000


@dataclass(frozen=True, kw_only=True)
class PartitionChanges:
    """What makes the partitions equal to the table."""

    to_add: tuple[str, ...]
    to_remove: tuple[str, ...]


def partition_changes(existing: Collection[str], wanted: Sequence[str], in_flight: Collection[str]) -> PartitionChanges:
    """The difference; a partition that a run is working on stays until the next time."""
    have, want = set(existing), set(wanted)
    return PartitionChanges(
        to_add=tuple(key for key in wanted if key not in have),
        to_remove=tuple(sorted(key for key in have - want if key not in in_flight)),
    )


def wanted_partitions(connection: Connection) -> dict[str, list[str]]:
    """What the table says, by the name of the partitions: all watches first."""
    return {
        WATCHES_NAME: definitions.partition_keys(connection),
        FLIGHT_WATCHES_NAME: definitions.partition_keys(connection, provider=flights.PROVIDER),
        INSIDER_WATCHES_NAME: definitions.partition_keys(connection, provider=insiders.PROVIDER),
    }


def mirror_watches(instance: dg.DagsterInstance, wanted: Mapping[str, Sequence[str]]) -> PartitionChanges:
    """Make the partitions what the table says; what changed, with a watch that is in two of them told once."""
    changes = [_mirror(instance, name, keys) for name, keys in wanted.items()]
    return PartitionChanges(
        to_add=tuple(dict.fromkeys(key for each in changes for key in each.to_add)),
        to_remove=tuple(sorted({key for each in changes for key in each.to_remove})),
    )


def _mirror(instance: dg.DagsterInstance, name: str, wanted: Sequence[str]) -> PartitionChanges:
    existing = instance.get_dynamic_partitions(name)
    changes = partition_changes(existing, wanted, in_flight=())
    if changes.to_remove:
        active = instance.get_runs(dg.RunsFilter(statuses=ACTIVE_STATUSES))
        changes = partition_changes(existing, wanted, partitions_of_runs(existing, (run.tags for run in active)))
    for start in range(0, len(changes.to_add), _CHUNK):
        instance.add_dynamic_partitions(name, changes.to_add[start : start + _CHUNK])
    for key in changes.to_remove:
        instance.delete_dynamic_partition(name, key)
    return changes


def partitions_of_runs(existing: Sequence[str], tags_of_runs: Iterable[Mapping[str, str]]) -> set[str]:
    """The partitions that runs with these tags work on: one each, or a range in the order of `existing`."""
    found: set[str] = set()
    for tags in tags_of_runs:
        first, last = (
            tags.get(name, tags.get(PARTITION_NAME_TAG))
            for name in (ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG)
        )
        if first in existing and last in existing:
            found.update(existing[existing.index(first) : existing.index(last) + 1])
    return found


def range_tags(first: str, last: str) -> dict[str, str]:
    """The tags of a run over a range of partitions."""
    return {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}


def live_partitions(instance: dg.DagsterInstance, name: str = WATCHES_NAME) -> Sequence[str]:
    """The watches that have a partition of this name."""
    return instance.get_dynamic_partitions(name)
