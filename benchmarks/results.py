"""What was measured, put together: the summary that is written as JSON, and the tables for a person. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import linear_regression, median
from typing import Any

from rich.table import Table

RUNS_AT_ONCE = 2
"""What the sensor keeps in flight by default."""

OURS = f"checks, {RUNS_AT_ONCE} runs"
OURS_ALONE = "checks, 1 run"
SCRAPY = "Scrapy"
BARE = "bare loop, 1 process"
BARE_TWICE = f"bare loop, {RUNS_AT_ONCE} processes"
CONTENDERS = (OURS, SCRAPY, BARE, OURS_ALONE, BARE_TWICE)
"""In the order of a round."""

Summary = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One stretch of work."""

    pages: int
    elapsed_s: float
    cpu_s: float
    """Of the processes that did it, user and system."""
    postgres_cpu_s: float = 0.0
    shop_cpu_s: float = 0.0
    """Of the page server."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Where checks were made."""
    peak_rss_mb: float = 0.0
    """Of the biggest of the processes."""

    stages_cpu_s: Mapping[str, float] = field(default_factory=dict)
    """By stage, of the first of the processes; where it was profiled."""
    memory: Sequence[tuple[int, float]] = ()
    """Of the first of the processes: checks so far, and megabytes resident with them."""

    @property
    def pages_per_s(self) -> float:
        return self.pages / self.elapsed_s

    def cpu_ms(self, seconds: float) -> float:
        """Processor time per page."""
        return 1000 * seconds / self.pages


@dataclass(frozen=True, kw_only=True)
class ScalePoint:
    """What things take with so many watches in the table."""

    watches: int
    tick_s: float
    claim_s: float
    checks: Sequence[Measure] = ()
    """Of the same pages at every size; not at all sizes."""


def median_rate(measures: Sequence[Measure]) -> float:
    """Pages per second over the rounds."""
    return median(measure.pages_per_s for measure in measures)


def throughput_summary(rounds: Mapping[str, Sequence[Measure]]) -> Summary:
    """Rates, their ratios and what a check costs, from every contender's measures."""
    rate = {name: median_rate(measures) for name, measures in rounds.items()}
    ours = rounds[OURS]
    outcomes = sum((measure.outcomes for measure in ours), Counter[str]())
    return {
        "checks_per_s": rate[OURS],
        "checks_per_s_one_run": rate[OURS_ALONE],
        "scrapy_pages_per_s": rate[SCRAPY],
        "bare_loop_pages_per_s": rate[BARE],
        "bare_loop_2_pages_per_s": rate[BARE_TWICE],
        "ratio": rate[OURS] / rate[SCRAPY],
        "ratio_to_bare_loop": rate[OURS] / rate[BARE_TWICE],
        "ratio_to_bare_loop_one_process": rate[OURS_ALONE] / rate[BARE],
        "cpu_ms_per_check": median(measure.cpu_ms(measure.cpu_s) for measure in ours),
        "postgres_cpu_ms_per_check": median(measure.cpu_ms(measure.postgres_cpu_s) for measure in ours),
        "page_server_cpu_ms_per_page": median(measure.cpu_ms(measure.shop_cpu_s) for measure in ours),
        "scrapy_cpu_ms_per_page": median(measure.cpu_ms(measure.cpu_s) for measure in rounds[SCRAPY]),
        "bare_loop_cpu_ms_per_page": median(measure.cpu_ms(measure.cpu_s) for measure in rounds[BARE]),
        "outcomes": dict(outcomes.most_common()),
        "rounds": {name: [round(measure.pages_per_s, 1) for measure in measures] for name, measures in rounds.items()},
    }


def scale_summary(points: Sequence[ScalePoint]) -> Summary:
    """Ticks and claims by size, and how much dearer a check is with many watches; the claim without a size is the biggest."""
    summary: Summary = {}
    for point in points:
        summary[f"tick_s_{point.watches // 1000}k"] = point.tick_s
        summary[f"claim_500_s_{point.watches // 1000}k"] = point.claim_s
    few, many = points[0], points[-1]
    cost = {point.watches: median(_cost_ms(measure) for measure in point.checks) for point in (few, many)}
    return summary | {
        "claim_500_s": many.claim_s,
        f"cost_growth_{many.watches // 1000}k": cost[many.watches] / cost[few.watches],
        "cost_ms_per_check_by_watches": {str(watches): ms for watches, ms in cost.items()},
    }


def _cost_ms(measure: Measure) -> float:
    """The run's and PostgreSQL's CPU time per check."""
    return measure.cpu_ms(measure.cpu_s + measure.postgres_cpu_s)


def growth_mb_per_1000(samples: Sequence[tuple[int, float]]) -> float:
    """How much memory a thousand checks leave behind: the slope after the first fifth, in which caches fill."""
    settled = [(checks, mb) for checks, mb in samples if checks >= samples[-1][0] / 5]
    if len(settled) < 2:
        return 0.0
    slope, _ = linear_regression([checks for checks, _ in settled], [mb for _, mb in settled])
    return 1000 * slope


def memory_summary(measure: Measure) -> Summary:
    """One long run."""
    return {
        "peak_rss_mb": max([measure.peak_rss_mb, *(mb for _, mb in measure.memory)]),
        "rss_growth_mb_per_1000_checks": growth_mb_per_1000(measure.memory),
        "memory_checks": measure.pages,
        "rss_mb_by_checks": {
            str(checks): round(mb) for checks, mb in measure.memory[:: max(1, len(measure.memory) // 10)]
        },
    }


def stages_summary(ours: Measure, bare: Measure) -> Summary:
    """CPU milliseconds a page by stage, ours and the bare loop's."""
    return {
        name: {stage: measure.cpu_ms(seconds) for stage, seconds in _falling(measure.stages_cpu_s)}
        for name, measure in (("stages_cpu_ms_per_check", ours), ("bare_loop_stages_cpu_ms_per_page", bare))
    }


def _falling(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(parts.items(), key=lambda part: -part[1])


def rounded(summary: Summary) -> Summary:
    """The summary with figures to four digits that count, at any depth."""
    return {name: _rounded(value) for name, value in summary.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return rounded(value)
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value


def contest_table(rounds: Mapping[str, Sequence[Measure]]) -> Table:
    """Who was how fast."""
    table = Table(title="Pages per second, by turns", title_justify="left")
    for heading in ("", "median", "rounds", "CPU ms a page", "PostgreSQL", "page server"):
        table.add_column(heading, justify="left" if heading in ("", "rounds") else "right")
    for name, measures in rounds.items():
        table.add_row(
            name,
            f"{median_rate(measures):.1f}",
            " ".join(f"{measure.pages_per_s:.1f}" for measure in measures),
            f"{median(measure.cpu_ms(measure.cpu_s) for measure in measures):.2f}",
            f"{median(measure.cpu_ms(measure.postgres_cpu_s) for measure in measures):.2f}",
            f"{median(measure.cpu_ms(measure.shop_cpu_s) for measure in measures):.2f}",
        )
    return table


def figures_table(summary: Mapping[str, Any]) -> Table:
    """Every figure of the summary by its name in bench-results.json."""
    table = Table(title="bench-results.json", title_justify="left", show_header=False)
    for name, value in summary.items():
        if isinstance(value, dict):
            table.add_row(name, ", ".join(f"{key}: {part}" for key, part in value.items()))
        else:
            table.add_row(name, str(value))
    return table
