"""Prices in meta tags."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import Availability, PriceRole
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import FoundOffer
from pricewatch_pipeline.parsing.meta_tags import read_meta_tags


def offers(*tags: tuple[str, str]) -> tuple[FoundOffer, ...]:
    page = "".join(f'<meta property="{name}" content="{content}">' for name, content in tags)
    found = read_meta_tags(Document(page.encode(), url="https://shop.example/p")).products
    return found[0].offers if found else ()


@pytest.mark.parametrize(
    ("tags", "price", "listed"),
    [
        ([("product:price:amount", "149")], "149", None),
        ([("product:price:amount", "1,149.00"), ("product:price:currency", "USD")], "1149.00", None),
        ([("product:price:amount", "199"), ("product:sale_price:amount", "149")], "149", "199"),
        ([("product:price:amount", "199"), ("product:sale_price:amount", "")], "199", None),
        ([("product:price:amount", "199"), ("product:price:amount", "149")], "149", "199"),
        ([("product:price:amount", "149"), ("product:original_price:amount", "199")], "149", "199"),
        ([("product:price:amount", "149"), ("product:pretax_price:amount", "120")], "149", None),
        ([("twitter:label1", "Price"), ("twitter:data1", "$149.00")], "149.00", None),
        ([("twitter:label1", "Reading time"), ("twitter:data1", "5 minutes"), ("og:type", "product")], None, None),
    ],
)
def test_the_price_now_is_told_from_the_price_before(
    tags: list[tuple[str, str]], price: str | None, listed: str | None
) -> None:
    (found,) = offers(*tags)
    assert (found.amount, found.list_price) == (Decimal(price) if price else None, Decimal(listed) if listed else None)


def test_two_currencies_are_two_offers() -> None:
    found = offers(
        ("product:price:amount", "199"),
        ("product:price:currency", "USD"),
        ("product:price:amount", "149"),
        ("product:price:currency", "EUR"),
    )
    assert [str(offer.amount) for offer in found] == ["199", "149"]


def test_a_price_without_tax_is_beside() -> None:
    (found,) = offers(("product:price:amount", "149"), ("product:pretax_price:amount", "120"))
    assert [(a.role, str(a.amount)) for a in found.amounts] == [(PriceRole.WITHOUT_TAX, "120")]


def test_a_label_says_whether_it_can_be_had() -> None:
    (found,) = offers(
        ("twitter:label1", "Price"),
        ("twitter:data1", "$149.00"),
        ("twitter:label2", "Availability"),
        ("twitter:data2", "out of stock"),
    )
    assert found.availability is Availability.OUT_OF_STOCK


def test_a_page_of_no_product_has_no_offer() -> None:
    assert offers(("og:title", "About us")) == ()
