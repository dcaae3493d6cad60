"""Asset checks of insiders: each is one question in SQL over what was read. They run in `fleet_report`."""

from datetime import timedelta
from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.filings_metadata import INSIDER_FILINGS, INSIDER_TRANSACTIONS
from pricewatch_pipeline.defs.insider_summary import INSIDER_SUMMARY
from pricewatch_pipeline.defs.metadata import text_table
from pricewatch_pipeline.defs.resources import PricewatchResource
from pricewatch_pipeline.storage import insider_numbers
from pricewatch_pipeline.storage.insider_numbers import SweepTally

WINDOW = timedelta(days=7)
"""What is older was told, and is in the numbers."""
LONGEST_UNSWEPT = timedelta(days=5)
"""Indexes are of business days: a long weekend is no trouble."""
FILING_COLUMNS = ("accession", "form", "filed_on", "issuer_name", "url")
MISSING_COLUMNS = ("accession", "form", "filed_on", "state", "attempts", "error", "url")
SUM_COLUMNS = ("source", "trades", "bought_shares", "sold_shares", "bought_value", "sold_value")
CODE_COLUMNS = ("code", "transactions", "is_known")
SWEEP_COLUMNS = ("day", "outcome", "filings", "missed", "error")


def _verdict(is_good: bool, metadata: dict[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=is_good, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


@dg.asset_check(
    asset=INSIDER_FILINGS,
    description=(
        "Every form 4 of the last week that amends nothing reports a transaction or a holding. Forms that report holdings only, "
        "or nothing, are counted."
    ),
)
def filings_have_rows(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        found = pipeline.database.run(lambda connection: insider_numbers.rows_of_filings(connection, window=WINDOW))
    return _verdict(
        not found.doubtful,
        {
            "filings": found.read,
            "with_transactions": found.with_transactions,
            "holdings_only": found.holdings_only,
            "without_any_row": found.empty,
            "doubtful": found.doubtful,
            "examples": text_table(FILING_COLUMNS, found.examples),
        },
    )


@dg.asset_check(
    asset=INSIDER_FILINGS,
    description=(
        "No document of a filing has vanished or is unreadable: none that was listed in the last week, or is still asked for "
        "again. `pricewatch sec filings --state unreadable` has them all."
    ),
)
def filings_are_readable(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        found = pipeline.database.run(lambda connection: insider_numbers.missing_filings(connection, window=WINDOW))
    return _verdict(
        not found.recent,
        {
            "gone": found.gone,
            "unreadable": found.unreadable,
            "recent": found.recent,
            "still_to_be_read": found.pending,
            "examples": text_table(MISSING_COLUMNS, found.examples),
        },
    )


@dg.asset_check(
    asset=INSIDER_FILINGS,
    description=(
        "The SEC's daily indexes of the last week name no filing that the feeds had not listed, and were read: the nightly job "
        "`sweep_filings` compares them, and what was missed is read all the same. No business day since its first one was left "
        "out: one of more than two weeks ago is compared only by `pricewatch sec sweep --day DATE`, or `--days N`."
    ),
)
def feeds_have_no_gaps(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        found = pipeline.database.run(lambda connection: insider_numbers.sweeps(connection, window=WINDOW))
    metadata = {
        "days": found.days,
        "missed": found.missed,
        "failed_days": found.failed,
        "newest_day": found.newest.isoformat() if found.newest else None,
        "is_late": is_sweep_late(found),
        "unswept_days": len(found.unswept),
        "unswept": ", ".join(map(str, found.unswept[-insider_numbers.EXAMPLES :])) or None,
        "troubled": text_table(SWEEP_COLUMNS, found.troubled),
    }
    is_good = not (found.missed or found.failed or found.unswept or is_sweep_late(found))
    return _verdict(is_good, {name: value for name, value in metadata.items() if value is not None})


def is_sweep_late(found: SweepTally) -> bool:
    """Whether a company is watched for longer than no index was compared."""
    if found.watched_since is None:
        return False
    return found.today - (found.newest or found.watched_since) > LONGEST_UNSWEPT


@dg.asset_check(
    asset=INSIDER_TRANSACTIONS,
    description="Every transaction of the last week's filings has a code that the SEC's list of transaction codes has.",
)
def codes_are_known(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        found = pipeline.database.run(
            lambda connection: insider_numbers.codes_of_transactions(connection, window=WINDOW)
        )
    return _verdict(
        not found.unknown,
        {
            "transactions": found.transactions,
            "unknown": found.unknown,
            "without_code": found.without_code,
            "codes": text_table(CODE_COLUMNS, found.codes),
        },
    )


@dg.asset_check(
    asset=INSIDER_SUMMARY,
    description="The sums over companies and days, and over owners, are those of the trades, and these are those of the rows.",
)
def sums_equal_their_rows(pricewatch: PricewatchResource) -> dg.AssetCheckResult:
    with pricewatch.opened() as pipeline:
        sums = pipeline.database.run(insider_numbers.row_sums)
    differing = [each["source"] for each in sums if any(each[name] != sums[0][name] for name in SUM_COLUMNS[1:])]
    return _verdict(not differing, {"differing": ", ".join(differing) or "none", "sums": text_table(SUM_COLUMNS, sums)})


ALL = [filings_have_rows, filings_are_readable, feeds_have_no_gaps, codes_are_known, sums_equal_their_rows]
