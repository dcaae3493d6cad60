import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.insiders import OwnershipRow, OwnershipTable, RowKind, Signature
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.sec_form4.ownership import read_filing
from pricewatch_pipeline_tests.unit.providers.sec_form4.documents import (
    ISSUER,
    OWNER,
    document,
    filing_of,
    submission,
    transaction,
)
from pricewatch_pipeline_tests.unit.providers.sec_form4.truths import FILINGS, SAMPLES, facts_of, is_explained, truth_of

READ = {path: filing_of(read_filing(path.read_bytes())) for path in FILINGS}
APPLE = SAMPLES / "f4_aapl_0000320193-22-000061.txt"
ARROW = SAMPLES / "f4_arw_0001127602-25-004598.nc"

DERIVATIVE = """<derivativeTable><derivativeTransaction>
<securityTitle><value>Swap</value><footnoteId id="F1"/></securityTitle>
<conversionOrExercisePrice><footnoteId id="F2"/></conversionOrExercisePrice>
<transactionDate><value>2024-05-02</value></transactionDate>
<deemedExecutionDate><value>2024-05-03-05:00</value></deemedExecutionDate>
<transactionCoding><transactionFormType>5</transactionFormType><transactionCode>J</transactionCode>
<equitySwapInvolved>true</equitySwapInvolved><footnoteId id="F2"/><footnoteId id="F1"/></transactionCoding>
<transactionTimeliness><value>L</value><footnoteId id="F1"/></transactionTimeliness>
<transactionAmounts><transactionTotalValue><value>1234.50</value></transactionTotalValue>
<transactionPricePerShare><value/><footnoteId id="F1"/></transactionPricePerShare>
<transactionAcquiredDisposedCode><value>D</value></transactionAcquiredDisposedCode></transactionAmounts>
<exerciseDate><value>2024-06-01</value></exerciseDate><expirationDate><value>2034-06-01</value></expirationDate>
<underlyingSecurity><underlyingSecurityTitle><value>Common Stock</value></underlyingSecurityTitle>
<underlyingSecurityValue><value>99.90</value><footnoteId id="F2"/></underlyingSecurityValue></underlyingSecurity>
<postTransactionAmounts><valueOwnedFollowingTransaction><value>0</value></valueOwnedFollowingTransaction></postTransactionAmounts>
<ownershipNature><directOrIndirectOwnership><value>I</value></directOrIndirectOwnership>
<natureOfOwnership><value>By trust</value></natureOfOwnership></ownershipNature>
</derivativeTransaction></derivativeTable>
<footnotes><footnote id="F1">One.</footnote><footnote id="F2"> Two &amp; more. </footnote></footnotes>"""


@pytest.mark.parametrize("path", FILINGS, ids=lambda path: path.name)
def test_every_field_of_a_filing_is_that_of_its_truth(path) -> None:  # type: ignore[no-untyped-def]
    truth, found = truth_of(path), facts_of(READ[path])
    assert {name: found[name] for name in truth} == truth


def test_no_reference_to_a_footnote_is_lost() -> None:
    for path, filing in READ.items():
        written = re.findall(rb'<footnoteId\s+id="(\w+)"', path.read_bytes())
        read = [one for row in filing.rows for ids in row.footnotes.values() for one in ids]
        assert sorted(read) == sorted(one.decode() for one in written), path.name
        assert {one for one in read if one not in filing.footnotes} == set(), path.name


def test_every_element_of_a_derivative_row_is_read() -> None:
    filing = filing_of(read_filing(document(more=DERIVATIVE)))
    assert filing.footnotes == {"F1": "One.", "F2": "Two & more."}
    assert filing.rows == (
        OwnershipRow(
            table=OwnershipTable.DERIVATIVE,
            kind=RowKind.TRANSACTION,
            row=1,
            security="Swap",
            traded_on=date(2024, 5, 2),
            deemed_on=date(2024, 5, 3),
            form_type="5",
            code="J",
            is_equity_swap=True,
            timeliness="L",
            total_value=Decimal("1234.50"),
            acquired_disposed="D",
            value_owned_after=Decimal(0),
            direct_indirect="I",
            nature="By trust",
            exercise_date=date(2024, 6, 1),
            expiration_date=date(2034, 6, 1),
            underlying="Common Stock",
            underlying_value=Decimal("99.90"),
            footnotes={
                "security": ("F1",),
                "exercise_price": ("F2",),
                "code": ("F2", "F1"),
                "timeliness": ("F1",),
                "price": ("F1",),
                "underlying_value": ("F2",),
            },
        ),
    )


