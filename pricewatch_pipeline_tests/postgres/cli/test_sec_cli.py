"""Insiders on the command line: what people type, and what they see."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.checks import HOUR, Checker, offer
from pricewatch_pipeline_tests.support.insider_rows import (
    APPLE,
    BELL,
    COOK,
    FILED_ON,
    TRADED_ON,
    Row,
    accession_of,
    found,
    store_filing,
    trade,
    watched_company,
)

MICROSOFT = {"issuer_cik": "0000789019", "issuer_name": "MICROSOFT CORP", "issuer_symbol": "MSFT"}
Rows = Callable[..., list[dict[str, Any]]]
Write = Callable[..., None]


@pytest.fixture
def write(database: Database, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Stores a filing."""
    monkeypatch.setenv("COLUMNS", "300")

    def run(number: int, *trades: Row, **said: Any) -> None:
        database.run(lambda connection: store_filing(connection, number, *trades, **said))

    return run


@pytest.fixture
def filings(write: Write, database: Database) -> Checker:
    """A watch on Apple, whose list has filings in every state; and one of another company."""
    later = {"filed_on": FILED_ON + timedelta(days=30), "watch_id": None}
    watch = watched_company(database)
    old = {"read_at": datetime.now(UTC) - timedelta(days=3), "watch_id": watch.watch_id}
    write(
        1,
        trade("S", "3000", "172.30", footnotes={"price": ["F1"]}),
        trade("M", "3000", "0"),
        owners=[COOK, BELL],
        **old,
    )
    write(
        2, trade("P", "10", "170", timeliness="L", traded_on=date(2035, 1, 1)), is_10b5_1=True, watch_id=watch.watch_id
    )
    write(
        3,
        trade("S", "5", "1", value=None, value_reason="price_per_ads", traded_on=date(2026, 1, 5)),
        form="4/A",
        **later,
        **MICROSOFT,
    )
    for number, state in enumerate(("pending", "gone", "unreadable", "left_out"), 4):
        unread = {"issuer_cik": None, "issuer_name": None, "issuer_symbol": None, "feed_ciks": [APPLE], "read_at": None}
        write(
            number,
            state=state,
            error="404" if state == "gone" else None,
            owners=[],
            filed_on=date(2026, 2, number),
            **unread,
        )
    return watch


def test_trades_are_shown_the_newest_first_with_what_they_come_to(filings: Checker, run: Run, ask: Json) -> None:
    assert [row["accession"] for row in ask("sec", "trades")] == [accession_of(n) for n in (2, 1, 3)]
    shown = run("sec", "trades", "--limit", "2").stdout
    for text in ("3,000", "172.30", "516,900", "COOK TIMOTHY D; BELL JAMES A", "10b5-1, late, day?", "AAPL"):
        assert text in shown
    assert (
        "2 of 3 trades; --all shows all. In all bought for 1,700 USD, sold for 516,900 USD; 1 without a value." in shown
    )
    assert "price per ADS" in run("sec", "trades", "--sells").stdout
    assert [row["side"] for row in ask("sec", "trades", "--buys")] == ["buy"]
    assert len(ask("sec", "trades", "--since", f"{TRADED_ON + timedelta(days=1)}")) == 1


def test_a_company_is_named_by_its_watch_its_ticker_or_its_cik(filings: Checker, run: Run, ask: Json) -> None:
    names = ("aapl-insiders", "AAPL", "aapl", "320193", "CIK0000320193")
    refused = run("sec", "trades", "aapl-insiders")  # no check has found out which company that is
    assert "the company of aapl-insiders is not known yet: `pricewatch check aapl-insiders` looks for it" in said(
        refused.stderr
    )
    filings.check(offer("172.30"), details=(found(),))
    shown = [[row["accession"] for row in ask("sec", "trades", name)] for name in names]
    assert shown == [[accession_of(2), accession_of(1)]] * len(names)
    assert "Apple Inc. (CIK 0000320193)" in run("sec", "filings", "AAPL").stdout
    assert "no company with the ticker ZZZZ is known here" in said(run("sec", "trades", "ZZZZ").stderr)
    assert "no such insider watch, and no company: 'no company!' is neither" in said(
        run("sec", "trades", "no company!").stderr
    )


def said(text: str) -> str:
    """In one line."""
    return " ".join(text.split())


def test_filings_are_shown_with_how_far_they_are(filings: Checker, run: Run, ask: Json) -> None:
    states = [row["state"] for row in ask("sec", "filings", APPLE, "--all")]
    assert states == ["read", "read", "left_out", "unreadable", "gone", "pending"]
    shown = run("sec", "filings", "--state", "gone").stdout
    assert "0000320193-26-000005" in shown
    assert "404" in shown
    assert "5 of 7 filings" in run("sec", "filings", "--limit", "5").stdout
    assert (
        run("sec", "filings", "MSFT", "--state", "pending").stdout
        == "No filing of MICROSOFT CORP (CIK 0000789019) is like that.\n"
    )
    table = list(csv.DictReader(io.StringIO(run("sec", "filings", "--csv").stdout)))
    assert (table[0]["form"], table[0]["issuer_name"], table[1]["owner_names"]) == (
        "4/A",
        "MICROSOFT CORP",
        "COOK TIMOTHY D",
    )


