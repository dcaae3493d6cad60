"""Amounts in the visible text: which are found, how they are read, and what is noticed of each."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.domain.sightings import TRAITS, Sighting
from pricewatch_pipeline.parsing.buy_words import is_buy_control
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.money_texts import PriceHints, pieces_of
from pricewatch_pipeline.parsing.price_labels import Label, labels_in
from pricewatch_pipeline.parsing.price_text import read_price
from pricewatch_pipeline.parsing.visible_prices import visible_prices


def seen(body: str, *, known: frozenset[Decimal] = frozenset(), locale: str | None = None) -> list[Sighting]:
    document = Document(f"<html><body>{body}</body></html>".encode(), url="https://shop.example/p")
    buys = [(control.line, control.box) for control in document.layout.controls if is_buy_control(control)]
    return visible_prices(document.layout, buys=buys, known=known, locale=locale)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("19,99 €", ["19.99"]),
        ("Was $199 now $149", ["199", "149"]),
        ("UVP 100 € 80 €", ["100", "80"]),
        ("49,95 € (4,99 € / 100 g)", ["49.95", "4.99"]),
        ("-32% ₹37,490", ["37490"]),
        ("最低價$99元起/包", ["99"]),
        ("$349 4.7", ["349"]),
        ("1 299:-", ["1299"]),
        ("1-Click configuration: black ($119.99 in stock)", ["119.99"]),
        ("19 € 99", ["19.99"]),
        ("€ 100 € 80", ["100", "80"]),
        ("nothing at all", []),
    ],
)
def test_each_number_with_a_currency_is_an_amount(text: str, amounts: list[str]) -> None:
    assert [piece.price.amount for piece in pieces_of(text, PriceHints())] == [Decimal(a) for a in amounts]


@pytest.mark.parametrize("text", ["from $49 to $99", "$49 - 99", "49-99 $", "49 $ – 99 $"])
def test_a_range_is_one_amount_with_an_upper_end(text: str) -> None:
    (piece,) = pieces_of(text, PriceHints())
    assert (piece.price.amount, piece.high) == (Decimal(49), Decimal(99))


@pytest.mark.parametrize("text", ["19,99 €", "€ 1.299,00", "£1,299.00", "1 299,00 Kč", "₹37,490.00", "12.50 CHF"])
@pytest.mark.parametrize("locale", [None, "de-DE", "en-GB", "fr-FR"])
def test_a_plain_price_reads_as_any_other_text(text: str, locale: str | None) -> None:
    (piece,) = pieces_of(text, PriceHints(locale=locale))
    read = read_price(text, locale=locale)
    assert (piece.price.amount, piece.price.currency) == (read.amount, read.currency)


@pytest.mark.parametrize(
    ("hints", "amount"),
    [
        (PriceHints(known=frozenset({Decimal(1299)})), 1299),
        (PriceHints(clear_text="1.599,00"), 1299),
        (PriceHints(known=frozenset({Decimal("1.299")})), Decimal("1.299")),
    ],
)
def test_two_readings_are_settled_by_the_page(hints: PriceHints, amount: Decimal) -> None:
    assert [piece.price.amount for piece in pieces_of("1.299", hints)] == [amount]


def test_two_readings_that_nothing_settles_are_no_amount() -> None:
    assert pieces_of("1.299", PriceHints()) == []


@pytest.mark.parametrize(
    ("body", "trait"),
    [
        ("<del>5 €</del>", "struck"),
        ("<p hidden>5 €</p>", "hidden"),
        ("<p class=sr-only>5 €</p>", "spoken"),
        ("<p>UVP: 5 €</p>", "label_list"),
        ("<p>UVP</p><p>5 €</p>", "near_list"),
        ("<p>5 €</p><p>pro Monat</p>", "next_instalment"),
        ("<p>5 € / Monat</p>", "label_instalment"),
        ("<p>5 €/kg</p>", "label_unit"),
        ("<p>Versand 5 €</p>", "label_shipping"),
        ("<p class=old-price><b>5 €</b></p>", "class_list"),
        ("<p class=price>5 €</p>", "class_price"),
        ("<footer>5 €</footer>", "region_footer"),
        ("<label>XL (+5 €)</label>", "signed"),
        ("<select><option>XL 5 €</option></select>", "option"),
        ("<table><tr><td>5 €</td></tr></table>", "cell"),
        ("<h1>Kettle</h1><p>5 €</p>", "title_near"),
        ("<h1>Kettle</h1><p>5 €</p>", "first_shown"),
        ("<p>5 €</p><h1>Kettle</h1>", "title_before"),
        ("<p>5 €</p>", "title_none"),
        ("<p>5 €</p><button>Buy now</button>", "buy_near"),
        ("<p>5 €</p><button>Buy now</button>", "buy_closest"),
        ("<p>5 €</p>", "buy_none"),
        ("<p>5,50 €</p>", "with_cents"),
        ("<p>5 €</p><del>9 €</del>", "beside_struck"),
        ("<p class=price>5.00</p>", "text"),
    ],
)
def test_what_is_noticed_of_an_amount(body: str, trait: str) -> None:
    assert trait in seen(body)[0].traits


def test_every_trait_can_be_said_in_words() -> None:
    body = (
        "<h1>Kettle</h1><p class='price sale unit tier from max'>Was 9 € now 5 €/kg</p><p>RRP</p><p class=other-seller>7 €</p>"
        "<button>Buy now</button><ul class=related><li><a href=/a><img src=a> 3 €</a></ul><p>Members: 4 €</p>"
    )
    assert {trait for sighting in seen(body) for trait in sighting.traits} <= set(TRAITS)


def test_entries_of_a_list_of_products_are_told_from_rows_of_a_table() -> None:
    item = "<li class=card><a href=/p><img src=p.jpg>Other</a> <span>5 €</span></li>"
    row = "<tr class=row><td>List price</td><td>5 €</td></tr>"
    assert all("repeated" in sighting.traits for sighting in seen(f"<h1>Kettle</h1><ul>{item * 3}</ul>"))
    assert not any("repeated" in sighting.traits for sighting in seen(f"<h1>Kettle</h1><table>{row * 3}</table>"))


def test_a_price_that_only_its_class_calls_old_is_the_price_where_no_newer_stands_beside_it() -> None:
    (alone,) = seen("<h1>Kettle</h1><p><span class=price-old>40 €</span></p>")
    assert ("struck" in alone.traits, "lone_struck" in alone.traits) == (False, True)
    old, _ = seen("<h1>Kettle</h1><p><span class=price-old>40 €</span> <span class=price>30 €</span></p>")
    assert "struck" in old.traits


@pytest.mark.parametrize(
    ("body", "role"),
    [
        ("<p>5 €</p>", PriceRole.PRICE),
        ("<del>5 €</del>", PriceRole.LIST_PRICE),
        ("<p>5 € per month</p>", PriceRole.INSTALMENT),
        ("<p>5 €/kg</p>", PriceRole.UNIT_PRICE),
        ("<p>Shipping: 5 €</p>", PriceRole.SHIPPING),
        ("<p>You save 5 €</p>", PriceRole.SAVING),
        ("<p>Members: 5 €</p>", PriceRole.CONDITIONAL),
        ("<p>excl. VAT 5 €</p>", PriceRole.WITHOUT_TAX),
        ("<p>5 € - 9 €</p>", PriceRole.RANGE_LOW),
        ("<div class=related>5 €</div>", PriceRole.OTHER_PRODUCT),
    ],
)
def test_the_role_of_an_amount(body: str, role: PriceRole) -> None:
    assert seen(body)[0].role is role


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("RRP:", Label.LIST), ("statt", Label.LIST), ("au lieu de", Label.LIST), ("Běžná cena", Label.LIST),
        ("定価", Label.LIST), ("Старая цена", Label.LIST), ("ordinarie pris", Label.LIST), ("piyasa fiyatı", Label.LIST),
        ("pro Monat", Label.INSTALMENT), ("par mois", Label.INSTALMENT), ("в месяц", Label.INSTALMENT),
        ("měsíčně", Label.INSTALMENT), ("al mes", Label.INSTALMENT), ("per maand", Label.INSTALMENT),
        ("Versandkosten", Label.SHIPPING), ("送料", Label.SHIPPING), ("dostawa", Label.SHIPPING),
        ("bez DPH", Label.WITHOUT_TAX), ("hors taxes", Label.WITHOUT_TAX), ("税抜", Label.WITHOUT_TAX),
        ("najniższa cena z 30 dni", Label.LOWEST_BEFORE), ("Sie sparen", Label.SAVING), ("скидка", Label.SAVING),
        ("Unser Preis", Label.NOW), ("special price", Label.NOW), ("gebraucht ab", Label.USED), ("à partir de", Label.FROM),
    ],
)  # fmt: skip
def test_labels_are_known_in_many_languages(text: str, label: Label) -> None:
    assert label in labels_in(text)


def test_a_page_with_a_thousand_prices_is_read_about_its_title() -> None:
    many = "".join(f"<div class=price>{n},50 €</div>" for n in range(1, 1_001))
    found = seen(f"{many}<h1>Kettle</h1><p class=price>5.555,00 €</p>{many}")
    assert Decimal(5555) in {sighting.amount for sighting in found}
    assert len(found) <= 100
