"""Ownership documents made for a test: a few fields, the rest as a usual filing has them."""

from collections.abc import Mapping

from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow, ParsedFiling
from pricewatch_pipeline.providers.sec_form4.ownership import read_filing

ISSUER = (
    "<issuer><issuerCik>0000320193</issuerCik><issuerName>Apple Inc.</issuerName>"
    "<issuerTradingSymbol>AAPL</issuerTradingSymbol></issuer>"
)
OWNER = (
    "<reportingOwner><reportingOwnerId><rptOwnerCik>0001462356</rptOwnerCik><rptOwnerName>Adams K.</rptOwnerName>"
    "</reportingOwnerId><reportingOwnerRelationship><isOfficer>1</isOfficer></reportingOwnerRelationship></reportingOwner>"
)
FIELDS = {
    "securityTitle": "Common Stock",
    "transactionDate": "2024-05-03",
    "transactionShares": "100",
    "transactionPricePerShare": "10.50",
    "transactionAcquiredDisposedCode": "A",
    "sharesOwnedFollowingTransaction": "1000",
    "directOrIndirectOwnership": "D",
}
_GROUPS = {
    "transactionShares": "transactionAmounts",
    "transactionPricePerShare": "transactionAmounts",
    "transactionAcquiredDisposedCode": "transactionAmounts",
    "sharesOwnedFollowingTransaction": "postTransactionAmounts",
    "directOrIndirectOwnership": "ownershipNature",
}


def transaction(changes: Mapping[str, str | None] | None = None, *, more: str = "", code: str = "P") -> str:
    """A row with these values of its fields; None: the field is not there. `more` is put in at its end."""
    fields = FIELDS | (changes or {})
    coding = f"<transactionCoding><transactionFormType>4</transactionFormType><transactionCode>{code}</transactionCode></transactionCoding>"
    inside = "".join(field(name, value) for name, value in fields.items() if value is not None)
    return f"<nonDerivativeTransaction>{coding}{inside}{more}</nonDerivativeTransaction>"


def field(name: str, value: str) -> str:
    filled = f"<{name}><value>{value}</value></{name}>"
    group = _GROUPS.get(name)
    return f"<{group}>{filled}</{group}>" if group else filled


def document(
    *rows: str, form: str = "4", period: str = "2024-05-03", parties: str = ISSUER + OWNER, more: str = ""
) -> bytes:
    """A whole document with these rows in Table I. `more` is put in at its end."""
    return (
        f"<ownershipDocument><schemaVersion>X0508</schemaVersion><documentType>{form}</documentType>"
        f"<periodOfReport>{period}</periodOfReport>{parties}"
        f"<nonDerivativeTable>{''.join(rows)}</nonDerivativeTable>{more}</ownershipDocument>"
    ).encode()


def filing_of(found: ParsedFiling) -> OwnershipFiling:
    assert found.filing is not None, found.error
    return found.filing


def row_of(changes: Mapping[str, str | None] | None = None, *, more: str = "", code: str = "P") -> OwnershipRow:
    """What is read of a single row."""
    (row,) = filing_of(read_filing(document(transaction(changes, more=more, code=code)))).rows
    return row


def submission(document: bytes, *, kind: str = "4", before: bytes = b"", after: bytes = b"") -> bytes:
    """The full text that holds a document, with others before and after it."""
    return (
        b"<SEC-DOCUMENT>0000320193-24-000077.txt : 20240506\n<SEC-HEADER>0000320193-24-000077.hdr.sgml : 20240506\n"
        b"<ACCEPTANCE-DATETIME>20240506183057\nACCESSION NUMBER:\t\t0000320193-24-000077\n"
        b"CONFORMED SUBMISSION TYPE:\t" + kind.encode() + b"\nFILED AS OF DATE:\t\t20240506\n\n"
        b"REPORTING-OWNER:\t\n\n\tOWNER DATA:\t\n\t\tCOMPANY CONFORMED NAME:\t\t\tAdams Katherine L.\n"
        b"\t\tCENTRAL INDEX KEY:\t\t\t0001462356\n\nISSUER:\t\t\n\n\tCOMPANY DATA:\t\n"
        b"\t\tCOMPANY CONFORMED NAME:\t\t\tAPPLE COMPUTER INC\n\t\tCENTRAL INDEX KEY:\t\t\t0000320193\n"
        b"\n\tFORMER COMPANY:\t\n\t\tFORMER CONFORMED NAME:\tAPPLE INC\n</SEC-HEADER>\n"
        + before
        + b"<DOCUMENT>\n<TYPE>" + kind.encode() + b"\n<SEQUENCE>1\n<TEXT>\n<XML>\n" + document
        + b"\n</XML>\n</TEXT>\n</DOCUMENT>\n" + after + b"</SEC-DOCUMENT>\n"
    )  # fmt: skip
