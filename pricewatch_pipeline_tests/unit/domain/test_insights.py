"""What a history of prices says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.insights import low_of, median_of
from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.price_changes import PriceChange

START = datetime(2026, 1, 1, tzinfo=UTC)
SOLD_OUT = Availability.OUT_OF_STOCK


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def history(*changes: tuple) -> tuple[PriceChange, ...]:
    """Changes as (day, price[, availability[, currency]])."""
    return tuple(
        PriceChange(
            began_at=day(change[0]),
            price=None if change[1] is None else Decimal(change[1]),
            currency=change[3] if len(change) > 3 else "EUR",
            availability=change[2] if len(change) > 2 else Availability.IN_STOCK,
        )
        for change in changes
    )


@pytest.mark.parametrize(
    ("changes", "since", "until", "low", "median"),
    [
        ([], 0, 10, None, None),
        ([(0, "10")], 0, 10, "10", "10"),
        ([(0, "10"), (6, "20")], 0, 10, "10", "10"),
        ([(0, "10"), (4, "20")], 0, 10, "10", "20"),
        ([(0, "10"), (5, "20")], 0, 10, "10", "10"),
        ([(0, "10"), (2, "20"), (5, "30")], 4, 10, "20", "30"),
        ([(0, "10"), (2, "20")], 2, 10, "20", "20"),
        ([(0, "10"), (2, "0"), (9, "20")], 0, 10, "10", "10"),
        ([(0, "30"), (2, "10", SOLD_OUT), (9, "20")], 0, 10, "20", "30"),
        ([(0, "30"), (2, None, SOLD_OUT)], 5, 10, None, None),
        ([(0, "30"), (2, "1", Availability.IN_STOCK, "USD")], 0, 10, "30", "30"),
        ([(0, "30"), (20, "1")], 0, 10, "30", "30"),
        ([(0, "30"), (10, "20")], 0, 10, "20", "30"),
        ([(0, "30")], 10, 10, "30", "30"),
        ([(12, "30")], 0, 10, None, None),
    ],
)
def test_low_and_median_are_of_the_time_that_each_price_stood(changes, since, until, low, median):
    window = {"since": day(since), "until": day(until), "currency": "EUR"}

    assert low_of(history(*changes), **window) == (low and Decimal(low))
    assert median_of(history(*changes), **window) == (median and Decimal(median))
