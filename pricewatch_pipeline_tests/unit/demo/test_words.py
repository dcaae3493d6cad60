from decimal import Decimal

import pytest

from pricewatch_pipeline.demo.words import format_money


@pytest.mark.parametrize(
    ("amount", "locale", "text"),
    [
        ("1299.00", "de-DE", "1.299,00\xa0€"),
        ("59.49", "de-DE", "59,49\xa0€"),
        ("1299.00", "pl-PL", "1\xa0299,00\xa0zł"),
        ("12800", "ja-JP", "¥12,800"),
        ("1240.00", "en-GB", "£1,240.00"),
        ("28.99", "en-US", "$28.99"),
        ("1349.00", "fr-FR", "1\u202f349,00\xa0€"),
    ],
)
def test_money_is_written_as_the_shop_s_country_does(amount: str, locale: str, text: str) -> None:
    assert format_money(Decimal(amount), locale) == text
