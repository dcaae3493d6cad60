"""Which days are business days of the SEC, and which of them are still to be swept."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.sweeps import (
    SweptDay,
    closed_text,
    days_to_sweep,
    is_business_day,
    last_business_days,
    skipped_days,
    today_in_new_york,
    unswept_days,
)

FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)


def swept(day: date, outcome: Outcome = Outcome.OK, *, on: date | None = None) -> dict[date, SweptDay]:
    return {day: SweptDay(day=day, outcome=outcome, swept_on=on or day)}


@pytest.mark.parametrize(
    "day",
    [
        "2026-11-21",  # Saturday
        "2026-11-22",
        "2026-11-26",  # Thanksgiving
        "2026-07-03",  # the 4th is a Saturday
        "2027-07-05",  # the 4th is a Sunday
        "2026-01-19",
        "2026-02-16",
        "2026-05-25",
        "2026-06-19",
        "2026-09-07",
        "2026-10-12",
        "2026-11-11",
        "2026-12-25",
        "2021-12-31",  # New Year's Day is a Saturday
        "2027-01-01",
    ],
)
def test_on_weekends_and_federal_holidays_the_sec_is_closed(day: str) -> None:
    assert not is_business_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-11-20", "2026-11-27", "2026-07-06", "2026-12-24", "2022-01-03", "2026-06-01"])
def test_on_all_other_days_it_takes_filings(day: str) -> None:
    assert is_business_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, [FRIDAY]),  # the first time
        (swept(FRIDAY), []),
        (swept(date(2026, 11, 17)), [date(2026, 11, 18), date(2026, 11, 19), FRIDAY]),
        (swept(date(2026, 11, 18)) | swept(FRIDAY), [date(2026, 11, 19)]),
        (swept(FRIDAY, Outcome.TRANSPORT), [FRIDAY]),
        (swept(FRIDAY, Outcome.NOT_FOUND), [FRIDAY]),  # it may be late
        (swept(FRIDAY, Outcome.NOT_FOUND, on=FRIDAY + timedelta(days=2)), [FRIDAY]),
        (swept(FRIDAY, Outcome.NOT_FOUND, on=MONDAY), []),
        # None of more than two weeks ago; the 11th is Veterans Day.
        (swept(date(2026, 1, 5)), [date(2026, 11, d) for d in (9, 10, 12, 13, 16, 17, 18, 19, 20)]),
    ],
)
def test_what_is_not_settled_since_the_first_day_is_swept(known: dict[date, SweptDay], expected: list[date]) -> None:
    assert list(days_to_sweep(MONDAY, known)) == expected


def test_days_that_are_too_long_ago_are_told() -> None:
    assert skipped_days(MONDAY, swept(date(2026, 11, 4))) == 2
    assert skipped_days(MONDAY, swept(FRIDAY)) == 0
    assert skipped_days(MONDAY, {}) == 0


@pytest.mark.parametrize(
    ("known", "since", "left"),
    [
        ({}, date(2026, 1, 1), []),
        (swept(date(2026, 11, 4)), date(2026, 1, 1), [5, 6]),  # the 9th is made up for by itself
        (swept(date(2026, 11, 4)) | swept(date(2026, 11, 5)) | swept(FRIDAY), date(2026, 1, 1), [6]),
        (swept(date(2026, 11, 5), Outcome.TRANSPORT), date(2026, 1, 1), [5, 6]),
        (swept(date(2026, 11, 5), Outcome.NOT_FOUND, on=MONDAY), date(2026, 1, 1), [6]),
        (swept(date(2020, 1, 2)), date(2026, 11, 6), [6]),  # by hand, of a year before anything was watched
        (swept(date(2026, 11, 4)), MONDAY, []),
    ],
)
def test_gaps_that_no_sweep_closes_by_itself_are_known(
    known: dict[date, SweptDay], since: date, left: list[int]
) -> None:
    assert [day.day for day in unswept_days(MONDAY, known, since=since)] == left


def test_the_last_days_are_business_days_before_today_the_oldest_first() -> None:
    assert last_business_days(MONDAY, 3) == (date(2026, 11, 18), date(2026, 11, 19), FRIDAY)


def test_the_day_is_that_of_new_york() -> None:
    assert today_in_new_york(datetime(2026, 11, 23, 4, 59, tzinfo=UTC)) == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2026-11-21", "The SEC was closed: 2026-11-21 was a Saturday"),
        ("2026-11-22", "The SEC was closed: 2026-11-22 was a Sunday"),
        ("2026-11-11", "The SEC was closed: 2026-11-11 was a federal holiday"),
        ("2026-11-18", "The SEC was closed on 2026-11-18, or keeps no index of it any more"),
        ("2026-11-20", "The index of 2026-11-20 is not there yet: it may come late; the next sweep asks again"),
    ],
)
def test_why_a_day_has_no_index_is_said_in_words(day: str, says: str) -> None:
    assert closed_text(date.fromisoformat(day), date(2026, 11, 22)) == says
