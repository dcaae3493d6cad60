"""Insiders in Dagster: what checks of filings tell, runs that ask for other bounds, the sweep, the summaries of days, checks."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest

from pricewatch_pipeline.defs.events import PRICE_SNAPSHOTS
from pricewatch_pipeline.defs.filings_metadata import INSIDER_FILINGS, INSIDER_TRANSACTIONS
from pricewatch_pipeline.defs.insider_checks import (
    codes_are_known,
    feeds_have_no_gaps,
    filings_are_readable,
    filings_have_rows,
)
from pricewatch_pipeline.defs.insider_jobs import (
    NO_WATCH,
    SCHEDULES,
    summarise_insiders_schedule,
    sweep_filings_schedule,
)
from pricewatch_pipeline.defs.insider_summary import INSIDER_SUMMARY
from pricewatch_pipeline.defs.partitions import (
    INSIDER_WATCHES_NAME,
    live_partitions,
    mirror_watches,
    range_tags,
    wanted_partitions,
)
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.demo.sec_site import SecSite
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.sync_watches import sync_watches
from pricewatch_pipeline_tests.support.dagster_rig import Rig, metadata_of
from pricewatch_pipeline_tests.support.insider_rows import BELL, store_filing, trade
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, owner, purchase, query_for, row, sale

APPLE, QUIET = "apple-insiders", "quiet-insiders"
CIK = "0000320193"
OF_FILINGS = (INSIDER_FILINGS, INSIDER_TRANSACTIONS)


@pytest.fixture
def following(rig: Rig, sec_site: SecSite, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A company with three filings of which two report trades, one whose insiders were only given shares, and a shop's watch."""
    monkeypatch.setenv("PRICEWATCH_CONTACT", "Tests tests@pricewatch.example")
    apple, quiet = entity("320193", "Apple Inc.", "AAPL"), entity("1326801", "Quiet | Co.", "QUIE")
    cook = owner("1214156", "COOK TIMOTHY D", officer_title="Chief Executive Officer")
    sec_site.add(apple)
    sec_site.add(quiet)
    for filing in (
        filing_by(cook, apple, sale("3000", "172.30", on="2026-11-10"), sale("10", "171", on="2026-11-10")),
        filing_by(cook, apple, purchase("5", "170", on="2026-11-12")),
        filing_by(cook, apple, row(code="G", shares="1", price="0", traded_on="2026-11-13")),
        filing_by(owner("77", "DOE JANE"), quiet, row(code="A", shares="9", price="0", traded_on="2026-11-02")),
    ):
        sec_site.file(filing)
    host = sec_site.base_url.removeprefix("http://")
    store = {"id": "sec", "domains": [host], "politeness": {"min_delay": "0s", "concurrency": 2, "robots": False}}
    watches = [
        {"id": watch_id, "provider": "sec_form4", "query": dict(query_for(sec_site, company, days_back="all"))}
        for watch_id, company in ((APPLE, "AAPL"), (QUIET, "QUIE"))
    ]
    rig.write("insiders.yaml", {"stores": [store], "watches": watches})
    rig.write_watches("http://shop.example", ["lamp"])
    assert not sync_watches(rig.database, rig.settings.watches, providers=providers()).issues
    mirror_watches(rig.instance, rig.database.run(wanted_partitions))
    rig.make_due()
    rig.rows("UPDATE pricewatch.watches SET next_due_at = now() + interval '1 hour' WHERE watch_id = 'lamp'")
    return rig


def told(rig: Rig) -> dict[str, Counter[str | None]]:
    """How often each asset has told of each partition."""
    return {
        key.to_user_string(): Counter(record.partition_key for record in rig.materializations(key))
        for key in (PRICE_SNAPSHOTS, *OF_FILINGS)
    }


def newest(rig: Rig, key: dg.AssetKey, partition: str) -> dict[str, Any]:
    """What the last materialization of a partition says; of tables the lines."""
    record = [record for record in rig.materializations(key) if record.partition_key == partition][-1]
    assert record.asset_materialization
    said = record.asset_materialization.metadata
    return {name: v.records if isinstance(v, dg.TableMetadataValue) else v.value for name, v in said.items()}


