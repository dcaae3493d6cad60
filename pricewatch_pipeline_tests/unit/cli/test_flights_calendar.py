from decimal import Decimal

import pytest

from pricewatch_pipeline.cli.flights_calendar import left_out_text, main_currency


@pytest.mark.parametrize(
    ("fares", "says"),
    [
        ([("400", "GBP"), ("321", "GBP"), (None, None)], None),
        ([(None, None)], None),
        ([("400", "GBP"), ("321", "GBP"), ("9", "USD")], "Only fares in GBP are compared; left out: 1 in USD."),
        (
            [("4", "GBP"), ("3", "GBP"), ("3", "GBP"), ("9", "USD"), ("9", "USD"), ("1", None)],
            "Only fares in GBP are compared; left out: 2 in USD, 1 in no currency.",
        ),
    ],
)
def test_fares_in_other_currencies_are_counted(fares: list[tuple[str | None, str | None]], says: str | None) -> None:
    rows = [{"price": Decimal(price) if price else None, "currency": currency} for price, currency in fares]
    assert left_out_text(rows, main_currency(rows)) == says
