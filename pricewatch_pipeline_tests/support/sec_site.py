"""The demo's EDGAR for tests: in a thread of its own, with a clock that stands still, and words for "this company with these filings".

apple = entity("320193", "Apple Inc.", "AAPL")
cook = owner("1214156", "COOK TIMOTHY D", officer_title="Chief Executive Officer")
sec_site.add(apple)
sec_site.file(filing_by(cook, apple, sale("3000", "172.30", on="2026-11-18"), accession="0000320193-26-000001"))
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from pricewatch_pipeline.demo.sec_documents import NEW_YORK
from pricewatch_pipeline.demo.sec_site import SecOptions, SecSite
from pricewatch_pipeline.demo.sec_values import EdgarFiling, Entity
from pricewatch_pipeline.domain.insiders import (
    OwnershipFiling,
    OwnershipRow,
    OwnershipTable,
    ReportingOwner,
    RowKind,
    Signature,
)

NOW = datetime(2026, 11, 23, 21, tzinfo=UTC)
"""A Monday, four in the afternoon of New York: the site's instant, unless a test gives it a clock."""
_NUMBERS = count(1)


@contextmanager
def serve_sec(
    options: SecOptions | None = None, *, clock: Callable[[], datetime] = lambda: NOW, **fields: Any
) -> Iterator[SecSite]:
    """Run an empty site on a free port until the block ends. Fields are those of `SecOptions`."""
    site = SecSite(options or SecOptions(**fields), clock=clock)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sec site", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(site.start(), loop).result(timeout=10)
        yield site
    finally:
        asyncio.run_coroutine_threadsafe(site.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


def entity(cik: str | int, name: str, *symbols: str) -> Entity:
    """A company, or a person."""
    return Entity(cik=str(cik).zfill(10), name=name, symbols=symbols)


def owner(cik: str | int, name: str, **fields: Any) -> ReportingOwner:
    """An officer where a title is given, else a director unless the fields say otherwise."""
    is_officer = "officer_title" in fields
    roles = {"is_officer": is_officer, "is_director": not is_officer and not fields.get("is_ten_percent_owner", False)}
    return ReportingOwner(cik=str(cik).zfill(10), name=name, **{**roles, **fields})


def row(**fields: Any) -> OwnershipRow:
    """A row of Table I, a transaction, unless the fields say otherwise. Amounts and days may be texts; its number is given by `filing_by`."""
    defaults: dict[str, Any] = {
        "table": OwnershipTable.NON_DERIVATIVE,
        "kind": RowKind.TRANSACTION,
        "row": 0,
        "security": "Common Stock",
        "direct_indirect": "D",
    }
    chosen = {name: _value(name, value) for name, value in {**defaults, **fields}.items()}
    if chosen["kind"] is RowKind.TRANSACTION:
        chosen.setdefault("form_type", "4")
    return OwnershipRow(**chosen)


def sale(shares: str | None, price: str | None, *, on: str, **fields: Any) -> OwnershipRow:
    """Code S."""
    return row(code="S", acquired_disposed="D", shares=shares, price=price, traded_on=on, **fields)


def purchase(shares: str | None, price: str | None, *, on: str, **fields: Any) -> OwnershipRow:
    """Code P."""
    return row(code="P", acquired_disposed="A", shares=shares, price=price, traded_on=on, **fields)


def holding(owned_after: str, **fields: Any) -> OwnershipRow:
    """A row without a transaction."""
    return row(kind=RowKind.HOLDING, owned_after=owned_after, **fields)


def filing_by(
    owners: ReportingOwner | tuple[ReportingOwner, ...],
    issuer: Entity,
    *rows: OwnershipRow,
    form: str = "4",
    filed_on: date | str | None = None,
    accession: str | None = None,
    accepted_at: datetime | None = None,
    **fields: Any,
) -> EdgarFiling:
    """A filing of rows, filed two days after the first of them was traded unless it says when; its accession number is a new one
    unless it is given. `fields` are those of `OwnershipFiling` (`original_filed_on`, `footnotes`, `is_10b5_1`, ...)."""
    owners = owners if isinstance(owners, tuple) else (owners,)
    days = [one.traded_on for one in rows if one.traded_on is not None]
    period = fields.pop("period", min(days, default=None))
    filed = _day(filed_on) or ((period or NOW.date()) + timedelta(days=2))
    filing = OwnershipFiling(
        form=form,
        issuer_cik=issuer.cik,
        issuer_name=issuer.name,
        issuer_symbol=issuer.symbols[0] if issuer.symbols else "NONE",
        schema_version="X0508",
        period=period or filed,
        owners=owners,
        rows=_numbered(rows),
        signatures=(Signature(name=f"/s/ {owners[0].name}", signed_on=filed),),
        **{"is_10b5_1": False, **fields},
    )
    return EdgarFiling(
        accession=accession or f"{owners[0].cik}-{filed:%y}-{next(_NUMBERS):06}",
        form=form,
        accepted_at=accepted_at or datetime(filed.year, filed.month, filed.day, 10, tzinfo=NEW_YORK),
        filed_on=filed,
        period=filing.period,
        ciks=(issuer.cik, *(one.cik for one in owners)),
        filing=filing,
    )


def document_by(
    issuer: Entity, body: bytes, *, accession: str, filed_on: date | str, form: str = "4", owners: tuple[str, ...] = ()
) -> EdgarFiling:
    """A filing whose document is given byte for byte: a file of the corpus, or something that is none."""
    filed = _day(filed_on)
    assert filed is not None
    return EdgarFiling(
        accession=accession,
        form=form,
        accepted_at=datetime(filed.year, filed.month, filed.day, 10, tzinfo=NEW_YORK),
        filed_on=filed,
        period=filed,
        ciks=(issuer.cik, *(cik.zfill(10) for cik in owners)),
        body=body,
    )


def other_form(issuer: Entity, form: str, filed_on: date | str, accession: str) -> EdgarFiling:
    """What a feed lists beside ownership filings: an 8-K."""
    filed = document_by(issuer, b"<html></html>", accession=accession, filed_on=filed_on, form=form)
    return replace(filed, document="form.htm")


def query_for(site: SecSite, company: str | int, **fields: Any) -> Mapping[str, Any]:
    """The query of an insider watch on a company of the site."""
    return {"company": company, "site": site.base_url, "data_site": site.base_url, **fields}


def _numbered(rows: tuple[OwnershipRow, ...]) -> tuple[OwnershipRow, ...]:
    counts = {table: count(1) for table in OwnershipTable}
    return tuple(replace(one, row=next(counts[one.table])) for one in rows)


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in {"traded_on", "deemed_on", "exercise_date", "expiration_date"}:
        return date.fromisoformat(value)
    return Decimal(value) if name in _AMOUNTS else value


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


_AMOUNTS = {
    "shares",
    "price",
    "total_value",
    "owned_after",
    "value_owned_after",
    "exercise_price",
    "underlying_shares",
    "underlying_value",
}
