"""Whoever has insider watches and says nowhere who asks is told so, wherever it matters; doctor says what else is missing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run

TOLD = "aapl: the SEC (sec.gov) wants to know who asks, and no contact is set: put your name and e-mail address into PRICEWATCH_CONTACT"


@pytest.fixture
def insiders(database: Database, folder: Path) -> Path:
    """A watch on insiders; the folder."""
    (folder / "insiders.yaml").write_text("watches: [{id: aapl, provider: sec_form4, query: {company: AAPL}}]\n")
    sync_watches(database, folder, providers=providers())
    return folder


def of_insiders(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["verdict"], each["what"]) for each in found if each["subject"] == "insider filings"]


def test_who_asks_is_wanted_where_files_are_checked_by_doctor_and_by_a_sweep(
    insiders: Path, run: Run, ask: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"Note: {TOLD}" in run("config", "check").stderr
    ((verdict, what),) = of_insiders(ask("doctor"))
    assert (verdict, what.startswith(TOLD)) == ("fail", True)
    refused = run("sec", "sweep")
    assert (refused.exit_code, "PRICEWATCH_CONTACT=" in refused.stderr) == (1, True)

    monkeypatch.setenv("PRICEWATCH_CONTACT", "Jane Doe jane.doe@example.org")
    assert "Note" not in run("config", "check").stderr
    assert of_insiders(ask("doctor")) == [("ok", "1 watches, 0 filings read, none missing")]
    assert run("sec", "sweep").exit_code == 0


def test_doctor_says_which_filings_and_lists_are_missing(
    insiders: Path, ask: Json, rows: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICEWATCH_CONTACT", "Jane Doe jane.doe@example.org")
    rows("""
        INSERT INTO pricewatch.insider_filings (accession, state, form, filed_on, url, feed_ciks, sources)
        SELECT 'A-' || n, state, '4', date '2026-11-01' + n::int, 'https://www.sec.gov/', '{0000320193}', '{feed}'
        FROM unnest(array['read', 'gone', 'unreadable', 'gone']) WITH ORDINALITY AS f(state, n)
    """)
    rows("""
        INSERT INTO pricewatch.insider_feeds (cik, first_seen_on, missing_parts)
        VALUES ('0000320193', '2026-11-01', '{a-001.json,a-002.json}')
    """)
    assert of_insiders(ask("doctor")) == [
        ("warn", "2 filings are listed and their documents are not there, such as A-4"),
        ("warn", "1 filings could not be read, such as A-3"),
        ("warn", "2 older files of lists could not be had, such as a-001.json"),
    ]
