"""What operators do to watches by command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.errors import ConfigurationError, ManagedByFile, NotFound, WatchFileError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.steer_watches import (
    add_watch,
    edit_watch,
    entry_of,
    pause_watches,
    remove_watches,
    resume_watches,
)
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.storage import watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]

LAMP: dict[str, Any] = {
    "id": "lamp",
    "url": "https://lamps.example/1",
    "every": "1h",
    "target": "99.90",
    "tags": ["light"],
}


def add(database: Database, **fields: Any) -> str:
    return add_watch(database, {**LAMP, **fields}, providers=providers())


def test_an_added_watch_is_due_at_once(database: Database, rows: Rows) -> None:
    assert add(database) == "lamp"
    (row,) = rows("SELECT *, next_due_at <= now() AS is_due FROM pricewatch.watches")
    assert (row["every_s"], row["host"], row["tags"], row["is_due"], row["source_file"]) == (
        3600, "lamps.example", ["light"], True, None,
    )  # fmt: skip


def test_an_id_is_given_once(database: Database) -> None:
    add(database)
    with pytest.raises(ConfigurationError, match="there is a watch 'lamp' already"):
        add(database, url="https://other.example/")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"every": "30s"}, "every: "),
        ({"url": "file:///etc/passwd"}, "http"),
        ({"id": "Not An Id"}, "id: "),
        ({"provider": "telepathy"}, "provider: "),
        ({"store": "nowhere"}, "store: "),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(database: Database, rows: Rows, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(WatchFileError, match=said):
        add(database, **fields)
    assert rows("SELECT 1 FROM pricewatch.watches") == []


DISTANCES = {"at_least_apart": "4h", "retry_first": "1h", "news_first": "30d"}


def test_editing_changes_what_was_said_and_keeps_the_rest(database: Database) -> None:
    add(database, title="Lamp")
    edit_watch(
        database,
        "lamp",
        {"cron": "0 9 * * *", "timezone": "Europe/Berlin", "title": None, **DISTANCES},
        providers=providers(),
    )
    entry = entry_of(database.run(lambda connection: watches.definition(connection, "lamp")))
    assert entry == {
        "id": "lamp",
        "provider": "retail",
        "query": {"url": "https://lamps.example/1"},
        "tags": ["light"],
        "cron": "0 9 * * *",
        "timezone": "Europe/Berlin",
        "target": "99.9",
        **DISTANCES,
    }


def test_a_pause_takes_a_watch_out_and_resuming_makes_it_due(database: Database, rows: Rows) -> None:
    add(database)
    rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour'")
    assert (pause_watches(database, ["lamp"]), pause_watches(database, ["lamp"])) == (["lamp"], [])
    assert rows("SELECT is_active FROM pricewatch.watches") == [{"is_active": False}]
    assert resume_watches(database, ["lamp"]) == ["lamp"]
    assert rows("SELECT is_active, next_due_at <= now() AS is_due FROM pricewatch.watches") == [
        {"is_active": True, "is_due": True}
    ]


def test_resuming_lifts_a_quarantine(database: Database, rows: Rows) -> None:
    add(database)
    rows("UPDATE pricewatch.watches SET quarantined_at = now(), consecutive_failures = 12")
    resume_watches(database, ["lamp"])
    assert rows("SELECT quarantined_at, consecutive_failures FROM pricewatch.watches") == [
        {"quarantined_at": None, "consecutive_failures": 0}
    ]


def test_a_removed_watch_keeps_its_history_and_its_id_is_free(database: Database, rows: Rows) -> None:
    add(database)
    rows(
        "INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price) VALUES ('lamp', now(), now(), 5)"
    )
    assert remove_watches(database, ["lamp"]) == ["lamp"]
    assert len(rows("SELECT 1 FROM pricewatch.price_snapshots")) == 1
    assert add(database) == "lamp"


@pytest.mark.parametrize("steer", [pause_watches, resume_watches, remove_watches])
def test_an_unknown_id_changes_nothing(database: Database, rows: Rows, steer: Callable[..., Any]) -> None:
    add(database)
    with pytest.raises(NotFound, match="no such watch: nope"):
        steer(database, ["lamp", "nope"])
    assert rows("SELECT is_active FROM pricewatch.watches") == [{"is_active": True}]


def test_what_a_file_manages_is_changed_in_the_file(database: Database, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text('watches:\n  - {id: lamp, url: "https://lamps.example/1"}\n', encoding="utf-8")
    sync_watches(database, tmp_path, providers=providers())
    with pytest.raises(ManagedByFile, match=r"managed by shop\.yaml \(line 2\)"):
        edit_watch(database, "lamp", {"every": "2h"}, providers=providers())
    with pytest.raises(ManagedByFile):
        remove_watches(database, ["lamp"])


def test_another_address_begins_with_no_failures(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 1, schedule=EVERY_HOUR))
    rows("UPDATE pricewatch.watches SET quarantined_at = now(), consecutive_failures = 12")
    edit_watch(database, "w0", {"title": "the same page"}, providers=providers())
    assert rows("SELECT consecutive_failures FROM pricewatch.watches") == [{"consecutive_failures": 12}]
    edit_watch(database, "w0", {"url": "https://shop.example/moved"}, providers=providers())
    assert rows("SELECT quarantined_at, consecutive_failures FROM pricewatch.watches") == [
        {"quarantined_at": None, "consecutive_failures": 0}
    ]
