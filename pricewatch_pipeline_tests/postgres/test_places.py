"""Places within one run: however many checks need a second turn at a crowded host, none waits for another for ever."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from pricewatch_pipeline.domain.checks import CheckKind, OpenCheck
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.watches import Politeness, Store
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.fetch_politely import Guest, PoliteFetch
from pricewatch_pipeline.services.obey_robots import RobotsGate
from pricewatch_pipeline.services.pacing import Pacer
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.loopback import Received, Reply, redirect, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch, watches_on

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


async def test_fetches_that_a_provider_left_behind_keep_no_places(database: Database, rows: Rows) -> None:
    rows("""
        INSERT INTO pricewatch.hosts (host, min_delay_s, rests_until, rest_reason)
        VALUES ('resting.example', 0, 'infinity', 'operator'), ('shop.example', 0, NULL, NULL)
    """)

    async def fetch(request: PageRequest) -> Page:
        return Page(request=request, outcome=Outcome.OK, final_url=request.url, status=200, body=b"<p>")

    now = datetime.now(UTC)
    guest = Guest(
        fetch=fetch,
        pacer=Pacer(database, holder=uuid4(), places=4),
        robots=RobotsGate(None, user_agent="tests", now=lambda: now),
        **{name: asyncio.Semaphore(1) for name in ("places", "robots_places", "browser_places", "readers")},
    )
    check = OpenCheck(
        watch=watch("lamp", "http://shop.example/p"),
        store=Store(store_id="shop", domains=("shop.example",), politeness=Politeness(obeys_robots=False)),
        kind=CheckKind.SCHEDULED,
        slot_at=now,
        attempt=1,
    )
    polite = PoliteFetch(guest, check, read_with="", now=now)
    urls = ("http://resting.example/p", "http://shop.example/p")
    pages = [asyncio.create_task(polite(PageRequest(url=url))) for url in urls]

    async def provide() -> None:
        async with polite.in_hand(), polite.limited(timedelta(seconds=30)):
            await asyncio.gather(*pages)

    with pytest.raises(HostResting):
        await provide()
    await asyncio.wait(pages)
    assert not guest.places.locked()
    assert not guest.readers.locked()
    await guest.pacer.close()


def test_a_run_does_not_wait_for_turns_that_come_when_it_should_be_over(database: Database, rows: Rows) -> None:
    def patient(request: Received) -> Reply:
        return Reply(body=b"User-agent: *\nCrawl-delay: 3600\n") if request.path == "/robots.txt" else product()

    with serve(patient) as shop:
        store_watches(database, watches_on(shop.base_url, 20, schedule=EVERY_HOUR), min_delay_s=0.5, knows_robots=False)
        report = check_due(engine_on(database))
    assert report.checks + report.deferred == 20
    assert report.deferred > 0
    state = rows("SELECT count(claim_token) AS held, sum(consecutive_failures) AS failures FROM pricewatch.watches")
    assert state == [{"held": 0, "failures": 0}]
    (host,) = rows("SELECT next_slot_at < now() + interval '70 minutes' AS is_given_back FROM pricewatch.hosts")
    assert host["is_given_back"]
