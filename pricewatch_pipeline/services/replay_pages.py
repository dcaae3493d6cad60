"""Reads stored pages again with today's reader, says what differs, and writes corrections when told to.

Snapshots stay as they are: a correction is a new row beside one. To do it twice changes nothing.
"""

import logging
from asyncio import Runner
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pricewatch_pipeline import __version__
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.domain.replays import Difference, PastCheck, ReplayKind, compare
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.services.find_watches import not_found_text
from pricewatch_pipeline.services.hear_interrupts import interruptible
from pricewatch_pipeline.services.judge_found import BelievedPrices
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.services.read_again import Again, StoredPages
from pricewatch_pipeline.storage import corrections, detail_rows, replayable, watches
from pricewatch_pipeline.storage.corrections import Correction
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.detail_rows import DetailsOf
from pricewatch_pipeline.storage.replayable import CheckKey, Period
from pricewatch_pipeline.watch_files.issues import did_you_mean

__all__ = ["Period", "ReplayReport", "count_checks", "replay", "watches_asked_for"]

log = logging.getLogger(__name__)

_OF_MATRIX = "a matrix: its price is the lowest of many searches, and one page of them says nothing of the others"
BATCH = 100
"""Checks that are gone through, and corrected, at a time."""

Progress = Callable[[int], None]
"""Is told how many checks more are done."""


@dataclass(kw_only=True)
class ReplayReport:
    """What came of it; while it goes on, what came of it so far."""

    is_applied: bool
    """Whether what differs was written down."""
    counts: Counter[ReplayKind] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    """In the order of watches and time: what reads otherwise, and what could not be read again."""
    pages_read: int = 0
    written: int = 0
    """Corrections and snapshots."""

    @property
    def checks(self) -> int:
        return sum(self.counts.values())


def watches_asked_for(
    connection: Connection, *, watch_ids: Sequence[str] = (), store_id: str | None = None
) -> list[str]:
    """The watches that are named, or those of a store, or all; archived ones too.

    Raises:
        NotFound: there never was such a watch, or there is no such store.
    """
    if watch_ids:
        if unknown := replayable.unknown(connection, watch_ids):
            raise NotFound(not_found_text(unknown, watches.live_ids(connection)))
        return list(dict.fromkeys(watch_ids))
    if store_id is not None and store_id not in (known := replayable.store_ids(connection)):
        there_are = f"; there are: {', '.join(known[:10])}" if known else "; there is none in the database"
        raise NotFound(f"no such store: {store_id}{did_you_mean(store_id, known) or there_are}")
    return replayable.watch_ids(connection, store_id=store_id)


def count_checks(connection: Connection, watch_ids: Sequence[str], period: Period) -> int:
    """How many checks a replay goes through."""
    return replayable.count(connection, watch_ids, period)


def replay(
    database: Database,
    providers: Mapping[str, Provider],
    watch_ids: Sequence[str],
    period: Period,
    *,
    report: ReplayReport,
    pages_url: str | None = None,
    run_id: str | None = None,
    on_progress: Progress | None = None,
) -> ReplayReport:
    """Read the pages behind past checks of these watches again, and fill the report: the caller has it, too, when this is
    interrupted. Pages are read one after another: reading holds Python's lock, and what is stored is stored batch by batch.

    Raises:
        EvidenceUnavailable, MissingExtra: the place where pages lie cannot be read, again and again.
        DatabaseUnavailable: PostgreSQL went away for longer than we wait; what was written stays.
    """
    with interruptible(), Runner() as runner:
        place = PagePlace(pages_url) if pages_url else None
        pages = StoredPages(database, place, providers, run=runner.run)
        for watch, store in database.run(lambda connection: replayable.definitions(connection, watch_ids)):
            believed = BelievedPrices(database, watch, store)
            for batch in _batches(database, watch, period):
                looked = [(c, _look_again(c, watch, store, pages)) for c in batch if not pages.is_settled(c)]
                found, details = _corrections(looked, pages, believed, report)
                report.pages_read = pages.pages_read
                if (found or details) and report.is_applied:
                    _apply(database, found, details, run_id)
                    report.written += len(found)
                if on_progress:
                    on_progress(len(batch))
            pages.forget()
    return report


def _batches(database: Database, watch: Watch, period: Period) -> Iterator[list[PastCheck]]:
    after: CheckKey | None = None
    while True:
        start = after
        batch = database.run(
            lambda connection, start=start: replayable.checks(  # type: ignore[misc]
                connection, watch.watch_id, period, after=start, limit=BATCH
            )
        )
        if batch:
            yield batch
        if len(batch) < BATCH:
            return
        after = (batch[-1].slot_at, batch[-1].attempt)


