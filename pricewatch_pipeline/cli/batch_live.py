"""A batch as it goes on: a bar in a terminal, a line now and then elsewhere, or JSON lines. Asks once a second."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from pricewatch_pipeline.cli.output import money, print_json_line
from pricewatch_pipeline.domain.batches import BatchProgress, BatchState
from pricewatch_pipeline.errors import DatabaseUnavailable
from pricewatch_pipeline.services.explain_waiting import roughly

LINE_EVERY = timedelta(seconds=10)
STILL_AFTER = timedelta(seconds=5)
"""When nothing ends for so long, people want to know why."""
_MEASURED_OVER = timedelta(seconds=60)
_TICK_S = 1.0


class Clock(Protocol):
    """Time that goes on."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How fast a batch goes, as seen by who looks at it."""

    per_s: float
    left: timedelta | None
    """None: nobody can say."""


class Speedometer:
    """Measures over the last minute of looking."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def saw(self, ended: int, at: float, *, of: int) -> Rate:
        """So many combinations have ended at this time."""
        if self._seen and ended < self._seen[-1][1]:  # another batch than before
            self._seen.clear()
        self._seen.append((at, ended))
        while at - self._seen[0][0] > _MEASURED_OVER.total_seconds():
            self._seen.popleft()
        since, before = self._seen[0]
        per_s = (ended - before) / (at - since) if at > since else 0.0
        return Rate(per_s=per_s, left=timedelta(seconds=(of - ended) / per_s) if per_s else None)


class Lines:
    """Says when the next line is due where there is no bar: the first at once, then one every ten seconds."""

    def __init__(self) -> None:
        self._said_at: float | None = None

    def is_due(self, at: float) -> bool:
        """Whether to print one at this time; if so, it counts as printed."""
        if self._said_at is not None and at - self._said_at < LINE_EVERY.total_seconds():
            return False
        self._said_at = at
        return True


class BatchBoard:
    """Follows a batch until it is over."""

    def __init__(
        self,
        console: Console,
        ask: Callable[[], BatchProgress],
        why_still: Callable[[], str | None],
        *,
        clock: Clock,
        as_json: bool = False,
    ) -> None:
        """
        Args:
            ask: how far it is now; asked once a second.
            why_still: why nothing goes on, where that is known; asked when nothing has ended for a while.
        """
        self._console = console
        self._ask = ask
        self._why_still = why_still
        self._clock = clock
        self._as_json = as_json
        self._speed = Speedometer()
        self._moved_at = clock.monotonic()
        self._lines = Lines()
        self._last: BatchProgress | None = None
        self._is_away = False
        self._why: str | None = None

    def follow(self) -> BatchProgress:
        """The batch when it is over."""
        with self._showing() as show:
            while True:
                found = self._asked()
                if found:
                    self._look_why(found)
                    rate = self._speed.saw(found.ended, self._clock.monotonic(), of=found.combinations)
                    show(found, rate)
                    self._last = found
                    if not found.is_open:
                        return found
                self._clock.sleep(_TICK_S)

    def _asked(self) -> BatchProgress | None:
        try:
            found = self._ask()
        except DatabaseUnavailable as error:
            if not self._is_away:  # once, not once a second
                said = f"[yellow]PostgreSQL does not answer; waiting for it:[/] {escape(str(error))}"
                self._console.print(said, soft_wrap=True, highlight=False)
            self._is_away = True
            return None
        self._is_away = False
        return found

    def _look_why(self, found: BatchProgress) -> None:
        now = self._clock.monotonic()
        if self._last is None or found.ended != self._last.ended:
            self._moved_at, self._why = now, None
        elif now - self._moved_at >= STILL_AFTER.total_seconds():
            self._moved_at, self._why = now, self._why_still()

    @contextmanager
    def _showing(self) -> Iterator[Callable[[BatchProgress, Rate], None]]:
        if self._as_json:
            yield self._print_json
        elif not self._console.is_terminal:
            yield self._print_line
        else:
            columns = (
                TextColumn("{task.fields[watch]}", markup=False),
                BarColumn(bar_width=30),
                TextColumn("{task.description}", markup=False),
            )
            with Progress(*columns, console=self._console, transient=True, auto_refresh=False) as progress:
                task = progress.add_task("", total=None, watch="")
                yield lambda found, rate: self._move(progress, task, found, rate)

    def _move(self, progress: Progress, task: TaskID, found: BatchProgress, rate: Rate) -> None:
        said = "\n".join(filter(None, (counts_text(found), pace_text(rate), lowest_text(found), self._why)))
        progress.update(
            task,
            total=found.combinations,
            completed=found.ended,
            description=said,
            watch=found.watch_id,
            refresh=True,
        )

    def _print_line(self, found: BatchProgress, rate: Rate) -> None:
        if not found.is_open or not self._lines.is_due(self._clock.monotonic()):
            return  # how it ended is for whoever asked to say
        line = one_line(found, rate) + (f"; {self._why}" if self._why else "")
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)

    def _print_json(self, found: BatchProgress, rate: Rate) -> None:
        if found != self._last:
            print_json_line(progress_record(found, rate))


def one_line(found: BatchProgress, rate: Rate | None = None) -> str:
    """`lhr-jfk: 240 of 600 combinations, 3 failed; lowest 321.00 GBP (LHR-JFK 2027-01-15); 1.0 a second, 6m left`."""
    return f"{found.watch_id}: {progress_text(found, rate)}"


def progress_text(found: BatchProgress, rate: Rate | None = None) -> str:
    """The same without the watch."""
    said = (counts_text(found), lowest_text(found), pace_text(rate) if rate else None)
    return "; ".join(filter(None, said))


def counts_text(found: BatchProgress) -> str:
    """How far it is."""
    failed = f", {found.failed:,} failed" if found.failed else ""
    ending = ", being cancelled" if found.is_open and found.cancel_asked_at else ""
    return f"{found.ended:,} of {found.combinations:,} combinations{failed}{ending}"


def lowest_text(found: BatchProgress) -> str | None:
    """The lowest fare so far."""
    if found.price is None:
        return None
    return f"lowest {money(found.price, found.currency)}" + (f" ({found.best_key})" if found.best_key else "")


def pace_text(rate: Rate) -> str | None:
    """How fast, and for how long yet."""
    if not rate.per_s or rate.left is None:
        return None
    often = f"{rate.per_s:.1f} a second" if rate.per_s >= 0.1 else f"{rate.per_s * 60:.1f} a minute"
    return f"{often}, about {roughly(rate.left)} left"


def end_text(found: BatchProgress) -> str:
    """How a batch ended, in a sentence."""
    counts, lowest = counts_text(found), lowest_text(found)
    took = f" in {roughly(found.finished_at - found.opened_at)}" if found.finished_at else ""
    match found.state:
        case BatchState.CANCELLED:
            head = f"was cancelled after {counts}"
        case BatchState.SUPERSEDED:
            head = f"was left after {counts}: the watch asks for something else now, or it lay too long; a new one takes its place"
        case _:
            head = f"ended{took}: {counts}"
    ending = lowest or (found.outcome.verdict.meaning.removesuffix(".") if found.outcome else None)
    return f"Batch {found.batch_id} of {found.watch_id} {head}" + (f"; {ending}" if ending else "") + "."


def progress_record(found: BatchProgress, rate: Rate | None = None) -> dict[str, Any]:
    """As JSON has it."""
    pace = {"per_s": round(rate.per_s, 3), "left_s": rate.left} if rate else {}
    return asdict(found) | pace
