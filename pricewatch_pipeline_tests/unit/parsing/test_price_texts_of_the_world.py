"""How the world writes prices: a table, and what CLDR knows of every locale."""

from decimal import Decimal

import pytest
from babel.core import Locale
from babel.localedata import locale_identifiers
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.parsing.currencies import currency_of_country
from pricewatch_pipeline.parsing.price_text import read_price

WORLD = [
    # text, locale, amount, currency
    ("₹1,23,456", None, "123456", "INR"),
    ("Rs. 1,499/-", "en-IN", "1499", "INR"),
    ("₹ 1,00,000.00", None, "100000.00", "INR"),
    ("₹1.5 lakh", None, "150000", "INR"),
    ("CHF 12.–", None, "12", "CHF"),
    ("CHF 1'234.50", None, "1234.50", "CHF"),
    ("12.50 Fr.", None, "12.50", "CHF"),
    ("Fr. 1’299.–", None, "1299", "CHF"),
    ("kr 1.299,-", "nb", "1299", "NOK"),
    ("1 299:-", "sv", "1299", "SEK"),
    ("1.299,00 kr.", "da", "1299.00", "DKK"),
    ("SEK 1 299", None, "1299", "SEK"),
    ("NT$1,299", None, "1299", "TWD"),
    ("HK$1,299.00", None, "1299.00", "HKD"),
    ("S$12.90", None, "12.90", "SGD"),
    ("RM12.90", None, "12.90", "MYR"),
    ("Rp 1.299.000", None, "1299000", "IDR"),
    ("Rp1.299.000,00", None, "1299000.00", "IDR"),
    ("1.299.000 ₫", None, "1299000", "VND"),
    ("1.299.000đ", None, "1299000", "VND"),
    ("120k đ", None, "120000", "VND"),
    ("12,90 zł", None, "12.90", "PLN"),
    ("12 лв.", None, "12", "BGN"),
    ("1 299 ₴", None, "1299", "UAH"),
    ("1299 грн", None, "1299", "UAH"),
    ("৳ ১,২৯৯", None, "1299", "BDT"),
    ("۱٬۲۹۹٬۰۰۰ تومان", None, "1299000", "IRR"),
    ("१,२९९ रुपये", None, "1299", "INR"),
    ("฿๑,๒๙๙", None, "1299", "THB"),
    ("฿1,290.-", None, "1290", "THB"),
    ("1,290 บาท", None, "1290", "THB"),
    ("$1.5 million", None, "1500000", None),
    ("$12.99 each", None, "12.99", None),
    ("99¢", "en-US", "0.99", "USD"),
    ("99p", None, "0.99", "GBP"),
    ("50 ct", None, "0.50", "EUR"),
    ("50 Cent", "de-DE", "0.50", "EUR"),
    ("USD12.99", None, "12.99", "USD"),
    ("12.99USD", None, "12.99", "USD"),
    ("eur 12,99", None, "12.99", "EUR"),
    ("12,99 €*", None, "12.99", "EUR"),
    ("12,99 €¹", None, "12.99", "EUR"),
    ("12,99 € 1)", None, "12.99", "EUR"),
    ("12,99 €1)", None, "12.99", "EUR"),
    ("12,99 €/kg", None, "12.99", "EUR"),
    ("12,99 € / 100 g", None, "12.99", "EUR"),
    ("12,99 € (3 Stk.)", None, "12.99", "EUR"),
    ("x2 12,99 €", None, "12.99", "EUR"),
    ("12€50", None, "12.50", "EUR"),
    ("12 € 50", None, "12.50", "EUR"),
    ("19⁹⁹ €", None, "19.99", "EUR"),
    ("1.234,-", None, "1234", None),
    ("99,–", None, "99", None),
    ("99.-", None, "99", None),
    ("99,--", None, "99", None),
    ("99,=", None, "99", None),
    ("1 234 Kč", None, "1234", "CZK"),
    ("1\u2009234,50\u202fKč", None, "1234.50", "CZK"),
    ("R$ 1.234,56", None, "1234.56", "BRL"),
    ("R$1.234", None, "1234", "BRL"),
    ("12,99 $ CA", None, "12.99", "CAD"),
    ("$US 12.99", None, "12.99", "USD"),
    ("AU $12.99", None, "12.99", "AUD"),
    ("C $12.99", None, "12.99", "CAD"),
    ("$1,299 CAD", None, "1299", "CAD"),
    ("MXN $1,299.00", None, "1299.00", "MXN"),
    ("$ 1.299.900 COP", None, "1299900", "COP"),
    ("12万円", None, "120000", "JPY"),
    ("1万2,800円", None, "12800", "JPY"),
    ("3만원", None, "30000", "KRW"),
    ("￥１，２９９（税込）", "ja", "1299", "JPY"),
    ("1,408円(税抜1,280円)", None, "1408", "JPY"),
    ("¥12.50", None, "12.50", "CNY"),
    ("12 руб. 50 коп.", None, "12.50", "RUB"),
    ("1 299 р.", None, "1299", "RUB"),
    ("1299₽", None, "1299", "RUB"),
    ("₺1.299,90", None, "1299.90", "TRY"),
    ("%20 1.299,90 TL", None, "1299.90", "TRY"),
    ('12.90 ש"ח', None, "12.90", "ILS"),
    ("₪ 1,299.90", None, "1299.90", "ILS"),
    ("د.إ.\u200f 12.50", None, "12.50", "AED"),
    ("AED 1,299", None, "1299", "AED"),
    ("١٢٫٥٠ ج.م.", None, "12.50", "EGP"),
    ("12.500 د.ك", None, "12.500", "KWD"),
    ("KD 3.250", None, "3.250", "KWD"),
    ("€ 1.299,-", None, "1299", "EUR"),
    ("vanaf € 12,99", None, "12.99", "EUR"),
    ("ab 12,99 €", None, "12.99", "EUR"),
    ("À partir de 12,99 €", None, "12.99", "EUR"),
    ("od 1 299 Kč", None, "1299", "CZK"),
    ("1.299 €", None, "1299", "EUR"),
    ("1,299 €", None, "1299", "EUR"),
    ("€1,299.00", None, "1299.00", "EUR"),
    ("0,99", None, "0.99", None),
    ("1299", None, "1299", None),
    ("12,5 €", None, "12.5", "EUR"),
    ("Ft 12 990", None, "12990", "HUF"),
    ("12.990 Ft", None, "12990", "HUF"),
    ("129,99 lei", "ro", "129.99", "RON"),
    ("129.00 MDL", None, "129.00", "MDL"),
    ("1.299,00 RSD", None, "1299.00", "RSD"),
    ("12,99 KM", None, "12.99", "BAM"),
    ("R 1,299.00", None, "1299.00", "ZAR"),
    ("R1 299.00", None, "1299.00", "ZAR"),
    ("₦12,500", None, "12500", "NGN"),
    ("KSh 1,299", None, "1299", "KES"),
    ("GH₵ 12.50", None, "12.50", "GHS"),
    ("12 500 FCFA", None, "12500", None),
    ("₱1,299.00", None, "1299.00", "PHP"),
    ("₩12,900", None, "12900", "KRW"),
    ("12,900원", None, "12900", "KRW"),
    ("Rs.1,499.00", None, "1499.00", None),
    ("PKR 1,499", None, "1499", "PKR"),
    ("£1,299.00", None, "1299.00", "GBP"),
    ("£1,299.00 inc. VAT", None, "1299.00", "GBP"),
    ("£12.99 (ex VAT)", None, "12.99", "GBP"),
    ("Price: $12.99", "en-US", "12.99", "USD"),
    ("12.99 dollars", "en-CA", "12.99", "CAD"),
    ("12,99 euros", None, "12.99", "EUR"),
    ("12,99 евро", None, "12.99", "EUR"),
    ("1299 ευρώ", None, "1299", "EUR"),
    ("1.299,00 TL", None, "1299.00", "TRY"),
    ("1 299,99 zł", None, "1299.99", "PLN"),
    ("1299.99 PLN", None, "1299.99", "PLN"),
    ("12,99€ TTC", None, "12.99", "EUR"),
    ("EUR 12,99 inkl. MwSt. 19%", None, "12.99", "EUR"),
    ("inkl. 19% MwSt. 12,99 €", None, "12.99", "EUR"),
    ("129 000 so'm", None, "129000", "UZS"),
    ("12 990 ₸", None, "12990", "KZT"),
    ("12 990 тг.", None, "12990", "KZT"),
    ("1 299 сом", None, "1299", "KGS"),
    ("₾12.50", None, "12.50", "GEL"),
    ("12.50 ₼", None, "12.50", "AZN"),
    ("12 500 ֏", None, "12500", "AMD"),
    ("$19 99", None, "19.99", None),
    ("$ 1,299 99", None, "1299.99", None),
    ("1.299 99 €", None, "1299.99", "EUR"),
    ("Free", None, "0", None),
    ("Gratis", None, "0", None),
    ("12,99 € -20%", None, "12.99", "EUR"),
    ("-20% 12,99 €", None, "12.99", "EUR"),
    ("Rp 120rb", None, "120000", "IDR"),
    ("Rp 1,5 juta", None, "1500000", "IDR"),
    ("$45k", None, "45000", None),
    ("12.99 US$", None, "12.99", "USD"),
    ("U$S 12,99", None, "12.99", "USD"),
    ("S/ 129.90", None, "129.90", "PEN"),
    ("S/.129.90", None, "129.90", "PEN"),
    ("Bs. 129,90", "es-BO", "129.90", "BOB"),
    ("Gs. 129.000", None, "129000", "PYG"),
    ("₡12,500", None, "12500", "CRC"),
    ("Q129.90", None, "129.90", "GTQ"),
    ("L 129.90", None, "129.90", None),
    ("B/. 12.99", None, "12.99", "PAB"),
    ("12 990 Ft/db", None, "12990", "HUF"),
    ("od 12,90 zł / szt.", None, "12.90", "PLN"),
    ("2 499,– Kč s DPH", None, "2499", "CZK"),
    ("2499 Kč/ks", None, "2499", "CZK"),
    ("1.234.567,89", None, "1234567.89", None),
    ("1,234,567.89", None, "1234567.89", None),
    ("1 234 567.89", None, "1234567.89", None),
    ("1'234'567.89", None, "1234567.89", None),
    ("12,34,567.89", None, "1234567.89", None),
    ("EUR12", "de", "12", "EUR"),
    ("kr.129,95", "da", "129.95", "DKK"),
    ("129,95 Kr.", "da", "129.95", "DKK"),
    ("DKK129.95", None, "129.95", "DKK"),
    ("kr 129,50", None, "129.50", None),
]


