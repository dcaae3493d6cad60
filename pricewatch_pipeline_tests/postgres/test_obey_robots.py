"""robots.txt is known to all runs together: who fetched it, how long it holds, and what its crawl-delay means."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.robots import RobotsFile
from pricewatch_pipeline.domain.watches import Politeness, Store
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.services import obey_robots
from pricewatch_pipeline.services.obey_robots import RobotsGate
from pricewatch_pipeline.storage import definitions, robots
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline.storage.host_pace import settle_pace

Rows = Callable[..., list[dict[str, Any]]]

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SHOP = "https://shop.de"
RULES = "User-agent: *\nDisallow: /cart\nCrawl-delay: 4\n"


class Web:
    """What the sites answer to /robots.txt, and what they were asked."""

    def __init__(self, body: str = RULES, *, status: int | None = 200, outcome: Outcome = Outcome.OK) -> None:
        self.body, self.status, self.outcome = body, status, outcome
        self.asked: list[PageRequest] = []

    async def __call__(self, request: PageRequest) -> Page:
        self.asked.append(request)
        return Page(
            request=request,
            outcome=self.outcome,
            final_url=request.url,
            status=self.status,
            body=self.body.encode(),
            headers={"etag": '"1"'},
            error=None if self.outcome.is_success else "it failed",
        )


def refusals(database: Database, web: Web, *urls: str, now: datetime = NOW) -> list[Outcome | None]:
    """What a run of its own says of these addresses."""

    async def run() -> Sequence[Page | None]:
        gate = RobotsGate(database, user_agent="pricewatch_pipeline/1", now=lambda: now)
        await gate.prepare(urls)
        return await asyncio.gather(*(gate.refusal(url, web) for url in urls))

    return [page and page.outcome for page in asyncio.run(run())]


def crawl_delay(rows: Rows, host: str = "shop.de") -> float | None:
    (row,) = rows("SELECT crawl_delay_s FROM pricewatch.hosts WHERE host = :host", host=host)
    delay: float | None = row["crawl_delay_s"]
    return delay


def store_at(*domains: str, obeys: bool) -> Store:
    politeness = Politeness(obeys_robots=obeys)
    return Store(store_id=domains[0].replace(".", "-"), domains=domains, politeness=politeness)


def test_the_next_run_asks_nobody_for_a_day(database: Database) -> None:
    web = Web()
    assert refusals(database, web, f"{SHOP}/cart", f"{SHOP}/p") == [Outcome.ROBOTS, None]
    later = NOW + timedelta(hours=23)
    assert refusals(database, web, f"{SHOP}/cart", f"{SHOP}/p", now=later) == [Outcome.ROBOTS, None]
    assert len(web.asked) == 1
    refusals(database, web, f"{SHOP}/p", now=NOW + timedelta(hours=24))
    assert web.asked[1].headers["if-none-match"] == '"1"'


def test_what_is_known_of_all_sites_comes_in_one_statement(database: Database) -> None:
    urls = [f"https://s{n}.example/cart" for n in range(30)]
    refusals(database, Web(), *urls)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert refusals(database, Web(), *urls) == [Outcome.ROBOTS] * 30
    assert len(statements) == 1


def test_what_nobody_knows_of_is_looked_up_once(database: Database) -> None:
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert refusals(database, Web(), *(f"https://s{n}.example/cart" for n in range(3))) == [Outcome.ROBOTS] * 3
    assert sum("WHERE site = ANY" in statement for statement in statements) == 1


def test_a_run_over_many_sites_keeps_few_in_memory_and_asks_none_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obey_robots, "MOST_SITES", 5)
    web, urls = Web(), [f"https://s{n}.example/cart" for n in range(12)]

    async def run() -> tuple[list[Page | None], int]:
        gate = RobotsGate(database, user_agent="pricewatch_pipeline/1", now=lambda: NOW)
        await gate.prepare(urls)
        return [await gate.refusal(url, web) for url in urls * 2], len(gate._sites)

    pages, remembered = asyncio.run(run())
    assert [page and page.outcome for page in pages] == [Outcome.ROBOTS] * 24
    assert remembered == 5
    assert len(web.asked) == 12


def test_a_host_that_rests_is_no_answer_and_keeps_nobody_waiting(database: Database, rows: Rows) -> None:
    web, resting = Web(), [HostResting("shop.de", until=NOW, reason="it was asked to")] * 2

    async def fetch(request: PageRequest) -> Page:
        if resting:
            raise resting.pop()
        return await web(request)

    async def run() -> list[Page | BaseException | None]:
        gate = RobotsGate(database, user_agent="pricewatch_pipeline/1", now=lambda: NOW)
        return await asyncio.gather(*(gate.refusal(f"{SHOP}/{n}", fetch) for n in range(4)), return_exceptions=True)

    assert [type(found) for found in asyncio.run(run())] == [HostResting, HostResting, type(None), type(None)]
    assert len(web.asked) == 1


def test_an_outage_is_remembered_by_all_runs_and_ends_for_all(database: Database, rows: Rows) -> None:
    away = Web(status=None, outcome=Outcome.TIMEOUT)
    assert refusals(database, away, f"{SHOP}/p", f"{SHOP}/q") == [Outcome.TIMEOUT] * 2
    assert refusals(database, Web(), f"{SHOP}/p", now=NOW + timedelta(minutes=4)) == [Outcome.TIMEOUT]
    assert refusals(database, Web(), f"{SHOP}/p", now=NOW + timedelta(minutes=5)) == [None]
    (row,) = rows("SELECT status, outcome, problem, unreachable_since FROM pricewatch.robots_files")
    assert row == {"status": 200, "outcome": "ok", "problem": None, "unreachable_since": None}
    assert len(away.asked) == 1


def test_a_copy_in_the_database_outlives_an_outage(database: Database, rows: Rows) -> None:
    refusals(database, Web(), f"{SHOP}/p")
    tomorrow = NOW + timedelta(days=1)
    away = Web(status=500, outcome=Outcome.TRANSPORT)
    assert refusals(database, away, f"{SHOP}/p", f"{SHOP}/cart", now=tomorrow) == [None, Outcome.ROBOTS]
    (row,) = rows("SELECT body, problem, fetched_at, tried_at FROM pricewatch.robots_files")
    assert row == {"body": RULES, "problem": "it failed", "fetched_at": NOW, "tried_at": tomorrow}
    assert crawl_delay(rows) == 4


def test_what_our_own_guard_refuses_is_not_told_to_others(database: Database, rows: Rows) -> None:
    refused = Web(status=None, outcome=Outcome.FORBIDDEN_ADDRESS)
    assert refusals(database, refused, f"{SHOP}/p") == [Outcome.FORBIDDEN_ADDRESS]
    assert rows("SELECT 1 FROM pricewatch.robots_files") == []


@pytest.mark.parametrize(("outcome", "is_proxy_failure"), [(Outcome.PROVIDER_ERROR, False), (Outcome.TRANSPORT, True)])
def test_a_proxy_that_is_down_or_unknown_here_keeps_no_other_run_from_the_site(
    database: Database, rows: Rows, outcome: Outcome, is_proxy_failure: bool
) -> None:
    async def fetch(request: PageRequest) -> Page:
        return Page(
            request=request,
            outcome=outcome,
            final_url=request.url,
            error="unknown proxy 'home'",
            is_proxy_failure=is_proxy_failure,
        )

    gate = RobotsGate(database, user_agent="pricewatch_pipeline/1", now=lambda: NOW)
    page = asyncio.run(gate.refusal(f"{SHOP}/p", fetch))
    assert page is not None
    assert (page.outcome, page.error is not None and "unknown proxy 'home'" in page.error) == (outcome, True)
    assert rows("SELECT * FROM pricewatch.robots_files") == []
    assert refusals(database, Web(), f"{SHOP}/p", f"{SHOP}/cart") == [None, Outcome.ROBOTS]


def test_what_hinders_us_ourselves_is_no_reason_to_turn_robots_off() -> None:
    async def fetch(request: PageRequest) -> Page:
        return Page(
            request=request, outcome=Outcome.PROVIDER_ERROR, final_url=request.url, error="unknown proxy 'home'"
        )

    gate = RobotsGate(None, user_agent="pricewatch_pipeline/1", now=lambda: NOW)
    page = asyncio.run(gate.refusal(f"{SHOP}/p", fetch))
    assert page is not None
    assert page.error == f"robots.txt could not be asked for, so {SHOP}/p was not fetched: unknown proxy 'home'"


def test_a_failure_does_not_overwrite_what_another_run_has_just_fetched(database: Database) -> None:
    good = RobotsFile(
        site=SHOP, outcome=Outcome.OK, tried_at=NOW, expires_at=NOW + timedelta(days=1), body=RULES, fetched_at=NOW
    )
    failed = RobotsFile(
        site=SHOP,
        outcome=Outcome.TIMEOUT,
        tried_at=NOW + timedelta(seconds=9),
        expires_at=NOW + timedelta(minutes=5),
        problem="it failed",
        unreachable_since=NOW,
    )
    for file in (good, failed):
        database.run(lambda connection, file=file: robots.store(connection, file, None))
    assert database.run(lambda connection: robots.load(connection, [SHOP])) == {SHOP: good}
    newer = replace(failed, tried_at=NOW + timedelta(days=1))
    database.run(lambda connection: robots.store(connection, newer, None))
    assert database.run(lambda connection: robots.load(connection, [SHOP])) == {SHOP: newer}


@pytest.mark.parametrize(
    ("asked", "counted"),
    [("4", 4.0), ("0.5", 0.5), ("7200", 3600.0), ("-3", None), ("1e30", None), ("0", None), ("soon", None)],
)
def test_a_crawl_delay_becomes_the_pace_of_the_host(
    database: Database, rows: Rows, asked: str, counted: float | None
) -> None:
    rows("INSERT INTO pricewatch.hosts (host) VALUES ('shop.de')")
    refusals(database, Web(f"User-agent: *\nCrawl-delay: {asked}\n"), "https://www.shop.de/p")
    assert crawl_delay(rows) == counted


def test_a_host_has_the_largest_crawl_delay_of_its_sites_and_loses_it_with_them(database: Database, rows: Rows) -> None:
    refusals(database, Web("User-agent: *\nCrawl-delay: 2"), "https://www.shop.de/")
    refusals(database, Web("User-agent: *\nCrawl-delay: 9"), "https://outlet.shop.de/")
    refusals(database, Web("User-agent: *\nCrawl-delay: 30"), "https://other.de/")
    assert crawl_delay(rows) == 9
    gone = Web(status=404, outcome=Outcome.NOT_FOUND)
    refusals(database, gone, "https://outlet.shop.de/", now=NOW + timedelta(days=1))
    assert crawl_delay(rows) == 2
    refusals(database, gone, "https://www.shop.de/", now=NOW + timedelta(days=1))
    assert crawl_delay(rows) is None


def test_a_crawl_delay_counts_only_while_a_store_of_the_host_obeys(database: Database, rows: Rows) -> None:
    def stores(*found: Store) -> None:
        database.run(lambda connection: definitions.upsert_stores(connection, [(s, Sourced()) for s in found]))
        database.run(settle_pace)

    refusals(database, Web(), "https://www.shop.de/")
    refusals(database, Web(), "https://myshop.de/")
    stores(store_at("www.myshop.de", obeys=False))
    assert (crawl_delay(rows), crawl_delay(rows, "myshop.de")) == (4, None)
    stores(store_at("www.shop.de", obeys=False), store_at("www.myshop.de", obeys=True))
    assert (crawl_delay(rows), crawl_delay(rows, "myshop.de")) == (None, 4)
    refusals(database, Web(), "https://www.shop.de/", now=NOW + timedelta(days=1))
    assert crawl_delay(rows) is None
    stores(store_at("outlet.shop.de", obeys=True))
    assert crawl_delay(rows) == 4


def test_what_postgresql_cannot_hold_is_stored_all_the_same(database: Database) -> None:
    web = Web("User-agent: *\nDisallow: /a\0b\ud7ff\n")
    assert refusals(database, web, f"{SHOP}/p") == [None]
    assert refusals(database, web, f"{SHOP}/p") == [None]
    assert len(web.asked) == 1
