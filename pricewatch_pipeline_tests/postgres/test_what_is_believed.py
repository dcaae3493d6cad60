"""What snapshots, corrections, summaries and watches say of one another, after all that may befall a price."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.services.decide_doubts import confirm_price
from pricewatch_pipeline.services.raise_alerts import Alerting
from pricewatch_pipeline.services.replay_pages import Period, ReplayReport, replay, watches_asked_for
from pricewatch_pipeline.services.summarise_days import summarise_day
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Received, html, serve
from pricewatch_pipeline_tests.support.old_reader import check_with, saying
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]

INVARIANTS = {
    "a watch says what its newest snapshot says": """
        SELECT w.watch_id, w.last_price, n.price, w.last_currency, n.currency, w.last_slot_at, n.slot_at
        FROM pricewatch.watches w CROSS JOIN LATERAL (
            SELECT * FROM pricewatch.current_snapshots s WHERE s.watch_id = w.watch_id ORDER BY slot_at DESC LIMIT 1) n
        WHERE (w.last_price, w.last_currency, w.last_slot_at, w.last_availability)
              IS DISTINCT FROM (n.price, n.currency, n.slot_at, n.availability)""",
    "what changes are measured against are prices that are believed": """
        SELECT w.watch_id, w.recent_prices FROM pricewatch.watches w, unnest(w.recent_prices) AS p
        WHERE NOT EXISTS (SELECT FROM pricewatch.current_snapshots s WHERE s.watch_id = w.watch_id AND s.price = p
                          AND s.currency IS NOT DISTINCT FROM w.recent_currency)""",
    "the newest of them is the newest price": """
        SELECT w.watch_id, w.recent_prices, n.price FROM pricewatch.watches w CROSS JOIN LATERAL (
            SELECT * FROM pricewatch.current_snapshots s WHERE s.watch_id = w.watch_id AND s.price IS NOT NULL
            ORDER BY slot_at DESC LIMIT 1) n
        WHERE n.price IS DISTINCT FROM w.recent_prices[cardinality(w.recent_prices)]""",
    "the latest prices are the newest snapshots'": """
        SELECT l.watch_id, l.price, n.price AS newest FROM analytics.latest_prices l CROSS JOIN LATERAL (
            SELECT * FROM analytics.price_snapshots s WHERE s.watch_id = l.watch_id ORDER BY slot_at DESC LIMIT 1) n
        WHERE (l.price, l.currency) IS DISTINCT FROM (n.price, n.currency)""",
    "a summarised day holds the prices that are believed of it": """
        SELECT d.watch_id, d.day, d.low, d.high, s.low AS low_now, s.high AS high_now, d.snapshots, s.count
        FROM pricewatch.daily_prices d FULL JOIN (
            SELECT watch_id, (observed_at AT TIME ZONE 'UTC')::date AS day, min(price) AS low, max(price) AS high, count(*)
            FROM pricewatch.current_snapshots WHERE price IS NOT NULL GROUP BY 1, 2) s USING (watch_id, day)
        WHERE (d.low, d.high, d.snapshots) IS DISTINCT FROM (s.low, s.high, s.count)
              AND EXISTS (SELECT FROM pricewatch.daily_prices o WHERE o.day = day)""",
    "every correction is of a snapshot": """
        SELECT c.* FROM pricewatch.snapshot_corrections c
        LEFT JOIN pricewatch.price_snapshots n USING (watch_id, slot_at) WHERE n.slot_at IS NULL""",
    "what waits has no snapshot": """
        SELECT q.* FROM pricewatch.quarantined_offers q JOIN pricewatch.price_snapshots n USING (watch_id, slot_at)
        WHERE q.state = 'waiting'""",
    "what was decided says when": "SELECT * FROM pricewatch.quarantined_offers WHERE (state = 'waiting') <> (decided_at IS NULL)",
    "a success has its snapshot": """
        SELECT c.watch_id, c.slot_at, c.outcome FROM pricewatch.checks c
        LEFT JOIN pricewatch.price_snapshots n USING (watch_id, slot_at)
        WHERE c.outcome = 'ok' AND n.slot_at IS NULL""",
}


class Story:
    """A watch on a page that a test changes, and what is known of it."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self.database, self.rows = database, rows
        self.page = product("100.00")
        self.meanwhile: Callable[[], None] | None = None

    def __call__(self, request: Received) -> Any:
        reply, meanwhile = self.page, self.meanwhile
        if meanwhile is None:
            return reply

        async def answer(writer: Any) -> None:
            await asyncio.to_thread(meanwhile)
            writer.write(reply.encoded())
            await writer.drain()

        return answer

    def says(self, price: str, **fields: str) -> None:
        self.page = product(price, **fields)

    def look(self) -> str:
        self.rows("UPDATE pricewatch.quarantined_offers SET observed_at = observed_at - interval '1 hour'")
        self.rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now(), attempt = 0")
        check_due(engine_on(self.database))
        return str(self.rows("SELECT last_outcome FROM pricewatch.watches")[0]["last_outcome"])

    def finds(self, price: str, **fields: str) -> str:
        self.says(price, **fields)
        return self.look()

    def replay(self) -> ReplayReport:
        ids = self.database.run(watches_asked_for)
        return replay(self.database, providers(), ids, Period(), report=ReplayReport(is_applied=True))

    def once_meanwhile(self, what: Callable[[], object]) -> None:
        """Do this while the page is asked for the next time."""

        def once() -> None:
            self.meanwhile = None
            what()

        self.meanwhile = once

    @property
    def recent_prices(self) -> list[Decimal]:
        (row,) = self.rows("SELECT recent_prices FROM pricewatch.watches")
        return list(row["recent_prices"])

    @property
    def prices(self) -> list[Decimal]:
        return [r["price"] for r in self.rows("SELECT price FROM pricewatch.current_snapshots ORDER BY slot_at")]

    @property
    def doubts(self) -> list[tuple[Decimal, str]]:
        found = self.rows("SELECT price, state FROM pricewatch.quarantined_offers ORDER BY slot_at, attempt")
        return [(r["price"], r["state"]) for r in found]

    def summarise(self) -> None:
        days = "SELECT DISTINCT (observed_at AT TIME ZONE 'UTC')::date AS day FROM pricewatch.price_snapshots"
        for row in self.rows(days):
            summarise_day(self.database, row["day"])

    def check(self) -> None:
        broken = {name: found for name, statement in INVARIANTS.items() if (found := self.rows(statement))}
        assert not broken, broken


