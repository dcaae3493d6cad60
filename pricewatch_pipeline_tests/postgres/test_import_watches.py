"""Imports into the tables: what becomes of each row, twice over, beside others, and cut off in the middle."""

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.errors import ScheduleError
from pricewatch_pipeline.importing.read import read_import
from pricewatch_pipeline.importing.tags import read_tags
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.import_reports import Imported, report_lines
from pricewatch_pipeline.services.import_watches import CHUNK, ImportOptions, import_rows
from pricewatch_pipeline.services.steer_watches import add_watch, remove_watches
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.foreign_exports import CHANGEDETECTION, COSTCOURTER, PRICEBUDDY

Rows = Callable[..., list[dict[str, Any]]]
Import = Callable[..., list[Imported]]

STATE = """
    SELECT 'watch', watch_id AS id, xmin::text, md5(w::text) FROM pricewatch.watches w
    UNION ALL SELECT 'store', store_id, xmin::text, md5(s::text) FROM pricewatch.stores s
    UNION ALL SELECT 'product', product_id, xmin::text, md5(p::text) FROM pricewatch.products p
    UNION ALL SELECT 'rule', rule_id, xmin::text, md5(r::text) FROM pricewatch.alert_rules r
    UNION ALL SELECT 'snapshot', watch_id || slot_at, xmin::text, md5(n::text) FROM pricewatch.price_snapshots n
    UNION ALL SELECT 'change', watch_id || began_at, '', md5(c::text) FROM pricewatch.price_changes c
    ORDER BY 1, 2
"""


@pytest.fixture
def bring(database: Database) -> Import:
    """Imports a text, bytes or a file; the report."""

    def run(data: str | bytes | Path, *, tags: dict[str, str] | None = None, **options: Any) -> list[Imported]:
        content = data.read_bytes() if isinstance(data, Path) else data.encode() if isinstance(data, str) else data
        rows = read_import(io.BytesIO(content), tags=tags)
        return list(import_rows(database, rows, providers=providers(), options=ImportOptions(**options)))

    return run


def results(report: list[Imported]) -> list[tuple[str, str | None]]:
    return [(row.result, row.id) for row in report]


def test_a_list_of_urls_becomes_watches_with_stores(bring: Import, rows: Rows) -> None:
    report = bring(
        "https://www.shop.de/p/lamp?utm_source=x light\nhttps://shop.de/p/kettle\nhttps://other.de/\n", tags=None
    )
    assert results(report) == [("created", "shop-de-lamp"), ("created", "shop-de-kettle"), ("created", "other-de")]
    assert rows("SELECT watch_id, url, store_id, tags, source_file FROM pricewatch.watches ORDER BY 1") == [
        {"watch_id": "other-de", "url": "https://other.de/", "store_id": "other-de", "tags": [], "source_file": None},
        {"watch_id": "shop-de-kettle", "url": "https://shop.de/p/kettle", "store_id": "shop-de", "tags": [], "source_file": None},
        {"watch_id": "shop-de-lamp", "url": "https://www.shop.de/p/lamp", "store_id": "shop-de", "tags": ["light"], "source_file": None},
    ]  # fmt: skip
    assert rows("SELECT store_id, domains, min_delay_s FROM pricewatch.stores ORDER BY 1") == [
        {"store_id": "other-de", "domains": ["other.de"], "min_delay_s": 1.0},
        {"store_id": "shop-de", "domains": ["shop.de"], "min_delay_s": 1.0},
    ]


def test_a_row_that_is_wrong_stops_no_other(bring: Import) -> None:
    report = bring(
        "url,title,target,every,tags\n"
        "https://shop.de/1,ok,,,\n"
        "file:///etc/passwd,,,,\n"
        "https://user:secret@shop.de/2,,,,\n"
        "https://shop.de/3,,5,10s,\n"
        f"https://shop.de/4,,,,{'x' * 100}\n"
        "https://shop.de/5,,,never,\n"
        "https://shop.de/6,ok,,1h,\n"
    )
    assert [(row.place, row.result) for row in report if not row.is_fault] == [
        ("line 2", "created"),
        ("line 8", "created"),
    ]
    why = {row.place: row.why or "" for row in report if row.is_fault}
    assert list(why) == ["line 3", "line 4", "line 5", "line 6", "line 7"]
    assert "http" in why["line 3"]
    assert "user name or password" in why["line 4"]
    assert why["line 5"].startswith("every: ")
    assert why["line 6"].startswith("tags")
    assert "not a duration" in why["line 7"]


