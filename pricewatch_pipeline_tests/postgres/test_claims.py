"""The queue: who gets what, and what happens to a lease that ends."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from pricewatch_pipeline.domain.checks import Claim
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.storage import claims
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline_tests.support.loopback import Received, Reply, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch, watches_on

Rows = Callable[..., list[dict[str, Any]]]


MINUTE = timedelta(minutes=1)


def take(connection: Connection, limit: int = 100, *, budget_s: float = 60) -> Claim:
    return claims.claim(
        connection,
        token=uuid4(),
        limit=limit,
        lease=timedelta(seconds=30),
        budget=timedelta(seconds=budget_s),
        claimed_by="test",
    )


def ids(claim: Claim) -> list[str]:
    return sorted(check.watch.watch_id for check in claim.checks)


def test_two_claims_at_the_same_time_never_share_a_watch(database: Database) -> None:
    store_watches(database, watches_on("https://shop.example", 10))
    with database.transaction() as first, database.transaction() as second:
        left, right = ids(take(first, 6)), ids(take(second, 6))
    assert len(left) == 6
    assert not set(left) & set(right)


def test_what_is_claimed_is_not_due_until_the_lease_ends(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 3))
    assert len(database.run(take).checks) == 3
    assert database.run(take).checks == ()
    assert database.run(lambda connection: claims.count_due(connection, at_most=10, budget=MINUTE)) == (0, None)
    rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second'")
    again = database.run(take)
    assert ids(again) == ["w0", "w1", "w2"]
    assert {check.attempt for check in again.checks} == {2}
    assert all(check.was_abandoned for check in again.checks)


def test_an_attempt_that_died_is_a_row_of_the_ledger_and_a_failure(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 1))
    database.run(take)
    rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '9 hours'")
    (lease,) = rows("SELECT claimed_until FROM pricewatch.watches")
    database.run(take)
    ledger = rows("SELECT watch_id, attempt, outcome, started_at, finished_at FROM pricewatch.checks")
    lost_at = lease["claimed_until"]
    heard_of_at = lost_at - timedelta(seconds=30)  # when the lease began
    assert ledger == [
        {"watch_id": "w0", "attempt": 1, "outcome": "abandoned", "started_at": heard_of_at, "finished_at": lost_at}
    ]
    assert rows("SELECT consecutive_failures FROM pricewatch.watches") == [{"consecutive_failures": 1}]


def test_a_claim_that_was_never_renewed_or_dated_is_taken_over(database: Database, rows: Rows) -> None:
    # Rows that never sent a first heartbeat must not fall through a comparison with NULL (apache/airflow#66773).
    store_watches(database, watches_on("https://shop.example", 1))
    rows("UPDATE pricewatch.watches SET claim_token = gen_random_uuid(), claimed_until = NULL, attempt = 1")
    assert ids(database.run(take)) == ["w0"]


@pytest.mark.parametrize(
    "change",
    [
        "paused_at = now()",
        "is_paused = true",
        "archived_at = now()",
        "schedule_error = 'no such zone'",
        "next_due_at = now() + interval '1 minute'",
    ],
)
def test_what_is_not_to_be_checked_is_not_claimed(database: Database, rows: Rows, change: str) -> None:
    store_watches(database, watches_on("https://shop.example", 2))
    rows(f"UPDATE pricewatch.watches SET {change} WHERE watch_id = 'w0'")
    assert database.run(lambda connection: claims.count_due(connection, at_most=10, budget=MINUTE))[0] == 1
    assert ids(database.run(take)) == ["w1"]


def test_a_crowded_host_does_not_keep_the_others_waiting(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://crowded.example", 50, prefix="crowd"))
    store_watches(database, watches_on("https://quiet.example", 5, prefix="quiet"))
    rows("UPDATE pricewatch.watches SET next_due_at = next_due_at - interval '1 hour' WHERE host = 'crowded.example'")
    claim = database.run(lambda connection: take(connection, 10))
    assert len([name for name in ids(claim) if name.startswith("quiet")]) == 5


def test_nor_does_a_crowd_so_large_that_nobody_else_is_among_those_that_wait_longest(
    database: Database, rows: Rows
) -> None:
    store_watches(database, watches_on("https://quiet.example", 5, prefix="quiet"))
    rows("INSERT INTO pricewatch.hosts (host) VALUES ('crowded.example')")
    rows("""
        INSERT INTO pricewatch.watches (watch_id, provider, query, host, every_s, next_due_at)
        SELECT 'crowd-' || n, 'retail', '{}', 'crowded.example', 21600, now() - interval '1 hour' FROM generate_series(1, 1100) n
    """)
    claim = database.run(lambda connection: take(connection, 10))
    assert len([name for name in ids(claim) if name.startswith("quiet")]) == 5


def test_a_host_gives_no_more_than_its_pace_lets_a_run_fetch(database: Database) -> None:
    store_watches(database, watches_on("https://slow.example", 20), min_delay_s=10)
    assert len(database.run(lambda connection: take(connection, budget_s=60)).checks) == 6


def test_a_host_that_is_reserved_for_longer_than_the_run_gives_nothing(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://busy.example", 5))
    rows("UPDATE pricewatch.hosts SET next_slot_at = now() + interval '5 minutes'")
    assert database.run(take).checks == ()


def test_higher_priority_goes_first(database: Database) -> None:
    low = watch("low", "https://shop.example/low", priority=-5, schedule=EVERY_HOUR)
    high = watch("high", "https://other.example/high", priority=5, schedule=EVERY_HOUR)
    store_watches(database, [low, *watches_on("https://shop.example", 3), high])
    assert ids(database.run(lambda connection: take(connection, 1))) == ["high"]


def test_news_go_before_others_of_their_priority_for_as_long_as_the_watch_says(database: Database, rows: Rows) -> None:
    spans = {"w0": None, "w1": MINUTE, "w2": timedelta(days=30)}
    store_watches(
        database,
        [
            replace(each, schedule=replace(EVERY_HOUR, news_first=spans[each.watch_id]))
            for each in watches_on("https://shop.example", 3)
        ],
    )
    rows("UPDATE pricewatch.watches SET news_at = now() - interval '1 day'")
    rows("UPDATE pricewatch.watches SET next_due_at = next_due_at - interval '1 hour' WHERE watch_id <> 'w2'")
    assert ids(database.run(lambda connection: take(connection, 1))) == ["w2"]


def in_order(database: Database, rows: Rows, base_url: str) -> list[str]:
    """Watches on this site and on others, in no order of their names, as they are to be asked: the site's alone."""
    number = {f"w{n}": n * 7 % 25 for n in range(25)}
    low = watch("low", f"{base_url}/low", priority=-5, schedule=EVERY_HOUR)
    store_watches(database, [low, *watches_on("https://shop.example", 5, prefix="o"), *watches_on(base_url, 25)])
    rows("UPDATE pricewatch.watches SET news_first_s = 3600, news_at = now() WHERE watch_id IN ('w24', 'low')")
    for watch_id, rank in number.items():
        rows(
            "UPDATE pricewatch.watches SET next_due_at = now() - make_interval(mins => :due) WHERE watch_id = :watch_id",
            watch_id=watch_id,
            due=60 - rank,
        )
    rows("ANALYZE pricewatch.watches")  # as the server does: then it joins in the order of the table
    return ["w24", *sorted(set(number) - {"w24"}, key=number.__getitem__), "low"]


