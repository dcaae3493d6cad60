"""Flights on the command line: what people type, and what they see."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.demo.flight_site import FlightSite
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline.storage import detail_rows
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.detail_rows import DetailsOf
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.checks import BEGIN, offer
from pricewatch_pipeline_tests.support.flight_rows import itinerary, search, watched_flight

FAR = date(2999, 5, 1)
"""A day that will not have gone by."""
TRIP = ("--from", "LHR", "--to", "JFK", "--depart", "2999-05-01", "--currency", "GBP")
MATRIX = ("--matrix", "--from", "LHR,LGW", "--to", "JFK", "--depart", "2999-05-01..2999-05-04", "--every", "1d")


@pytest.fixture
def site(run: Run, flight_site: FlightSite, monkeypatch: pytest.MonkeyPatch) -> str:
    """The flight search, which may be reached; its address."""
    monkeypatch.setenv("PRICEWATCH_ALLOWED_ADDRESSES", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "300")
    return flight_site.base_url


def test_what_a_trip_stands_for_is_said_before_it_is_watched(site: str, run: Run, ask: Json) -> None:
    command = (
        "flights",
        "add",
        "ny",
        *TRIP,
        "--return",
        "2999-05-08",
        "--adults",
        "2",
        "--target",
        "450",
        "--site",
        site,
    )
    refused = run(*command, input="n\n")
    assert refused.stderr.startswith(
        "ny: LHR -> JFK, 1 May 2999, back 8 May 2999; 2 adults; in GBP\n4 checks a day: 4 searches"
    )
    assert "Watch this?" in refused.stderr
    assert refused.exit_code == 1
    assert ask("watch", "list") == []

    added = run(*command, input="y\n")
    assert "Watching ny. `pricewatch check ny` looks at once, `pricewatch flights offers ny`" in added.stdout
    found = ask("watch", "show", "ny")
    assert found["definition"]["target"] == {"amount": "450", "currency": "GBP"}
    assert found["looks_for"] == "LHR -> JFK, 1 May 2999, back 8 May 2999; 2 adults; in GBP"
    shown = run("watch", "show", "ny").stdout
    assert found["looks_for"] in shown
    assert "tfs=" not in shown


def test_a_matrix_is_counted_with_the_time_it_takes_at_the_pace_of_its_host(site: str, run: Run, ask: Json) -> None:
    added = run("flights", "add", "any-day", *MATRIX, "--site", site, "--yes")
    assert "LHR, LGW -> JFK, 1 May 2999 to 4 May 2999, one way; 8 searches; 1 adult; in USD" in added.stderr
    assert "(one request every 1 s): it takes 8s at least." in added.stderr
    assert "\n1 check a day: 8 searches a day.\n" in added.stderr
    assert "`pricewatch flights calendar any-day`" in added.stdout
    assert run("batch", "watch", "any-day").stderr.startswith("any-day has had no batch yet: due")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--max-combinations", "7"), ("8 combinations", "2 origins", "4 days", "at most 7")),
        (("--to", "LGW,XXQ"), ("'XXQ' is not the IATA code of an airport",)),
        (("--every", "soon"), ("every: 'soon' is not a duration",)),
        (("--depart", "2025-01-10..2025-01-12"), ("error: 2025-01-12 has gone by: there is nothing to look for",)),
    ],
)
def test_what_cannot_be_watched_is_refused_with_the_reason(
    site: str, run: Run, ask: Json, flags: tuple[str, ...], says: tuple[str, ...]
) -> None:
    refused = run("flights", "add", "any-day", *MATRIX, "--site", site, *flags, "--yes")
    assert [text for text in says if text not in refused.stderr] == []
    assert refused.exit_code == 1
    assert ask("watch", "list") == []


def test_the_trip_of_a_watch_is_changed_by_its_query_and_not_by_a_page(run: Run, database: Database) -> None:
    watched_flight(database)
    refused = run("watch", "edit", "lhr-jfk", "--url", "https://shop.de/lamp")
    assert refused.stderr.startswith(
        "error: lhr-jfk watches no page, for its provider is google_flights: --query says anew"
    )
    assert run("watch", "edit", "lhr-jfk", "--every", "12h").exit_code == 0


def test_the_itineraries_of_the_newest_check_are_shown_the_best_first(run: Run, ask: Json, database: Database) -> None:
    watch = watched_flight(database)
    assert run("flights", "offers", "lhr-jfk").stdout.startswith("No itinerary of lhr-jfk yet: due")
    arrives = {"arrives_local": datetime(2027, 1, 16, 6, 10), "duration_minutes": 475, "stops": 1}  # noqa: DTZ001
    dear, cheap = itinerary(1, "700.50", **arrives), itinerary(2, "321", flight_numbers=["BA117", "BA9"])
    cheaper = itinerary(3, "99", meets_query=False, airlines=["=cmd()"])
    watch.check(offer("321", currency="GBP"), details=(search(), dear, cheap, cheaper, itinerary(4, None)))

    assert [row["number"] for row in ask("flights", "offers", "lhr-jfk")] == [2, 1, 4, 3]
    shown = run("flights", "offers", "lhr-jfk", "--limit", "2").stdout
    assert [text for text in ("LHR → JFK", "06:10 +1", "7h 55m", "BA117, BA9", "700.50 GBP") if text not in shown] == []
    assert "2 of 4 itineraries; --all shows all." in shown
    table = list(csv.DictReader(io.StringIO(run("flights", "offers", "lhr-jfk", "--all", "--csv").stdout)))
    assert [row["price"] for row in table] == ["321", "700.50", "", "99"]
    assert table[3]["airlines"] == "'=cmd()"


def store_matrix(database: Database, fares: dict[date, str | None]) -> None:
    """Answers of a matrix, by day of departure."""
    watched_flight(database, "any-day", is_matrix=True)
    details = [
        DetailsOf(
            watch_id="any-day", slot_at=BEGIN, observed_at=BEGIN, combination=number, details=(_searched(day, fare),)
        )
        for number, (day, fare) in enumerate(fares.items(), 1)
    ]
    with database.transaction() as connection:
        detail_rows.store(connection, details)


def _searched(day: date, fare: str | None) -> Detail:
    fields: dict[str, Any] = {"departs_on": day, "returns_on": None, "url": f"https://flights.example/{day}"}
    return search(fare, **fields, outcome="ok" if fare else "no_offers")


def test_fares_by_day_are_months_with_the_lowest_marked(
    run: Run, ask: Json, database: Database, tmp_path: Path
) -> None:
    store_matrix(database, {FAR: "400", FAR + timedelta(days=1): "321.50", FAR + timedelta(days=2): None})
    shown = run("flights", "calendar", "any-day", "--png", str(tmp_path / "fares.png")).stdout
    assert [
        text for text in ("May 2999", "321.50*", "Wed 01 May ", "321.50 GBP *", "- (no_offers)") if text not in shown
    ] == []
    assert (tmp_path / "fares.png").read_bytes().startswith(b"\x89PNG")
    assert [row["price"] for row in ask("flights", "calendar", "any-day")] == ["400", "321.50", None]
    assert run("flights", "calendar", "any-day", "--csv").stdout.count("any-day") == 3
    assert run("flights", "calendar", "any-day", "--csv", "--json").exit_code == 2


def test_what_is_due_is_checked_batches_too(site: str, run: Run, ask: Json, folder: Path) -> None:
    (folder / "flights.yaml").write_text(
        f"stores: [{{id: flights, domains: ['{site.removeprefix('http://')}'], politeness: {{min_delay: 0s}}}}]"
    )
    run("sync")
    soon = datetime.now(UTC).date() + timedelta(days=60)
    days = f"{soon}..{soon + timedelta(days=3)}"
    run("flights", "add", "any-day", *MATRIX, "--depart", days, "--site", site, "--yes")
    checked = run("check", "--due")
    assert "1 checked, 0 without a price" in checked.stdout, checked.stdout
    assert checked.exit_code == 0
    (batch,) = ask("batch", "list")
    assert (batch["state"], batch["done"], batch["failed"]) == ("done", 8, 0)
    fares = [row["price"] for row in ask("flights", "calendar", "any-day")]
    assert len(fares) == 8
    assert batch["price"] == min(fares, key=float)
    assert run("batch", "watch", "any-day").stdout.startswith(f"Batch {batch['batch_id']} of any-day ended in ")


def test_a_watch_that_is_finished_says_why_and_no_year_9999(run: Run, ask: Json, database: Database, rows: Any) -> None:
    watch = watched_flight(database)
    watch.check(Outcome.FINISHED, error="its last day, 20 Nov 2026, has gone by")
    rows("UPDATE pricewatch.watches SET next_due_at = '9999-01-01Z', consecutive_failures = 0")
    shown = [run("watch", "list").stdout, run("watch", "show", "lhr-jfk").stdout, run("status").stdout]
    assert ["finished: its last day, 20 Nov 2026, has gone by" in text for text in shown] == [True, True, False]
    assert ", 1 finished" in shown[2]
    assert "9999" not in "".join(shown) + run("status", "--json").stdout + run("watch", "list", "--json").stdout
    assert [each["watch_id"] for each in ask("watch", "list", "--state", "finished")] == ["lhr-jfk"]
    assert "There is no watch to check" in run("check", "--provider", "google_flights").stderr


def test_other_watches_and_no_watches_are_one_clear_sentence(synced: Path, run: Run) -> None:
    refused, unknown = run("flights", "offers", "lamp"), run("flights", "calendar", "lampe")
    assert refused.stderr.startswith("error: lamp is no flight watch, for its provider is retail")
    assert unknown.stderr.startswith("error: no such watch: lampe. Did you mean lamp?")
    assert (refused.exit_code, unknown.exit_code) == (1, 1)


def test_many_watches_of_a_provider_are_checked_only_when_somebody_says_so(run: Run, rows: Any, synced: Path) -> None:
    rows("""
        INSERT INTO pricewatch.watches (watch_id, provider, query, host, next_due_at, slot_at, every_s)
        SELECT 'w' || n, provider, query, host, next_due_at, slot_at, every_s
        FROM pricewatch.watches, generate_series(1, 98) AS n WHERE watch_id = 'lamp'
    """)
    refused = run("check", "--provider", "retail", input="n\n")
    assert "Check 101 watches of retail now?" in refused.stderr
    assert refused.exit_code == 1
