"""Every way in which a site is known to go wrong, once, through the whole engine: the outcome it has in the ledger and the
words that a person reads there. Each stands in one batch with all others and with good watches, which go on."""

import gzip
import ipaddress
import ssl
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import trustme
import zstandard

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.watches import Politeness, Store, Watch
from pricewatch_pipeline.fetching.fetchers import Fetchers, Options
from pricewatch_pipeline.fetching.guard import AllowedAddress, Guard
from pricewatch_pipeline.fetching.http import HttpFetcher
from pricewatch_pipeline.services.check_watches import CheckReport, check_due
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.http.conftest import allow
from pricewatch_pipeline_tests.support.loopback import Answer, Names, Reply, Server, drip, html, raw, redirect, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch, watches_on

Rows = Callable[..., list[dict[str, Any]]]

GOOD_WATCHES = 4
PATIENCE = timedelta(seconds=2)
"""For one page, in place of half a minute."""
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n"
HTML = ("content-type", "text/html")
BOMB = bytes(100_000_000)
PUBLIC = (ipaddress.ip_network("127.0.0.2"), None)
"""An address that may be reached, on any port."""
DISALLOWING = b"User-agent: *\nDisallow: /\n"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A site that goes wrong."""

    name: str
    page: Answer
    outcome: Outcome
    words: str = ""
    """In the ledger's `error`; empty: there is none."""
    robots: Answer | None = None
    """None: a 404."""
    has_bad_tls: bool = False
    obeys_robots: bool = True

    @property
    def answers(self) -> Mapping[str, Answer]:
        return {"/p": self.page} | ({"/robots.txt": self.robots} if self.robots else {})


def refusing(status: int, retry_after: str | None) -> Case:
    named = {} if retry_after is None else {"retry_after": retry_after}
    is_asking = status == 429 or retry_after is not None
    return Case(
        name=f"{status}-{'plain' if retry_after is None else retry_after[:12]}",
        page=html("<p>not now</p>", status=status, **named),
        outcome=Outcome.RATE_LIMITED if is_asking else Outcome.TRANSPORT,
        words=f"answered {status}",
    )


RETRY_AFTER = [None, "7", "-7", "1" + "0" * 30, "Wed, 01 Jan 2099 00:00:00 GMT", "garbage"]

PAGES = [
    *(refusing(status, value) for status in (429, 503) for value in RETRY_AFTER),
    Case(
        name="redirect loop",
        page=redirect("/p"),
        outcome=Outcome.TRANSPORT,
        words="redirects in a circle",
    ),
    Case(name="one byte a second", page=drip(), outcome=Outcome.TIMEOUT, words="we waited 2 s in all"),
    Case(
        name="one header byte a second",
        page=drip(head=b"HTTP/1.1 200 OK\r\nx: "),
        outcome=Outcome.TIMEOUT,
        words="did not answer in time",
    ),
    Case(
        name="closes in the middle",
        page=raw(HEAD + b"content-length: 100\r\n\r\n<html>half a pa"),
        outcome=Outcome.TRANSPORT,
        words="closed the connection before the page was complete",
    ),
    Case(name="closes at once", page=raw(), outcome=Outcome.TRANSPORT, words="closed the connection"),
    Case(
        name="30 MB",
        page=Reply(headers=[HTML], body=b"<p>" * 10_000_000),
        outcome=Outcome.TOO_LARGE,
        words="announces 30,000,000 bytes, more than the 10,000,000 bytes we accept",
    ),
    Case(
        name="30 MB unannounced",
        page=raw(HEAD + b"\r\n", *[b"<p>" * 10_000] * 1000),
        outcome=Outcome.TOO_LARGE,
        words="is larger than the 10,000,000 bytes we accept",
    ),
    Case(
        name="gzip bomb",
        page=Reply(headers=[HTML, ("content-encoding", "gzip")], body=gzip.compress(BOMB)),
        outcome=Outcome.TOO_LARGE,
        words="than the 10,000,000 bytes we accept",
    ),
    Case(
        name="zstd bomb",
        page=Reply(headers=[HTML, ("content-encoding", "zstd")], body=zstandard.compress(BOMB)),
        outcome=Outcome.TOO_LARGE,
        words="than the 10,000,000 bytes we accept",
    ),
    Case(
        name="10,000 headers",
        page=raw(b"HTTP/1.1 200 OK\r\n", b"".join(b"x-%d: y\r\n" % n for n in range(10_000)), b"\r\nbody"),
        outcome=Outcome.TRANSPORT,
        words="did not answer with usable HTTP",
    ),
    Case(
        name="bad TLS",
        page=product(),
        outcome=Outcome.TRANSPORT,
        words="certificate that is not valid",
        has_bad_tls=True,
    ),
]

