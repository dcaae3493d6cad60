"""Draws the documents of a filing: the ownership XML as the SEC's agents write it, the page it is rendered to, and the full submission."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from html import escape
from zoneinfo import ZoneInfo

from pricewatch_pipeline.demo.sec_values import EdgarFiling
from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow, OwnershipTable, ReportingOwner, RowKind

NEW_YORK = ZoneInfo("America/New_York")
_PREFIXES = {OwnershipTable.NON_DERIVATIVE: "nonDerivative", OwnershipTable.DERIVATIVE: "derivative"}
_ADDRESS = {
    "street1": "rptOwnerStreet1",
    "street2": "rptOwnerStreet2",
    "city": "rptOwnerCity",
    "state": "rptOwnerState",
    "zip": "rptOwnerZipCode",
    "state_description": "rptOwnerStateDescription",
}

_Value = str | Decimal | date | None


def document_of(filed: EdgarFiling) -> bytes:
    """The primary document."""
    if filed.body is not None:
        return filed.body
    if filed.filing is not None:
        return ownership_xml(filed.filing)
    return f"<html><head><title>{filed.form}</title></head><body><h1>FORM {filed.form}</h1></body></html>\n".encode()


def ownership_xml(filing: OwnershipFiling) -> bytes:
    """The document that says what a filing says. What is None is left out; rows stand in the order of their tables."""
    head = [
        _plain("schemaVersion", filing.schema_version or "X0508"),
        _plain("documentType", filing.form),
        _plain("periodOfReport", filing.period),
        _plain("dateOfOriginalSubmission", filing.original_filed_on),
        _plain("noSecuritiesOwned", "1" if filing.has_no_securities else None),
        _plain("notSubjectToSection16", _flag(not filing.is_subject_to_section_16)),
        _issuer(filing),
        *(_owner(owner) for owner in filing.owners),
        "" if filing.is_10b5_1 is None else _plain("aff10b5One", _flag(filing.is_10b5_1)),
    ]
    notes = "".join(f'<footnote id="{escape(key)}">{escape(text)}</footnote>' for key, text in filing.footnotes.items())
    tables = [_table(filing, table) for table in OwnershipTable]
    signatures = [
        _element("ownerSignature", _plain("signatureName", one.name) + _plain("signatureDate", one.signed_on))
        for one in filing.signatures
    ]
    tail = [_element("footnotes", notes), _element("remarks", escape(filing.remarks or "")), *signatures]
    body = "\n".join(part for part in (*head, *tables, *tail) if part)
    return f'<?xml version="1.0"?>\n<ownershipDocument>\n{body}\n</ownershipDocument>\n'.encode()


def submission_text(filed: EdgarFiling, names: Mapping[str, str]) -> bytes:
    """The full submission: an SGML header, and the document in its envelope. `names` are those of the CIKs."""
    accepted = filed.accepted_at.astimezone(NEW_YORK)
    issuer, *owners = filed.ciks
    lines = [
        f"<SEC-DOCUMENT>{filed.accession}.txt : {filed.filed_on:%Y%m%d}",
        f"<SEC-HEADER>{filed.accession}.hdr.sgml : {filed.filed_on:%Y%m%d}",
        f"<ACCEPTANCE-DATETIME>{accepted:%Y%m%d%H%M%S}",
        f"ACCESSION NUMBER:\t\t{filed.accession}",
        f"CONFORMED SUBMISSION TYPE:\t{filed.form}",
        "PUBLIC DOCUMENT COUNT:\t\t1",
        *([] if filed.period is None else [f"CONFORMED PERIOD OF REPORT:\t{filed.period:%Y%m%d}"]),
        f"FILED AS OF DATE:\t\t{filed.filed_on:%Y%m%d}",
        f"DATE AS OF CHANGE:\t\t{filed.filed_on:%Y%m%d}",
        *(line for cik in owners for line in _party("REPORTING-OWNER", "OWNER DATA", cik, names)),
        *_party("ISSUER" if filed.is_ownership else "FILER", "COMPANY DATA", issuer, names),
        "</SEC-HEADER>",
        "<DOCUMENT>",
        f"<TYPE>{filed.form}",
        "<SEQUENCE>1",
        f"<FILENAME>{filed.document}",
        f"<DESCRIPTION>FORM {filed.form}",
        "<TEXT>",
        "<XML>",
    ]
    return "\n".join(lines).encode() + b"\n" + document_of(filed) + b"</XML>\n</TEXT>\n</DOCUMENT>\n</SEC-DOCUMENT>\n"


def rendered_page(filed: EdgarFiling) -> bytes:
    """What the SEC's stylesheet makes of a document: HTML for people, in which numbers have separators and no names."""
    filing = filed.filing
    rows = "" if filing is None else "".join(_rendered_row(row) for row in filing.rows)
    page = (
        f"<html><head><title>SEC FORM {escape(filed.form)}</title></head><body>SEC Form {escape(filed.form)}\n"
        f'<table border="0"><tr><td class="FormName">FORM {escape(filed.form)}</td>'
        '<td class="FormTitle">UNITED STATES SECURITIES AND EXCHANGE COMMISSION</td></tr></table>\n'
        f'<p class="FormData">{escape((filing and filing.issuer_name) or "")}</p>\n<table border="1">{rows}</table></body></html>\n'
    )
    return page.encode()


