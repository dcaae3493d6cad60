from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.parsing.measures import Measure, UnitPrice, fits, measure, packs_in, unit_price_in


@pytest.mark.parametrize(
    ("text", "locale", "amount", "per"),
    [
        ("10,00 €/kg", "de-DE", "10", "kg"),
        ("(1 l = 3,98 €)", "de-DE", "3.98", "l"),
        ("€ 0,70 / 100 g", "de-DE", "7", "kg"),
        ("31,71€ / Stück", "de-DE", "31.71", "piece"),
        ("Grundpreis: 12,99 €/l", "de-DE", "12.99", "l"),
        ("Inhalt: 500 g (€ 1,40 / 100 g)", "de-AT", "14", "kg"),
        ("12,50 € / m²", "de-DE", "12.5", "m2"),
        ("£0.70/ea", "en-GB", "0.7", "piece"),
        ("£1.40 per 100g", "en-GB", "14", "kg"),
        ("(£1.15 / Item)", "en-GB", "1.15", "piece"),
        ("£12.50 per metre", "en-GB", "12.5", "m"),
        ("$4.99 each", "en-US", "4.99", "piece"),
        ("($3.49/lb)", "en-US", "7.6941", "kg"),
        ("Prix au kg : 10,00 €", "fr-FR", "10", "kg"),
        ("2,50 € le kg", "fr-FR", "2.5", "kg"),
        ("(0,40 €/unidad)", "es-ES", "0.4", "piece"),
        ("€/kg 12,50", "it-IT", "12.5", "kg"),
        ("3,98 zł/kg", "pl-PL", "3.98", "kg"),
        ("997 zł /szt.", "pl-PL", "997", "piece"),
        ("199,00 Kč / 1 kg", "cs-CZ", "199", "kg"),
        ("1 799 Ft/kg", "hu-HU", "1799", "kg"),
        ("2.49 lei/buc", "ro-RO", "2.49", "piece"),
        ("Jfr-pris 129,00 kr/kg", "sv-SE", "129", "kg"),
        ("990 ₽ за кг", "ru-RU", "990", "kg"),
        ("за 1 кг 100 ₽", "ru-RU", "100", "kg"),
        ("8,90 €/100g", "el-GR", "89", "kg"),
        ("₹20.00 /100 g", "en-IN", "200", "kg"),
        ("100gあたり198円", "ja-JP", "1980", "kg"),
        ("¥ 3.5/件", "zh-CN", "3.5", "piece"),
        ("฿120/กก", "th-TH", "120", "kg"),
        ("15.000 ₫/kg", "vi-VN", "15000", "kg"),
    ],
)
def test_the_price_of_a_unit_is_read_in_many_languages(text: str, locale: str, amount: str, per: str) -> None:
    found = unit_price_in(text, locale=locale)
    assert found is not None
    assert (found.amount, found.per) == (Decimal(amount), per)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "19,90 €",
            "12 €/Monat",
            "60 km/h",
            "80 g/m2",
            "250 cd/m²",
            "4.9 / 5 items",
            "Page 1/3 items",
            "9010 DELL/HP",
        ),
        *("24 items = 3 boxes", "Open 9 a m", "10 %/kg", "size 12/14", "5 l/100 km", "", "€/kg"),
    ],
)
def test_other_relations_are_no_price_of_a_unit(text: str) -> None:
    assert unit_price_in(text, locale="de-DE", currency_hint="EUR") is None


@pytest.mark.parametrize(
    ("text", "packs"),
    [
        ("12 x 330 ml", [("3.96", "l")]),
        ("330ml x 12", [("3.96", "l")]),
        ("4×95g", [("0.38", "kg")]),
        ("2 x 1,5 l Flasche", [("3", "l")]),
        ("Milk 500 g", [("0.5", "kg")]),
        ("1.500 g", [("1.5", "kg")]),
        ("1,500 kg", [("1.5", "kg")]),
        ("0.125 kg", [("0.125", "kg")]),
        ("10 Ounce (Pack of 1)", [("0.2835", "kg")]),
        ("6er Pack", [("6", "piece")]),
        ("Pack of 6", [("6", "piece")]),
        ("6-Pack", [("6", "piece")]),
        ("lot de 4", [("4", "piece")]),
        ("Набор стаканов 330 мл 6 шт", [("0.33", "l"), ("6", "piece")]),
        ("防虫香 10袋入", [("10", "piece")]),
        ("1000枚", [("1000", "piece")]),
        ("Laptop 16GB 512 GB", []),
        ("Card OC 8G", []),
        ("60 x 30 cm", []),
        ('23.8" 1920 x 1080', []),
        ("size 7", []),
        ("Vitamin C 500 mg, 60 tablets", [("60", "piece")]),
        ("0.01 g", []),
    ],
)
def test_packs_are_read_from_titles(text: str, packs: list[tuple[str, str]]) -> None:
    assert [(pack.amount, pack.unit) for pack in packs_in(text)] == [(Decimal(a), unit) for a, unit in packs]


@pytest.mark.parametrize(("code", "unit"), [("KGM", "kg"), ("GRM", "kg"), ("LTR", "l"), ("MLT", "l"), ("H87", "piece")])
def test_codes_of_structured_data_are_units(code: str, unit: str) -> None:
    found = measure("1", code)
    assert (found and found.unit) == unit


def test_a_unit_that_nobody_knows_is_none() -> None:
    assert measure("1", "parsec") is None


@given(st.integers(1, 50), st.integers(1, 5000), st.integers(1, 99999))
def test_price_unit_price_and_pack_agree_where_one_makes_the_other(times: int, grams: int, cents: int) -> None:
    pack = Measure(amount=Decimal(times * grams) / 1000, unit="kg")
    price = Decimal(cents) / 100
    assert fits(price, UnitPrice(amount=price / pack.amount, per="kg"), pack)
    assert not fits(price + 1, UnitPrice(amount=price / pack.amount * 2 + 50 / pack.amount, per="kg"), pack)
    assert not fits(price, UnitPrice(amount=price / pack.amount, per="l"), pack)


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    packs_in(text)
    unit_price_in(text)
