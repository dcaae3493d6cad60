"""Older files of a list: which are asked for, and what follows when one is missing."""

from typing import Any

import pytest

from pricewatch_pipeline.demo.sec_values import EdgarFiling
from pricewatch_pipeline.domain.filings import FilingState
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline_tests.support.sec_site import entity, filing_by, owner, sale
from pricewatch_pipeline_tests.unit.providers.sec_form4.edgar import Edgar, failing, feed_path, serving

APPLE = entity(320193, "Apple Inc.", "AAPL")
COOK = owner(1214156, "COOK TIMOTHY D")
FIRST, SECOND = (f"/submissions/CIK{APPLE.cik}-submissions-{number:03}.json" for number in (1, 2))
YEARS = (2026, 2025, 2024)


def filed_in(year: int, number: int = 1) -> EdgarFiling:
    rows = sale("10", "100", on=f"{year}-03-02")
    return filing_by(COOK, APPLE, rows, filed_on=f"{year}-03-04", accession=f"0000320193-{year % 100}-{number:06}")


@pytest.fixture
def edgar() -> Edgar:
    """A list with one filing, and two older files with two each."""
    edgar = Edgar(APPLE)
    edgar.file(filed_in(2026), *(filed_in(year, number) for year in YEARS[1:] for number in (1, 2)))
    edgar.recent, edgar.part = 1, 2
    return edgar


def parts(edgar: Edgar) -> list[str]:
    return [path for path in edgar.paths() if "-submissions-" in path]


@pytest.mark.parametrize(
    ("bounds", "asked", "read"),
    [
        ({"days_back": 365}, [], 1),
        ({"days_back": 700}, [FIRST], 3),
        ({"days_back": "all"}, [FIRST, SECOND], 5),
        ({"days_back": "all", "max_filings": 1}, [], 1),
        ({"days_back": "all", "max_filings": 2}, [FIRST, SECOND], 2),
        ({"days_back": 700, "max_filings": 2}, [FIRST], 2),
    ],
)
def test_older_files_are_asked_for_as_far_as_the_bounds_go(
    edgar: Edgar, bounds: dict[str, Any], asked: list[str], read: int
) -> None:
    edgar.check(320193, **bounds)
    assert parts(edgar) == asked
    states = list(edgar.shelf.states().values())
    assert states.count(FilingState.READ) == read
    assert states.count(FilingState.LEFT_OUT) == len(states) - read


def test_an_older_file_that_was_read_is_asked_for_again_when_it_has_grown(edgar: Edgar) -> None:
    edgar.check(320193, days_back=700)
    edgar.check(320193, days_back=700)
    assert parts(edgar) == [FIRST]
    edgar.file(filed_in(2026, 2))  # what was recent is in an older file now
    edgar.part = 3
    edgar.check(320193, days_back=700)
    assert parts(edgar) == [FIRST]


def test_wider_bounds_ask_for_what_lies_further_back(edgar: Edgar) -> None:
    edgar.check(320193, days_back=700)
    edgar.check(320193, days_back=None)
    assert parts(edgar) == [FIRST, SECOND]
    assert set(edgar.shelf.states().values()) == {FilingState.READ}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (failing(Outcome.NOT_FOUND, "it answered 404", status=404), "it answered 404"),
        (serving(b"<html>"), "an older file of the list of filings cannot be read: it is no JSON"),
        (serving(b'{"form": []}'), "it has no column 'accessionNumber'"),
    ],
)
def test_a_missing_older_file_is_said_and_asked_for_again_though_the_list_is_unchanged(
    edgar: Edgar, answer: object, why: str
) -> None:
    edgar.instead[FIRST] = answer  # type: ignore[assignment]
    reading = edgar.check(320193, days_back=None)
    assert reading.outcome is Outcome.OK
    problem = reading.details[0].row["problem"]
    assert problem.startswith(f"an older file of the list of filings is missing, {FIRST.rpartition('/')[2]}: ")
    assert why in problem
    assert len(edgar.shelf.kept) == 3  # the rest went on
    edgar.is_unchanged = True
    assert edgar.check(320193, days_back=None).outcome is Outcome.NOT_MODIFIED
    edgar.instead.clear()
    reading = edgar.check(320193, days_back=None)
    assert (reading.outcome, reading.details[0].row["problem"], reading.details[0].row["found"]) == (
        Outcome.OK,
        None,
        2,
    )
    assert parts(edgar) == [FIRST, SECOND, FIRST, FIRST]
    assert edgar.shelf.feeds[APPLE.cik].missing_parts == ()


def test_what_one_watch_missed_another_with_narrower_bounds_does_not_forget(edgar: Edgar) -> None:
    edgar.instead[FIRST] = failing(Outcome.NOT_FOUND, "it answered 404", status=404)
    edgar.check(320193, days_back=None)
    edgar.check(320193, days_back=1)
    edgar.instead.clear()
    edgar.is_unchanged = True
    edgar.check(320193, days_back=None)
    assert len(edgar.shelf.kept) == 5


def test_an_older_file_that_fails_is_tried_again_soon(edgar: Edgar) -> None:
    edgar.instead[FIRST] = failing(Outcome.TRANSPORT, "it answered 503")
    reading = edgar.check(320193, days_back=None)
    assert (reading.outcome, reading.error) == (Outcome.TRANSPORT, "it answered 503")
    assert len(edgar.shelf.kept) == 3


def test_a_refusal_of_an_older_file_ends_the_check(edgar: Edgar) -> None:
    edgar.instead[FIRST] = failing(Outcome.RATE_LIMITED, "too many")
    reading = edgar.check(320193, days_back=None)
    assert (reading.outcome, edgar.shelf.kept) == (Outcome.RATE_LIMITED, [])
    assert edgar.paths() == [feed_path(APPLE.cik), FIRST]
    assert edgar.shelf.states() == {"0000320193-26-000001": FilingState.PENDING}


def test_what_lies_beyond_the_bounds_is_said(edgar: Edgar) -> None:
    offer = edgar.check(320193, days_back=700, max_filings=2).offer
    assert offer is not None
    assert offer.reason is not None
    assert offer.reason.endswith(
        "; 1 filing beyond the bounds of the watch; 2 filings of all forms in older files beyond the bounds"
    )
