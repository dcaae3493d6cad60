"""What checks of filings count: what is a trouble, and what only looks like one."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import text

from pricewatch_pipeline.storage import insider_numbers
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline_tests.support.insider_rows import (
    APPLE,
    accession_of,
    found,
    store_filing,
    trade,
    watched_company,
)

WINDOW = timedelta(days=7)
FILINGS, SWEEPS = "UPDATE pricewatch.insider_filings SET", "INSERT INTO pricewatch.insider_sweeps"
TROUBLES = {
    f"{FILINGS} transactions = 0 WHERE form = '4'": "doubtful",
    f"{FILINGS} transactions = 0, form = '4/A' WHERE form = '4'": None,
    f"{FILINGS} transactions = 0, has_no_securities = true": None,
    f"{FILINGS} transactions = 0, read_at = now() - interval '8 days'": None,
    f"{FILINGS} state = 'gone', retry_at = now() + interval '1 h', listed_at = '2020-01-01'": "missing",
    f"{FILINGS} state = 'unreadable'": "missing",
    f"{FILINGS} state = 'unreadable', listed_at = now() - interval '8 days'": None,
    f"{FILINGS} state = 'left_out'": None,
    "UPDATE pricewatch.insider_transactions SET code = 'Q'": "unknown",
    "UPDATE pricewatch.insider_transactions SET code = 'p'": "unknown",
    "UPDATE pricewatch.insider_transactions SET code = NULL": None,
    f"{SWEEPS} (day, outcome, missed) VALUES (current_date, 'ok', 1)": "missed",
    f"{SWEEPS} (day, outcome, missed, swept_at) VALUES ('2026-01-02', 'ok', 1, '2026-01-03')": None,
    f"{SWEEPS} (day, outcome) VALUES (current_date, 'timeout')": "failed",
    f"{SWEEPS} (day, outcome, filings) VALUES (current_date, 'not_found', 3)": None,
}


def troubles(connection: Connection) -> set[str]:
    swept = insider_numbers.sweeps(connection, window=WINDOW)
    counts = {
        "doubtful": insider_numbers.rows_of_filings(connection, window=WINDOW).doubtful,
        "missing": insider_numbers.missing_filings(connection, window=WINDOW).recent,
        "unknown": insider_numbers.codes_of_transactions(connection, window=WINDOW).unknown,
        "missed": swept.missed,
        "failed": swept.failed,
    }
    return {name for name, count in counts.items() if count}


def test_each_trouble_is_counted_as_itself_and_what_is_none_or_long_ago_is_not(database: Database) -> None:
    found = {}
    for statement in TROUBLES:
        with database.transaction() as connection, connection.begin_nested() as trial:
            store_filing(connection, 1, trade("S"))
            store_filing(connection, 2, holdings=[{"security": "Common Stock", "owned_after": Decimal(3)}], form="3")
            connection.execute(text(statement))
            found[statement] = troubles(connection)
            trial.rollback()

    assert found == {statement: {name} - {None} for statement, name in TROUBLES.items()}


def test_days_with_news_are_those_of_trades_on_the_open_market_also_of_those_that_are_restated(
    database: Database,
) -> None:
    days = {code: date(2026, 3, day) for day, code in enumerate("PSAGM", 2)}
    with database.transaction() as connection:
        store_filing(connection, 1, *(trade(code, traded_on=day) for code, day in days.items()))
        store_filing(connection, 2, trade("P", traded_on=date(2026, 3, 20), table_name="derivative"))
        store_filing(connection, 3, trade("P", traded_on=date(2026, 3, 21)), read_at=date(2026, 3, 22))
        restated = trade("P", traded_on=date(2026, 3, 12), superseded_by=accession_of(1))
        store_filing(connection, 4, restated, read_at=date(2026, 3, 22))
        between = {"first": date(2026, 3, 1), "last": date(2026, 3, 30)}

        everything = insider_numbers.trading_days_with_news(connection, read_since=None, **between)
        since = insider_numbers.trading_days_with_news(
            connection, read_since=database.now() - timedelta(hours=1), **between
        )

    assert everything == [days["P"], days["S"], date(2026, 3, 12), date(2026, 3, 21)]
    assert since == [days["P"], days["S"], date(2026, 3, 12)]


def test_days_that_no_sweep_makes_up_for_any_more_are_told_since_a_company_is_watched(database: Database) -> None:
    since = database.now().date() - timedelta(days=40)
    with database.transaction() as connection:
        connection.execute(text(f"{SWEEPS} (day, outcome) VALUES ('2020-01-02', 'ok')"))
        assert insider_numbers.sweeps(connection, window=WINDOW).unswept == ()
    watched_company(database).check(None, details=(found(),))
    with database.transaction() as connection:
        feed = "INSERT INTO pricewatch.insider_feeds (cik, first_seen_on) VALUES (:cik, :since)"
        connection.execute(text(feed), {"cik": APPLE, "since": since})
        unswept = insider_numbers.sweeps(connection, window=WINDOW).unswept
        assert since <= min(unswept) <= since + timedelta(days=4)
        connection.execute(text(f"{SWEEPS} (day, outcome) VALUES (:day, 'ok')"), {"day": unswept[0]})
        assert insider_numbers.sweeps(connection, window=WINDOW).unswept == unswept[1:]
