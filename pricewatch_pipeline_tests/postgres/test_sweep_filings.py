"""The sweep over the SEC's daily indexes: what no feed has listed is found, once, and fetched by its watch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pricewatch_pipeline.demo.sec_site import SecSite
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.services.sweep_filings import days_asked, sweep_filings
from pricewatch_pipeline.storage import insider_sweeps
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.insider_rows import insider_watch
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, owner, query_for, sale
from pricewatch_pipeline_tests.support.shop import engine_on, store_watches

Rows = Callable[..., list[dict[str, Any]]]

DAY, DAY_AFTER = date(2026, 11, 18), date(2026, 11, 19)
ACME, OTHER, NEW = entity(1, "Acme", "ACME"), entity(2, "Other", "OTHR"), entity(3, "New", "NEW")
JANE = owner(901, "DOE JANE")


@pytest.fixture
def site(database: Database, rows: Rows, sec_site: SecSite) -> SecSite:
    """Two companies are watched; the list of one of them was read. Then both file, and nobody looks."""
    for company in (ACME, OTHER, NEW):
        sec_site.add(company)
    sec_site.file(filing_by(JANE, ACME, sale("10", "9", on="2026-11-16"), filed_on=DAY))
    entry = {"provider": "sec_form4", "every": "6h", "at_least_apart": "4h"}
    query = {"days_back": "all"}
    add_watch(
        database, {"id": "acme", **entry, "query": dict(query_for(sec_site, "ACME", **query))}, providers=providers()
    )
    check_due(engine_on(database))
    add_watch(
        database, {"id": "new", **entry, "query": dict(query_for(sec_site, "NEW", **query))}, providers=providers()
    )
    rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour' WHERE watch_id = 'new'")
    for company in (ACME, OTHER, NEW):
        sec_site.file(filing_by(JANE, company, sale("20", "8", on="2026-11-16"), filed_on=DAY))
    return sec_site


def test_what_no_feed_has_listed_is_due_at_once_and_read_from_its_full_text(
    database: Database, rows: Rows, site: SecSite
) -> None:
    (first,) = sweep_filings(engine_on(database), days=[DAY]).days
    (again,) = sweep_filings(engine_on(database), days=[DAY]).days
    assert (first.outcome, first.filings, first.missed, first.due) == (Outcome.OK, 2, 1, ("acme",))
    assert (again.filings, again.missed, again.due) == (2, 1, ()), "it is due already"
    asked = len(site.asked_for("feed"))
    # Four hours have not gone by since the check before: this one was asked for.
    assert check_due(engine_on(database)).checks == 1
    assert len(site.asked_for("feed") + site.asked_for("unchanged")) == asked + 1
    assert rows(
        "SELECT state, sources, count(*)::int AS n FROM pricewatch.insider_filings GROUP BY 1, 2 ORDER BY 2"
    ) == [{"state": "read", "sources": ["feed", "index"], "n": 2}]
    (last,) = sweep_filings(engine_on(database), days=[DAY]).days
    assert (last.missed, last.due) == (0, ())
    assert rows("SELECT day, outcome, filings, missed, error FROM pricewatch.insider_sweeps") == [
        {"day": DAY, "outcome": "ok", "filings": 2, "missed": 1, "error": None}
    ]


def test_a_watch_whose_query_is_not_understood_keeps_no_other_from_being_swept(
    database: Database, rows: Rows, site: SecSite
) -> None:
    for watch_id in ("acme-too", "old"):
        query = dict(query_for(site, "ACME", days_back="all"))
        add_watch(database, {"id": watch_id, "provider": "sec_form4", "query": query}, providers=providers())
    rows("""UPDATE pricewatch.watches SET query = query || '{"depth": 3}' WHERE watch_id = 'old'""")
    report = sweep_filings(engine_on(database), days=[DAY])
    assert [(each.outcome, each.missed) for each in report.days] == [(Outcome.OK, 1)]
    assert "Left out, as this version does not understand their queries: old. " in (report.remark or "")


def test_what_a_list_lacks_is_not_forgotten_by_a_sweep(database: Database, rows: Rows, site: SecSite) -> None:
    missing = ["CIK0000000001-submissions-001.json"]
    rows("UPDATE pricewatch.insider_feeds SET missing_parts = :missing", missing=missing)
    before = rows("SELECT * FROM pricewatch.insider_feeds")
    sweep_filings(engine_on(database), days=[DAY])
    assert rows("SELECT * FROM pricewatch.insider_feeds") == before


def test_a_day_without_an_index_is_one_on_which_the_sec_was_closed_and_no_refusal(
    database: Database, rows: Rows, site: SecSite
) -> None:
    closed_days = [date(2026, 11, 16), date(2026, 11, 17), DAY_AFTER, date(2026, 11, 20)]
    days = [DAY, *closed_days]
    closed = sweep_filings(engine_on(database), days=days).days
    site.options = replace(site.options, closed_status=403)
    denied = sweep_filings(engine_on(database), days=days).days
    expected = [(DAY, Outcome.OK), *((day, Outcome.NOT_FOUND) for day in closed_days)]
    assert [(each.day, each.outcome) for each in closed] == expected
    assert [(each.day, each.outcome) for each in denied] == expected
    assert rows("SELECT failures, blocks, breaker_until FROM pricewatch.hosts") == [
        {"failures": 0, "blocks": 0, "breaker_until": None}
    ]


def test_a_day_that_failed_is_said_and_does_not_undo_one_that_was_swept(
    database: Database, rows: Rows, site: SecSite
) -> None:
    sweep_filings(engine_on(database), days=[DAY])
    site.options = replace(site.options, fails=9)
    report = sweep_filings(engine_on(database), days=[DAY, DAY_AFTER])
    assert [each.outcome for each in report.days] == [Outcome.TRANSPORT, Outcome.TRANSPORT]
    assert "503" in (report.days[1].error or "")
    assert rows("SELECT day, outcome, filings FROM pricewatch.insider_sweeps ORDER BY day") == [
        {"day": DAY, "outcome": "ok", "filings": 2},
        {"day": DAY_AFTER, "outcome": "transport", "filings": 0},
    ]


def test_without_a_watch_that_was_checked_nothing_is_asked(database: Database) -> None:
    report = sweep_filings(engine_on(database))
    assert (report.companies, report.days) == (0, [])
    assert "No insider watch was checked yet" in (report.remark or "")


def test_the_index_of_today_is_not_there_yet(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="the index of a day comes at its end"):
        days_asked(database, day=database.now().date())
    assert len(days_asked(database, count=3) or ()) == 3
    assert days_asked(database, day=date(2020, 1, 2)) == (date(2020, 1, 2),)


def test_a_watch_that_is_being_checked_fails_rests_or_was_never_looked_at_is_not_made_due(
    database: Database, rows: Rows
) -> None:
    apart = {
        "idle": "attempt = 1",
        "claimed": "claim_token = gen_random_uuid()",
        "failing": "consecutive_failures = 1",
        "quarantined": "quarantined_at = now()",
        "new": "last_checked_at = NULL",
        "paused": "paused_at = now()",
        "due": "next_due_at = now() - interval '1 s'",
    }
    store_watches(database, [insider_watch(watch_id) for watch_id in apart])
    rows("UPDATE pricewatch.watches SET last_checked_at = now() - interval '1 h', next_due_at = now() + interval '1 h'")
    for watch_id, change in apart.items():
        rows(f"UPDATE pricewatch.watches SET {change} WHERE watch_id = :id", id=watch_id)
    assert database.run(lambda connection: insider_sweeps.make_due(connection, list(apart))) == ["idle"]
    assert rows(
        "SELECT watch_id, slot_at = last_checked_at AS goes_on, attempt FROM pricewatch.watches "
        "WHERE next_due_at <= now() AND watch_id <> 'due'"
    ) == [{"watch_id": "idle", "goes_on": True, "attempt": 0}]
