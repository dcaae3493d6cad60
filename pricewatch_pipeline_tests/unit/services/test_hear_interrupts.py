"""An event loop hears the signals that end a run, also under handlers that raise what uvloop would forget."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from typing import cast

import pytest
import uvloop

from pricewatch_pipeline.services.checking_run import CheckingRun, run_to_end
from pricewatch_pipeline.services.hear_interrupts import interruptible


class Interrupted(BaseException):
    """As Dagster's."""


@pytest.fixture(autouse=True)
def _dagster_handles_signals() -> Iterator[None]:
    def handler(*_: object) -> None:
        raise Interrupted

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, known in before.items():
        signal.signal(number, known)


async def _interrupted_in_the_middle(number: int, seen: list[str]) -> None:
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
    try:
        await asyncio.sleep(2)
        seen.append("went on")
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_work_and_then_reaches_the_handler_of_before(
    number: int, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    seen: list[str] = []
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(Interrupted), interruptible(), asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_interrupted_in_the_middle(number, seen))
    assert seen == ["cancelled"]
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_run_of_checks_can_be_interrupted() -> None:
    seen: list[str] = []

    class Run:
        async def run(self) -> None:
            await _interrupted_in_the_middle(signal.SIGINT, seen)

    with pytest.raises(Interrupted):
        run_to_end(cast("CheckingRun", Run()))
    assert seen == ["cancelled"]


def test_signals_that_are_ignored_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
