"""What a check of an insider watch found, as metadata of `insider_filings` and `insider_transactions`."""

from typing import Any

import dagster as dg

from pricewatch_pipeline.defs.metadata import amount, exact, plain, text_table
from pricewatch_pipeline.domain.materializations import FilingsEvent, TradeLine

INSIDER_FILINGS = dg.AssetKey("insider_filings")
INSIDER_TRANSACTIONS = dg.AssetKey("insider_transactions")
TRADE_COLUMNS = ("traded_on", "filed_on", "owner", "trade", "shares", "price", "value", "accession")
_WORDS = {"P": "purchase", "S": "sale"}


def filings_metadata(filings: FilingsEvent) -> dict[str, Any]:
    """What the check listed and read, what is missing, and what is still to be read."""
    return _without_none(
        {
            **_about(filings),
            "filings_listed": filings.listed,
            "filings_found": filings.found,
            "filings_read": filings.read,
            "filings_gone": filings.gone,
            "filings_unreadable": filings.unreadable,
            "filings_left_out": filings.left_out,
            "filings_remaining": filings.remaining,
            "filings_stored": filings.filings_stored,
            "transactions": filings.transactions,
            "problem": filings.problem,
        }
    )


def transactions_metadata(filings: FilingsEvent) -> dict[str, Any]:
    """How many rows the check created, and the newest trades of the company on the open market."""
    return _without_none(
        {
            **_about(filings),
            "transactions": filings.transactions,
            "holdings": filings.holdings,
            "transactions_stored": filings.transactions_stored,
            "filings_read": filings.read,
            "filings_remaining": filings.remaining,
            "newest_trades": text_table(TRADE_COLUMNS, map(_row, filings.newest)),
        }
    )


def _about(filings: FilingsEvent) -> dict[str, Any]:
    return {
        "company": filings.company,
        "cik": filings.cik,
        "outcome": filings.outcome,
        "newest_trade": trade_text(filings.newest[0]) if filings.newest else None,
        "price": amount(filings.price),
        "price_exact": exact(filings.price, filings.currency),
        "price_of": filings.traded_on.isoformat() if filings.traded_on else None,
    }


def trade_text(trade: TradeLine) -> str:
    """`sale of 3,000 at 172.30 on 2024-04-12 by Jane Doe`."""
    shares = "shares" if trade.shares is None else f"{trade.shares.normalize():,f}"
    owner = f" by {trade.owner}" if trade.owner else ""
    return f"{_WORDS[trade.code]} of {shares} at {plain(trade.price)} on {trade.traded_on}{owner}"


def _row(trade: TradeLine) -> dict[str, Any]:
    return {
        "traded_on": trade.traded_on,
        "filed_on": trade.filed_on,
        "owner": trade.owner,
        "trade": _WORDS[trade.code],
        "shares": trade.shares,
        "price": trade.price,
        "value": trade.value,
        "accession": trade.accession,
    }


def _without_none(metadata: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if value is not None}
