"""The fuzz target of insider filings: saved filings that are cut, mixed and mutated. No exception leaves the reader, what it read can
be stored, and it reads no number that the file does not hold. `pytest --hypothesis-profile=fuzz` takes as many as it has time for.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.sec_form4.ownership import read_filing
from pricewatch_pipeline.services.parse_filings import PARSED, lines_of
from pricewatch_pipeline_tests.unit.providers.sec_form4.truths import SAMPLES

_SAVED = [
    path.read_bytes()
    for path in sorted(SAMPLES.glob("f[34]*"))
    if path.suffix != ".json" and path.stat().st_size < 10_000
]
_VALUES = [
    (body, places)
    for body in _SAVED
    if (places := [found.span(1) for found in re.finditer(rb"<value>([^<]*)</value>", body)])
]
"""Where the values of each stand."""
_NUMBERS = (
    *("shares", "total_value", "price", "owned_after", "value_owned_after"),
    *("exercise_price", "underlying_shares", "underlying_value"),
)
_ODD = [
    *(b"<", b">", b"&", b'"', b"</value>", b"<value>", b"<value/>", b"<b/>", b"<![CDATA[", b"]]>", b"\x00", b"\xff", b"\xef\xbb\xbf"),
    *(b"</ownershipDocument>", b"<ownershipDocument>", b"</XML>", b"<XML>", b"<DOCUMENT>", b"</DOCUMENT>", b"<TYPE>4", b"<SEC-HEADER>"),
    *(b"<transactionShares><value>7</value></transactionShares>", b'<footnoteId id="F1"/>', b"<footnoteId/>", b"xmlns='u'", b"<?x?>"),
    *(b"-", b",", b".", b"$", b"(", b")", b"e9", b"NaN", b"9" * 30, b"1,234", b"2035-01-01", b"0022-13-45", b"\r\n", b" "),
    *(b"<!DOCTYPE ownershipDocument [<!ENTITY a '1'>]>", b"&a;", b"&lt;", b"\xe2\x80\xa8", b"nonDerivativeTransaction", b"reportingOwner"),
]  # fmt: skip
_TEXTS = st.text(alphabet="0123456789.,-+$() eE%/:TZN\n٣１½", max_size=14)
_TOKEN = re.compile(r"[0-9.,]+")


def numbers_of(row: OwnershipRow) -> Iterator[Decimal]:
    values = (getattr(row, name) for name in _NUMBERS)
    return (value for value in values if value is not None)


def written_in(body: bytes) -> set[Decimal]:
    """Every number that stands in a file."""
    tokens = (token.replace(",", "") for token in _TOKEN.findall(body.decode("latin-1")))
    return {Decimal(token) for token in tokens if re.fullmatch(r"\d+\.?\d*|\.\d+", token)}


def check(body: bytes) -> None:
    found = read_filing(body)
    assert found.outcome in (Outcome.OK, Outcome.UNREADABLE)
    assert (found.filing is None) == bool(found.error)
    if found.filing is not None:
        check_filing(found.filing, body)


def check_filing(filing: OwnershipFiling, body: bytes) -> None:
    written = written_in(body)
    for row in filing.rows:
        assert set(numbers_of(row)) <= written
    assert [len(cik) for cik in (filing.issuer_cik, *(owner.cik for owner in filing.owners))].count(10) == 1 + len(
        filing.owners
    )
    for line in lines_of("file", filing):
        assert tuple(line) == PARSED
        assert "\x00" not in json.dumps(line)


@given(data=st.data())
def test_a_mutated_filing_yields_no_exception_and_no_number_of_its_own(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(_SAVED)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        cut = data.draw(st.sampled_from((0, 0, 1, 2, 20, 500)))
        body[start : start + cut] = data.draw(st.one_of(st.sampled_from(_ODD), st.binary(max_size=8)))
    check(bytes(body))


@given(data=st.data())
def test_a_value_of_any_kind_is_read_as_it_stands_or_not_at_all(data: st.DataObject) -> None:
    """Only the text between two tags is changed, so that most documents stay whole."""
    body, places = data.draw(st.sampled_from(_VALUES))
    for start, end in sorted(data.draw(st.sets(st.sampled_from(places), max_size=3)), reverse=True):
        text = data.draw(_TEXTS).encode()
        body = body[:start] + text + body[end:]
    check(body)


@given(
    first=st.sampled_from(_SAVED), second=st.sampled_from(_SAVED), at=st.integers(0, 20_000), to=st.integers(0, 20_000)
)
def test_two_filings_in_one_another_are_one_of_them_or_none(first: bytes, second: bytes, at: int, to: int) -> None:
    check(first[:at] + second[to:])
