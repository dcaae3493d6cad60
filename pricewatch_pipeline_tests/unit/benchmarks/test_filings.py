from pathlib import Path

from benchmarks.filings import load_filings, measure_filings


def test_without_the_corpus_and_edgartools_filings_of_the_demo_are_measured(tmp_path: Path) -> None:
    filings = load_filings(tmp_path)
    summary = measure_filings(filings, repeats=1)
    assert len(filings.files) > 5
    assert summary["filings_per_cpu_s"] > 0
    assert "made by us" in summary["filings_source"]
    assert (summary["edgartools_version"] is None) == (summary["filings_times_as_fast_as_edgartools"] is None)
