"""Turns at hosts: one pace, one number of places and one breaker over all runs."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.errors import HostResting
from pricewatch_pipeline.services.pacing import Pacer
from pricewatch_pipeline.storage import hosts
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.hosts import Grant, Wanted

Rows = Callable[..., list[dict[str, Any]]]
HOST = "shop.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def known_host(rows: Rows) -> None:
    rows("INSERT INTO pricewatch.hosts (host, min_delay_s) VALUES (:host, 0)", host=HOST)


def pacer_on(database: Database, *, places: int = 8, **options: Any) -> Pacer:
    return Pacer(database, holder=uuid4(), places=places, **options)


def page(outcome: Outcome, **fields: Any) -> Page:
    url = f"https://{HOST}/lamp"
    return Page(request=PageRequest(url=url, fetcher="http"), outcome=outcome, final_url=url, **fields)


FINE = page(Outcome.OK, status=200, elapsed=timedelta(milliseconds=20))
BLOCK = page(Outcome.BLOCKED, status=403)


def host_row(rows: Rows) -> dict[str, Any]:
    (row,) = rows("""
        SELECT *, NULL AS rests_until, rests_until > now() AS is_resting, extract(epoch FROM breaker_until - now()) AS open_s
        FROM pricewatch.hosts WHERE host = 'shop.example'
    """)
    return row


async def ask(pacer: Pacer, answer: Page = FINE) -> None:
    async with pacer.turn(HOST):
        pass
    await pacer.note(HOST, answer)


async def open_breaker(pacer: Pacer) -> None:
    for _ in range(3):
        await ask(pacer, BLOCK)


def half_open(rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET breaker_until = now() - interval '1 second'")


def reserve(database: Database, slots: int, *, places: int = 1) -> Grant:
    wanted = {HOST: Wanted(slots=slots, places=places)}
    return database.run(lambda connection: hosts.reserve(connection, wanted, holder=uuid4(), lease=MINUTE))[HOST]


def test_slots_follow_each_other_at_the_pace_over_all_runs(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET min_delay_s = 10, concurrency = 9")
    first, second = reserve(database, 3), reserve(database, 2)
    assert (second.ends_at - first.ends_at, first.delay) == (timedelta(seconds=20), timedelta(seconds=10))
    assert first.wait <= timedelta(0)
    assert timedelta(seconds=25) < second.wait <= timedelta(seconds=30)


@pytest.mark.parametrize(
    "changes",
    [
        "min_delay_s = 10",
        "crawl_delay_s = 10",
        "adaptive_delay_s = 10, crawl_delay_s = 3",
        "crawl_delay_s = 10, min_delay_s = 4",
    ],
)
def test_the_slowest_of_store_robots_and_experience_is_the_pace(database: Database, rows: Rows, changes: str) -> None:
    rows(f"UPDATE pricewatch.hosts SET {changes}")
    assert reserve(database, 1).delay == timedelta(seconds=10)


def test_an_idle_host_has_saved_up_a_burst_and_no_more(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET min_delay_s = 10, burst = 3, next_slot_at = now() - interval '1 day'")
    grant = reserve(database, 5)
    due_at_once = [n for n in range(5) if grant.wait + n * grant.delay <= timedelta(0)]
    assert due_at_once == [0, 1, 2]
    assert grant.wait == timedelta(seconds=-20)


async def test_a_host_that_nobody_knew_is_added_with_the_usual_pace(database: Database, rows: Rows) -> None:
    pacer = pacer_on(database)
    await pacer.reserve_for(["new.example", HOST])
    async with pacer.turn("new.example"):
        pass
    await pacer.close()
    assert rows("SELECT min_delay_s FROM pricewatch.hosts WHERE host = 'new.example'") == [{"min_delay_s": 1.0}]


async def test_requests_in_flight_of_all_runs_together_stay_within_the_places(database: Database) -> None:
    first, second = pacer_on(database), pacer_on(database)
    async with AsyncExitStack() as in_flight:
        await in_flight.enter_async_context(first.turn(HOST))
        await in_flight.enter_async_context(second.turn(HOST))
        third = asyncio.create_task(ask(first))
        fourth = asyncio.create_task(ask(second))
        done, _ = await asyncio.wait([third, fourth], timeout=1.5)
        assert done == set()
    await asyncio.gather(third, fourth)
    await first.close()
    await second.close()


async def test_a_run_takes_no_more_places_than_it_can_use(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET concurrency = 10")
    pacer = pacer_on(database, places=4)
    await pacer.reserve_for([HOST] * 3)
    assert rows("SELECT places FROM pricewatch.host_places") == [{"places": 3}]
    await pacer.reserve_for([HOST] * 9)
    assert rows("SELECT places FROM pricewatch.host_places") == [{"places": 4}]
    await pacer.close()
    assert rows("SELECT * FROM pricewatch.host_places") == []


async def test_the_places_of_a_dead_run_end_with_their_lease(database: Database, rows: Rows) -> None:
    dead, living = pacer_on(database), pacer_on(database)
    await dead.reserve_for([HOST] * 2)
    waiting = asyncio.create_task(ask(living))
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    assert done == set()
    rows("UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'")
    await waiting
    await living.close()


async def test_settling_renews_the_places_in_use_and_gives_back_the_others(database: Database, rows: Rows) -> None:
    pacer = pacer_on(database)
    async with pacer.turn(HOST):
        rows("UPDATE pricewatch.host_places SET held_until = now() + interval '5 seconds'")
        await pacer.settle()
        renewed = rows("SELECT held_until > now() + interval '50 seconds' AS is_renewed FROM pricewatch.host_places")
    assert renewed == [{"is_renewed": True}]
    await pacer.settle()
    assert rows("SELECT 1 FROM pricewatch.host_places") == []
    await pacer.close()


async def test_a_refusal_rests_the_host_for_every_run(database: Database, rows: Rows) -> None:
    first, second = pacer_on(database), pacer_on(database)
    await ask(first, page(Outcome.RATE_LIMITED, status=429, retry_after=timedelta(minutes=7)))
    for pacer in (first, second):
        with pytest.raises(HostResting, match="as its Retry-After asks") as resting:
            await ask(pacer)
        assert resting.value.until
        assert timedelta(minutes=6) < resting.value.until - database.now() <= timedelta(minutes=7)
        await pacer.close()
    assert host_row(rows)["adaptive_delay_s"] == 1.0


async def test_whoever_waits_learns_what_another_run_found_out(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET min_delay_s = 600")
    waiter, other = pacer_on(database), pacer_on(database)
    await ask(other)
    waiting = [asyncio.create_task(ask(waiter)) for _ in range(3)]
    await other.note(HOST, page(Outcome.RATE_LIMITED, status=429))
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ends] == [HostResting] * 3
    assert waiter.waits[HOST] > timedelta(0)
    await waiter.close()
    await other.close()


async def test_a_pause_without_end_holds_everybody_until_it_is_ended(database: Database, rows: Rows) -> None:
    rows(
        "UPDATE pricewatch.hosts SET rests_until = 'infinity', rest_reason = 'operator', rest_note = 'they asked us to'"
    )
    for is_asked in (False, True):
        pacer = pacer_on(database, is_asked=is_asked)
        with pytest.raises(
            HostResting, match=r"until `pricewatch host resume shop.example`: paused .*: they asked us to"
        ):
            await ask(pacer)
        await pacer.close()
    pacer = pacer_on(database)
    await pacer.note(HOST, page(Outcome.RATE_LIMITED, status=429))
    await pacer.close()
    assert rows("SELECT rests_until = 'infinity' AS is_paused FROM pricewatch.hosts") == [{"is_paused": True}]


async def test_blocks_open_the_breaker_for_every_run(database: Database, rows: Rows) -> None:
    first, second = pacer_on(database), pacer_on(database)
    await open_breaker(first)
    for pacer in (first, second):
        with pytest.raises(HostResting, match="blocked 3 times in a row"):
            await ask(pacer)
        await pacer.close()
    assert 890 < host_row(rows)["open_s"] <= 900


async def test_a_half_open_host_is_asked_by_one_of_all_who_wait(database: Database, rows: Rows) -> None:
    first, second = pacer_on(database), pacer_on(database)
    await open_breaker(first)
    half_open(rows)
    asked = [asyncio.create_task(ask(pacer)) for pacer in (second, first) for _ in range(1)]
    ends = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["HostResting", "NoneType"]
    assert (host_row(rows)["breaker_until"], host_row(rows)["failures"], host_row(rows)["openings"]) == (None, 0, 0)
    third = pacer_on(database)
    await ask(third)
    for pacer in (first, second, third):
        await pacer.close()


async def test_a_run_with_several_watches_at_a_half_open_host_sends_one(database: Database, rows: Rows) -> None:
    pacer = pacer_on(database)
    await open_breaker(pacer)
    half_open(rows)
    second = pacer_on(database)
    await second.reserve_for([HOST] * 3)
    ends = await asyncio.gather(*(ask(second, BLOCK) for _ in range(3)), return_exceptions=True)
    assert [type(end).__name__ for end in ends] == ["NoneType", "HostResting", "HostResting"]
    assert 1790 < host_row(rows)["open_s"] <= 1800
    assert host_row(rows)["openings"] == 2


async def test_a_probe_that_was_never_sent_is_given_back(database: Database, rows: Rows) -> None:
    pacer, other = pacer_on(database), pacer_on(database)
    await open_breaker(pacer)
    half_open(rows)
    await other.reserve_for([HOST])
    assert host_row(rows)["open_s"] > 100
    await other.close()
    assert host_row(rows)["open_s"] <= 0


async def test_robots_txt_does_not_use_up_the_probe(database: Database, rows: Rows) -> None:
    await open_breaker(pacer_on(database))
    half_open(rows)
    probing = pacer_on(database)
    robots = PageRequest(url=f"https://{HOST}/robots.txt", fetcher="http")
    await ask(probing, Page(request=robots, outcome=Outcome.OK, final_url=robots.url, status=200))
    assert host_row(rows)["openings"] == 1
    await ask(probing, FINE)
    assert host_row(rows)["openings"] == 0
    await probing.close()


async def test_a_persons_request_is_the_probe_of_an_open_breaker(database: Database, rows: Rows) -> None:
    await open_breaker(pacer_on(database))
    person = pacer_on(database, is_asked=True)
    await ask(person, BLOCK)
    assert host_row(rows)["openings"] == 2
    with pytest.raises(HostResting, match="the probe failed"):
        await ask(person)
    await person.close()
    another = pacer_on(database, is_asked=True)
    await ask(another, FINE)
    await another.close()
    assert host_row(rows)["breaker_until"] is None


async def test_a_run_that_ends_gives_back_the_slots_that_it_did_not_use(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET min_delay_s = 600, concurrency = 9")
    pacer = pacer_on(database)
    await pacer.reserve_for([HOST] * 4)
    async with pacer.turn(HOST):
        pass
    reserved = rows("SELECT next_slot_at FROM pricewatch.hosts")[0]["next_slot_at"]
    rows("UPDATE pricewatch.hosts SET adaptive_delay_s = 900")  # since then
    await pacer.close()
    assert reserved - rows("SELECT next_slot_at FROM pricewatch.hosts")[0]["next_slot_at"] == timedelta(seconds=1800)


async def test_slots_behind_which_others_have_reserved_are_not_given_back(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET min_delay_s = 600, concurrency = 9")
    pacer = pacer_on(database)
    await pacer.reserve_for([HOST] * 4)
    ends_at = reserve(database, 1).ends_at
    await pacer.close()
    assert rows("SELECT next_slot_at FROM pricewatch.hosts") == [{"next_slot_at": ends_at}]


async def test_a_check_that_holds_a_place_gets_the_next_turn_before_all_that_wait_for_their_first(
    database: Database, rows: Rows
) -> None:
    rows("UPDATE pricewatch.hosts SET min_delay_s = 0.1, concurrency = 9")
    pacer = pacer_on(database)
    order: list[str] = []

    async def asked(name: str, *, overtakes: bool = False) -> None:
        async with pacer.turn(HOST, overtakes=overtakes):
            order.append(name)

    waiting = [asyncio.create_task(asked(f"{n}")) for n in range(5)]
    await waiting[0]
    await asyncio.gather(*waiting, *(asyncio.create_task(asked(f"over {n}", overtakes=True)) for n in range(2)))
    await pacer.close()
    assert order == ["0", "over 0", "over 1", "1", "2", "3", "4"]


async def test_who_waits_for_something_else_than_a_turn_keeps_nobody_from_theirs(database: Database) -> None:
    pacer = pacer_on(database)
    has_come, goes_on = asyncio.Event(), asyncio.Event()

    async def take_long() -> None:
        has_come.set()
        await goes_on.wait()

    async def slow() -> None:
        async with pacer.turn(HOST, ready=take_long, overtakes=True):
            pass

    waiting = asyncio.create_task(slow())
    await has_come.wait()
    async with asyncio.timeout(15):
        await ask(pacer)
    goes_on.set()
    await waiting
    await pacer.close()


async def test_a_request_that_is_not_ready_in_time_gets_another_slot(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.hosts SET min_delay_s = 0.2, concurrency = 9")
    pacer = pacer_on(database)
    clock = asyncio.get_running_loop().time
    left_at = 0.0

    async def take_long() -> None:
        nonlocal left_at
        await asyncio.to_thread(lambda: [reserve(database, 1) for _ in range(5)])
        await asyncio.sleep(0.3)  # other things than the turn take their time
        left_at = clock()

    async with pacer.turn(HOST, ready=take_long):
        # Five slots of others lie between the missed one and this.
        assert clock() - left_at > 0.5
    await pacer.close()
