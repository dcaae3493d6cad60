import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from pricewatch_pipeline.cli.check import (
    ProgressObserver,
    filings_text,
    half_done_text,
    left_text,
    progress_on,
    waiting_text,
)
from pricewatch_pipeline.domain.batches import BatchState
from pricewatch_pipeline.domain.checks import CheckKind, FinishedCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.providers import Detail
from pricewatch_pipeline_tests.unit.cli.test_batch_live import OPEN


@pytest.mark.parametrize(
    ("left", "says"),
    [
        ({}, ""),
        ({"shop.de": 0}, ""),
        ({"shop.de": 7, "other.de": 2}, "shop.de: 7 checks left, one request every 2 s"),
        ({"shop.de": 1, "other.de": 2}, "other.de: 2 checks left"),
    ],
)
def test_progress_says_which_host_holds_up_the_rest(left: dict[str, int], says: str) -> None:
    assert waiting_text(left, {"shop.de": "one request every 2 s"}) == says


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_screen_wraps_what_is_said_and_not_how_far_it_is(width: int) -> None:
    screen = Console(width=width, force_terminal=True, color_system=None, file=io.StringIO())
    progress = progress_on(screen)
    progress.add_task("127.0.0.1:8809: 1 left, one request every 0.2 s", total=1)
    said = "any-week: lowest 346 GBP (MAN-JFK 2027-03-04 2027-03-12), 5.0 a second, about 44s left"
    progress.add_task(said, total=360, completed=98)
    with screen.capture() as captured:
        screen.print(progress.get_renderable())
    shown = captured.get()
    assert [text for text in ("0/1", " 98/360", "left") if text not in shown] == []
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown


@pytest.mark.parametrize(
    ("is_terminal", "lines"),
    [(False, ["lhr-jfk: 0 of 600", "lhr-jfk: 10 of 600", "lhr-jfk: 20 of 600"]), (True, [])],
)
def test_without_a_terminal_a_batch_says_every_ten_seconds_how_far_it_is(is_terminal: bool, lines: list[str]) -> None:
    output = io.StringIO()
    progress = progress_on(Console(file=output, width=60, force_terminal=is_terminal))
    seconds = iter(range(100))
    observer = ProgressObserver(
        progress, progress.add_task(""), lambda _: {}, is_counted=True, monotonic=lambda: next(seconds)
    )
    for done in range(25):
        observer.progressed(replace(OPEN, done=done))
    observer.progressed(replace(OPEN, done=600, state=BatchState.DONE))
    assert [line.partition(" combinations")[0] for line in output.getvalue().splitlines()] == lines


def test_who_interrupts_a_batch_is_told_that_it_goes_on() -> None:
    progress = progress_on(Console(file=io.StringIO()))
    observer = ProgressObserver(progress, progress.add_task(""), lambda _: {}, is_counted=True)
    observer.progressed(replace(OPEN, done=10))
    (batch,) = observer.half_done()
    said = half_done_text(batch)
    assert said.startswith("Batch 7 of lhr-jfk stays open at 10 of 600 combinations: the next run goes on with it")
    assert "`pricewatch batch cancel lhr-jfk` ends it" in said
    observer.progressed(replace(OPEN, done=600, state=BatchState.DONE))
    assert observer.half_done() == []


def part(remaining: int) -> FinishedCheck:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return FinishedCheck(
        watch_id="aapl", slot_at=at, attempt=1, kind=CheckKind.MANUAL, outcome=Outcome.OK, started_at=at, finished_at=at,
        host="sec.gov", page_count=401, remaining=remaining,
    )  # fmt: skip


@pytest.mark.parametrize(("is_terminal", "lines"), [(False, 2), (True, 0)])
def test_a_check_in_parts_says_how_far_it_is_and_is_done_when_nothing_is_left(is_terminal: bool, lines: int) -> None:
    output = io.StringIO()
    progress = progress_on(Console(file=output, width=60, force_terminal=is_terminal))
    observer = ProgressObserver(progress, progress.add_task("", total=1), lambda _: {}, is_counted=True)
    observer.stored([with_filings(1200, read=399, gone=1)])
    observer.stored([with_filings(800, read=400)])
    assert output.getvalue().splitlines()[-1:] == ["aapl: 800 documents read, 800 left"] * bool(lines)
    assert len(output.getvalue().splitlines()) == lines
    assert progress.tasks[0].description == "aapl: 800 documents read, 800 left"
    assert (progress.tasks[0].completed, observer.left()) == (0, {"aapl": 800})
    assert left_text("aapl", 800) == "aapl: 800 documents left to read; its next check goes on"
    observer.stored([part(0)])
    assert (progress.tasks[0].completed, observer.left(), progress.tasks[0].description) == (1, {}, "")


def with_filings(remaining: int, **row: int) -> FinishedCheck:
    return replace(part(remaining), details=(Detail(table="filing_checks", row=row),))


WIDER = "`pricewatch check aapl --days-back all --max-filings N` takes more"


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ([part(0)], None),
        ([with_filings(0, read=0, left_out=0)], "aapl: 0 filings read"),
        ([with_filings(3, read=400, gone=1), with_filings(0, read=3, gone=1)], "aapl: 403 filings read, 2 gone"),
        (
            [with_filings(0, read=5, left_out=1200)],
            "aapl: 5 filings read; 1,200 filings left out by `days_back` and `max_filings`: " + WIDER,
        ),
    ],
)
def test_a_check_of_an_insider_watch_says_what_was_read_and_what_was_left_out(
    checks: list[FinishedCheck], says: str | None
) -> None:
    assert filings_text("aapl", [*checks, replace(part(0), watch_id="other")]) == says
