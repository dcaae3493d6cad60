"""Companies, and what their lists of filings say: which filings there are, and which of them are to be fetched."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.filing_bounds import DatedFiling, within
from pricewatch_pipeline.domain.filings import Company, Counts, FeedState, FilingBounds, ListedFiling
from pricewatch_pipeline.storage.rows import as_json

# The SEC's day: a filing is dated by it.
_TODAY = "(now() AT TIME ZONE 'America/New_York')::date"


def company_named(connection: Connection, symbol: str, *, site: str) -> Company | None:
    """By ticker, in the list of that site; with all the tickers that it has."""
    rows = connection.execute(
        text("""
            SELECT cik, name, symbol FROM pricewatch.sec_companies
            WHERE site = :site AND cik = (SELECT cik FROM pricewatch.sec_companies WHERE site = :site AND symbol = :symbol)
            ORDER BY symbol
        """),
        {"symbol": symbol.strip().upper(), "site": site},
    ).all()
    return Company(cik=rows[0].cik, name=rows[0].name, symbols=tuple(row.symbol for row in rows)) if rows else None


def companies_read_at(connection: Connection, *, site: str) -> datetime | None:
    """When that site's list of companies was last kept."""
    instant: datetime | None = connection.execute(
        text("SELECT max(read_at) FROM pricewatch.sec_companies WHERE site = :site"), {"site": site}
    ).scalar_one()
    return instant


def symbols(connection: Connection, *, site: str) -> list[str]:
    """Every ticker of that list."""
    rows = connection.execute(
        text("SELECT symbol FROM pricewatch.sec_companies WHERE site = :site ORDER BY symbol"), {"site": site}
    )
    return list(rows.scalars())


def keep_companies(connection: Connection, companies: Sequence[Company], *, site: str) -> None:
    """In place of the list of that site that was kept. Rows that are the same stay as they are, but for when they were read."""
    # One run at a time: two that insert the same tickers in another order would wait for each other.
    connection.execute(text("SELECT pg_advisory_xact_lock(7205759405)"))
    by_symbol = {
        symbol.strip().upper(): {"symbol": symbol.strip().upper(), "cik": company.cik, "name": company.name}
        for company in companies
        for symbol in company.symbols
        if symbol.strip()
    }
    connection.execute(
        text("""
            WITH listed AS (
                SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(symbol text, cik text, name text)
            ), gone AS (
                DELETE FROM pricewatch.sec_companies c
                WHERE c.site = :site AND NOT EXISTS (SELECT FROM listed l WHERE l.symbol = c.symbol)
            )
            INSERT INTO pricewatch.sec_companies (site, symbol, cik, name) SELECT :site, symbol, cik, name FROM listed
            ON CONFLICT (site, symbol) DO UPDATE SET cik = excluded.cik, name = excluded.name, read_at = now()
        """),
        {"rows": as_json(by_symbol.values()), "site": site},
    )


def feed(connection: Connection, cik: str) -> FeedState:
    """What is known of a company's list."""
    row = connection.execute(
        text("SELECT name, first_seen_on, parts, missing_parts FROM pricewatch.insider_feeds WHERE cik = :cik"),
        {"cik": cik},
    ).one_or_none()
    if row is None:
        return FeedState(cik=cik)
    return FeedState(
        cik=cik,
        name=row.name,
        first_seen_on=row.first_seen_on,
        parts=dict(row.parts),
        missing_parts=tuple(row.missing_parts),
    )


def list_filings(connection: Connection, state: FeedState, listed: Sequence[ListedFiling], bounds: FilingBounds) -> int:
    """Take in what a list says; how many filings were not known before."""
    feed_row = connection.execute(_SEE_FEED, {"rows": as_json([_feed_record(state)])}).one()
    created = _list(connection, listed)
    _want(connection, state.cik, bounds, first_seen_on=feed_row.first_seen_on, today=feed_row.today)
    return created


def list_missed(connection: Connection, cik: str, listed: Sequence[ListedFiling], bounds: FilingBounds) -> int:
    """Take in what an index names of a company whose list was read before; how many filings were not known before."""
    feed_row = connection.execute(
        text(f"SELECT first_seen_on, {_TODAY} AS today FROM pricewatch.insider_feeds WHERE cik = :cik"), {"cik": cik}
    ).one()
    created = _list(connection, listed)
    _want(connection, cik, bounds, first_seen_on=feed_row.first_seen_on, today=feed_row.today)
    return created


def _list(connection: Connection, listed: Sequence[ListedFiling]) -> int:
    if not listed:
        return 0
    by_accession = {each.accession: _listed_record(each) for each in listed}
    records = [by_accession[accession] for accession in sorted(by_accession)]
    return sum(row.is_new for row in connection.execute(_LIST, {"rows": as_json(records)}))


def _feed_record(state: FeedState) -> dict[str, Any]:
    return {
        "cik": state.cik,
        "name": state.name,
        "parts": dict(state.parts),
        "missing_parts": list(state.missing_parts),
    }


