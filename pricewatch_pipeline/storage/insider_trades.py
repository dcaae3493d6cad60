"""What is told of an issuer's insiders: their newest trade at a price, and what is new since a watch was told."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.filings import LargestTrade, News, OpenMarketTrade
from pricewatch_pipeline.domain.insiders import OPEN_MARKET_CODES
from pricewatch_pipeline.storage.rows import AnyRow

NEWS_DAYS = 7
"""A filing that was filed longer ago is no news, whenever it is read: a backfill of years alerts nobody."""

_COUNTS_ONCE = "t.superseded_by IS NULL AND t.repeats IS NULL"
_IS_OPEN_MARKET = f"t.table_name = 'non_derivative' AND t.code = ANY(:codes) AND {_COUNTS_ONCE}"
_TODAY = "(now() AT TIME ZONE 'America/New_York')::date"


def latest_trade(connection: Connection, issuer_cik: str) -> OpenMarketTrade | None:
    """As `analytics.insider_latest_prices` has it: by the day of the trade, then of its filing, then the last of its rows. A trade
    whose day is doubtful is none of the newest, and a price that is not one of a share is no price."""
    row = connection.execute(
        text("""
            SELECT accession, row, traded_on, filed_on, code, price, shares, security, owner_name AS owner
            FROM analytics.insider_latest_prices WHERE issuer_cik = :issuer_cik
        """),
        {"issuer_cik": issuer_cik},
    ).one_or_none()
    return OpenMarketTrade(**row._asdict()) if row else None


def news(connection: Connection, issuer_cik: str, *, watch_id: str) -> News:
    """What was read of this issuer since a check of the watch last told of it. The first check tells of nothing that could alert: it
    finds what was there before anybody asked. Nor do those that go on with it, until one has left nothing to read, but of what was
    filed since."""
    told = connection.execute(_TOLD, {"watch_id": watch_id, "issuer_cik": issuer_cik}).one()
    row = connection.execute(
        _NEWS,
        {
            "issuer_cik": issuer_cik,
            "after": told.up_to or 0,
            "codes": list(OPEN_MARKET_CODES),
            "filed_after": told.filed_after,
        },
    ).one()
    return News(
        filings=row.filings,
        transactions=row.transactions,
        open_market=row.open_market,
        largest=_largest(row) if told.up_to is not None else None,
        up_to=max(row.up_to or 0, told.up_to or 0),
    )


_TOLD = text(f"""
SELECT max(told_up_to) AS up_to, greatest({_TODAY} - {NEWS_DAYS}, CASE WHEN bool_or(remaining = 0) IS NOT TRUE THEN
           (SELECT first_seen_on FROM pricewatch.insider_feeds WHERE cik = :issuer_cik) END) AS filed_after
FROM pricewatch.filing_checks
WHERE watch_id = :watch_id AND cik = :issuer_cik AND outcome IN ('ok', 'not_modified', 'no_offers')
""")
_NEWS = text(f"""
WITH told AS (
    SELECT accession, serial, transactions, filed_on FROM pricewatch.insider_filings
    WHERE issuer_cik = :issuer_cik AND state = 'read' AND serial > :after
), sums AS (
    SELECT t.accession, t.code, count(*) AS n, sum(t.shares) FILTER (WHERE t.value IS NOT NULL) AS shares,
           sum(t.value) FILTER (WHERE told.filed_on > :filed_after) AS value
    FROM told JOIN pricewatch.insider_transactions t USING (accession) WHERE {_IS_OPEN_MARKET} AND t.price > 0
    GROUP BY t.accession, t.code
), largest AS (
    SELECT s.accession, s.code, s.shares, s.value, o.name AS owner
    FROM sums s LEFT JOIN pricewatch.insider_owners o ON o.accession = s.accession AND o.number = 1
    WHERE s.value IS NOT NULL ORDER BY s.value DESC, s.accession LIMIT 1
)
SELECT n.*, l.accession, l.code, l.shares, l.value, l.owner
FROM (
    SELECT count(*) AS filings, coalesce(sum(transactions), 0)::int AS transactions, max(serial) AS up_to,
           (SELECT coalesce(sum(n), 0)::int FROM sums) AS open_market,
           (SELECT count(DISTINCT accession)::int - 1 FROM sums WHERE value IS NOT NULL) AS others
    FROM told
) n LEFT JOIN largest l ON true
""")


def _largest(row: AnyRow) -> LargestTrade | None:
    if row.value is None:
        return None
    return LargestTrade(
        value=row.value,
        code=row.code,
        shares=row.shares,
        accession=row.accession,
        owner=row.owner,
        others=row.others,
    )
