"""The shelf in the database: every filing once under its issuer, whoever reads it, and whatever its document holds."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.filings import Company, FeedState, FilingBounds, FilingState, Kept, ListedFiling
from pricewatch_pipeline.domain.insiders import ParsedFiling
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.services.keep_evidence import read_page
from pricewatch_pipeline.services.reread_filings import reread_filings
from pricewatch_pipeline.services.tidy_pages import tidy_pages
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage import insider_feeds, insider_rows
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline.storage.insider_rows import FetchedBy
from pricewatch_pipeline_tests.support.evidence import keep
from pricewatch_pipeline_tests.support.insider_filings import (
    DAY,
    ISSUER,
    Shelf,
    accession,
    document,
    filing,
    holding,
    listed,
    trade,
)
from pricewatch_pipeline_tests.support.waiting import wait_until

Rows = Callable[..., list[dict[str, Any]]]
SEC = "https://www.sec.gov"
OTHER = "0000000099"
LONG_AGO = timedelta(days=4_000)


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database, run_id="run-1")


def states(rows: Rows) -> dict[str, str]:
    found = rows("SELECT accession, state FROM pricewatch.insider_filings ORDER BY 1")
    return {row["accession"]: row["state"] for row in found}


def test_a_filing_is_kept_whole_and_once_under_its_issuer(shelf: Shelf, database: Database, rows: Rows) -> None:
    said = filing(trade(1), trade(2, price=None), holding(3), owners=(1, 2), footnotes={"F1": "A note"})
    body = b"<ownershipDocument>1</ownershipDocument>"
    kept = shelf.put(1, said, feed=OTHER, body=body)
    assert (kept.is_new, kept.transactions, kept.holdings) == (True, 2, 1)
    assert not shelf.put(1, filing(trade(1, shares="7")), body=body).is_new
    shelf.listing(listed(1))
    (stored,) = rows("SELECT * FROM pricewatch.insider_filings")
    assert [stored[name] for name in ("state", "issuer_cik", "transactions", "holdings", "run_id", "watch_id")] == [
        "read", ISSUER, 2, 1, "run-1", "w",
    ]  # fmt: skip
    assert (stored["feed_ciks"], stored["footnotes"]) == ([OTHER, ISSUER], {"F1": "A note"})
    assert read_page(database, None, bytes(stored["page_sha256"])) == body
    transactions = rows("SELECT row, shares, value, value_reason FROM pricewatch.insider_transactions ORDER BY row")
    assert [tuple(row.values()) for row in transactions] == [(1, 100, 1000, None), (2, 100, None, "no_price")]
    assert rows("SELECT row FROM pricewatch.insider_holdings") == [{"row": 3}]
    assert [row["number"] for row in rows("SELECT number FROM pricewatch.insider_owners ORDER BY 1")] == [1, 2]


def test_a_filing_whose_answer_was_lost_is_new_to_who_kept_it_and_to_no_other(database_url: str, rows: Rows) -> None:
    class Forgetful(Database):
        """Everything is committed, its answer is lost, and it is done again."""

        def run(self, work: Callable[[Connection], Any], **options: Any) -> Any:
            super().run(work, **options)
            return super().run(work, **options)

    forgetful = Forgetful(database_url)
    kept = Shelf(forgetful, run_id="run-1").put(1, filing(trade(1), holding(2)))
    assert (kept.is_new, kept.transactions, kept.holdings) == (True, 1, 1)
    assert not Shelf(forgetful, run_id="run-2").put(1, filing(trade(1))).is_new
    assert rows("SELECT count(*) AS n FROM pricewatch.insider_transactions") == [{"n": 1}]
    forgetful.close()


def test_what_a_list_says_is_taken_in_once_and_bounds_may_be_widened(shelf: Shelf, rows: Rows) -> None:
    before = [listed(number, filed_on=DAY - LONG_AGO - timedelta(days=number)) for number in (1, 2, 3)]
    since = listed(4, filed_on=datetime.now(UTC).date() + timedelta(days=1))
    assert shelf.listing(*before, *before, since, max_filings=1) == 4
    assert shelf.listing(*before, since, max_filings=1) == 0
    assert shelf.wanted() == [accession(4), accession(1)]
    assert shelf.wanted(at_most=1) == [accession(4)]
    shelf.put(1, filing(trade()))
    assert shelf.listing(max_filings=0) == 0, "what was wanted stays so"
    assert shelf.listing(listed(2, feed=OTHER, source="index"), cik=OTHER, max_filings=0) == 0
    assert (shelf.wanted(), shelf.wanted(OTHER)) == ([accession(4)], [])
    shelf.listing(max_filings=2)
    assert shelf.wanted() == [accession(4), accession(2)]
    assert shelf.wanted(OTHER) == [accession(2)]
    assert rows("SELECT feed_ciks, sources FROM pricewatch.insider_filings WHERE accession = :it", it=accession(2)) == [
        {"feed_ciks": [OTHER, ISSUER], "sources": ["feed", "index"]}
    ]
    counts = asyncio.run(shelf.shelf.counts(ISSUER))
    assert (counts.listed, counts.read, counts.pending, counts.left_out) == (4, 1, 2, 1)


def test_a_list_is_known_from_the_first_time_it_was_read(shelf: Shelf, rows: Rows) -> None:
    first = asyncio.run(shelf.shelf.feed(ISSUER))
    assert (first.first_seen_on, first.parts) == (None, {})
    shelf.listing(state=FeedState(cik=ISSUER, name="Apple Inc.", parts={"a": 3}, missing_parts=("b",)))
    rows("UPDATE pricewatch.insider_feeds SET first_seen_on = '2026-01-01'")
    shelf.listing(state=FeedState(cik=ISSUER, parts={"b": 5}))
    known = asyncio.run(shelf.shelf.feed(ISSUER))
    assert (str(known.first_seen_on), known.parts, known.missing_parts) == ("2026-01-01", {"a": 3, "b": 5}, ())
    assert known.name == "Apple Inc."


def test_a_document_that_does_not_come_is_asked_for_again_and_may_come_at_last(shelf: Shelf, rows: Rows) -> None:
    shelf.listing(listed(1), listed(2))
    unreadable = ParsedFiling(outcome=Outcome.UNREADABLE, error="It ends in the middle.")
    asyncio.run(shelf.shelf.keep(listed(1), unreadable, document(b"<half"), watch_id="w"))
    asyncio.run(shelf.shelf.miss(listed(2, attempts=4), FilingState.GONE, "404", watch_id="w"))
    assert shelf.wanted() == []
    missed = rows("""
        SELECT state, attempts, error, (extract(epoch FROM retry_at - now()) / 3600)::int AS hours,
               page_sha256 IS NOT NULL AS has_page FROM pricewatch.insider_filings ORDER BY accession
    """)
    assert [tuple(row.values()) for row in missed] == [
        ("unreadable", 1, "It ends in the middle.", 1, True),
        ("gone", 5, "404", None, False),
    ]
    rows("UPDATE pricewatch.insider_filings SET retry_at = now() - interval '1 s' WHERE state = 'unreadable'")
    (again,) = asyncio.run(shelf.shelf.wanted(ISSUER, at_most=9))
    assert (again.accession, again.attempts) == (accession(1), 1)
    assert shelf.put(1, filing(trade())).is_new
    asyncio.run(shelf.shelf.miss(again, FilingState.GONE, "another run was late", watch_id="w"))
    assert states(rows) == {accession(1): "read", accession(2): "gone"}
    assert rows("SELECT error, retry_at FROM pricewatch.insider_filings WHERE state = 'read'") == [
        {"error": None, "retry_at": None}
    ]


def test_a_document_on_which_the_server_fails_stays_pending_and_its_failures_are_counted_apart(
    shelf: Shelf, rows: Rows
) -> None:
    def miss(each: ListedFiling, state: FilingState) -> list[tuple[int, int]]:
        asyncio.run(shelf.shelf.miss(each, state, "it answered 503", watch_id="w"))
        return [(f.attempts, f.failures) for f in asyncio.run(shelf.shelf.wanted(ISSUER, at_most=9))]

    shelf.listing(listed(1))
    assert miss(listed(1), FilingState.PENDING) == [(0, 1)]
    assert miss(listed(1, failures=1), FilingState.PENDING) == [(0, 2)]
    assert miss(listed(1, failures=2), FilingState.GONE) == []
    assert miss(listed(1, failures=2), FilingState.PENDING) == [], "another run was late"
    assert rows("SELECT state, attempts, retry_at > now() AS is_later FROM pricewatch.insider_filings") == [
        {"state": "gone", "attempts": 1, "is_later": True}
    ]


def test_nothing_in_a_document_keeps_it_from_being_stored(shelf: Shelf, rows: Rows) -> None:
    said = filing(
        trade(1, shares="1e30", price="NaN", security="Common\x00 Stock" + "k" * 9_999, nature="\ud800"),
        trade(2, shares="1.00000000001", price="-1E-99999", owned_after=Decimal("Infinity")),
        *(holding(number, footnotes={"security": ("F1\x00",) * 2}) for number in range(3, 2_003)),
        remarks="r\x00" * 9_999,
        footnotes={f"F{n}": "f" * 10 ** (n % 6) for n in range(301)},
        owners=tuple(range(1, 203)),
    )
    assert shelf.put(1, said).is_new
    found = rows(
        "SELECT shares::text AS shares, price, owned_after, flags, length(security) AS n FROM pricewatch.insider_transactions"
        " ORDER BY row"
    )
    assert [(row["shares"], row["price"], row["owned_after"], row["n"]) for row in found] == [
        (None, None, 1000, 1_999),
        ("1.0000000000", 0, None, 12),
    ]
    assert found[0]["flags"] == ["shares_out_of_range", "price_out_of_range"]
    assert found[1]["flags"] == ["shares_rounded", "price_rounded", "owned_after_out_of_range"]
    assert rows("SELECT flags, holdings FROM pricewatch.insider_filings") == [
        {"flags": ["rows_cut", "owners_cut", "footnotes_cut"], "holdings": 1_998}
    ]
    refusal = shelf.put(2, filing(trade(1), trade(1)))
    (refused,) = rows("SELECT state, error FROM pricewatch.insider_filings WHERE accession = :it", it=accession(2))
    assert refused["state"] == "unreadable"
    assert "duplicate key" in refused["error"]
    assert (refusal.is_new, refusal.error) == (False, refused["error"])


def test_runs_that_keep_the_same_filings_at_the_same_time_keep_each_once(database: Database, rows: Rows) -> None:
    said = filing(trade(1), trade(2), holding(3))

    def run(number: int) -> int:
        shelf = Shelf(database, run_id=f"run-{number}")
        order = range(1, 9) if number % 2 else range(8, 0, -1)
        return sum(shelf.put(each, said, feed=f"{number:010d}").is_new for each in order)

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(run, range(3))) == 8
    assert rows("SELECT count(*) AS n FROM pricewatch.insider_transactions") == [{"n": 16}]


def test_a_serial_is_never_seen_before_a_smaller_one_of_its_issuer(
    shelf: Shelf, database: Database, rows: Rows
) -> None:
    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as connection:
            insider_rows.write(connection, listed(1), filing(trade()), FetchedBy(watch_id="w"))
            later = threads.submit(shelf.put, 2, filing(trade()))
            wait_until(lambda: rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
            assert rows("SELECT serial FROM pricewatch.insider_filings") == []
        assert later.result().is_new
    found = rows("SELECT accession FROM pricewatch.insider_filings ORDER BY serial")
    assert [row["accession"] for row in found] == [accession(1), accession(2)]


def test_a_list_and_a_filing_that_wait_for_each_other_are_both_taken_in(
    shelf: Shelf, database: Database, rows: Rows
) -> None:
    amendment, original = (listed(number, feed=OTHER) for number in (1, 2))
    shelf.put(1, filing(trade(shares="90"), form="4/A", original_filed_on=DAY), filed_on=DAY + timedelta(days=1))
    shelf.listing(listed(2))
    writing: list[Future[Kept]] = []
    here = "WHERE datname = current_database()"

    def list_both(connection: Connection) -> None:
        for each in (amendment, original):
            insider_feeds.list_filings(connection, FeedState(cik=OTHER), [each], FilingBounds())
            if not writing:  # it holds the original, and waits for the amendment that it is to link
                writing.append(others.submit(shelf.put, 2, filing(trade())))
                wait_until(
                    lambda: rows(f"SELECT 1 FROM pg_stat_activity {here} AND cardinality(pg_blocking_pids(pid)) > 0")
                )

    with ThreadPoolExecutor() as others:
        database.run(list_both)
    assert writing[0].result().is_new
    wait_until(lambda: rows(f"SELECT 1 FROM pg_stat_database {here} AND deadlocks = 1"))
    feeds = [OTHER, ISSUER]
    assert rows("SELECT accession, state, amends, feed_ciks FROM pricewatch.insider_filings ORDER BY 1") == [
        {"accession": accession(1), "state": "read", "amends": accession(2), "feed_ciks": feeds},
        {"accession": accession(2), "state": "read", "amends": None, "feed_ciks": feeds},
    ]
    assert superseded(rows) == {"2:1": "1"}


def superseded(rows: Rows) -> dict[str, str]:
    found = rows(
        "SELECT accession, row, superseded_by FROM pricewatch.insider_transactions WHERE superseded_by IS NOT NULL"
    )
    return {f"{int(row['accession'][-2:])}:{row['row']}": str(int(row["superseded_by"][-2:])) for row in found}


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_an_amendment_supersedes_what_it_restates_whichever_is_read_first(
    shelf: Shelf, rows: Rows, order: tuple[int, ...]
) -> None:
    said = {
        1: filing(trade(1), trade(2, code="P")),
        2: filing(trade(1, shares="90"), form="4/A", original_filed_on=DAY),
        3: filing(holding(1), form="4/A", original_filed_on=DAY),
    }
    for number in order:
        shelf.put(number, said[number], filed_on=DAY + timedelta(days=number - 1))
    assert superseded(rows) == {"1:1": "2"}
    amends = rows("SELECT accession, amends FROM pricewatch.insider_filings ORDER BY 1")
    assert [row["amends"] for row in amends] == [None, accession(1), accession(1)]


def test_what_is_submitted_as_an_amendment_is_one_whatever_its_document_says(shelf: Shelf, rows: Rows) -> None:
    shelf.put(1, filing(trade(1)))
    shelf.put(2, filing(trade(1, shares="90"), original_filed_on=DAY), form="4/A", filed_on=DAY + timedelta(days=1))
    assert superseded(rows) == {"1:1": "2"}
    assert [row["form"] for row in rows("SELECT form FROM pricewatch.insider_filings ORDER BY accession")] == [
        "4",
        "4/A",
    ]


def test_a_block_that_several_entities_report_is_counted_once_also_when_the_first_comes_late(
    shelf: Shelf, rows: Rows
) -> None:
    def repeats() -> list[str | None]:
        found = rows("SELECT repeats FROM pricewatch.insider_transactions ORDER BY accession")
        return [row["repeats"] and str(int(row["repeats"][-2:])) for row in found]

    indirect = trade(direct_indirect="I")
    shelf.put(2, filing(indirect, owners=(2,)), filed_on=DAY + timedelta(days=1))
    shelf.put(3, filing(indirect, owners=(3,)), filed_on=DAY + timedelta(days=1))
    assert repeats() == [None, "2"]
    shelf.put(1, filing(indirect, owners=(1,)))
    assert repeats() == [None, "1", "1"]
    amendment = filing(trade(shares="50", direct_indirect="I"), form="4/A", original_filed_on=DAY)
    shelf.put(4, amendment, filed_on=DAY + timedelta(days=9))
    assert repeats() == [None, "4", "4", None], "the block is what the amendment of the first report says"
    late = filing(
        trade(shares="100", price="11", direct_indirect="I"),
        owners=(3,),
        form="4/A",
        original_filed_on=DAY + timedelta(days=1),
    )
    shelf.put(5, late, filed_on=DAY + timedelta(days=12))
    assert repeats() == [None, "4", None, None, "4"], "an amendment repeats what the row repeated that it restates"
    counted = rows("SELECT accession, shares FROM analytics.insider_trades")
    assert counted == [{"accession": accession(4), "shares": 50}]


def test_a_company_is_known_by_any_of_its_tickers_and_a_list_replaces_the_one_before(shelf: Shelf) -> None:
    async def story() -> None:
        asked = shelf.shelf
        assert await asked.companies_read_at(site=SEC) is None
        await asked.keep_companies([
            Company(cik="0000000001", name="One", symbols=("ONE", "one-b")),
            Company(cik="0000000002", name="Two", symbols=("TWO",)),
        ], site=SEC)  # fmt: skip
        found = await asked.company_named(" one ", site=SEC)
        assert found == Company(cik="0000000001", name="One", symbols=("ONE", "ONE-B"))
        await asked.keep_companies([Company(cik="0000000003", name="Three", symbols=("TWO",))], site=SEC)
        assert await asked.company_named("ONE", site=SEC) is None
        assert (await asked.company_named("two", site=SEC) or found).name == "Three"
        assert await asked.companies_read_at(site=SEC) is not None

    asyncio.run(story())


def test_the_tickers_of_one_site_are_not_those_of_another(shelf: Shelf) -> None:
    async def story() -> None:
        asked, other = shelf.shelf, "http://127.0.0.1:8810"
        here, there = (Company(cik=f"000000000{n}", name="One", symbols=("ONE",)) for n in (1, 2))
        await asked.keep_companies([here], site=SEC)
        assert await asked.companies_read_at(site=other) is None
        await asked.keep_companies([there, Company(cik="0000000003", name="Two", symbols=("TWO",))], site=other)
        assert await asked.company_named("ONE", site=SEC) == here
        assert await asked.company_named("ONE", site=other) == there
        assert (await asked.symbols(site=SEC), await asked.symbols(site=other)) == (["ONE"], ["ONE", "TWO"])

    asyncio.run(story())


def test_documents_of_filings_outlive_the_bounds_of_pages(shelf: Shelf, database: Database, rows: Rows) -> None:
    shelf.put(1, filing(trade()), body=b"<a>its document</a>")
    keep(database, [b"<p>a page"])
    rows("UPDATE pricewatch.pages SET last_seen_at = now() - interval '99 days'")
    assert tidy_pages(database, load_settings()).deleted == 1
    (stored,) = rows("SELECT page_sha256 FROM pricewatch.insider_filings")
    assert read_page(database, None, bytes(stored["page_sha256"])) == b"<a>its document</a>"


def test_a_filing_that_is_read_again_replaces_its_rows_and_is_no_news(
    shelf: Shelf, database: Database, rows: Rows
) -> None:
    shelf.put(1, filing(trade(1), trade(2, direct_indirect="I")), body=b"<a>1</a>")
    amendment = filing(trade(1, shares="90"), form="4/A", original_filed_on=DAY)
    shelf.put(2, amendment, filed_on=DAY + timedelta(days=1), body=b"<a>2</a>")
    shelf.put(3, filing(trade(1, direct_indirect="I"), owners=(3,)), body=b"<a>3</a>")
    unreadable = ParsedFiling(outcome=Outcome.UNREADABLE)
    asyncio.run(shelf.shelf.keep(listed(4), unreadable, document(b"<a>4</a>"), watch_id="w"))
    of_first_reading = (
        "SELECT accession, serial, watch_id, amends, read_at FROM pricewatch.insider_filings ORDER BY 1 LIMIT 3"
    )
    before = rows(of_first_reading)
    assert superseded(rows) == {"1:1": "2"}

    said = {
        b"<a>1</a>": filing(trade(1, shares="101"), trade(2, shares="55"), owners=(1, 2)),
        b"<a>2</a>": amendment,
        b"<a>4</a>": filing(trade(1, code="P")),
    }

    def read(body: bytes, _: ListedFiling) -> ParsedFiling:
        found = said.get(body)
        return ParsedFiling(outcome=Outcome.OK, filing=found) if found else unreadable

    report = reread_filings(database, read, None)
    assert (report.changed, report.problems) == (
        [accession(1), accession(4)],
        {accession(3): "It is no ownership document."},
    )
    assert rows(of_first_reading) == before
    assert superseded(rows) == {"1:1": "2"}
    assert rows("SELECT accession FROM pricewatch.insider_transactions WHERE repeats IS NOT NULL") == []
    assert len(rows("SELECT 1 FROM pricewatch.insider_transactions WHERE shares = 55")) == 1
    assert states(rows)[accession(4)] == "read"
    assert reread_filings(database, read, [accession(1), "x"]).problems == {"x": "No document of it is kept."}
