"""Places within one run: however many checks need a second turn at a crowded host, none waits for another for ever."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.domain.watches import Politeness, Store
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.loopback import Received, Reply, redirect, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]
PLACES = 3


def outcomes(rows: Rows) -> list[tuple[str, int]]:
    found = rows("SELECT outcome, count(*) AS n FROM pricewatch.checks GROUP BY outcome ORDER BY outcome")
    return [(row["outcome"], row["n"]) for row in found]


def test_pages_that_caches_keep_too_long_are_fetched_anew_though_others_queue_at_the_host(
    database: Database, rows: Rows
) -> None:
    def cached(_: Received) -> Reply:
        fresh = product()
        return replace(fresh, headers=[*fresh.headers, ("age", "999999")])

    with serve(cached) as shop:
        store_watches(database, watches_on(shop.base_url, 4 * PLACES, schedule=EVERY_HOUR))
        check_due(engine_on(database, concurrency=PLACES))
    assert len(shop.requests) == 8 * PLACES
    assert outcomes(rows) == [("ok", 4 * PLACES)]


def test_pages_that_lead_to_another_site_wait_for_its_robots_txt_though_they_hold_all_places(
    database: Database, rows: Rows
) -> None:
    with serve(lambda _: product(), host="127.0.0.2") as new, serve(lambda r: redirect(new.url(r.path))) as old:
        slow = Store(
            store_id="new", domains=(f"127.0.0.2:{new.port}",), politeness=Politeness(min_delay=timedelta(seconds=0.1))
        )
        database.run(lambda connection: definitions.upsert_stores(connection, [(slow, Sourced())]))
        store_watches(database, watches_on(old.base_url, 2 * PLACES, prefix="old"))
        store_watches(database, watches_on(new.base_url, 2, prefix="new"), min_delay_s=0.1, knows_robots=False)
        rows("UPDATE pricewatch.hosts SET next_slot_at = now() + interval '1 s' WHERE host LIKE '127.0.0.2%'")
        check_due(engine_on(database, concurrency=PLACES))
    assert outcomes(rows) == [("ok", 2 * PLACES + 2)]
