from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.parsing.delivery import delivery_price

PRICE = Decimal("19.99")


@pytest.mark.parametrize(
    ("text", "locale", "amount"),
    [
        ("zzgl. 5,95 € Versand", "de-DE", "5.95"),
        ("Versandkosten: 4,99 €", "de-DE", "4.99"),
        ("19,99 € inkl. 19 % MwSt. zzgl. 5,95 € Versand", "de-DE", "5.95"),
        ("inkl. 20 % MwSt. Versandkostenfrei", "de-AT", "0"),
        ("GRATIS-Versand", "de-DE", "0"),
        ("+ £3.99 delivery", "en-GB", "3.99"),
        ("Free shipping", "en-US", "0"),
        ("Shipping USD 12.50", "en-US", "12.50"),
        ("Livraison : 4,90 €", "fr-FR", "4.90"),
        ("Livraison gratuite", "fr-FR", "0"),
        ("Gastos de envío: 3,95 €", "es-ES", "3.95"),
        ("Envío gratis", "es-MX", "0"),
        ("Frete grátis", "pt-BR", "0"),
        ("Consegna 4,90€", "it-IT", "4.90"),
        ("Verzendkosten € 4,95", "nl-NL", "4.95"),
        ("Dostawa 12,99 zł", "pl-PL", "12.99"),
        ("Doprava zdarma", "cs-CZ", "0"),
        ("Doprava 79 Kč", "cs-CZ", "79"),
        ("Transport: 15 lei", "ro-RO", "15"),
        ("Бесплатная доставка", "ru-RU", "0"),
        ("Доставка 350 ₽", "ru-RU", "350"),
        ("Frakt 49 kr", "sv-SE", "49"),
        ("1 box ($35 each) free shipping", "en-US", "0"),
        ("Fri frakt", "nb-NO", "0"),
        ("Kargo bedava", "tr-TR", "0"),
        ("送料無料", "ja-JP", "0"),
        ("送料 550円", "ja-JP", "550"),
        ("包邮", "zh-CN", "0"),
        ("배송비 2,500원", "ko-KR", "2500"),
        ("משלוח חינם", "he-IL", "0"),
        ("شحن مجاني", "ar-SA", "0"),
    ],
)
def test_what_a_delivery_costs_is_read_in_many_languages(text: str, locale: str, amount: str) -> None:
    assert delivery_price(text, price=PRICE, locale=locale) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Free delivery on orders over £50", "en-GB"),
        ("Versandkostenfrei ab 50 €", "de-DE"),
        ("Livraison offerte dès 49 €", "fr-FR"),
        ("Doprava od 79 Kč", "cs-CZ"),
        ("inkl. 20 % MwSt. zzgl. Versandkosten", "de-DE"),
        ("inkl. Versand 25,94 €", "de-DE"),
        ("Delivery in 3-5 days", "en-GB"),
        ("Lieferung in 1 Packstück", "de-AT"),
        ("Delivery Mon-Fri", "en-GB"),
        ("Free delivery for members", "en-US"),
        ("Add 5 or more items and enjoy free express shipping", "en-US"),
        ("Upgrade to next day delivery - £9.99", "en-GB"),
        ("Free returns", "en-US"),
        ("Free store pickup or delivery", "en-US"),
        ("Delivery by 10.30am", "en-GB"),
        ("Free from sugar", "en-GB"),
        ("19,99 €", "de-DE"),
        (f"Free delivery {'and more ' * 20}", "en-GB"),
    ],
)
def test_thresholds_days_returns_and_prices_are_no_delivery_price(text: str, locale: str) -> None:
    assert delivery_price(text, price=PRICE, locale=locale) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    delivery_price(f"shipping {text}")
