import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from rich.console import Console

from pricewatch_pipeline.cli import output
from pricewatch_pipeline.cli.flights_calendar import left_out_text, main_currency, print_trips


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


def test_a_trip_is_one_line_of_a_terminal_of_100_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(width=100, force_terminal=True, color_system=None, file=io.StringIO())
    monkeypatch.setattr(output, "console", screen)
    days = [date(2027, 12, 20) + timedelta(days=number) for number in range(20)]
    trips = [
        {
            "departs_on": day,
            "returns_on": day + timedelta(days=7),
            "is_past": False,
            "origin": origin,
            "destination": "JFK",
            "price": Decimal("1321.50"),
            "currency": "GBP",
            "price_indicator": "typical",
            "change": Decimal("-100.25"),
            "lowest_price": Decimal("1221.50"),
            "was_currency": "GBP",
            "airlines": ["American Airlines", "British Airways", "Iberia"],
        }
        for day in days
        for origin in ("LHR", "LGW")
    ]
    print_trips(trips, "GBP", Decimal("1321.50"), title="trips")
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 100
    assert sum("│" in line for line in lines) == len(trips)
    assert lines[-2].startswith(
        "│ Sat 08 Jan 2028 │ Sat 15 Jan │ LGW → JFK │ 1321.50 GBP * │ typical │ -100.25 │ 1221.50 │"
    )
