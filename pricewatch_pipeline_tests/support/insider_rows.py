"""Insider filings put straight into their tables: without a document, a parser or a provider."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.insiders import PROVIDER
from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.insider_tables import (
    insider_filings,
    insider_holdings,
    insider_owners,
    insider_transactions,
)
from pricewatch_pipeline_tests.support.checks import Checker
from pricewatch_pipeline_tests.support.raised import ALERTING
from pricewatch_pipeline_tests.support.shop import store_watches

APPLE = "0000320193"
COOK, BELL = ("0001214156", "COOK TIMOTHY D"), ("0001214157", "BELL JAMES A")
FILED_ON = date(2026, 3, 4)
TRADED_ON = date(2026, 3, 2)

Row = dict[str, Any]


def accession_of(number: int) -> str:
    """An accession number."""
    return f"0000320193-26-{number:06d}"


def trade(code: str | None = "S", shares: str | None = "100", price: str | None = "172.30", **columns: Any) -> Row:
    """A transaction of Table I. Its value is that of a trade on the open market, unless `columns` says otherwise."""
    count, each = (None if number is None else Decimal(number) for number in (shares, price))
    is_worth = code in ("P", "S") and count is not None and each and columns.get("table_name") != "derivative"
    row: Row = {"code": code, "shares": count, "price": each, "security": "Common Stock", "traded_on": TRADED_ON}
    row |= {"acquired_disposed": "D" if code in ("S", "D", "F") else "A", "direct_indirect": "D"}
    row |= {"value": count * each} if is_worth and count is not None and each else {"value_reason": "no_price"}
    return row | columns


def store_filing(
    connection: Connection,
    number: int,
    *trades: Row,
    owners: Sequence[tuple[str, str]] = (COOK,),
    holdings: Sequence[Row] = (),
    **columns: Any,
) -> str:
    """A filing that was read, with its rows in the order given; its accession number."""
    accession = accession_of(number)
    said: Row = {
        "form": "4",
        "filed_on": FILED_ON,
        "issuer_cik": APPLE,
        "issuer_name": "Apple Inc.",
        "issuer_symbol": "AAPL",
    }
    said |= {"state": "read", "serial": number, "read_at": datetime.now(UTC), "is_10b5_1": False, **columns}
    said = {"url": f"https://www.sec.gov/Archives/edgar/data/{accession}/form4.xml", "sources": ["feed"], **said}
    said = {"feed_ciks": [said["issuer_cik"]], "transactions": len(trades), "holdings": len(holdings), **said}
    connection.execute(insider_filings.insert(), said | {"accession": accession})
    key = {"accession": accession}
    roles = {"is_director": True, "is_officer": False, "is_ten_percent_owner": False, "is_other": False}
    for n, (cik, name) in enumerate(owners, 1):
        connection.execute(insider_owners.insert(), key | roles | {"number": n, "cik": cik, "name": name})
    key |= {"issuer_cik": said["issuer_cik"], "table_name": "non_derivative"}
    for n, row in enumerate(trades, 1):
        connection.execute(insider_transactions.insert(), key | {"row": n, "filed_on": said["filed_on"]} | row)
    for n, row in enumerate(holdings, len(trades) + 1):
        connection.execute(insider_holdings.insert(), key | {"row": n} | row)
    return accession


def insider_watch(watch_id: str = "aapl-insiders", company: str = "AAPL", **fields: Any) -> Watch:
    """Of a company's insiders."""
    said = {
        "provider": PROVIDER,
        "query": {"company": company},
        "host": "sec.gov",
        "url": "https://www.sec.gov/",
        **fields,
    }
    return Watch(watch_id=watch_id, **said)


def watched_company(
    database: Database, watch_id: str = "aapl-insiders", company: str = "AAPL", **fields: Any
) -> Checker:
    """Such a watch, stored; its checks are given by hand."""
    store_watches(database, [insider_watch(watch_id, company, **fields)])
    return Checker(database=database, watch_id=watch_id, alerting=ALERTING)


def found(cik: str = APPLE, **row: Any) -> Detail:
    """What a check found."""
    return Detail(table="filing_checks", row={"outcome": "ok", "cik": cik, "listed": 3, **row})
