"""What both kinds of runs share: which checks are in hand."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from pricewatch_pipeline.domain.checks import CheckKind, OpenCheck
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.services.checking_run import CheckingRun, Deferred, SilentObserver
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import engine_on, watch

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


class Run(CheckingRun):
    """While it gives watches back, a renewal of the lease finds that the database does not know them as ours any more."""

    async def defer(self, deferred: Sequence[Deferred]) -> None:
        self.drop(set(self.in_hand))
        for each in deferred:
            self.let_go(each.check.watch.watch_id)


def deferred(watch_id: str) -> Deferred:
    check = OpenCheck(
        watch=watch(watch_id, "http://shop.example/p"),
        store=None,
        kind=CheckKind.SCHEDULED,
        slot_at=datetime(2026, 3, 1, tzinfo=UTC),
        attempt=1,
    )
    return Deferred(check=check, resting=HostResting("shop.example", until=None, reason="tests"))


async def test_a_watch_that_is_being_given_back_is_not_lost_and_one_that_others_hold_is() -> None:
    run = Run(engine_on(Database(NOWHERE)), None, SilentObserver())
    run.in_hand = {name: asyncio.create_task(asyncio.sleep(0)) for name in ("given-back", "lost")}
    run._done.put_nowait(deferred("given-back"))
    await run.store_next()
    assert run.in_hand == {}
    assert run.report.lost == 1
    assert run.leaving == set()
