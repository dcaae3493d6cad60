"""Products marked with RDFa, in the vocabularies that shops used over the years."""

import pytest

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import FoundProduct
from pricewatch_pipeline.parsing.rdfa import read_rdfa


def products(page: str) -> tuple[FoundProduct, ...]:
    return read_rdfa(Document(page.encode(), url="https://shop.example/p")).products


@pytest.mark.parametrize(
    "page",
    [
        """<div vocab="https://schema.org/" typeof="Product"><h1 property="name">Kettle</h1><div property="offers" typeof="Offer">
        <meta property="priceCurrency" content="EUR"><b property="price" content="12.50">12,50</b></div></div>""",
        """<div typeof="schema:Product"><h1 property="schema:name">Kettle</h1><div rel="schema:offers"><div typeof="schema:Offer">
        <b property="schema:price">12.50</b><i property="schema:priceCurrency">EUR</i></div></div></div>""",
        """<div typeof="http://schema.org/Product"><h1 property="http://schema.org/name">Kettle</h1>
        <p property="http://schema.org/offers" typeof="http://schema.org/Offer"><b property="http://schema.org/price">EUR 12.50</b></p></div>""",
        """<div typeof="gr:SomeItems"><h1 property="gr:name">Kettle</h1><div typeof="gr:Offering">
        <div rel="gr:hasPriceSpecification" typeof="gr:UnitPriceSpecification"><i property="gr:hasCurrency" content="EUR"></i>
        <b property="gr:hasCurrencyValue" content="12.50"></b></div></div></div>""",
        """<div xmlns:v="http://rdf.data-vocabulary.org/#" typeof="v:Product"><h1 property="v:name">Kettle</h1>
        <p rel="v:offerDetails" typeof="v:Offer"><i property="v:currency" content="EUR"></i><b property="v:price">12.50</b></p></div>""",
    ],
    ids=["schema.org", "with prefixes", "with full names", "GoodRelations", "data-vocabulary.org"],
)
def test_the_price_is_found(page: str) -> None:
    (found,) = products(page)
    offers = [offer for offer in found.offers if offer.amount is not None]
    assert (found.source, found.title, [(str(o.amount), o.currency) for o in offers]) == (
        "rdfa",
        "Kettle",
        [("12.50", "EUR")],
    )


def test_a_link_says_whether_it_can_be_had() -> None:
    (found,) = products(
        """<div typeof="Product"><p property="offers" typeof="Offer"><b property="price" content="5"></b>
        <link property="availability" href="https://schema.org/OutOfStock"></p></div>"""
    )
    assert found.offers[0].availability is Availability.OUT_OF_STOCK


def test_meta_tags_are_no_rdfa() -> None:
    assert products('<body typeof="WebPage"><meta property="product:price:amount" content="5"></body>') == ()


def test_a_page_without_types_is_not_searched() -> None:
    assert products('<b property="price">5</b>') == ()


def test_items_within_items_without_end_end() -> None:
    assert len(products('<div typeof="Product" property="offers"><b property="price">1</b>' * 8_000)) <= 1
