"""Brings rows of an import into the tables: chunk by chunk, each in a transaction of its own, with a report for every row.

A row that is wrong stops no other; what exists already is recognised; what a file manages is left alone. Doing it again
changes nothing, so an import that was cut off is finished by starting it anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from pricewatch_pipeline.domain.providers import Provider
from pricewatch_pipeline.errors import NotStorable
from pricewatch_pipeline.importing.rows import ImportRow, What
from pricewatch_pipeline.services.import_definitions import (
    import_products,
    import_rules,
    import_stores,
    known_definitions,
)
from pricewatch_pipeline.services.import_pages import import_pages
from pricewatch_pipeline.services.import_reports import Imported, report_of
from pricewatch_pipeline.services.settle_pace import settle_pace
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.refusals import refusals
from pricewatch_pipeline.watch_files.durations import parse_interval

CHUNK = 2_000
Done = tuple[list[Imported], set[int]]
"""Reports, and the pages that are spoken for now."""
Work = Callable[[Connection], Done]


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What is said of all rows alike."""

    tags: tuple[str, ...] = ()
    """Every watch gets them, beside its own."""
    every: str | None = None
    """For watches that say nothing of it."""
    is_dry_run: bool = False
    """Report what would be done, and keep nothing."""


class _NothingKept(Exception):
    """The end of a dry run: its transaction is rolled back."""


def import_rows(
    database: Database,
    rows: Iterable[ImportRow],
    *,
    providers: Mapping[str, Provider],
    options: ImportOptions | None = None,
) -> Iterator[Imported]:
    """Import rows, in their order; what became of each, as soon as its chunk is stored.

    Raises:
        ScheduleError: `every` is no interval; nothing was read.
        DatabaseUnavailable: PostgreSQL stayed away; what was reported is stored.
    """
    importer = _Importer(providers, options or ImportOptions())
    if importer.options.every:
        parse_interval(importer.options.every)
    if not importer.options.is_dry_run:
        for chunk in _chunks(rows):
            yield from importer.bring(chunk, database.run)
        return
    with suppress(_NothingKept), database.transaction() as connection:

        def run(work: Work) -> Done:
            with connection.begin_nested():
                return work(connection)

        for chunk in _chunks(rows):
            yield from importer.bring(chunk, run)
        raise _NothingKept


def _chunks(rows: Iterable[ImportRow]) -> Iterator[list[ImportRow]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


class _Importer:
    def __init__(self, providers: Mapping[str, Provider], options: ImportOptions) -> None:
        self.providers = providers
        self.options = options
        self.seen: set[int] = set()
        """Pages of the chunks before, as hashes: of two rows for one page the first counts, every time alike."""

    def bring(self, chunk: list[ImportRow], run: Callable[[Work], Done]) -> list[Imported]:
        """A chunk in a transaction. Where the database refuses it, its halves, down to the row that is refused."""
        try:
            done, seen = run(lambda connection: self.store(connection, chunk))
        except NotStorable as error:
            if len(chunk) == 1:
                return [report_of(chunk[0], "skipped", why=f"the database refuses it: {error}", is_fault=True)]
            half = len(chunk) // 2
            return [*self.bring(chunk[:half], run), *self.bring(chunk[half:], run)]
        self.seen |= seen
        return done

    def store(self, connection: Connection, chunk: list[ImportRow]) -> Done:
        """Safe to repeat: what the rows before said is not changed here."""
        with refusals():
            return self._store(connection, chunk)

    def _store(self, connection: Connection, chunk: list[ImportRow]) -> Done:
        definitions.lock_for_sync(connection)
        known = known_definitions(connection)
        numbered = list(enumerate(chunk))
        report = {
            number: report_of(row, "skipped", why=row.problem, is_fault=row.is_fault)
            for number, row in numbered
            if row.problem
        }
        fine = [(number, row) for number, row in numbered if number not in report]
        stores = [(n, row) for n, row in fine if row.what is What.STORE]
        products = [(n, row) for n, row in fine if row.what is What.PRODUCT]
        pages = [(n, row) for n, row in fine if row.what is What.WATCH]
        report |= import_stores(connection, stores, known, self.providers)
        report |= import_products(connection, products, known, self.providers)
        stored = import_pages(
            connection, pages, known, self.providers, seen=self.seen, tags=self.options.tags, every=self.options.every
        )
        report |= stored.report
        rules = [(n, row) for n, row in fine if row.what is What.ALERT]
        report |= import_rules(connection, rules, known, self.providers)
        # A store that changed reaches watches of other rows, and of no row.
        settle_pace(connection, None if stores else stored.hosts)
        return [report[number] for number, _ in numbered], stored.seen