def _rendered_row(row: OwnershipRow) -> str:
    shares = "" if row.shares is None else f"{row.shares:,}"
    price = "" if row.price is None else f"${row.price:,}"
    day = "" if row.traded_on is None else f"{row.traded_on:%m/%d/%Y}"
    cells = (row.security or "", day, row.code or "", shares, row.acquired_disposed or "", price)
    return "<tr>" + "".join(f'<td><span class="FormData">{escape(cell)}</span></td>' for cell in cells) + "</tr>\n"


def _party(kind: str, data: str, cik: str, names: Mapping[str, str]) -> list[str]:
    return [
        "",
        f"{kind}:",
        "",
        f"\t{data}:",
        f"\t\tCOMPANY CONFORMED NAME:\t\t\t{names.get(cik, '')}",
        f"\t\tCENTRAL INDEX KEY:\t\t\t{cik}",
    ]


def _issuer(filing: OwnershipFiling) -> str:
    return _element(
        "issuer",
        _plain("issuerCik", filing.issuer_cik)
        + _plain("issuerName", filing.issuer_name)
        + _plain("issuerTradingSymbol", filing.issuer_symbol)
        + _plain("issuerForeignTradingSymbol", filing.issuer_foreign_symbol),
    )


def _owner(owner: ReportingOwner) -> str:
    address = "".join(_plain(tag, owner.address.get(key)) for key, tag in _ADDRESS.items())
    relationship = "".join(
        (
            _plain("isDirector", _flag(owner.is_director)),
            _plain("isOfficer", _flag(owner.is_officer)),
            _plain("isTenPercentOwner", _flag(owner.is_ten_percent_owner)),
            _plain("isOther", _flag(owner.is_other)),
            _plain("officerTitle", owner.officer_title),
            _plain("otherText", owner.other_text),
        )
    )
    return _element(
        "reportingOwner",
        _element("reportingOwnerId", _plain("rptOwnerCik", owner.cik) + _plain("rptOwnerName", owner.name))
        + (_element("reportingOwnerAddress", address) if address else "")
        + _element("reportingOwnerRelationship", relationship),
    )


def _table(filing: OwnershipFiling, table: OwnershipTable) -> str:
    rows = sorted((row for row in filing.rows if row.table is table), key=lambda row: row.row)
    return _element(f"{_PREFIXES[table]}Table", "".join(_row(row) for row in rows)) if rows else ""


def _row(row: OwnershipRow) -> str:
    def value(tag: str, field: str) -> str:
        return _valued(tag, getattr(row, field), row.footnotes.get(field, ()))

    is_transaction = row.kind is RowKind.TRANSACTION
    parts = [
        value("securityTitle", "security"),
        value("conversionOrExercisePrice", "exercise_price"),
        *(_transaction(row, value) if is_transaction else ()),
        value("exerciseDate", "exercise_date"),
        value("expirationDate", "expiration_date"),
        _element(
            "underlyingSecurity",
            value("underlyingSecurityTitle", "underlying")
            + value("underlyingSecurityShares", "underlying_shares")
            + value("underlyingSecurityValue", "underlying_value"),
        )
        if row.table is OwnershipTable.DERIVATIVE
        else "",
        _element(
            "postTransactionAmounts",
            value("sharesOwnedFollowingTransaction", "owned_after")
            + value("valueOwnedFollowingTransaction", "value_owned_after"),
        ),
        _element(
            "ownershipNature",
            value("directOrIndirectOwnership", "direct_indirect") + value("natureOfOwnership", "nature"),
        ),
    ]
    return _element(_PREFIXES[row.table] + ("Transaction" if is_transaction else "Holding"), "".join(parts))


def _transaction(row: OwnershipRow, value: Callable[[str, str], str]) -> tuple[str, ...]:
    coding = (
        _plain("transactionFormType", row.form_type)
        + _plain("transactionCode", row.code)
        + _plain("equitySwapInvolved", _flag(row.is_equity_swap))
        + _notes((*row.footnotes.get("code", ()), *row.footnotes.get("row", ())))
    )
    amounts = (
        value("transactionShares", "shares")
        + value("transactionTotalValue", "total_value")
        + value("transactionPricePerShare", "price")
        + value("transactionAcquiredDisposedCode", "acquired_disposed")
    )
    return (
        value("transactionDate", "traded_on"),
        value("deemedExecutionDate", "deemed_on"),
        _element("transactionCoding", coding),
        value("transactionTimeliness", "timeliness"),
        _element("transactionAmounts", amounts),
    )


def _valued(tag: str, value: _Value, notes: tuple[str, ...]) -> str:
    """An element whose text is in a `value`, with its footnotes: with footnotes alone, it has none."""
    if value is None and not notes:
        return ""
    return _element(tag, ("" if value is None else _plain("value", value)) + _notes(notes))


def _notes(notes: tuple[str, ...]) -> str:
    return "".join(f'<footnoteId id="{escape(note)}"/>' for note in notes)


def _plain(tag: str, value: _Value) -> str:
    return "" if value is None else _element(tag, escape(_text(value), quote=False))


def _text(value: str | Decimal | date) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _element(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>\n"


def _flag(value: bool) -> str:
    return "1" if value else "0"
