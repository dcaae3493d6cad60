"""Ways to a price that is known."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.propose_strategies import read_with, strategies_for


def ways(body: str, amount: str = "19.90") -> list[str]:
    document = Document(f"<html lang=de><body>{body}</body></html>".encode(), url="https://shop.de/p/1")
    return [f"{s.kind}:{s.expression}" for s in strategies_for(document, Decimal(amount), locale="de-DE")]


@pytest.mark.parametrize(
    ("body", "way"),
    [
        ("<b itemprop=price>19,90 €</b>", "css:[itemprop=price]"),
        ("<b id=our-price>19,90 €</b>", "css:#our-price"),
        ("<b class='price now'>19,90 €</b>", "css:.price"),
        ("<div class=price><bdi>19,90 €</bdi></div>", "css:.price"),
        ("<div class=buy><b>19,90 €</b></div>", "css:.buy b"),
        ("<b data-price=19.90>x</b>", "attr:[data-price]::data-price"),
        ("<meta property='og:price:amount' content=19.90>", 'attr:meta[property="og:price:amount"]::content'),
        ('<script type="application/json">{"a": {"price": "19.90"}}</script>', "json:$.a.price"),
        ('<script type="application/json">{"a": [{"price": {"value": 19.9}}]}</script>', "json:$.a[0].price.value"),
        ('<script type="application/json">{"123456": {"my price": 19.9}}</script>', "json:$[*]['my price']"),
    ],
)
def test_what_shows_the_price_is_named(body: str, way: str) -> None:
    assert way in ways(body)


def test_every_way_that_is_proposed_reads_the_price() -> None:
    body = "<b class=price>24,90 €</b><p class=price>19,90 €</p><i class='price sale'>19,90 €</i>"
    document = Document(body.encode(), url="https://shop.de/p/1")
    found = strategies_for(document, Decimal("19.90"), locale="de-DE")
    read = [read_with(document, strategy, locale="de-DE") for strategy in found]
    assert {price.amount for price in read if price} == {Decimal("19.90")}
    assert "css:.price" not in [f"{s.kind}:{s.expression}" for s in found]


def test_what_has_a_meaning_comes_before_what_a_redesign_changes() -> None:
    found = ways("<div class=buy><b class=now itemprop=price>19,90 €</b></div>")
    assert found[0] == "css:[itemprop=price]"
    assert found.index("css:[itemprop=price]") < found.index("css:.now")


@pytest.mark.parametrize(
    "body",
    [
        "<b class=css-1x2y3z>19,90 €</b>",
        "<b class=price hidden>19,90 €</b>",
        "<b class=price><s>19,90 €</s></b>",
        "<p class=text>It costs 19,90 € and is worth every cent of the price that we ask for it in our shop.</p>",
        "<b class=price>29,90 €</b>",
        "",
    ],
)
def test_a_made_up_name_and_what_is_not_the_price_give_no_way(body: str) -> None:
    assert ways(body) == []
