"""What insiders bought and sold on a day, and how the checks of insider watches went, as metadata of `insider_summary`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dagster as dg

from pricewatch_pipeline.defs.metadata import amount, exact, markdown_table
from pricewatch_pipeline.storage import insider_numbers
from pricewatch_pipeline.storage.database import Connection, Database

if TYPE_CHECKING:
    import pandas as pd

INSIDER_SUMMARY = dg.AssetKey("insider_summary")
SHOWN_COMPANIES = 50
CURRENCY = "USD"
COLUMNS = ("company", "buys", "sells", "bought", "sold", "net", "owners", "cluster")
COUNTS = ("trades", "buys", "sells", "without_value")
VALUES = ("bought_value", "sold_value", "net_value")

Metadata = dict[str, Any]


def metadata_by_day(database: Database, days: Sequence[date]) -> Iterator[tuple[date, Metadata]]:
    """What each of these days held, with how all checks went so far."""
    from pricewatch_pipeline.storage import insider_frames  # noqa: PLC0415 - brings pandas: see there

    first, last = min(days), max(days)

    def load(connection: Connection) -> tuple["pd.DataFrame", list[insider_numbers.Record], Metadata]:
        return (
            insider_frames.company_days(connection, first, last),
            insider_numbers.clusters(connection, first, last),
            insider_numbers.statistics(connection),
        )

    frame, clusters, statistics = database.run(load)
    checks = checks_metadata(statistics)
    for day in days:
        in_clusters = {
            each["issuer_cik"]: each["owners"] for each in clusters if each["first_on"] <= day <= each["last_on"]
        }
        yield day, day_metadata(frame[frame["day"] == day], in_clusters) | checks


def day_metadata(frame: "pd.DataFrame", in_clusters: Mapping[str, int]) -> Metadata:
    """Of the companies whose insiders traded on a day, the largest net value first; `in_clusters`: how many owners buy, by CIK."""
    rows = [_row(row, in_clusters) for row in frame.head(SHOWN_COMPANIES).to_dict("records")]
    values = {name: sum(frame[name], Decimal(0)) for name in VALUES}
    return {
        "dagster/partition_row_count": len(frame),
        **{name: int(frame[name].sum()) for name in COUNTS},
        **{name: amount(value) for name, value in values.items()},
        "net_value_exact": exact(values["net_value"], CURRENCY),
        "companies_in_clusters": sum(cik in in_clusters for cik in frame["issuer_cik"]),
        "summary": dg.MetadataValue.md(markdown_table(COLUMNS, rows) if rows else "Nobody traded."),
    }


def checks_metadata(statistics: Mapping[str, Any]) -> Metadata:
    """The numbers of `pricewatch sec stats`."""
    duration = statistics["mean_duration_s"]
    return {
        "checks_total": statistics["checks"],
        "checks_succeeded": statistics["succeeded"],
        "checks_without_price": statistics["without_price"],
        "checks_failed": statistics["failed"],
        "average_duration_s": float(duration) if duration is not None else 0.0,
        "transactions_created": statistics["transactions"],
        "filings_read": statistics["filings_read"],
    }


def _row(row: Mapping[Any, Any], in_clusters: Mapping[str, int]) -> dict[str, Any]:
    owners = in_clusters.get(row["issuer_cik"])
    return {
        "company": row["issuer_name"] or row["issuer_cik"],
        "buys": row["buys"],
        "sells": row["sells"],
        "bought": _dollars(row["bought_value"]),
        "sold": _dollars(row["sold_value"]),
        "net": _dollars(row["net_value"]),
        "owners": row["owners"],
        "cluster": f"{owners} buyers" if owners else None,
    }


def _dollars(value: Decimal) -> str:
    return f"{value:,.2f}"
