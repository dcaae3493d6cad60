"""Stored pages read again: what is shown, what is written, and what stays as it is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Fetch, PageRequest
from pricewatch_pipeline.domain.providers import Provider, Reading
from pricewatch_pipeline.domain.replays import ReplayKind
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.errors import EvidenceUnavailable, NotFound
from pricewatch_pipeline.providers.retail.provider import RetailProvider
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.replay_pages import Period, ReplayReport, replay, watches_asked_for
from pricewatch_pipeline.services.summarise_days import summarise_day
from pricewatch_pipeline.storage import price_history, snapshots
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.loopback import Reply, Server, serve
from pricewatch_pipeline_tests.support.old_reader import TEN_TIMES, OldReader, check_with, failing, saying
from pricewatch_pipeline_tests.support.shop import engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]
SNAPSHOTS = "SELECT * FROM pricewatch.price_snapshots ORDER BY watch_id, slot_at"
CURRENT = "SELECT watch_id, price::text, outcome FROM pricewatch.current_snapshots ORDER BY watch_id, slot_at"
WATCH = "SELECT last_price::text, last_currency, last_availability, last_title, recent_prices::text[] FROM pricewatch.watches"


@pytest.fixture
def shop() -> Iterator[Server]:
    """Lamps for 19.99, whatever is asked for."""
    with serve(lambda _: product()) as server:
        yield server


@pytest.fixture
def lamp(shop: Server, database: Database) -> Server:
    """The watch `w0` on one of them."""
    store_watches(database, watches_on(shop.base_url, 1))
    return shop


def replayed(
    database: Database, *, applies: bool = False, period: Period | None = None, **options: Any
) -> ReplayReport:
    readers: dict[str, Provider] = options.pop("readers", providers())
    ids = database.run(watches_asked_for)
    report = ReplayReport(is_applied=applies)
    return replay(database, readers, ids, period or Period(), report=report, **options)


def test_what_would_change_is_shown_and_nothing_is_changed(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database)
    before = rows(SNAPSHOTS), rows("SELECT * FROM pricewatch.watches")

    report = replayed(database)

    assert report.counts == {ReplayKind.PRICE: 1}
    (difference,) = report.differences
    assert difference.changes == {"price": (Decimal(199), Decimal("19.99"))}
    assert difference.reason
    assert (rows(SNAPSHOTS), rows("SELECT * FROM pricewatch.watches")) == before
    assert rows("SELECT FROM pricewatch.snapshot_corrections") == []


def test_applied_it_is_believed_everywhere_and_the_snapshot_stays(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, times=2)
    (first, second) = stored = rows(SNAPSHOTS)
    day = second["observed_at"].astimezone(UTC).date()
    for each in {first["observed_at"].astimezone(UTC).date(), day}:
        summarise_day(database, each)

    report = replayed(database, applies=True)

    assert report.written == 2
    assert rows(SNAPSHOTS) == stored
    assert {row["price"] for row in rows(CURRENT)} == {"19.9900"}
    corrections = rows("SELECT DISTINCT outcome, method, reader_version, run_id FROM pricewatch.snapshot_corrections")
    assert len(corrections) == 1
    assert rows("SELECT price::text FROM analytics.latest_prices") == [{"price": "19.9900"}]
    (watch,) = rows(WATCH)
    assert watch["last_price"] == "19.9900"
    assert set(watch["recent_prices"]) == {"19.9900"}
    assert {row["high"] for row in rows("SELECT high::text FROM analytics.daily_prices")} == {"19.9900"}
    (newest, _) = database.run(lambda connection: price_history.newest(connection, "w0"))
    assert (newest["price"], newest["original_price"], newest["is_corrected"]) == (Decimal("19.9900"), 199, True)
    (event,) = database.run(lambda connection: snapshots.as_events(connection, [("w0", second["slot_at"])]))
    assert [event.price, *(price.price for price in event.recent_prices)] == [Decimal("19.9900"), "19.9900", "19.9900"]


def test_a_second_time_nothing_is_left_to_change(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, failing())
    check_with(database, saying(price=Decimal("1.23456789"), title="A\x00lamp", variant={"color": "red"}))
    assert replayed(database, applies=True).written == 2
    state = rows("SELECT * FROM pricewatch.watches"), rows(SNAPSHOTS)

    again = replayed(database, applies=True)

    assert (again.counts, again.written) == ({ReplayKind.SAME: 2}, 0)
    assert len(rows("SELECT FROM pricewatch.snapshot_corrections")) == 1
    assert (rows("SELECT * FROM pricewatch.watches"), rows(SNAPSHOTS)) == state


@pytest.mark.parametrize("title", ["A\x00lamp", "half \ud83d of it", "\\u0000", 'say "hi"'])
def test_what_texts_cannot_hold_is_no_difference(title: str, lamp: Server, database: Database) -> None:
    reader = OldReader(saying(price=Decimal("12.34567"), title=title, variant={"size": title}))
    check_due(engine_on(database, providers={"retail": reader}))
    assert replayed(database, readers={"retail": reader}).counts == {ReplayKind.SAME: 1}


def test_a_newer_reader_corrects_a_correction(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database)
    replayed(database, applies=True, readers={"retail": OldReader(saying(price=Decimal(5)))})
    assert replayed(database, applies=True).differences[0].changes == {"price": (Decimal(5), Decimal("19.99"))}
    assert [row["price"] for row in rows(CURRENT)] == ["19.9900"]
    assert len(rows("SELECT FROM analytics.snapshot_corrections")) == 2


def test_a_page_that_did_not_change_is_read_once_and_corrected_for_every_check(
    lamp: Server, database: Database, rows: Rows
) -> None:
    check_with(database, times=4)
    outcomes = [row["outcome"] for row in rows("SELECT outcome FROM pricewatch.checks ORDER BY slot_at")]
    assert outcomes == ["ok", "not_modified", "not_modified", "not_modified"]

    report = replayed(database, applies=True)

    assert (report.pages_read, report.counts) == (1, {ReplayKind.PRICE: 4})


def test_after_a_correction_the_old_offer_is_not_carried_on(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database)
    replayed(database, applies=True)
    rows("UPDATE pricewatch.watches SET next_due_at = now(), slot_at = now()")
    check_due(engine_on(database))
    assert [row["price"] for row in rows(CURRENT)] == ["19.9900", "19.9900"]
    assert [row["outcome"] for row in rows("SELECT outcome FROM pricewatch.checks ORDER BY slot_at")] == ["ok", "ok"]


def test_a_check_that_failed_yields_a_snapshot_of_its_own_time(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, failing())
    rows("UPDATE pricewatch.watches SET slot_at = now()")

    report = replayed(database, applies=True, run_id="a-run")

    assert report.counts == {ReplayKind.FOUND: 1}
    (check,) = rows("SELECT slot_at, finished_at, page_sha256, final_url FROM pricewatch.checks")
    (snapshot,) = rows(SNAPSHOTS)
    assert (snapshot["slot_at"], snapshot["observed_at"]) == (check["slot_at"], check["finished_at"])
    assert (snapshot["page_sha256"], snapshot["url"], snapshot["run_id"]) == (
        check["page_sha256"],
        check["final_url"],
        "a-run",
    )
    assert rows("SELECT last_price::text AS price FROM pricewatch.watches") == [{"price": "19.9900"}]
    assert rows("SELECT outcome FROM pricewatch.checks") == [{"outcome": "unreadable"}], "the ledger says what happened"


def test_a_price_that_is_hard_to_believe_beside_its_neighbours_is_shown_and_not_added(
    database: Database, rows: Rows
) -> None:
    prices = iter(["19.99", "1999.00", "19.99"])
    with serve(lambda _: product(next(prices))) as server:
        store_watches(database, watches_on(server.base_url, 1))
        for mistake in (saying(), failing(), saying()):
            check_with(database, mistake)
    stored = rows(SNAPSHOTS)

    report = replayed(database, applies=True)

    assert report.counts[ReplayKind.IMPLAUSIBLE] == 1
    (difference,) = report.differences
    assert (difference.outcome, difference.changes["price"]) == (Outcome.IMPLAUSIBLE, (None, Decimal(1999)))
    assert "misread decimal mark" in (difference.reason or "")
    assert (report.written, rows(SNAPSHOTS)) == (0, stored)


def test_what_a_replay_finds_is_held_against_what_it_corrects(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, failing())
    rows("UPDATE pricewatch.watches SET slot_at = now()")
    check_with(database, saying(price=Decimal(1999), currency="EUR"))
    for applies in (False, True):
        assert replayed(database, applies=applies).counts == {ReplayKind.FOUND: 1, ReplayKind.PRICE: 1}
    assert {row["price"] for row in rows(CURRENT)} == {"19.9900"}


def test_a_slot_that_is_still_tried_is_left_to_the_next_attempt(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, failing())
    assert replayed(database, applies=True).checks == 0
    assert rows(SNAPSHOTS) == []


def test_several_attempts_at_a_slot_yield_one_snapshot(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, failing())
    rows("UPDATE pricewatch.watches SET next_due_at = now()")
    check_due(engine_on(database, providers={"retail": OldReader(failing())}))
    rows("UPDATE pricewatch.watches SET slot_at = now()")
    assert len(rows("SELECT FROM pricewatch.checks")) == 2
    assert replayed(database, applies=True).counts == {ReplayKind.FOUND: 1}
    assert len(rows(SNAPSHOTS)) == 1


def test_where_there_was_a_price_and_now_is_none_it_says_why(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database)
    strict = {"retail": OldReader(failing(Outcome.NOT_A_PRODUCT))}

    report = replayed(database, applies=True, readers=strict)

    assert report.counts == {ReplayKind.LOST: 1}
    assert rows("SELECT price, availability, outcome, reason, is_corrected FROM analytics.price_snapshots") == [
        {
            "price": None,
            "availability": None,
            "outcome": "not_a_product",
            "reason": "no price found",
            "is_corrected": True,
        }
    ]
    assert rows(WATCH) == [
        {"last_price": None, "last_currency": None, "last_availability": None, "last_title": None, "recent_prices": []}
    ]
    assert replayed(database, applies=True, readers=strict).counts == {ReplayKind.SAME: 1}


def test_a_change_is_measured_against_as_many_prices_as_before(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, times=4)
    rows("UPDATE pricewatch.watches SET recent_prices = '{199, 199}'")
    replayed(database, applies=True)
    assert rows("SELECT recent_prices::text[], recent_currency FROM pricewatch.watches") == [
        {"recent_prices": ["19.9900", "19.9900"], "recent_currency": "EUR"}
    ]


def test_other_fields_count_and_how_it_was_read_does_not(lamp: Server, database: Database) -> None:
    check_with(database, saying(sku="wrong", brand="wrong", reason="another", method="another", confidence=0.6))
    report = replayed(database)
    assert report.counts == {ReplayKind.DETAILS: 1}
    assert set(report.differences[0].changes) == {"sku", "brand"}


def test_a_price_that_waits_to_be_believed_is_left_to_that(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, failing())
    rows("UPDATE pricewatch.checks SET outcome = 'implausible'")
    rows("UPDATE pricewatch.watches SET slot_at = now()")
    assert replayed(database).checks == 0


def test_a_period_bounds_it(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database, times=3)
    slots = [row["slot_at"] for row in rows("SELECT slot_at FROM pricewatch.checks ORDER BY slot_at")]
    assert replayed(database, period=Period(since=slots[1])).checks == 2
    assert replayed(database, period=Period(since=slots[1], until=slots[2])).checks == 1
    assert replayed(database, period=Period(until=datetime.now(UTC) - timedelta(days=1))).checks == 0


def test_a_page_that_is_not_kept_any_more_is_counted(lamp: Server, database: Database, rows: Rows) -> None:
    check_with(database)
    rows("DELETE FROM pricewatch.pages")
    report = replayed(database, applies=True)
    assert (report.counts, report.written) == ({ReplayKind.NO_PAGE: 1}, 0)


def test_pages_outside_are_read_and_one_that_is_gone_there_is_counted(
    shop: Server, database: Database, tmp_path: Path
) -> None:
    url = tmp_path.as_uri()
    store_watches(database, watches_on(shop.base_url, 1))
    check_due(engine_on(database, pages_url=url, providers={"retail": OldReader(TEN_TIMES)}))
    assert replayed(database, pages_url=url).counts == {ReplayKind.PRICE: 1}
    (file,) = tmp_path.glob("*/*")
    file.write_bytes(file.read_bytes()[:100])
    damaged = replayed(database, applies=True, pages_url=url)
    assert damaged.counts == {ReplayKind.FAILED: 1}
    assert "is not what was kept any more" in (damaged.differences[0].reason or "")
    file.unlink()
    assert replayed(database, applies=True, pages_url=url).counts == {ReplayKind.NO_PAGE: 1}


def test_a_place_that_is_away_ends_it_after_a_few_pages(database: Database, tmp_path: Path) -> None:
    with serve(lambda request: product(name=request.path)) as shop:
        store_watches(database, watches_on(shop.base_url, 4))
        check_due(engine_on(database, pages_url=tmp_path.as_uri()))
    with pytest.raises(EvidenceUnavailable, match="PRICEWATCH_PAGES_URL"):
        replayed(database, applies=True, pages_url=None)


def test_a_watch_that_asked_for_another_page_then_says_nothing_of_it(
    lamp: Server, database: Database, rows: Rows
) -> None:
    check_with(database)
    rows("UPDATE pricewatch.watches SET url = url || '-blue', query = jsonb_build_object('url', url || '-blue')")
    assert replayed(database).counts == {ReplayKind.OTHER_PAGE: 1}


class TwoPages(RetailProvider):
    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        await fetch(PageRequest(url="http://shop.example/first"))
        return await super().check(watch, store, fetch)


class Broken(RetailProvider):
    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        raise ValueError("oh")


class Silent(RetailProvider):
    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        return replace(await super().check(watch, store, fetch), offer=None)


@pytest.mark.parametrize(
    ("readers", "says"),
    [
        ({"retail": TwoPages()}, "more pages than the one that is kept"),
        ({"retail": Broken()}, "ValueError: oh"),
        ({"retail": Silent()}, "gives no offer"),
        ({}, "no provider 'retail' is installed"),
    ],
)
def test_a_reader_that_cannot_corrects_nothing(
    readers: dict[str, Provider], says: str, lamp: Server, database: Database, rows: Rows
) -> None:
    check_with(database)
    report = replayed(database, applies=True, readers=readers)
    assert report.counts == {ReplayKind.FAILED: 1}
    assert says in (report.differences[0].reason or "")
    assert rows("SELECT FROM pricewatch.snapshot_corrections") == []


def test_interrupted_what_was_written_stays_and_the_rest_follows_another_time(
    shop: Server, database: Database, rows: Rows
) -> None:
    store_watches(database, watches_on(shop.base_url, 3))
    check_with(database)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replayed(database, applies=True, on_progress=stop)
    assert [row["price"] for row in rows(CURRENT)] == ["19.9900", "199.0000", "199.0000"]
    report = replayed(database, applies=True)
    assert report.counts == {ReplayKind.SAME: 1, ReplayKind.PRICE: 2}


def test_a_server_that_goes_away_in_the_middle_leaves_a_batch_whole_or_not_at_all(
    shop: Server, database: Database, rows: Rows
) -> None:
    store_watches(database, watches_on(shop.base_url, 3))
    check_with(database)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    report = replayed(database, applies=True, on_progress=lambda _: rows(others) and None)

    assert report.written == 3
    assert {row["price"] for row in rows(CURRENT)} == {"19.9900"}
    assert len(rows("SELECT FROM pricewatch.snapshot_corrections")) == 3


def test_a_page_without_its_cookies_says_so_where_it_reads_otherwise(database: Database) -> None:
    page = product()
    body = page.body + b"<script>document.cookie = 'visitor=abcdefgh42'</script>"
    with serve(lambda _: replace(page, body=body)) as shop:
        store_watches(database, watches_on(shop.base_url, 1))
        check_with(database)
    (difference,) = replayed(database).differences
    assert "without the values of its cookies" in (difference.reason or "")


@pytest.mark.parametrize("codec", ["windows-1251", "shift_jis", "utf-8", "koi8-r"])
def test_a_page_whose_header_alone_names_its_encoding_reads_the_same(
    codec: str, database: Database, rows: Rows
) -> None:
    text = product("990.00", currency="RUB", name="NAME").body.decode().replace("NAME", "Лампа настольная")
    reply = Reply(body=text.encode(codec), headers=[("content-type", f"text/html; charset={codec}")])
    with serve(lambda _: reply) as shop:
        store_watches(database, watches_on(shop.base_url, 1))
        check_with(database, lambda reading: reading)
    assert rows("SELECT last_title FROM pricewatch.watches") == [{"last_title": "Лампа настольная"}]
    assert replayed(database).counts == {ReplayKind.SAME: 1}


def test_watches_are_named_or_of_a_store_or_all(shop: Server, database: Database, rows: Rows) -> None:
    store_watches(database, watches_on(shop.base_url, 3))
    rows("INSERT INTO pricewatch.stores (store_id, name, domains) VALUES ('shop', 'Shop', '{}')")
    rows("UPDATE pricewatch.watches SET store_id = 'shop', archived_at = now() WHERE watch_id = 'w1'")
    with database.transaction() as connection:
        assert watches_asked_for(connection) == ["w0", "w1", "w2"]
        assert watches_asked_for(connection, store_id="shop") == ["w1"]
        assert watches_asked_for(connection, watch_ids=["w2", "w1", "w2"]) == ["w2", "w1"]
        with pytest.raises(NotFound, match="no such watch: w9"):
            watches_asked_for(connection, watch_ids=["w0", "w9"])
        with pytest.raises(NotFound, match="no such store: shpo; did you mean 'shop'"):
            watches_asked_for(connection, store_id="shpo")
