"""A page that has not changed is a cheap success that carries the last offer on; and never a price from too long ago."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store, Strategy, Watch
from pricewatch_pipeline.providers.retail.provider import RetailProvider
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.checks import offer
from pricewatch_pipeline_tests.support.loopback import Received, Reply, redirect, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch

Rows = Callable[..., list[dict[str, Any]]]
DATED = "Sun, 22 Nov 2026 08:00:00 GMT"
NOT_MODIFIED = Reply(status=304)


class Shop:
    """One page with an ETag, that can change."""

    def __init__(self, *validators: tuple[str, str], heeds: bool = True) -> None:
        self.page = product("19.99")
        self.validators = validators
        self.heeds = heeds
        self.extra: tuple[tuple[str, str], ...] = ()

    def __call__(self, request: Received) -> Reply:
        asked = {request.headers.get("if-none-match"), request.headers.get("if-modified-since")}
        if self.heeds and any(value in asked for _, value in self.validators):
            return replace(NOT_MODIFIED, headers=self.extra)
        return replace(self.page, headers=(*self.page.headers, *self.validators, *self.extra))


def check_again(database: Database, rows: Rows) -> None:
    rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
    check_due(engine_on(database))


def ledger(rows: Rows) -> list[str]:
    return [row["outcome"] for row in rows("SELECT outcome FROM pricewatch.checks ORDER BY finished_at")]


def prices(rows: Rows) -> list[Decimal]:
    return [row["price"] for row in rows("SELECT price FROM pricewatch.price_snapshots ORDER BY observed_at")]


@pytest.mark.parametrize("validator", [("etag", '"v1"'), ("last-modified", DATED)], ids=["etag", "last-modified"])
def test_an_unchanged_page_is_not_sent_again_and_its_offer_is_carried_on(
    database: Database, rows: Rows, validator: tuple[str, str]
) -> None:
    with serve(Shop(validator)) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_due(engine_on(database))
        check_again(database, rows)
    assert ledger(rows) == ["ok", "not_modified"]
    first, second = rows("SELECT * FROM pricewatch.price_snapshots ORDER BY observed_at")
    carried = {"price", "currency", "title", "availability", "method", "candidates", "page_sha256", "url"}
    assert {name: second[name] for name in carried} == {name: first[name] for name in carried}
    assert second["slot_at"] > first["slot_at"]
    (state,) = rows("SELECT * FROM pricewatch.watches")
    assert (state["last_price"], state["last_slot_at"]) == (Decimal("19.99"), second["slot_at"])
    assert (state["consecutive_failures"], state["last_outcome"]) == (0, "not_modified")
    assert rows("SELECT http_status, body_bytes FROM pricewatch.checks ORDER BY finished_at")[1] == {
        "http_status": 304,
        "body_bytes": 0,
    }
    assert len(rows("SELECT FROM pricewatch.pending_events")) == 2


def test_the_same_bytes_are_not_read_again_where_a_site_gives_nothing_to_ask_with(
    database: Database, rows: Rows
) -> None:
    with serve(Shop()) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_due(engine_on(database))
        check_again(database, rows)
        check_again(database, rows)
    assert ledger(rows) == ["ok", "not_modified", "not_modified"]
    assert prices(rows) == [Decimal("19.99")] * 3


def test_a_page_that_changed_is_read(database: Database, rows: Rows) -> None:
    shop = Shop(("etag", '"v1"'))
    with serve(shop) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_due(engine_on(database))
        shop.page, shop.validators = product("17.50"), (("etag", '"v2"'),)
        check_again(database, rows)
        check_again(database, rows)
    assert ledger(rows) == ["ok", "ok", "not_modified"]
    assert prices(rows) == [Decimal("19.99"), Decimal("17.50"), Decimal("17.50")]


def test_a_store_that_is_read_in_another_way_is_read_again(database: Database, rows: Rows) -> None:
    def change(connection: Any, *strategies: Strategy) -> None:
        store = Store(store_id="shop", domains=("127.0.0.1",), strategies={"price": strategies})
        definitions.upsert_stores(connection, [(store, Sourced())])

    with serve(Shop(("etag", '"v1"'))) as server:
        database.run(change)
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR, store_id="shop")])
        check_due(engine_on(database))
        check_again(database, rows)
        database.run(lambda connection: change(connection, Strategy(kind="regex", expression='"price": "(19)')))
        check_again(database, rows)
    assert ledger(rows) == ["ok", "not_modified", "ok"]
    assert prices(rows)[-1] == Decimal(19)


def test_a_page_is_read_in_full_once_a_day_whatever_the_server_says(database: Database, rows: Rows) -> None:
    shop = Shop(("etag", '"v1"'))
    with serve(shop) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_due(engine_on(database))
        shop.page = product("15.00")  # and the ETag stays: a server that is wrong
        check_again(database, rows)
        rows("UPDATE pricewatch.watches SET page_read_at = now() - interval '1 day'")
        check_again(database, rows)
    assert ledger(rows) == ["ok", "not_modified", "ok"]
    assert prices(rows) == [Decimal("19.99"), Decimal("19.99"), Decimal("15.00")]


def test_an_answer_that_nobody_asked_for_is_no_success(database: Database, rows: Rows) -> None:
    with serve({"/lamp": NOT_MODIFIED}) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"))])
        check_due(engine_on(database))
    assert ledger(rows) == ["transport"]
    assert "nobody had asked" in rows("SELECT error FROM pricewatch.checks")[0]["error"]


def test_what_a_cache_kept_for_longer_than_the_interval_is_asked_for_anew(database: Database, rows: Rows) -> None:
    shop = Shop(("etag", '"v1"'))
    with serve(shop) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_due(engine_on(database))
        shop.page, shop.extra = product("18.00"), (("age", "7200"),)
        check_again(database, rows)
    assert [request.headers.get("cache-control") for request in server.requests] == [
        "max-age=3600",
        "max-age=3600",
        "no-cache",
    ]
    assert "if-none-match" not in server.requests[2].headers
    assert ledger(rows) == ["ok", "ok"]
    assert prices(rows) == [Decimal("19.99"), Decimal("18.00")]


def test_who_asks_by_hand_has_the_page_looked_at(database: Database, rows: Rows) -> None:
    with serve(Shop(("etag", '"v1"'))) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_due(engine_on(database))
        check_now(engine_on(database), ["lamp"])
        check_again(database, rows)
    assert [request.headers.get("if-none-match") for request in server.requests] == [None, None, '"v1"']
    assert ledger(rows) == ["ok", "ok", "not_modified"]


def test_a_failure_in_between_does_not_lose_the_page_that_is_known(database: Database, rows: Rows) -> None:
    shop = Shop(("etag", '"v1"'))
    with serve(shop) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_due(engine_on(database))
        shop.heeds, shop.page = False, Reply(status=500)
        check_again(database, rows)
        shop.heeds = True
        check_again(database, rows)
    assert ledger(rows) == ["ok", "transport", "not_modified"]
    assert prices(rows) == [Decimal("19.99")] * 2


def test_a_redirect_that_leads_to_another_page_carries_no_price_on_though_both_have_the_same_etag(
    database: Database, rows: Rows
) -> None:
    targets = iter(["/lamp-10", "/lamp-99", "/lamp-99"])

    def shop(request: Received) -> Reply:
        if request.path == "/lamp":
            return redirect(next(targets))
        if "if-none-match" in request.headers:
            return NOT_MODIFIED
        page = product("10.00" if request.path == "/lamp-10" else "11.00")
        return replace(page, headers=(*page.headers, ("etag", '"1"')))

    with serve(shop) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        for _ in range(3):
            check_again(database, rows)
    assert ledger(rows) == ["ok", "ok", "not_modified"]
    assert prices(rows) == [Decimal("10.00"), Decimal("11.00"), Decimal("11.00")]


def test_an_address_that_begins_to_redirect_carries_no_price_on(database: Database, rows: Rows) -> None:
    has_moved = False

    def shop(request: Received) -> Reply:
        if request.path == "/lamp" and has_moved:
            return redirect("/sold-out")
        if "if-none-match" in request.headers:
            return NOT_MODIFIED
        page = product("10.00" if request.path == "/lamp" else "11.00")
        return replace(page, headers=(*page.headers, ("etag", '"1"')))

    with serve(shop) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check_again(database, rows)
        has_moved = True
        check_again(database, rows)
    assert prices(rows) == [Decimal("10.00"), Decimal("11.00")]


class Market:
    """Says what is on offer, or that nothing is; and of a page that is the same, only that."""

    name: ClassVar[str] = "retail"
    query_model: ClassVar[type[BaseModel]] = RetailProvider.query_model

    def host_of(self, query: BaseModel) -> str:
        return RetailProvider().host_of(query)

    def url_of(self, query: BaseModel) -> str | None:
        return RetailProvider().url_of(query)

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        page = await fetch(PageRequest(url=watch.query["url"], may_be_unchanged=True))
        is_empty = page.outcome is Outcome.OK and b"19.99" not in page.body
        outcome = Outcome.NO_OFFERS if is_empty else page.outcome
        found = offer("19.99") if outcome is Outcome.OK else None
        return Reading(outcome=outcome, offer=found, pages=(page,))


def test_a_page_that_said_that_nothing_is_on_offer_carries_no_older_offer_on(database: Database, rows: Rows) -> None:
    shop = Shop(("etag", '"v1"'))
    engine = engine_on(database, providers={"retail": Market()})

    def check() -> None:
        rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
        check_due(engine)

    with serve(shop) as server:
        store_watches(database, [watch("lamp", server.url("/lamp"), schedule=EVERY_HOUR)])
        check()
        shop.page, shop.validators = product("1.00"), (("etag", '"empty"'),)
        check()
        check()
        shop.page, shop.validators = product("19.99"), (("etag", '"v1"'),)
        check()
        check()
    assert ledger(rows) == ["ok", "no_offers", "no_offers", "ok", "not_modified"]
    assert prices(rows) == [Decimal("19.99")] * 3
    assert [request.headers.get("if-none-match") for request in server.requests] == [
        None,
        '"v1"',
        '"empty"',
        '"empty"',
        '"v1"',
    ]
