"""Price texts as shops write them. Each bug found becomes one more row."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.parsing.price_text import read_amount, read_price, read_range

PLAIN = [
    # text, locale, amount: the table of other trackers' misreadings
    ("1,299", None, "1299"),
    ("1.299", "de", "1299"),
    ("159,99", None, "159.99"),
    ("1 299,00 €", None, "1299.00"),
    ("1'299.00", None, "1299.00"),
    ("CHF 1’299.00", None, "1299.00"),
    ("¥12,800", None, "12800"),
    ("KD 12.500", None, "12.500"),
    ("1.299.000 ₫", None, "1299000"),
    ("99,-", None, "99"),
    ("50% off $20", None, "20"),
    (",89 €", None, "0.89"),
    ("10 000 Kč", None, "10000"),
    ("1,234,567.890", None, "1234567.890"),
    # spaces and digits of the world
    ("1\u00a0299,00\u00a0€", None, "1299.00"),
    ("1\u202f299,00 €", None, "1299.00"),
    ("1\u2009299 zł", None, "1299"),
    ("١٬٢٩٩٫٥٠ ر.س", None, "1299.50"),
    ("１２，８００円", None, "12800"),
    ("\u200eریال\u00a01,299", "fa-IR", "1299"),
    ("₹1,23,456.50", None, "123456.50"),
    # cents written apart
    ("$19 99", None, "19.99"),
    ("149, 62 €", None, "149.62"),
    ("228 , 90 EUR", None, "228.90"),
    ("35€ 99", None, "35.99"),
    ("1.198,- Kr", None, "1198"),
    # decimals of the currency
    ("12,000원", None, "12000"),
    ("₩1.299", None, "1299"),
    ("50.700₫", None, "50700"),
    ("999,000 TND", None, "999.000"),
    ("BHD 1.250", None, "1.250"),
    ("OMR 1,234.500", None, "1234.500"),
    ("$3.499", "es-CL", "3499"),
    # other numbers beside the price
    ("205,68 € 205.68", None, "205.68"),
    ("AED 8000 (USD 2179)", None, "8000"),
    ("129,00 € (-15%)", None, "129.00"),
    ("16:9 142,90 EUR", None, "142.90"),
    ("ab 99,12 €", "de-DE", "99.12"),
    ("0,00 €", None, "0.00"),
]


@pytest.mark.parametrize(("raw", "locale", "amount"), PLAIN)
def test_a_price_text_is_read_as_its_writer_meant_it(raw: str, locale: str | None, amount: str) -> None:
    price = read_price(raw, locale=locale)
    assert (price.amount, price.outcome, price.raw) == (Decimal(amount), "ok", raw)


@pytest.mark.parametrize(
    ("raw", "low", "high", "currency"),
    [
        ("from $49 to $99", "49", "99", None),
        ("26–50 €", "26", "50", "EUR"),
        ("1.299 - 1.499 €", "1299", "1499", "EUR"),
        ("CHF 12.- bis 15.-", "12", "15", "CHF"),
        ("¥1,299 ～ ¥1,499", "1299", "1499", None),
    ],
)
def test_a_range_has_two_ends(raw: str, low: str, high: str, currency: str | None) -> None:
    ends = read_range(raw)
    assert ends is not None
    assert [(end.amount, end.currency) for end in ends] == [(Decimal(low), currency), (Decimal(high), currency)]


@pytest.mark.parametrize(
    "raw",
    ["Was $199 now $149", "12,99 € 15,99 €", "12,99 €", "99 - 49 €", "1-2 days", "1.299 - 1.499", "2 for $10", ""],
)
def test_other_texts_are_no_range(raw: str) -> None:
    assert read_range(raw) is None


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("from $49 to $99", "several_prices"),
        ("Was $199 now $149", "several_prices"),
        ("2 for $10", "several_prices"),
        ("$5.95-10.95", "several_prices"),
        ("$5.95 - 10.95", "several_prices"),
        ("12x R$ 26,62", "several_prices"),
        ("2/$10", "several_prices"),
        ("3 x 12,99 €", "several_prices"),
        ("12,99 € 15,99 €", "several_prices"),
        ("26–50 €", "several_prices"),
        ("100万 - 200万円", "several_prices"),
        ("3만 5천원", "several_prices"),
        ("1.299", "needs_review"),
        ("3.350", "needs_review"),
        ("KWD 1,299", "needs_review"),
        ("₩12.50", "needs_review"),
        ("", "no_price"),
        ("Not available", "no_price"),
        ("40% OFF", "no_price"),
        ("15.08.2017", "no_price"),
        ("12 GB", "no_price"),
        ("24h", "no_price"),
        ("4K", "no_price"),
        ("12:30", "no_price"),
        ("5 million sold", "no_price"),
        ("1,2,3.45", "no_price"),
        ("Free shipping", "no_price"),
        ("16.00 ft", "no_price"),
        ("-$5.95", "no_price"),
        ("9" * 40, "no_price"),
        ("1 € " * 200, "no_price"),
    ],
)
def test_what_is_not_one_clear_price_has_no_amount(raw: str, outcome: str) -> None:
    price = read_price(raw)
    assert (price.amount, price.outcome) == (None, outcome)


@pytest.mark.parametrize(
    ("raw", "locale", "hint", "currency"),
    [
        ("$10", None, None, None),
        ("$10", "en", None, None),
        ("$10", "en-CA", None, "CAD"),
        ("$10", "shop.com.au", None, "AUD"),
        ("$10", "shop.com", None, None),
        ("$10", None, "MXN", "MXN"),
        ("$10", None, "EUR", None),
        ("US$10", "en-CA", None, "USD"),
        ("kr 10", None, None, None),
        ("kr 10", "sv", None, "SEK"),
        ("10 kr", "shop.dk", None, "DKK"),
        ("¥10", None, None, None),
        ("¥10", "zh-CN", None, "CNY"),
        ("¥10", "ja", None, "JPY"),
        ("£10", None, None, "GBP"),
        ("10 lei", "shop.md", None, "MDL"),
        ("10", None, "zł", "PLN"),
        ("10", None, None, None),
        ("10", "de-DE", None, "EUR"),
        ("chf 10", None, None, "CHF"),
    ],
)
def test_a_currency_is_settled_by_text_and_hints_or_stays_open(
    raw: str, locale: str | None, hint: str | None, currency: str | None
) -> None:
    assert read_price(raw, locale=locale, currency_hint=hint).currency == currency


def test_another_price_of_the_page_settles_an_ambiguous_mark() -> None:
    assert read_price("320.000", currency_hint="1.350.000").amount == 320000
    assert read_price("1.299", currency_hint="12,50").amount == 1299


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [
        (Decimal("12.5"), "EUR", "12.5"),
        (1299, None, "1299"),
        ("1299.00", "EUR", "1299.00"),
        ("159,99", "EUR", "159.99"),
        ("1,299.00", None, "1299.00"),
        ("210.852001", "EUR", "210.85"),
        ("50.700₫", "VND", "50700"),
        ("173.000", "COP", "173000"),
        ("12.500", "KWD", "12.500"),
        ("12.500", "EUR", "12.50"),
        ("0.00", "EUR", "0.00"),
        ("", "EUR", None),
        ("NaN", "EUR", None),
        (None, "EUR", None),
        (True, "EUR", None),
        (Decimal(-1), "EUR", None),
        (Decimal("1e40"), "EUR", None),
        ("1.2999E7", "IDR", "12999000"),
        ("1.5E+03", None, "1500"),
        ("2.5e-1", "EUR", "0.25"),
        ("1e-300", "EUR", None),
        ("9E99", "EUR", None),
    ],
)
def test_a_data_field_is_parsed_by_the_point_rule_and_never_stripped(
    value: object, currency: str | None, amount: str | None
) -> None:
    assert read_amount(value, currency=currency) == (None if amount is None else Decimal(amount))


@given(
    raw=st.text(max_size=80) | st.text("0123456789.,' €$-%()xk\u00a0٫", max_size=30),
    locale=st.text(max_size=12) | st.none(),
)
def test_no_text_makes_the_reader_raise_or_invent_a_price(raw: str, locale: str | None) -> None:
    price = read_price(raw, locale=locale, currency_hint=raw[:10])
    assert (price.amount is None) == (price.outcome != "ok")
    assert price.amount is None or (price.amount >= 0 and any(c.isdigit() for c in raw))
