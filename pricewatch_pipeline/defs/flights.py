"""The assets of flights: every itinerary on offer, and the fares by day. Bodies only call services."""

from collections.abc import Iterator

import dagster as dg

from pricewatch_pipeline.defs.assets import OWNERS, price_snapshots
from pricewatch_pipeline.defs.checking import check_partitions
from pricewatch_pipeline.defs.fare_calendar import FARE_CALENDAR, calendar_metadata
from pricewatch_pipeline.defs.offers_metadata import FLIGHT_OFFERS
from pricewatch_pipeline.defs.partitions import FLIGHT_WATCHES
from pricewatch_pipeline.defs.resources import PricewatchResource


@dg.asset(
    key=FLIGHT_OFFERS,
    partitions_def=FLIGHT_WATCHES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    # A check writes both; the snapshot is logged first, so that what hangs on it is never called out of date.
    deps=[dg.AssetDep(price_snapshots, partition_mapping=dg.IdentityPartitionMapping())],
    group_name="flights",
    kinds={"postgres"},
    owners=OWNERS,
    metadata={"dagster/table_name": "pricewatch.flight_offers"},
    tags={"pricewatch/kind": "scrape"},
    # A search that finds nothing on offer, as the site says itself, is no failure, and nothing to show either.
    output_required=False,
    description=(
        "Every itinerary of every check of a flight watch: rows of `pricewatch.flight_offers`, one partition per watch. A "
        "check logs here what it logs in `price_snapshots`; a watch of many dates and airports is checked as a batch in the "
        "job `check_batches`, which observes its partition while it runs. Materializing a partition by hand checks that "
        "watch now, in a slot of its own; terminating the run ends the batch, and what it read is kept."
    ),
)
def flight_offers(context: dg.AssetExecutionContext, pricewatch: PricewatchResource) -> Iterator[dg.MaterializeResult]:
    with pricewatch.opened() as pipeline:
        is_complete = check_partitions(context, pipeline)
    if is_complete:
        yield dg.MaterializeResult()


@dg.asset(
    key=FARE_CALENDAR,
    deps=[dg.AssetDep(flight_offers, partition_mapping=dg.AllPartitionMapping())],
    group_name="flights",
    kinds={"postgres", "pandas"},
    owners=OWNERS,
    metadata={"dagster/table_name": "analytics.fare_calendar"},
    description=(
        "The newest fare of each trip and day, with the one before and the lowest ever: the view `analytics.fare_calendar`, "
        "which is never stale. A materialization, nightly and after batches, records what it held, with a picture."
    ),
)
def fare_calendar(pricewatch: PricewatchResource) -> dg.MaterializeResult:
    with pricewatch.opened() as pipeline:
        return dg.MaterializeResult(metadata=calendar_metadata(pipeline.database))


ALL = [flight_offers, fare_calendar]
