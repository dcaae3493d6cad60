"""`pricewatch check`: look at watches now, store and log as a run of the scheduler would."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import starmap
from operator import attrgetter
from threading import Lock
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from pricewatch_pipeline.cli.batch_live import Lines, Speedometer, counts_text, lowest_text, one_line, pace_text
from pricewatch_pipeline.cli.output import JsonFlag, console, errors, print_json, print_rows, with_money
from pricewatch_pipeline.cli.removals import counted
from pricewatch_pipeline.defs.commands import CommandRun, dagster_instance, mirror, run_checks, run_due
from pricewatch_pipeline.domain.backoff import NEVER
from pricewatch_pipeline.domain.batches import BatchProgress
from pricewatch_pipeline.domain.checks import FinishedCheck, OpenCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.errors import CheckFailed
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.ask_otherwise import queries_asked
from pricewatch_pipeline.services.check_watches import require_checkable
from pricewatch_pipeline.services.find_watches import require_watches
from pricewatch_pipeline.services.open_pipeline import Pipeline, opened_pipeline
from pricewatch_pipeline.services.show_batches import has_due_batches
from pricewatch_pipeline.services.show_hosts import pace_texts
from pricewatch_pipeline.services.show_watches import watches_to_check
from pricewatch_pipeline.settings import load_settings

MOST_UNASKED = 100
"""Watches of a provider that are checked without asking."""
COLUMNS = ("watch_id", "outcome", "price", "availability", "error")
_FILINGS = "filing_checks"
"""The table in which checks of insider watches say what they read."""


def check(
    watches: Annotated[list[str] | None, typer.Argument(metavar="WATCH", help="Ids of watches.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="All watches that are not paused.")] = False,
    is_due: Annotated[bool, typer.Option("--due", help="Those that are due, as the scheduler would.")] = False,
    provider: Annotated[
        str | None, typer.Option(metavar="NAME", help="One provider's watches that are not paused.")
    ] = None,
    reschedule: Annotated[
        bool, typer.Option("--reschedule", help="The checks count for the schedule, as if they had been due now.")
    ] = False,
    days_back: Annotated[
        str | None,
        typer.Option(metavar="N", help="Insider watches: filings of so many days, or `all`, whatever the watch says."),
    ] = None,
    max_filings: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Insider watches: at most the newest so many of those.")
    ] = None,
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before more than 100 are checked.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Check watches now: look, store, log. Exit code 1 when any check failed or was cancelled.

    A watch that stands for many queries is checked as a batch; `pricewatch batch watch` shows it from elsewhere too. One
    that has many documents to read is checked again until none is left.
    """
    if sum(map(bool, (watches, is_all, is_due, provider))) != 1:
        raise typer.BadParameter("say what to check: ids of watches, or one of --all, --due and --provider NAME")
    if is_due and reschedule:
        raise typer.BadParameter("--reschedule: checks that are due move the schedule anyway; leave it out with --due")
    query = {"days_back": days_back, "max_filings": max_filings}
    query = {field: value for field, value in query.items() if value is not None}
    if is_due and query:
        raise typer.BadParameter(
            "--days-back and --max-filings: what is due asks for what its watch says; name watches"
        )
    with opened_pipeline(load_settings()) as pipeline:
        asked = None if is_due else _asked(pipeline, watches, provider)
        if asked == []:
            errors.print("There is no watch to check: add some with `pricewatch watch add`, or `pricewatch sync`.")
        if asked and provider and len(asked) > MOST_UNASKED and not is_sure:
            typer.confirm(f"Check {len(asked):,} watches of {provider} now?", abort=True, err=True)
        if asked:
            # A sentence now, and no run that fails.
            require_checkable(pipeline.database, asked)
            queries_asked(pipeline.database, providers(), asked, query)
        run, checks = (None, []) if asked == [] else _run(pipeline, asked, query, reschedule=reschedule)
    _report(run, checks, asked, as_json=as_json)


def _asked(pipeline: Pipeline, watches: list[str] | None, provider: str | None) -> list[str]:
    if watches:
        wanted = list(dict.fromkeys(watches))
        return list(pipeline.database.run(lambda connection: require_watches(connection, wanted)))
    return watches_to_check(pipeline, provider=provider)


def _run(
    pipeline: Pipeline, asked: Sequence[str] | None, query: Mapping[str, Any], *, reschedule: bool
) -> tuple[CommandRun, list[FinishedCheck]]:
    with dagster_instance(pipeline) as instance:
        mirror(pipeline, instance)
        with _progress(None if asked is None else len(asked), partial(pace_texts, pipeline)) as observer:
            try:
                if asked is None:
                    run = run_due(instance, observer, are_batches_due=partial(has_due_batches, pipeline.database))
                else:
                    run = run_checks(instance, asked, observer, moves_schedule=reschedule, query=query)
            except KeyboardInterrupt:
                half_done = [*map(half_done_text, observer.half_done()), *starmap(left_text, observer.left().items())]
                for text in half_done:
                    errors.print(text, soft_wrap=True, highlight=False, markup=False)
                raise
            return run, observer.checks