def test_what_is_claimed_comes_in_the_order_in_which_each_host_is_to_be_asked(database: Database, rows: Rows) -> None:
    expected = in_order(database, rows, "https://crowded.example")
    claimed = [check.watch.watch_id for check in database.run(take).checks]
    assert [watch_id for watch_id in claimed if not watch_id.startswith("o")] == expected


def test_a_run_asks_a_host_in_that_order(database: Database, rows: Rows) -> None:
    with serve(lambda _: product()) as site:
        expected = in_order(database, rows, site.base_url)
        rows("UPDATE pricewatch.watches SET is_paused = true WHERE host = 'shop.example'")
        check_due(engine_on(database, concurrency=1))
        asked = [request.path.removeprefix("/") for request in site.requests]
    assert asked == [watch_id.removeprefix("w") for watch_id in expected]


class SlowProvider:
    """Has the more to do before it asks for the page, the earlier the watch."""

    name: ClassVar[str] = "retail"
    query_model: ClassVar[type[BaseModel]] = RetailQuery

    def __init__(self) -> None:
        self.all_have_asked = Event()

    def host_of(self, query: BaseModel) -> str:
        return "shop.example"

    def url_of(self, query: BaseModel) -> str | None:
        return None

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        number = int(watch.watch_id.removeprefix("w"))
        for _ in range(20 - number):
            await asyncio.sleep(0)
        asking = asyncio.ensure_future(fetch(PageRequest(url=watch.url or "")))
        await asyncio.sleep(0)
        if number == 0:
            self.all_have_asked.set()
        await asking
        return Reading(outcome=Outcome.NO_OFFERS)


