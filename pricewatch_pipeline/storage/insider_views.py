"""What people see of insiders: filings, trades and checks as `analytics` has them. Rows, without pandas (insider_frames.py); all
watches in numbers: insider_numbers.py."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

Record = dict[str, Any]

# A day that is doubtful would put its trade before or behind all others: it stands where it was filed.
_DAY = "CASE WHEN has_doubtful_date THEN filed_on ELSE traded_on END"
_WANTED_TRADES = f"""
    (cast(:cik AS text) IS NULL OR issuer_cik = :cik) AND (cast(:side AS text) IS NULL OR side = :side)
    AND (cast(:since AS date) IS NULL OR {_DAY} >= :since)
"""
_WANTED_FILINGS = """
    (cast(:cik AS text) IS NULL OR issuer_cik = :cik OR feed_ciks @> ARRAY[cast(:cik AS text)])
    AND (cast(:state AS text) IS NULL OR state = :state) AND (cast(:since AS date) IS NULL OR filed_on >= :since)
"""


TRADES = f"""
    SELECT * FROM analytics.insider_trades WHERE {_WANTED_TRADES}
    ORDER BY {_DAY} DESC, filed_on DESC, accession DESC, row DESC LIMIT :limit
"""


def trades(
    connection: Connection,
    *,
    cik: str | None = None,
    since: date | None = None,
    side: str | None = None,
    limit: int | None = None,
) -> list[Record]:
    """Trades on the open market, of one issuer or of all, the newest first; `side`: `buy` or `sell`."""
    return _records(connection, TRADES, {"cik": cik, "since": since, "side": side, "limit": limit})


def trade_sums(
    connection: Connection, *, cik: str | None = None, since: date | None = None, side: str | None = None
) -> Record:
    """How many such trades there are, and what they come to: `trades`, `bought_value`, `sold_value`, `without_value`."""
    (sums,) = _records(
        connection,
        f"""
        SELECT count(*) AS trades, coalesce(sum(value) FILTER (WHERE side = 'buy'), 0) AS bought_value,
               coalesce(sum(value) FILTER (WHERE side = 'sell'), 0) AS sold_value,
               count(*) FILTER (WHERE value IS NULL) AS without_value
        FROM analytics.insider_trades WHERE {_WANTED_TRADES}
        """,
        {"cik": cik, "since": since, "side": side},
    )
    return sums


def filings(
    connection: Connection,
    *,
    cik: str | None = None,
    state: str | None = None,
    since: date | None = None,
    limit: int | None = None,
) -> list[Record]:
    """Filings about a company or in its list, or all, the newest first."""
    return _records(
        connection,
        f"""
        SELECT * FROM analytics.insider_filings WHERE {_WANTED_FILINGS} ORDER BY filed_on DESC, accession DESC LIMIT :limit
        """,
        {"cik": cik, "state": state, "since": since, "limit": limit},
    )


def count_filings(
    connection: Connection, *, cik: str | None = None, state: str | None = None, since: date | None = None
) -> int:
    """How many such filings there are."""
    (counted,) = _records(
        connection,
        f"SELECT count(*) AS n FROM analytics.insider_filings WHERE {_WANTED_FILINGS}",
        {"cik": cik, "state": state, "since": since},
    )
    return int(counted["n"])


def clusters(connection: Connection, *, cik: str | None = None, since: date | None = None) -> list[Record]:
    """Times in which several owners bought shares of a company; those that went on since a day, the newest first."""
    return _records(
        connection,
        """
        SELECT * FROM analytics.insider_clusters
        WHERE (cast(:cik AS text) IS NULL OR issuer_cik = :cik) AND (cast(:since AS date) IS NULL OR last_on >= :since)
        ORDER BY last_on DESC, issuer_cik
        """,
        {"cik": cik, "since": since},
    )


def checks(connection: Connection, *, watch_id: str | None = None, limit: int | None = None) -> list[Record]:
    """Checks of one insider watch or of all, also the failed ones, with what each found; the newest first."""
    return _records(
        connection,
        """
        SELECT * FROM analytics.insider_check_history WHERE cast(:watch_id AS text) IS NULL OR watch_id = :watch_id
        ORDER BY finished_at DESC LIMIT :limit
        """,
        {"watch_id": watch_id, "limit": limit},
    )


def watch_statistics(connection: Connection, watch_id: str) -> Record | None:
    """One insider watch in numbers, as `analytics.insider_watches` has it; None: it is none."""
    rows = _records(
        connection, "SELECT * FROM analytics.insider_watches WHERE watch_id = :watch_id", {"watch_id": watch_id}
    )
    return rows[0] if rows else None


def cik_named(connection: Connection, symbol: str) -> str | None:
    """The CIK of a ticker: as the SEC lists it, or else as the newest filing that names it."""
    cik: str | None = connection.execute(
        text("""
            SELECT coalesce(
                (SELECT cik FROM pricewatch.sec_companies WHERE symbol = :symbol ORDER BY read_at DESC LIMIT 1),
                (SELECT issuer_cik FROM pricewatch.insider_filings WHERE upper(issuer_symbol) = :symbol
                 ORDER BY filed_on DESC, accession DESC LIMIT 1))
        """),
        {"symbol": symbol},
    ).scalar_one()
    return cik


def issuer_name(connection: Connection, cik: str) -> str | None:
    """As its newest filing says it, or else the SEC's lists."""
    name: str | None = connection.execute(
        text("""
            SELECT coalesce(
                (SELECT issuer_name FROM pricewatch.insider_issuers WHERE issuer_cik = :cik),
                (SELECT name FROM pricewatch.insider_feeds WHERE cik = :cik),
                (SELECT name FROM pricewatch.sec_companies WHERE cik = :cik LIMIT 1))
        """),
        {"cik": cik},
    ).scalar_one()
    return name


def _records(connection: Connection, query: str, parameters: Record) -> list[Record]:
    return [dict(row) for row in connection.execute(text(query), parameters).mappings()]
