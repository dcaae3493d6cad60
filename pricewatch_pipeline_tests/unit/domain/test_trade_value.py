"""What a transaction is worth, and why not."""

from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.insiders import OwnershipTable
from pricewatch_pipeline.domain.trade_value import NoValue, value_of
from pricewatch_pipeline_tests.support.insider_filings import trade

AT_PRICE = {"price": ("F1",)}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"table": OwnershipTable.DERIVATIVE}, NoValue.DERIVATIVE),
        ({"code": "A"}, NoValue.NOT_OPEN_MARKET),
        ({"code": "M"}, NoValue.NOT_OPEN_MARKET),
        ({"code": None}, NoValue.NOT_OPEN_MARKET),
        ({"is_equity_swap": True}, NoValue.EQUITY_SWAP),
        ({"shares": None}, NoValue.NO_SHARES),
        ({"shares": "-5"}, NoValue.NO_SHARES),
        ({"price": None}, NoValue.NO_PRICE),
        ({"price": "0.00"}, NoValue.NO_PRICE),
        ({"shares": "700000000000", "price": "24"}, NoValue.ABSURD),
        ({"shares": "1", "price": "6000000"}, NoValue.ABSURD),
        ({"owned_after": Decimal(10**12), "price": "9"}, NoValue.ABSURD),
        ({"security": "Ordinary Shares (represented by American Depositary Shares)"}, NoValue.PRICE_PER_ADS),
    ],
)
def test_shares_times_price_is_no_value(fields: dict[str, Any], reason: NoValue) -> None:
    assert value_of(trade(**fields), {}) == (None, reason)


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({}, "1000"),
        ({"code": "P", "shares": "0.333", "price": "12.3456"}, "4.1110848"),
        ({"shares": "1000", "price": "750000"}, "750000000"),
        ({"owned_after": None}, "1000"),
        ({"security": "American Depositary Shares, each representing five Ordinary Shares"}, "1000"),
        ({"security": "ADSs"}, "1000"),
        ({"security": "Adsorption Inc. Common Stock"}, "1000"),
    ],
)
def test_shares_times_price_is_a_value(fields: dict[str, Any], value: str) -> None:
    assert value_of(trade(**fields), {}) == (Decimal(value), None)


@pytest.mark.parametrize(
    ("security", "text", "reason"),
    [
        ("Ordinary Shares", "Each ADS represents ten ordinary shares; the price is that of one ADS.", NoValue.PRICE_PER_ADS),
        ("Class A Ordinary Shares", "Sold in the form of American Depositary Shares.", NoValue.PRICE_PER_ADS),
        ("American Depositary Shares", "Each ADS represents ten ordinary shares.", None),
        ("Common Stock", "The price reported in Column 4 is a weighted average price.", None),
        ("Common Stock", "Sold in an aggregate of 12 transactions at prices from $9.98 to $10.02.", None),
        ("Common Stock", "The amount reported is the aggregate purchase price of all shares.", NoValue.PRICE_IS_TOTAL),
        ("Common Stock", "Represents total consideration paid.", NoValue.PRICE_IS_TOTAL),
        ("Common Stock", "An aggregate purchase price of $1,000.00, or $10 per share.", None),
        ("Common Stock", "An aggregate purchase price of $10.00, or ten cents per share.", NoValue.PRICE_IS_TOTAL),
        ("Common Stock", "The total proceeds were $5,000; the average price was $10.", None),
    ],
)  # fmt: skip
def test_footnotes_at_the_price_say_what_it_is_of(security: str, text: str, reason: NoValue | None) -> None:
    value, why = value_of(trade(security=security, footnotes=AT_PRICE), {"F1": text, "F2": "aggregate price"})
    assert (why, value is None) == (reason, reason is not None)


def test_a_footnote_that_is_not_there_says_nothing() -> None:
    assert value_of(trade(footnotes=AT_PRICE), {}) == (Decimal(1000), None)
