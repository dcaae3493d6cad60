"""How the reading of ownership filings goes, as numbers for those who look after the pipeline."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from pricewatch_pipeline.domain.insiders import KNOWN_CODES, OPEN_MARKET_CODES, OwnershipTable
from pricewatch_pipeline.domain.sweeps import unswept_days
from pricewatch_pipeline.storage.insider_sweeps import swept_days

Record = dict[str, Any]
EXAMPLES = 10


@dataclass(frozen=True, kw_only=True)
class FilingTally:
    """Filings that were read, by what they report."""

    read: int
    with_transactions: int
    holdings_only: int
    empty: int
    """Neither transactions nor holdings: a first statement of who owns nothing, a form that has remarks only."""
    doubtful: int
    """Of the empty ones read of late: forms 4 that amend nothing, and so were filed for a transaction."""
    examples: list[Record]
    """Of the doubtful ones, the newest."""


@dataclass(frozen=True, kw_only=True)
class CodeTally:
    """Transactions by code."""

    transactions: int
    unknown: int
    """Of filings read of late: with a code that the SEC's list does not have."""
    without_code: int
    codes: list[Record]
    """`code`, `transactions`, `is_known`; the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class MissingTally:
    """Filings that were listed and are not there."""

    gone: int
    unreadable: int
    recent: int
    """Of these: still to be asked for again, or listed of late."""
    pending: int
    examples: list[Record]


@dataclass(frozen=True, kw_only=True)
class SweepTally:
    """Days whose index was compared with the feeds of late."""

    days: int
    missed: int
    """Filings that no feed had listed."""
    failed: int
    """Days whose index could not be read."""
    newest: date | None
    """The last day that was compared."""
    swept_at: datetime | None
    watched_since: date | None
    """Since when a company is watched; None: none is."""
    today: date
    troubled: list[Record]
    """The days with something missed, or that failed."""
    unswept: tuple[date, ...] = ()
    """Business days since companies are watched and swept, however long ago, that no sweep makes up for by itself any more."""


def rows_of_filings(connection: Connection, *, window: timedelta) -> FilingTally:
    """What filings report; those without any row."""
    is_doubtful = """transactions = 0 AND holdings = 0 AND form = '4' AND NOT coalesce(has_no_securities, false)
        AND read_at > now() - make_interval(secs => :window_s)"""
    parameters = {"window_s": window.total_seconds(), "limit": EXAMPLES}
    counted = connection.execute(
        text(f"""
            SELECT count(*) AS read, count(*) FILTER (WHERE transactions > 0) AS with_transactions,
                   count(*) FILTER (WHERE transactions = 0 AND holdings > 0) AS holdings_only,
                   count(*) FILTER (WHERE transactions = 0 AND holdings = 0) AS empty,
                   count(*) FILTER (WHERE {is_doubtful}) AS doubtful
            FROM pricewatch.insider_filings WHERE state = 'read'
        """),
        parameters,
    ).one()
    examples = connection.execute(
        text(f"""
            SELECT accession, form, filed_on, issuer_name, url FROM pricewatch.insider_filings
            WHERE state = 'read' AND {is_doubtful} ORDER BY read_at DESC LIMIT :limit
        """),
        parameters,
    )
    return FilingTally(**counted._asdict(), examples=[dict(row) for row in examples.mappings()])


def codes_of_transactions(connection: Connection, *, window: timedelta) -> CodeTally:
    """Which codes transactions have."""
    rows = connection.execute(
        text("""
            SELECT t.code, count(*) AS transactions, t.code = ANY(:known) AS is_known,
                   count(*) FILTER (WHERE f.read_at > now() - make_interval(secs => :window_s)) AS recent
            FROM pricewatch.insider_transactions t JOIN pricewatch.insider_filings f USING (accession)
            GROUP BY t.code ORDER BY transactions DESC, t.code
        """),
        {"known": list(KNOWN_CODES), "window_s": window.total_seconds()},
    ).all()
    return CodeTally(
        transactions=sum(row.transactions for row in rows),
        unknown=sum(row.recent for row in rows if row.is_known is False),
        without_code=sum(row.transactions for row in rows if row.code is None),
        codes=[{"code": row.code, "transactions": row.transactions, "is_known": row.is_known} for row in rows],
    )


def missing_filings(connection: Connection, *, window: timedelta) -> MissingTally:
    """Filings whose document vanished, or cannot be read."""
    is_recent = "(retry_at > now() OR listed_at > now() - make_interval(secs => :window_s))"
    parameters = {"window_s": window.total_seconds(), "limit": EXAMPLES}
    counted = connection.execute(
        text(f"""
            SELECT count(*) FILTER (WHERE state = 'gone') AS gone, count(*) FILTER (WHERE state = 'pending') AS pending,
                   count(*) FILTER (WHERE state = 'unreadable') AS unreadable,
                   count(*) FILTER (WHERE state IN ('gone', 'unreadable') AND {is_recent}) AS recent
            FROM pricewatch.insider_filings WHERE state IN ('gone', 'pending', 'unreadable')
        """),
        parameters,
    ).one()
    examples = connection.execute(
        text(f"""
            SELECT accession, form, filed_on, state, attempts, error, url FROM pricewatch.insider_filings
            WHERE state IN ('gone', 'unreadable') AND {is_recent} ORDER BY filed_on DESC, accession LIMIT :limit
        """),
        parameters,
    )
    return MissingTally(**counted._asdict(), examples=[dict(row) for row in examples.mappings()])


def sweeps(connection: Connection, *, window: timedelta) -> SweepTally:
    """How the daily indexes of the last days compare with what the feeds listed."""
    parameters = {"window_s": window.total_seconds(), "limit": EXAMPLES}
    counted = connection.execute(
        text("""
            SELECT count(*) AS days, coalesce(sum(missed), 0) AS missed,
                   count(*) FILTER (WHERE outcome NOT IN ('ok', 'not_found')) AS failed, max(day) AS newest,
                   max(swept_at) AS swept_at, current_date AS today, (
                       SELECT min(e.first_seen_on) FROM pricewatch.insider_feeds e WHERE e.cik IN (
                           SELECT c.cik FROM pricewatch.filing_checks c JOIN pricewatch.watches w USING (watch_id)
                           WHERE w.is_active)) AS watched_since
            FROM pricewatch.insider_sweeps WHERE swept_at > now() - make_interval(secs => :window_s)
        """),
        parameters,
    ).one()
    troubled = connection.execute(
        text("""
            SELECT day, outcome, filings, missed, error FROM pricewatch.insider_sweeps
            WHERE swept_at > now() - make_interval(secs => :window_s)
              AND (missed > 0 OR outcome NOT IN ('ok', 'not_found'))
            ORDER BY day DESC LIMIT :limit
        """),
        parameters,
    )
    since = counted.watched_since
    return SweepTally(
        **counted._asdict(),
        troubled=[dict(row) for row in troubled.mappings()],
        unswept=unswept_days(counted.today, swept_days(connection), since=since) if since else (),
    )


def trading_days_with_news(
    connection: Connection, *, read_since: datetime | None, first: date, last: date
) -> list[date]:
    """Days, between these, of trades on the open market that filings read since report, or restate: an amendment may put a day right."""
    rows = connection.execute(
        text("""
            WITH told AS (
                SELECT accession, issuer_cik FROM pricewatch.insider_filings
                WHERE state = 'read' AND (cast(:read_since AS timestamptz) IS NULL OR read_at > :read_since)
            ), trades AS (
                SELECT t.* FROM told JOIN pricewatch.insider_transactions t USING (accession)
                UNION ALL
                SELECT t.* FROM told
                JOIN pricewatch.insider_transactions t ON t.issuer_cik = told.issuer_cik AND t.superseded_by = told.accession
            )
            SELECT DISTINCT traded_on FROM trades
            WHERE code = ANY(:codes) AND table_name = :table AND traded_on BETWEEN :first AND :last
            ORDER BY traded_on
        """),
        {
            "codes": list(OPEN_MARKET_CODES),
            "table": OwnershipTable.NON_DERIVATIVE,
            "read_since": read_since,
            "first": first,
            "last": last,
        },
    )
    return list(rows.scalars())


def clusters(connection: Connection, first: date, last: date) -> list[Record]:
    """Times between these days in which several insiders bought: `issuer_cik`, `first_on`, `last_on`, `owners`."""
    rows = connection.execute(
        text("""
            SELECT issuer_cik, first_on, last_on, owners FROM analytics.insider_clusters
            WHERE last_on >= :first AND first_on <= :last
        """),
        {"first": first, "last": last},
    )
    return [dict(row) for row in rows.mappings()]


def statistics(connection: Connection) -> Record:
    """All insider watches in numbers."""
    return dict(connection.execute(text("SELECT * FROM analytics.insider_statistics")).mappings().one())


def row_sums(connection: Connection) -> list[Record]:
    """What the views say in sum, and what the rows do: `source`, `trades`, `bought_shares`, `sold_shares`, `bought_value`,
    `sold_value`."""
    rows = connection.execute(
        text("""
            SELECT 'rows' AS source, count(*) AS trades,
                   coalesce(sum(shares) FILTER (WHERE code = 'P'), 0) AS bought_shares,
                   coalesce(sum(shares) FILTER (WHERE code = 'S'), 0) AS sold_shares,
                   coalesce(sum(value) FILTER (WHERE code = 'P'), 0) AS bought_value,
                   coalesce(sum(value) FILTER (WHERE code = 'S'), 0) AS sold_value
            FROM pricewatch.insider_transactions
            WHERE table_name = 'non_derivative' AND code IN ('P', 'S') AND price > 0 AND superseded_by IS NULL AND repeats IS NULL
            UNION ALL
            SELECT 'insider_trades', count(*),
                   coalesce(sum(shares) FILTER (WHERE side = 'buy'), 0), coalesce(sum(shares) FILTER (WHERE side = 'sell'), 0),
                   coalesce(sum(value) FILTER (WHERE side = 'buy'), 0), coalesce(sum(value) FILTER (WHERE side = 'sell'), 0)
            FROM analytics.insider_trades
            UNION ALL
            SELECT 'insider_company_days', coalesce(sum(trades), 0), coalesce(sum(bought_shares), 0),
                   coalesce(sum(sold_shares), 0), coalesce(sum(bought_value), 0), coalesce(sum(sold_value), 0)
            FROM analytics.insider_company_days
            UNION ALL
            SELECT 'insider_owner_net', coalesce(sum(trades), 0), coalesce(sum(bought_shares), 0),
                   coalesce(sum(sold_shares), 0), coalesce(sum(bought_value), 0), coalesce(sum(sold_value), 0)
            FROM analytics.insider_owner_net
        """)
    )
    return [dict(row) for row in rows.mappings()]
