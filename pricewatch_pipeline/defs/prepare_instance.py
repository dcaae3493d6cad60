"""Run before each start of the code server, as a module: Dagster's tables are there and current, no run is left that
nobody executes any more (Dagster itself would keep such a run as started until its longest run time is over), and the
watch files are in the table, so that the first tick of `due_watches` finds what is due.
"""

import json
import socket
import sys
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.storage.tags import GRPC_INFO_TAG

from pricewatch_pipeline.defs.instance import opened_instance
from pricewatch_pipeline.defs.partitions import mirror_watches, wanted_partitions
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.settings import load_settings

EXECUTING = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
CONNECT_TIMEOUT_S = 2.0


def end_lost_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail every run in progress whose code server does not answer any more; returns their ids.

    Runs that other launchers started, or that execute in the process of a command, are not ours to judge.
    """
    lost = [run for run in instance.get_runs(dg.RunsFilter(statuses=EXECUTING)) if _is_lost(run.tags)]
    for run in lost:
        if run.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run)
        else:
            instance.report_run_failed(run, "The process that executed this run is gone.")
    return [run.run_id for run in lost]


def _is_lost(tags: Mapping[str, str]) -> bool:
    info = tags.get(GRPC_INFO_TAG)
    return info is not None and not _answers(json.loads(info))


def _answers(server: Mapping[str, str | int]) -> bool:
    if "socket" in server:
        return _connects(socket.AF_UNIX, server["socket"])
    return _connects(socket.AF_INET, (server["host"], server["port"]))


def _connects(family: socket.AddressFamily, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(CONNECT_TIMEOUT_S)
        return connection.connect_ex(address) == 0


def sync_files_now(instance: dg.DagsterInstance) -> None:
    """Take the watch files over before anything runs; what is wrong with them, the asset `watches` will show too."""
    pricewatch = PricewatchResource()
    folder = pricewatch.settings().watches
    with pricewatch.opened() as pipeline:
        try:
            report = sync_watches(pipeline.database, folder, providers=providers())
            problems = [*report.issues, *report.warnings]
        except ConfigurationError as error:
            problems = [str(error)]
        for problem in problems:
            sys.stdout.write(f"{problem}\n")
        mirror_watches(instance, pipeline.database.run(wanted_partitions))


def main() -> None:
    """Prepare the instance of DAGSTER_HOME."""
    settings = load_settings()
    with opened_instance(settings.dagster_home, settings.dagster_database_url or "") as instance:
        instance.upgrade()
        for run_id in end_lost_runs(instance):
            sys.stdout.write(f"Run {run_id} was left in progress by an earlier process; it is now failed.\n")
        sync_files_now(instance)


if __name__ == "__main__":
    main()