Looked = tuple[ReplayKind, Again, Mapping[str, tuple[object, object]]]


def _corrections(
    looked: Sequence[tuple[PastCheck, Looked]], pages: StoredPages, believed: BelievedPrices, report: ReplayReport
) -> tuple[list[Correction], list[DetailsOf]]:
    """Put what was looked at into the report; what is to be corrected of it, and the rows of the provider's own tables that
    are to stand in place of those that were written then."""
    _tell(believed, looked)
    found, details = [], []
    for check, at_first in looked:
        if pages.is_settled(check):  # several attempts at a slot may have seen the same page
            continue
        kind, again, changes = _judged(check, at_first, believed)
        report.counts[kind] += 1
        if kind.is_change or kind in (ReplayKind.FAILED, ReplayKind.IMPLAUSIBLE):
            report.differences.append(_difference(check, kind, again, changes))
        if kind.is_change:
            found.append(Correction(check=check, outcome=again.outcome, offer=again.stored))
        speaks_for_slot = check.has_snapshot or kind is ReplayKind.FOUND
        if again.details and (speaks_for_slot or check.is_last):  # else the rows are those of a later attempt
            details.append(_details_of(check, again))
        if speaks_for_slot:
            pages.settle(check)
    return found, details


def _details_of(check: PastCheck, again: Again) -> DetailsOf:
    return DetailsOf(
        watch_id=check.watch_id,
        slot_at=check.slot_at,
        attempt=check.attempt,
        observed_at=check.finished_at,
        outcome=again.outcome,
        details=again.details,
    )


def _tell(believed: BelievedPrices, looked: Sequence[tuple[PastCheck, Looked]]) -> None:
    """What is found for failed checks is measured against snapshots as they are corrected now."""
    for check, (kind, again, _) in looked:
        if kind.is_change and check.has_snapshot:
            believed.now_reads(check.slot_at, again.offer)
    if added := [check.slot_at for check, (kind, _, _) in looked if _is_added(check, kind)]:
        believed.load(added)


def _judged(check: PastCheck, looked: Looked, believed: BelievedPrices) -> Looked:
    kind, again, changes = looked
    if not _is_added(check, kind) or again.offer is None:
        return looked
    if doubt := believed.doubt_of(check.slot_at, again.offer):
        return ReplayKind.IMPLAUSIBLE, Again(outcome=Outcome.IMPLAUSIBLE, stored=Offer(reason=doubt)), changes
    believed.now_reads(check.slot_at, again.offer)
    return looked


def _is_added(check: PastCheck, kind: ReplayKind) -> bool:
    return kind is ReplayKind.FOUND and not check.has_snapshot


def _look_again(check: PastCheck, watch: Watch, store: Store | None, pages: StoredPages) -> Looked:
    if watch.is_matrix:
        return ReplayKind.FAILED, Again(outcome=check.outcome, problem=_OF_MATRIX), {}
    if not check.is_kept:
        return ReplayKind.NO_PAGE, Again(outcome=check.outcome), {}
    if check.url != watch.url:
        return ReplayKind.OTHER_PAGE, Again(outcome=check.outcome), {}
    again = pages.read(check, watch, store)
    if again.is_gone:
        return ReplayKind.NO_PAGE, again, {}
    if again.problem:
        return ReplayKind.FAILED, again, {}
    kind, changes = compare(check, again.outcome, again.offer)
    return kind, again, changes


def _difference(
    check: PastCheck,
    kind: ReplayKind,
    again: Again,
    changes: Mapping[str, tuple[object, object]],
) -> Difference:
    return Difference(
        kind=kind,
        watch_id=check.watch_id,
        slot_at=check.slot_at,
        finished_at=check.finished_at,
        outcome_before=check.offer_outcome or check.outcome,
        outcome=again.outcome,
        changes=changes,
        reason=again.problem or again.stored.reason,
    )


def _apply(database: Database, found: Sequence[Correction], details: Sequence[DetailsOf], run_id: str | None) -> None:
    """Write down one batch and all that follows from it, or nothing of it."""
    from pricewatch_pipeline.services.summarise_days import summarise_again  # noqa: PLC0415 - brings pandas: 56 MB

    corrected_at = database.now()  # before the transaction: one that is repeated writes the same rows

    def work(connection: Connection) -> None:
        if found:
            days = corrections.store(
                connection, found, corrected_at=corrected_at, reader_version=__version__, run_id=run_id
            )
            summarise_again(connection, days)
        for each, why in detail_rows.store(connection, [replace(each, run_id=run_id) for each in details]):
            log.warning("%s at %s: %s", each.watch_id, each.slot_at, why)

    database.run(work)
