"""Asset checks of flights: each is one question in SQL over the searches of the last day. They run in `fleet_report`."""

from datetime import timedelta

import dagster as dg

from pricewatch_pipeline.defs.flights import flight_offers
from pricewatch_pipeline.defs.metadata import text_table
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.storage import flight_numbers

WINDOW = timedelta(days=1)
MOST_UNREADABLE = 0.1
"""Share of searches: a page now and then is broken, a changed layout breaks all of them."""
UNREADABLE_COLUMNS = ("watch_id", "observed_at", "url")
CURRENCY_COLUMNS = ("watch_id", "observed_at", "price", "currency", "asked_currency", "url")


@dg.asset_check(
    asset=flight_offers, description="At most one in ten searches of the last day had a page that we cannot read."
)
def offers_are_read(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        found = pipeline.database.run(lambda connection: flight_numbers.unreadable(connection, window=WINDOW))
    return dg.AssetCheckResult(
        passed=found.share <= MOST_UNREADABLE,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "share": round(found.share, 4),
            "unreadable": found.troubled,
            "searches": found.searches,
            "examples": text_table(UNREADABLE_COLUMNS, found.examples),
        },
    )


@dg.asset_check(asset=flight_offers, description="Fares of the last day came in the currency that was asked for.")
def fares_in_asked_currency(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        found = pipeline.database.run(lambda connection: flight_numbers.in_another_currency(connection, window=WINDOW))
    return dg.AssetCheckResult(
        passed=not found.troubled,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "in_another_currency": found.troubled,
            "searches": found.searches,
            "examples": text_table(CURRENCY_COLUMNS, found.examples),
        },
    )


ALL = [offers_are_read, fares_in_asked_currency]
