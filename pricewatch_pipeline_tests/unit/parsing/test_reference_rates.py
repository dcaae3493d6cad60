"""The ECB's files of reference rates. The form is theirs, the numbers are made up."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.exchange import Rate
from pricewatch_pipeline.errors import RatesUnavailable
from pricewatch_pipeline.parsing.reference_rates import LARGEST_FILE, read_rates

TODAY = date(2026, 5, 4)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
		<Cube time='2026-05-04'>
			<Cube currency='USD' rate='1.2512'/>
			<Cube currency='JPY' rate='160.55'/></Cube>
		<Cube time='2026-04-30'>
			<Cube currency='USD' rate='1.2498'/></Cube>
	</Cube>
</gesmes:Envelope>"""
CSV = "Date,USD,JPY,CYP,\n2026-05-04,1.2512,160.55,N/A,\n2026-04-30,1.2498,N/A,N/A,\n"
DAILY_CSV = "Date, USD, JPY, \n04 May 2026, 1.2512, 160.55, \n"


def rate(day: str, currency: str, per_eur: str) -> Rate:
    return Rate(day=date.fromisoformat(day), currency=currency, per_eur=Decimal(per_eur))


THREE = [rate("2026-04-30", "USD", "1.2498"), rate("2026-05-04", "JPY", "160.55"), rate("2026-05-04", "USD", "1.2512")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (XML.encode(), THREE),
        (b"\xef\xbb\xbf" + XML.encode(), THREE),
        (CSV.encode(), THREE),
        (b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode(), THREE),
        (DAILY_CSV.encode(), THREE[1:]),
        (b"Date,EUR,USD\n2026-05-04,1,1.2512\n", THREE[2:]),
    ],
)
def test_all_forms_are_read(body, expected):
    assert read_rates(body, today=TODAY) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (XML.replace("1.2498", "-1.2498"), "line 12: one euro is not -1.2498 USD"),
        (XML.replace("1.2498", "0"), "one euro is not 0 USD"),
        (XML.replace("1.2498", "NaN"), "one euro is not NaN USD"),
        (XML.replace("1.2498", "1e30"), "one euro is not 1e30 USD"),
        (XML.replace("1.2498", "1,2498"), "'1,2498', is no number"),
        (XML.replace("2026-05-04", "2026-05-05"), "2026-05-05 is to come"),
        (XML.replace("2026-04-30", "1998-12-31"), "1998-12-31 is before the euro"),
        (XML.replace("2026-04-30", "yesterday"), "'yesterday' is no day"),
        (XML.replace("'JPY'", "'yen'"), "'yen' is no currency"),
        (XML.replace("'JPY'", "'USD'"), "USD has two rates on 2026-05-04"),
        (XML[:400], "it is no XML"),
        (CSV.replace("1.2498", "1.2498;"), "is no number"),
        ("day,USD\n2026-05-04,1\n", "wanted is the ECB's eurofxref"),
        ("<html><body>Not found</body></html>", "it holds no rates"),
        ("Date,USD\n", "it holds no rates"),
        ("", "wanted is the ECB's eurofxref"),
        ('Date,USD\n"2026-05-04,1', "it is no CSV"),
    ],
)
def test_nonsense_is_refused_and_its_place_said(body, message):
    with pytest.raises(RatesUnavailable, match=message.replace(".", r"\.")):
        read_rates(body.encode(), today=TODAY)


ENTITIES = XML.replace(
    "<gesmes:Envelope", '<!DOCTYPE x [<!ENTITY a "ab"><!ENTITY b "&a;&a;&a;">]>\n<gesmes:Envelope', 1
).replace("'1.2498'", "'&b;'")
OUTSIDE = XML.replace(
    "<gesmes:Envelope", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>\n<gesmes:Envelope', 1
).replace("European Central Bank", "&f;")


@pytest.mark.parametrize("body", [ENTITIES.encode(), OUTSIDE.encode()])
def test_a_file_that_defines_entities_is_refused(body):
    with pytest.raises(RatesUnavailable, match="document type"):
        read_rates(body, today=TODAY)


def test_a_huge_file_is_refused_before_it_is_read():
    with pytest.raises(RatesUnavailable, match="larger than 30 MB"):
        read_rates(b"<" + b" " * LARGEST_FILE, today=TODAY)


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"Date,USD\n{text}".encode()))
def test_whatever_the_file_holds_it_is_rates_or_refused(body):
    try:
        found = read_rates(body, today=TODAY)
    except RatesUnavailable:
        return
    assert all(each.per_eur > 0 and each.day <= TODAY for each in found)
