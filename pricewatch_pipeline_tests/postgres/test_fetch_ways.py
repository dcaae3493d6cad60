"""The ways a store's file allows: the browser for empty shells, another way on a block, proxies; and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Self

import pytest

from pricewatch_pipeline.domain.browsing import Browsing
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.proxies import parse_proxies
from pricewatch_pipeline.domain.watches import ProxyPlan, Store
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.fetching.fetchers import Fetchers, Options
from pricewatch_pipeline.fetching.guard import Guard
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]
Answer = Callable[[PageRequest], Page]
URL = "http://127.0.0.1:9/lamp"
SHELL = b"<html><body><div id=root></div><script src=/app.js></script></body></html>"


def page(request: PageRequest, body: bytes = b"", outcome: Outcome = Outcome.OK, **fields: Any) -> Page:
    return Page(
        request=request,
        outcome=outcome,
        final_url=request.url,
        status=200,
        headers={"content-type": "text/html"},
        body=body,
        **fields,
    )


def sold(request: PageRequest) -> Page:
    return page(request, product("19.99").body)


def blocked(request: PageRequest) -> Page:
    return page(request, b"<title>Access denied</title>", Outcome.BLOCKED, error="the site blocks us")


class Kind:
    """A fetcher that answers as a test says, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[PageRequest] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def fetch(self, request: PageRequest) -> Page:
        self.asked.append(request)
        return self.answer(request)


class Shop:
    """One watch of a store, and fetchers that answer without a network."""

    def __init__(self, database: Database, rows: Rows, store: Store, answers: Mapping[str, Answer]) -> None:
        self.database, self.rows = database, rows
        self.kinds = {name: Kind(answer) for name, answer in answers.items()}
        database.run(lambda connection: definitions.upsert_stores(connection, [(store, Sourced())]))
        store_watches(database, [watch("lamp", URL, schedule=EVERY_HOUR, store_id=store.store_id)])

    @property
    def asked(self) -> list[str]:
        """Of every kind, how often."""
        return [name for name, kind in self.kinds.items() for _ in kind.asked]

    def check(self, **engine: Any) -> None:
        self.rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
        kinds = {name: (lambda _, kind=kind: kind) for name, kind in self.kinds.items()}
        options = Options(
            user_agent="tests",
            guard=Guard(),
            max_connections=4,
            proxies=parse_proxies("home=http://127.0.0.1:1, dc=http://127.0.0.1:2"),
        )
        check_due(engine_on(self.database, open_fetchers=lambda: Fetchers(options, kinds), **engine))

    @property
    def ledger(self) -> list[tuple[str, str, int]]:
        return [
            (row["outcome"], row["fetcher"], row["page_count"])
            for row in self.rows("SELECT outcome, fetcher, page_count FROM pricewatch.checks ORDER BY finished_at")
        ]


STORE = Store(store_id="shop", domains=("127.0.0.1:9",))
AUTO = replace(STORE, fetcher="auto")


