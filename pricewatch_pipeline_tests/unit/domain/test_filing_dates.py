from datetime import date

import pytest

from pricewatch_pipeline.domain.filing_dates import date_flags, period_flags
from pricewatch_pipeline.domain.insiders import OwnershipRow, OwnershipTable, RowKind
from pricewatch_pipeline_tests.unit.providers.sec_form4.truths import is_explained

PERIOD, FILED = date(2024, 5, 3), date(2024, 5, 6)


def flags(period: date | None = PERIOD, filed_on: date | None = FILED, **days: date | None) -> tuple[str, ...]:
    row = OwnershipRow(table=OwnershipTable.DERIVATIVE, kind=RowKind.TRANSACTION, row=1, **days)  # type: ignore[arg-type]
    return tuple(date_flags(row, period=period, filed_on=filed_on))


@pytest.mark.parametrize(
    ("traded_on", "expected"),
    [
        (date(2024, 5, 3), ()),
        (date(2024, 5, 6), ()),
        (date(2024, 5, 7), ("date_after_filing",)),
        (date(2023, 5, 5), ()),
        (date(2023, 5, 4), ("date_long_before_period",)),
        (date(2025, 5, 2), ("date_after_filing",)),
        (date(2025, 5, 3), ("date_after_filing", "date_long_after_period")),
        (date(2035, 5, 3), ("date_after_filing", "date_long_after_period")),
        (date(22, 5, 3), ("date_long_before_period", "date_out_of_range")),
        (None, ()),
    ],
)
def test_the_day_of_a_trade_is_near_its_period_and_not_after_its_filing(
    traded_on: date | None, expected: tuple[str, ...]
) -> None:
    assert flags(traded_on=traded_on) == expected
    assert all(map(is_explained, expected))


def test_a_day_is_judged_by_what_is_known() -> None:
    assert flags(period=None, filed_on=None, traded_on=date(2035, 5, 3)) == ()
    assert flags(period=None, filed_on=None, traded_on=date(22, 5, 3)) == ("date_out_of_range",)


def test_days_of_derivatives_may_be_far_away_but_not_out_of_this_world() -> None:
    assert flags(exercise_date=date(1980, 1, 1), expiration_date=date(2054, 1, 1)) == ()
    assert flags(exercise_date=date(202, 1, 1), expiration_date=date(9999, 12, 31)) == (
        "exercise_date_out_of_range",
        "expiration_date_out_of_range",
    )
    assert flags(exercise_date=date(2030, 1, 2), expiration_date=date(2030, 1, 1)) == (
        "exercise_date_after_expiration",
    )
    assert flags(deemed_on=date(2024, 5, 7)) == ("deemed_on_after_filing",)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (date(2024, 5, 6), ()),
        (date(2020, 1, 1), ()),
        (date(2024, 5, 7), ("period_after_filing",)),
        (date(2014, 5, 6), ("period_long_before_filing",)),
        (None, ()),
    ],
)
def test_a_period_is_not_after_its_filing(period: date | None, expected: tuple[str, ...]) -> None:
    assert tuple(period_flags(period, filed_on=FILED)) == expected
    assert all(map(is_explained, expected))
    assert tuple(period_flags(period, filed_on=None)) == ()