def test_duplicate_urls_are_one_watch(bring: Import, rows: Rows) -> None:
    report = bring(
        "https://shop.de/p?id=1&utm_source=a\nhttp://SHOP.de/p?id=1#top\nhttps://shop.de/p?gclid=5&id=1\nhttps://shop.de/p?id=2"
    )
    assert [row.result for row in report] == ["created", "skipped", "skipped", "created"]
    assert report[1].why == "the same page as a row before it"
    assert not any(row.is_fault for row in report)
    assert len(rows("SELECT 1 FROM pricewatch.watches")) == 2


@pytest.mark.parametrize(
    "source",
    [CHANGEDETECTION / "watches.json", CHANGEDETECTION / "watch_list.json", CHANGEDETECTION / "urls.txt", COSTCOURTER, PRICEBUDDY],
    ids=lambda path: path.name,
)  # fmt: skip
def test_a_second_import_changes_nothing(bring: Import, rows: Rows, source: Path) -> None:
    tags = read_tags(CHANGEDETECTION / "tags.json")
    first = bring(source, tags=tags)
    before = rows(STATE)
    second = bring(source, tags=tags)
    assert any(row.result == "created" for row in first)
    assert {row.result for row in second} == {"skipped"}
    assert rows(STATE) == before


def test_what_changedetection_wrote(bring: Import, rows: Rows) -> None:
    report = bring(CHANGEDETECTION / "watches.json", tags=read_tags(CHANGEDETECTION / "tags.json"))
    assert [row.result for row in report] == ["created", "created", "skipped"]
    assert report[1].notes == ("not carried over: notification_urls, notification_title",)
    assert report[2].why == "no price watch: its processor is 'text_json_diff'"
    assert rows("SELECT title, url, every_s, tags, is_paused FROM pricewatch.watches ORDER BY title DESC") == [
        {"title": "Kettle 1.7 l", "url": "https://shop.example/p/kettle-1.7l", "every_s": 21600, "tags": ["Kitchen"], "is_paused": True},
        {"title": "Kaffeemühle", "url": "https://laden.example/artikel/4711", "every_s": 86400, "tags": [], "is_paused": True},
    ]  # fmt: skip


def test_rules_and_mutes_of_changedetection(bring: Import, rows: Rows) -> None:
    settings = {"price_change_min": 90, "price_change_threshold_percent": 5, "follow_price_changes": True}
    watch = {"url": "https://shop.de/a", "processor": "restock_diff", "processor_config_restock_diff": settings}
    bring(json.dumps({**watch, "notification_muted": True}))
    assert rows("SELECT target_price, muted_until > '9999-01-01' AS is_muted FROM pricewatch.watches") == [
        {"target_price": Decimal(90), "is_muted": True}
    ]
    found = rows("SELECT rule_id, kind, scope_id, params FROM pricewatch.alert_rules WHERE scope = 'watch' ORDER BY 1")
    assert [(rule["rule_id"], rule["params"]["share"]) for rule in found] == [
        ("shop-de-a-drop", "0.05"), ("shop-de-a-rise", "0.05"),
    ]  # fmt: skip
    rows("DELETE FROM pricewatch.alert_rules WHERE rule_id = 'shop-de-a-rise'")
    rows("UPDATE pricewatch.alert_rules SET archived_at = now() WHERE rule_id = 'shop-de-a-drop'")
    assert results(bring(json.dumps(watch))) == [("updated", "shop-de-a")]
    live = rows("SELECT rule_id FROM pricewatch.alert_rules WHERE scope = 'watch' AND archived_at IS NULL")
    assert live == [{"rule_id": "shop-de-a-rise"}]


