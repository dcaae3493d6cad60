"""What goes with watches and products, and what stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pricewatch_pipeline.errors import ManagedByFile, NotFound
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due, check_now
from pricewatch_pipeline.services.steer_products import add_product, delete_products, what_goes
from pricewatch_pipeline.services.steer_watches import remove_watches
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline.storage.removal import Holdings
from pricewatch_pipeline.storage.tables import metadata
from pricewatch_pipeline_tests.support.loopback import Received, Reply, serve
from pricewatch_pipeline_tests.support.shop import engine_on, product, store_watches, watches_on

Rows = Callable[..., list[dict[str, Any]]]

ABOUT_WATCHES = sorted(t.name for t in metadata.tables.values() if "watch_id" in t.columns and t.name != "watches")
"""Every table with rows of watches: a new one must be thought of."""


def fill(rows: Rows, watch_id: str) -> None:
    """A row about this watch in every table that has such."""
    rows("SELECT pricewatch.ensure_months(now(), now())")
    for statement in (
        (
            "INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at) "
            "VALUES (:id, now(), 1, 'scheduled', 'ok', now(), now())"
        ),
        "INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price) VALUES (:id, now(), now(), 5)",
        (
            "INSERT INTO pricewatch.snapshot_corrections (watch_id, slot_at, outcome, price, reader_version) "
            "VALUES (:id, now(), 'ok', 6, 'r')"
        ),
        (
            "INSERT INTO pricewatch.quarantined_offers (watch_id, slot_at, attempt, observed_at, price, doubt) "
            "VALUES (:id, now(), 1, now(), 9, 'far off')"
        ),
        "INSERT INTO pricewatch.pending_events (watch_id, slot_at) VALUES (:id, now())",
        "INSERT INTO pricewatch.daily_prices (watch_id, day, snapshots) VALUES (:id, current_date, 1)",
        "INSERT INTO pricewatch.price_changes (watch_id, began_at, price) VALUES (:id, now(), 5)",
        (
            "INSERT INTO pricewatch.flight_searches (watch_id, slot_at, combination, observed_at, origins, destinations, "
            "departs_on, outcome) VALUES (:id, now(), 0, now(), '{LHR}', '{JFK}', current_date, 'ok')"
        ),
        (
            "INSERT INTO pricewatch.flight_offers (watch_id, slot_at, combination, number, observed_at, section, meets_query, "
            "airlines, flight_numbers) VALUES (:id, now(), 0, 1, now(), 'best', true, '{}', '{}')"
        ),
        "INSERT INTO pricewatch.filing_checks (watch_id, slot_at, combination, observed_at, outcome) VALUES (:id, now(), 0, now(), 'ok')",
        (
            "INSERT INTO pricewatch.insider_filings (accession, state, form, filed_on, url, feed_ciks, sources, watch_id) "
            "VALUES ('a-' || :id, 'read', '4', current_date, '', '{}', '{feed}', :id)"
        ),
        (
            "INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations) "
            "VALUES (:id, now(), 'manual', '{}', 1)"
        ),
        (
            "INSERT INTO pricewatch.batch_combinations (batch_id, number, key, query, url) "
            "SELECT batch_id, 1, 'k', '{}', '' FROM pricewatch.batches WHERE watch_id = :id"
        ),
        "INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, scope_id) VALUES ('own-' || :id, 'change', 'watch', :id)",
        (
            "INSERT INTO pricewatch.alert_states (rule_id, subject, watch_id, status, state) "
            "VALUES ('own-' || :id, :id, :id, 'armed', '{}')"
        ),
        (
            "INSERT INTO pricewatch.alerts (key, rule_id, rule_kind, subject, watch_id, slot_at, reason) "
            "VALUES ('k-' || :id, 'own-' || :id, 'change', :id, :id, now(), 'it changed')"
        ),
        (
            "INSERT INTO pricewatch.alert_deliveries (alert_id, channel) "
            "SELECT alert_id, 'mail' FROM pricewatch.alerts WHERE watch_id = :id"
        ),
    ):
        rows(statement, id=watch_id)


def counts(rows: Rows, watch_id: str) -> dict[str, int]:
    return {
        table: rows(f"SELECT count(*) AS n FROM pricewatch.{table} WHERE watch_id = :id", id=watch_id)[0]["n"]
        for table in ABOUT_WATCHES
    }


def kettle(database: Database, *urls: str, **fields: Any) -> None:
    entry = {"id": "kettle", "title": "A kettle", "tags": ["kitchen"], "urls": list(urls), **fields}
    add_product(database, entry, providers=providers())


def test_a_purged_watch_leaves_no_row_and_its_neighbour_keeps_all(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 2))
    for name in ("w0", "w1"):
        fill(rows, name)
    assert set(counts(rows, "w0").values()) == {1}
    assert remove_watches(database, ["w0"], purges=True) == ["w0"]
    assert set(counts(rows, "w0").values()) == {0}
    assert set(counts(rows, "w1").values()) == {1}
    assert rows("SELECT watch_id FROM pricewatch.watches") == [{"watch_id": "w1"}]
    assert rows("SELECT count(*) AS n FROM pricewatch.alert_deliveries") == [{"n": 1}]
    assert rows("SELECT accession, watch_id FROM pricewatch.insider_filings ORDER BY 1") == [
        {"accession": "a-w0", "watch_id": None},
        {"accession": "a-w1", "watch_id": "w1"},
    ]
    assert rows("SELECT rule_id FROM pricewatch.alert_rules WHERE scope = 'watch'") == [{"rule_id": "own-w1"}]


def test_what_was_removed_before_can_be_purged_later(database: Database, rows: Rows) -> None:
    store_watches(database, watches_on("https://shop.example", 1))
    fill(rows, "w0")
    remove_watches(database, ["w0"])
    assert set(counts(rows, "w0").values()) == {1}
    with pytest.raises(NotFound, match="archived"):
        remove_watches(database, ["w0"])
    remove_watches(database, ["w0"], purges=True)
    assert rows("SELECT 1 FROM pricewatch.watches") == []


def test_a_deleted_product_leaves_the_history_of_its_watches(database: Database, rows: Rows) -> None:
    kettle(database, "https://shop.example/1")
    (watch,) = rows("SELECT watch_id FROM pricewatch.watches")
    fill(rows, watch["watch_id"])
    rows("INSERT INTO pricewatch.product_prices (product_id) VALUES ('kettle')")
    rows(
        "INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, scope_id) VALUES ('p', 'drop', 'product', 'kettle')"
    )
    going = what_goes(database, ["kettle"], purges=False)
    assert going.holdings == Holdings(watches=1, snapshots=1, checks=1, alerts=1, rules=2)
    assert delete_products(database, ["kettle"]) == going
    for table in ("products", "product_tags", "product_prices"):
        assert rows(f"SELECT 1 FROM pricewatch.{table}") == []
    assert rows("SELECT 1 FROM pricewatch.alert_rules WHERE scope IN ('product', 'watch')") == []
    kept = counts(rows, watch["watch_id"])
    assert {table for table, count in kept.items() if not count} == {"alert_states"}  # of the rule that went
    (left,) = rows("SELECT product_id, archived_at IS NOT NULL AS is_archived FROM pricewatch.watches")
    assert left == {"product_id": None, "is_archived": True}


def test_a_purged_product_takes_also_watches_that_were_archived(database: Database, rows: Rows) -> None:
    kettle(database, "https://shop.example/1", "https://other.example/1")
    names = [row["watch_id"] for row in rows("SELECT watch_id FROM pricewatch.watches ORDER BY 1")]
    for name in names:
        fill(rows, name)
    remove_watches(database, names[:1])
    gone = delete_products(database, ["kettle"], purges=True)
    assert sorted(gone.watches) == names
    assert [set(counts(rows, name).values()) for name in names] == [{0}, {0}]
    assert rows("SELECT 1 FROM pricewatch.watches UNION ALL SELECT 1 FROM pricewatch.products") == []


def test_one_name_that_is_wrong_deletes_nothing(database: Database, rows: Rows) -> None:
    kettle(database, "https://shop.example/1")
    with pytest.raises(NotFound, match="there is no product ketle; did you mean 'kettle'"):
        delete_products(database, ["kettle", "ketle"], purges=True)
    assert len(rows("SELECT 1 FROM pricewatch.watches WHERE archived_at IS NULL")) == 1


def test_a_product_that_a_file_relies_on_stays(database: Database, tmp_path: Path) -> None:
    kettle(database)
    (tmp_path / "shop.yaml").write_text('watches:\n  - {id: w, url: "https://a.example/1", product: kettle}\n')
    sync_watches(database, tmp_path, providers=providers())
    with pytest.raises(ManagedByFile, match=r"watch 'w' is managed by shop\.yaml \(line 2\)"):
        delete_products(database, ["kettle"])


def test_a_watch_that_goes_while_it_is_checked_breaks_nothing(database: Database, rows: Rows) -> None:
    def shop(request: Received) -> Reply:
        if request.path == "/0":  # the run has claimed both and looks at them now
            remove_watches(database, ["w0"], purges=True)
        return product("5.00")

    with serve(shop) as server:
        store_watches(database, watches_on(server.base_url, 2))
        report = check_due(engine_on(database), run_id="r")
    assert (report.snapshots, report.lost) == (1, 1)
    assert rows("SELECT watch_id FROM pricewatch.price_snapshots") == [{"watch_id": "w1"}]
    assert rows("SELECT watch_id FROM pricewatch.checks") == [{"watch_id": "w1"}]
    assert rows("SELECT watch_id FROM pricewatch.watches") == [{"watch_id": "w1"}]


def test_a_check_by_hand_of_a_watch_that_goes_breaks_nothing(database: Database, rows: Rows) -> None:
    def shop(request: Received) -> Reply:
        if request.path == "/0":
            remove_watches(database, ["w0"], purges=True)
        return product("5.00")

    with serve(shop) as server:
        store_watches(database, watches_on(server.base_url, 2))
        check_now(engine_on(database), ["w0", "w1"], run_id="r")
    assert rows("SELECT watch_id FROM pricewatch.checks") == [{"watch_id": "w1"}]
