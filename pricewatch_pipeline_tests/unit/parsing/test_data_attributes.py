"""Prices in `data-` attributes."""

import pytest

from pricewatch_pipeline.domain.offers import PriceRole
from pricewatch_pipeline.parsing.data_attributes import read_data_attributes
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import FoundProduct


def products(page: str) -> tuple[FoundProduct, ...]:
    return read_data_attributes(Document(page.encode(), url="https://shop.example/p")).products


@pytest.mark.parametrize(
    ("attributes", "price", "role"),
    [
        ('data-price="12.50"', "12.50", PriceRole.PRICE),
        ('data-product-price="12,50 €"', "12.50", PriceRole.PRICE),
        ('data-price-amount="12.5" data-price-type="finalPrice"', "12.5", PriceRole.PRICE),
        ('data-price-amount="20" data-price-type="oldPrice"', "20", PriceRole.LIST_PRICE),
        ('data-old-price="20"', "20", PriceRole.LIST_PRICE),
        ('data-price-cents="1250"', "12.5", PriceRole.PRICE),
        ('data-price-cents="1200" data-currency="JPY"', "1200", PriceRole.PRICE),
    ],
)
def test_an_attributes_name_says_what_its_amount_is(attributes: str, price: str, role: PriceRole) -> None:
    (found,) = products(f"<div {attributes}></div>")
    assert [(str(o.amount), o.role) for o in found.offers] == [(price, role)]


@pytest.mark.parametrize(
    "attributes",
    [
        'data-price=""',
        'data-monthly-price="3"',
        'data-delivery-price="3"',
        'data-price="on request"',
        'data-price-currency="5"',
        'data-price-id="5"',
        'data-pricey="5"',
    ],
)
def test_what_names_no_amount_is_no_price(attributes: str) -> None:
    assert products(f"<div {attributes}></div>") == ()


def test_what_is_bought_here_is_the_pages() -> None:
    found = products('<form action="/cart/add"><b data-price=5 data-sku=K-1></b></form><i data-price=9 data-id=7></i>')
    assert [(p.sku, p.ids, p.is_main) for p in found] == [("K-1", (), True), (None, ("7",), False)]


def test_of_many_to_buy_none_is_the_pages() -> None:
    page = "".join(f'<form action="/cart/add"><b data-price={n}></b></form>' for n in range(1, 9))
    assert {(p.is_main, p.is_listed) for p in products(page)} == {(False, True)}


def test_the_option_that_is_selected_is_marked() -> None:
    found = products("<select><option data-price=5></option><option data-price=6 selected></option></select>")
    assert [o.is_selected for p in found for o in p.offers] == [False, True]


def test_a_page_of_prices_ends() -> None:
    assert len(products("<i data-price=5></i>" * 20_000)) <= 300


def test_many_names_end() -> None:
    assert len(products("".join(f"<i data-price-{n}=5></i>" for n in range(5_000)))) <= 300
