"""What filings say: written once, whoever reads them, with their owners, transactions and holdings."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.checks import StoredPage
from pricewatch_pipeline.domain.filings import FilingState, Kept, ListedFiling
from pricewatch_pipeline.domain.insiders import OwnershipFiling
from pricewatch_pipeline.storage import insider_links, pages
from pricewatch_pipeline.storage.insider_records import records_of, short
from pricewatch_pipeline.storage.insider_tables import (
    insider_filings,
    insider_holdings,
    insider_owners,
    insider_transactions,
)
from pricewatch_pipeline.storage.recordsets import columns_of, shape_of, values_of
from pricewatch_pipeline.storage.refusals import refusals
from pricewatch_pipeline.storage.rows import as_json


@dataclass(frozen=True, kw_only=True)
class FetchedBy:
    """Whose work it was, and the document."""

    watch_id: str | None = None
    """None: as it was."""
    run_id: str | None = None
    page: StoredPage | None = None


def write(
    connection: Connection,
    listed: ListedFiling,
    filing: OwnershipFiling,
    by: FetchedBy,
    *,
    replaces: bool = False,
    is_again: bool = False,
) -> Kept:
    """A filing as read, under its issuer, with all its rows. One that another run has read stays as it is, unless this `replaces` it.
    `is_again`: it may have been written, and the answer was lost; then it is new all the same.

    What it amends, supersedes or repeats is settled here too, and so is what others amend, supersede or repeat of it.

    Raises:
        NotStorable: the database refuses it; the transaction cannot go on.
    """
    with refusals(ValueError, TypeError):
        if by.page:
            pages.store(connection, [by.page])
        hung_on_it = insider_links.cut(connection, listed.accession) if replaces else frozenset()
        records = records_of(filing)
        own = {"accession": listed.accession}
        dated = own | {"filed_on": listed.filed_on}
        head = _listed_record(listed, by) | records.filing | {"state": FilingState.READ}
        head["accepted_at"] = listed.accepted_at or filing.accepted_at
        if listed.form == f"{filing.form}/A":  # submitted as an amendment: the document need not say so
            head["form"] = listed.form
        written = connection.execute(
            _WRITE,
            {
                "issuer": filing.issuer_cik,
                "filing": as_json([head]),
                "owners": as_json(row | own for row in records.owners),
                "transactions": as_json(row | dated for row in records.transactions),
                "holdings": as_json(row | own for row in records.holdings),
            },
        ).scalar_one()
        if written:
            insider_links.settle(connection, listed.accession, also=hung_on_it)
        elif not (is_again and _is_work_of(connection, listed.accession, by)):
            return Kept(is_new=False)
    return Kept(is_new=True, transactions=len(records.transactions), holdings=len(records.holdings))


def _is_work_of(connection: Connection, accession: str, by: FetchedBy) -> bool:
    stored = connection.execute(
        text("SELECT watch_id, run_id FROM pricewatch.insider_filings WHERE accession = :accession"),
        {"accession": accession},
    ).one_or_none()
    return stored is not None and (stored.watch_id, stored.run_id) == (by.watch_id, by.run_id)


def miss(
    connection: Connection,
    listed: ListedFiling,
    state: FilingState,
    error: str,
    by: FetchedBy,
    *,
    retry_after: timedelta | None,
) -> None:
    """A filing that could not be had, or not be read: with one attempt more in its state. One that another run has read, or given up
    meanwhile, stays as it is."""
    if by.page:
        pages.store(connection, [by.page])
    record = _listed_record(listed, by) | {
        "state": state,
        "error": short(error),
        "form": short(listed.form),
        "attempts": 1 + (listed.failures if state is FilingState.PENDING else listed.attempts),
    }
    connection.execute(
        _MISS,
        {"filing": as_json([record]), "retry_s": None if retry_after is None else retry_after.total_seconds()},
    )


def _listed_record(listed: ListedFiling, by: FetchedBy) -> dict[str, Any]:
    return {
        "accession": listed.accession,
        "filed_on": listed.filed_on,
        "accepted_at": listed.accepted_at,
        "period": listed.period,
        "url": listed.url,
        "feed_ciks": [listed.feed_cik],
        "sources": [listed.source],
        "attempts": 0,
        "page_sha256": by.page.sha256 if by.page else None,
        "watch_id": by.watch_id,
        "run_id": by.run_id,
    }


_KEEPS = ("accession", "listed_at", "feed_ciks", "sources", "url", "filed_on", "attempts", "amends")
"""Columns of a filing that its document does not say."""
_FROM_FILING = f"""
    FROM jsonb_to_recordset(cast(:filing AS jsonb)) AS r({shape_of(insider_filings, page_sha256="text")})
