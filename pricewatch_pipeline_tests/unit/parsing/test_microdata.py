"""Microdata as shops write it: nested, referred to from elsewhere, or without the product."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import FoundProduct
from pricewatch_pipeline.parsing.microdata import read_microdata

SEVEN = "<b itemprop=price content=7></b>"
PRODUCT = 'itemscope itemtype="https://schema.org/Product"'
OFFER = 'itemscope itemtype="https://schema.org/Offer"'


def products(page: str) -> tuple[FoundProduct, ...]:
    return read_microdata(Document(page.encode(), url="https://shop.example/p")).products


@pytest.mark.parametrize(
    ("page", "prices"),
    [
        (f"<div {PRODUCT}><p itemprop=offers {OFFER}><b itemprop=price content=5></b></p></div>", ["5"]),
        (f"<div {PRODUCT}><p {OFFER}><b itemprop=price content=5></b></p></div>", ["5"]),
        (f'<div {PRODUCT}><b itemprop="name price">5 €</b></div>', ["5"]),
        (f'<div {PRODUCT} itemref="a z"></div><p id=a><b itemprop=price content=5></b></p>', ["5"]),
        (f"<div {PRODUCT} itemref=a></div><p id=a itemprop=offers {OFFER}><b itemprop=price content=5></b></p>", ["5"]),
        (
            f"<div {PRODUCT} itemref=a></div><div id=a><p {PRODUCT} itemprop=x><b itemprop=price content=5></b></p>{SEVEN}</div>",
            ["7"],
        ),
        ("<b itemprop=price>5 €</b><i itemprop=priceCurrency content=EUR></i>", ["5"]),
        ("<b itemprop=price>5 €</b><b itemprop=price>6 €</b>", []),
        (
            f"<div {PRODUCT}><p itemprop=isSimilarTo {PRODUCT}><b itemprop=price content=9></b></p>{SEVEN}</div>",
            ["7"],
        ),
        (
            f"<div {PRODUCT}><p {OFFER}><del><b itemprop=price>9</b></del><b itemprop=price content=7></b></p></div>",
            ["7"],
        ),
        (
            f"<div {PRODUCT}><p itemprop=offers {OFFER}><i itemprop=priceSpecification itemscope>{SEVEN}</i></p></div>",
            ["7"],
        ),
        (
            f"<div {PRODUCT}><p itemprop=offers {OFFER}><span itemprop=offers {OFFER}>{SEVEN}</span></p></div>",
            ["7"],
        ),
    ],
    ids=[
        *(
            "an offer",
            "an offer that is no property",
            "two names",
            "named from elsewhere",
            "an offer named from elsewhere",
        ),
        *("an item inside what is named", "alone", "two alone", "of a similar product"),
        *("beside a struck one", "in a specification", "in an offer of an offer"),
    ],
)
def test_a_price_belongs_to_the_item_it_stands_in(page: str, prices: list[str]) -> None:
    found = [str(offer.amount) for product in products(page) for offer in product.offers if offer.amount is not None]
    assert found[:1] == prices[:1]


def test_what_stands_in_an_item_inside_is_the_insides() -> None:
    (product,) = products(
        f"<div {PRODUCT}><b itemprop=name>Kettle</b><p itemprop=brand itemscope><a itemprop=url href=/acme>x</a>"
        f"<b itemprop=name>Acme</b></p><a itemprop=url href=/p>y</a><img itemprop=image src=/k.jpg></div>"
    )
    assert (product.title, product.brand, product.url) == ("Kettle", "Acme", "https://shop.example/p")
    assert product.image_url == "https://shop.example/k.jpg"


def test_the_place_of_an_offer_is_its_path_in_the_data() -> None:
    found = products(
        f"<div {PRODUCT}></div><div {PRODUCT}>"
        + f"<p itemprop=offers {OFFER}><b itemprop=price content=5></b></p>" * 2
        + "</div>"
    )
    assert [offer.place for product in found for offer in product.offers] == [
        "[1].offers[0].price",
        "[1].offers[1].price",
    ]


def test_items_within_items_without_end_end() -> None:
    page = f"<div {PRODUCT} itemprop=name><b itemprop=price>1</b><p {OFFER}>" * 8_000
    assert products(page)[0].offers[0].amount in (None, Decimal(1))
