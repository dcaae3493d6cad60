"""Pages per second: our whole checks, Scrapy and the bare loop, taken in turns so that no noisy minute hits one alone."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.fleet import ensure_watches, make_due
from benchmarks.results import (
    BARE,
    BARE_TWICE,
    CONTENDERS,
    OURS,
    OURS_ALONE,
    RUNS_AT_ONCE,
    SCRAPY,
    Measure,
    Summary,
    memory_summary,
    stages_summary,
)
from benchmarks.rig import Rig
from benchmarks.workers import Message, Worker

WARM_UP_PAGES = 50
LONGEST_BUDGET_S = 300
"""As the settings allow."""
OUR_FAULT = {"transport", "timeout", "robots", "forbidden_address", "abandoned", "provider_error"}
"""Outcomes that say nothing of the pages, but that the benchmark does not work."""


class WrongChecks(Exception):
    """What was to be checked was not."""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Everybody, ready to run."""

    rig: Rig
    ours: Sequence[Worker]
    loops: Sequence[Worker]
    pages: int

    def measure(self, name: str) -> Measure:
        """One contender's turn."""
        turns: dict[str, Callable[[], Measure]] = {
            OURS: lambda: self._checks(self.ours),
            OURS_ALONE: lambda: self._checks(self.ours[:1]),
            SCRAPY: self._scrapy,
            BARE: lambda: self.bare(self.loops[:1]),
            BARE_TWICE: lambda: self.bare(self.loops),
        }
        return turns[name]()

    def _checks(self, workers: Sequence[Worker]) -> Measure:
        return measure_checks(self.rig, workers, self.pages)

    def bare(self, workers: Sequence[Worker], **options: bool) -> Measure:
        """The bare loop's turn, the pages dealt out to these processes."""
        urls, common = self.rig.urls(self.pages), {"database_url": self.rig.database_url, **options}
        return together(self.rig, workers, [common | {"urls": urls[n :: len(workers)]} for n in range(len(workers))])

    def _scrapy(self) -> Measure:
        urls = self.rig.urls(WARM_UP_PAGES) + self.rig.urls(self.pages)
        with Worker("benchmarks.scrapy_worker", log=self.rig.log("scrapy")) as scrapy:
            return together(self.rig, [scrapy], [{"urls": urls, "warm_up": WARM_UP_PAGES}])


@contextmanager
def opened_contest(rig: Rig, pages: int) -> Iterator[Contest]:
    """Everybody's processes, warmed up."""
    with ExitStack() as stack:
        ours = [stack.enter_context(rig.pipeline_worker(f"run-{n}")) for n in range(RUNS_AT_ONCE)]
        loops = [
            stack.enter_context(Worker("benchmarks.loop_worker", log=rig.log(f"loop-{n}"))) for n in range(RUNS_AT_ONCE)
        ]
        ours[0].ask(do="add_partitions", watch_ids=ensure_watches(rig, max(pages, WARM_UP_PAGES)))
        warm_up(rig, ours)
        for loop in loops:
            loop.ask(database_url=rig.database_url, urls=rig.urls(WARM_UP_PAGES))
        yield Contest(rig=rig, ours=ours, loops=loops, pages=pages)


def measure_throughput(contest: Contest, *, rounds: int, tell: Callable[[str], None]) -> dict[str, list[Measure]]:
    """Every contender's measures, a round of all after the other."""
    measures: dict[str, list[Measure]] = {name: [] for name in CONTENDERS}
    for turn in range(rounds):
        for name in CONTENDERS:
            measure = contest.measure(name)
            tell(f"round {turn + 1} of {rounds}: {name}: {measure.pages_per_s:.1f}/s")
            measures[name].append(measure)
    return measures


def measure_stages(contest: Contest) -> Summary:
    """Where the CPU time of one run goes, and of one bare loop; not part of any other figure."""
    ours = measure_checks(contest.rig, contest.ours[:1], contest.pages, is_profiled=True)
    bare = contest.bare(contest.loops[:1], is_profiled=True)
    return stages_summary(ours, bare)


def measure_memory(rig: Rig, checks: int) -> Summary:
    """One long run in a fresh process: so many checks, or as many as its longest budget allows."""
    with rig.pipeline_worker("long-run", run_budget_s=str(LONGEST_BUDGET_S)) as worker:
        worker.ask(do="add_partitions", watch_ids=ensure_watches(rig, checks))
        make_due(rig, checks)
        return memory_summary(together(rig, [worker], [{"do": "run"}]))


def warm_up(rig: Rig, workers: Sequence[Worker]) -> None:
    """A run of each, not measured: imports, connections, tables of Dagster's."""
    for worker in workers:
        make_due(rig, WARM_UP_PAGES)
        worker.ask(do="run")


def measure_checks(rig: Rig, workers: Sequence[Worker], count: int, **options: bool) -> Measure:
    """So many whole checks by runs side by side.

    Raises:
        WrongChecks: others, or they failed for reasons of ours.
    """
    make_due(rig, count)
    measure = together(rig, workers, [{"do": "run", **options} for _ in workers])
    if measure.pages != count:
        raise WrongChecks(f"{measure.pages} checks were made instead of {count}: {dict(measure.outcomes)}")
    if measure.outcomes.keys() & OUR_FAULT:
        raise WrongChecks(f"checks did not end as they must on a server that always answers: {dict(measure.outcomes)}")
    return measure


def together(rig: Rig, workers: Sequence[Worker], messages: Sequence[Message]) -> Measure:
    """What workers do at the same time, as one measure."""
    postgres_before, shop_before = rig.postgres_cpu_s(), rig.shop.cpu_s()
    for worker, message in zip(workers, messages, strict=True):
        worker.tell(**message)
    answers = [answer for worker in workers if (answer := worker.answer())["pages"]]
    return Measure(
        pages=sum(answer["pages"] for answer in answers),
        elapsed_s=max(answer["ended"] for answer in answers) - min(answer["started"] for answer in answers),
        cpu_s=sum(answer["cpu_s"] for answer in answers),
        postgres_cpu_s=rig.postgres_cpu_s() - postgres_before,
        shop_cpu_s=rig.shop.cpu_s() - shop_before,
        outcomes=sum((Counter(answer.get("outcomes", {})) for answer in answers), Counter()),
        stages_cpu_s=answers[0].get("stages_cpu_s", {}),
        memory=answers[0].get("memory", ()),
        peak_rss_mb=max(answer.get("peak_rss_mb", 0.0) for answer in answers),
    )
