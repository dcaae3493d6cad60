"""Which filings a watch wants."""

from datetime import date, timedelta

import pytest

from pricewatch_pipeline.domain.filing_bounds import DatedFiling, within
from pricewatch_pipeline.domain.filing_retries import wait_after
from pricewatch_pipeline.domain.filings import FilingBounds

SEEN = date(2026, 3, 1)
TODAY = date(2026, 3, 11)
LISTED = [
    DatedFiling(accession="since", form="4", filed_on=date(2026, 3, 5)),
    DatedFiling(accession="same-day", form="4/A", filed_on=SEEN),
    DatedFiling(accession="before-1", form="4", filed_on=date(2026, 2, 27)),
    DatedFiling(accession="before-2", form="3", filed_on=date(2026, 2, 20)),
    DatedFiling(accession="before-3", form="4/A", filed_on=date(2026, 1, 10)),
    DatedFiling(accession="old", form="5", filed_on=date(2012, 1, 10)),
]
SINCE = {"since", "same-day"}


@pytest.mark.parametrize(
    ("bounds", "wanted"),
    [
        (FilingBounds(), {"before-1", "before-2", "before-3", "old"}),
        (FilingBounds(days_back=0), set()),
        (FilingBounds(days_back=12), {"before-1"}),
        (FilingBounds(days_back=11), set()),
        (FilingBounds(days_back=100), {"before-1", "before-2", "before-3"}),
        (FilingBounds(days_back=10**9), {"before-1", "before-2", "before-3", "old"}),
        (FilingBounds(max_filings=0), set()),
        (FilingBounds(max_filings=1), {"before-1"}),
        (FilingBounds(max_filings=3, days_back=30), {"before-1", "before-2"}),
        (FilingBounds(max_filings=2, forms=("4",)), {"before-1", "before-3"}),
    ],
)
def test_what_was_filed_before_counts_against_the_bounds_and_what_was_filed_since_is_wanted(
    bounds: FilingBounds, wanted: set[str]
) -> None:
    assert within(LISTED, bounds, first_seen_on=SEEN, today=TODAY) == wanted | SINCE


def test_forms_that_are_not_asked_for_are_not_wanted_however_new() -> None:
    assert within(LISTED, FilingBounds(forms=("3",)), first_seen_on=SEEN, today=TODAY) == {"before-2"}


def test_a_filing_is_asked_for_five_times_ever_more_rarely() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 7)]
    assert waits == [timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7), None, None]
