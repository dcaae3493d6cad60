"""The assets of insiders: filings, what they report, and what that came to by day. Bodies only call services."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from pricewatch_pipeline.defs.assets import OWNERS, price_snapshots
from pricewatch_pipeline.defs.checking import check_partitions
from pricewatch_pipeline.defs.filings_metadata import INSIDER_FILINGS, INSIDER_TRANSACTIONS
from pricewatch_pipeline.defs.insider_summary import INSIDER_SUMMARY, metadata_by_day
from pricewatch_pipeline.defs.partitions import INSIDER_WATCHES, TRADING_DAYS
from pricewatch_pipeline.defs.resources import PricewatchResource

GROUP = "insiders"
_SCRAPES = {"pricewatch/kind": "scrape"}


@dg.multi_asset(
    name="insider_filings_and_transactions",
    specs=[
        dg.AssetSpec(
            INSIDER_FILINGS,
            # A check writes them all; the snapshot is logged first, so that what hangs on it is never called out of date.
            deps=[dg.AssetDep(price_snapshots, partition_mapping=dg.IdentityPartitionMapping())],
            skippable=True,
            group_name=GROUP,
            kinds={"postgres"},
            owners=OWNERS,
            metadata={"dagster/table_name": "pricewatch.insider_filings"},
            tags=_SCRAPES,
            description=(
                "Ownership filings (SEC forms 3, 4, 5 and amendments), each once, under its issuer: rows of "
                "`pricewatch.insider_filings`, one partition per insider watch. A check logs here what it logs in "
                "`price_snapshots`, and also that it read filings when there is no trade at a price. Materializing a partition "
                "by hand reads what is still to be read, all of it; the run tags `pricewatch/days_back` (a number, or `all`) and "
                "`pricewatch/max_filings` say for this run how far back."
            ),
        ),
        dg.AssetSpec(
            INSIDER_TRANSACTIONS,
            deps=[INSIDER_FILINGS],
            skippable=True,
            group_name=GROUP,
            kinds={"postgres"},
            owners=OWNERS,
            metadata={"dagster/table_name": "pricewatch.insider_transactions"},
            tags=_SCRAPES,
            description=(
                "Every transaction that the filings report: rows of `pricewatch.insider_transactions`, one partition per insider "
                "watch, written with their filing. `analytics.insider_trades` has those on the open market, each counted once."
            ),
        ),
    ],
    partitions_def=INSIDER_WATCHES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    can_subset=True,
)
def insider_filings_and_transactions(
    context: dg.AssetExecutionContext, pricewatch: PricewatchResource
) -> Iterator[dg.MaterializeResult]:
    with pricewatch.opened() as pipeline:
        is_complete = check_partitions(context, pipeline)
    if is_complete:
        for asset in (INSIDER_FILINGS, INSIDER_TRANSACTIONS):
            if asset in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=asset)


@dg.asset(
    key=INSIDER_SUMMARY,
    partitions_def=TRADING_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[dg.AssetDep(INSIDER_TRANSACTIONS, partition_mapping=dg.AllPartitionMapping())],
    group_name=GROUP,
    kinds={"postgres", "pandas"},
    owners=OWNERS,
    metadata={"dagster/table_name": "analytics.insider_company_days"},
    description=(
        "What insiders bought and sold on the open market, per company and day of the trade: the view "
        "`analytics.insider_company_days`, which is never stale. A materialization records what it held, with how the checks of "
        "insider watches went so far; days whose trades were filed since are recorded again."
    ),
)
def insider_summary(context: dg.AssetExecutionContext, pricewatch: PricewatchResource) -> None:
    with pricewatch.opened() as pipeline:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        for day, found in metadata_by_day(pipeline.database, days):
            context.add_asset_metadata(found, partition_key=day.isoformat())


ALL = [insider_filings_and_transactions, insider_summary]
