"""The assets: what the pipeline keeps, and how each follows from the others. Bodies only call services."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from pricewatch_pipeline.defs.alerting import ALERTS, alerts_metadata
from pricewatch_pipeline.defs.checking import check_partitions
from pricewatch_pipeline.defs.fleet import SCRAPE_HEARTBEAT, fleet_metadata
from pricewatch_pipeline.defs.metadata import text_table
from pricewatch_pipeline.defs.partitions import DAYS, WATCHES, WATCHES_NAME, mirror_watches, wanted_partitions
from pricewatch_pipeline.defs.replaying import replay_mode, replay_partitions
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.exchange_rates import update_rates
from pricewatch_pipeline.services.refresh_products import refresh
from pricewatch_pipeline.services.sync_watches import SyncReport, sync_watches
from pricewatch_pipeline.storage import product_prices as product_rows

OWNERS = ["team:pricewatch"]
PREVIEW_ROWS = 50
PRODUCT_COLUMNS = (
    *("product_id", "title", "best_price", "currency", "best_watch_id"),
    *("lowest_ever_price", "trend", "priced_watches", "watches"),
)
PREVIEW_COLUMNS = ("watch_id", "price", "currency", "availability", "observed_at", "is_at_target")


@dg.asset(
    group_name="watching",
    kinds={"yaml", "postgres"},
    owners=OWNERS,
    metadata={"dagster/table_name": "pricewatch.watches"},
    description=(
        "What users asked for: the watch files, reconciled into the table `pricewatch.watches` and the dynamic "
        "partitions of `price_snapshots`. A file that is not valid changes nothing; the check "
        "`watch_files_are_valid` says where."
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "watch_files_are_valid",
            asset="watches",
            description="Every watch file was read, and every watch can be scheduled.",
        )
    ],
)
def watches(context: dg.AssetExecutionContext, pricewatch: PricewatchResource) -> dg.MaterializeResult:
    with pricewatch.opened() as pipeline:
        report = sync_watches(pipeline.database, pipeline.settings.watches, providers=providers())
        wanted = pipeline.database.run(wanted_partitions)
        changes = mirror_watches(context.instance, wanted)
    return dg.MaterializeResult(
        metadata={
            "watches": len(wanted[WATCHES_NAME]),
            "files": report.files,
            "stores": report.stores,
            "products": report.products,
            "created": len(report.created),
            "updated": len(report.updated),
            "archived": len(report.archived),
            "partitions_added": len(changes.to_add),
            "partitions_removed": len(changes.to_remove),
        },
        check_results=[_files_check(report)],
    )


def _files_check(report: SyncReport) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="watch_files_are_valid",
        passed=not report.issues and not report.warnings,
        severity=dg.AssetCheckSeverity.ERROR if report.issues else dg.AssetCheckSeverity.WARN,
        metadata={
            "errors": dg.MetadataValue.md("\n".join(f"- {issue}" for issue in report.issues) or "none"),
            "warnings": dg.MetadataValue.md("\n".join(f"- {warning}" for warning in report.warnings) or "none"),
        },
    )


@dg.asset(
    partitions_def=WATCHES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[watches],
    group_name="watching",
    kinds={"postgres"},
    owners=OWNERS,
    metadata={"dagster/table_name": "pricewatch.price_snapshots"},
    tags={"pricewatch/kind": "scrape"},
    # A replay logs its partitions itself: one that never had a price is not materialized by it. Nor is one where a check
    # had an answer without a price, such as that nothing is on offer.
    output_required=False,
    description=(
        "Every price ever read: append-only rows of `pricewatch.price_snapshots`, one partition per watch. The sensor "
        "`due_watches` fires runs of `scrape_due`, which check what is due and log here; materializing a partition by "
        "hand checks that watch now, in a slot of its own. With the run tag `pricewatch/replay` (`show` or `apply`) it reads "
        "the stored pages of these watches again instead."
    ),
)
def price_snapshots(
    context: dg.AssetExecutionContext, pricewatch: PricewatchResource
) -> Iterator[dg.MaterializeResult]:
    with pricewatch.opened() as pipeline:
        if mode := replay_mode(context.run.tags):
            replay_partitions(context, pipeline, mode)
            return
        is_complete = check_partitions(context, pipeline)
    if is_complete:
        yield dg.MaterializeResult()


@dg.asset(
    deps=[price_snapshots],
    group_name="analysis",
    kinds={"postgres", "pandas"},
    owners=OWNERS,
    metadata={"dagster/table_name": "analytics.latest_prices"},
    description=(
        "The newest price of every live watch: the view `analytics.latest_prices`, which is never stale. A "
        "materialization records what it held."
    ),
)
def latest_prices(pricewatch: PricewatchResource) -> dg.MaterializeResult:
    from pricewatch_pipeline.storage import frames  # noqa: PLC0415 - brings pandas: see there

    with pricewatch.opened() as pipeline:
        frame = pipeline.database.run(frames.latest)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(frame),
            "at_target": int(frame["is_at_target"].eq(True).sum()),
            "without_price": int(frame["price"].isna().sum()),
            "preview": text_table(PREVIEW_COLUMNS, frame.head(PREVIEW_ROWS).to_dict("records")),
        }
    )


@dg.asset(
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[dg.AssetDep(price_snapshots, partition_mapping=dg.AllPartitionMapping())],
    group_name="analysis",
    kinds={"postgres", "pandas"},
    owners=OWNERS,
    metadata={"dagster/table_name": "pricewatch.daily_prices"},
    description="Open, low, high, close and mean price per watch and UTC day: the table behind `analytics.daily_prices`.",
)
def daily_prices(context: dg.AssetExecutionContext, pricewatch: PricewatchResource) -> None:
    from pricewatch_pipeline.services.summarise_days import summarise_day  # noqa: PLC0415 - brings pandas

    with pricewatch.opened() as pipeline:
        for day in context.partition_keys:
            summary = summarise_day(pipeline.database, date.fromisoformat(day))
            context.add_asset_metadata(
                {"dagster/partition_row_count": len(summary), "snapshots": int(summary["snapshots"].sum())},
                partition_key=day,
            )


@dg.asset(
    key=SCRAPE_HEARTBEAT,
    # Not on price_snapshots: each new price would have the UI call the pulse out of date.
    deps=[watches],
    group_name="operations",
    kinds={"postgres"},
    owners=OWNERS,
    description=(
        "The pulse: numbers of the whole fleet of watches, logged by every `scrape_due` run and every ten minutes. When it "
        "is not fresh, the pipeline does not run: look at the daemon."
    ),
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=1), warn_window=timedelta(minutes=30)),
)
def scrape_heartbeat(pricewatch: PricewatchResource) -> dg.MaterializeResult:
    with pricewatch.opened() as pipeline:
        return dg.MaterializeResult(metadata=fleet_metadata(pipeline.database))


@dg.asset(
    key=ALERTS,
    deps=[price_snapshots],
    group_name="alerting",
    kinds={"postgres"},
    owners=OWNERS,
    metadata={"dagster/table_name": "pricewatch.alerts"},
    description=(
        "Rules that fired: rows of `pricewatch.alerts`, written in the transaction that stores the snapshot, with one "
        "delivery per channel in the outbox. The sensor `pending_alerts` fires runs of `deliver_alerts`, which send what is "
        "due and log here. A materialization records how the outbox stood."
    ),
)
def alerts(context: dg.AssetExecutionContext, pricewatch: PricewatchResource) -> dg.MaterializeResult:
    with pricewatch.opened() as pipeline:
        return dg.MaterializeResult(metadata=alerts_metadata(pipeline.database, context.instance))


@dg.asset(
    group_name="analysis",
    kinds={"postgres"},
    owners=OWNERS,
    metadata={"dagster/table_name": "pricewatch.exchange_rates"},
    description=(
        "Daily reference rates, by which stores in several currencies are compared: read from `PRICEWATCH_RATES_URL`, once "
        "a day and only while a product needs them. `pricewatch rates import FILE` does without a network."
    ),
)
def exchange_rates(pricewatch: PricewatchResource) -> dg.MaterializeResult:
    with pricewatch.opened() as pipeline:
        report = update_rates(pipeline.database, pipeline.settings)
    return dg.MaterializeResult(
        metadata={
            "read": report.read,
            "written": report.written,
            "first_day": report.first_day.isoformat(),
            "last_day": report.last_day.isoformat(),
        }
    )


@dg.asset(
    deps=[dg.AssetDep(price_snapshots, partition_mapping=dg.AllPartitionMapping()), exchange_rates],
    group_name="analysis",
    kinds={"postgres"},
    owners=OWNERS,
    metadata={"dagster/table_name": "pricewatch.product_prices"},
    description=(
        "What each product costs now, over its stores and in one currency: best price, landed, by unit, lowest ever, trend. "
        "The sensor `product_news` has those refreshed whose watches have been checked since."
    ),
)
def product_prices(pricewatch: PricewatchResource) -> dg.MaterializeResult:
    with pricewatch.opened() as pipeline:
        report = refresh(pipeline.database, pipeline.settings)
        trends = pipeline.database.run(product_rows.trends)
        rows = pipeline.database.run(lambda connection: product_rows.newest(connection, PREVIEW_ROWS))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(trends.values()),
            "refreshed": len(report.products),
            "refreshed_not_comparable": report.not_comparable,
            "trends": text_table(("trend", "products"), ({"trend": t, "products": n} for t, n in trends.items())),
            "preview": text_table(PRODUCT_COLUMNS, rows),
        }
    )


ALL = [
    *(watches, price_snapshots, latest_prices, daily_prices),
    *(exchange_rates, product_prices, scrape_heartbeat, alerts),
]