ROBOTS = [
    Case(
        name="forbids",
        robots=Reply(body=DISALLOWING),
        page=product(),
        outcome=Outcome.ROBOTS,
        words="line 2 (Disallow: /); `politeness: {robots: false}`",
    ),
    Case(
        name="forbids a store that does not obey",
        robots=Reply(body=DISALLOWING),
        page=product(),
        outcome=Outcome.OK,
        obeys_robots=False,
    ),
    Case(
        name="10 MB",
        robots=Reply(body=DISALLOWING + b"# nothing\n" * 1_000_000),
        page=product(),
        outcome=Outcome.ROBOTS,
        words="line 2 (Disallow: /)",
    ),
    Case(
        name="10 MB that say nothing of us",
        robots=Reply(body=b"User-agent: other\nDisallow: /\n" * 400_000),
        page=product(),
        outcome=Outcome.OK,
    ),
    Case(
        name="redirects",
        robots=redirect("/elsewhere.txt"),
        page=product(),
        outcome=Outcome.OK,
    ),
    Case(
        name="redirects in a circle",
        robots=redirect("/robots.txt"),
        page=product(),
        outcome=Outcome.TRANSPORT,
        words="redirects in a circle",
    ),
    Case(
        name="redirects to a private address",
        robots=redirect("http://169.254.169.254/latest/meta-data/"),
        page=product(),
        outcome=Outcome.FORBIDDEN_ADDRESS,
        words="169.254.169.254:80 is not a public address",
    ),
    Case(name="HTML", robots=html("<!doctype html><p>Disallow: /</p>"), page=product(), outcome=Outcome.OK),
    Case(name="times out", robots=drip(), page=product(), outcome=Outcome.TIMEOUT, words="we waited 2 s in all"),
    Case(name="500", robots=html("", status=500), page=product(), outcome=Outcome.TRANSPORT, words="answered 500"),
    Case(
        name="429",
        robots=html("", status=429),
        page=product(),
        outcome=Outcome.RATE_LIMITED,
        words="asks us to slow down",
    ),
    Case(name="403", robots=html("", status=403), page=product(), outcome=Outcome.OK),
]


class _Impatient(HttpFetcher):
    async def fetch(self, request: PageRequest) -> Page:
        return await super().fetch(replace(request, timeout=PATIENCE))


def fetchers(allowed: list[AllowedAddress], names: Names) -> Fetchers:
    options = Options(user_agent="tests/1", guard=Guard(allowed), max_connections=100)
    return Fetchers(
        options,
        {"http": lambda o: _Impatient(user_agent=o.user_agent, guard=o.guard, resolver=names)},
    )


def started(case: Case, stack: ExitStack) -> Server:
    context = None
    if case.has_bad_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return stack.enter_context(serve(case.answers, ssl_context=context))


