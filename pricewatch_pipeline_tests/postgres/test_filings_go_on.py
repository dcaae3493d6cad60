"""Checks that have much to read: part by part, in rows of their own, and in nobody's way. The site's own log is the truth."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from pricewatch_pipeline.demo.sec_site import SecSite
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Schedule, Store, Watch
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.services.checking_run import READERS
from pricewatch_pipeline.services.fetch_politely import PoliteFetch
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.batches import end_lease
from pricewatch_pipeline_tests.support.loopback import html, serve
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, owner, query_for, sale
from pricewatch_pipeline_tests.support.shop import engine_on, store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]

MANY = 100
A_DAY_APART = Schedule(every=timedelta(hours=1), at_least_apart=timedelta(days=1))


def watched_companies(database: Database, rows: Rows, site: SecSite, *, companies: int, filings: int) -> None:
    for number in range(1, companies + 1):
        company = site.add(entity(number, f"Company {number}", f"C{number}"))
        for day in range(filings):
            traded = sale("100", "10.50", on=f"2026-10-{day + 1:02}")
            site.file(filing_by(owner(900 + number, "DOE JANE"), company, traded))
        query = dict(query_for(site, f"C{number}", days_back="all"))
        add_watch(database, {"id": f"c{number}", "provider": "sec_form4", "query": query}, providers=providers())
    rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
    rows("UPDATE pricewatch.hosts SET min_delay_s = 0.02")


def test_what_no_run_has_time_for_is_read_by_the_next_ones_each_filing_asked_for_once_and_a_row_per_part(
    database: Database, rows: Rows, sec_site: SecSite
) -> None:
    watched_companies(database, rows, sec_site, companies=2, filings=12)
    # The pace, and not the machine, says how much a run has time for.
    rows("UPDATE pricewatch.hosts SET min_delay_s = 0.06")
    engine = engine_on(database, budget=timedelta(seconds=0.6), overtime=timedelta(0))
    for _ in range(30):
        # What a run gave back without having read anything is due after a moment.
        soon = "next_due_at < now() + interval '1 minute'"
        if not rows(f"UPDATE pricewatch.watches SET next_due_at = now() WHERE {soon} RETURNING 1"):
            break
        check_due(engine)

    assert Counter(sec_site.asked_for("document")).most_common(1)[0][1] == 1
    assert len(sec_site.asked_for("document")) == 24
    assert rows("SELECT state, count(*)::int AS n FROM pricewatch.insider_filings GROUP BY state") == [
        {"state": "read", "n": 24}
    ]
    ledger = rows("SELECT slot_at, outcome, page_count FROM pricewatch.checks")
    assert {row["outcome"] for row in ledger} == {"ok"}
    assert len(ledger) > 2
    parts = rows("SELECT watch_id, slot_at, read, remaining FROM pricewatch.filing_checks ORDER BY watch_id, slot_at")
    assert len(parts) == len(ledger)
    assert sum(part["read"] for part in parts) == 24
    assert [part["remaining"] for part in parts if part["remaining"] == 0] == [0, 0]


def test_after_a_kill_only_what_was_in_hand_is_asked_for_again(
    database: Database, database_url: str, rows: Rows, sec_site: SecSite
) -> None:
    watched_companies(database, rows, sec_site, companies=1, filings=12)
    doomed = [sys.executable, "-m", "pricewatch_pipeline_tests.support.doomed_backfill", database_url, "8"]
    assert subprocess.run(doomed, check=False, timeout=60).returncode == -signal.SIGKILL
    kept = rows("SELECT count(*)::int AS n FROM pricewatch.insider_filings WHERE state = 'read'")[0]["n"]
    assert check_due(engine_on(database)).checks == 0  # the dead run's lease still holds
    end_lease(rows)
    check_due(engine_on(database), run_id="after")

    asked = Counter(sec_site.asked_for("document"))
    assert (len(asked), asked.total() - 12) == (12, 8 - kept)
    assert 0 < 8 - kept <= 2
    assert rows(
        "SELECT state, run_id, count(*)::int AS n FROM pricewatch.insider_filings GROUP BY 1, 2 ORDER BY 2"
    ) == [
        {"state": "read", "run_id": "after", "n": 12 - kept},
        {"state": "read", "run_id": "doomed", "n": kept},
    ]
    assert rows("SELECT count(*)::int AS n FROM pricewatch.insider_transactions") == [{"n": 12}]
    # What the dead run had read is its own, though it could not say so.
    assert rows(
        "SELECT outcome, read, transactions, duration_s IS NULL AS is_lost FROM analytics.insider_check_history ORDER BY attempt"
    ) == [
        {"outcome": "abandoned", "read": kept, "transactions": kept, "is_lost": True},
        {"outcome": "ok", "read": 12 - kept, "transactions": 12 - kept, "is_lost": False},
    ]


class Stack(BaseModel):
    """What the provider below is asked for."""

    height: int = 0


class StackProvider:
    """A stack of documents, of which each check reads two."""

    name: ClassVar[str] = "stack"
    query_model: ClassVar[type[BaseModel]] = Stack

    def __init__(self, left: Sequence[int], outcome: Outcome = Outcome.OK, url: str | None = None) -> None:
        self.left = list(left)
        self.asked: list[Any] = []
        self.in_memory: list[int] = []
        self._outcome = outcome
        self._url = url

    def host_of(self, query: BaseModel) -> str:
        return "stack.example"

    def url_of(self, query: BaseModel) -> str | None:
        return self._url

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        self.asked.append(watch.query)
        for _ in range(2 if self._url else 0):
            page = await fetch(PageRequest(url=self._url or "", is_one_of_many=True))
            assert page.body
            assert isinstance(fetch, PoliteFetch)
            self.in_memory.append(sum(len(each.body) for each in fetch.pages))
        offer = Offer(price=Decimal(10 ** len(self.asked)), currency="USD")
        is_ok = self._outcome is Outcome.OK
        return Reading(outcome=self._outcome, offer=offer if is_ok else None, is_exact=True, remaining=self.left.pop(0))


class CrowdProvider(StackProvider):
    """Many documents for one watch, and one for another that comes later."""

    def __init__(self, url: str) -> None:
        super().__init__([], url=url)
        self.documents = 0
        self._has_begun = asyncio.Event()
        self._is_late_served = False

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        if watch.watch_id == "late":
            await self._has_begun.wait()
            await fetch(PageRequest(url=self._url or ""))
            self._is_late_served = True
        while watch.watch_id != "late" and self.documents < MANY and not self._is_late_served:
            await fetch(PageRequest(url=self._url or "", is_one_of_many=True))
            self.documents += 1
            self._has_begun.set()
        return Reading(outcome=Outcome.NO_OFFERS)


class MeetingProvider(StackProvider):
    """One document for each of three watches, and no check goes on before the others have theirs."""

    def __init__(self, url: str) -> None:
        super().__init__([], url=url)
        self._all = asyncio.Barrier(READERS + 1)

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        await fetch(PageRequest(url=self._url or "", is_file=True))
        async with asyncio.timeout(15):
            await self._all.wait()
        return Reading(outcome=Outcome.NO_OFFERS)


def stack_watch(database: Database, watch_id: str = "s", *, host: str = "stack.example", **fields: Any) -> None:
    stack = Watch(watch_id=watch_id, provider="stack", query={"height": 1}, host=host, **fields)
    store_watches(database, [stack])


def test_a_check_by_hand_goes_on_until_nothing_is_left_each_part_in_a_slot_of_its_own(
    database: Database, rows: Rows
) -> None:
    stack_watch(database)
    stack = StackProvider([4, 2, 0])
    report = check_now(engine_on(database, providers={"stack": stack}), ["s"], asked={"height": "7"})
    assert [check.remaining for check in report.results] == [4, 2, 0]
    assert stack.asked == [{"height": 7}] * 3
    assert rows("SELECT count(DISTINCT slot_at)::int AS n FROM pricewatch.checks WHERE kind = 'manual'") == [{"n": 3}]
    # Ten times the price of before, each time: it is stated by an authority.
    prices = rows("SELECT price FROM pricewatch.price_snapshots ORDER BY slot_at")
    assert [row["price"] for row in prices] == [10, 100, 1000]
    assert rows("SELECT query FROM pricewatch.watches") == [{"query": {"height": 1}}]


def test_a_check_by_hand_that_gets_no_further_ends(database: Database, rows: Rows) -> None:
    stack_watch(database)
    report = check_now(engine_on(database, providers={"stack": StackProvider([4, 4, 0])}), ["s"])
    assert [check.remaining for check in report.results] == [4, 4]


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.NO_OFFERS])
def test_a_watch_with_something_left_is_due_again_at_once_whatever_the_distance_between_its_checks(
    database: Database, rows: Rows, outcome: Outcome
) -> None:
    stack_watch(database, schedule=A_DAY_APART)
    stack = StackProvider([4, 2, 0], outcome)
    engine = engine_on(database, providers={"stack": stack})
    assert [check_due(engine).checks for _ in range(4)] == [1, 1, 1, 0]
    assert {row["outcome"] for row in rows("SELECT outcome FROM pricewatch.checks")} == {outcome}
    assert rows("SELECT count(DISTINCT slot_at)::int AS n FROM pricewatch.checks") == [{"n": 3}]
    assert rows("SELECT next_due_at > now() + interval '20 hours' AS is_later FROM pricewatch.watches") == [
        {"is_later": True}
    ]


def test_a_check_that_fails_is_tried_again_as_any_other_whatever_is_left(database: Database, rows: Rows) -> None:
    stack_watch(database)
    check_due(engine_on(database, providers={"stack": StackProvider([4], Outcome.TRANSPORT)}))
    assert rows("SELECT consecutive_failures, next_due_at > now() AS is_later FROM pricewatch.watches") == [
        {"consecutive_failures": 1, "is_later": True}
    ]


def test_a_check_of_many_documents_keeps_no_other_from_the_place_among_the_pages_in_hand(database: Database) -> None:
    with serve({"/0": html("x")}) as server:
        store_watches(database, [watch("other", server.url("/0"))])
        stack_watch(database, host=host_key(server.base_url))
        stack_watch(database, "late", host=host_key(server.base_url))
        crowd = CrowdProvider(server.url("/0"))
        check_now(engine_on(database, providers={"stack": crowd}, concurrency=1), ["s", "late"])
    assert 0 < crowd.documents < MANY


def test_a_check_that_waits_for_another_one_between_two_files_keeps_none_from_reading(
    database: Database, rows: Rows
) -> None:
    with serve({"/0": html("x")}) as server:
        store_watches(database, [watch("other", server.url("/0"))])
        names = [f"s{number}" for number in range(READERS + 1)]
        for name in names:
            stack_watch(database, name, host=host_key(server.base_url))
        check_now(engine_on(database, providers={"stack": MeetingProvider(server.url("/0"))}), names)
    assert {row["outcome"] for row in rows("SELECT outcome FROM pricewatch.checks")} == {"no_offers"}


def test_of_documents_that_are_many_a_check_remembers_the_sizes_only(database: Database, rows: Rows) -> None:
    with serve({"/0": html("x" * 500)}) as server:
        store_watches(database, [watch("other", server.url("/0"))])
        stack_watch(database, host=host_key(server.base_url))
        stack = StackProvider([0], url=server.url("/0"))
        check_now(engine_on(database, providers={"stack": stack}), ["s"])
    assert stack.in_memory == [0, 0]
    assert rows("SELECT outcome, page_count, body_bytes, final_url FROM pricewatch.checks") == [
        {"outcome": "ok", "page_count": 2, "body_bytes": 1000, "final_url": None}
    ]
