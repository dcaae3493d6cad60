"""Linked data as shops write it: which products, at what price, and what else is said to be paid."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.offers import Availability, PriceRole
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import FoundOffer, FoundProduct
from pricewatch_pipeline.parsing.json_ld import read_json_ld

OFFER = {"@type": "Offer", "price": "12.50", "priceCurrency": "EUR"}


def products(*blocks: Any, kind: str = "application/ld+json") -> tuple[FoundProduct, ...]:
    texts = (block if isinstance(block, str) else json.dumps(block) for block in blocks)
    page = "".join(f'<script type="{kind}">{text}</script>' for text in texts)
    return read_json_ld(Document(page.encode(), url="https://shop.example/p")).products


def offer(**fields: Any) -> FoundOffer:
    (found,) = products({"@type": "Product", "name": "Kettle", "offers": {"@type": "Offer", **fields}})
    return found.offers[0]


def prices(*blocks: Any) -> list[str | None]:
    return [str(o.amount) if o.amount is not None else None for p in products(*blocks) for o in p.offers]


@pytest.mark.parametrize(
    "blocks",
    [
        [{"@graph": [{"@type": "WebPage"}, {"@type": "Product", "name": "Kettle", "offers": OFFER}]}],
        [[{"@type": ["Product", "Thing"], "name": "Kettle", "offers": [OFFER]}]],
        [{"@type": "http://schema.org/Product", "name": "Kettle", "offers": OFFER}],
        [{"@type": "product", "name": "Kettle", "offers": OFFER}],
        [{"name": "Kettle", "offers": OFFER}],
        [{"@type": "WebPage", "about": {"@type": "Product", "name": "Kettle", "offers": OFFER}}],
        [{"@type": "Product", "name": "Kettle", "offers": {"@id": "#o"}}, {"@id": "#o", **OFFER}],
        [{"@type": "Product", "@id": "#p", "name": "Kettle"}, {**OFFER, "itemOffered": {"@id": "#p"}}],
        [{"@type": "Product", "@id": "#p", "name": "Kettle"}, {"@type": "Product", "@id": "#p", "offers": OFFER}],
        [{"@type": "Organization", "makesOffer": {**OFFER, "itemOffered": {"@type": "Product", "name": "Kettle"}}}],
        [{"@type": "Product", "name": "Kettle", "offers": {"@type": "AggregateOffer", "offers": [OFFER]}}],
        [{"@type": "ProductGroup", "name": "Kettle", "hasVariant": [{"@id": "#v"}]}, {"@type": "Product", "@id": "#v", "name": "Kettle", "offers": OFFER}],
    ],
    ids=[
        *("a graph", "an array, two types", "a long type name", "a type in lower case", "no type", "what a page is about"),
        *("an offer by reference", "an offer that names its product", "a product in two blocks", "what a shop offers"),
        *("offers in an offer", "a variant by reference"),
    ],
)  # fmt: skip
def test_the_offer_is_found(blocks: list[Any]) -> None:
    found = [(p.title, str(o.amount), o.currency) for p in products(*blocks) for o in p.offers if o.amount]
    assert set(found) == {("Kettle", "12.50", "EUR")}


def test_a_lone_offer_of_nothing_is_the_pages() -> None:
    assert prices(OFFER) == ["12.50"]
    assert prices(OFFER, OFFER) == []


def test_related_products_are_never_followed() -> None:
    related = {"@type": "Product", "name": "Lid", "offers": {"@type": "Offer", "price": 9.99}}
    assert prices({"@type": "Product", "name": "Kettle", "isRelatedTo": related, "offers": OFFER}) == ["12.50"]


@pytest.mark.parametrize(
    ("fields", "price", "listed"),
    [
        ({"price": "159,99"}, "159.99", None),
        ({"price": ""}, None, None),
        ({"price": 0}, "0", None),
        ({"price": {"@type": "MonetaryAmount", "value": "7.5", "currency": "EUR"}}, "7.5", None),
        ({"priceSpecification": [{"priceType": "https://schema.org/ListPrice", "price": 199}, {"price": 149}]}, "149", "199"),
        ({"price": 199, "priceSpecification": {"priceType": "SalePrice", "price": 149}}, "149", None),
        ({"price": 149, "priceSpecification": {"priceType": "StrikethroughPrice", "price": 199}}, "149", "199"),
        ({"price": 149, "priceSpecification": {"price": 12, "billingDuration": "P1M"}}, "149", None),
        ({"price": 149, "priceSpecification": {"price": 140, "validForMemberTier": {"name": "gold"}}}, "149", None),
        ({"priceSpecification": [{"price": 100, "valueAddedTaxIncluded": False}, {"price": 121, "valueAddedTaxIncluded": True}]}, "121", None),
        ({"priceSpecification": [{"price": 9, "eligibleQuantity": {"minValue": 6}}, {"price": 10}]}, "10", None),
        ({"priceSpecification": {"price": 2.5, "referenceQuantity": {"value": 1, "unitCode": "KGM"}}}, "2.5", None),
        ({"priceSpecification": [{"price": 5, "@type": "DeliveryChargeSpecification"}, {"price": 50}]}, "50", None),
        ({"lowPrice": 10, "highPrice": 10}, "10", None),
        ({"lowPrice": 10, "offerCount": 1}, "10", None),
    ],
)  # fmt: skip
def test_what_a_buyer_pays_is_told_from_what_else_is_said(
    fields: dict[str, Any], price: str | None, listed: str | None
) -> None:
    found = offer(**fields)
    assert (found.amount, found.list_price) == (Decimal(price) if price else None, Decimal(listed) if listed else None)


def test_a_range_is_no_price() -> None:
    found = offer(lowPrice=10, highPrice=90)
    assert (found.amount, found.low, found.high) == (None, Decimal(10), Decimal(90))
    specified = offer(priceSpecification={"minPrice": 10, "maxPrice": 90})
    assert (specified.amount, specified.low, specified.high) == (None, Decimal(10), Decimal(90))


def test_other_amounts_say_what_they_are() -> None:
    found = offer(
        price=81,
        priceSpecification=[
            {"price": 81, "referenceQuantity": {"value": "4.5", "unitCode": "LTR", "valueReference": {"value": 1, "unitCode": "LTR"}}},
            {"price": 7, "billingDuration": "P1M"},
            {"price": 75, "validForMemberTier": {"name": "gold"}},
        ],
        shippingDetails={"shippingRate": {"value": 4.9, "currency": "EUR"}},
    )  # fmt: skip
    assert [(a.role, str(a.amount), a.per_unit) for a in found.amounts] == [
        (PriceRole.UNIT_PRICE, "18.0000", "LTR"),
        (PriceRole.INSTALMENT, "7", None),
        (PriceRole.CONDITIONAL, "75", None),
        (PriceRole.SHIPPING, "4.9", None),
    ]


def test_a_unit_price_beyond_all_amounts_is_none() -> None:
    quantity = {"value": "0.0000000000001", "unitCode": "KGM", "valueReference": {"value": 10**13, "unitCode": "KGM"}}
    found = offer(price=9, priceSpecification={"price": 9, "referenceQuantity": quantity})
    assert (found.amount, found.amounts) == (Decimal(9), ())


def test_a_variant_says_what_it_is() -> None:
    (group,) = products(
        {
            "@type": "ProductGroup",
            "productGroupID": "7",
            "hasVariant": [
                {"@type": "Product", "sku": "7-r", "color": "red", "gtin13": "4006381333931", "offers": {"price": 10}},
                {
                    "@type": "Product",
                    "sku": "7-b",
                    "additionalProperty": {"name": "Size", "value": "XL"},
                    "offers": {"price": 20, "availability": "OutOfStock"},
                },
            ],
        }
    )
    assert [(o.sku, dict(o.variant), o.gtin) for o in group.offers] == [
        ("7-r", {"color": "red"}, "4006381333931"),
        ("7-b", {"size": "XL"}, None),
    ]
    assert (group.group, group.offers[1].availability) == ("7", Availability.OUT_OF_STOCK)


def test_variants_told_one_by_one_share_a_group() -> None:
    found = products(*({"@type": "Product", "sku": sku, "isVariantOf": {"@id": "#g"}, "offers": OFFER} for sku in "ab"))
    assert {product.group for product in found} == {"#g"}


def test_a_product_says_what_it_is() -> None:
    (found,) = products(
        {
            "@type": "Product",
            "name": "Tea &amp; Co",
            "brand": {"@id": "#b"},
            "image": [{"@type": "ImageObject", "url": "/tea.jpg"}],
            "category": "Drinks",
            "size": {"value": 250, "unitCode": "GRM"},
            "weight": {"value": 400, "unitCode": "GRM"},
            "offers": {"price": 3, "itemCondition": "https://schema.org/UsedCondition", "seller": {"name": "Ann"}},
        },
        {"@id": "#b", "@type": "Brand", "name": "Leaf"},
    )
    assert (found.title, found.brand, found.image_url) == ("Tea & Co", "Leaf", "https://shop.example/tea.jpg")
    assert (found.category, found.pack_size, found.pack_unit) == ("Drinks", Decimal(250), "GRM")
    assert (found.offers[0].condition, found.offers[0].seller) == ("UsedCondition", "Ann")


@pytest.mark.parametrize("kind", ["application/ld+json; charset=utf-8", " APPLICATION/LD+JSON ", "application/json+ld"])
def test_types_of_scripts_are_read_generously(kind: str) -> None:
    assert products({"@type": "Product", "name": "Kettle"}, kind=kind)


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "Product", "name": "Kettle", "description": "the 19" model, "best" of all", "offers": {"price": 5}}',
        '{"@type": "Product", "name": "Kettle", "description": "two\nlines", "offers": {"price": 5,},}',
        '//<![CDATA[\n{"@type": "Product", "name": "Kettle", "offers": {"price": 5}}\n//]]>',
        '<!-- {"@type": "Product", "name": "Kettle", "offers": {"price": 5}} -->',
        "{'@type': 'Product', 'name': 'Kettle', 'offers': {'price': 5}}",
        '{"@type": "Product", "name": "Kettle", "rating": NaN, "offers": {"price": 5}}',
        '{"@type": "Product", "name": "Kettle", "offers": {"price": 5}, "review": [{"body": "as goo',
        '{"@type": "Product", "name": "Kettle", /* one */ "offers": {"price": 5} // two\n}',
        '{"@type": "Product", "name": "Kettle"\n"offers": {"price": 5}}',
        "{&quot;@type&quot;: &quot;Product&quot;, &quot;name&quot;: &quot;Kettle&quot;, &quot;offers&quot;: {&quot;price&quot;: 5}}",
        '{"@type": "WebSite"}{"@type": "Product", "name": "Kettle", "offers": {"price": 5}}',
        '{"@type": "Product", "name": "Kettle", "description": "a \\x bad \\\' escape", "offers": {"price": 5}}',
        "{“@type”: “Product”, “name”: “Kettle”, “offers”: {“price”: 5}}",
    ],
)
def test_a_price_survives_broken_json(text: str) -> None:
    (found,) = products(text)
    assert (found.title, [o.amount for o in found.offers]) == ("Kettle", [Decimal(5)])


def test_data_after_the_end_of_the_page_is_read() -> None:
    page = (
        '<html><body></body></html><script type="application/ld+json">{"@type": "Product", "name": "Kettle"}</script>'
    )
    assert read_json_ld(Document(page.encode(), url="https://shop.example/p")).products


def test_circles_of_references_end() -> None:
    found = products(
        {
            "@type": "Product",
            "@id": "#a",
            "brand": {"@id": "#b"},
            "isVariantOf": {"@id": "#a"},
            "offers": {"@id": "#o"},
        },
        {"@id": "#b", "name": {"@id": "#b"}},
        {"@id": "#o", "@type": "Offer", "offers": {"@id": "#o"}, "itemOffered": {"@id": "#a"}, "price": 5},
    )
    assert {o.amount for p in found for o in p.offers} == {Decimal(5)}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "[" + "[]," * 1_000_000 + "[]]",
        '{"@graph":[' + '{"@type":"Product","offers":{"price":1}},' * 50_000 + "{}]}",
        '{"@type":"Product","offers":[' + '{"price":1},' * 100_000 + "{}]}",
        '{"@type":"Product","name":"' + '"' * 300_000,
        '{"@type":"Product","name":"' + "a" * 3_000_000 + '"}',
        '{"@type":"Product","name":"x"' + "\n" * 500_000,
        '{"@type":"Product\x00","na\x00me":"\x00"}',
        '{"price":' + "9" * 1_000_000 + "}",
        '{"@type":"Product","offers":{"price":1e999999999}}',
    ],
    ids=["deep", "deep objects", "wide", "products", "offers", "quotes", "text", "lines", "NUL", "digits", "exponent"],
)
def test_hostile_data_ends_with_few_products(text: str) -> None:
    assert len(products(text)) <= 2_000


def test_five_thousand_blocks_end() -> None:
    assert len(products(*[{"@type": "Product", "name": "Kettle", "offers": OFFER}] * 5_000)) <= 2_000