def check_all(database: Database, cases: list[Case], *further: Watch, names: Names | None = None) -> CheckReport:
    """One batch: a watch on each of these sites, some further ones, and good ones."""
    with ExitStack() as stack:
        good = stack.enter_context(serve({f"/{n}": product() for n in range(GOOD_WATCHES)}))
        servers = {case.name: started(case, stack) for case in cases}
        stores = [
            Store(
                store_id=f"s{n}",
                domains=(f"127.0.0.1:{servers[case.name].port}",),
                politeness=Politeness(obeys_robots=case.obeys_robots),
            )
            for n, case in enumerate(cases)
        ]
        database.run(lambda connection: definitions.upsert_stores(connection, [(s, Sourced()) for s in stores]))
        bad = [
            watch(f"bad{n}", servers[case.name].url("/p"), store_id=f"s{n}", schedule=EVERY_HOUR)
            for n, case in enumerate(cases)
        ]
        everything = [*bad, *further, *watches_on(good.base_url, GOOD_WATCHES, prefix="good")]
        store_watches(database, everything, knows_robots=False)
        allowed = [*allow(good, *servers.values()), PUBLIC]
        engine = engine_on(
            database, open_fetchers=lambda: fetchers(allowed, names or Names({})), concurrency=len(cases) + 8
        )
        return check_due(engine)


def ledger(rows: Rows) -> dict[str, dict[str, Any]]:
    found = rows("SELECT watch_id, outcome, error, http_status, page_sha256 FROM pricewatch.checks")
    return {row["watch_id"]: row for row in found}


def assert_as_said(cases: list[Case], found: Mapping[str, Mapping[str, Any]]) -> None:
    said = {case.name: case.outcome.value for case in cases}
    assert {case.name: found[f"bad{n}"]["outcome"] for n, case in enumerate(cases)} == said
    missing = {
        case.name: found[f"bad{n}"]["error"]
        for n, case in enumerate(cases)
        if case.words not in (found[f"bad{n}"]["error"] or "")
    }
    assert missing == {}
    assert [found[f"good{n}"]["outcome"] for n in range(GOOD_WATCHES)] == ["ok"] * GOOD_WATCHES


def test_each_bad_page_has_its_outcome_and_its_words_and_the_batch_goes_on(database: Database, rows: Rows) -> None:
    report = check_all(database, PAGES)
    assert report.checks == len(PAGES) + GOOD_WATCHES
    assert_as_said(PAGES, ledger(rows))


def test_no_absurd_retry_after_puts_a_watch_off_for_ever(database: Database, rows: Rows) -> None:
    cases = [case for case in PAGES if case.name.startswith(("429", "503"))]
    check_all(database, cases)
    (furthest,) = rows("SELECT max(next_due_at) - now() AS wait FROM pricewatch.watches")
    assert timedelta(minutes=1) < furthest["wait"] <= timedelta(days=1, hours=1)


def test_each_bad_robots_txt_has_its_outcome_and_its_words_and_the_batch_goes_on(
    database: Database, rows: Rows
) -> None:
    check_all(database, ROBOTS)
    assert_as_said(ROBOTS, ledger(rows))
    could_not = {
        case.name for n, case in enumerate(ROBOTS) if "could not be reached" in (ledger(rows)[f"bad{n}"]["error"] or "")
    }
    assert could_not == {"redirects in a circle", "times out", "500", "429"}


@pytest.mark.parametrize("obeys_robots", [True, False])
def test_a_host_with_a_public_and_a_private_address_is_not_connected_to(
    database: Database, rows: Rows, obeys_robots: bool
) -> None:
    with serve(lambda _: product()) as canary:
        names = Names({"shop.example": [str(PUBLIC[0].network_address), "127.0.0.1"]})
        url = f"http://shop.example:{canary.port}/p"
        store = Store(store_id="odd", domains=("shop.example",), politeness=Politeness(obeys_robots=obeys_robots))
        database.run(lambda connection: definitions.upsert_stores(connection, [(store, Sourced())]))
        check_all(database, [], watch("odd", url, store_id="odd", schedule=EVERY_HOUR), names=names)
    found = ledger(rows)["odd"]
    assert found["outcome"] == "forbidden_address"
    assert "'shop.example' resolves to an address that is refused: 127.0.0.1" in found["error"]
    assert ("robots.txt could not be asked for" in found["error"]) is obeys_robots
    assert names.asked
    assert canary.connections == 0