def test_checks_tell_what_they_read_also_where_nobody_traded_at_a_price(following: Rig) -> None:
    assert set(live_partitions(following.instance, INSIDER_WATCHES_NAME)) == {APPLE, QUIET}
    tags = {"pricewatch/max_filings": "2", "pricewatch/days_back": "all"}

    by_hand = following.materialize(*OF_FILINGS, partition_key=APPLE, tags=tags)

    assert by_hand.success
    assert following.rows("SELECT kind, run_id FROM pricewatch.checks") == [
        {"kind": "manual", "run_id": by_hand.run_id}
    ]
    assert list(told(following).values()) == [Counter({APPLE: 1})] * 3
    said = newest(following, INSIDER_FILINGS, APPLE)
    assert (said["outcome"], said["filings_read"], said["filings_left_out"]) == ("ok", 2, 1)

    assert following.materialize(INSIDER_FILINGS, partition_key=QUIET).success
    assert following.run("scrape_due").success

    assert told(following) == {
        "price_snapshots": Counter({APPLE: 2}),
        "insider_filings": Counter({APPLE: 2, QUIET: 1}),
        "insider_transactions": Counter({APPLE: 2, QUIET: 1}),
    }, "of the quiet one there was nothing new"
    said = newest(following, INSIDER_FILINGS, APPLE)
    assert {name: said[name] for name in ("filings_read", "filings_stored", "filings_remaining", "transactions")} == {
        "filings_read": 1,
        "filings_stored": 3,
        "filings_remaining": 0,
        "transactions": 2,
    }
    assert (said["price_exact"], said["price_of"]) == ("170 USD", "2026-11-12")
    assert said["newest_trade"] == "purchase of 5 at 170 on 2026-11-12 by COOK TIMOTHY D"
    trades = newest(following, INSIDER_TRANSACTIONS, APPLE)["newest_trades"]
    assert [(line.data["trade"], line.data["price"]) for line in trades] == [
        ("purchase", "170"),
        ("sale", "171"),
        ("sale", "172.30"),
    ]
    said = newest(following, INSIDER_TRANSACTIONS, QUIET)
    assert (said["outcome"], said["transactions"], "price" in said) == ("no_offers", 1, False)


def test_the_sweep_runs_while_a_day_is_to_be_compared_and_says_what_it_found(following: Rig) -> None:
    following.rows(
        "INSERT INTO pricewatch.sec_companies (site, symbol, cik, name) "
        "SELECT query ->> 'site', 'AAPL', :cik, 'Apple' FROM pricewatch.watches WHERE watch_id = :watch",
        cik=CIK,
        watch=APPLE,
    )
    following.rows("INSERT INTO pricewatch.insider_feeds (cik, first_seen_on) VALUES (:cik, '2026-01-02')", cik=CIK)
    at = following.database.now()
    assert len(scheduled(following, sweep_filings_schedule, at).run_requests or ()) == 1

    assert following.run("sweep_filings").success

    (swept,) = following.rows("SELECT outcome, filings, missed FROM pricewatch.insider_sweeps")
    (record,) = following.instance.fetch_observations(INSIDER_FILINGS, limit=10).records
    assert record.asset_observation
    said = {name: entry.value for name, entry in record.asset_observation.metadata.items()}
    assert (said["companies"], said["days_swept"]) == (1, 1)
    assert (said["filings_in_indexes"], said["filings_missed"]) == (swept["filings"], swept["missed"])
    following.rows("UPDATE pricewatch.insider_sweeps SET outcome = 'ok'")
    assert scheduled(following, sweep_filings_schedule, at).skip_message == "every business day before today was swept"


def scheduled(rig: Rig, schedule: dg.ScheduleDefinition, at: datetime) -> Any:
    with dg.build_schedule_context(
        instance=rig.instance,
        repository_def=rig.definitions.get_repository_def(),
        scheduled_execution_time=at,
        resources=rig.definitions.get_repository_def().get_top_level_resources(),
    ) as context:
        return schedule.evaluate_tick(context)


