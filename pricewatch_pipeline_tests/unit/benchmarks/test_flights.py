from pathlib import Path

from benchmarks.flights import load_answers, measure_flights


def test_without_the_corpus_a_page_of_the_demo_is_measured(tmp_path: Path) -> None:
    answers = load_answers(tmp_path)
    summary = measure_flights(answers, repeats=1)
    assert summary["flights_read_by_json_and_lxml"] > 0
    assert summary["flights_bare_read_by_json_and_lxml"] is None
    assert "made by us" in summary["flights_source"]
