"""The demo's flight watches are valid, and about what they are there to show."""

from datetime import date
from pathlib import Path

from pricewatch_pipeline.demo.flight_watches import MATRIX, write_flight_watches
from pricewatch_pipeline.domain.providers import combinations_of
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.watch_files.read import read_folder

TODAY = date(2026, 11, 23)


def test_the_file_defines_a_trip_one_that_waits_for_a_low_fare_and_a_matrix_of_sixty(tmp_path: Path) -> None:
    write_flight_watches(tmp_path, 8809, TODAY)
    folder = read_folder(tmp_path, providers=providers())
    assert [str(issue) for issue in (*folder.issues, *folder.warnings)] == []
    watches = {watch.watch_id: watch for watch in folder.watches}
    assert list(watches) == ["flights-london-lisbon", "flights-manchester-tokyo", MATRIX]
    assert watches["flights-london-lisbon"].target_price is not None
    assert [watch.is_matrix for watch in watches.values()] == [False, False, True]
    assert {watch.host for watch in watches.values()} == {"127.0.0.1:8809"}
    provider = providers()["google_flights"]
    query = provider.query_model.model_validate(dict(watches[MATRIX].query))
    assert len(combinations_of(provider, query)) == 60


def test_the_trips_are_ahead_whenever_the_demo_is_started(tmp_path: Path) -> None:
    text = write_flight_watches(tmp_path / "new", 8809, date(2031, 12, 30)).read_text()
    assert "2032-02-28..2032-03-13" in text