@pytest.mark.parametrize(("raw", "locale", "amount", "currency"), WORLD)
def test_amount_and_currency_are_read_as_the_world_writes_them(
    raw: str, locale: str | None, amount: str, currency: str | None
) -> None:
    price = read_price(raw, locale=locale)
    assert (price.amount, price.currency, price.outcome) == (Decimal(amount), currency, "ok")


LOCALES = sorted(tag for tag in locale_identifiers() if Locale.parse(tag).territory and not tag.startswith("tok"))


@given(
    tag=st.sampled_from(LOCALES),
    foreign=st.sampled_from(["USD", "EUR", "JPY", "KWD", "GBP", None, None]),
    amount=st.decimals(min_value=0, max_value=9_999_999, places=2),
)
@settings(max_examples=400)
def test_what_a_locale_formats_reads_back_or_asks_for_review(tag: str, foreign: str | None, amount: Decimal) -> None:
    locale = Locale.parse(tag)
    code = foreign or currency_of_country(locale.territory or "") or "EUR"
    text = format_currency(amount, code, locale=locale)
    shown = get_currency_precision(code)
    price = read_price(text, locale=tag)
    if price.amount is not None:
        assert price.amount == round(amount, shown), text
    if foreign is None and price.amount is not None:
        assert price.currency in (code, None), text
