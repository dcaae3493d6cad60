"""What follows from snapshots: the days' prices, the newest prices, the pulse, and the checks over all watches."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from pricewatch_pipeline.defs import checks, flight_checks, insider_checks
from pricewatch_pipeline.defs.checks import MOST_PENDING
from pricewatch_pipeline.defs.partitions import range_tags
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.defs.schedules import first_open_day, summarise_schedule
from pricewatch_pipeline_tests.support.dagster_rig import Rig, metadata_of
from pricewatch_pipeline_tests.support.loopback import Server
from pricewatch_pipeline_tests.support.shelf import Shelf
from pricewatch_pipeline_tests.support.shop import product

DAILY, LATEST = dg.AssetKey("daily_prices"), dg.AssetKey("latest_prices")
DAY = "2026-03-01"
AddSnapshots = Callable[..., None]
REPORTED = {
    "overdue_watches",
    "partition_drift",
    "failing_ratio",
    "event_backlog",
    "open_breakers",
    "quarantined_prices",
    "undelivered_backlog",
    "dead_letters",
    "offers_are_read",
    "fares_in_asked_currency",
    "filings_have_rows",
    "filings_are_readable",
    "feeds_have_no_gaps",
    "codes_are_known",
}


@pytest.fixture
def add_snapshots(rig: Rig) -> AddSnapshots:
    """Stores snapshots of a watch: (ISO time, price, currency) each."""

    def add(watch_id: str, *observed: tuple[str, str | None, str]) -> None:
        for at, price, currency in observed:
            instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
            rig.rows("SELECT pricewatch.ensure_months(:at, :at)", at=instant)
            rig.rows(
                "INSERT INTO pricewatch.price_snapshots (watch_id, slot_at, observed_at, price, currency)"
                " VALUES (:watch_id, :at, :at, :price, :currency)",
                watch_id=watch_id,
                at=instant,
                price=price,
                currency=currency,
            )

    rig.sync("http://shop.example", "lamp", "kettle")
    return add


def days_of(rig: Rig) -> list[dict[str, Any]]:
    return rig.rows("SELECT * FROM pricewatch.daily_prices ORDER BY day, watch_id")


def test_a_day_is_open_low_high_close_and_mean_on_exact_decimals(rig: Rig, add_snapshots: AddSnapshots) -> None:
    add_snapshots(
        "lamp",
        ("2026-02-28T23:59:59", "1.00", "EUR"),
        ("2026-03-01T00:00:00", "0.10", "EUR"),
        ("2026-03-01T09:00:00", "0.30", "EUR"),
        ("2026-03-01T12:00:00", None, "EUR"),
        ("2026-03-01T23:59:59.999", "0.20", "EUR"),
        ("2026-03-02T00:00:00", "9.00", "EUR"),
    )
    add_snapshots("kettle", ("2026-03-01T10:00:00", "33.3333", "PLN"))

    assert rig.materialize(DAILY, partition_key=DAY).success

    kettle, lamp = days_of(rig)
    assert [lamp[name] for name in ("open", "low", "high", "close", "mean")] == [
        Decimal(text) for text in ("0.1", "0.1", "0.3", "0.2", "0.2")
    ]
    assert (lamp["snapshots"], lamp["currency"]) == (3, "EUR")
    assert (kettle["close"], kettle["mean"], kettle["currency"]) == (Decimal("33.3333"), Decimal("33.3333"), "PLN")
    metadata = metadata_of(rig.materializations(DAILY)[0])
    assert (metadata["dagster/partition_row_count"], metadata["snapshots"]) == (2, 4)


def test_a_day_made_again_replaces_what_it_said(rig: Rig, add_snapshots: AddSnapshots) -> None:
    add_snapshots("lamp", ("2026-03-01T09:00:00", "1.00", "EUR"))
    assert rig.materialize(DAILY, partition_key=DAY).success
    add_snapshots("lamp", ("2026-03-01T21:00:00", "3.00", "EUR"))

    assert rig.materialize(DAILY, partition_key=DAY).success

    (lamp,) = days_of(rig)
    assert (lamp["open"], lamp["close"], lamp["snapshots"]) == (Decimal(1), Decimal(3), 2)


def test_prices_in_another_currency_than_the_days_last_are_left_out(rig: Rig, add_snapshots: AddSnapshots) -> None:
    add_snapshots("lamp", ("2026-03-01T09:00:00", "1000.00", "JPY"), ("2026-03-01T21:00:00", "7.00", "EUR"))

    assert rig.materialize(DAILY, partition_key=DAY).success

    (lamp,) = days_of(rig)
    assert (lamp["high"], lamp["currency"], lamp["snapshots"]) == (Decimal(7), "EUR", 1)


def test_a_range_of_days_is_one_run_and_a_day_without_prices_is_empty(rig: Rig, add_snapshots: AddSnapshots) -> None:
    add_snapshots("lamp", ("2026-03-01T09:00:00", "1.00", "EUR"), ("2026-03-03T09:00:00", "2.00", "EUR"))

    assert rig.materialize(DAILY, tags=range_tags("2026-03-01", "2026-03-03")).success

    assert [str(row["day"]) for row in days_of(rig)] == ["2026-03-01", "2026-03-03"]
    assert rig.instance.get_materialized_partitions(DAILY) == {"2026-03-01", "2026-03-02", "2026-03-03"}


@pytest.mark.parametrize(
    ("summarised", "first"),
    [
        (set(), "2026-03-05"),
        ({"2026-03-05"}, "2026-03-05"),
        ({"2026-03-03", "2026-03-04"}, "2026-03-04"),
        ({"2026-03-01"}, "2026-03-01"),
        ({"2026-03-09"}, "2026-03-05"),
    ],
    ids=["never", "today", "since yesterday", "after an outage", "only later ones, by hand"],
)
def test_days_that_may_have_been_left_unfinished_are_summarised_again(summarised: set[str], first: str) -> None:
    assert first_open_day(summarised, "2026-03-05") == first


def test_the_schedule_asks_for_the_day_of_the_hour_before_and_those_since_the_last(
    rig: Rig, add_snapshots: AddSnapshots
) -> None:
    def request_at(*instant: int) -> dg.RunRequest:
        scheduled = datetime(*instant, tzinfo=UTC)  # type: ignore[arg-type,misc]
        with dg.build_schedule_context(
            instance=rig.instance,
            repository_def=rig.definitions.get_repository_def(),
            scheduled_execution_time=scheduled,
        ) as context:
            (request,) = summarise_schedule.evaluate_tick(context).run_requests or ()
        return request

    add_snapshots("lamp", ("2026-03-01T23:30:00", "1.00", "EUR"), ("2026-03-02T01:00:00", "2.00", "EUR"))
    after_midnight = request_at(2026, 3, 2, 0, 2)
    assert after_midnight.partition_key == DAY
    assert rig.run("summarise", partition_key=DAY).success

    next_hour = request_at(2026, 3, 2, 1, 2)
    assert next_hour.tags.items() >= range_tags(DAY, "2026-03-02").items()
    assert rig.run("summarise", tags=range_tags(DAY, "2026-03-02")).success

    assert request_at(2026, 3, 2, 2, 2).partition_key == "2026-03-02"
    assert len(days_of(rig)) == 2


def test_the_report_shows_the_newest_prices_and_the_pulse(rig: Rig, shelf: Shelf, shop: Server) -> None:
    for price in ("12.00", "11.50"):
        shelf.pages = {"lamp": product(price)}
        rig.sync(shop.base_url, "lamp", "gone")
        assert rig.run("scrape_due").success

    result = rig.run("fleet_report")

    assert result.success
    record = rig.materializations(LATEST)[0]
    assert metadata_of(record)["dagster/row_count"] == 1
    assert record.asset_materialization
    table = record.asset_materialization.metadata["preview"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [(row.data["watch_id"], row.data["price"]) for row in table.records] == [("lamp", "11.50")]
    pulse = metadata_of(rig.materializations(dg.AssetKey("scrape_heartbeat"))[-1])
    assert (pulse["watches"], pulse["failing"], pulse["checks_last_hour"]) == (2, 1, 4)
    assert (pulse["pages_last_hour"], pulse["hosts_left_alone"]) == (4, 0)
    (host,) = table_of(rig, "hosts_last_hour")
    assert (host["host"], host["checks"], host["outcomes"]) == (
        shop.base_url.removeprefix("http://"),
        "4",
        "2 not_found, 2 ok",
    )
    assert set(rig.checks(result)) == REPORTED


def table_of(rig: Rig, name: str, *, nth: int = -1) -> list[dict[str, Any]]:
    """A table of a pulse."""
    materialization = rig.materializations(dg.AssetKey("scrape_heartbeat"))[nth].asset_materialization
    assert materialization
    table = materialization.metadata[name]
    assert isinstance(table, dg.TableMetadataValue)
    return [dict(row.data) for row in table.records]


def test_a_run_tells_what_it_asked_of_each_host(rig: Rig, shelf: Shelf, shop: Server) -> None:
    shelf.pages = {"lamp": product("12.00")}
    rig.sync(shop.base_url, "lamp", "gone")
    assert rig.run("scrape_due").success

    (host,) = table_of(rig, "run_hosts")
    assert (host["checks"], host["pages"], host["outcomes"]) == ("2", "2", "1 not_found, 1 ok")
    pulse = metadata_of(rig.materializations(dg.AssetKey("scrape_heartbeat"))[-1])
    assert pulse["run_pages"] == 2
    assert pulse["run_pages_per_s"] > 0
    assert pulse["run_megabytes"] > 0


def test_the_hosts_with_an_open_breaker_are_named_with_the_reason(rig: Rig) -> None:
    rig.sync("http://shop.example", "lamp", "kettle")
    rig.rows(
        "UPDATE pricewatch.hosts SET breaker_until = now() + interval '1 hour', openings = 1, breaker_reason = 'blocked 3 times in a row'"
    )

    check = rig.checks(rig.run("fleet_report"))["open_breakers"]

    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    table = check.metadata["hosts"]
    assert isinstance(table, dg.TableMetadataValue)
    (host,) = [row.data for row in table.records]
    assert (host["host"], host["openings"], host["breaker_reason"]) == (
        "shop.example",
        "1",
        "blocked 3 times in a row",
    )
    assert host["due_watches"] == "2"


def test_a_report_on_nothing_at_all_is_fine(rig: Rig) -> None:
    result = rig.run("fleet_report")

    assert result.success
    assert all(check.passed for check in rig.checks(result).values())


def test_the_pulse_warns_after_half_an_hour_and_fails_after_one(definitions: dg.Definitions) -> None:
    policy = definitions.resolve_asset_graph().get(dg.AssetKey("scrape_heartbeat")).freshness_policy

    assert policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=1), warn_window=timedelta(minutes=30))


def doubted(since: str) -> str:
    return f"""
    INSERT INTO pricewatch.quarantined_offers (watch_id, slot_at, attempt, observed_at, price, currency, doubt)
    VALUES ('lamp', now() - interval '{since}', 1, now() - interval '{since}', 202, 'EUR', '202 is 97% below 6290.')
    """


TROUBLES = {
    "overdue_watches": (
        "UPDATE pricewatch.watches SET next_due_at = now() - interval '7 hours' WHERE watch_id = 'lamp'",
        "UPDATE pricewatch.watches SET next_due_at = now() - interval '5 hours' WHERE watch_id = 'lamp'",
    ),
    "failing_ratio": (
        "UPDATE pricewatch.watches SET consecutive_failures = 1 WHERE watch_id = 'lamp'",
        "UPDATE pricewatch.watches SET consecutive_failures = 1, paused_at = now() WHERE watch_id = 'lamp'",
    ),
    "partition_drift": (
        "UPDATE pricewatch.watches SET archived_at = now() WHERE watch_id = 'lamp'",
        "UPDATE pricewatch.watches SET paused_at = now() WHERE watch_id = 'lamp'",
    ),
    "open_breakers": (
        "UPDATE pricewatch.hosts SET breaker_until = now() + interval '1 minute'",
        "UPDATE pricewatch.hosts SET failures = 4, rests_until = now() + interval '1 hour'",
    ),
    "quarantined_prices": (doubted("25 hours"), doubted("23 hours")),
    "event_backlog": (
        "INSERT INTO pricewatch.pending_events VALUES ('lamp', now(), now() - interval '31 minutes')",
        "INSERT INTO pricewatch.pending_events VALUES ('lamp', now(), now() - interval '29 minutes')",
    ),
}


NO_TROUBLE = (
    "UPDATE pricewatch.watches SET next_due_at = now(), consecutive_failures = 0, paused_at = NULL, archived_at = NULL",
    "UPDATE pricewatch.hosts SET breaker_until = NULL, failures = 0, rests_until = NULL",
    "TRUNCATE pricewatch.pending_events, pricewatch.quarantined_offers",
)


def warned_of(rig: Rig) -> set[str]:
    """The checks of the report that warn now, each asked by itself on one open pipeline: a run costs twenty times it."""
    with PricewatchResource().opened() as pipeline:
        return set(_warned_of(rig, SimpleNamespace(opened=lambda: nullcontext(pipeline))))


def _warned_of(rig: Rig, pricewatch: SimpleNamespace) -> Iterator[str]:
    for check in (*checks.ALL, *flight_checks.ALL, *insider_checks.ALL):
        (name,) = (key.name for key in check.check_keys)
        if name in REPORTED:
            given = (dg.build_asset_check_context(instance=rig.instance),) if check is checks.partition_drift else ()
            asked = check.op.compute_fn.decorated_fn  # type: ignore[union-attr]
            verdict = asked(*given, pricewatch=pricewatch)
            assert isinstance(verdict, dg.AssetCheckResult)
            assert verdict.severity == dg.AssetCheckSeverity.WARN
            if not verdict.passed:
                yield name


def test_a_check_warns_of_its_own_trouble_and_of_no_other(rig: Rig) -> None:
    rig.sync("http://shop.example", "lamp", "kettle")
    for name, (trouble, nearly) in TROUBLES.items():
        for statement, expected in ((nearly, set()), (trouble, {name})):
            for reset in NO_TROUBLE:
                rig.rows(reset)
            rig.rows(statement)
            assert warned_of(rig) == expected, statement


def test_checks_that_warn_are_no_failure_of_their_run(rig: Rig) -> None:
    rig.sync("http://shop.example", "lamp", "kettle")
    # A watch that is archived, or waits for its host, is not overdue.
    hide_others = {"partition_drift", "open_breakers"}
    troubles = {name: trouble for name, (trouble, _) in TROUBLES.items() if name not in hide_others}
    for trouble in troubles.values():
        rig.rows(trouble)

    result = rig.run("fleet_report")

    assert result.success
    failed = {name: check.severity for name, check in rig.checks(result).items() if not check.passed}
    assert failed == dict.fromkeys(troubles, dg.AssetCheckSeverity.WARN)


def test_many_events_that_wait_are_a_backlog_however_young(rig: Rig) -> None:
    insert = """
    INSERT INTO pricewatch.pending_events
    SELECT 'lamp', now() + make_interval(secs => n), now() FROM generate_series(1, :count) n
    """
    rig.rows(insert, count=MOST_PENDING + 1)

    check = rig.checks(rig.run("fleet_report"))["event_backlog"]

    assert not check.passed
    assert check.metadata["waiting"].value == MOST_PENDING + 1
