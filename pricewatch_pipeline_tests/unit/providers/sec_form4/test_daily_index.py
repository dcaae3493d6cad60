"""The index of a day: from the right, and line by line."""

from datetime import date
from pathlib import Path

import pytest

from pricewatch_pipeline.providers.sec_form4.daily_index import IndexRow, read_daily_index
from pricewatch_pipeline.registry import sec_form4

HEAD = """\
Description:           Daily Index of EDGAR Dissemination Feed by Form Type

Form Type   Company Name                                                  CIK         Date Filed  File Name
---------------------------------------------------------------------------------------------------------
"""
COOK = "4           COOK TIMOTHY D                                                1214156     20261120    edgar/data/1214156/0000320193-26-000001.txt"


def test_a_row_says_who_filed_what() -> None:
    found = read_daily_index(HEAD + COOK + "\n")
    assert found.rows == (
        IndexRow(
            form="4",
            company="COOK TIMOTHY D",
            cik="0001214156",
            filed_on=date(2026, 11, 20),
            path="edgar/data/1214156/0000320193-26-000001.txt",
            accession="0000320193-26-000001",
        ),
    )
    assert (found.malformed, found.error) == (0, None)


@pytest.mark.parametrize(
    ("line", "form", "company"),
    [
        (COOK.replace("20261120", "2026-11-20"), "4", "COOK TIMOTHY D"),
        (COOK.replace("4   ", "4/A ", 1), "4/A", "COOK TIMOTHY D"),
        (COOK.replace("COOK TIMOTHY D" + " " * 48, "A NAME OF SO MANY LETTERS THAT NO COLUMN CAN HOLD IT, LTD. 7 OF 9  "), "4", "A NAME OF SO MANY LETTERS THAT NO COLUMN CAN HOLD IT, LTD. 7 OF 9"),
        (COOK + "   ", "4", "COOK TIMOTHY D"),
    ],
)  # fmt: skip
def test_rows_are_read_from_the_right(line: str, form: str, company: str) -> None:
    (row,) = read_daily_index(HEAD + line).rows
    assert (row.form, row.company, row.cik) == (form, company, "0001214156")


@pytest.mark.parametrize(
    "line",
    [
        COOK[:100],
        COOK.removesuffix("1.txt"),
        COOK.replace("20261120", "20261331"),
        COOK.replace("1214156     ", ""),
        "nothing of the kind",
        "4" * 5000,
        COOK.replace("edgar/data", "../../x"),
    ],
)
def test_a_line_that_is_no_row_is_counted(line: str) -> None:
    found = read_daily_index(HEAD + COOK + "\n" + line + "\n\n")
    assert (len(found.rows), found.malformed, found.error) == (1, 1, None)


def test_the_index_of_the_corpus_is_read_whole() -> None:
    found = read_daily_index((Path(__file__).parent / "lists" / "badform.idx.txt").read_text(encoding="latin-1"))
    assert (len(found.rows), found.malformed, found.error) == (10, 0, None)
    assert found.rows[5].form == "1-A POS"
    assert found.rows[6].company == "UNITED PLANNERS' FINANCIAL SERVICES OF AMERICA A LIMITED PARTNER"


@pytest.mark.parametrize("text", ["", "<html><body>---</body></html>", COOK, "-" * 100])
def test_what_is_no_index_is_said(text: str) -> None:
    found = read_daily_index(text)
    assert found.rows == ()
    assert found.error is not None
    assert found.error.startswith("this is no index of a day's filings")


@pytest.mark.parametrize(
    ("day", "path"),
    [
        (date(2026, 1, 2), "2026/QTR1/form.20260102.idx"),
        (date(2026, 3, 31), "2026/QTR1/form.20260331.idx"),
        (date(2026, 4, 1), "2026/QTR2/form.20260401.idx"),
        (date(2026, 12, 31), "2026/QTR4/form.20261231.idx"),
    ],
)
def test_an_index_lies_in_the_folder_of_its_quarter(day: date, path: str) -> None:
    assert sec_form4().daily_index_url(day) == f"https://www.sec.gov/Archives/edgar/daily-index/{path}"
