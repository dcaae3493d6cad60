"""Which lines stand below headings that announce other products."""

import pytest

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.related_headings import numbers_below


def texts_below(body: str) -> list[str]:
    layout = Document(f"<html><body>{body}</body></html>".encode(), url="https://shop.example/p").layout
    return [layout.lines[number].text for numbers in numbers_below(layout) for number in numbers]


@pytest.mark.parametrize(
    "heading",
    [
        *("You may also like", "Ähnliche Produkte", "Produits similaires", "Productos relacionados", "Похожие товары"),
        *("関連商品", "Podobné produkty", "Benzer ürünler", "Recently viewed", "Kunden kauften auch"),
    ],
)
def test_what_stands_below_such_a_heading_is_of_other_products(heading: str) -> None:
    assert texts_below(f"<h1>Kettle</h1><p>10 €</p><h2>{heading}</h2><h3>Pot</h3><p>20 €</p>") == ["Pot", "20 €"]


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Kettle</h1><h2>Description</h2><p>text</p>",
        "<h1>Similar products</h1><p>text</p>",
        "<h2>You may also like</h2><h1>Kettle</h1><p>10 €</p>",
    ],
)
def test_a_heading_of_the_product_itself_announces_nothing(body: str) -> None:
    assert texts_below(body) == []


def test_the_next_heading_of_its_rank_ends_it() -> None:
    body = "<h1>Kettle</h1><h2>Recommendations</h2><p>20 €</p><h2>Details</h2><p>steel</p>"
    assert texts_below(body) == ["20 €"]