@pytest.fixture
def story(database: Database, rows: Rows) -> Iterator[Story]:
    told = Story(database, rows)
    with serve(told) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        yield told


def test_a_first_price_that_was_wrong_is_not_believed_again_once_the_right_one_is(story: Story) -> None:
    outcomes = [story.finds(price) for price in ("10000.00", "100.00", "100.00", "10000.00", "100.00")]
    assert outcomes == ["ok", "implausible", "ok", "implausible", "not_modified"]
    assert story.doubts == [(Decimal(100), "confirmed"), (Decimal(10000), "dropped")]
    story.check()


def test_whatever_a_shop_shows_all_that_is_kept_agrees(story: Story, database: Database) -> None:
    for price in ("100", "30", "100", "10000", "30", "30", "100", "10000", "10000", "", "0", "30", "100"):
        story.finds(price, availability="InStock" if price else "OutOfStock")
        story.check()
    story.finds("100", currency="USD")
    story.finds("90", name="Garden hose")
    story.summarise()
    confirm_price(database, "lamp", alerting=Alerting())
    story.check()


def test_a_price_back_after_it_was_sold_out_is_measured_against_the_one_before(story: Story) -> None:
    outcomes = [story.finds("100"), story.finds("", availability="OutOfStock"), story.finds("30"), story.look()]
    assert outcomes == ["ok", "ok", "implausible", "ok"]
    assert story.prices == [Decimal(100), None, Decimal(30)]
    story.check()


def test_an_operators_word_on_a_price_changes_the_summary_of_its_day(story: Story, database: Database) -> None:
    story.finds("100")
    story.says("30")
    check_now(engine_on(database, moves_schedule=False), ["lamp"])
    story.summarise()
    confirm_price(database, "lamp", alerting=Alerting())
    assert story.prices == [Decimal(100), Decimal(30)]
    story.check()


def test_a_correction_in_the_middle_of_a_check_is_what_the_next_price_is_measured_against(
    story: Story, database: Database
) -> None:
    check_with(database, saying(price=Decimal(1000), currency="EUR"), times=2)
    story.summarise()
    story.once_meanwhile(story.replay)
    assert story.look() == "not_modified"
    assert story.recent_prices == [Decimal(100)] * 2
    story.summarise()
    story.check()
    assert story.finds("101") == "ok"
    assert story.finds("1000") == "implausible"


def test_an_offer_that_is_corrected_away_in_the_middle_of_a_check_is_not_carried_on(
    story: Story, database: Database
) -> None:
    text = "<html><head><title>Lamp</title></head><body><h1>Lamp</h1><p>Price on request</p></body></html>"
    story.page = html(text)
    check_with(database, saying(price=Decimal(1000), currency="EUR"), times=2)
    story.once_meanwhile(story.replay)
    assert [story.look(), story.look()] == ["not_modified", "not_priced"]
    assert {price is None for price in story.prices} == {True}
    assert story.recent_prices == []
    story.check()


def test_two_replays_at_once_with_a_check_write_what_one_does(story: Story, database: Database) -> None:
    check_with(database, saying(price=Decimal(1000), currency="EUR"), times=3)
    story.summarise()
    story.says("101")
    threads = [threading.Thread(target=story.replay) for _ in range(2)]
    for thread in threads:
        thread.start()
    story.look()
    for thread in threads:
        thread.join()
    story.replay()
    story.summarise()
    assert story.prices[:3] == [Decimal(100)] * 3
    story.check()
    assert story.replay().written == 0


def test_a_price_that_waits_while_the_ones_before_are_corrected_is_measured_against_these(
    story: Story, database: Database
) -> None:
    check_with(database, saying(price=Decimal(1000), currency="EUR"), times=2)
    assert story.finds("101") == "implausible"
    story.replay()
    story.check()
    assert story.look() == "ok"
    assert (story.prices, story.doubts) == ([Decimal(100)] * 2 + [Decimal(101)], [(Decimal(101), "dropped")])
    story.check()


def test_neither_snapshots_nor_corrections_can_be_changed(story: Story, database: Database, rows: Rows) -> None:
    check_with(database, saying(price=Decimal(1000), currency="EUR"))
    story.replay()
    for table in ("price_snapshots", "snapshot_corrections"):
        with pytest.raises(DBAPIError, match="append-only"):
            rows(f"UPDATE pricewatch.{table} SET price = 1")
