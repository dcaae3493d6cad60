"""Amounts in another currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.exchange import Rates, convert, minor_unit, rounded
from pricewatch_pipeline.domain.offers import LARGEST_AMOUNT

RATES = Rates(per_eur={"USD": Decimal("1.25"), "CZK": Decimal(25), "JPY": Decimal("160.5")})


@pytest.mark.parametrize(
    ("amount", "source", "target", "expected"),
    [
        ("10", "EUR", "USD", "12.5"),
        ("12.5", "USD", "EUR", "10"),
        ("12.5", "USD", "CZK", "250"),
        ("10", "GBP", "GBP", "10"),
        ("10", "GBP", "EUR", None),
        ("10", "EUR", "GBP", None),
        ("0", "USD", "CZK", "0"),
        (str(LARGEST_AMOUNT - 1), "EUR", "JPY", None),
        (str(LARGEST_AMOUNT), "GBP", "GBP", None),
    ],
)
def test_amounts_go_by_way_of_the_euro(amount, source, target, expected):
    assert convert(Decimal(amount), source, target, RATES) == (expected and Decimal(expected))


@given(amount=st.decimals("0.01", "1000000", places=2), path=st.permutations(["EUR", "USD", "CZK", "JPY"]))
def test_there_and_back_is_the_same_to_the_minor_unit(amount, path):
    there = convert(amount, path[0], path[1], RATES)
    assert abs(convert(there, path[1], path[0], RATES) - amount) < Decimal("1e-12")


@pytest.mark.parametrize(
    ("currency", "unit"), [("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("CZK", "0.01"), ("XYZ", "0.01")]
)
def test_the_minor_unit_is_the_currencys(currency, unit):
    assert minor_unit(currency) == Decimal(unit)


def test_rounding_is_for_people():
    assert rounded(Decimal("12.3456"), "EUR") == Decimal("12.35")
    assert rounded(Decimal("12.3456"), "JPY") == Decimal(12)
