from datetime import date
from decimal import Decimal

import pytest

from pricewatch_pipeline.providers.sec_form4.cells import day_of, mark_of, number_of
from pricewatch_pipeline.providers.sec_form4.ownership import read_filing
from pricewatch_pipeline_tests.unit.providers.sec_form4.documents import document, filing_of, row_of, transaction
from pricewatch_pipeline_tests.unit.providers.sec_form4.truths import is_explained


@pytest.mark.parametrize(
    "text", ["0", "0.00", "999.0", "14225.8819", "0.3621", "100000000000000000", "3500.0000000000"]
)
def test_a_number_keeps_its_digits(text: str) -> None:
    number, odd = number_of(text)
    assert (f"{number:f}", odd) == (text, None)


@pytest.mark.parametrize(
    ("text", "number"),
    [("$12.50", "12.50"), ("$ 12.50", "12.50"), ("1,234.5", "1234.5"), ("1,234,567", "1234567"), ("$1,234,567.89", "1234567.89")],
)  # fmt: skip
def test_dollars_and_thousands_that_can_be_nothing_else_are_read_and_flagged(text: str, number: str) -> None:
    assert number_of(text) == (Decimal(number), "reformatted")
    assert row_of({"transactionPricePerShare": text}).flags == ("price_reformatted",)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "12,345",
            "1,23,456",
            "1.234,56",
            "1.2.3",
            "1 234",
            "12 USD",
            "N/A",
            "See footnote 1",
            "1e5",
            "NaN",
            "Infinity",
        ),
        *("١٢", "１２", "0x10", "--1", "$", ".", "9" * 19, "1_000", "12½", "1'234"),
    ],
)
def test_a_number_that_is_not_certain_is_none_and_flagged(text: str) -> None:
    row = row_of({"transactionShares": text})
    assert (row.shares, row.flags) == (None, ("shares_not_readable",))
    assert row.price == Decimal("10.50")


def test_a_number_of_a_million_digits_is_none_at_once() -> None:
    for text in ("-" + "1" * 1_000_000 + "x", "1" * 1_000_000, "1,234" * 200_000):
        assert number_of(text) == (None, "not_readable")


@pytest.mark.parametrize("text", ["-5", "(5)", "-0.01"])
def test_less_than_nothing_is_none_and_flagged(text: str) -> None:
    row = row_of({"transactionPricePerShare": text})
    assert (row.price, row.flags) == (None, ("price_negative",))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-07-19", date(2024, 7, 19)),
        ("2024-07-19-05:00", date(2024, 7, 19)),
        ("2024-07-19+14:00", date(2024, 7, 19)),
        ("2024-07-19Z", date(2024, 7, 19)),
        ("2024-07-19T00:00:00.000-04:00", date(2024, 7, 19)),
        ("0022-03-08", date(22, 3, 8)),
        ("2024-02-30", None),
        ("0000-01-01", None),
        ("2024-W01-1", None),
        ("20240719", None),
        ("07/19/2024", None),
        ("2024-7-9", None),
        ("٢٠٢٤-07-19", None),
    ],
)
def test_a_day_is_that_day_whatever_zone_follows(text: str, day: date | None) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("text", "mark"),
    [("1", True), ("0", False), ("true", True), ("FALSE", False), ("Y", None), ("2", None), ("-1", None)],
)
def test_a_box_is_ticked_or_not_or_unknown(text: str, mark: bool | None) -> None:
    assert mark_of(text) is mark


@pytest.mark.parametrize("written", ["<value/>", "<value></value>", "<value> \n </value>", ""])
def test_a_number_that_is_only_a_footnote_is_none_with_its_footnote(written: str) -> None:
    price = f'<transactionPricePerShare>{written}<footnoteId id="F1"/></transactionPricePerShare>'
    body = document(
        transaction({"transactionPricePerShare": None}, more=f"<transactionAmounts>{price}</transactionAmounts>"),
        more='<footnotes><footnote id="F1">An average of many sales.</footnote></footnotes>',
    )
    (row,) = filing_of(read_filing(body)).rows
    assert (row.price, row.footnotes, row.flags) == (None, {"price": ("F1",)}, ())


def test_a_footnote_without_a_text_is_kept_and_flagged() -> None:
    row = row_of(more='<footnoteId id="F9"/>')
    assert (row.footnotes, row.flags) == ({"row": ("F9",)}, ("footnote_missing",))


SHARES = "<transactionAmounts><transactionShares><value>{}</value></transactionShares></transactionAmounts>"


@pytest.mark.parametrize(
    ("changes", "more", "code", "flag"),
    [
        ({}, SHARES.format(200), "P", "shares_contradicts_itself"),
        ({}, "<transactionDate><value>2024-05-04</value></transactionDate>", "P", "date_contradicts_itself"),
        ({"transactionShares": "<b>1</b>0"}, "", "P", "shares_not_readable"),
        ({"transactionShares": None}, "", "P", "shares_missing"),
        ({"transactionDate": None}, "", "P", "date_missing"),
        ({"transactionDate": "05/03/2024"}, "", "P", "date_not_readable"),
        ({"transactionDate": "2035-05-03"}, "", "P", "date_long_after_period"),
        ({"transactionAcquiredDisposedCode": "B"}, "", "J", "acquired_disposed_not_readable"),
        ({"transactionAcquiredDisposedCode": "D"}, "", "P", "code_contradicts_acquired_disposed"),
        ({}, "", "S", "code_contradicts_acquired_disposed"),
        ({}, "", "", "code_missing"),
        ({}, "", "Q", "code_unknown"),
        ({"directOrIndirectOwnership": "Both"}, "", "P", "direct_indirect_not_readable"),
        ({}, "<transactionTimeliness><value>On time</value></transactionTimeliness>", "P", "timeliness_not_readable"),
        ({}, "<newThing><value>1</value></newThing>", "P", "unknown_element:newThing"),
    ],
)  # fmt: skip
def test_a_strange_row_is_kept_and_flagged(changes: dict[str, str | None], more: str, code: str, flag: str) -> None:
    row = row_of(changes, more=more, code=code)
    assert row.flags == (flag,)
    assert row.security == "Common Stock"
    assert is_explained(flag)


def test_what_a_row_contradicts_is_none_and_the_rest_stands() -> None:
    row = row_of(more=SHARES.format(200))
    assert (row.shares, row.price, row.traded_on) == (None, Decimal("10.50"), date(2024, 5, 3))
    assert row_of(more=SHARES.format(100)).shares == Decimal(100)
    buyer_who_disposes = row_of({"transactionAcquiredDisposedCode": "D"})
    assert (buyer_who_disposes.code, buyer_who_disposes.acquired_disposed) == ("P", "D")


def test_days_are_checked_against_the_day_of_filing() -> None:
    body = document(transaction({"transactionDate": "2024-05-07"}))
    (unknown,) = filing_of(read_filing(body)).rows
    (row,) = filing_of(read_filing(body, filed_on=date(2024, 5, 6))).rows
    assert (unknown.flags, row.flags, row.traded_on) == ((), ("date_after_filing",), date(2024, 5, 7))


def test_a_row_in_the_wrong_table_is_numbered_with_its_own() -> None:
    lost = f"<derivativeTable>{transaction()}</derivativeTable>"
    filing = filing_of(read_filing(document(transaction(), more=lost)))
    assert [(row.table.value, row.row) for row in filing.rows] == [("non_derivative", 1), ("non_derivative", 2)]
