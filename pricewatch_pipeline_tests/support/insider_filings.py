"""Ownership filings as values, and a shelf that holds them: for tests of what is stored."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.filings import FeedState, FilingBounds, Kept, ListedFiling
from pricewatch_pipeline.domain.insiders import (
    OwnershipFiling,
    OwnershipRow,
    OwnershipTable,
    ParsedFiling,
    ReportingOwner,
    RowKind,
)
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.services.keep_evidence import EvidenceKeeper
from pricewatch_pipeline.services.keep_filings import DatabaseShelf
from pricewatch_pipeline.storage.database import Database

ISSUER = "0000320193"
DAY = date(2026, 3, 2)


def accession(number: int) -> str:
    return f"0000000001-26-{number:06d}"


def listed(number: int = 1, *, feed: str = ISSUER, **fields: Any) -> ListedFiling:
    """As a feed lists it."""
    said: dict[str, Any] = {"form": "4", "filed_on": DAY, "url": f"https://www.sec.gov/Archives/{number}.xml", **fields}
    return ListedFiling(accession=accession(number), feed_cik=feed, **said)


def owner(number: int = 1, **fields: Any) -> ReportingOwner:
    return ReportingOwner(cik=f"{number:010d}", name=f"Owner {number}", **({"is_director": True} | fields))


def trade(row: int = 1, *, shares: str | None = "100", price: str | None = "10", **fields: Any) -> OwnershipRow:
    """A sale of Table I."""
    said = {
        "table": OwnershipTable.NON_DERIVATIVE,
        "kind": RowKind.TRANSACTION,
        "security": "Common Stock",
        "traded_on": DAY,
        "code": "S",
        "acquired_disposed": "D",
        "owned_after": Decimal(1_000),
        "direct_indirect": "D",
        **fields,
    }
    return OwnershipRow(
        row=row,
        shares=None if shares is None else Decimal(shares),
        price=None if price is None else Decimal(price),
        **said,
    )


def holding(row: int = 1, **fields: Any) -> OwnershipRow:
    return trade(
        row, shares=None, price=None, kind=RowKind.HOLDING, traded_on=None, code=None, acquired_disposed=None, **fields
    )


def filing(*rows: OwnershipRow, owners: tuple[int, ...] = (1,), **fields: Any) -> OwnershipFiling:
    said = {
        "form": "4",
        "issuer_cik": ISSUER,
        "issuer_name": "Apple Inc.",
        "issuer_symbol": "AAPL",
        "period": DAY,
        **fields,
    }
    return OwnershipFiling(owners=tuple(map(owner, owners)), rows=rows, **said)


def document(body: bytes = b"<ownershipDocument/>") -> Page:
    request = PageRequest(url="https://www.sec.gov/Archives/1.xml")
    return Page(request=request, outcome=Outcome.OK, final_url=request.url, body=body)


def read(said: OwnershipFiling) -> ParsedFiling:
    return ParsedFiling(outcome=Outcome.OK, filing=said)


class Shelf:
    """A shelf of the database, asked without `await`."""

    def __init__(self, database: Database, **fields: Any) -> None:
        self.shelf = DatabaseShelf(database, keeper=EvidenceKeeper(database, pages_url=None), **fields)

    def put(
        self, number: int, said: OwnershipFiling, *, watch_id: str = "w", body: bytes = b"<a/>", **fields: Any
    ) -> Kept:
        """List a filing and keep it."""
        found = listed(number, **({"form": said.form} | fields))
        return asyncio.run(self.shelf.keep(found, read(said), document(body), watch_id=watch_id))

    def listing(self, *filings: ListedFiling, cik: str = ISSUER, state: FeedState | None = None, **bounds: Any) -> int:
        return asyncio.run(self.shelf.list_filings(state or FeedState(cik=cik), filings, FilingBounds(**bounds)))

    def wanted(self, cik: str = ISSUER, *, at_most: int = 100) -> list[str]:
        """Their accessions."""
        return [each.accession for each in asyncio.run(self.shelf.wanted(cik, at_most=at_most))]