def test_a_catalog_of_costcourter_comes_with_its_past(bring: Import, rows: Rows) -> None:
    report = bring(COSTCOURTER)
    assert [(row.what, row.result) for row in report] == [
        ("product", "created"), ("store", "created"), ("watch", "created"), ("store", "created"), ("watch", "created"),
    ]  # fmt: skip
    assert [row.past_prices for row in report] == [0, 0, 2, 0, 1]
    (product,) = rows("SELECT * FROM pricewatch.products")
    assert (product["is_favourite"], product["primary_watch_id"], product["notes"]) == (
        True, "www-shop-example-kettle", "For the office.",
    )  # fmt: skip
    watches = rows(
        "SELECT watch_id, product_id, store_id, target_price, is_paused FROM pricewatch.watches ORDER BY 1 DESC"
    )
    assert [tuple(row.values()) for row in watches] == [
        ("www-shop-example-kettle", "kettle-1-7-l", "shop-example", Decimal("39.9"), False),
        ("laden-example-artikel-4711", "kettle-1-7-l", "laden", Decimal("39.9"), True),
    ]
    snapshots = rows(
        "SELECT tableoid::regclass::text AS part, slot_at, price, currency, method, reason FROM pricewatch.price_snapshots ORDER BY 2"
    )
    assert [(n["part"], n["slot_at"], str(n["price"]), n["currency"]) for n in snapshots] == [
        ("pricewatch.price_snapshots_2025_11", datetime(2025, 11, 3, 10, tzinfo=UTC), "49.9900", "EUR"),
        ("pricewatch.price_snapshots_2026_02", datetime(2026, 2, 14, 10, tzinfo=UTC), "44.5000", "EUR"),
        ("pricewatch.price_snapshots_2026_02", datetime(2026, 2, 15, 9, 30, tzinfo=UTC), "51.0000", "EUR"),
    ]  # fmt: skip
    assert rows("SELECT to_regclass('pricewatch.price_snapshots_2199_01') AS of_the_future") == [
        {"of_the_future": None}
    ]
    assert {(n["method"], n["reason"]) for n in snapshots} == {("imported", "as CostCourter saw it")}
    assert [str(c["price"]) for c in rows("SELECT price FROM pricewatch.price_changes ORDER BY began_at")] == [
        "49.9900", "44.5000", "51.0000",
    ]  # fmt: skip
    (rule,) = rows("SELECT * FROM pricewatch.alert_rules WHERE scope = 'product'")
    assert (rule["kind"], rule["scope_id"], rule["params"]["share"]) == ("drop", "kettle-1-7-l", "0.15")
    assert rows("SELECT 1 FROM pricewatch.alerts UNION ALL SELECT 1 FROM pricewatch.pending_events") == []


def test_what_we_read_ourselves_stands_alone(bring: Import, rows: Rows, database: Database) -> None:
    entry = {"id": "kettle", "url": "https://www.shop.example/p/kettle", "title": "Mine"}
    add_watch(database, entry, providers=providers())
    rows("SELECT pricewatch.ensure_months('2026-01-01', '2026-01-01')")
    rows("""INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price, currency, method)
            VALUES ('kettle', '2026-01-10', '2026-01-10', 47, 'EUR', 'json_ld')""")
    report = bring(COSTCOURTER)
    assert (report[2].result, report[2].id, report[2].past_prices) == ("updated", "kettle", 1)
    assert rows("SELECT slot_at::date::text AS day, method FROM pricewatch.price_snapshots WHERE watch_id = 'kettle' ORDER BY 1") == [
        {"day": "2025-11-03", "method": "imported"}, {"day": "2026-01-10", "method": "json_ld"},
    ]  # fmt: skip


