"""What a provider reads may be anything: one bad reading is one failed check, and its batch goes on."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from pricewatch_pipeline.domain.offers import LONGEST_TEXT, Candidate, Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Schedule, Store, Watch
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services import make_check
from pricewatch_pipeline.services.check_watches import CheckReport, check_due, check_now
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import html, serve
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, product, store_watches, watch, watches_on

Rows = Callable[..., list[dict[str, Any]]]


class _Query(BaseModel):
    pass


class _Plugin:
    """A provider that reads what it is told to."""

    name: ClassVar[str] = "plugin"
    query_model: ClassVar[type[BaseModel]] = _Query

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def host_of(self, query: BaseModel) -> str:
        return "plugin.example"

    def url_of(self, query: BaseModel) -> str | None:
        return None

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        return self._reading


class _Cancelled(_Plugin):
    """A provider that waits for something which is cancelled by others, as clients do with what they share."""

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        shared = asyncio.get_running_loop().create_future()
        shared.cancel()
        await shared
        return self._reading


def check_beside_good_ones(database: Database, reading: Reading) -> CheckReport:
    """One watch of the plug-in in a batch with two good ones."""
    with serve({"/0": product(), "/1": product()}) as server:
        odd = Watch(watch_id="odd", provider="plugin", query={}, host="plugin.example", schedule=EVERY_HOUR)
        store_watches(database, [odd, *watches_on(server.base_url, 2)])
        return check_due(engine_on(database, providers={**providers(), "plugin": _Plugin(reading)}))


def test_a_provider_whose_work_is_cancelled_fails_one_check_and_the_run_ends(database: Database, rows: Rows) -> None:
    with serve({"/0": product(), "/1": product()}) as server:
        odd = Watch(watch_id="odd", provider="plugin", query={}, host="plugin.example", schedule=EVERY_HOUR)
        store_watches(database, [odd, *watches_on(server.base_url, 2)])
        plugin = _Cancelled(Reading(outcome=Outcome.NOT_FOUND))
        check_due(engine_on(database, providers={**providers(), "plugin": plugin}))
    ended = {row["watch_id"]: row for row in rows("SELECT watch_id, outcome, error FROM pricewatch.checks")}
    assert [ended[name]["outcome"] for name in ("odd", "w0", "w1")] == ["provider_error", "ok", "ok"]
    assert "what it waited for was cancelled" in ended["odd"]["error"]


@pytest.mark.parametrize(
    "offer",
    [
        Offer(price=Decimal(10) ** 14),
        Offer(price=Decimal("99999999999999.99999")),
        Offer(price=Decimal("1E+400")),
        Offer(price=Decimal(-1)),
        Offer(price=Decimal("NaN")),
        Offer(price=Decimal("Infinity")),
        Offer(price=Decimal(1), currency="EURO"),
    ],
    ids=str,
)
def test_a_price_that_is_no_money_is_unreadable(database: Database, rows: Rows, offer: Offer) -> None:
    report = check_beside_good_ones(database, Reading(outcome=Outcome.OK, offer=offer))
    assert report.outcomes == {Outcome.OK: 2, Outcome.UNREADABLE: 1}
    assert rows("SELECT 1 FROM pricewatch.price_snapshots WHERE watch_id = 'odd'") == []


def test_what_cannot_be_stored_beside_a_price_is_left_out(database: Database, rows: Rows) -> None:
    offer = Offer(
        price=Decimal(5),
        list_price=Decimal("Infinity"),
        title="x" * 5_000_000,
        brand="a\ud800\0b",
        confidence=float("nan"),
        candidates=(Candidate(source="plugin", place="\0", raw=r"\u0000x" + "9" * 100_000, amount=Decimal("NaN")),),
    )
    report = check_beside_good_ones(database, Reading(outcome=Outcome.OK, offer=offer))
    assert report.outcomes == {Outcome.OK: 3}
    (stored,) = rows("SELECT * FROM pricewatch.price_snapshots WHERE watch_id = 'odd'")
    assert (stored["price"], stored["list_price"], stored["confidence"]) == (Decimal(5), None, None)
    assert (len(stored["title"]), stored["brand"]) == (LONGEST_TEXT, "a�b")


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.NOT_MODIFIED])
def test_a_success_without_an_offer_is_the_providers_error(database: Database, rows: Rows, outcome: Outcome) -> None:
    report = check_beside_good_ones(database, Reading(outcome=outcome))
    assert report.outcomes == {Outcome.OK: 2, Outcome.PROVIDER_ERROR: 1}
    assert rows("SELECT 1 FROM pricewatch.price_snapshots WHERE watch_id = 'odd'") == []


@pytest.mark.parametrize(
    "field",
    [{"title": object()}, {"confidence": "sure"}, {"price": 5.0}, {"currency": 978}],
    ids=lambda f: next(iter(f)),
)
def test_an_offer_of_wrong_types_is_the_providers_error(database: Database, rows: Rows, field: dict[str, Any]) -> None:
    offer = Offer(**{"price": Decimal(5), **field})
    report = check_beside_good_ones(database, Reading(outcome=Outcome.OK, offer=offer))
    assert report.outcomes[Outcome.OK] >= 2
    assert report.checks == 3


def test_what_only_the_database_refuses_fails_alone(database: Database, rows: Rows) -> None:
    rows("ALTER TABLE pricewatch.price_snapshots ADD CHECK (title <> 'refuse me')")
    offer = Offer(price=Decimal(5), title="refuse me")
    report = check_beside_good_ones(database, Reading(outcome=Outcome.OK, offer=offer))
    assert report.outcomes == {Outcome.OK: 2, Outcome.PROVIDER_ERROR: 1}
    (ledger,) = rows("SELECT error FROM pricewatch.checks WHERE watch_id = 'odd'")
    assert ledger["error"].startswith("the database refuses what was read: new row for relation")
    (state,) = rows(
        "SELECT next_due_at > now() AS rests, consecutive_failures, claim_token FROM pricewatch.watches WHERE watch_id = 'odd'"
    )
    assert state == {"rests": True, "consecutive_failures": 1, "claim_token": None}


def test_a_price_of_a_page_that_no_column_holds_is_not_read(database: Database) -> None:
    with serve({"/0": product("200000000000000.00"), "/1": product()}) as server:
        store_watches(database, watches_on(server.base_url, 2))
        report = check_due(engine_on(database))
    assert report.outcomes == {Outcome.OK: 1, Outcome.UNREADABLE: 1}


def test_an_answer_not_modified_that_nobody_asked_for_forgets_no_price(database: Database, rows: Rows) -> None:
    with serve({"/0": html("", status=304)}) as server:
        store_watches(database, watches_on(server.base_url, 1))
        rows("UPDATE pricewatch.watches SET last_price = 7")
        report = check_due(engine_on(database))
    assert report.outcomes == {Outcome.TRANSPORT: 1}
    assert rows("SELECT last_price FROM pricewatch.watches") == [{"last_price": Decimal(7)}]


def test_a_time_zone_that_only_another_machine_knows_costs_its_own_watch_alone(database: Database, rows: Rows) -> None:
    with serve({f"/{n}": product() for n in range(3)}) as server:
        store_watches(database, watches_on(server.base_url, 3))
        rows(
            "UPDATE pricewatch.watches SET cron = '0 6 * * *', every_s = NULL, timezone = 'Mars/Base' WHERE watch_id = 'w0'"
        )
        report = check_due(engine_on(database))
    assert report.outcomes == {Outcome.OK: 3}
    (state,) = rows(
        "SELECT next_due_at > now() + interval '23 hours' AS rests FROM pricewatch.watches WHERE watch_id = 'w0'"
    )
    assert state["rests"]


def test_a_watch_that_cannot_be_scheduled_can_still_be_checked_by_hand(database: Database) -> None:
    nowhere = Schedule(every=None, cron="0 6 * * *", timezone="Mars/Base")
    with serve({"/0": product(), "/odd": product()}) as server:
        odd = watch("odd", f"{server.base_url}/odd", schedule=nowhere, schedule_error="no such time zone")
        store_watches(database, [odd, *watches_on(server.base_url, 1)])
        report = check_now(engine_on(database), ["odd", "w0"])
    assert report.outcomes == {Outcome.OK: 2}


def test_waiting_for_a_turn_is_not_taken_for_a_slow_check(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_check, "CHECK_TIMEOUT", timedelta(seconds=1))
    with serve({f"/{n}": product() for n in range(4)}) as server:
        store_watches(database, watches_on(server.base_url, 4), min_delay_s=0.6)
        report = check_now(engine_on(database), [f"w{n}" for n in range(4)])
    assert report.outcomes == {Outcome.OK: 4}
