"""Asset checks: each is one question in SQL over all watches. They run in the job `fleet_report`."""

from datetime import timedelta
from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.assets import alerts, price_snapshots, watches
from pricewatch_pipeline.defs.metadata import text_table
from pricewatch_pipeline.defs.partitions import WATCHES_NAME, live_partitions, partition_changes, wanted_partitions
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.storage import alert_numbers, events, host_views, ledger, outbox, quarantine

MOST_FAILING = 0.2
"""Share of active watches that may be failing."""
MOST_PENDING = 1000
OLDEST_PENDING_S = 1800
BREAKER_COLUMNS = ("host", "breaker_reason", "breaker_until", "openings", "due_watches")
LONGEST_UNDELIVERED = timedelta(minutes=10)
DEAD_LETTER_WINDOW = timedelta(days=1)
DEAD_LETTER_COLUMNS = ("channel", "error", "deliveries", "last_at")
LONGEST_DOUBT = timedelta(days=1)
DOUBTED_COLUMNS = ("watch_id", "observed_at", "price", "currency", "doubt")
OVERDUE_COLUMNS = ("watch_id", "host", "next_due_at", "late_s", "last_outcome")


def _verdict(is_good: bool, metadata: dict[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=is_good, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


@dg.asset_check(asset=watches, description="No active watch is later than twice its interval.")
def overdue_watches(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        late = pipeline.database.run(ledger.overdue)
    return _verdict(not late, {"overdue": len(late), "watches": text_table(OVERDUE_COLUMNS, late)})


@dg.asset_check(asset=price_snapshots, description="At most one in five active watches is failing.")
def failing_ratio(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        fleet = pipeline.database.run(ledger.fleet)
    ratio = fleet["failing"] / fleet["active"] if fleet["active"] else 0.0
    return _verdict(
        ratio <= MOST_FAILING,
        {"ratio": ratio, "failing": fleet["failing"], "active": fleet["active"], "quarantined": fleet["quarantined"]},
    )


@dg.asset_check(asset=watches, description="The dynamic partitions are the watches of the table.")
def partition_drift(context: dg.AssetCheckExecutionContext, pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        wanted = pipeline.database.run(wanted_partitions)
    changes = [
        partition_changes(live_partitions(context.instance, name), keys, in_flight=()) for name, keys in wanted.items()
    ]
    missing = sum(len(each.to_add) for each in changes)
    surplus = sum(len(each.to_remove) for each in changes)
    return _verdict(
        not missing and not surplus,
        {"missing": missing, "surplus": surplus, "partitions": len(wanted[WATCHES_NAME])},
    )


@dg.asset_check(asset=price_snapshots, description="Snapshots reach Dagster's log soon after they are stored.")
def event_backlog(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        waiting, oldest = pipeline.database.run(events.backlog)
        age_s = (pipeline.database.now() - oldest).total_seconds() if oldest else 0.0
    return _verdict(waiting <= MOST_PENDING and age_s <= OLDEST_PENDING_S, {"waiting": waiting, "oldest_s": age_s})


@dg.asset_check(
    asset=price_snapshots, description="No host blocks us, or breaks down, so often that its watches have to wait."
)
def open_breakers(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        hosts = pipeline.database.run(host_views.with_open_breaker)
    return _verdict(not hosts, {"open": len(hosts), "hosts": text_table(BREAKER_COLUMNS, hosts)})


@dg.asset_check(
    asset=price_snapshots, description="No price waits for longer than a day to be confirmed, by a look or an operator."
)
def quarantined_prices(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        prices = pipeline.database.run(lambda c: quarantine.waiting(c, longer_than=LONGEST_DOUBT))
    return _verdict(not prices, {"waiting": len(prices), "prices": text_table(DOUBTED_COLUMNS, prices)})


@dg.asset_check(asset=alerts, description="No alert that is due has waited for ten minutes to be sent.")
def undelivered_backlog(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        backlog = pipeline.database.run(outbox.backlog)
        waited = pipeline.database.now() - backlog.oldest_due_at if backlog.oldest_due_at else timedelta(0)
    numbers = {"pending": backlog.due, "oldest_s": waited.total_seconds(), "waiting_for_later": backlog.waiting}
    return _verdict(waited < LONGEST_UNDELIVERED, numbers)


@dg.asset_check(
    asset=alerts, description="No alert was given up in the last day: `pricewatch alerts retry` sends it anew."
)
def dead_letters(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        dead = pipeline.database.run(lambda c: alert_numbers.dead_letters(c, window=DEAD_LETTER_WINDOW))
    return _verdict(
        not dead,
        {"dead": sum(each["deliveries"] for each in dead), "reasons": text_table(DEAD_LETTER_COLUMNS, dead)},
    )


ALL = [
    overdue_watches,
    failing_ratio,
    partition_drift,
    event_backlog,
    open_breakers,
    quarantined_prices,
    undelivered_backlog,
    dead_letters,
]