def test_rows_are_numbered_by_table_in_the_order_of_the_document() -> None:
    holding = transaction().replace("nonDerivativeTransaction", "nonDerivativeHolding")
    filing = filing_of(read_filing(document(transaction(), holding, transaction(), more=DERIVATIVE)))
    assert [(row.table.value, row.kind.value, row.row) for row in filing.rows] == [
        ("non_derivative", "transaction", 1),
        ("non_derivative", "holding", 2),
        ("non_derivative", "transaction", 3),
        ("derivative", "transaction", 1),
    ]


def test_what_a_filing_says_of_itself_is_read() -> None:
    said = (
        "<dateOfOriginalSubmission>2024-05-06-04:00</dateOfOriginalSubmission>"
        "<notSubjectToSection16>true</notSubjectToSection16><noSecuritiesOwned>0</noSecuritiesOwned>"
        "<aff10b5One>1</aff10b5One><remarks> See exhibit. </remarks>"
        "<ownerSignature><signatureName>/s/ A</signatureName><signatureDate>2024-05-07</signatureDate></ownerSignature>"
        "<ownerSignature><signatureName>B</signatureName><signatureDate>today</signatureDate></ownerSignature>"
    )
    filing = filing_of(read_filing(document(transaction(), form="4/A", more=said)))
    assert (filing.form, filing.is_amendment, filing.original_filed_on) == ("4/A", True, date(2024, 5, 6))
    assert (filing.is_subject_to_section_16, filing.has_no_securities, filing.is_10b5_1) == (False, False, True)
    assert filing.remarks == "See exhibit."
    assert filing.signatures == (
        Signature(name="/s/ A", signed_on=date(2024, 5, 7)),
        Signature(name="B", signed_on=None),
    )
    assert filing.flags == ("signature_date_not_readable",)


def test_several_owners_keep_their_order_roles_and_addresses() -> None:
    buffett = filing_of(read_filing((SAMPLES / "f3_snow_berkshire_buffett.xml").read_bytes()))
    assert [owner.name for owner in buffett.owners] == ["BERKSHIRE HATHAWAY INC", "BUFFETT WARREN E"]
    assert buffett.owners[0].address == {
        "street1": "3555 FARNAM STREET",
        "city": "OMAHA",
        "state": "NE",
        "zip": "68131",
    }
    assert [owner.is_ten_percent_owner for owner in buffett.owners] == [True, True]
    (scarpelli,) = filing_of(read_filing((SAMPLES / "f4_snow_scarpelli_2022.xml").read_bytes())).owners
    assert (scarpelli.is_officer, scarpelli.officer_title) == (True, "Chief Financial Officer")


def test_the_header_of_a_submission_says_when_it_was_filed() -> None:
    apple = filing_of(read_filing(APPLE.read_bytes(), filed_on=date(1999, 1, 1)))
    assert (apple.accession, apple.filed_on) == ("0000320193-22-000061", date(2022, 5, 6))
    assert apple.accepted_at == datetime(2022, 5, 6, 22, 30, 57, tzinfo=UTC)
    arrow = filing_of(read_filing(ARROW.read_bytes()))
    assert (arrow.accession, arrow.filed_on, arrow.accepted_at) == ("0001127602-25-004598", date(2025, 2, 13), None)


def test_no_securities_are_no_rows_and_nothing_odd() -> None:
    filing = filing_of(read_filing((SAMPLES / "f3_spwr_nosecurities.xml").read_bytes()))
    assert (filing.has_no_securities, filing.rows, filing.flags) == (True, (), ())