"""
_PAGE = "decode(page_sha256, 'hex')"
_OF_FIRST_READING = {name: f"coalesce(f.{name}, excluded.{name})" for name in ("serial", "read_at")} | {
    name: f"coalesce(excluded.{name}, f.{name})" for name in ("page_sha256", "watch_id", "run_id")
}
"""What stays when a filing is read again: it is no news then."""
_SAID = ", ".join(
    f"{column.name} = {_OF_FIRST_READING.get(column.name, f'excluded.{column.name}')}"
    for column in insider_filings.columns
    if column.name not in _KEEPS
)
_FEEDS = """
    feed_ciks = ARRAY(SELECT DISTINCT unnest(f.feed_ciks || excluded.feed_ciks) ORDER BY 1),
    sources = ARRAY(SELECT DISTINCT unnest(f.sources || excluded.sources) ORDER BY 1)
"""


def _rows_of(table: Any, parameter: str) -> str:
    return (
        f"INSERT INTO {table.fullname} ({columns_of(table)}) SELECT {values_of(table)} "
        f"FROM jsonb_to_recordset(cast(:{parameter} AS jsonb)) AS r({shape_of(table)}) WHERE EXISTS (SELECT FROM filing)"
    )


# The lock of the issuer comes before the serial, and is held to the end: serials of one issuer become visible in their order, and
# whoever asks for those above one that it knows misses none. It also lets one filing at a time settle what it amends or repeats.
_WRITE = text(f"""
WITH issuer AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended(:issuer, 7205759406))),
filing AS (
    INSERT INTO {insider_filings.fullname} AS f ({columns_of(insider_filings)})
    SELECT {
    values_of(
        insider_filings,
        serial="nextval('pricewatch.insider_filing_serials')",
        read_at="now()",
        retry_at="NULL",
        page_sha256=_PAGE,
    )
}
    FROM issuer, jsonb_to_recordset(cast(:filing AS jsonb)) AS r({shape_of(insider_filings, page_sha256="text")})
    ON CONFLICT (accession) DO UPDATE SET {_SAID}, {_FEEDS}
    WHERE f.state <> 'read'
    RETURNING accession
), owners AS ({_rows_of(insider_owners, "owners")}),
transactions AS ({_rows_of(insider_transactions, "transactions")}),
holdings AS ({_rows_of(insider_holdings, "holdings")})
SELECT count(*) FROM filing
""")
_MISS = text(f"""
INSERT INTO {insider_filings.fullname} AS f ({columns_of(insider_filings)})
SELECT {
    values_of(
        insider_filings,
        retry_at="now() + make_interval(secs => cast(:retry_s AS double precision))",
        page_sha256=_PAGE,
    )
}
{_FROM_FILING}
ON CONFLICT (accession) DO UPDATE SET state = excluded.state, error = excluded.error,
    attempts = CASE WHEN f.state = 'pending' AND excluded.state <> 'pending' THEN excluded.attempts
                    ELSE greatest(f.attempts, excluded.attempts) END,
    retry_at = excluded.retry_at, page_sha256 = coalesce(excluded.page_sha256, f.page_sha256), watch_id = excluded.watch_id,
    run_id = excluded.run_id, {_FEEDS}
WHERE f.state <> 'read' AND (f.state IN ('pending', 'left_out') OR excluded.state <> 'pending')
""")
