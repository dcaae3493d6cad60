"""Backup and restore against a real server."""

import os
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pricewatch_pipeline.errors import ConfigurationError, PricewatchError
from pricewatch_pipeline.storage.backup import backup, restore
from pricewatch_pipeline.storage.backup_file import Manifest, dump_file, pack
from pricewatch_pipeline.storage.migrate import upgrade
from pricewatch_pipeline.storage.servers import database_of, url_for
from pricewatch_pipeline.storage.tables import metadata
from pricewatch_pipeline_tests.support.old_schema import upgrade_to

_ROWS = "SELECT string_agg(host, ',' ORDER BY host) FROM pricewatch.hosts"


def _run(url: str, statement: str, *values: str) -> str | None:
    with psycopg.connect(url_for(url, driver=None), autocommit=True) as connection:
        cursor = connection.execute(statement, values or None)  # type: ignore[arg-type]
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def _add(url: str, host: str) -> None:
    _run(url, "INSERT INTO pricewatch.hosts (host) VALUES (%s)", host)


def _databases(url: str) -> set[str]:
    with psycopg.connect(url_for(url, driver=None)) as connection:
        return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}


def _drop(url: str, names: tuple[str, ...]) -> None:
    for name in names:
        _run(url, sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)).as_string())


def test_a_restore_brings_back_what_was_there_and_keeps_what_it_replaced(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    _add(database_url, "a.example")
    backup(database_url, file)
    _add(database_url, "b.example")

    restored = restore(file, database_url, is_forced=True)

    assert _run(database_url, _ROWS) == "a.example"
    (kept,) = restored.replaced
    assert _run(url_for(database_url, database=kept), _ROWS) == "a.example,b.example"
    assert upgrade(database_url) == []
    _drop(database_url, restored.replaced)


_EVERYWHERE = """
INSERT INTO pricewatch.hosts (host, min_delay_s, burst, concurrency, crawl_delay_s, adaptive_delay_s, latency_s, rests_until,
    rest_reason, failures, openings, breaker_until)
VALUES ('a.example', 2, 3, 4, 5, 0.5, 0.25, 'infinity', 'operator', 6, 7, now());
INSERT INTO pricewatch.host_places VALUES ('a.example', gen_random_uuid(), 2, now());
INSERT INTO pricewatch.robots_files (site, host, body, outcome, tried_at, expires_at)
VALUES ('https://a.example', 'a.example', 'Disallow: /', 'ok', now(), now());
INSERT INTO pricewatch.stores (store_id, domains, burst, concurrency, obeys_robots, fetcher, fetching, learned_fetcher, learned_at)
VALUES ('s', '{a.example}', 8, 9, false, 'auto', '{"when_blocked": ["browser"]}', 'browser', now());
INSERT INTO pricewatch.page_dictionaries (host, content, saved_ratio) VALUES ('a.example', '\\x01ff', 0.5);
INSERT INTO pricewatch.pages (sha256, content, location, dictionary_id, body_bytes, stored_bytes)
VALUES ('\\x01', '\\x02', NULL, 1, 10, 5), ('\\x03', NULL, 'a/b.zst', NULL, 10, 5);
INSERT INTO pricewatch.watches (watch_id, provider, query, host, store_id, every_s, page_url, page_etag, page_body_sha256, page_read_at,
    plausibility, recent_prices, recent_currency)
VALUES ('w', 'retail', '{}', 'a.example', 's', 60, 'https://a.example/', '"e"', '\\x01', now(), '{"is_on": false}', '{9.99}', 'EUR');
INSERT INTO pricewatch.products (product_id) VALUES ('p');
INSERT INTO pricewatch.product_tags VALUES ('p', 'tag');
INSERT INTO pricewatch.checks (watch_id, slot_at, attempt, kind, outcome, started_at, finished_at, wait_ms, fetcher, page_count,
    screenshot_sha256)
VALUES ('w', now(), 1, 'scheduled', 'ok', now(), now(), 11, 'browser', 2, '\\x04');
INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price, currency) VALUES ('w', now(), now(), 9.99, 'EUR');
INSERT INTO pricewatch.snapshot_corrections (watch_id, slot_at, outcome, price, currency, reader_version)
VALUES ('w', now(), 'ok', 8.88, 'EUR', '1');
INSERT INTO pricewatch.quarantined_offers (watch_id, slot_at, attempt, observed_at, price, currency, doubt)
VALUES ('w', now(), 1, now(), 999, 'EUR', 'It is 100 times the last price.');
INSERT INTO pricewatch.pending_events (watch_id, slot_at) VALUES ('w', now());
INSERT INTO pricewatch.daily_prices (watch_id, day, snapshots) VALUES ('w', '2026-01-01', 1);
INSERT INTO pricewatch.price_changes (watch_id, began_at, price, currency) VALUES ('w', now(), 9.99, 'EUR');
INSERT INTO pricewatch.exchange_rates (day, currency, per_eur, source) VALUES ('2026-01-01', 'USD', 1.1, 'a test');
INSERT INTO pricewatch.product_prices (product_id, currency, best_price) VALUES ('p', 'EUR', 9.99);
INSERT INTO pricewatch.alert_states (rule_id, subject, watch_id, status, state) VALUES ('target', 'w', 'w', 'fired', '{"fired_price": "9"}');
INSERT INTO pricewatch.alerts (key, rule_id, rule_kind, subject, watch_id, slot_at, reason)
VALUES ('k', 'target', 'at_target', 'w', 'w', now(), 'It is at the target.');
INSERT INTO pricewatch.alert_deliveries (alert_id, channel) SELECT alert_id, 'phone' FROM pricewatch.alerts;
INSERT INTO pricewatch.alert_channels (channel, failures) VALUES ('phone', 2);
INSERT INTO pricewatch.flight_searches (watch_id, slot_at, combination, observed_at, origins, destinations, departs_on, outcome, price)
VALUES ('w', now(), 1, now(), '{LHR}', '{JFK}', '2027-01-15', 'ok', 321);
INSERT INTO pricewatch.flight_offers (watch_id, slot_at, combination, number, observed_at, section, price, meets_query, airlines,
    flight_numbers, departs_local, legs)
VALUES ('w', now(), 1, 1, now(), 'best', 321, true, '{British Airways}', '{BA117}', '2027-01-15 08:20', '[{"number": "BA117"}]');
INSERT INTO pricewatch.batches (watch_id, slot_at, kind, query, combinations, cancel_asked_at) VALUES ('w', now(), 'manual', '{}', 1, now());
INSERT INTO pricewatch.batch_combinations (batch_id, number, key, query, url, offer)
SELECT batch_id, 1, 'LHR-JFK 2027-01-15', '{}', 'https://a.example/', '{"price": "321"}' FROM pricewatch.batches;
INSERT INTO pricewatch.sec_companies (symbol, cik, name) VALUES ('AAPL', '0000320193', 'Apple Inc.');
INSERT INTO pricewatch.insider_feeds (cik, name, first_seen_on, parts) VALUES ('0000320193', 'Apple Inc.', '2026-01-01', '{"p": 3}');
INSERT INTO pricewatch.insider_filings (accession, state, form, filed_on, url, feed_ciks, sources, serial, issuer_cik, page_sha256)
VALUES ('0000320193-26-000001', 'read', '4', '2026-01-02', '', '{0000320193}', '{feed}', nextval('pricewatch.insider_filing_serials'),
    '0000320193', '\\x01');
INSERT INTO pricewatch.insider_owners (accession, number, cik, name, is_director, is_officer, is_ten_percent_owner, is_other)
VALUES ('0000320193-26-000001', 1, '0000000001', 'Ann', true, false, false, false);
INSERT INTO pricewatch.insider_transactions (accession, table_name, row, issuer_cik, filed_on, shares, price, value, flags)
VALUES ('0000320193-26-000001', 'non_derivative', 1, '0000320193', '2026-01-02', 0.0000000001, 172.3, 1, '{date_after_filing}');
INSERT INTO pricewatch.insider_holdings (accession, table_name, row, issuer_cik, footnotes)
VALUES ('0000320193-26-000001', 'derivative', 1, '0000320193', '{"price": ["F1"]}');
INSERT INTO pricewatch.filing_checks (watch_id, slot_at, combination, observed_at, outcome, told_up_to) VALUES ('w', now(), 0, now(), 'ok', 1);
INSERT INTO pricewatch.insider_sweeps (day, outcome, filings, missed) VALUES ('2026-01-02', 'ok', 3, 1);
"""


def _contents(url: str) -> dict[str, list[str]]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return {
            name: list(connection.execute(text(f"SELECT row::text FROM {name} row ORDER BY 1")).scalars())
            for name in metadata.tables
        }


def test_every_row_of_every_table_is_in_a_backup(database_url: str, tmp_path: Path) -> None:
    _run(database_url, _EVERYWHERE)
    before = _contents(database_url)
    assert [name for name, rows in before.items() if not rows] == []
    backup(database_url, tmp_path / "backup.tar")
    _drop(database_url, restore(tmp_path / "backup.tar", database_url, is_forced=True).replaced)
    assert _contents(database_url) == before


def test_a_backup_of_the_first_version_is_restored_and_brought_up_to_date(
    empty_database_url: str, database_url: str, tmp_path: Path
) -> None:
    upgrade_to(empty_database_url, "0001_spine")
    _run(
        empty_database_url,
        """
        INSERT INTO pricewatch.hosts (host, min_delay_s) VALUES ('a.example', 5);
        INSERT INTO pricewatch.stores (store_id, domains, min_delay_s) VALUES ('s', '{a.example}', 5);
        INSERT INTO pricewatch.pages (sha256, content, body_bytes) VALUES ('\\x01', '\\x0203', 10);
        """,
    )
    backup(empty_database_url, tmp_path / "old.tar")
    restore(tmp_path / "old.tar", database_url, is_forced=True)
    assert upgrade(database_url) == [
        "0002_good_guest",
        "0003_any_price",
        "0004_products_and_alerts",
        "0005_flights",
        "0006_insiders",
    ]
    assert _run(database_url, "SELECT concat_ws(' ', min_delay_s, burst, concurrency) FROM pricewatch.hosts") == "5 1 2"
    assert _run(database_url, "SELECT concat_ws(' ', obeys_robots, fetching) FROM pricewatch.stores") == "t {}"
    assert _run(database_url, "SELECT concat_ws(' ', content, stored_bytes) FROM pricewatch.pages") == "\\x0203 2"


def test_the_analysts_keep_their_rights(database_url: str, tmp_path: Path) -> None:
    manifest = backup(database_url, tmp_path / "backup.tar")
    assert "pricewatch_analyst" in manifest.roles
    restore(tmp_path / "backup.tar", database_url)
    assert _run(database_url, "SELECT has_schema_privilege('pricewatch_analyst', 'analytics', 'USAGE')")
    defaults = "SELECT count(*)::text FROM pg_default_acl WHERE defaclacl::text LIKE '%pricewatch_analyst%'"
    assert _run(database_url, defaults) == "1"


def test_both_databases_travel_in_one_file(database_url: str, empty_database_url: str, tmp_path: Path) -> None:
    file, dagster_url = tmp_path / "backup.tar", url_for(empty_database_url, driver="psycopg2")
    _run(dagster_url, "CREATE TABLE runs AS SELECT 'first' AS run")
    assert backup(database_url, file, dagster_url=dagster_url).databases == ("pricewatch", "dagster")
    _run(dagster_url, "UPDATE runs SET run = 'second'")
    restored = restore(file, database_url, dagster_url=dagster_url, is_forced=True)
    assert _run(dagster_url, "SELECT run FROM runs") == "first"
    assert len(restored.replaced) == 1
    _drop(database_url, restored.replaced)


def test_a_backup_may_be_restored_by_another_owner(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    _add(database_url, "a.example")
    backup(database_url, file)
    user = f"owner_{os.urandom(4).hex()}"
    _run(database_url, f"CREATE ROLE {user} LOGIN CREATEDB PASSWORD 'p:w\\d'")
    where = url_for(database_url, driver=None).split("@", 1)[1].replace(database_of(database_url), f"{user}_db")
    theirs = f"postgresql://{user}:p%3Aw%5Cd@{where}"
    try:
        restore(file, theirs)
        assert _run(theirs, _ROWS) == "a.example"
        assert _run(theirs, "SELECT tableowner::text FROM pg_tables WHERE tablename = 'hosts'") == user
    finally:
        _run(database_url, f"DROP DATABASE IF EXISTS {user}_db")
        _run(database_url, f"DROP ROLE {user}")


def test_a_database_with_rows_is_not_overwritten(database_url: str, tmp_path: Path) -> None:
    backup(database_url, tmp_path / "backup.tar")
    _add(database_url, "a.example")
    with pytest.raises(ConfigurationError, match=r"not empty \(pricewatch\.hosts has rows\).*--force"):
        restore(tmp_path / "backup.tar", database_url)
    assert _run(database_url, _ROWS) == "a.example"


def test_a_rule_that_somebody_changed_is_something_to_lose(database_url: str, tmp_path: Path) -> None:
    backup(database_url, tmp_path / "backup.tar")
    _run(
        database_url,
        "UPDATE pricewatch.alert_rules SET is_enabled = false, updated_at = now() WHERE rule_id = 'failing'",
    )
    with pytest.raises(ConfigurationError, match=r"not empty \(pricewatch\.alert_rules has rows\).*--force"):
        restore(tmp_path / "backup.tar", database_url)


def test_a_database_in_use_is_not_replaced(database_url: str, tmp_path: Path) -> None:
    backup(database_url, tmp_path / "backup.tar")
    with psycopg.connect(url_for(database_url, driver=None)) as user:
        with pytest.raises(ConfigurationError, match=r"in use by 1 connection.*--force"):
            restore(tmp_path / "backup.tar", database_url)
        assert user.execute("SELECT 1").fetchone() == (1,)


def test_a_forced_restore_cuts_off_whoever_is_connected(database_url: str, tmp_path: Path) -> None:
    backup(database_url, tmp_path / "backup.tar")
    with psycopg.connect(url_for(database_url, driver=None), autocommit=True) as user:
        restore(tmp_path / "backup.tar", database_url, is_forced=True)
        with pytest.raises(psycopg.OperationalError):
            user.execute("SELECT 1")
    assert _run(database_url, _ROWS) is None


def test_a_restore_that_fails_changes_nothing(database_url: str, tmp_path: Path) -> None:
    _add(database_url, "a.example")
    manifest = backup(database_url, tmp_path / "good.tar")
    dump_file(tmp_path, "pricewatch").write_bytes(b"PGDMP" + b"\x00" * 100)
    broken = Manifest(
        format=1, made_at="", version=manifest.version, databases=("pricewatch",), owner=manifest.owner, roles=()
    )
    pack(tmp_path, broken, tmp_path / "broken.tar")
    before = {name for name in _databases(database_url) if name.startswith("restore_")}
    with pytest.raises(PricewatchError, match="pg_restore failed"):
        restore(tmp_path / "broken.tar", database_url, is_forced=True)
    assert _run(database_url, _ROWS) == "a.example"
    assert {name for name in _databases(database_url) if name.startswith("restore_")} <= before


def test_a_folder_that_cannot_be_written_is_an_error_that_names_the_file(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Cannot write the backup .*missing/backup\.tar"):
        backup(database_url, tmp_path / "missing" / "backup.tar")
