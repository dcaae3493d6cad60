"""Reads stored documents of filings again with today's reader: what it understands otherwise takes the place of what was stored."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from pricewatch_pipeline.domain.filings import ListedFiling
from pricewatch_pipeline.domain.insiders import OwnershipFiling, ParsedFiling
from pricewatch_pipeline.errors import EvidenceUnavailable, NotStorable
from pricewatch_pipeline.services.keep_evidence import read_page
from pricewatch_pipeline.services.place_pages import PagePlace
from pricewatch_pipeline.storage import insider_rows, stored_documents
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.insider_rows import FetchedBy
from pricewatch_pipeline.storage.stored_documents import StoredDocument

_AT_A_TIME = 200

Read = Callable[[bytes, ListedFiling], ParsedFiling]


@dataclass(kw_only=True)
class RereadReport:
    """What came of it."""

    read: list[str] = field(default_factory=list)
    """Accessions."""
    changed: list[str] = field(default_factory=list)
    """Accessions of filings of which something else is stored now."""
    problems: dict[str, str] = field(default_factory=dict)
    """Why a filing could not be read again, by accession; what is stored of it stays."""


def reread_filings(
    database: Database, read: Read, accessions: Sequence[str] | None, *, place: PagePlace | None = None
) -> RereadReport:
    """Read these filings again, or all whose documents are kept. Each is a transaction of its own, and is no news afterwards."""
    report = RereadReport()
    for document in _documents(database, accessions):
        accession = document.listed.accession
        try:
            found = _read(database, read, place, document)
            if found.filing is None:
                report.problems[accession] = found.error or "It is no ownership document."
                continue
            if database.run(partial(_replace, listed=document.listed, filing=found.filing)):
                report.changed.append(accession)
            report.read.append(accession)
        except (EvidenceUnavailable, NotStorable) as error:
            report.problems[accession] = str(error)
    for missing in sorted(set(accessions or ()) - set(report.problems) - set(report.read)):
        report.problems[missing] = "No document of it is kept."
    return report


def _documents(database: Database, accessions: Sequence[str] | None) -> Iterator[StoredDocument]:
    after = ""
    while found := database.run(
        partial(stored_documents.documents, accessions=accessions, after=after, limit=_AT_A_TIME)
    ):
        yield from found
        after = found[-1].listed.accession


def _read(database: Database, read: Read, place: PagePlace | None, document: StoredDocument) -> ParsedFiling:
    body = read_page(database, place, document.sha256)
    if body is None:
        raise EvidenceUnavailable("its document was deleted where it lay")
    return read(body, document.listed)


def _replace(connection: Connection, listed: ListedFiling, filing: OwnershipFiling) -> bool:
    """Whether that changed anything."""
    before = stored_documents.fingerprint(connection, listed.accession)
    insider_rows.write(connection, listed, filing, FetchedBy(), replaces=True)
    return stored_documents.fingerprint(connection, listed.accession) != before
