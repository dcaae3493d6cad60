"""Product pages as they are written, and what a buyer would pay. Each bug found becomes one more case."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

URL = "https://shop.example/p/kettle"
PROSE = "<p>" + "All about a very fine kettle. " * 20 + "</p>"


def read(body: str | bytes, *, url: str = URL, store: Store | None = None, **query: str) -> Reading:
    data = body if isinstance(body, bytes) else body.encode()
    page = Page(request=PageRequest(url=url), outcome=Outcome.OK, final_url=url, body=data)
    return read_offer(page, store=store, query=RetailQuery(url=url, **query))


def ld(*nodes: Any) -> str:
    return (
        "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)
        + f"<h1>Kettle</h1>{PROSE}"
    )


def product(**fields: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "Product", "name": "Kettle", **fields}


def offer(price: Any, **fields: Any) -> dict[str, Any]:
    return {"@type": "Offer", "price": price, "priceCurrency": "EUR", **fields}


KETTLE = product(offers=offer("499.00"))
CONTROLLED = json.dumps(KETTLE).replace("Kettle", "Ket\ttle\n")
READABLE = [
    ("comma in a price text", ld(product(offers=offer("159,99"))), "159.99"),
    ("number", ld(product(offers=offer(12.5))), "12.5"),
    ("related product before the offers", ld(product(isRelatedTo=product(name="Cup", offers=offer(9.99)), offers=offer(499))), "499"),
    ("similar product only beside", ld(product(isSimilarTo=[product(name="Cup", offers=offer(9))], offers=[offer(499)])), "499"),
    ("list price in priceSpecification", ld(product(offers={"@type": "Offer", "priceCurrency": "EUR", "priceSpecification": [
        {"@type": "UnitPriceSpecification", "priceType": "https://schema.org/ListPrice", "price": 199},
        {"@type": "UnitPriceSpecification", "price": 149},
    ]})), "149"),
    ("strike-through price", ld(product(offers={"@type": "Offer", "priceSpecification": [
        {"priceType": "https://schema.org/StrikethroughPrice", "price": 199}, {"priceType": "https://schema.org/SalePrice", "price": 149},
    ]})), "149"),
    ("unit price", ld(product(offers={"@type": "Offer", "priceSpecification": [{"price": 2, "referenceQuantity": {"value": 1}}, {"price": 20}]})), "20"),
    ("aggregate of one price", ld(product(offers={"@type": "AggregateOffer", "lowPrice": 10, "highPrice": 10})), "10"),
    ("aggregate with its offers", ld(product(offers={"@type": "AggregateOffer", "lowPrice": 10, "offers": [offer(10), offer(10)]})), "10"),
    ("graph and references", ld({"@graph": [
        {"@type": "WebPage", "@id": "#page", "mainEntity": {"@id": "#it"}},
        {"@type": "Product", "@id": "#it", "name": "Kettle", "offers": {"@id": "#offer"}},
        {"@id": "#offer", "@type": "Offer", "price": "30.00", "priceCurrency": "EUR"},
    ]}), "30.00"),
    ("array of one", ld([KETTLE]), "499.00"),
    ("type as list", ld({**KETTLE, "@type": ["Product", "Thing"]}), "499.00"),
    ("type as URL", ld({**KETTLE, "@type": "http://schema.org/Product"}), "499.00"),
    ("used offer beside", ld(product(offers=[offer(10, itemCondition="https://schema.org/UsedCondition"), offer(30, itemCondition="NewCondition")])), "30"),
    ("sold-out variant beside", ld(product(offers=[offer(10, availability="OutOfStock"), offer(20, availability="InStock")])), "20"),
    ("offer that says what it offers", ld({"@type": "Offer", "price": 5, "itemOffered": {"@type": "Product", "name": "Kettle"}}), "5"),
    ("two products, one at this address", ld(product(name="Cup", url="/p/cup", offers=offer(9)), product(name="Pot", url="/p/kettle", offers=offer(19))), "19"),
    ("two products, one named by the heading", ld(product(name="Cup and saucer", offers=offer(9)), product(offers=offer(19))), "19"),
    ("CDATA in comments", f'<script type="application/ld+json">//<![CDATA[\n{json.dumps(KETTLE)}\n//]]></script>{PROSE}', "499.00"),
    ("CDATA in block comments", f'<script type="application/ld+json">/*<![CDATA[*/{json.dumps(KETTLE)}/*]]>*/</script>{PROSE}', "499.00"),
    ("HTML comment", f'<script type="application/ld+json"><!-- {json.dumps(KETTLE)} --></script>{PROSE}', "499.00"),
    ("trailing comma and semicolon", f'<script type="application/ld+json">{json.dumps(KETTLE)[:-1]},}};</script>{PROSE}', "499.00"),
    ("control characters in a text", f'<script type="application/ld+json">{CONTROLLED}</script>{PROSE}', "499.00"),
    ("two values in one script", f'<script type="application/ld+json">{{"@type": "WebSite"}},{json.dumps(KETTLE)}</script>{PROSE}', "499.00"),
    ("after the end of html", f"<html><body>{PROSE}</body></html>{ld(KETTLE)}", "499.00"),
    ("a broken block beside", f'<script type="application/ld+json">{{“@type”: “WebSite”}}</script>{ld(KETTLE)}', "499.00"),
    ("meta tags", f'<meta property="product:price:amount" content="12.50"><meta property="product:price:currency" content="EUR">{PROSE}', "12.50"),
    ("sale price in meta tags", f'<meta property="product:price:amount" content="20"><meta property="product:sale_price:amount" content="15">{PROSE}', "15"),
    ("microdata", (f'<div itemscope itemtype="http://schema.org/Product"><b itemprop="name">Kettle</b><div itemprop="offers" itemscope '
     f'itemtype="http://schema.org/Offer"><span itemprop="price">1.299,00 €</span></div></div>{PROSE}'), "1299.00"),
    ("microdata with content", (f'<div itemscope itemtype="http://schema.org/Product"><div itemprop="offers" itemscope itemtype="http://schema.org/Offer">'
     f'<meta itemprop="priceCurrency" content="EUR"><span itemprop="price" content="12.50">ab 12</span></div></div>{PROSE}'), "12.50"),
    ("microdata with a related product inside", (f'<div itemscope itemtype="http://schema.org/Product"><div itemprop="isRelatedTo" itemscope '
     f'itemtype="http://schema.org/Product"><b itemprop="price" content="9"></b></div><b itemprop="price" content="19"></b></div>{PROSE}'), "19"),
    ("microdata in another case", f'<div ITEMSCOPE itemType="http://schema.org/Product"><b ItemProp="price" content="7"></b></div>{PROSE}', "7"),
    ("a price marked without a product", f'<span itemprop="price" content="7.50"></span>{PROSE}', "7.50"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "price"), [case[1:] for case in READABLE], ids=[case[0] for case in READABLE])
def test_the_price_a_buyer_pays_is_read(body: str, price: str) -> None:
    reading = read(body)
    assert reading.outcome is Outcome.OK, reading.error
    assert reading.offer is not None
    assert reading.offer.price == Decimal(price)
    assert reading.offer.reason
    assert reading.offer.confidence
    assert any(candidate.amount == Decimal(price) for candidate in reading.offer.candidates)


GROUP = product(
    **{"@type": "ProductGroup"},
    hasVariant=[
        product(sku="S", offers=offer(10, url=f"{URL}?size=s", availability="InStock")),
        product(sku="L", offers=offer(20, url=f"{URL}?size=l", availability="InStock")),
    ],
)
UNREADABLE = [
    ("several variants", ld(GROUP), "several variants"),
    ("an empty price", ld(product(offers=offer(""))), "no price"),
    ("a price of zero", ld(product(offers=offer("0.00"))), "price of 0"),
    ("only a related product", f"{ld(product(isRelatedTo=product(offers=offer(9))))}", "no price"),
    ("no product data", PROSE, "no product data"),
    ("an empty shell", "<html><body><div id=root></div><script>boot()</script></body></html>", "empty shell"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "why"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_no_price_is_an_outcome_that_says_why(body: str, why: str) -> None:
    reading = read(body)
    assert reading.outcome is Outcome.UNREADABLE
    assert reading.offer is None or reading.offer.price is None
    assert why in (reading.error or "")


@pytest.mark.parametrize(
    ("offers", "high"),
    [
        ({"@type": "AggregateOffer", "lowPrice": 10, "highPrice": 90}, Decimal(90)),
        ({"@type": "AggregateOffer", "lowPrice": 10}, None),
    ],
)
def test_of_a_range_the_lower_end_is_the_price_and_believed_less(offers: dict[str, Any], high: Decimal | None) -> None:
    reading, sure = read(ld(product(offers=offers))), read(ld(KETTLE))
    assert reading.offer is not None
    assert (reading.offer.price, reading.offer.price_high) == (Decimal(10), high)
    assert "range" in (reading.offer.reason or "")
    assert sure.offer is not None
    assert (reading.offer.confidence or 1) < (sure.offer.confidence or 0)


@pytest.mark.parametrize(
    "body",
    [
        ld(
            {
                "@type": "ItemList",
                "itemListElement": [
                    {"@type": "ListItem", "item": product(name=f"Cup {n}", offers=offer(n))} for n in range(5)
                ],
            }
        ),
        ld({"@type": "SearchResultsPage"}),
        ld(
            {
                "@type": "CollectionPage",
                "mainEntity": {"@type": "ItemList", "itemListElement": [product(name="Cup", offers=offer(1))]},
            }
        ),
        '<div itemscope itemtype="http://schema.org/Product"><b itemprop="price" content="9"></b></div>' * 3 + PROSE,
        "".join(f'<meta property="product:price:amount" content="{n}">' for n in range(10, 15)) + PROSE,
    ],
    ids=["item list", "search results", "collection", "several products", "a price tag per item"],
)
def test_a_list_of_products_is_not_a_product(body: str) -> None:
    assert read(body, url="https://shop.example/search?q=cups").outcome is Outcome.NOT_A_PRODUCT


@pytest.mark.parametrize(
    ("url", "query", "price"),
    [(f"{URL}?size=l", {}, "20"), (URL, {"sku": "L"}, "20"), (URL, {"variant": "s"}, "10")],
    ids=["by the address", "by sku", "by variant"],
)
def test_a_variant_is_selected(url: str, query: dict[str, str], price: str) -> None:
    reading = read(ld(GROUP), url=url, **query)
    assert reading.offer is not None, reading.error
    assert reading.offer.price == Decimal(price)


def test_a_variant_that_is_not_there_has_no_price() -> None:
    reading = read(ld(GROUP), variant="XXL")
    assert reading.outcome is Outcome.UNREADABLE
    assert "variant" in (reading.error or "")


@pytest.mark.parametrize("price", ["", "0", None])
def test_sold_out_without_a_price_is_a_success(price: str | None) -> None:
    reading = read(ld(product(offers=offer(price, availability="https://schema.org/SoldOut"))))
    assert reading.outcome is Outcome.OK
    assert reading.offer is not None
    assert (reading.offer.price, reading.offer.availability) == (None, Availability.OUT_OF_STOCK)


def test_a_zero_that_can_be_had_stays_zero_and_suspicious() -> None:
    reading = read(ld(product(offers=offer("0.00", availability="InStock"))))
    assert reading.offer is not None
    assert reading.offer.price == 0
    assert reading.offer.confidence is not None
    assert reading.offer.confidence < 0.5


DOLLARS = f'<meta property="product:price:amount" content="$12.50">{PROSE}'


@pytest.mark.parametrize(
    ("body", "url", "own", "currency"),
    [
        (DOLLARS, "https://shop.com/p", None, None),
        (DOLLARS, "https://shop.com.au/p", None, "AUD"),
        (f'<html lang="en-CA">{DOLLARS}', "https://shop.com/p", None, "CAD"),
        (DOLLARS, "https://shop.com/p", Store(store_id="s", domains=(), currency="NZD"), "NZD"),
        (DOLLARS, "https://shop.com/p", Store(store_id="s", domains=(), locale="es-MX"), "MXN"),
        (ld(product(offers=offer(1, priceCurrency="RUR"))), URL, None, "RUB"),
        (ld(product(offers={"price": "12,50 €"})), URL, None, "EUR"),
    ],
)
def test_a_currency_is_declared_written_or_local_but_never_guessed(
    body: str, url: str, own: Store | None, currency: str | None
) -> None:
    offer_ = read(body, url=url, store=own).offer
    assert offer_ is not None
    assert offer_.currency == currency


def test_what_a_shop_escaped_for_html_in_its_linked_data_reads_as_a_buyer_sees_it() -> None:
    reading = read(ld(product(name="Salt &amp; Pepper &#8211; 2 pcs", offers=offer("4.50"))))
    assert reading.offer is not None
    assert reading.offer.title == "Salt & Pepper – 2 pcs"


def test_details_come_with_the_price() -> None:
    body = ld(
        product(
            sku="K-1",
            gtin13="4006381333931",
            mpn="M1",
            brand={"@type": "Brand", "name": "Acme"},
            image=["/k.jpg"],
            offers=offer(5, seller={"name": "Us"}),
        )
    )
    offer_ = read(body).offer
    assert offer_ is not None
    assert (offer_.sku, offer_.gtin, offer_.mpn, offer_.brand, offer_.seller) == (
        "K-1",
        "4006381333931",
        "M1",
        "Acme",
        "Us",
    )
    assert offer_.image_url == "https://shop.example/k.jpg"


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.NOT_FOUND, Outcome.TIMEOUT])
def test_a_page_that_did_not_come_is_passed_on(outcome: Outcome) -> None:
    page = Page(request=PageRequest(url=URL), outcome=outcome, final_url=URL, error="why", body=ld(KETTLE).encode())
    reading = read_offer(page, store=None, query=RetailQuery(url=URL))
    assert (reading.outcome, reading.offer, reading.error, reading.pages) == (outcome, None, "why", (page,))


def test_a_page_that_has_not_changed_is_passed_on_without_an_offer() -> None:
    page = Page(request=PageRequest(url=URL), outcome=Outcome.NOT_MODIFIED, final_url=URL, status=304)
    reading = read_offer(page, store=None, query=RetailQuery(url=URL))
    assert reading == Reading(outcome=Outcome.NOT_MODIFIED, pages=(page,))


SHELL = "<html><body><div id=root></div><script>boot()</script></body></html>"
MENU = "<nav>" + "<a>Kettles</a> " * 80 + "</nav>"


@pytest.mark.parametrize(
    ("body", "needs_script"),
    [
        (SHELL, True),
        (f"<body>{MENU}<div id=__next><p>Loading</p></div><script src=/a.js></script>", True),
        ("<body><p>Nothing here</p>", False),
        (f"<body>{MENU}<div id=app>{PROSE}</div><script src=/a.js></script>", False),
        (f"<body>{PROSE * 10}<div id=app></div><script src=/a.js></script>", False),
        (f"{ld(product(offers=offer('')))[: -len(PROSE)]}<div id=root></div>", False),
        (f'<script type="application/ld+json">{json.dumps(KETTLE)}</script><div id=root></div>', False),
    ],
    ids=["shell", "menus around", "no script", "rendered", "much text", "a product without a price", "a product"],
)
def test_only_an_empty_shell_needs_a_browser(body: str, needs_script: bool) -> None:
    assert read(body).needs_script is needs_script


@pytest.mark.parametrize(
    ("fetcher", "advice"), [("http", "`fetcher: auto`"), ("browser", "`browser: {wait_for: ...}`")]
)
def test_a_shell_says_what_would_fill_it(fetcher: str, advice: str) -> None:
    request = PageRequest(url=URL, fetcher=fetcher)
    page = Page(request=request, outcome=Outcome.OK, final_url=URL, body=SHELL.encode())
    error = read_offer(page, store=None, query=RetailQuery(url=URL)).error
    assert error is not None
    assert error.startswith("the page is an empty shell (0 characters of text): ")
    assert advice in error


HOSTILE = {
    "nothing": b"",
    "NUL bytes": b"\x00" * 10_000,
    "NUL bytes within": ld(KETTLE).replace("script", "scr\x00ipt").encode(),
    "deep elements": b"<div>" * 100_000,
    "endless tags": b"<p>" * 1_000_000,
    "tags in tags": (b"<a " * 1_990 + b">") * 50,
    "endless attributes": b"<div " + b" ".join(b"a%d=1" % n for n in range(200_000)) + b">" + ld(KETTLE).encode(),
    "deep items": b'<div itemscope itemtype="http://schema.org/Product"><b itemprop=price>1</b>' * 5_000,
    "deep JSON": b'<script type="application/ld+json">' + b'{"@graph":' * 100_000 + b"</script>",
    "5,000 blocks": ld(KETTLE).encode() * 5_000,
    "many offers": ld(product(offers=[offer(n) for n in range(20_000)])).encode(),
    "a number of 100,000 digits": b'<script type="application/ld+json">{"@type":"Product","offers":{"price":' + b"9" * 100_000 + b"}}</script>",
    "a huge exponent": b'<script type="application/ld+json">{"@type":"Product","offers":{"price":1e99999999999}}</script>',
    "references in a circle": ld({"@graph": [{"@id": "a", "x": 1, "mainEntity": {"@id": "b"}}, {"@id": "b", "x": 1, "mainEntity": {"@id": "a"}}]}).encode(),
    "binary": bytes(range(256)) * 1_000,
    "compressed": b"\x1f\x8b\x08" + bytes(range(255, 0, -1)) * 100,
    "wrong charset": '<meta charset="utf-16">ünïcödé'.encode("latin-1"),
}  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_ends_in_an_outcome(body: bytes) -> None:
    reading = read(body)
    assert reading.outcome.is_success or reading.error
    assert reading.outcome.is_success or reading.offer is None or reading.offer.price is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["Product", "Offer", "ItemList", "https://schema.org/InStock", "12,50 €", "EUR"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["@type", "@id", "@graph", "offers", "price", "priceCurrency", "lowPrice", "highPrice", "hasVariant", "url", "name", "image", "brand",
                         "priceSpecification", "availability", "mainEntity", "itemListElement", "itemOffered", "seller", "itemCondition", "sku", "gtin"]),
        inner, max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(node=_json)
def test_no_linked_data_makes_the_reader_raise(node: Any) -> None:
    reading = read(ld({"@type": "Product", "name": "Kettle", "offers": node}, node))
    assert reading.outcome.is_success or reading.offer is None or reading.offer.price is None


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300) | st.text("<>/=\"' itemscopropfertypPdu{}[]:,0.9€", max_size=200).map(str.encode))
def test_no_bytes_make_the_reader_raise(body: bytes) -> None:
    reading = read(body)
    assert reading.outcome.is_success or reading.offer is None or reading.offer.price is None