def test_what_a_file_manages_is_left_alone(bring: Import, rows: Rows, database: Database, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(
        "stores: [{id: shop-example, domains: [shop.example]}]\nproducts: [{id: kettle-1-7-l, title: Mine}]\n"
        'watches: [{id: kettle, url: "https://www.shop.example/p/kettle", title: Mine}]\n'
    )
    sync_watches(database, tmp_path, providers=providers())
    before = rows("SELECT * FROM pricewatch.watches")
    report = bring(COSTCOURTER)
    assert [(row.what, row.result, row.why) for row in report[:3]] == [
        ("product", "skipped", "the product is managed by shop.yaml"),
        ("store", "skipped", "the store is managed by shop.yaml"),
        ("watch", "skipped", "watch 'kettle' is managed by shop.yaml (line 3)"),
    ]
    assert rows("SELECT * FROM pricewatch.watches WHERE watch_id = 'kettle'") == before
    assert rows("SELECT primary_watch_id FROM pricewatch.products") == [{"primary_watch_id": None}]


def test_what_is_watched_already_gets_what_the_row_says(bring: Import, rows: Rows, database: Database) -> None:
    add_watch(
        database,
        {"id": "lamp", "url": "https://shop.de/lamp", "every": "2h", "tags": ["a"], "target": {"amount": "9", "currency": "EUR"}},
        providers=providers(),
    )  # fmt: skip
    report = bring("url,title,target,tags\nhttps://shop.de/lamp?utm_id=1,Lamp,8.50,b\n")
    assert results(report) == [("updated", "lamp")]
    assert rows("SELECT url, title, every_s, tags, target_price, target_currency FROM pricewatch.watches") == [
        {"url": "https://shop.de/lamp", "title": "Lamp", "every_s": 7200, "tags": ["a", "b"], "target_price": Decimal("8.5"), "target_currency": "EUR"}
    ]  # fmt: skip
    (again,) = bring("https://shop.de/lamp")
    assert (again.result, again.why) == ("skipped", "the same page as watch 'lamp', which says the same")


def test_ids_that_would_be_the_same_are_told_apart(bring: Import, rows: Rows) -> None:
    report = bring("https://shop.de/a/lamp\nhttps://shop.de/b/lamp\nhttps://shop.de/?id=1\nhttps://shop.de/?id=2\n")
    ids = [row.id for row in report]
    assert ids[0] == "shop-de-lamp"
    assert str(ids[1]).startswith("shop-de-lamp-")
    assert len(set(ids)) == len(rows("SELECT 1 FROM pricewatch.watches")) == 4


def test_a_removed_watch_of_the_same_page_comes_back_and_of_another_page_does_not(
    bring: Import, database: Database, rows: Rows
) -> None:
    bring("https://shop.de/a/lamp")
    remove_watches(database, ["shop-de-lamp"])
    (other,) = bring("https://shop.de/b/lamp")
    (same,) = bring("https://shop.de/a/lamp")
    assert (same.result, same.id) == ("created", "shop-de-lamp")
    assert other.id != "shop-de-lamp"
    assert len(rows("SELECT 1 FROM pricewatch.watches WHERE archived_at IS NULL")) == 2


def test_tags_interval_store_and_product_of_all_rows(bring: Import, rows: Rows) -> None:
    report = bring(
        "url,product,store,every\nhttps://shop.de/a,Blue Kettle,The Shop,\nhttps://shop.de/b,Blue Kettle,,1h\n",
        tags=None,
        every="30m",
    )
    assert [row.result for row in report] == ["created", "created"]
    assert rows("SELECT every_s, product_id, store_id FROM pricewatch.watches ORDER BY url") == [
        {"every_s": 1800, "product_id": "blue-kettle", "store_id": "the-shop"},
        {"every_s": 3600, "product_id": "blue-kettle", "store_id": "the-shop"},
    ]
    assert rows("SELECT title FROM pricewatch.products") == [{"title": "Blue Kettle"}]
    assert rows("SELECT name, domains FROM pricewatch.stores") == [{"name": "The Shop", "domains": ["shop.de"]}]


def test_a_dry_run_says_the_same_and_keeps_nothing(bring: Import, rows: Rows) -> None:
    before = rows(STATE)
    planned = bring(COSTCOURTER, is_dry_run=True)
    assert rows(STATE) == before
    assert results(planned) == results(bring(COSTCOURTER))


def _urls(count: int) -> str:
    return "".join(f"https://shop{n % 7}.example.net/item/{n}\n" for n in range(count))


def test_an_import_that_is_cut_off_is_finished_by_the_next(database: Database, bring: Import, rows: Rows) -> None:
    text = _urls(CHUNK + 50)

    def broken() -> Iterator[Any]:
        yield from islice(read_import(io.BytesIO(text.encode())), CHUNK + 10)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        list(import_rows(database, broken(), providers=providers()))
    assert len(rows("SELECT 1 FROM pricewatch.watches")) == CHUNK
    assert Counter(row.result for row in bring(text)) == {"skipped": CHUNK, "created": 50}


def test_two_imports_at_once_lose_nothing_and_double_nothing(database: Database, rows: Rows) -> None:
    text = _urls(CHUNK + 200)
    reports: list[list[Imported]] = [[], []]

    def work(report: list[Imported]) -> None:
        report += import_rows(database, read_import(io.BytesIO(text.encode())), providers=providers())

    threads = [threading.Thread(target=work, args=(report,)) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(row.result for report in reports for row in report) == {
        "created": CHUNK + 200,
        "skipped": CHUNK + 200,
    }
    assert rows("SELECT count(*) AS n, count(DISTINCT url) AS pages FROM pricewatch.watches") == [
        {"n": CHUNK + 200, "pages": CHUNK + 200}
    ]


def test_a_report_holds_no_formula(bring: Import) -> None:
    file = io.StringIO()
    list(report_lines(bring("=HYPERLINK(1)\nhttps://shop.de/a\n"), file))
    lines = file.getvalue().splitlines()
    assert lines[0] == "place,result,what,id,url,why,notes,past_prices"
    assert lines[2].startswith("line 2,created,watch,shop-de-a,https://shop.de/a,")
    assert not any(cell.startswith("=") for line in lines for cell in line.replace('"', "").split(","))


def test_a_row_that_the_database_refuses_stops_no_other(bring: Import, rows: Rows) -> None:
    rows("ALTER TABLE pricewatch.watches ADD CHECK (title <> 'no')")
    table = "url,title\n" + "".join(f"https://shop.de/{n},{'no' if n == 5 else 'yes'}\n" for n in range(20))
    for is_dry_run in (True, False):
        report = bring(table, is_dry_run=is_dry_run)
        assert [row.place for row in report if row.result != "created"] == ["line 7"]
        assert str(report[5].why).startswith("the database refuses it: ")
    assert len(rows("SELECT 1 FROM pricewatch.watches")) == 19


def test_an_interval_for_all_that_is_none_is_said_at_once(bring: Import) -> None:
    with pytest.raises(ScheduleError, match="'often' is not a duration"):
        bring("https://shop.de/a", every="often")


def test_alerts_within_entries_become_rules(bring: Import, rows: Rows) -> None:
    watch = {
        "id": "lamp",
        "url": "https://shop.de/lamp",
        "alerts": [{"below": 40, "to": ["mail"]}, {"when": "back_in_stock"}],
    }
    bad = {"id": "mill", "url": "https://shop.de/mill", "alerts": [{"when": "drop"}]}
    rule = {"id": "all-down", "lowest": "90d", "for": {"tag": "x"}}
    report = bring(json.dumps({"watches": [watch, bad], "alerts": [rule, {"when": "never"}]}))
    assert [(row.what, row.result) for row in report] == [
        ("watch", "created"), ("watch", "skipped"), ("alert", "created"), ("alert", "skipped"),
    ]  # fmt: skip
    assert "`by` is required" in str(report[1].why)
    found = rows("SELECT rule_id, scope_id FROM pricewatch.alert_rules WHERE scope <> 'all' ORDER BY 1")
    assert [tuple(row.values()) for row in found] == [
        ("all-down", "x"), ("lamp-back-in-stock", "lamp"), ("lamp-below", "lamp"),
    ]  # fmt: skip
