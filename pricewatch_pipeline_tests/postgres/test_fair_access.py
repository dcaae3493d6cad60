"""Fair access to the SEC, by the site's own log: who asks, how often over all runs, and silence when it has had enough."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pricewatch_pipeline.demo.sec_site import SecSite
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.fetching.fetchers import open_fetchers
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.services.require_contact import who_asks
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Reply, html, serve
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, owner, query_for, sale
from pricewatch_pipeline_tests.support.shop import DECLARED, LOOPBACK, engine_on

Rows = Callable[..., list[dict[str, Any]]]

JITTER_S = 0.4
"""How late a request may arrive on a busy machine."""
PACE_S = 0.04


@pytest.fixture
def watched(database: Database, rows: Rows, sec_site: SecSite) -> Callable[..., SecSite]:
    """Companies of the site with filings, each of them watched and due; the site is asked at another pace than the SEC's."""

    def make(companies: int = 1, filings: int = 1, *, pace_s: float | None = PACE_S) -> SecSite:
        for number in range(1, companies + 1):
            company = sec_site.add(entity(number, f"Company {number}", f"C{number}"))
            for day in range(filings):
                rows_of = sale("100", "10.50", on=f"2026-11-{day + 1:02}")
                sec_site.file(filing_by(owner(900 + number, "DOE JANE"), company, rows_of))
            entry = {"id": f"c{number}", "provider": "sec_form4", "query": dict(query_for(sec_site, f"C{number}"))}
            add_watch(database, entry, providers=providers())
        rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
        if pace_s is not None:
            rows("UPDATE pricewatch.hosts SET min_delay_s = :pace", pace=pace_s)
        return sec_site

    return make


def outcomes(rows: Rows) -> list[tuple[str, str | None]]:
    return [
        (row["outcome"], row["error"])
        for row in rows("SELECT outcome, error FROM pricewatch.checks ORDER BY started_at")
    ]


def test_every_request_says_who_asks_also_that_for_robots_txt(database: Database, watched: Any, rows: Rows) -> None:
    site = watched()
    site.options = replace(site.options, needs_contact=True)
    check_due(engine_on(database))
    assert [request.answer for request in site.requests] == ["robots", "tickers", "feed", "document"]
    assert {request.user_agent for request in site.requests} == {DECLARED}
    assert outcomes(rows) == [("ok", None)]


def test_nobody_who_does_not_say_who_asks_sends_a_request_and_is_told_how_to_say_it(
    database: Database, database_url: str, watched: Any, rows: Rows
) -> None:
    site = watched()
    nameless = engine_on(
        database, open_fetchers=lambda: open_fetchers(user_agent="tests", allowed_addresses=[LOOPBACK])
    )
    check_due(nameless)
    check_now(nameless, ["c1"])
    assert [outcome for outcome, _ in outcomes(rows)] == ["provider_error", "provider_error"]
    assert all("PRICEWATCH_CONTACT=" in (error or "") for _, error in outcomes(rows))
    assert not site.requests
    rows("UPDATE pricewatch.watches SET quarantined_at = now()")
    due = "SELECT next_due_at <= now() AS is_due, quarantined_at FROM pricewatch.watches"
    assert who_asks(database_url, load_settings()) is not None
    assert not rows(due)[0]["is_due"]
    assert who_asks(database_url, load_settings(contact="Jane Doe jane@example.org")) is None
    assert rows(due) == [{"is_due": True, "quarantined_at": None}]


def test_a_host_that_the_site_redirects_to_is_not_told_who_asks(
    database: Database, watched: Any, sec_site: SecSite
) -> None:
    watched()
    with serve({"/robots.txt": html("User-agent: *"), "/files/company_tickers.json": Reply(status=404)}) as elsewhere:
        moved = {
            path: Reply(status=302, headers=[("location", elsewhere.url(path))])
            for path in ("/robots.txt", "/files/company_tickers.json")
        }
        with serve(moved) as old:
            query = {"company": "C1", "site": old.base_url, "data_site": old.base_url}
            add_watch(database, {"id": "moved", "provider": "sec_form4", "query": query}, providers=providers())
            check_now(engine_on(database), ["moved"])
            assert {request.headers["user-agent"] for request in old.requests} == {DECLARED}
        assert [request.headers["user-agent"] for request in elsewhere.requests] == ["tests"] * 2


def test_two_runs_read_every_filing_once_and_never_exceed_the_pace_of_the_host(
    database: Database, watched: Any, rows: Rows
) -> None:
    site = watched(companies=4, filings=5)
    assert rows("SELECT burst, concurrency FROM pricewatch.hosts") == [{"burst": 1, "concurrency": 2}]
    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(check_due, engine_on(database, batch_size=2)) for _ in range(2)]
    assert sum(run.result().checks for run in runs) == 4
    assert len(site.asked_for("document")) == len(set(site.asked_for("document"))) == 20
    assert rows("SELECT state, count(*) AS count FROM pricewatch.insider_filings GROUP BY state") == [
        {"state": "read", "count": 20}
    ]
    arrived = sorted(request.at for request in site.requests)
    too_fast = [
        first
        for first in range(len(arrived))
        for last in range(first, len(arrived))
        if (arrived[last] - arrived[first]).total_seconds() < (last - first) * PACE_S - JITTER_S
    ]
    assert too_fast == []


@pytest.mark.parametrize("status", [403, 429])
def test_when_the_site_has_had_enough_nobody_asks_for_ten_minutes_and_then_it_goes_on(
    database: Database, watched: Any, rows: Rows, status: int
) -> None:
    site = watched(companies=2, filings=2)
    site.options = replace(site.options, most_a_second=3, throttle_status=status)
    check_due(engine_on(database))
    asked = len(site.requests)
    (host,) = rows("SELECT rests_until - now() AS rest, rest_note, breaker_until FROM pricewatch.hosts")
    assert timedelta(minutes=9) < host["rest"] <= timedelta(minutes=10)
    assert host["breaker_until"] is None
    assert {request.answer for request in site.requests if request.status == status} == {"throttled"}

    rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
    check_due(engine_on(database))
    report = check_now(engine_on(database), ["c1"])
    assert len(site.requests) == asked, "not even who asks by hand"
    assert [(check.outcome, str(status) in (check.error or "")) for check in report.results] == [
        (Outcome.RATE_LIMITED, True)
    ]

    site.options = replace(site.options, most_a_second=None)
    rows("UPDATE pricewatch.hosts SET rests_until = now(), adaptive_delay_s = 0")
    rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
    check_due(engine_on(database))
    assert rows("SELECT count(*) AS count FROM pricewatch.insider_filings WHERE state = 'read'") == [{"count": 4}]
