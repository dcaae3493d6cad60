import gzip
from pathlib import Path

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.sec_form4.ownership import read_filing
from pricewatch_pipeline_tests.unit.providers.sec_form4.documents import (
    ISSUER,
    OWNER,
    document,
    submission,
    transaction,
)
from pricewatch_pipeline_tests.unit.providers.sec_form4.truths import CORPUS, SAMPLES

WHOLE = document(transaction())
THROTTLE = Path(__file__).parents[2] / "fetching" / "walls" / "sec_rate_exceeded.html"
WHERE = (
    "the XML of a filing lies at /Archives/edgar/data/CIK/ACCESSION/ of www.sec.gov, not below its xslF345X0n/ folder"
)


def error_of(body: bytes) -> str:
    found = read_filing(body)
    assert (found.outcome, found.filing) == (Outcome.UNREADABLE, None)
    assert found.error
    return found.error


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the document is empty"),
        (b" \n", "the document is empty"),
        ((SAMPLES / "374WaterForm4.html").read_bytes(), f"a filing rendered as HTML: {WHERE}"),
        (THROTTLE.read_bytes(), "the SEC's page that says too many requests were made"),
        (b"<html><title>EDGAR Filing Documents for 0000950142-22-003095</title>", f"an index page of a filing, and not the filing: {WHERE}"),
        (b"<!DOCTYPE html><title>\n File  Unavailable </title>", "an HTML page with the title 'File Unavailable'"),
        (b"<HTML>" + WHOLE + b"</HTML>", "an HTML page, and no filing"),
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>', "an Atom feed of filings"),
        (b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>', "an error in place of the filing (NoSuchKey)"),
        (b'{"cik": "320193", "filings": {"recent": {}}}', "JSON, such as a list of filings"),
        (b"<edgarSubmission><ownershipDocument/></edgarSubmission>", "its root is <edgarSubmission>"),
        (gzip.compress(WHOLE), "a gzip file: unpack it first"),
        (b"%PDF-1.7 ownershipDocument", "a PDF file"),
        (b"Form Type   Company Name   CIK\n4  APPLE", "neither the XML of an ownership filing nor the full text"),
        (submission(WHOLE).partition(b"<DOCUMENT>")[0], "the header of a submission without its documents"),
        (submission(b"", kind="10-K"), "a submission of form 10-K without an ownership document: it has 10-K"),
        (submission(WHOLE).replace(b"XML>", b"PRE>"), "as those were before June 2003"),
        (submission(b"<html>ownershipDocument</html>"), "an HTML page, and no filing"),
        (document(transaction(), form="144"), "it names itself form 144"),
        (document(transaction(), form=""), "it names itself form ?"),
        (document(transaction(), parties=OWNER), "it does not say whose shares it is about"),
        (document(transaction(), parties=ISSUER.replace("0000320193", "0000000000")), "it does not say whose shares"),
        (document(transaction(), more="&nbsp;"), "the XML is damaged: Entity 'nbsp' not defined"),
        (document(transaction(), more="<remarks>\x01</remarks>"), "the XML is damaged"),
        (document(transaction(), more="<![CDATA[\n"), "the XML is damaged: CData section not finished <"),
        (WHOLE + WHOLE, "the XML is damaged: Extra content"),
        (b"<ownershipDocument>" * 5_000 + b"</ownershipDocument>", "the XML is damaged: Excessive depth"),
        (b"<ownershipDocument>" + b" " * 2_000_000, "no ownership filing is longer than 2,000,000"),
    ],
    ids=range(28),
)  # fmt: skip
def test_what_is_no_filing_is_said_with_what_it_is(body: bytes, said: str) -> None:
    assert said in error_of(body)


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "declared",
    [
        f'<!DOCTYPE ownershipDocument [<!ENTITY a0 "lol">{LAUGHS}]>',
        f'<!DOCTYPE ownershipDocument [<!ENTITY a11 "{"9" * 100_000}">]>',
        '<!DOCTYPE ownershipDocument [<!ENTITY a11 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE ownershipDocument [<!ENTITY % b SYSTEM "http://127.0.0.1:9/x.dtd"> %b;]>',
        '<!DOCTYPE ownershipDocument SYSTEM "http://127.0.0.1:9/x.dtd">',
        "<!DOCTYPE ownershipDocument [<!ATTLIST footnoteId id CDATA 'F1'>]>",
        "<!DOCTYPE ownershipDocument>",
    ],
    ids=["laughs", "long", "file", "parameter", "external", "defaults", "bare"],
)
def test_entities_and_dtds_are_refused(declared: str) -> None:
    body = declared.encode() + document(transaction({"transactionShares": "1&a11;0"}))
    for whole in (body, submission(body), body.decode().encode("utf-16"), b"<!-- <ownershipDocument -->" + body):
        assert "is not read" in error_of(whole) or "not defined" in error_of(whole)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_that_breaks_off_is_never_half_a_filing(encoding: str) -> None:
    whole = (SAMPLES / "f4_scwo_374water.xml").read_text().strip().encode(encoding)
    for end in range(0, len(whole), 37):
        error_of(whole[:end])
    assert error_of(whole[:-30]) == "the document breaks off before its end: it is truncated"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_no_other_file_of_the_corpus_is_taken_for_a_filing() -> None:
    others = [path for path in CORPUS.iterdir() if not path.name.startswith(("f3", "f4", "f5"))]
    assert len(others) > 20
    for path in others:
        error_of(path.read_bytes())
