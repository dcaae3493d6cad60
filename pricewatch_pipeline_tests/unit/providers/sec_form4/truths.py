"""Saved ownership filings, and what is in them."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow, OwnershipTable, RowKind

SAMPLES = Path(__file__).parent / "samples"
CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "sec_form4"
FILINGS = sorted(
    path.with_name(path.name.removesuffix(".truth.json"))
    for path in (CORPUS if CORPUS.is_dir() else SAMPLES).glob("f[345]*.truth.json")
)
"""Every filing of the corpus; without the corpus, the samples of it."""
_FLAGS = Path(__file__).parents[4] / "docs" / "reference" / "insider-flags.md"
_LISTS = {
    "nd_transactions": (OwnershipTable.NON_DERIVATIVE, RowKind.TRANSACTION),
    "d_transactions": (OwnershipTable.DERIVATIVE, RowKind.TRANSACTION),
    "nd_holdings": (OwnershipTable.NON_DERIVATIVE, RowKind.HOLDING),
    "d_holdings": (OwnershipTable.DERIVATIVE, RowKind.HOLDING),
}


def truth_of(path: Path) -> dict[str, Any]:
    """What a filing says, in the words of our fields."""
    truth: dict[str, Any] = json.loads(path.with_name(f"{path.name}.truth.json").read_text(encoding="utf-8"))
    facts = {
        "schema": truth["schema"] or None,
        "document_type": truth["document_type"],
        "period_of_report": day(truth["period_of_report"]),
        "date_of_original_submission": day(truth["date_of_original_submission"]),
        "not_subject_to_section16": mark(truth["not_subject_to_section16"]) or False,
        "aff10b5One": mark(truth["aff10b5One"]),
        "issuer_cik": truth["issuer_cik"],
        "issuer_name": truth["issuer_name"] or None,
        "issuer_symbol": truth["issuer_symbol"],
        "owners": [
            owner | {"cik": owner["cik"].zfill(10), "officer_title": owner["officer_title"] or None}
            for owner in truth["owners"]
        ],
        "footnotes": truth["footnotes"],
        "remarks": truth["remarks"].strip() or None,
        "accession": truth["accession"] or None,
    }
    return facts | {name: [_true_row(row) for row in truth[name]] for name in _LISTS}


def facts_of(filing: OwnershipFiling) -> dict[str, Any]:
    """The same of a filing that was read."""
    facts = {
        "schema": filing.schema_version,
        "document_type": filing.form,
        "period_of_report": filing.period,
        "date_of_original_submission": filing.original_filed_on,
        "not_subject_to_section16": not filing.is_subject_to_section_16,
        "aff10b5One": filing.is_10b5_1,
        "issuer_cik": filing.issuer_cik,
        "issuer_name": filing.issuer_name,
        "issuer_symbol": filing.issuer_symbol,
        "owners": [
            {
                "cik": owner.cik,
                "name": owner.name,
                "is_director": owner.is_director,
                "is_officer": owner.is_officer,
                "is_ten_percent": owner.is_ten_percent_owner,
                "is_other": owner.is_other,
                "officer_title": owner.officer_title,
            }
            for owner in filing.owners
        ],
        "footnotes": len(filing.footnotes),
        "remarks": filing.remarks,
        "accession": filing.accession,
    }
    return facts | {
        name: [_row(row) for row in filing.rows if (row.table, row.kind) == kinds] for name, kinds in _LISTS.items()
    }


def _row(row: OwnershipRow) -> dict[str, Any]:
    facts = {
        "security": row.security,
        "date": row.traded_on,
        "code": row.code,
        "form_type": row.form_type,
        "shares": text(row.shares),
        "total_value": text(row.total_value),
        "price": text(row.price),
        "price_footnotes": list(row.footnotes.get("price", ())),
        "ad": row.acquired_disposed,
        "owned_after": text(row.owned_after),
        "value_owned_after": text(row.value_owned_after),
        "direct_indirect": row.direct_indirect,
        "nature": row.nature,
    }
    if row.table is OwnershipTable.NON_DERIVATIVE:
        return facts
    return facts | {
        "exercise_price": text(row.exercise_price),
        "exercise_price_footnotes": list(row.footnotes.get("exercise_price", ())),
        "exercise_date": row.exercise_date,
        "expiration": row.expiration_date,
        "underlying": row.underlying,
        "underlying_shares": text(row.underlying_shares),
    }


def _true_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: day(value) if name in ("date", "exercise_date", "expiration") else value for name, value in row.items()
    }


def day(written: str | None) -> date | None:
    """A truth gives days as the file has them: some with a zone."""
    return date.fromisoformat(written[:10]) if written else None


def mark(written: str) -> bool | None:
    return {"": None, "0": False, "false": False, "1": True, "true": True}[written]


def text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def is_explained(flag: str) -> bool:
    """Whether the reference says what a flag means: by its name, or by how it ends where it begins with a field's."""
    page = _FLAGS.read_text(encoding="utf-8")
    endings = ("_not_readable", "_negative", "_reformatted", "_contradicts_itself")
    names = [
        flag.partition(":")[0] + (":NAME" if ":" in flag else ""),
        *(f"...{end}" for end in endings if flag.endswith(end)),
    ]
    return any(f"`{name}`" in page for name in names)
