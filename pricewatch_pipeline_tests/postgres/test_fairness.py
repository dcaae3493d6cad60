"""Many watches, few hosts: who is looked at first, and when a run is worth firing."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.services.check_watches import SilentObserver, check_due
from pricewatch_pipeline.services.follow_checks import following_checks
from pricewatch_pipeline.storage import claims
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


def test_no_run_is_fired_for_a_host_that_has_no_room_in_it(database: Database, rows: Rows) -> None:
    store_watches(
        database, [*watches_on("https://busy.example", 5), *watches_on("https://free.example", 2, prefix="f")]
    )
    rows("UPDATE pricewatch.hosts SET next_slot_at = now() + interval '5 minutes' WHERE host = 'busy.example'")
    minute = timedelta(minutes=1)
    assert database.run(lambda connection: claims.count_due(connection, at_most=10, budget=minute))[0] == 2
    assert database.run(lambda connection: claims.count_due(connection, at_most=10, budget=6 * minute))[0] == 7


def test_the_newest_checks_are_shown_whatever_their_age(database: Database, rows: Rows) -> None:
    with serve({"/0": product(), "/1": product()}) as server:
        store_watches(database, watches_on(server.base_url, 2))
        check_due(engine_on(database))
    rows("UPDATE pricewatch.checks SET finished_at = now() - interval '3 hours' WHERE watch_id = 'w0'")
    with following_checks(database.engine.url.render_as_string(hide_password=False)) as newest:
        assert [check["watch_id"] for check in newest()] == ["w1", "w0"]
