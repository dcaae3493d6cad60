"""A filing as its columns can hold it. It was written by strangers: texts are cut, a number out of range is none, and no filing fills a
table; flags say so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow, ReportingOwner, RowKind
from pricewatch_pipeline.domain.trade_value import value_of

Record = dict[str, Any]

MOST_ROWS = 2_000
"""Of one filing. The form has room for thirty in each table."""
_MOST_OWNERS = 200
_MOST_FOOTNOTES = 300
_MOST_FLAGS = 50
_MOST_IDS = 50
_LONGEST_TEXT = 2_000
_LONGEST_PROSE = 10_000
"""Of remarks and of each footnote."""
_LONGEST_ID = 40
_LONGEST_FLAG = 100

_DIGITS_BEFORE, _DIGITS_AFTER = 18, 10
"""Of the columns' type."""
_SMALLEST = Decimal(1).scaleb(-_DIGITS_AFTER)
_NUMBERS = (
    "shares", "total_value", "price", "owned_after", "value_owned_after", "exercise_price", "underlying_shares", "underlying_value",
)  # fmt: skip
_TEXTS = (
    "security", "form_type", "code", "timeliness", "acquired_disposed", "direct_indirect", "nature", "underlying",
)  # fmt: skip
_BOTH = (
    "row", "security", "owned_after", "value_owned_after", "direct_indirect", "nature", "exercise_price", "exercise_date",
    "expiration_date", "underlying", "underlying_shares", "underlying_value",
)  # fmt: skip
_OF_TRANSACTIONS = (
    "traded_on", "deemed_on", "form_type", "code", "is_equity_swap", "timeliness", "shares", "price", "total_value", "acquired_disposed",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FilingRecords:
    """All rows of one filing."""

    filing: Record
    owners: list[Record]
    transactions: list[Record]
    holdings: list[Record]


def records_of(filing: OwnershipFiling) -> FilingRecords:
    """What is to be written of a document that was read; which filing it is of, the caller adds."""
    footnotes = _footnotes(filing.footnotes)
    rows = [_fitting(row) for row in islice(filing.rows, MOST_ROWS)]
    flags = [*filing.flags]
    flags += ["rows_cut"] * (len(filing.rows) > MOST_ROWS) + ["owners_cut"] * (len(filing.owners) > _MOST_OWNERS)
    flags += ["footnotes_cut"] * (dict(filing.footnotes) != footnotes)
    transactions = [_transaction(row, filing, footnotes) for row in rows if row.kind is RowKind.TRANSACTION]
    holdings = [_row(row, filing) for row in rows if row.kind is RowKind.HOLDING]
    return FilingRecords(
        filing={
            **_head(filing),
            "footnotes": footnotes,
            "flags": _flags(flags),
            "transactions": len(transactions),
            "holdings": len(holdings),
        },
        owners=[_owner(number, owner) for number, owner in enumerate(islice(filing.owners, _MOST_OWNERS), start=1)],
        transactions=transactions,
        holdings=holdings,
    )


def _head(filing: OwnershipFiling) -> Record:
    return {
        "form": short(filing.form),
        "issuer_cik": filing.issuer_cik,
        "issuer_name": short(filing.issuer_name),
        "issuer_symbol": short(filing.issuer_symbol),
        "issuer_foreign_symbol": short(filing.issuer_foreign_symbol),
        "schema_version": short(filing.schema_version),
        "period": filing.period,
        "original_filed_on": filing.original_filed_on,
        "is_subject_to_section_16": filing.is_subject_to_section_16,
        "has_no_securities": filing.has_no_securities,
        "is_10b5_1": filing.is_10b5_1,
        "remarks": short(filing.remarks, _LONGEST_PROSE),
        "signatures": [
            {"name": short(each.name), "signed_on": each.signed_on}
            for each in islice(filing.signatures, _MOST_OWNERS)
        ],
    }  # fmt: skip


def _owner(number: int, owner: ReportingOwner) -> Record:
    return {
        "number": number,
        "cik": short(owner.cik),
        "name": short(owner.name),
        "is_director": owner.is_director,
        "is_officer": owner.is_officer,
        "is_ten_percent_owner": owner.is_ten_percent_owner,
        "is_other": owner.is_other,
        "officer_title": short(owner.officer_title),
        "other_text": short(owner.other_text),
        "address": {short(name): short(text) for name, text in islice(owner.address.items(), _MOST_IDS)},
    }


def _transaction(row: OwnershipRow, filing: OwnershipFiling, footnotes: Mapping[str, str]) -> Record:
    value, reason = value_of(row, footnotes)
    return {
        **_row(row, filing),
        **{name: getattr(row, name) for name in _OF_TRANSACTIONS},
        "value": value,
        "value_reason": reason,
    }


def _row(row: OwnershipRow, filing: OwnershipFiling) -> Record:
    return {
        "table_name": row.table,
        "issuer_cik": filing.issuer_cik,
        **{name: getattr(row, name) for name in _BOTH},
        "footnotes": {
            name: [each[:_LONGEST_ID] for each in islice(ids, _MOST_IDS)] for name, ids in row.footnotes.items()
        },
        "flags": _flags(row.flags),
    }


def _fitting(row: OwnershipRow) -> OwnershipRow:
    """The row with nothing in it that its columns cannot hold; itself, as a rule."""
    changes: Record = {}
    flags: list[str] = []
    for name in _NUMBERS:
        number = getattr(row, name)
        if number is not None and (unfit := _unfit(number)):
            flags.append(f"{name}_{unfit}")
            changes[name] = number.quantize(_SMALLEST) if unfit == "rounded" else None
    for name in _TEXTS:
        text = getattr(row, name)
        if text is not None and len(text) > _LONGEST_TEXT:
            changes[name] = short(text)
    return replace(row, **changes, flags=(*row.flags, *flags)) if changes else row


def _unfit(number: Decimal) -> str | None:
    """What is the matter with a number; None when the column holds it as it is."""
    if not number.is_finite() or (number and number.adjusted() >= _DIGITS_BEFORE):
        return "out_of_range"
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_DIGITS_AFTER and number.quantize(_SMALLEST) != number:
        return "rounded"
    return None


def _footnotes(texts: Mapping[str, str]) -> dict[str, str]:
    return {each[:_LONGEST_ID]: text[:_LONGEST_PROSE] for each, text in islice(texts.items(), _MOST_FOOTNOTES)}


def _flags(flags: Iterable[str]) -> Sequence[str]:
    return [flag[:_LONGEST_FLAG] for flag in islice(flags, _MOST_FLAGS)]


def short(text: str | None, longest: int = _LONGEST_TEXT) -> str | None:
    """A text that may be of any length; None stays None."""
    return text if text is None else text[:longest]