def test_a_run_asks_in_the_order_of_its_claim_though_its_checks_come_to_their_pages_in_another(
    database: Database, rows: Rows
) -> None:
    provider = SlowProvider()

    def reply(_: Received) -> Reply:
        assert provider.all_have_asked.wait(15)
        return product()

    with serve(reply) as site:
        store_watches(database, watches_on(site.base_url, 10))
        rows("UPDATE pricewatch.hosts SET concurrency = 1")
        rows("UPDATE pricewatch.watches SET next_due_at = now() - (20 - right(watch_id, 1)::int) * interval '1 minute'")
        check_due(engine_on(database, providers={"retail": provider}))
        asked = [request.path.removeprefix("/") for request in site.requests]
    # The last one was asked for, and the one before was next, when the others came.
    assert asked == ["9", "8", "0", "1", "2", "3", "4", "5", "6", "7"]


def test_a_watch_that_somebody_had_checked_too_recently_is_put_off_and_not_asked(
    database: Database, rows: Rows
) -> None:
    apart = replace(EVERY_HOUR, at_least_apart=timedelta(hours=4))
    with serve(lambda _: product()) as site:
        store_watches(database, watches_on(site.base_url, 1, schedule=apart))
        rows("UPDATE pricewatch.watches SET last_checked_at = now() - interval '1 hour', last_outcome = 'no_offers'")
        report = check_due(engine_on(database))
        assert (report.claimed, report.deferred, site.requests) == (1, 1, [])
    (left,) = rows("SELECT next_due_at - now() > interval '2 hours' AS is_later, attempt FROM pricewatch.watches")
    assert left == {"is_later": True, "attempt": 0}


def test_renewing_keeps_the_lease_and_names_what_is_still_held(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 3))
    claim = database.run(take)
    rows("UPDATE pricewatch.watches SET claimed_until = now() - interval '1 second' WHERE watch_id = 'w1'")
    database.run(take)  # another worker takes w1 over
    held = database.run(lambda connection: claims.renew(connection, claim.token, lease=timedelta(seconds=90)))
    assert held == {"w0", "w2"}
    far = rows("SELECT watch_id FROM pricewatch.watches WHERE claimed_until > now() + interval '60 seconds' ORDER BY 1")
    assert [row["watch_id"] for row in far] == ["w0", "w2"]


def test_what_is_given_back_unchecked_is_due_as_before(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 1))
    before = rows("SELECT slot_at, next_due_at, attempt FROM pricewatch.watches")
    claim = database.run(take)
    database.run(lambda connection: claims.release_all(connection, claim.token))
    assert rows("SELECT slot_at, next_due_at, attempt FROM pricewatch.watches") == before
    assert ids(database.run(take)) == ["w0"]


def test_a_claim_whose_answer_was_lost_is_given_back_at_the_end_of_the_run(
    database: Database, database_url: str, rows: Rows
) -> None:
    class Forgetful(Database):
        """The first claim is committed, its answer is lost, and it is made again."""

        has_forgotten = False

        def run(self, work: Callable[[Connection], Any], **options: Any) -> Any:
            answer = super().run(work, **options)
            if isinstance(answer, Claim) and not self.has_forgotten:
                self.has_forgotten = True
                return super().run(work, **options)
            return answer

    with serve(lambda _: product()) as server:
        store_watches(database, watches_on(server.base_url, 4, schedule=EVERY_HOUR))
        forgetful = Forgetful(database_url)
        report = check_due(engine_on(forgetful, batch_size=2))
        forgetful.close()
        assert report.checks == 2
        assert rows("SELECT FROM pricewatch.watches WHERE claim_token IS NOT NULL OR attempt > 0") == []
        assert check_due(engine_on(database)).outcomes == {"ok": 2}
    assert rows("SELECT DISTINCT outcome FROM pricewatch.checks") == [{"outcome": "ok"}]


