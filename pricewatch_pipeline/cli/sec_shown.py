"""What the commands on insiders share: how trades, filings and companies are shown."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.csv_output import print_csv
from pricewatch_pipeline.cli.output import console, decimal_text, print_json
from pricewatch_pipeline.services.show_history import instant_of
from pricewatch_pipeline.services.show_insiders import CompanyView

CompanyName = Annotated[
    str | None, typer.Argument(metavar="[COMPANY|WATCH]", help="A ticker, a CIK or an insider watch; else of all.")
]
SinceFlag = Annotated[
    str | None, typer.Option("--since", metavar="SPAN|DAY", help="Only what is newer: 30d, or 2026-05-01.")
]
LimitFlag = Annotated[int, typer.Option(min=1, max=1_000_000, help="How many rows at most, the newest.")]
AllFlag = Annotated[bool, typer.Option("--all", help="Every row.")]

NESTED = ("footnotes", "footnote_texts", "signatures")
"""Columns that hold more than a value."""
TRADE_COLUMNS = ("traded_on", "filed_on", "side", "shares", "price", "value", "owner", "notes")
TRADE_TEXTS = ("company", "owner", "notes")
"""Of these, columns that may become several lines where a terminal is narrow."""
_NO_SYMBOLS = ("NONE", "N/A", "NA", "-")
"""What filers write where there is no ticker. (NA is one, too: its company is then shown by its name.)"""
_STATES = ("read", "pending", "gone", "unreadable", "left_out")


def day_of(since: str | None) -> date | None:
    """The day that `--since` means."""
    return instant_of(since, now=datetime.now(UTC)).date() if since else None


def was_printed(found: CompanyView, *, as_json: bool, as_csv: bool, what: str, is_of_some: bool) -> bool:
    """Print what is no table: JSON, CSV, or that there is nothing. `is_of_some`: it was asked for some only, by day, side or state."""
    if as_json:
        print_json(found.rows)
    elif as_csv:
        print_csv(found.rows, without=NESTED)
    elif not found.rows:
        of_whom = f" of {found.company}" if found.company else ""
        none = "is like that." if is_of_some else "so far: `pricewatch sec stats` says what was read."
        console.print(f"No {what}{of_whom} {none}", highlight=False, soft_wrap=True, markup=False)
    return as_json or as_csv or not found.rows


def number_text(value: Decimal | None) -> str | None:
    """`3,000`, `517,410.50`."""
    if value is None:
        return None
    whole, point, rest = decimal_text(value).partition(".")
    return f"{int(whole):,}{point}{rest}"


def columns_shown(columns: Sequence[str], found: CompanyView) -> Sequence[str]:
    """Without whose they are, where all are of one company."""
    return [column for column in columns if column != "company" or not found.company]


def company_cell(row: dict[str, Any]) -> str:
    """Ticker, or else name or number."""
    symbol = row["issuer_symbol"]
    is_one = symbol and symbol.upper() not in _NO_SYMBOLS
    return str((symbol if is_one else None) or row["issuer_name"] or row["issuer_cik"] or "-")


def trade_row(row: dict[str, Any]) -> dict[str, Any]:
    """A trade as a line."""
    return {
        "traded_on": row["traded_on"],
        "filed_on": row["filed_on"],
        "company": company_cell(row),
        "side": row["side"],
        "shares": number_text(row["shares"]),
        "price": number_text(row["price"]),
        "value": number_text(row["value"]),
        "owner": "; ".join(row["owner_names"]),
        "notes": ", ".join(_notes(row)) or None,
    }


def _notes(row: dict[str, Any]) -> Iterator[str]:
    if row["is_10b5_1"]:
        yield "10b5-1"
    if row["is_late"]:
        yield "late"
    if row["is_amendment"]:
        yield "amended"
    if row["has_doubtful_date"]:
        yield "day?"
    if row["value_reason"]:
        yield str(row["value_reason"]).replace("_", " ").replace(" ads", " ADS")


def company_text(found: Mapping[str, Any]) -> str:
    """`Apple Inc. (AAPL, CIK 0000320193)`; of a company that is not known yet, what was asked for."""
    if found["cik"] is None:
        return f"{found['company']} (not known yet)"
    numbers = ", ".join(filter(None, (found["issuer_symbol"], f"CIK {found['cik']}")))
    return f"{found['issuer_name'] or found['company']} ({numbers})"


def filings_text(found: Mapping[str, Any]) -> str:
    """`134 listed: 130 read, 4 pending`, without the states that none is in."""
    states = [
        f"{found[f'filings_{state}']:,} {state.replace('_', ' ')}" for state in _STATES if found[f"filings_{state}"]
    ]
    return f"{found['filings']:,} listed" + (f": {', '.join(states)}" if states else "")


def insider_facts(found: Mapping[str, Any]) -> dict[str, Any]:
    """What `watch show` says of an insider watch."""
    return {
        "company": company_text(found),
        "filings": filings_text(found),
        "transactions": f"{found['transactions']:,} created by its checks",
        "missing parts": found["missing_parts"] or None,
    }
