"""Many watches, few hosts: who is looked at first, and when a run is worth firing."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.services.check_watches import SilentObserver, check_due
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import serve
from pricewatch_pipeline_tests.support.shop import engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]


def test_what_a_crowded_host_has_room_for_does_not_keep_the_others_waiting(database: Database, rows: Rows) -> None:
    stored: list[str] = []

    class Listener(SilentObserver):
        def stored(self, checks: Sequence[FinishedCheck]) -> None:
            stored.extend(check.watch_id for check in checks)

    with serve({"/0": product()}) as busy, serve({"/0": product()}) as quiet:
        crowd = watches_on(busy.base_url, 1100, priority=5)  # more than one claim looks at
        store_watches(database, [*crowd, *watches_on(quiet.base_url, 1, prefix="quiet")], min_delay_s=1)
        # A run before has reserved the next seconds.
        rows("UPDATE pricewatch.hosts SET next_slot_at = now() + interval '2500 ms' WHERE host = :h", h=crowd[0].host)
        check_due(engine_on(database, batch_size=2, budget=timedelta(seconds=3)), observer=Listener())
    assert stored[0] == "quiet0"
