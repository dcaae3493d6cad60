"""Watch files into the table: what they say, no more, and nothing on a failed read."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.steer_watches import add_watch, pause_watches
from pricewatch_pipeline.services.sync_watches import SyncReport, sync_watches
from pricewatch_pipeline.storage.database import Database

Rows = Callable[..., list[dict[str, Any]]]

SHOP = """
stores:
  - {id: lamps, domains: [example-lamps.com], currency: EUR, politeness: {min_delay: 5s}, strategies: {price: "css:.price"}}
products:
  - {id: desk-lamp, title: Desk lamp, tags: [light], urls: ["https://example-lamps.com/desk"]}
watches:
  - {id: floor-lamp, url: "https://www.example-lamps.com/floor", every: 1h, target: 99.90}
"""


def live(rows: Rows) -> list[str]:
    return [r["watch_id"] for r in rows("SELECT watch_id FROM pricewatch.watches WHERE archived_at IS NULL ORDER BY 1")]


def test_what_a_file_says_is_what_the_table_holds(sync: Callable[..., SyncReport], rows: Rows) -> None:
    report = sync(shop=SHOP)
    assert sorted(report.created) == ["desk-lamp-example-lamps-com", "floor-lamp"]
    (floor,) = rows("SELECT * FROM pricewatch.watches WHERE watch_id = 'floor-lamp'")
    assert (floor["store_id"], floor["host"], floor["every_s"], str(floor["target_price"])) == (
        "lamps", "example-lamps.com", 3600, "99.9000",
    )  # fmt: skip
    assert (floor["source_file"], floor["source_line"]) == ("shop.yaml", 7)
    assert rows("SELECT product_id, tag FROM pricewatch.product_tags") == [{"product_id": "desk-lamp", "tag": "light"}]
    assert rows("SELECT host, min_delay_s FROM pricewatch.hosts") == [{"host": "example-lamps.com", "min_delay_s": 5.0}]


def test_a_second_sync_changes_nothing(sync: Callable[..., SyncReport], rows: Rows) -> None:
    sync(shop=SHOP)
    before = rows("SELECT watch_id, next_due_at, updated_at, xmin::text FROM pricewatch.watches ORDER BY 1")
    assert not sync().is_changed
    assert rows("SELECT watch_id, next_due_at, updated_at, xmin::text FROM pricewatch.watches ORDER BY 1") == before


def test_what_vanished_is_archived_with_its_history_and_comes_back(sync: Callable[..., SyncReport], rows: Rows) -> None:
    sync(shop=SHOP)
    rows(
        "INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price) VALUES ('floor-lamp', now(), now(), 5)"
    )
    assert sync(shop=SHOP.partition("watches:")[0]).archived == ("floor-lamp",)
    assert live(rows) == ["desk-lamp-example-lamps-com"]
    assert len(rows("SELECT 1 FROM pricewatch.price_snapshots")) == 1
    assert sync(shop=SHOP).updated == ("floor-lamp",)
    assert live(rows) == ["desk-lamp-example-lamps-com", "floor-lamp"]


def test_a_removed_file_archives_what_it_managed(sync: Callable[..., SyncReport], rows: Rows) -> None:
    sync(shop=SHOP, other='watches: [{id: other, url: "https://other.example/1"}]')
    assert sync(other=None).archived == ("other",)
    assert live(rows) == ["desk-lamp-example-lamps-com", "floor-lamp"]


@pytest.mark.parametrize(
    "broken",
    ["watches: [", "watches:\n  - {id: floor-lamp, url: 'https://x.example/', every: 10s}\n", "watchs: []", "\x00"],
)
def test_a_broken_file_changes_nothing_and_says_where(sync: Callable[..., SyncReport], rows: Rows, broken: str) -> None:
    sync(shop=SHOP)
    before = rows("SELECT * FROM pricewatch.watches ORDER BY watch_id")
    report = sync(shop=broken, good='watches: [{id: good, url: "https://good.example/1"}]')
    assert report.issues
    assert all(issue.startswith("watches/shop.yaml:") for issue in report.issues)
    assert report.created == ("good",)
    assert rows("SELECT * FROM pricewatch.watches WHERE watch_id <> 'good' ORDER BY watch_id") == before


def test_a_folder_that_cannot_be_read_changes_nothing(
    sync: Callable[..., SyncReport], database: Database, rows: Rows
) -> None:
    sync(shop=SHOP)
    with pytest.raises(ConfigurationError, match="there is no watch folder"):
        sync_watches(database, Path("/nowhere/watches"), providers=providers())
    assert len(live(rows)) == 2


def test_a_bad_time_zone_is_isolated_to_its_watch(sync: Callable[..., SyncReport], rows: Rows) -> None:
    report = sync(
        zones='watches: [{id: lost, url: "https://a.example/1", cron: "0 9 * * *", timezone: Mars/Olympus},'
        ' {id: fine, url: "https://a.example/2"}]'
    )
    assert (sorted(report.created), report.issues) == (["fine", "lost"], ())
    assert "Mars/Olympus" in report.warnings[0]
    assert rows("SELECT watch_id, is_active FROM pricewatch.watches ORDER BY 1") == [
        {"watch_id": "fine", "is_active": True},
        {"watch_id": "lost", "is_active": False},
    ]


def test_a_changed_schedule_starts_anew_and_a_changed_title_does_not(
    sync: Callable[..., SyncReport], rows: Rows
) -> None:
    sync(shop=SHOP)
    rows(
        "UPDATE pricewatch.watches SET slot_at = now() + interval '50 minutes', next_due_at = now() + interval '50 minutes'"
    )
    waiting = "SELECT next_due_at - now() > interval '40 minutes' AS is_waiting FROM pricewatch.watches WHERE watch_id = 'floor-lamp'"
    assert sync(shop=SHOP.replace("every: 1h", "every: 1h, title: Floor lamp")).updated == ("floor-lamp",)
    assert rows(waiting) == [{"is_waiting": True}]
    assert sync(shop=SHOP.replace("every: 1h", "every: 2h")).updated == ("floor-lamp",)
    assert rows(waiting) == [{"is_waiting": False}]


def test_a_pause_by_command_outlives_a_sync(sync: Callable[..., SyncReport], database: Database, rows: Rows) -> None:
    sync(shop=SHOP)
    pause_watches(database, ["floor-lamp"])
    sync(shop=SHOP.replace("every: 1h", "every: 2h"))
    assert rows("SELECT is_active FROM pricewatch.watches WHERE watch_id = 'floor-lamp'") == [{"is_active": False}]


def test_an_id_that_a_command_made_is_not_taken_over(
    sync: Callable[..., SyncReport], database: Database, rows: Rows
) -> None:
    add_watch(database, {"id": "floor-lamp", "url": "https://mine.example/1"}, providers=providers())
    report = sync(shop=SHOP, good='watches: [{id: good, url: "https://good.example/1"}]')
    assert "floor-lamp" in report.issues[0]
    assert "command" in report.issues[0]
    assert live(rows) == ["floor-lamp", "good"]
    assert rows("SELECT url FROM pricewatch.watches WHERE watch_id = 'floor-lamp'") == [
        {"url": "https://mine.example/1"}
    ]


def test_a_watch_may_move_from_one_file_to_another(sync: Callable[..., SyncReport], rows: Rows) -> None:
    sync(a='watches: [{id: lamp, url: "https://a.example/1"}]', b="# nothing yet\n")
    (before,) = rows("SELECT next_due_at FROM pricewatch.watches")
    report = sync(a="# moved\n", b='watches: [{id: lamp, url: "https://a.example/1"}]')
    assert (report.updated, report.archived, report.issues) == (("lamp",), (), ())
    assert rows("SELECT source_file, next_due_at FROM pricewatch.watches") == [{"source_file": "b.yaml", **before}]


def test_ten_thousand_watches_are_written_in_chunks(sync: Callable[..., SyncReport], rows: Rows) -> None:
    lines = "\n".join(f'  - {{id: w{n}, url: "https://s{n % 97}.example/{n}"}}' for n in range(10_000))
    report = sync(many=f"watches:\n{lines}\n")
    assert len(report.created) == 10_000
    assert rows("SELECT count(*) AS n, count(DISTINCT host) AS hosts FROM pricewatch.watches") == [
        {"n": 10_000, "hosts": 97}
    ]
    late = rows(
        "SELECT count(*) AS n FROM pricewatch.watches WHERE next_due_at > now() + :soon", soon=timedelta(minutes=1)
    )
    assert late == [{"n": 0}]


def test_a_file_whose_name_is_not_utf_8_is_read_like_any_other(sync: Callable[..., SyncReport], rows: Rows) -> None:
    latin = os.fsdecode(b"caf\xe9")
    report = sync(**{latin: 'watches: [{id: lamp, url: "https://a.example/1"}]'})
    assert (report.created, report.issues) == (("lamp",), ())
    assert sync().updated == ()
    assert rows("SELECT source_file FROM pricewatch.watches") == [{"source_file": "caf�.yaml"}]
    assert sync(**{latin: "watches: [{id: X}]"}).issues[0].startswith("watches/caf�.yaml:1:")
    assert live(rows) == ["lamp"]


def test_a_sync_remarks_on_what_is_new_and_not_again(sync: Callable[..., SyncReport]) -> None:
    matrix = """
watches:
  - id: ny
    provider: google_flights
    query: {origins: LHR, destinations: JFK, departs: 2127-01-15..2127-01-19, matrix: true}
"""
    first = sync(flights=matrix)
    assert [remark.partition(" (")[0] for remark in first.remarks] == ["ny: stands for 5 combinations"]
    assert first.warnings == ()
    assert sync(flights=matrix).remarks == ()