def test_days_whose_trades_were_filed_are_summarised_and_no_sum_differs_from_its_rows(rig: Rig) -> None:
    at = datetime(2026, 3, 6, 12, 12, tzinfo=UTC)
    assert {scheduled(rig, each, at).skip_message for each in SCHEDULES} == {NO_WATCH}
    rig.instance.add_dynamic_partitions(INSIDER_WATCHES_NAME, [APPLE])
    assert "no filing" in (scheduled(rig, summarise_insiders_schedule, at).skip_message or "")
    day, long_before = date(2026, 3, 2), date(2025, 11, 3)
    with rig.database.transaction() as connection:
        store_filing(connection, 1, trade("S", "100", "10"), trade("P", "1", "3.50"), issuer_name="Pipe | <b>Co.")
        store_filing(connection, 2, trade("S", "7", "10"), owners=(BELL,), issuer_cik="0000000007", issuer_name="Seven")
        old = (trade("S", traded_on=long_before), trade("A"), trade("P", traded_on=date(2035, 1, 1)))
        store_filing(connection, 3, *old, filed_on=long_before)

    requests = scheduled(rig, summarise_insiders_schedule, at).run_requests or ()

    ranges = [range_tags(str(each), str(each)) for each in (long_before, day)]
    assert [tags.items() <= request.tags.items() for tags, request in zip(ranges, requests, strict=True)] == [
        True,
        True,
    ]
    result = rig.run("summarise_insiders", tags=ranges[1])
    assert result.success
    assert rig.checks(result)["sums_equal_their_rows"].passed
    (record,) = rig.materializations(INSIDER_SUMMARY)
    said = metadata_of(record)
    assert (record.partition_key, said["dagster/partition_row_count"], said["buys"], said["sells"]) == (
        str(day),
        2,
        1,
        2,
    )
    assert (said["sold_value"], said["net_value_exact"]) == (1070.0, "-1066.50 USD")
    assert said["summary"].splitlines()[2] == (
        "| Pipe &#124; &#60;b&#62;Co. | 1 | 1 | 3.50 | 1,000.00 | -996.50 | 1 |  |"
    )
    assert (said["checks_total"], said["transactions_created"]) == (0, 6)
    rig.rows("UPDATE pricewatch.insider_filings SET read_at = now() - interval '1 hour'")
    assert scheduled(rig, summarise_insiders_schedule, at).run_requests == []


TROUBLE = """
    UPDATE pricewatch.insider_filings SET transactions = 0 WHERE form = '4';
    UPDATE pricewatch.insider_filings SET state = 'gone' WHERE form = '5';
    UPDATE pricewatch.insider_transactions SET code = 'Q';
    INSERT INTO pricewatch.insider_sweeps (day, outcome, filings, missed) VALUES (current_date, 'ok', 3, 2)
"""
CHECKS = {
    filings_have_rows: {"filings": 2, "holdings_only": 1, "doubtful": 1},
    filings_are_readable: {"gone": 1, "unreadable": 0, "recent": 1},
    feeds_have_no_gaps: {"days": 1, "missed": 2, "is_late": False, "unswept_days": 0},
    codes_are_known: {"transactions": 2, "unknown": 2},
}


def test_checks_of_filings_warn_and_say_of_what(rig: Rig) -> None:
    with rig.database.transaction() as connection:
        store_filing(connection, 1, trade("S"))
        store_filing(connection, 2, holdings=[{"security": "Common Stock", "owned_after": Decimal(3)}], form="3")
        store_filing(connection, 3, trade("G"), form="5")
    for statement in TROUBLE.split(";"):
        rig.rows(statement)

    for check, numbers in CHECKS.items():
        verdict = check(pricewatch=PricewatchResource())

        assert isinstance(verdict, dg.AssetCheckResult)
        assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert {name: verdict.metadata[name].value for name in numbers} == numbers
