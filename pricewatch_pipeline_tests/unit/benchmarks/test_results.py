from collections import Counter

import pytest

from benchmarks.results import (
    BARE,
    BARE_TWICE,
    OURS,
    OURS_ALONE,
    SCRAPY,
    Measure,
    ScalePoint,
    growth_mb_per_1000,
    memory_summary,
    rounded,
    scale_summary,
    stages_summary,
    throughput_summary,
)


def measure(rate: float, *, cpu_ms: float = 10.0, postgres_ms: float = 0.0) -> Measure:
    """A hundred pages at this rate."""
    return Measure(
        pages=100,
        elapsed_s=100 / rate,
        cpu_s=cpu_ms / 10,
        postgres_cpu_s=postgres_ms / 10,
        outcomes=Counter(ok=99, unreadable=1),
    )


ROUNDS = {
    OURS: [measure(150), measure(20), measure(160)],
    OURS_ALONE: [measure(100)],
    SCRAPY: [measure(50), measure(60), measure(49)],
    BARE: [measure(200)],
    BARE_TWICE: [measure(300)],
}


def test_rates_are_medians_so_that_one_bad_round_decides_nothing() -> None:
    summary = throughput_summary(ROUNDS)
    assert summary["checks_per_s"] == pytest.approx(150)
    assert summary["scrapy_pages_per_s"] == pytest.approx(50)
    assert summary["ratio"] == pytest.approx(3)


def test_two_runs_are_compared_with_two_processes_and_one_with_one() -> None:
    summary = throughput_summary(ROUNDS)
    assert summary["ratio_to_bare_loop"] == pytest.approx(150 / 300)
    assert summary["ratio_to_bare_loop_one_process"] == pytest.approx(100 / 200)


def test_outcomes_are_those_of_all_rounds() -> None:
    assert throughput_summary(ROUNDS)["outcomes"] == {"ok": 297, "unreadable": 3}


def test_memory_that_grows_steadily_is_told_by_its_slope() -> None:
    assert growth_mb_per_1000([(n, 200 + n / 100) for n in range(0, 5000, 100)]) == pytest.approx(10)


def test_memory_that_only_grows_at_the_start_does_not_count_as_growth() -> None:
    samples = [(n, min(300.0, 100 + n)) for n in range(0, 5000, 100)]
    assert growth_mb_per_1000(samples) == pytest.approx(0)


def test_too_few_samples_tell_no_growth() -> None:
    assert growth_mb_per_1000([(50, 100.0)]) == 0


def test_peak_memory_counts_child_processes_where_samples_saw_them() -> None:
    long = Measure(pages=500, elapsed_s=1, cpu_s=1, peak_rss_mb=200, memory=[(100, 150), (500, 260)])
    assert memory_summary(long)["peak_rss_mb"] == 260


def test_the_cost_of_a_check_is_the_runs_and_the_databases() -> None:
    few = ScalePoint(watches=1_000, tick_s=0.01, claim_s=0.02, checks=[measure(100, cpu_ms=8, postgres_ms=2)])
    some = ScalePoint(watches=10_000, tick_s=0.02, claim_s=0.03)
    many = ScalePoint(watches=100_000, tick_s=0.03, claim_s=0.04, checks=[measure(50, cpu_ms=8, postgres_ms=3)])
    summary = scale_summary([few, some, many])
    assert summary["cost_growth_100k"] == pytest.approx(1.1)
    assert (summary["tick_s_1k"], summary["tick_s_10k"], summary["tick_s_100k"]) == (0.01, 0.02, 0.03)
    assert (summary["claim_500_s_1k"], summary["claim_500_s_100k"], summary["claim_500_s"]) == (0.02, 0.04, 0.04)


def test_stages_are_told_per_page_the_dearest_first() -> None:
    ours = Measure(pages=100, elapsed_s=1, cpu_s=1, stages_cpu_s={"fetch": 0.1, "read": 0.5})
    bare = Measure(pages=100, elapsed_s=1, cpu_s=1, stages_cpu_s={"fetch": 0.2})
    summary = stages_summary(ours, bare)
    assert list(summary["stages_cpu_ms_per_check"].items()) == [("read", 5.0), ("fetch", 1.0)]
    assert summary["bare_loop_stages_cpu_ms_per_page"] == {"fetch": 2.0}


def test_figures_are_rounded_at_any_depth_and_whole_numbers_left_alone() -> None:
    assert rounded({"a": 1.23456, "b": {"c": [123456.7, 10_001]}, "d": "x"}) == {
        "a": 1.235,
        "b": {"c": [123500.0, 10_001]},
        "d": "x",
    }
