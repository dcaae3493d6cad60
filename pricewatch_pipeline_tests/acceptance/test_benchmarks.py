"""`make bench` works: all of it, on a few small pages. What it measures here means nothing."""

import json
import subprocess
import sys
from pathlib import Path

from pricewatch_pipeline_tests.support.shop import product

ROOT = Path(__file__).parents[2]
AGREED = {
    *("checks_per_s", "checks_per_s_one_run", "scrapy_pages_per_s", "bare_loop_pages_per_s", "bare_loop_2_pages_per_s"),
    *("ratio", "ratio_to_bare_loop", "cpu_ms_per_check", "peak_rss_mb", "rss_growth_mb_per_1000_checks"),
    *("alert_rules_ms_per_snapshot", "alert_rules_ratio", "completion_ms_per_snapshot"),
    *("tick_s_1k", "claim_500_s_1k", "claim_500_s", "pages", "machine", "command", "quick", "date"),
}


def bench(*arguments: str, results: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--size", "tiny", "--output", str(results), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


def test_it_measures_everything_on_pages_of_ones_own(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("chair", "lamp"):
        (pages / f"{name}.html").write_bytes(product(name=name).body)
    results = tmp_path / "results.json"

    done = bench("--pages", str(pages), results=results)

    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(results.read_text(encoding="utf-8"))
    assert summary.keys() >= AGREED
    assert summary["outcomes"].keys() == {"ok"}, "every page was read"
    assert summary["pages"]["count"] == 2
    assert summary["memory_checks"] == 200
    assert all(summary[name] > 0 for name in ("checks_per_s", "scrapy_pages_per_s", "bare_loop_pages_per_s", "ratio"))
    assert "checks_per_s" in done.stdout, "a person sees the figures too"


def test_a_folder_without_pages_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    done = bench("--pages", str(tmp_path), results=tmp_path / "results.json")
    assert done.returncode == 1
    assert tmp_path.name in done.stderr
    assert not (tmp_path / "results.json").exists()
