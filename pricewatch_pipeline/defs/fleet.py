"""The fleet's numbers as metadata of `scrape_heartbeat`, wherever it is logged."""

from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.metadata import text_table
from pricewatch_pipeline.services.check_watches import CheckReport
from pricewatch_pipeline.storage import ledger
from pricewatch_pipeline.storage.database import Database

SCRAPE_HEARTBEAT = dg.AssetKey("scrape_heartbeat")


def fleet_metadata(database: Database, report: CheckReport | None = None) -> dict[str, Any]:
    """How the whole pipeline stands, and what one run did."""
    fleet = database.run(ledger.fleet)
    outcomes = database.run(ledger.outcomes)
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
        "success_ratio_last_hour": fleet["successes"] / checks if checks else 1.0,
        "mean_fetch_ms_last_hour": float(fleet["mean_fetch_ms"]),
        "megabytes_last_hour": float(fleet["wire_bytes"]) / 1e6,
        "outcomes_last_day": text_table(
            ("outcome", "checks"), ({"outcome": name, "checks": count} for name, count in outcomes.items())
        ),
    }
    return metadata | (run_metadata(report) if report else {})


def run_metadata(report: CheckReport) -> dict[str, Any]:
    """What one run did."""
    seconds = report.elapsed.total_seconds()
    return {
        "run_checks": report.checks,
        "run_snapshots": report.snapshots,
        "run_lost": report.lost,
        "run_deferred": report.deferred,
        "run_seconds": seconds,
        "run_checks_per_s": report.checks / seconds if seconds else 0.0,
    }