def _listed_record(listed: ListedFiling) -> dict[str, Any]:
    return {
        "accession": listed.accession,
        "form": listed.form,
        "filed_on": listed.filed_on,
        "accepted_at": listed.accepted_at,
        "period": listed.period,
        "url": listed.url,
        "feed_ciks": [listed.feed_cik],
        "sources": [listed.source],
    }


_SEE_FEED = text(f"""
INSERT INTO pricewatch.insider_feeds AS f (cik, name, first_seen_on, parts, missing_parts)
SELECT cik, name, {_TODAY}, parts, missing_parts
FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(cik text, name text, parts jsonb, missing_parts text[])
ON CONFLICT (cik) DO UPDATE SET name = coalesce(excluded.name, f.name), parts = f.parts || excluded.parts,
    missing_parts = excluded.missing_parts, read_at = now()
RETURNING first_seen_on, {_TODAY} AS today
""")
# What is known and says nothing new is not touched; what another run inserts meanwhile is, by the conflict. A read filing keeps what
# its document says.
_SAYS_MORE = """
    NOT f.feed_ciks @> r.feed_ciks OR NOT f.sources @> r.sources OR (f.accepted_at IS NULL AND r.accepted_at IS NOT NULL)
    OR (f.period IS NULL AND r.period IS NOT NULL AND f.state <> 'read')
"""
_LIST = text(f"""
INSERT INTO pricewatch.insider_filings AS f (accession, state, form, filed_on, accepted_at, period, url, feed_ciks, sources)
SELECT r.accession, 'left_out', r.form, r.filed_on, r.accepted_at, r.period, r.url, r.feed_ciks, r.sources
FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r(accession text, form text, filed_on date, accepted_at timestamptz, period date,
    url text, feed_ciks text[], sources text[])
LEFT JOIN pricewatch.insider_filings f USING (accession)
WHERE f.accession IS NULL OR {_SAYS_MORE}
ORDER BY r.accession
ON CONFLICT (accession) DO UPDATE SET
    feed_ciks = ARRAY(SELECT DISTINCT unnest(f.feed_ciks || excluded.feed_ciks) ORDER BY 1),
    sources = ARRAY(SELECT DISTINCT unnest(f.sources || excluded.sources) ORDER BY 1),
    accepted_at = coalesce(f.accepted_at, excluded.accepted_at),
    period = CASE WHEN f.state = 'read' THEN f.period ELSE coalesce(f.period, excluded.period) END,
    url = CASE WHEN f.state <> 'read' AND 'feed' = ANY (excluded.sources) THEN excluded.url ELSE f.url END
RETURNING xmax = 0 AS is_new
""")


def _want(connection: Connection, cik: str, bounds: FilingBounds, *, first_seen_on: date, today: date) -> None:
    """What was left out and is within the bounds becomes pending; what is pending stays so."""
    rows = connection.execute(
        text("""
            SELECT accession, form, filed_on, state FROM pricewatch.insider_filings
            WHERE feed_ciks @> ARRAY[:cik] AND EXISTS (
                SELECT FROM pricewatch.insider_filings WHERE feed_ciks @> ARRAY[:cik] AND state = 'left_out')
        """),
        {"cik": cik},
    ).all()
    known = (DatedFiling(accession=row.accession, form=row.form, filed_on=row.filed_on) for row in rows)
    wanted = within(known, bounds, first_seen_on=first_seen_on, today=today)
    chosen = sorted(row.accession for row in rows if row.state == "left_out" and row.accession in wanted)
    if chosen:
        connection.execute(
            text("""
                UPDATE pricewatch.insider_filings SET state = 'pending'
                WHERE accession = ANY(:chosen) AND state = 'left_out'
            """),
            {"chosen": chosen},
        )


def wanted(connection: Connection, cik: str, *, at_most: int) -> list[ListedFiling]:
    """Of this feed: what is pending, and what may be asked for again; the newest first."""
    rows = connection.execute(
        text("""
            SELECT accession, form, filed_on, url, sources, accepted_at, period, attempts, state = 'pending' AS is_pending
            FROM pricewatch.insider_filings
            WHERE feed_ciks @> ARRAY[:cik]
              AND (state = 'pending' OR (state IN ('gone', 'unreadable') AND retry_at <= now()))
            ORDER BY filed_on DESC, accession DESC LIMIT :at_most
        """),
        {"cik": cik, "at_most": at_most},
    )
    return [
        ListedFiling(
            accession=row.accession,
            form=row.form,
            filed_on=row.filed_on,
            url=row.url,
            feed_cik=cik,
            source=row.sources[0],
            accepted_at=row.accepted_at,
            period=row.period,
            attempts=0 if row.is_pending else row.attempts,
            failures=row.attempts if row.is_pending else 0,
        )
        for row in rows
    ]


def counts(connection: Connection, cik: str) -> Counts:
    """Of a company's filings, by state."""
    rows = connection.execute(
        text("""
            SELECT state, count(*) AS n FROM pricewatch.insider_filings WHERE feed_ciks @> ARRAY[:cik] GROUP BY state
        """),
        {"cik": cik},
    ).all()
    by_state = {row.state: row.n for row in rows}
    return Counts(listed=sum(by_state.values()), **by_state)