def test_an_empty_shell_is_opened_in_the_browser_and_that_is_remembered(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": lambda request: page(request, SHELL), "browser": sold})
    shop.check()
    assert shop.asked == ["http", "browser"]
    shop.check()
    assert shop.asked == ["http", "browser", "browser"]
    assert shop.ledger == [("ok", "browser", 2), ("not_modified", "browser", 1)]


def test_the_cheap_way_is_tried_again_now_and_then(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": lambda request: page(request, SHELL), "browser": sold})
    shop.check()
    rows("UPDATE pricewatch.stores SET learned_at = now() - interval '8 days'")
    shop.kinds["http"].answer = sold
    shop.check()
    shop.check()
    assert shop.asked == ["http", "http", "http", "browser"]


def test_a_block_is_respected_where_the_store_says_nothing_else(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": blocked, "impersonate": sold, "browser": sold})
    shop.check()
    assert shop.asked == ["http"]
    assert shop.ledger == [("blocked", "http", 1)]


def test_a_block_is_answered_in_the_ways_that_the_store_permits_and_in_their_order(
    database: Database, rows: Rows
) -> None:
    store = replace(STORE, when_blocked=("impersonate", "browser"), impersonates="firefox")
    shop = Shop(database, rows, store, {"http": blocked, "impersonate": blocked, "browser": sold})
    shop.check()
    assert shop.asked == ["http", "impersonate", "browser"]
    assert shop.kinds["impersonate"].asked[0].impersonates == "firefox"
    assert shop.ledger == [("ok", "browser", 3)]


def misread(request: PageRequest) -> Page:
    return page(request, product("1999.00").body)


def test_a_price_that_is_hard_to_believe_is_looked_at_by_the_browser_at_once(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": sold, "browser": sold})
    shop.check()
    shop.kinds["http"].answer = misread
    shop.check()
    shop.check()
    assert shop.asked == ["http", "http", "browser", "browser"]  # and it is the way from now on
    assert shop.ledger == [("ok", "http", 1), ("not_modified", "browser", 2), ("not_modified", "browser", 1)]
    assert rows("SELECT DISTINCT price FROM pricewatch.price_snapshots") == [{"price": Decimal("19.99")}]


def test_what_the_browser_shows_too_is_believed_and_the_cheap_way_stays(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": sold, "browser": sold})
    shop.check()
    shop.kinds["http"].answer = shop.kinds["browser"].answer = misread
    shop.check()
    shop.check()
    assert shop.asked == ["http", "http", "http", "browser"]
    assert [outcome for outcome, *_ in shop.ledger] == ["ok", "ok", "not_modified"]
    assert rows("SELECT FROM pricewatch.quarantined_offers") == []


@pytest.mark.parametrize("ways", [("impersonate",), ("impersonate", "browser")])
def test_the_way_that_showed_a_doubtful_price_is_no_other_way(
    database: Database, rows: Rows, ways: tuple[str, ...]
) -> None:
    store = replace(STORE, when_blocked=ways)
    shop = Shop(database, rows, store, {"http": blocked, "impersonate": sold, "browser": blocked})
    shop.check()
    shop.kinds["impersonate"].answer = misread
    shop.check()
    assert [outcome for outcome, *_ in shop.ledger] == ["ok", "implausible"]
    assert rows("SELECT DISTINCT price FROM pricewatch.price_snapshots") == [{"price": Decimal("19.99")}]


def resting(request: PageRequest) -> Page:
    raise HostResting("shop.example", until=None, reason="paused meanwhile")


@pytest.mark.parametrize("closed", [blocked, resting])
def test_a_price_waits_where_the_other_way_is_closed(database: Database, rows: Rows, closed: Answer) -> None:
    shop = Shop(database, rows, AUTO, {"http": sold, "browser": closed})
    shop.check()
    shop.kinds["http"].answer = misread
    shop.check()
    assert [outcome for outcome, *_ in shop.ledger] == ["ok", "implausible"]
    assert rows("SELECT price, state FROM pricewatch.quarantined_offers") == [
        {"price": Decimal("1999.00"), "state": "waiting"}
    ]


def test_a_page_that_needs_no_browser_is_not_opened_in_one(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": lambda request: page(request, b"<p>words " * 500), "browser": sold})
    shop.check()
    assert shop.asked == ["http"]
    assert shop.ledger == [("unreadable", "http", 1)]


def test_a_proxy_that_is_down_is_passed_over_and_left_alone_for_the_rest_of_the_run(
    database: Database, rows: Rows
) -> None:
    def answer(request: PageRequest) -> Page:
        return (
            page(request, outcome=Outcome.TRANSPORT, is_proxy_failure=True)
            if request.proxy == "home"
            else sold(request)
        )

    store = replace(STORE, proxies=ProxyPlan(names=("home", "dc")))
    shop = Shop(database, rows, store, {"http": answer})
    store_watches(database, [watch("lamp", URL, store_id="shop"), watch("desk", URL, store_id="shop")])
    shop.check()
    through = [request.proxy for request in shop.kinds["http"].asked]
    assert through.count("home") < through.count("dc") == 2
    assert {outcome for outcome, _, _ in shop.ledger} == {"ok"}


@pytest.mark.parametrize(("also_when_blocked", "tried"), [(False, ["home"]), (True, ["home", None])])
def test_a_block_goes_on_to_the_next_proxy_only_where_the_store_says_so(
    database: Database, rows: Rows, also_when_blocked: bool, tried: list[str | None]
) -> None:
    plan = ProxyPlan(names=("home", "direct"), also_when_blocked=also_when_blocked)
    shop = Shop(database, rows, replace(STORE, proxies=plan), {"http": lambda r: blocked(r) if r.proxy else sold(r)})
    shop.check()
    assert [request.proxy for request in shop.kinds["http"].asked] == tried


def test_a_browser_gets_what_the_store_says_of_browsing_and_no_validators(database: Database, rows: Rows) -> None:
    store = replace(STORE, fetcher="browser", browsing=Browsing(wait_for=".price"))
    shop = Shop(database, rows, store, {"browser": lambda r: replace(sold(r), headers={"etag": '"v1"'})})
    shop.check()
    shop.check()
    first, second = shop.kinds["browser"].asked
    assert first.browsing.wait_for == ".price"
    assert second.headers == {}


def test_a_host_that_rests_defers_its_watches_without_blaming_them(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, STORE, {"http": sold})
    rows("UPDATE pricewatch.hosts SET rests_until = 'infinity', rest_reason = 'operator'")
    shop.check()
    assert shop.asked == []
    (state,) = rows("SELECT consecutive_failures, attempt, claim_token, last_outcome FROM pricewatch.watches")
    assert state == {"consecutive_failures": 0, "attempt": 0, "claim_token": None, "last_outcome": None}


def test_who_asks_for_a_check_at_a_host_that_rests_is_told_why_there_is_none(database: Database, rows: Rows) -> None:
    Shop(database, rows, STORE, {"http": sold})
    rows("UPDATE pricewatch.hosts SET rests_until = now() + interval '1 hour', rest_reason = 'retry_after'")
    report = check_now(engine_on(database), ["lamp"])
    assert [result.outcome for result in report.results] == [Outcome.RATE_LIMITED]
    assert "127.0.0.1:9 is left alone until" in str(report.results[0].error)


def test_a_redirect_to_a_site_whose_robots_txt_forbids_the_page_is_not_used(database: Database, rows: Rows) -> None:
    def answer(request: PageRequest) -> Page:
        if request.url == "http://127.0.0.1:8/robots.txt":
            return page(request, b"User-agent: *\nDisallow: /lamp")
        return replace(sold(request), final_url="http://127.0.0.1:8/lamp")

    shop = Shop(database, rows, STORE, {"http": answer})
    shop.check()
    assert shop.ledger == [("robots", "http", 1)]
    assert rows("SELECT FROM pricewatch.price_snapshots") == []


def test_robots_txt_comes_by_the_proxy_that_the_page_comes_by(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, replace(STORE, proxies=ProxyPlan(names=("dc",))), {"http": sold})
    rows("DELETE FROM pricewatch.robots_files")
    shop.check()
    assert [(request.url.rpartition("/")[2], request.proxy) for request in shop.kinds["http"].asked] == [
        ("robots.txt", "dc"),
        ("lamp", "dc"),
    ]


def test_checks_that_fetch_again_make_room_for_those_before_them_at_the_host(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": lambda request: page(request, SHELL), "browser": sold})
    store_watches(database, [watch(f"lamp{n}", URL, store_id="shop") for n in range(4)])
    shop.check(concurrency=2)
    assert [outcome for outcome, _, _ in shop.ledger] == ["ok"] * 5


def unavailable(request: PageRequest) -> Page:
    return Page(
        request=request, outcome=Outcome.PROVIDER_ERROR, final_url=request.url, error="an optional part is missing"
    )


def test_a_block_stays_a_block_where_the_other_way_is_not_installed(database: Database, rows: Rows) -> None:
    store = replace(STORE, when_blocked=("impersonate",))
    shop = Shop(database, rows, store, {"http": blocked, "impersonate": unavailable})
    shop.check()
    (row,) = rows("SELECT outcome, error, page_sha256 FROM pricewatch.checks")
    assert row["outcome"] == "blocked"
    assert "the site blocks us" in row["error"]
    assert row["error"].endswith("(and the other way is closed: an optional part is missing)")
    assert row["page_sha256"] is not None


def test_a_shell_stays_a_shell_where_there_is_no_browser(database: Database, rows: Rows) -> None:
    shop = Shop(database, rows, AUTO, {"http": lambda request: page(request, SHELL), "browser": unavailable})
    shop.check()
    (row,) = rows("SELECT outcome, error, page_sha256 FROM pricewatch.checks")
    assert row["outcome"] == "unreadable"
    assert "empty shell" in row["error"]
    assert "an optional part is missing" in row["error"]
    assert row["page_sha256"] is not None


def test_a_crawl_delay_counts_from_the_moment_at_which_it_was_read(database: Database, rows: Rows) -> None:
    def answer(request: PageRequest) -> Page:
        if request.url.endswith("/robots.txt"):
            return page(request, b"User-agent: *\nCrawl-delay: 600")
        return sold(request)

    shop = Shop(database, rows, STORE, {"http": answer})
    store_watches(database, [watch(f"w{n}", f"{URL}/{n}", store_id="shop") for n in range(4)], min_delay_s=0.01)
    rows("DELETE FROM pricewatch.robots_files")
    shop.check()
    assert [request.url for request in shop.kinds["http"].asked] == ["http://127.0.0.1:9/robots.txt"]
    assert rows("SELECT FROM pricewatch.watches WHERE claim_token IS NOT NULL OR consecutive_failures > 0") == []
