"""Amounts, shares and times as people write them. More of them are in the tests of whole messages."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pricewatch_pipeline.notifying.formats import Formats, tidy

GERMAN = Formats(locale="de_DE", timezone="Europe/Berlin")
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("79.0000", "EUR", "79,00\u00a0€"),
        ("1.6590", "EUR", "1,659\u00a0€"),
        ("12.5", "KWD", "12,500\u00a0KWD"),
        ("12800.0000", "JPY", "12.800\u00a0¥"),
        ("12800.5", "JPY", "12.800,50\u00a0¥"),
        ("9.9", "XYZ", "9,90\u00a0XYZ"),
        ("9.9", None, "9,90"),
        ("0.0012", None, "0,0012"),
        ("99999999999999", "EUR", "99.999.999.999.999,00\u00a0€"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency_and_more_where_they_say_something(
    amount: str, currency: str | None, text: str
) -> None:
    assert GERMAN.money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("locale", "currency", "text"),
    [
        ("en_US", "USD", "$79.00"),
        ("en_US", "PLN", "PLN\u00a079.00"),
        ("en_CA", "USD", "US$79.00"),
        ("en_US", "CNY", "CN¥79.00"),
        ("pl_PL", "PLN", "79,00\u00a0zł"),
    ],
)
def test_a_code_stands_apart_from_its_amount(locale: str, currency: str, text: str) -> None:
    assert Formats(locale=locale, timezone="UTC").money(Decimal(79), currency) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ("-0.2020", "-20\u00a0%"),
        ("0.0512", "5,1\u00a0%"),
        ("-0.0004", "0\u00a0%"),
        ("12", "1.200\u00a0%"),
        ("0", "0\u00a0%"),
    ],
)
def test_small_shares_are_given_to_a_tenth_of_a_percent(share: str, text: str) -> None:
    assert GERMAN.share(Decimal(share)) == text


@pytest.mark.parametrize(
    ("timezone", "text"),
    [
        ("Europe/Berlin", "01.07.2026, 14:00"),
        ("Pacific/Kiritimati", "02.07.2026, 02:00"),
        ("UTC", "01.07.2026, 12:00 UTC"),
    ],
)
def test_times_are_those_of_the_zone(timezone: str, text: str) -> None:
    assert Formats(locale="de_DE", timezone=timezone).time(NOON) == text


def test_tidy_amounts_are_exact() -> None:
    assert [str(tidy(Decimal(a), "EUR")) for a in ("79.0000", "1.6590", "1E+2", "0")] == [
        "79.00",
        "1.659",
        "100.00",
        "0.00",
    ]
