"""An EDGAR in a process of its own: companies that each filed as much, and the SEC's limit on requests a second."""

import asyncio
import sys
from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from benchmarks.loops import run
from benchmarks.workers import Message, serve
from pricewatch_pipeline.demo.sec_documents import NEW_YORK
from pricewatch_pipeline.demo.sec_site import SecOptions, SecSite
from pricewatch_pipeline.demo.sec_values import EdgarFiling, Entity
from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow, OwnershipTable, ReportingOwner, RowKind

_FIRST_DAY = date(2026, 1, 1)
_ROWS = 2


def site_of(companies: int, filings: int, *, most_a_second: int) -> SecSite:
    """`C1`, `C2`, ... with a filing of two sales on each of so many days."""
    site = SecSite(SecOptions(most_a_second=most_a_second, needs_contact=True))
    for number in range(1, companies + 1):
        company = site.add(Entity(cik=f"{number:010}", name=f"Company {number}", symbols=(f"C{number}",)))
        for count in range(filings):
            site.file(_filing(company, count))
    return site


def _filing(company: Entity, count: int) -> EdgarFiling:
    seller = ReportingOwner(cik=f"{int(company.cik) + 900_000:010}", name=f"DOE {company.name}", is_director=True)
    day = _FIRST_DAY + timedelta(days=count)
    rows = tuple(
        OwnershipRow(
            table=OwnershipTable.NON_DERIVATIVE,
            kind=RowKind.TRANSACTION,
            row=number,
            security="Common Stock",
            traded_on=day,
            form_type="4",
            code="S",
            shares=Decimal(100 * number),
            price=Decimal("10.50") + count,
            acquired_disposed="D",
            owned_after=Decimal(100_000 - number),
            direct_indirect="D",
        )
        for number in range(1, _ROWS + 1)
    )
    document = OwnershipFiling(
        form="4",
        issuer_cik=company.cik,
        issuer_name=company.name,
        issuer_symbol=company.symbols[0],
        schema_version="X0508",
        period=day,
        owners=(seller,),
        rows=rows,
    )
    return EdgarFiling(
        accession=f"{company.cik}-26-{count + 1:06}",
        form="4",
        accepted_at=datetime.combine(day, time(12), tzinfo=NEW_YORK),
        filed_on=day,
        period=day,
        ciks=(company.cik, seller.cik),
        filing=document,
    )


async def _listen(site: SecSite) -> None:
    def told(_: Message) -> Message:
        documents = Counter(site.asked_for("document"))
        return {
            "requests": len(site.requests),
            "refused": sum(request.status in (403, 429) for request in site.requests),
            "documents": len(documents),
            "asked_twice": sum(count > 1 for count in documents.values()),
            "most_in_a_second": site.most_in_a_second(),
            "nameless": sum("@" not in request.user_agent for request in site.requests),
        }

    async with site:
        await asyncio.to_thread(serve, told, port=site.port)


def main() -> None:
    """Serve until standard input ends."""
    companies, filings, most_a_second = map(int, sys.argv[1:])
    run(_listen(site_of(companies, filings, most_a_second=most_a_second)))


if __name__ == "__main__":
    main()
