"""What is odd about the dates of an ownership filing: they are kept as they stand, and flagged. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta

from pricewatch_pipeline.domain.insiders import OwnershipRow

LONG = timedelta(days=365)
"""A form 5 tells of a fiscal year: its trades are up to 364 days older than the period it names."""
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def date_flags(row: OwnershipRow, *, period: date | None, filed_on: date | None) -> Iterator[str]:
    """What is odd of a row's dates, given the filing's period and the day it was filed."""
    if row.traded_on:
        yield from _of_trade(row.traded_on, period, filed_on)
    if row.deemed_on and filed_on and row.deemed_on > filed_on:
        yield "deemed_on_after_filing"
    for name, day in (("exercise_date", row.exercise_date), ("expiration_date", row.expiration_date)):
        if day and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            yield f"{name}_out_of_range"
    if row.exercise_date and row.expiration_date and row.exercise_date > row.expiration_date:
        yield "exercise_date_after_expiration"


def _of_trade(traded_on: date, period: date | None, filed_on: date | None) -> Iterator[str]:
    if filed_on and traded_on > filed_on:
        yield "date_after_filing"
    if period and traded_on - period >= LONG:
        yield "date_long_after_period"
    if period and period - traded_on >= LONG:
        yield "date_long_before_period"
    if not _FIRST_YEAR <= traded_on.year <= _LAST_YEAR:
        yield "date_out_of_range"


def period_flags(period: date | None, *, filed_on: date | None) -> Iterator[str]:
    """What is odd of the period that a filing names."""
    if period and filed_on and period > filed_on:
        yield "period_after_filing"
    if period and filed_on and filed_on - period >= 5 * LONG:
        yield "period_long_before_filing"
