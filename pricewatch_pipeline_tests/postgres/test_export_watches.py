"""Exports: what comes out goes in again, by sync and by import, and says the same."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pricewatch_pipeline.importing.read import read_import
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.export_watches import ExportFormat, collect, written
from pricewatch_pipeline.services.import_watches import import_rows
from pricewatch_pipeline.services.sync_watches import SyncReport, sync_watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.foreign_exports import CHANGEDETECTION, COSTCOURTER, PRICEBUDDY

Rows = Callable[..., list[dict[str, Any]]]

EVERYTHING = """
stores:
  - {id: lamps, name: "=Lamps", domains: [lamps.de], currency: EUR, fetcher: auto, politeness: {min_delay: 5s}, strategies: {price: "css:.price"}}
products:
  - {id: desk-lamp, title: Desk lamp, tags: [light], primary: desk, favourite: true, pack: 2 pieces, notes: "# not a remark"}
watches:
  - {id: desk, url: "https://www.lamps.de/desk", product: desk-lamp, cron: "0 9 * * mon-fri", timezone: Europe/Berlin, target: {amount: 49.90, currency: EUR}}
  - {id: floor, query: {url: "https://lamps.de/floor", variant: red}, title: "yes: or 12:30", tags: ["no", "=1+1"], every: 1h30m, target: 5, paused: true,
     active: [{days: mon-fri, from: "08:00", to: "20:00"}], priority: 3, alert_cooldown: 2h, plausibility: {max_rise: 80%}}
alerts:
  - {id: cheap, below: 40 EUR, for: {product: desk-lamp}, to: [mail]}
  - {lowest: 90d, for: {tag: light}, cooldown: 1d, quiet: {from: "22:00", to: "07:00"}}
"""
DEFINITIONS = """
    SELECT 'watch' AS kind, watch_id AS id, to_jsonb(w) - '{source_file,source_line,created_at,updated_at,slot_at,next_due_at}'::text[] AS it
    FROM pricewatch.watches w
    UNION ALL SELECT 'store', store_id, to_jsonb(s) - '{source_file,source_line,created_at,updated_at}'::text[] FROM pricewatch.stores s
    UNION ALL SELECT 'product', product_id, to_jsonb(p) - '{source_file,source_line,created_at,updated_at}'::text[] FROM pricewatch.products p
    UNION ALL SELECT 'tag', product_id, to_jsonb(t) FROM pricewatch.product_tags t
    UNION ALL SELECT 'rule', rule_id, to_jsonb(r) - '{source_file,source_line,created_at,updated_at}'::text[] FROM pricewatch.alert_rules r
    ORDER BY 1, 2
"""


def _sync(database: Database, folder: Path, text: str, name: str = "all.yaml") -> SyncReport:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return sync_watches(database, folder, providers=providers())


def _export(database: Database, kind: ExportFormat = ExportFormat.YAML, **choice: Any) -> str:
    return "".join(written(collect(database, **choice), kind))


def _import(database: Database, data: bytes, **options: Any) -> list[str]:
    rows = read_import(io.BytesIO(data), **options)
    return [row.result for row in import_rows(database, rows, providers=providers())]


def _forget_files(rows: Rows) -> None:
    for table in ("watches", "stores", "products", "alert_rules"):
        rows(f"UPDATE pricewatch.{table} SET source_file = NULL, source_line = NULL")


def test_an_export_syncs_into_an_empty_database_and_says_the_same(
    database: Database, rows: Rows, tmp_path: Path
) -> None:
    assert _sync(database, tmp_path / "first", EVERYTHING).issues == ()
    before = rows(DEFINITIONS)
    text = _export(database, with_files=True)
    assert '# in "all.yaml", line 3\n' in text
    for table in ("watches", "product_tags", "products", "stores"):
        rows(f"DELETE FROM pricewatch.{table}")
    rows("DELETE FROM pricewatch.alert_rules WHERE source_file IS NOT NULL")
    assert _sync(database, tmp_path / "second", text).issues == ()
    assert rows(DEFINITIONS) == before


def test_a_file_takes_over_what_it_says_unchanged(database: Database, rows: Rows, tmp_path: Path) -> None:
    _sync(database, tmp_path / "first", EVERYTHING)
    _forget_files(rows)
    before, schedule = (
        rows(DEFINITIONS),
        rows("SELECT watch_id, slot_at, next_due_at FROM pricewatch.watches ORDER BY 1"),
    )
    report = _sync(database, tmp_path / "second", _export(database))
    assert (report.issues, report.created, sorted(report.updated)) == ((), (), ["desk", "floor"])
    assert rows(DEFINITIONS) == before
    assert rows("SELECT watch_id, slot_at, next_due_at FROM pricewatch.watches ORDER BY 1") == schedule
    assert rows("SELECT DISTINCT source_file FROM pricewatch.watches") == [{"source_file": "all.yaml"}]


def test_a_file_that_says_otherwise_of_a_commands_watch_is_refused_and_says_of_what(
    database: Database, rows: Rows, tmp_path: Path
) -> None:
    _import(database, b"https://shop.de/lamp")
    text = _export(database)
    report = _sync(
        database,
        tmp_path / "f",
        text.replace("- id: shop-de-lamp", "- id: shop-de-lamp\n  title: Other\n  priority: 3"),
    )
    (issue,) = report.issues
    assert "watch 'shop-de-lamp' belongs to a command, which says otherwise of title, priority" in issue
    assert rows("SELECT title, source_file FROM pricewatch.watches") == [{"title": None, "source_file": None}]


@pytest.mark.parametrize(
    "source", [CHANGEDETECTION / "watches.json", COSTCOURTER, PRICEBUDDY], ids=lambda path: path.name
)
def test_what_was_imported_is_exported_for_a_watch_folder(
    database: Database, rows: Rows, tmp_path: Path, source: Path
) -> None:
    _import(database, source.read_bytes())
    before = rows(DEFINITIONS)
    assert _sync(database, tmp_path / "f", _export(database)).issues == ()
    assert rows(DEFINITIONS) == before


def test_json_comes_back_by_import(database: Database, rows: Rows, tmp_path: Path) -> None:
    _sync(database, tmp_path / "f", EVERYTHING)
    data = _export(database, ExportFormat.JSON, with_files=True).encode()
    before = rows(DEFINITIONS)
    for table in ("watches", "product_tags", "products", "stores"):
        rows(f"DELETE FROM pricewatch.{table}")
    rows("DELETE FROM pricewatch.alert_rules WHERE source_file IS NOT NULL")
    assert set(_import(database, data)) == {"created"}
    assert rows(DEFINITIONS) == before
    assert set(_import(database, data)) == {"skipped"}


def test_csv_comes_back_by_import_and_holds_no_formula(database: Database, rows: Rows) -> None:
    _import(
        database,
        b'[{"url": "https://shop.de/lamp", "title": "-20 % lamp", "tags": ["a", "b"], "target": 5.5, "every": "2h"}]',
    )
    rows("UPDATE pricewatch.watches SET last_price = 7.5, last_currency = 'EUR', last_availability = 'InStock'")
    text = _export(database, ExportFormat.CSV)
    header, line = text.splitlines()
    assert header.startswith("id,url,title,")
    assert line.startswith("shop-de-lamp,https://shop.de/lamp,'-20 % lamp,")
    assert ",7.5,EUR,InStock," in line
    assert _import(database, text.encode(), name="x.csv") == ["skipped"]
    rows("DELETE FROM pricewatch.watches")
    assert _import(database, text.encode(), name="x.csv") == ["created"]
    assert rows("SELECT watch_id, title, tags, every_s, target_price::float FROM pricewatch.watches") == [
        {"watch_id": "shop-de-lamp", "title": "-20 % lamp", "tags": ["a", "b"], "every_s": 7200, "target_price": 5.5}
    ]


def test_urls_are_what_changedetection_takes(database: Database) -> None:
    _import(database, b"https://shop.de/lamp light, desk\nhttps://shop.de/kettle")
    assert _export(database, ExportFormat.URLS) == "https://shop.de/kettle\nhttps://shop.de/lamp light, desk\n"


FLIGHTS = """
watches:
  - id: christmas
    provider: google_flights
    query: {origins: [LHR, LGW], destinations: JFK, departs: 2027-12-20, stay: 10, cabin: business, currency: GBP}
    target: {amount: 900, currency: GBP}
  - id: summer
    provider: google_flights
    query: {origins: LHR, destinations: [JFK, EWR], departs: 2027-06-01..2027-06-10, stay: 7..8, matrix: true, adults: 2}
    every: 1d
