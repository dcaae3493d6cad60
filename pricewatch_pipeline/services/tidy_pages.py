"""Keeps evidence within its bounds of age and size, wherever it lies, and its dictionaries fit. Safe to repeat."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pricewatch_pipeline.errors import EvidenceUnavailable, MissingExtra
from pricewatch_pipeline.services.make_dictionaries import make_dictionaries
from pricewatch_pipeline.services.place_pages import SHARDS, PagePlace
from pricewatch_pipeline.settings import Settings
from pricewatch_pipeline.storage import maintenance, page_dictionaries, pages
from pricewatch_pipeline.storage.database import Database

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
SWEPT_SHARDS = 32
"""Folders looked through in one night: all of them within eight."""
ORPHAN_AGE = timedelta(days=1)
"""A file without a row is left alone for as long: its row may be on the way."""


@dataclass(kw_only=True)
class PagesReport:
    """What was done."""

    deleted: int = 0
    orphans_deleted: int = 0
    """Files in the location that no page needs."""
    dictionaries_made: int = 0
    dictionaries_deleted: int = 0
    problems: list[str] = field(default_factory=list)
    """What could not be done there, and is done another night."""


def tidy_pages(database: Database, settings: Settings, *, now: datetime | None = None) -> PagesReport:
    """Do all of it once. A location that fails keeps nothing else from being done."""
    place = PagePlace(settings.pages_url) if settings.pages_url else None
    report = PagesReport()
    outside = _prune(database, settings, report)
    if place:
        _attempt(report, lambda: _delete(database, place, outside))
        _attempt(report, lambda: _sweep(database, place, report, now or datetime.now(UTC)))
    elif outside:
        report.problems.append(
            f"{len(outside)} files of deleted pages stay where they lie: PRICEWATCH_PAGES_URL is not set any more"
        )
    report.dictionaries_deleted = _delete_dictionaries(database, settings)
    _attempt(report, lambda: _make_dictionaries(database, place, report))
    for problem in report.problems:
        log.warning("not done tonight: %s", problem)
    return report


def _attempt(report: PagesReport, step: Callable[[], None]) -> None:
    try:
        step()
    except (EvidenceUnavailable, MissingExtra) as error:
        report.problems.append(str(error))


def _prune(database: Database, settings: Settings, report: PagesReport) -> list[str]:
    """Delete rows, in transactions of their own, so that nothing is held for long; where their contents lie outside."""
    outside: list[str] = []
    while True:
        deleted, locations = database.run(
            lambda connection: maintenance.prune_pages(
                connection,
                keep=timedelta(days=settings.page_retention_days),
                max_bytes=settings.page_max_mb * MEGABYTE,
            )
        )
        report.deleted += deleted
        outside += locations
        if not deleted:
            return outside


def _delete(database: Database, place: PagePlace, locations: list[str]) -> None:
    """Delete files after their rows; one whose page came back meanwhile stays."""
    if orphans := _without_rows(database, locations):
        place.delete(orphans)


def _without_rows(database: Database, locations: list[str]) -> list[str]:
    needed = database.run(lambda connection: pages.existing_locations(connection, locations))
    return [location for location in locations if location not in needed]


def _sweep(database: Database, place: PagePlace, report: PagesReport, now: datetime) -> None:
    """Delete what a killed run or a failed deletion left: bounded work each night, another part each time."""
    first = now.toordinal() * SWEPT_SHARDS
    for shard in range(first, first + SWEPT_SHARDS):
        orphans = _without_rows(database, place.older_than(ORPHAN_AGE, shard=shard % SHARDS))
        if orphans:
            place.delete(orphans)
            report.orphans_deleted += len(orphans)


def _delete_dictionaries(database: Database, settings: Settings) -> int:
    unused_for = timedelta(days=settings.page_retention_days)
    total = 0
    while deleted := database.run(
        lambda connection: page_dictionaries.delete_unused(connection, unused_for=unused_for)
    ):
        total += deleted
    return total


def _make_dictionaries(database: Database, place: PagePlace | None, report: PagesReport) -> None:
    report.dictionaries_made = make_dictionaries(database, place)
