"""What a page with several variants says of the one that is sold: its numbers, its name, its attributes, its list price."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

URL = "https://shop.example/jacket"


def variant(name: str, price: str, *, listed: str | None = None, **fields: Any) -> dict[str, Any]:
    more = (
        {"priceSpecification": {"priceType": "https://schema.org/StrikethroughPrice", "price": listed}}
        if listed
        else {}
    )
    offer = {"price": price, "priceCurrency": "EUR", **more, **fields.pop("offer", {})}
    return {"@type": "Product", "name": f"Jacket {name}", "url": f"{URL}?v={name}", "offers": offer, **fields}


GTIN = "4006381333931"
RED = variant("red", "155.99", listed="214.99", sku="J-RED", color="Red")
BLUE = variant("blue", "147.99", sku="J-BLUE", gtin13=GTIN, mpn="MX-5", color="Blue")
GREEN = variant("green", "147.99", sku="J-GREEN", color="Green")


def read(*variants: dict[str, Any], url: str, heading: str = "Jacket", **query: str) -> Offer:
    group = {"@type": "ProductGroup", "name": "Jacket", "hasVariant": list(variants)}
    body = (
        f'<script type="application/ld+json">{json.dumps(group)}</script><h1>{heading}</h1><button>Add to cart</button>'
    )
    page = Page(request=PageRequest(url=url), outcome=Outcome.OK, final_url=url, body=body.encode())
    offer = read_offer(page, store=None, query=RetailQuery(url=url, **query)).offer
    assert offer is not None
    return offer


def test_the_variant_that_is_sold_gives_numbers_name_and_attributes() -> None:
    found = read(RED, BLUE, url=f"{URL}?v=blue")
    assert (found.price, found.sku, found.gtin, found.mpn) == (Decimal("147.99"), "J-BLUE", GTIN, "MX-5")
    assert (found.title, dict(found.variant)) == ("Jacket blue", {"color": "Blue"})


@pytest.mark.parametrize(
    ("query", "listed"),
    [({"sku": "J-RED"}, Decimal("214.99")), ({"sku": "J-BLUE"}, None)],
    ids=["its own", "another's"],
)
def test_a_variant_that_is_asked_for_has_no_list_price_but_its_own(
    query: dict[str, str], listed: Decimal | None
) -> None:
    found = read(RED, BLUE, url=URL, **query)
    assert (found.sku, found.list_price) == (query["sku"], listed)


def test_of_variants_at_one_price_the_address_tells_which() -> None:
    found = read(RED, BLUE, GREEN, url=f"{URL}?v=green")
    assert (found.sku, found.title, dict(found.variant)) == ("J-GREEN", "Jacket green", {"color": "Green"})


def test_of_variants_at_one_price_none_is_named_where_nothing_tells_which() -> None:
    found = read(BLUE, GREEN, url=URL)
    assert (found.price, found.sku, found.title, dict(found.variant)) == (Decimal("147.99"), None, "Jacket", {})


def test_the_heading_stays_where_the_variants_name_does_not_begin_with_it() -> None:
    assert read(RED, BLUE, url=f"{URL}?v=blue", heading="The Blue Jacket").title == "The Blue Jacket"


def test_the_delivery_is_the_chosen_variants() -> None:
    sent = {"shippingDetails": {"shippingRate": {"value": "4.90", "currency": "EUR"}}}
    small = variant("small", "20", sku="S", offer=sent)
    assert read(RED, small, url=f"{URL}?v=small").shipping_price == Decimal("4.90")
    assert read(RED, small, url=f"{URL}?v=red").shipping_price is None
