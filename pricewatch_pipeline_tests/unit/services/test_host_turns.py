"""The gate at a host: who of those who wait is let through."""

import asyncio
from contextlib import AsyncExitStack

from pricewatch_pipeline.services.host_turns import LAST, Gate

ARRIVALS = {"late": LAST, "third": 3, "first": 1, "later": LAST, "second": 1}


async def waiting_at(gate: Gate, order: list[str]) -> dict[str, asyncio.Task[None]]:
    async def pass_as(name: str, rank: float) -> None:
        async with gate.passed(rank):
            order.append(name)

    tasks = {name: asyncio.create_task(pass_as(name, rank)) for name, rank in ARRIVALS.items()}
    await asyncio.sleep(0)  # they come to the gate
    return tasks


async def test_the_lowest_rank_of_those_who_wait_is_let_through_and_of_these_who_came_first() -> None:
    gate, order = Gate(), list[str]()
    async with gate.passed():
        tasks = await waiting_at(gate, order)
        assert order == []
    await asyncio.gather(*tasks.values())
    assert order == ["first", "second", "third", "late", "later"]


async def test_who_goes_away_keeps_nobody_waiting_even_when_called_already() -> None:
    gate, order = Gate(), list[str]()
    async with AsyncExitStack() as held:
        await held.enter_async_context(gate.passed())
        tasks = await waiting_at(gate, order)
        tasks["third"].cancel()
        await asyncio.sleep(0)
        await held.aclose()
        tasks["first"].cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert order == ["second", "late", "later"]
    async with gate.passed():
        """Nobody holds it any more."""
