"""What the command line runs as Dagster runs, in its own process: a check by hand is a run like any other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.build import build_definitions
from pricewatch_pipeline.defs.failures import first_cause, is_interruption
from pricewatch_pipeline.defs.instance import opened_instance
from pricewatch_pipeline.defs.partitions import PartitionChanges, mirror_watches, wanted_partitions
from pricewatch_pipeline.defs.resources import observer_resource
from pricewatch_pipeline.services.check_watches import Observer
from pricewatch_pipeline.services.dagster_home import dagster_environment, prepare_dagster_home
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.settings import set_for_this_process

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, kw_only=True)
class CommandRun:
    """A run that a command made."""

    run_id: str
    is_success: bool
    error: str | None = None
    """Why the run failed, in one sentence."""


@contextmanager
def dagster_instance(pipeline: Pipeline) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance of this home. From here on this process finds the open databases in its environment."""
    home = prepare_dagster_home(pipeline.settings)
    set_for_this_process(dagster_environment(pipeline.settings, pipeline.databases))
    with opened_instance(home, pipeline.databases.dagster_url) as instance:
        yield instance


def mirror(pipeline: Pipeline, instance: dg.DagsterInstance) -> PartitionChanges:
    """Make the dynamic partitions what the table of watches says."""
    return mirror_watches(instance, pipeline.database.run(wanted_partitions))


def run_checks(
    instance: dg.DagsterInstance,
    watch_ids: Sequence[str],
    observer: Observer,
    *,
    moves_schedule: bool = False,
    query: Mapping[str, Any] | None = None,
) -> CommandRun:
    """Check these watches in a run of `check_watches`; it fails only when none of them has a price. `query` says fields of
    their queries in place of what the watches say."""
    fields = {name: str(value) for name, value in (query or {}).items()}
    asked = {"watch_ids": list(watch_ids), "moves_schedule": moves_schedule, "query": fields}
    return _run(instance, "check_watches", observer, {"ops": {"check_asked": {"config": asked}}})


def run_due(instance: dg.DagsterInstance, observer: Observer, *, are_batches_due: Callable[[], bool]) -> CommandRun:
    """Check what is due in a run of `scrape_due`, then batches in one of `check_batches`, as the sensors would; the last run."""
    run = _run(instance, "scrape_due", observer, {})
    return _run(instance, "check_batches", observer, {}) if run.is_success and are_batches_due() else run


def _run(instance: dg.DagsterInstance, job: str, observer: Observer, config: dict[str, object]) -> CommandRun:
    definition = build_definitions(observer=observer_resource(observer)).resolve_job_def(job)
    result = definition.execute_in_process(run_config={**config, **_QUIET}, instance=instance, raise_on_error=False)
    failures = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    if is_interruption(failures):
        raise KeyboardInterrupt
    return CommandRun(run_id=result.run_id, is_success=result.success, error=first_cause(failures))
