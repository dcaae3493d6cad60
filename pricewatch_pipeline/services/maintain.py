"""Keeps our tables in shape: month partitions ahead; old ledger rows, alerts, itineraries and pages away. Safe to repeat, in small steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from pricewatch_pipeline.services.tidy_pages import MEGABYTE, PagesReport, tidy_pages
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage import maintenance, outbox
from pricewatch_pipeline.storage.database import Connection, Database


@dataclass(frozen=True, kw_only=True)
class MaintenanceReport:
    """What was done."""

    months_created: int
    checks_deleted: int
    doubted_deleted: int
    alerts_deleted: int
    batches_deleted: int
    check_months_dropped: tuple[str, ...]
    flight_offer_months_dropped: tuple[str, ...]
    pages: PagesReport = field(default_factory=PagesReport)


def maintain(database: Database, settings: Settings) -> MaintenanceReport:
    """Do all of it once."""
    return MaintenanceReport(
        months_created=database.run(maintenance.ensure_months),
        checks_deleted=_in_steps(
            database,
            lambda connection: maintenance.prune_checks_by_age(
                connection, keep=timedelta(days=settings.check_retention_days)
            ),
        ),
        doubted_deleted=_in_steps(
            database,
            lambda connection: maintenance.prune_decided_offers(
                connection, keep=timedelta(days=settings.check_retention_days)
            ),
        ),
        alerts_deleted=_in_steps(
            database,
            # As long as the checks that fired them.
            lambda connection: outbox.prune(connection, keep=timedelta(days=settings.check_retention_days)),
        ),
        batches_deleted=_in_steps(
            database,
            # As long as the checks that they are, and no more of them than of those.
            lambda connection: maintenance.prune_batches(
                connection,
                keep=timedelta(days=settings.check_retention_days),
                max_bytes=settings.check_max_mb * MEGABYTE,
            ),
        ),
        check_months_dropped=tuple(
            database.run(
                lambda connection: maintenance.drop_oldest_months(
                    connection, "checks", max_bytes=settings.check_max_mb * MEGABYTE
                )
            )
        ),
        flight_offer_months_dropped=tuple(
            database.run(
                lambda connection: maintenance.drop_oldest_months(
                    connection,
                    "flight_offers",
                    max_bytes=settings.flight_offer_max_mb * MEGABYTE,
                    keep=timedelta(days=settings.flight_offer_retention_days),
                )
            )
        ),
        pages=tidy_pages(database, settings),
    )


def _in_steps(database: Database, step: Callable[[Connection], int]) -> int:
    """Delete in transactions of their own, so that nothing is held for long."""
    total = 0
    while deleted := database.run(step):
        total += deleted
    return total
