"""Insider watches through the whole engine, at an EDGAR on loopback: snapshots, the ledger, conditional requests, and all that can be wrong at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.demo.sec_site import SecSite
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, holding, owner, purchase, query_for, sale
from pricewatch_pipeline_tests.support.shop import engine_on

Rows = Callable[..., list[dict[str, Any]]]
Check = Callable[[], None]

ACME = entity(320193, "Acme & Sons Inc.", "ACME")
COOK = owner(1214156, "COOK TIM", officer_title="CEO")
FEED = "/submissions/CIK0000320193.json"


@pytest.fixture
def site(sec_site: SecSite) -> SecSite:
    sec_site.add(ACME)
    return sec_site


@pytest.fixture
def watch(database: Database, rows: Rows, site: SecSite) -> Callable[..., None]:
    def add(watch_id: str, company: str = "ACME", **fields: Any) -> None:
        query = dict(query_for(site, company, **fields))
        add_watch(database, {"id": watch_id, "provider": "sec_form4", "query": query}, providers=providers())

    return add


@pytest.fixture
def check(database: Database, rows: Rows) -> Check:
    """Check everything, as if it had come due."""

    def make() -> None:
        rows("UPDATE pricewatch.hosts SET min_delay_s = 0.01")
        rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
        check_due(engine_on(database))

    return make


def file(site: SecSite, number: int, price: str, on: str = "2026-11-18") -> str:
    accession = f"0000320193-26-{number:06}"
    site.file(filing_by(COOK, ACME, sale("3000", price, on=on), accession=accession))
    return accession


def ledger(rows: Rows) -> list[tuple[str, Decimal | None]]:
    found = rows("""SELECT c.outcome, s.price FROM pricewatch.checks c
        LEFT JOIN pricewatch.price_snapshots s USING (watch_id, slot_at) ORDER BY c.started_at""")
    return [(row["outcome"], row["price"]) for row in found]


def test_a_list_that_is_not_modified_carries_the_price_on_until_something_is_filed(
    site: SecSite, watch: Callable[..., None], check: Check, rows: Rows
) -> None:
    file(site, 1, "172.30")
    watch("acme")
    check()
    check()
    file(site, 2, "174.25", on="2026-11-19")
    check()
    check()
    first, second = Decimal("172.30"), Decimal("174.25")
    assert ledger(rows) == [("ok", first), ("not_modified", first), ("ok", second), ("not_modified", second)]
    answers = [request.answer for request in site.requests if request.answer not in ("robots", "tickers")]
    assert answers == ["feed", "document", "unchanged", "feed", "document", "unchanged"]
    (snapshot,) = rows(
        "SELECT title, seller, sku, method, currency, url FROM pricewatch.price_snapshots WHERE price = 174.25 LIMIT 1"
    )
    assert snapshot == {
        "title": "Acme & Sons Inc.: sale of 3,000 at 174.25 on 2026-11-19",
        "seller": "COOK TIM",
        "sku": "0000320193-26-000002",
        "method": "sec_form4",
        "currency": "USD",
        "url": rows("SELECT url FROM pricewatch.watches")[0]["url"],
    }
    assert {row["url"] for row in rows("SELECT final_url AS url FROM pricewatch.checks")} == {site.base_url + FEED}


def test_the_list_of_a_company_without_trades_is_not_sent_again_either(
    site: SecSite, watch: Callable[..., None], check: Check, rows: Rows
) -> None:
    site.file(filing_by(COOK, ACME, holding("100"), accession="0000320193-26-000001", filed_on="2026-11-12"))
    watch("acme")
    check()
    check()
    file(site, 2, "174.25", on="2026-11-19")
    check()
    check()
    price = Decimal("174.25")
    assert ledger(rows) == [("no_offers", None), ("no_offers", None), ("ok", price), ("not_modified", price)]
    asked = [request.answer for request in site.requests if request.path == FEED]
    assert asked == ["feed", "unchanged", "feed", "unchanged"]
    first, second = rows("SELECT error FROM pricewatch.checks WHERE outcome = 'no_offers'")
    assert "none of the 1 filing read tells of a trade" in first["error"]
    assert first == second


def test_what_is_fetched_beside_an_unchanged_list_does_not_forget_the_list(
    site: SecSite, watch: Callable[..., None], check: Check, rows: Rows
) -> None:
    file(site, 1, "172.30")
    late = file(site, 2, "174.25", on="2026-11-19")
    site.options = replace(site.options, gone=frozenset({late}))
    watch("acme")
    check()
    site.options = replace(site.options, gone=frozenset())
    rows("UPDATE pricewatch.insider_filings SET retry_at = now() WHERE state = 'gone' RETURNING 1")
    check()
    check()
    assert [outcome for outcome, _ in ledger(rows)] == ["ok", "ok", "not_modified"]
    assert [request.answer for request in site.requests if request.path == FEED] == ["feed", "unchanged", "unchanged"]
    assert ledger(rows)[-1][1] == Decimal("174.25")


def test_all_that_can_be_wrong_at_once_is_said_and_loses_nothing(
    site: SecSite, watch: Callable[..., None], check: Check, rows: Rows
) -> None:
    good = file(site, 1, "172.30", on="2026-11-10")
    gone, cut, bomb = (file(site, number, "1", on="2026-11-11") for number in (2, 3, 4))
    holder = owner(ACME.cik, ACME.name, is_ten_percent_owner=True)
    other = site.add(entity(789019, "Other Corp", "OTHR"))
    site.file(filing_by(holder, other, purchase("9", "10", on="2026-11-12"), accession="0000320193-26-000005"))
    amendment = filing_by(
        COOK,
        ACME,
        sale("3001", "172.40", on="2026-11-10"),
        accession="0000320193-26-000006",
        form="4/A",
        original_filed_on=date(2026, 11, 12),
    )
    site.file(amendment)
    file(site, 7, "90", on="2025-01-02")
    site.options = replace(
        site.options,
        gone=frozenset({gone}),
        truncated=frozenset({cut}),
        bombs=frozenset({bomb}),
        recent=6,
        missing_parts=frozenset({"CIK0000320193-submissions-001.json"}),
    )
    watch("acme", days_back="all")
    watch("other", "OTHR")
    watch("nobody", "ACNE")
    watch("no-cik", "1")
    check()
    outcomes = rows("SELECT watch_id, outcome, error FROM pricewatch.checks ORDER BY watch_id")
    assert [(row["watch_id"], row["outcome"]) for row in outcomes] == [
        ("acme", "ok"),
        ("no-cik", "not_found"),
        ("nobody", "not_found"),
        ("other", "ok"),
    ]
    assert "did you mean ACME?" in outcomes[2]["error"]
    states = {row["accession"]: row["state"] for row in rows("SELECT accession, state FROM pricewatch.insider_filings")}
    assert states == {
        good: "read",
        gone: "gone",
        cut: "unreadable",
        bomb: "unreadable",
        "0000320193-26-000005": "read",
        "0000320193-26-000006": "read",
    }
    (told,) = rows(
        "SELECT read, gone, unreadable, remaining, problem FROM pricewatch.filing_checks WHERE watch_id = 'acme'"
    )
    assert (told["gone"], told["unreadable"], told["remaining"]) == (1, 2, 0)
    assert "CIK0000320193-submissions-001.json" in told["problem"]
    assert told["problem"].count("answered 404: there is no such file") == 2
    assert rows("SELECT sum(read)::int AS n FROM pricewatch.filing_checks") == [{"n": 3}]
    # Once, under its issuer, though it is in both lists.
    assert rows("SELECT issuer_cik, count(*)::int AS n FROM pricewatch.insider_transactions GROUP BY 1 ORDER BY 1") == [
        {"issuer_cik": "0000320193", "n": 2},
        {"issuer_cik": "0000789019", "n": 1},
    ]
    site.options = replace(
        site.options, missing_parts=frozenset(), gone=frozenset(), truncated=frozenset(), bombs=frozenset()
    )
    rows("UPDATE pricewatch.insider_filings SET retry_at = now() WHERE retry_at IS NOT NULL RETURNING 1")
    check()
    assert rows("SELECT state, count(*)::int AS n FROM pricewatch.insider_filings GROUP BY state") == [
        {"state": "read", "n": 7}
    ]
    assert rows("SELECT count(*)::int AS n FROM pricewatch.insider_transactions") == [{"n": 7}]
    documents = site.asked_for("document")
    assert len(documents) == len(set(documents)) + 2  # those that were cut and that were a bomb