"""


def test_flights_are_exported_as_a_person_would_write_them(database: Database, rows: Rows, tmp_path: Path) -> None:
    assert _sync(database, tmp_path / "first", FLIGHTS).issues == ()
    before = rows(DEFINITIONS)
    text = _export(database, with_files=True)
    entries = {entry["id"]: entry for entry in yaml.safe_load(text)["watches"]}
    assert set(entries["christmas"]["query"]) == {"origins", "destinations", "departs", "stay", "cabin", "currency"}
    assert set(entries["summer"]["query"]) == {"origins", "destinations", "departs", "stay", "matrix", "adults"}
    assert (entries["summer"]["query"]["departs"], entries["summer"]["every"]) == ("2027-06-01..2027-06-10", "1d")
    rows("DELETE FROM pricewatch.watches")
    assert _sync(database, tmp_path / "second", text).issues == ()
    assert rows(DEFINITIONS) == before
    as_json = _export(database, ExportFormat.JSON, with_files=True).encode()
    rows("DELETE FROM pricewatch.watches")
    assert _import(database, as_json) == ["created", "created"]
    assert rows(DEFINITIONS) == before


def test_a_list_of_pages_has_no_page_for_a_matrix_of_searches(database: Database, tmp_path: Path) -> None:
    _sync(database, tmp_path / "f", FLIGHTS)
    (line,) = _export(database, ExportFormat.URLS, with_files=True).splitlines()
    assert line.startswith("https://www.google.com/travel/flights/search?tfs=")
    christmas, summer = csv.DictReader(io.StringIO(_export(database, ExportFormat.CSV, with_files=True)))
    assert (christmas["url"], summer["url"]) == (line, "")


def test_a_tag_chooses_what_belongs_to_it(database: Database, rows: Rows, tmp_path: Path) -> None:
    _sync(database, tmp_path / "f", EVERYTHING + "  - {id: back, when: back_in_stock, for: {watch: floor}}\n")
    _import(database, b"https://other.de/kettle kitchen")
    _forget_files(rows)
    found = json.loads(_export(database, ExportFormat.JSON, tag="light"))
    assert {name: [entry["id"] for entry in entries] for name, entries in found.items()} == {
        "stores": ["lamps"], "products": ["desk-lamp"], "watches": ["desk"], "alerts": ["cheap", "tag-light-lowest"],
    }  # fmt: skip


def test_what_files_manage_is_left_to_them(database: Database, tmp_path: Path) -> None:
    _sync(database, tmp_path / "f", EVERYTHING)
    assert _export(database) == "watches: []\n"
    assert _sync(database, tmp_path / "f", _export(database), "export.yaml").issues == ()