def half_done_text(batch: BatchProgress) -> str:
    """What becomes of a batch that was interrupted."""
    return (
        f"Batch {batch.batch_id} of {batch.watch_id} stays open at {counts_text(batch)}: the next run goes on with it, "
        f"that of the scheduler too; `pricewatch batch cancel {batch.watch_id}` ends it."
    )


def left_text(watch_id: str, remaining: int) -> str:
    """What becomes of documents that a check did not come to."""
    return f"{watch_id}: {counted(remaining, 'document')} left to read; its next check goes on"


def filings_text(watch_id: str, checks: Sequence[FinishedCheck]) -> str | None:
    """What the parts of an insider watch's check read, and what lies beyond its bounds; None: this is no such watch."""
    rows = [
        each.row for check in checks if check.watch_id == watch_id for each in check.details if each.table == _FILINGS
    ]
    if not rows:
        return None
    said = [f"{counted(sum(row.get('read') or 0 for row in rows), 'filing')} read"]
    said += [
        f"{count:,} {word}" for word in ("gone", "unreadable") if (count := sum(row.get(word) or 0 for row in rows))
    ]
    beyond = rows[-1].get("left_out") or 0
    left_out = f"; {counted(beyond, 'filing')} left out by `days_back` and `max_filings`" if beyond else ""
    hint = f": `pricewatch check {watch_id} --days-back all --max-filings N` takes more" if beyond else ""
    return f"{watch_id}: {', '.join(said)}{left_out}{hint}"


PaceTexts = Callable[[Collection[str]], Mapping[str, str]]
"""How often these hosts are asked, in words."""


class ProgressObserver:
    """Moves a progress bar on, says which host it waits for most, and keeps what was stored; a batch has a bar of its own,
    and outside a terminal a line every ten seconds. Called from several threads."""

    def __init__(
        self,
        progress: Progress,
        task: TaskID,
        pace_texts: PaceTexts,
        *,
        is_counted: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.checks: list[FinishedCheck] = []
        self._progress = progress
        self._task = task
        self._pace_texts = pace_texts
        self._paces: dict[str, str] = {}
        self._left: Counter[str] = Counter()
        self._lock = Lock()
        self._claimed = 0
        self._is_counted = is_counted
        self._monotonic = monotonic
        self._batches: dict[int, tuple[TaskID, Speedometer, Lines]] = {}
        self._open: dict[int, BatchProgress] = {}
        self._parts: dict[str, FinishedCheck] = {}
        self._read: Counter[str] = Counter()

    def half_done(self) -> list[BatchProgress]:
        """Batches that have begun and have not ended, as they were last seen."""
        return list(self._open.values())

    def left(self) -> dict[str, int]:
        """Documents that are left to read, by watch, as they were last seen."""
        return {watch_id: check.remaining for watch_id, check in self._parts.items()}

    def claimed(self, checks: Sequence[OpenCheck]) -> None:
        """What is due shows as it is claimed; what was asked for was counted before."""
        self._claimed += len(checks)
        if not self._is_counted:
            self._progress.update(self._task, total=self._claimed)
        hosts = Counter(check.watch.host for check in checks)
        paces = self._pace_texts(hosts)
        with self._lock:
            self._left.update(hosts)
            self._paces.update(paces)
            self._say_who_is_left()

    def looked(self, check: FinishedCheck) -> None:
        with self._lock:
            self._left[check.host] -= 1
            self._say_who_is_left()

    def stored(self, checks: Sequence[FinishedCheck]) -> None:
        self.checks.extend(checks)
        parts = [check for check in checks if check.remaining]
        with self._lock:
            for check in checks:
                self._parts.pop(check.watch_id, None)
            self._parts |= {check.watch_id: check for check in parts}
            for check in checks:
                self._read[check.watch_id] += documents_of(check)
            self._say_who_is_left()
        # What was asked for is done when nothing of it is left.
        self._progress.advance(self._task, len(checks) - len(parts) * self._is_counted)
        for check in parts if self._progress.disable else ():
            self._progress.console.print(self._part_text(check), soft_wrap=True, highlight=False, markup=False)

    def progressed(self, batch: BatchProgress) -> None:
        with self._lock:
            if batch.batch_id not in self._batches:
                task = self._progress.add_task("", total=batch.combinations)
                self._batches[batch.batch_id] = task, Speedometer(), Lines()
            task, speed, lines = self._batches[batch.batch_id]
            self._open[batch.batch_id] = batch
            now = self._monotonic()
            rate = speed.saw(batch.ended, now, of=batch.combinations)
            failed = f"{batch.failed:,} failed" if batch.failed else None
            said = ", ".join(filter(None, (failed, lowest_text(batch), pace_text(rate))))
            self._progress.update(
                task, completed=batch.ended, description=f"{batch.watch_id}: {said}".removesuffix(": ")
            )
            if not batch.is_open:
                self._progress.remove_task(task)
                del self._batches[batch.batch_id], self._open[batch.batch_id]
            elif self._progress.disable and lines.is_due(now):
                line = one_line(batch, rate)
                self._progress.console.print(line, soft_wrap=True, highlight=False, markup=False)

    def _say_who_is_left(self) -> None:
        said = filter(None, (waiting_text(self._left, self._paces), *map(self._part_text, self._parts.values())))
        self._progress.update(self._task, description="; ".join(said))

    def _part_text(self, check: FinishedCheck) -> str:
        """How far a watch is that has many documents: `aapl-insiders: 1,200 documents read, 812 left`."""
        read = counted(self._read[check.watch_id], "document")
        return f"{check.watch_id}: {read} read, {check.remaining:,} left"


def documents_of(check: FinishedCheck) -> int:
    """How many an insider watch's check is done with: read, gone or unreadable."""
    rows = [each.row for each in check.details if each.table == _FILINGS]
    return sum(row.get(name) or 0 for row in rows for name in ("read", "gone", "unreadable"))


def waiting_text(left: Mapping[str, int], paces: Mapping[str, str]) -> str:
    """Which host holds up the rest: `shop.de: 7 checks left, one request every 2 s`; nothing when none is left."""
    host, count = max(left.items(), key=lambda item: item[1], default=("", 0))
    return f"{host}: {counted(count, 'check')} left, {paces.get(host, '')}".removesuffix(", ") if count > 0 else ""


@contextmanager
def _progress(total: int | None, pace_texts: PaceTexts) -> Iterator[ProgressObserver]:
    with progress_on(errors) as progress:
        task = progress.add_task("", total=total)
        yield ProgressObserver(progress, task, pace_texts, is_counted=total is not None)


def progress_on(screen: Console) -> Progress:
    """Bars with their counts, which a narrow screen leaves whole: the text beside them is what wraps."""
    return Progress(
        TextColumn("checking"),
        BarColumn(bar_width=20, table_column=Column(no_wrap=True)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, overflow="fold")),
        console=screen,
        transient=True,
        expand=True,
        disable=not screen.is_terminal,
    )


