"""The dynamic partitions `watches`: one per watch. The table leads, the partitions mirror it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import dagster as dg

WATCHES = dg.DynamicPartitionsDefinition(name="watches")
DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_offset=1)
"""UTC days, today included."""

ACTIVE_STATUSES = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_CHUNK = 1000
_NAME = "watches"


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


def mirror_watches(instance: dg.DagsterInstance, wanted: Sequence[str]) -> PartitionChanges:
    """Make the partitions what the table says."""
    existing = instance.get_dynamic_partitions(_NAME)
    candidates = set(existing) - set(wanted)
    changes = partition_changes(existing, wanted, {key for key in candidates if _is_in_flight(instance, key)})
    for start in range(0, len(changes.to_add), _CHUNK):
        instance.add_dynamic_partitions(_NAME, changes.to_add[start : start + _CHUNK])
    for key in changes.to_remove:
        instance.delete_dynamic_partition(_NAME, key)
    return changes


def _is_in_flight(instance: dg.DagsterInstance, key: str) -> bool:
    return instance.get_runs_count(dg.RunsFilter(statuses=ACTIVE_STATUSES, tags={"dagster/partition": key})) > 0