def test_hostile_ids_never_reach_the_table(database: Database) -> None:
    for hostile in ("'; DROP TABLE pricewatch.watches; --", "../../etc/passwd", "UPPER", "a" * 65, ""):
        with pytest.raises(IntegrityError, match="watches_watch_id_check"):
            store_watches(database, [watch(hostile, "https://shop.example/1")])


RESTS = {
    "paused": "UPDATE pricewatch.hosts SET rests_until = 'infinity' WHERE host = 'shop.example'",
    "told to wait": "UPDATE pricewatch.hosts SET rests_until = now() + interval '1 minute' WHERE host = 'shop.example'",
    "breaker open": "UPDATE pricewatch.hosts SET breaker_until = now() + interval '1 minute' WHERE host = 'shop.example'",
    "places taken": "INSERT INTO pricewatch.host_places VALUES "
    "('shop.example', gen_random_uuid(), 1, now() + interval '1 minute'), "
    "('shop.example', gen_random_uuid(), 1, now() + interval '1 minute')",
}
OVER = {
    "paused": "UPDATE pricewatch.hosts SET rests_until = now() - interval '1 second'",
    "told to wait": "UPDATE pricewatch.hosts SET rests_until = now() - interval '1 second'",
    "breaker open": "UPDATE pricewatch.hosts SET breaker_until = NULL",
    "places taken": "UPDATE pricewatch.host_places SET held_until = now() - interval '1 second'",
}


@pytest.mark.parametrize("why", RESTS)
def test_watches_of_a_host_that_may_not_be_asked_are_left_out_without_blame(
    database: Database, rows: Rows, why: str
) -> None:
    store_watches(
        database, [*watches_on("https://shop.example", 3), *watches_on("https://other.example", 1, prefix="o")]
    )
    before = rows(
        "SELECT slot_at, next_due_at, attempt, consecutive_failures FROM pricewatch.watches WHERE host LIKE 's%'"
    )
    rows(RESTS[why])
    assert database.run(lambda connection: claims.count_due(connection, at_most=10, budget=MINUTE))[0] == 1
    assert ids(database.run(take)) == ["o0"]
    assert rows("SELECT 1 FROM pricewatch.checks") == []
    after = rows(
        "SELECT slot_at, next_due_at, attempt, consecutive_failures FROM pricewatch.watches WHERE host LIKE 's%'"
    )
    assert after == before
    rows(OVER[why])
    assert ids(database.run(take)) == ["w0", "w1", "w2"]


def test_a_run_goes_on_claiming_where_its_own_places_are(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 3))
    token = uuid4()
    rows(
        "INSERT INTO pricewatch.host_places VALUES ('shop.example', :token, 2, now() + interval '1 minute')",
        token=token,
    )
    claim = database.run(
        lambda connection: claims.claim(
            connection, token=token, limit=9, lease=MINUTE, budget=MINUTE, claimed_by="its holder"
        )
    )
    assert len(claim.checks) == 3


def test_a_half_open_host_offers_one_watch(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 3))
    rows("UPDATE pricewatch.hosts SET breaker_until = now() - interval '1 second'")
    assert len(database.run(take).checks) == 1


@pytest.mark.parametrize(
    ("changes", "offered"), [("crawl_delay_s = 20", 3), ("burst = 4", 9), ("adaptive_delay_s = 30", 2)]
)
def test_a_host_offers_what_its_pace_in_all_lets_a_run_fetch(
    database: Database, rows: Rows, changes: str, offered: int
) -> None:
    store_watches(database, watches_on("https://slow.example", 20), min_delay_s=10)
    rows(f"UPDATE pricewatch.hosts SET {changes}")
    assert len(database.run(lambda connection: take(connection, budget_s=60)).checks) == offered
