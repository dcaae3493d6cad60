"""A host has the gentlest pace that the stores of its watches ask for: whoever wrote last, and also when a store goes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.steer_watches import add_watch, edit_watch, remove_watches
from pricewatch_pipeline.services.sync_watches import SyncReport, sync_watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.host_pace import settle_pace

Rows = Callable[..., list[dict[str, Any]]]
Sync = Callable[..., SyncReport]

SLOW = "stores: [{id: slow, domains: [slow.shop.de], politeness: {min_delay: 5s, burst: 4, concurrency: 6}}]\n"
QUICK = "stores: [{id: quick, domains: [quick.shop.de], politeness: {min_delay: 0.5s, burst: 9, concurrency: 1}}]\n"
SLOW_WATCH = "watches: [{id: a, url: 'https://slow.shop.de/1'}]\n"
QUICK_WATCH = "watches: [{id: b, url: 'https://quick.shop.de/1'}]\n"
DEFAULTS = (1.0, 1, 2)


@pytest.fixture
def sync(database: Database, tmp_path: Path) -> Sync:
    def run(**files: str | None) -> SyncReport:
        for name, content in files.items():
            path = tmp_path / f"{name}.yaml"
            path.unlink() if content is None else path.write_text(content, encoding="utf-8")
        return sync_watches(database, tmp_path, providers=providers())

    return run


def pace(rows: Rows, host: str = "shop.de") -> tuple[float, int, int]:
    (row,) = rows("SELECT min_delay_s, burst, concurrency FROM pricewatch.hosts WHERE host = :host", host=host)
    return row["min_delay_s"], row["burst"], row["concurrency"]


@pytest.mark.parametrize("first", ["slow", "quick"])
def test_stores_that_share_a_host_agree_on_the_gentlest_whoever_came_last(sync: Sync, rows: Rows, first: str) -> None:
    texts = {"slow": SLOW + SLOW_WATCH, "quick": QUICK + QUICK_WATCH}
    sync(**{first: texts.pop(first)})
    sync(**texts)
    assert pace(rows) == (5.0, 4, 1)


def test_a_store_that_changes_alone_reaches_its_hosts(sync: Sync, rows: Rows) -> None:
    sync(shops=SLOW, mine=SLOW_WATCH)
    assert pace(rows) == (5.0, 4, 6)
    report = sync(shops=SLOW.replace("5s", "2s").replace("burst: 4", "burst: 2"))
    assert not report.is_changed
    assert pace(rows) == (2.0, 2, 6)


def test_the_pace_of_a_store_goes_with_its_last_watch(sync: Sync, rows: Rows) -> None:
    sync(slow=SLOW + SLOW_WATCH, quick=QUICK + QUICK_WATCH)
    sync(slow=SLOW)
    assert pace(rows) == (0.5, 9, 1)


def test_a_removed_store_leaves_no_pace_behind(sync: Sync, rows: Rows) -> None:
    sync(shops=SLOW, mine=SLOW_WATCH)
    sync(shops=None)
    assert pace(rows) == DEFAULTS


def test_a_store_of_a_file_counts_for_watches_made_by_command(database: Database, sync: Sync, rows: Rows) -> None:
    sync(shops=SLOW)
    add_watch(database, {"id": "mine", "url": "https://slow.shop.de/2"}, providers=providers())
    assert pace(rows) == (5.0, 4, 6)
    sync(shops=SLOW.replace("5s", "7s"))
    assert pace(rows) == (7.0, 4, 6)


def test_editing_a_watch_settles_the_host_it_leaves_and_the_one_it_goes_to(
    database: Database, sync: Sync, rows: Rows
) -> None:
    other = "\n  - {id: other, domains: [other.de], politeness: {min_delay: 3s}}"
    sync(shops="stores:\n  - {id: slow, domains: [slow.shop.de], politeness: {min_delay: 5s}}" + other)
    add_watch(database, {"id": "mine", "url": "https://slow.shop.de/2"}, providers=providers())
    edit_watch(database, "mine", {"url": "https://other.de/2"}, providers=providers())
    assert (pace(rows), pace(rows, "other.de")) == (DEFAULTS, (3.0, 1, 2))


def test_removing_a_watch_by_command_settles_its_host(database: Database, sync: Sync, rows: Rows) -> None:
    sync(shops=SLOW)
    add_watch(database, {"id": "mine", "url": "https://slow.shop.de/2"}, providers=providers())
    remove_watches(database, ["mine"])
    assert pace(rows) == DEFAULTS


def test_only_the_hosts_that_are_named_are_settled(database: Database, rows: Rows) -> None:
    rows("INSERT INTO pricewatch.hosts (host, min_delay_s) VALUES ('a.de', 9), ('b.de', 9)")
    assert database.run(lambda connection: settle_pace(connection, ["a.de", "unknown.de"])) == 1
    assert (pace(rows, "a.de")[0], pace(rows, "b.de")[0]) == (1.0, 9.0)


SEC_STORE = "stores: [{{id: edgar, domains: [sec.gov], politeness: {{{0}}}}}]\n"
INSIDERS = "watches: [{id: aapl, provider: sec_form4, query: {company: AAPL}}]\n"


@pytest.mark.parametrize(
    ("says", "due"),
    [
        (None, (0.125, 1, 2)),
        ("min_delay: 0.5s, burst: 4, concurrency: 3", (0.5, 4, 3)),
        ("min_delay: 0.02s, burst: 50", (0.111111, 1, 2)),
        ("min_delay: 0.125s, burst: 50", (0.125, 2, 2)),
    ],
)
def test_insider_watches_bring_the_pace_of_their_host_and_a_store_may_only_make_it_slower(
    sync: Sync, rows: Rows, says: str | None, due: tuple[float, int, int]
) -> None:
    sync(mine=(SEC_STORE.format(says) if says else "") + INSIDERS)
    assert pace(rows, "sec.gov") == pytest.approx(due, abs=1e-5)
    sync(mine=None)
    assert pace(rows, "sec.gov") == (0.125, 1, 2)


def test_a_host_of_a_provider_has_its_pace_whoever_asks_it(sync: Sync, rows: Rows) -> None:
    page = "watches: [{id: page, url: 'https://www.sec.gov/about'}]\n"
    sync(mine=page)
    assert pace(rows, "sec.gov") == (0.125, 1, 2)
    sync(mine=SEC_STORE.format("min_delay: 0.02s, burst: 50") + page)
    assert pace(rows, "sec.gov") == pytest.approx((0.111111, 1, 2), abs=1e-5)
