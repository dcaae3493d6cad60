"""The fleet's numbers as metadata of `scrape_heartbeat`, wherever it is logged."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.metadata import exact, text_table
from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.services.check_watches import CheckReport
from pricewatch_pipeline.services.report_checks import HostTally
from pricewatch_pipeline.storage import batches, host_views, ledger
from pricewatch_pipeline.storage.database import Database

SCRAPE_HEARTBEAT = dg.AssetKey("scrape_heartbeat")
HOST_COLUMNS = ("host", "checks", "pages", "megabytes", "mean_wait_s", "outcomes")
BATCH_COLUMNS = ("watch_id", "done", "failed", "combinations", "lowest", "opened_at", "updated_at")
SHOWN_HOSTS = 20
SHOWN_BATCHES = 100
_HOUR = timedelta(hours=1)


def fleet_metadata(database: Database, report: CheckReport | None = None) -> dict[str, Any]:
    """How the whole pipeline stands, and what one run did."""
    fleet = database.run(ledger.fleet)
    outcomes = database.run(ledger.outcomes)
    hosts = database.run(lambda connection: ledger.by_host(connection, window=_HOUR, limit=SHOWN_HOSTS))
    left_alone = database.run(host_views.left_alone)
    open_batches = [batch for batch in database.run(lambda c: batches.recent(c, limit=SHOWN_BATCHES)) if batch.is_open]
    checks = fleet["checks"]
    metadata: dict[str, Any] = {
        "watches": fleet["watches"],
        "active": fleet["active"],
        "paused": fleet["paused"],
        "failing": fleet["failing"],
        "quarantined": fleet["quarantined"],
        "due": fleet["due"],
        "lag_s": float(fleet["lag_s"]),
        "checks_last_hour": checks,
        "success_ratio_last_hour": round(fleet["successes"] / checks, 4) if checks else 1.0,
        "mean_fetch_ms_last_hour": float(fleet["mean_fetch_ms"]),
        "megabytes_last_hour": float(fleet["wire_bytes"]) / 1e6,
        "pages_last_hour": int(fleet["pages"]),
        "pages_per_s_last_hour": round(float(fleet["pages"]) / _HOUR.total_seconds(), 4),
        "hosts_left_alone": len(left_alone),
        "hosts_last_hour": text_table(
            HOST_COLUMNS,
            (
                _host_row(
                    host["host"],
                    checks=host["checks"],
                    pages=host["pages"],
                    wire_bytes=host["wire_bytes"],
                    mean_wait_s=host["mean_wait_ms"] / 1000,
                    outcomes=host["outcomes"],
                )
                for host in hosts
            ),
        ),
        "open_batches": len(open_batches),
        "batches": text_table(BATCH_COLUMNS, map(_batch_row, open_batches)),
        "outcomes_last_day": text_table(
            ("outcome", "checks"), ({"outcome": name, "checks": count} for name, count in outcomes.items())
        ),
    }
    return metadata | (run_metadata(report) if report else {})


def run_metadata(report: CheckReport) -> dict[str, Any]:
    """What one run did."""
    seconds = report.elapsed.total_seconds()
    busiest = sorted(report.hosts.items(), key=lambda item: (-item[1].checks, item[0]))
    return {
        "run_checks": report.checks,
        "run_snapshots": report.snapshots,
        "run_lost": report.lost,
        "run_deferred": report.deferred,
        "run_seconds": seconds,
        "run_checks_per_s": report.checks / seconds if seconds else 0.0,
        "run_pages": report.pages,
        "run_pages_per_s": report.pages / seconds if seconds else 0.0,
        "run_megabytes": report.wire_bytes / 1e6,
        "run_wait_s": sum((tally.wait for tally in report.hosts.values()), timedelta(0)).total_seconds(),
        "run_hosts": text_table(HOST_COLUMNS, (_tally_row(host, tally) for host, tally in busiest[:SHOWN_HOSTS])),
    }


def _batch_row(batch: BatchProgress) -> dict[str, Any]:
    return {
        "watch_id": batch.watch_id,
        "done": batch.done,
        "failed": batch.failed,
        "combinations": batch.combinations,
        "lowest": exact(batch.price, batch.currency),
        "opened_at": batch.opened_at,
        "updated_at": batch.updated_at,
    }


def _tally_row(host: str, tally: HostTally) -> dict[str, Any]:
    return _host_row(
        host,
        checks=tally.checks,
        pages=tally.pages,
        wire_bytes=tally.wire_bytes,
        mean_wait_s=tally.wait.total_seconds() / tally.checks,
        outcomes=tally.outcomes,
    )


def _host_row(
    host: str, *, checks: int, pages: int, wire_bytes: int, mean_wait_s: float, outcomes: Mapping[Any, int]
) -> dict[str, Any]:
    by_number = sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
    return {
        "host": host,
        "checks": checks,
        "pages": pages,
        "megabytes": f"{wire_bytes / 1e6:.1f}",
        "mean_wait_s": f"{mean_wait_s:.1f}",
        "outcomes": ", ".join(f"{count} {outcome}" for outcome, count in by_number),
    }