def _report(
    run: CommandRun | None, checks: Sequence[FinishedCheck], asked: Sequence[str] | None, *, as_json: bool
) -> None:
    parts = checks
    checks = list({check.watch_id: check for check in checks}.values())  # of several parts, the last
    place = {watch_id: index for index, watch_id in enumerate(asked or ())}
    rows = [_row(check) for check in sorted(checks, key=lambda check: place.get(check.watch_id, 0))]
    priceless = sum(not check.outcome.is_success for check in checks)
    failed = any(check.outcome.is_failure or check.outcome is Outcome.CANCELLED for check in checks)
    if run and not run.is_success and not priceless:
        raise CheckFailed(f"the run {run.run_id} failed: {run.error or 'the UI shows its log'}")
    if as_json:
        print_json({"run_id": run.run_id if run else None, "checks": rows})
    elif run:
        if rows:
            columns = COLUMNS if priceless else COLUMNS[:-1]
            print_rows(map(with_money, rows), columns, as_json=False)
        said = f"{len(rows):,} checked, {priceless:,} without a price" if rows else "Nothing was due"
        console.print(f"{said}; run {run.run_id}", soft_wrap=True, highlight=False)
        for text in filter(None, (filings_text(check.watch_id, parts) for check in checks)):
            errors.print(text, soft_wrap=True, highlight=False, markup=False)
        for check in filter(attrgetter("remaining"), checks):
            errors.print(left_text(check.watch_id, check.remaining), soft_wrap=True, highlight=False, markup=False)
    if failed:
        raise typer.Exit(1)


def _row(check: FinishedCheck) -> dict[str, Any]:
    offer = check.offer
    return {
        "watch_id": check.watch_id,
        "outcome": check.outcome,
        "price": offer.price if offer else None,
        "currency": offer.currency if offer else None,
        "availability": offer.availability if offer else None,
        "error": check.error,
        "remaining": check.remaining,
        "slot_at": check.slot_at,
        "finished_at": check.finished_at,
        "http_status": check.http_status,
        "url": check.shown_url,
        "next_due_at": check.plan.next_due_at if check.plan and check.plan.next_due_at < NEVER else None,
    }
