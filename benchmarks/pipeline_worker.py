"""Our own side: a process that executes runs of `scrape_due` and ticks of `due_watches` on a real Dagster instance."""

import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from uuid import uuid4

import dagster as dg
import psutil

from benchmarks.stages import StageSampler
from benchmarks.workers import Message, Span, peak_rss_mb, serve
from pricewatch_pipeline.defs.build import build_definitions
from pricewatch_pipeline.defs.instance import opened_instance
from pricewatch_pipeline.defs.partitions import WATCHES
from pricewatch_pipeline.defs.resources import PricewatchResource, observer_resource
from pricewatch_pipeline.defs.sensors import due_watches
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.services.check_watches import SilentObserver
from pricewatch_pipeline.settings import Settings, load_settings
from pricewatch_pipeline.storage import claims
from pricewatch_pipeline.storage.database import Database

CHECKS_PER_SAMPLE = 100


class Recorder(SilentObserver):
    """Watches a run: from its first claim to the last check that is stored and logged."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = psutil.Process()
        self.forget()

    def forget(self) -> None:
        """A new run begins."""
        self.span: Span | None = None
        self.cpu_at_first_claim = 0.0
        self.outcomes: Counter[str] = Counter()
        self.memory: list[tuple[int, float]] = []
        """Checks so far, and megabytes resident with them."""
        self._next_sample = 0

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        with self._lock:
            if self.span is None:
                self.span, self.cpu_at_first_claim = Span(), _cpu_s()

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        with self._lock:
            span = self.span = self.span or Span()
            span.add(len(checks))
            self.outcomes.update(check.outcome.value for check in checks)
            if span.pages >= self._next_sample:
                self._next_sample = span.pages + CHECKS_PER_SAMPLE
                self.memory.append((span.pages, self._resident_mb()))

    def _resident_mb(self) -> float:
        family = [self._process, *self._process.children(recursive=True)]
        return float(sum(process.memory_info().rss for process in family)) / 2**20


class Pipeline:
    """Runs and ticks, as production's processes make them."""

    def __init__(self, instance: dg.DagsterInstance, settings: Settings) -> None:
        self._recorder = Recorder()
        self._definitions = build_definitions(observer=observer_resource(self._recorder))
        self._instance = instance
        self._settings = settings
        self._database = Database(self._settings.database_url or "")

    def add_partitions(self, message: Message) -> Message:
        """The dynamic partitions, as a sync would add them."""
        self._instance.add_dynamic_partitions(str(WATCHES.name), message["watch_ids"])
        return {}

    def run(self, message: Message) -> Message:
        """One run of `scrape_due`."""
        self._recorder.forget()
        started, cpu_before = time.monotonic(), _cpu_s()
        job = self._definitions.resolve_job_def("scrape_due")
        with StageSampler() if message.get("is_profiled") else nullcontext() as sampler:
            job.execute_in_process(instance=self._instance, raise_on_error=True)
        recorder = self._recorder
        return (recorder.span or Span()).as_message() | {
            "outcomes": dict(recorder.outcomes),
            "memory": recorder.memory,
            "peak_rss_mb": peak_rss_mb(),
            "run_s": time.monotonic() - started,
            # To the end of the run, so that processes which it started and ended count too.
            "cpu_s": _cpu_s() - recorder.cpu_at_first_claim,
            "run_cpu_s": _cpu_s() - cpu_before,
            "stages_cpu_s": dict(sampler.cpu_s) if sampler else {},
        }

    def tick(self, message: Message) -> Message:
        """One tick of the sensor."""
        context = dg.build_sensor_context(instance=self._instance, resources={"pricewatch": PricewatchResource()})
        started, cpu_before = time.monotonic(), _cpu_s()
        result = due_watches(context)
        elapsed, cpu_s = time.monotonic() - started, _cpu_s() - cpu_before
        requests = result.run_requests if isinstance(result, dg.SensorResult) else None
        return {"tick_s": elapsed, "cpu_s": cpu_s, "runs": len(requests or ())}

    def claim(self, message: Message) -> Message:
        """One claim, as a run makes it."""
        started, cpu_before = time.monotonic(), _cpu_s()
        claim = self._database.run(
            lambda connection: claims.claim(
                connection,
                token=uuid4(),
                limit=message["limit"],
                lease=self._settings.lease,
                budget=timedelta(seconds=self._settings.run_budget_s),
                claimed_by="benchmark",
            )
        )
        return {
            "claim_s": time.monotonic() - started,
            "cpu_s": _cpu_s() - cpu_before,
            "checks": len(claim.checks),
            "hosts": len({check.watch.host for check in claim.checks}),
        }


def _cpu_s() -> float:
    """Of this process and the children that ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def main() -> None:
    """Answer `{"do": "run"}` and the like."""
    settings = load_settings()
    with opened_instance(settings.dagster_home, settings.dagster_database_url or "") as instance:
        pipeline = Pipeline(instance, settings)
        actions: dict[str, Callable[[Message], Message]] = {
            "add_partitions": pipeline.add_partitions,
            "claim": pipeline.claim,
            "run": pipeline.run,
            "tick": pipeline.tick,
        }
        serve(lambda message: actions[message["do"]](message))


if __name__ == "__main__":
    main()
