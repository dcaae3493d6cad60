"""What the demo's insiders file: valid documents, the same whenever one asks, and of every kind that is worth showing."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from pricewatch_pipeline.demo.sec_documents import document_of, submission_text
from pricewatch_pipeline.demo.sec_stories import COMPANIES, filed_before, filed_between, filed_by, price_on
from pricewatch_pipeline.demo.sec_values import EdgarFiling
from pricewatch_pipeline.registry import sec_form4

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def filed() -> list[EdgarFiling]:
    return list(filed_before(TODAY, 365))


def test_every_document_is_read_as_what_it_was_drawn_from(filed: list[EdgarFiling]) -> None:
    ownership = [one for one in filed if one.filing is not None]
    for one in ownership:
        read = sec_form4().read(document_of(one)).filing
        assert read == one.filing
    whole = sec_form4().read(submission_text(ownership[-1], {})).filing
    assert whole is not None
    assert (whole.accession, whole.filed_on, whole.accepted_at) == (
        ownership[-1].accession,
        ownership[-1].filed_on,
        ownership[-1].accepted_at,
    )


def test_a_year_has_every_kind(filed: list[EdgarFiling]) -> None:
    assert set(Counter(one.form for one in filed)) == {"3", "4", "4/A", "8-K"}
    rows = [row for one in filed if one.filing for row in one.filing.rows]
    assert {row.code for row in rows} == {"P", "S", "M", "A", "F", "G", None}
    amendments = [one.filing for one in filed if one.filing and one.filing.is_amendment]
    assert {filing.original_filed_on is not None for filing in amendments} == {True}
    assert {any(row.code for row in filing.rows) for filing in amendments} == {True, False}
    assert any(len(one.filing.owners) > 1 for one in filed if one.filing)
    assert any(
        "American Depositary Share" in note for one in filed if one.filing for note in one.filing.footnotes.values()
    )


def test_it_is_the_same_whenever_one_asks_and_no_number_is_given_twice(filed: list[EdgarFiling]) -> None:
    earlier = list(filed_before(TODAY - timedelta(days=100), 30))
    assert [one for one in filed if one in earlier] == earlier
    assert len({one.accession for one in filed}) == len(filed)


def test_nothing_is_filed_at_a_weekend_and_a_price_never_jumps(filed: list[EdgarFiling]) -> None:
    assert filed_by(COMPANIES[0], date(2026, 11, 21)) == ()
    assert all(one.filed_on.weekday() < 5 for one in filed)
    for company in COMPANIES:
        prices = [price_on(company, TODAY - timedelta(days=back)) for back in range(365)]
        assert min(prices) > company.around / 2
        assert max(prices) < company.around * 2
        assert max(abs(one - other) for one, other in pairwise(prices)) < company.around / 10


def test_while_one_looks_on_each_company_files_a_trade_every_minute() -> None:
    start = datetime(2026, 11, 22, 23, 58, 30, tzinfo=UTC)  # a Sunday
    found = list(filed_between(start, start + timedelta(minutes=2)))
    assert [one.accepted_at.strftime("%H:%M:%S") for one in found] == ["23:59:00", "23:59:30", "00:00:00", "00:00:30"]
    assert Counter(one.ciks[0] for one in found) == {company.entity.cik: 2 for company in COMPANIES}
    assert {one.filing.rows[0].code for one in found if one.filing} <= {"P", "S"}
    assert list(filed_between(start + timedelta(minutes=1), start + timedelta(minutes=2))) == found[2:]
    assert {one.accession for one in found}.isdisjoint(one.accession for one in filed_by(COMPANIES[0], TODAY))