WHOLE = document(transaction())
EXHIBIT = b"<DOCUMENT>\n<TYPE>EX-99\n<TEXT>\n<XML>\n" + document() + b"\n</XML>\n</TEXT>\n</DOCUMENT>\n"


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + WHOLE,
        b"\n \r\n" + b'<?xml version="1.0"?>' + WHOLE,
        b"\xef\xbb\xbf\n" + b'<?xml version="1.0" encoding="utf-8"?>\n' + WHOLE,
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + WHOLE,
        f'<?xml version="1.0" encoding="UTF-16"?>{WHOLE.decode()}'.encode("utf-16"),
        WHOLE.decode().encode("utf-16"),
        b"<XML>\n" + b'<?xml version="1.0"?>\n' + WHOLE + b"\n</XML>\n",
        b"<XML>" + WHOLE,
        WHOLE.replace(b"<ownershipDocument>", b'<ownershipDocument xmlns="http://www.sec.gov/edgar/ownership">'),
        re.sub(rb"<(/?)(\w)", rb"<\1o:\2", WHOLE).replace(b"<o:ownershipDocument>", b'<o:ownershipDocument xmlns:o="u">'),
        b"<!-- saved --><?xml-stylesheet href='a.xsl'?>" + WHOLE + b"<!-- end -->",
        submission(WHOLE),
        submission(WHOLE, before=EXHIBIT, after=EXHIBIT),
        submission(WHOLE).replace(b"\n", b"\r\n"),
        submission(WHOLE).partition(b"</XML>")[0],
        b"-----BEGIN PRIVACY-ENHANCED MESSAGE-----\nProc-Type: 2001,MIC-CLEAR\n\n" + submission(WHOLE),
    ],
)  # fmt: skip
def test_a_document_is_the_same_however_it_is_wrapped(body: bytes) -> None:
    filing = filing_of(read_filing(body))
    assert filing.rows == filing_of(read_filing(WHOLE)).rows
    assert [owner.cik for owner in filing.owners] == ["0001462356"]
    assert filing.flags == ()


@pytest.mark.parametrize(
    ("declared", "encoding", "flags"),
    [
        ("UTF-8", "utf-8", ()),
        ("windows-1252", "cp1252", ()),
        ("ISO-8859-1", "latin-1", ()),
        ("UTF-8", "cp1252", ("encoding_not_as_declared",)),
        ("us-ascii", "utf-8", ("encoding_not_as_declared",)),
        ("UTF-16", "utf-8", ("encoding_not_as_declared",)),
        ("no-such-thing", "utf-8", ("encoding_not_as_declared",)),
    ],
)
def test_names_are_right_in_the_encoding_they_have(declared: str, encoding: str, flags: tuple[str, ...]) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + WHOLE.decode().replace("Adams K.", "Müller, André")
    filing = filing_of(read_filing(text.encode(encoding)))
    assert (filing.owners[0].name, filing.flags) == ("Müller, André", flags)


def test_the_header_fills_what_the_document_leaves_out() -> None:
    bare = document(parties=OWNER.replace("<rptOwnerName>Adams K.</rptOwnerName>", ""))
    filing = filing_of(read_filing(submission(bare)))
    assert (filing.issuer_cik, filing.issuer_name) == ("0000320193", "APPLE COMPUTER INC")
    assert (filing.owners[0].name, filing.flags) == ("Adams Katherine L.", ("issuer_from_header", "no_rows"))
    without_owners = filing_of(read_filing(submission(document(transaction(), parties=ISSUER))))
    assert (without_owners.owners[0].cik, without_owners.flags) == ("0001462356", ("owners_from_header",))


@pytest.mark.parametrize(
    ("body", "flag"),
    [
        (submission(document(transaction(), parties=ISSUER.replace("320193", "789019") + OWNER)), "issuer_differs_from_header"),
        (submission(WHOLE, kind="4/A"), "form_differs_from_header"),
        (submission(WHOLE, after=EXHIBIT.replace(b"EX-99", b"4")), "several_documents"),
        (document(transaction(), parties=ISSUER), "owners_missing"),
        (document(transaction(), parties=ISSUER + OWNER.replace("0001462356", "x")), "owner_cik_not_readable"),
        (document(transaction(), parties=ISSUER + OWNER.replace(">1<", ">maybe<")), "isOfficer_not_readable"),
        (document(transaction(), period="May"), "period_not_readable"),
        (document(transaction(), period=""), "period_missing"),
        (document(transaction(), more="<aff10b5One>x</aff10b5One>"), "aff10b5One_not_readable"),
        (document(transaction(), more="<noSecuritiesOwned>1</noSecuritiesOwned>"), "rows_without_securities"),
        (document(), "no_rows"),
        (document(transaction(), form="5", more="<form3HoldingsReported>1</form3HoldingsReported>"), "form_3_holdings_reported"),
        (document(transaction(), more="<newThing/>"), "unknown_element:newThing"),
        (document(transaction(), "<newRow/>"), "unknown_element:newRow"),
        (document(transaction(), more='<footnotes><footnote id="F1">a</footnote><footnote id="F1">b</footnote></footnotes>'), "footnote_twice"),
    ],
)  # fmt: skip
def test_what_is_odd_of_a_filing_is_kept_and_flagged(body: bytes, flag: str) -> None:
    found = read_filing(body)
    assert found.outcome is Outcome.OK
    assert filing_of(found).flags == (flag,)
    assert is_explained(flag)
