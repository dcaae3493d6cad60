"""The address of a watch that is stored already."""

from pathlib import Path

from pricewatch_pipeline.registry import google_flights, providers
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Run


def test_the_addresses_of_a_stored_watch_are_those_it_is_asked_by(run: Run, database: Database) -> None:
    trip = {"origins": "LHR,LGW", "destinations": "JFK", "departs": "2999-05-01..2999-05-02", "currency": "GBP"}
    entry = {"id": "ny", "provider": "google_flights", "query": {**trip, "matrix": True}}
    add_watch(database, entry, providers=providers())
    urls = run("flights", "url", "ny", "--all").stdout.splitlines()
    asked = [google_flights().decode(url).query for url in urls]
    assert [(query.origins[0], str(query.departs[0]), query.currency) for query in asked] == [
        ("LGW", "2999-05-01", "GBP"),
        ("LHR", "2999-05-01", "GBP"),
        ("LGW", "2999-05-02", "GBP"),
        ("LHR", "2999-05-02", "GBP"),
    ]


def test_a_watch_of_another_kind_has_no_address_of_a_search(synced: Path, run: Run) -> None:
    refused = run("flights", "url", "lamp")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("error: lamp is no flight watch, for its provider is retail")
