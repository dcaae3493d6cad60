"""`python -m benchmarks [--quick] [--pages FOLDER]`: measures everything, writes bench-results.json, prints tables."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.alerting import measure_alerting
from benchmarks.filings import load_filings, measure_filings
from benchmarks.flights import load_answers, measure_flights
from benchmarks.machine import describe_machine
from benchmarks.pages import NoPages, load_pages
from benchmarks.reading import measure_reading
from benchmarks.results import Summary, contest_table, figures_table, rounded, scale_summary, throughput_summary
from benchmarks.rig import Rig, opened_rig
from benchmarks.scale import measure_scale
from benchmarks.throughput import WrongChecks, measure_memory, measure_stages, measure_throughput, opened_contest
from benchmarks.workers import WorkerFailed


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured."""

    pages: int
    """Per turn of a contender, about: the whole set of pages so many times over."""
    rounds: int
    repeats: int
    """Of what is measured by itself, not by turns."""
    memory_checks: int
    watches: Sequence[int] = (1_000, 10_000, 100_000)
    """In the table, one after the other."""


SIZES = {
    "full": Size(pages=1000, rounds=7, repeats=5, memory_checks=10_000),
    "quick": Size(pages=660, rounds=2, repeats=2, memory_checks=2_000),
    "tiny": Size(pages=1, rounds=1, repeats=1, memory_checks=200, watches=(1_000, 2_000)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write, print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", dest="size", action="store_const", const="quick", default="full")
    parser.add_argument("--size", choices=sorted(SIZES), help="tiny says whether it works, and nothing else")
    parser.add_argument("--pages", type=Path, help="a folder of .html files, or one with an index.csv like the corpus")
    parser.add_argument("--output", type=Path, default=Path("bench-results.json"))
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        summary = measure(SIZES[options.size], options.pages, console)
    except (NoPages, WorkerFailed, WrongChecks) as error:
        Console(stderr=True).print(f"{error}", style="red", markup=False)
        return 1
    summary |= {
        "command": " ".join(["python -m benchmarks", *(sys.argv[1:] if arguments is None else arguments)]),
        "quick": options.size != "full",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    options.output.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    console.print(figures_table(summary))
    console.print(f"Written to {options.output}")
    return 0


def measure(size: Size, pages: Path | None, console: Console) -> Summary:
    """Everything, one thing after the other."""
    folder = pages and pages.resolve()
    loaded = load_pages(folder)
    source = loaded.source
    with opened_rig(folder) as rig:
        console.print(f"{source}; {rig.page_count} pages of {rig.mean_page_bytes / 1000:.0f} kB on average")
        count = rig.whole_sets(size.pages)
        with opened_contest(rig, count) as contest:
            rounds = measure_throughput(contest, rounds=size.rounds, tell=console.print)
            console.print(contest_table(rounds))
            stages = measure_stages(contest)
            points = measure_scale(contest, size.watches, repeats=size.repeats, tell=console.print)
        return rounded(
            throughput_summary(rounds)
            | measure_reading(loaded.bodies, repeats=size.repeats)
            | measure_flights(load_answers(), repeats=size.repeats)
            | measure_filings(load_filings(), repeats=size.repeats)
            | measure_memory(rig, size.memory_checks)
            | scale_summary(points)
            | measure_alerting(rig, repeats=size.repeats)
            | stages
            | _setting(rig, source, count)
        )


def _setting(rig: Rig, source: str, count: int) -> Summary:
    """What it was measured on."""
    return {
        "pages": {
            "source": source,
            "count": rig.page_count,
            "mean_bytes": rig.mean_page_bytes,
            "per_turn": count,
        },
        "machine": describe_machine(rig.postgresql),
    }


if __name__ == "__main__":
    sys.exit(main())