def test_statistics_count_checks_filings_and_what_was_created(
    filings: Checker, run: Run, ask: Json, database: Database, rows: Rows
) -> None:
    filings.now = datetime.now(UTC) - 8 * 24 * HOUR
    begun = filings.now + HOUR - timedelta(seconds=7)
    filings.check(offer("172.30"), details=(found(read=2, transactions=3),), started_at=begun)
    filings.now = datetime.now(UTC) - 3 * HOUR
    filings.check(Outcome.NOT_MODIFIED, Outcome.NO_OFFERS, after=timedelta(minutes=1))
    filings.check(Outcome.TRANSPORT, after=timedelta(minutes=1), attempt=1)
    rows("""
        INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at)
        SELECT watch_id, slot_at, 2, kind, 'cancelled', finished_at, finished_at FROM pricewatch.checks WHERE outcome = 'transport'
        UNION ALL  -- how long a check took that was left behind, nobody knows
        SELECT watch_id, slot_at, 3, kind, 'abandoned', started_at - interval '2 minutes', finished_at
        FROM pricewatch.checks WHERE outcome = 'transport'
    """)
    watched_company(database, "msft", "0000789019")
    stats = ask("sec", "stats")
    assert {name: stats[name] for name in ("watches", "companies", "not_checked_yet", "filings", "filings_read")} == {
        "watches": 2, "companies": 2, "not_checked_yet": 1, "filings": 7, "filings_read": 3,
    }  # fmt: skip
    names = ("checks", "succeeded", "without_price", "failed", "cancelled", "transactions")
    assert [[stats[name + span] for name in names] for span in ("_24h", "_7d", "")] == [
        [5, 1, 1, 2, 1, 2], [5, 1, 1, 2, 1, 4], [6, 2, 1, 2, 1, 4],
    ]  # fmt: skip
    assert stats["mean_duration_s"] == "1.40"
    (view,) = rows("SELECT * FROM analytics.insider_statistics")
    assert {name: stats[name] for name in names} == {name: view[name] for name in names}
    of_watch = ask("sec", "stats", "--watch", "aapl-insiders")
    assert [of_watch[name] for name in names] == [6, 2, 1, 2, 1, 3]
    assert [of_watch["filings_read" + span] for span in ("_24h", "_7d", "")] == [1, 2, 2]
    assert (of_watch["filings"], of_watch["filings_left_out"], of_watch["mean_duration_s"]) == (6, 1, "1.40")
    assert ask("sec", "stats", "--watch", "msft")["checks"] == 0
    shown = run("sec", "stats").stdout
    assert "Watches: 2 on 2 companies; 1 not checked yet." in shown
    assert "Filings: 7 listed: 3 read, 1 pending, 1 gone, 1 unreadable, 1 left out." in shown
    assert "Apple Inc. (AAPL, CIK 0000320193); last checked" in run("sec", "stats", "--watch", "aapl-insiders").stdout
    (line,) = [x for x in run("sec", "stats", "--watch", "aapl-insiders").stdout.splitlines() if "filings read" in x]
    assert [word for word in line.split() if word.isdigit()] == ["1", "2", "2"]
    assert "msft was not checked yet." in run("sec", "stats", "--watch", "msft").stdout


def test_every_check_is_in_the_history_once_with_what_it_found(filings: Checker, run: Run, ask: Json) -> None:
    filings.check(Outcome.TRANSPORT, details=(found(outcome="transport", read=1, transactions=4),))
    filings.check(offer("172.30"), after=timedelta(0), slot_at=filings.now, attempt=2, finished_at=filings.now + HOUR,
                  details=(found(read=2, transactions=3, problem="a part of the list is missing"),))  # fmt: skip
    checks = ask("sec", "checks", "aapl-insiders")
    assert [(row["attempt"], row["outcome"], row["read"], row["transactions"]) for row in checks] == [
        (2, "ok", 2, 3), (1, "transport", 1, 4),
    ]  # fmt: skip
    assert checks[0]["duration_s"] == "3600"
    assert "ok: a part of the list is missing" in run("sec", "checks").stdout
    assert "3600.0 s" in run("sec", "checks").stdout


def test_what_is_asked_for_in_vain_is_said_to_be_nothing_so_far_or_nothing_like_that(synced: Any, run: Run) -> None:
    for command, what in (("trades", "trade"), ("filings", "filing"), ("clusters", "cluster")):
        so_far = f"No {what} so far: `pricewatch sec stats` says what was read.\n"
        assert run("sec", command).stdout == so_far
        assert run("sec", command, "--since", "1d").stdout == f"No {what} is like that.\n"


def test_a_watch_on_something_else_has_no_insiders(synced: Any, run: Run) -> None:
    for command in (("stats", "--watch", "lamp"), ("checks", "lamp")):
        assert run("sec", *command).stderr == "error: lamp is no insider watch, for its provider is retail\n"


def test_clusters_are_shown_with_who_bought(write: Write, run: Run, ask: Json) -> None:
    for number, owner in enumerate([COOK, BELL, ("0000000009", "LEVINSON ARTHUR D")], 1):
        write(number, trade("P", "10", "2"), owners=[owner])
    (cluster,) = ask("sec", "clusters", "AAPL")
    assert (cluster["owners"], cluster["value"]) == (3, "60")
    shown = run("sec", "clusters", "--since", f"{TRADED_ON}").stdout
    assert "BELL JAMES A; COOK TIMOTHY D; LEVINSON ARTHUR D" in shown
    assert run("sec", "clusters", "--since", f"{FILED_ON}").stdout == "No cluster is like that.\n"


def test_a_watch_shows_its_company_and_the_newest_trades(filings: Checker, run: Run, ask: Json) -> None:
    filings.check(offer("172.30"), details=(found(),))
    shown = run("watch", "show", "aapl-insiders").stdout
    for text in (
        "Apple Inc. (AAPL, CIK 0000320193)",
        "6 listed: 2 read",
        "3 created by its checks",
        "Newest trades",
        "172.30",
    ):
        assert text in shown
    assert [row["accession"] for row in ask("watch", "show", "aapl-insiders")["insiders"]["trades"]] == [
        accession_of(2),
        accession_of(1),
    ]
