"""Products in a page's scripts, recognised by the names of their fields."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import Availability, PriceRole
from pricewatch_pipeline.parsing.app_state import read_state
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.found import FoundProduct


def products(script: str, *, kind: str = "", known: str = "", page: str = "") -> tuple[FoundProduct, ...]:
    body = f"<script{f' type={kind}' if kind else ''}>{script}</script>{page}"
    marked = frozenset(Decimal(amount) for amount in known.split())
    return read_state(Document(body.encode(), url="https://shop.example/p"), known=marked).products


@pytest.mark.parametrize(
    "script",
    [
        'dataLayer.push({event: "view_item", ecommerce: {items: [{item_name: "Kettle", price: 12.5}]}});',
        'dataLayer = [{"ecommerce": {"detail": {"products": [{"name": "Kettle", "price": "12.50"}]}}}];',
        "gtag('event', 'view_item', {items: [{name: 'Kettle', price: '12.50'}]})",
        "fbq('track', 'ViewContent', {content_name: 'Kettle', price: 12.5, currency: 'EUR'});",
        'window.__INITIAL_STATE__ = {"product": {"name": "Kettle", "price": {"value": 12.5}}};',
        'window.__PRELOADED_STATE__ = {"a": {"b": [{"title": "Kettle", "prices": {"current": "12,50 €", "was": "15,00 €"}}]}}',
        '__APOLLO_STATE__={"Product:1":{"name":"Kettle","price":{"centAmount":1250,"currencyCode":"EUR"}}}',
        'var state = JSON.parse("{\\"name\\":\\"Kettle\\",\\"price\\":12.5}");',
        'var state = JSON.parse(\'{"name":"Kettle","price":12.5}\');',
        'self.__next_f.push([1,"5:[\\"$\\",{\\"product\\":{\\"name\\":\\"Kettle\\",\\"price\\":12.5}}]\\n"])',
        'window.__NUXT__=(function(a,b,c){return {data:[{name:a,price:b,old:c,tag:"a"}]}}("Kettle",12.5,null));',
        "if (shown) { var product = {name: 'Kettle', /* net */ price: 12.5, f: function () { return {a: 1}; },}; }",
        'app.boot("{}", {"name": "Kettle", "salePrice": 12.5, "listPrice": 20, "memberPrice": 9})',
    ],
)
def test_a_product_is_found_wherever_a_script_puts_it(script: str) -> None:
    found = [(p.title, o.amount) for p in products(script) for o in p.offers]
    assert found == [("Kettle", Decimal("12.5"))]


def test_data_scripts_are_read() -> None:
    script = '{"props":{"pageProps":{"product":{"name":"Kettle","sku":"K-1","price":12.5,"inStock":false}}}}'
    (found,) = products(script, kind="application/json")
    assert (found.title, found.sku, found.offers[0].availability) == ("Kettle", "K-1", Availability.OUT_OF_STOCK)


@pytest.mark.parametrize(
    ("fields", "price", "listed"),
    [
        ("price: 10", "10", None),
        ("price: 20, salePrice: 10", "10", "20"),
        ("price: 10, oldPrice: 20", "10", "20"),
        ("price: 10, special_price: null", "10", None),
        ("price: 10, special_price: 0", "10", None),
        ("regularPrice: 20, finalPrice: 10", "10", "20"),
        ("regular_price: 20", "20", None),
        ("priceCents: 1000", "10", None),
        ("price: 10, price_before_discount: 20", "10", "20"),
        ("priceAfterDiscount: 10, mrp: 20", "10", "20"),
        ("price: {now: 10, was: 20}", "10", "20"),
        ("prices: [{type: 'original', value: 20}, {type: 'sale', value: 10}]", "10", "20"),
        ("price: {amount: '10.00', currency: 'EUR', id: 7, quantity: 3}", "10.00", None),
        (
            "price: 10, pricePerMonth: 1, shippingPrice: 4, price_id: 77, pricelevel: 3, priceCurrency: 'EUR'",
            "10",
            None,
        ),
        ("price: 10, priceExclVat: 8, memberPrice: 9, warrantyPrice: 3", "10", None),
        ("price: [10]", "10", None),
    ],
)
def test_names_of_fields_tell_prices_apart(fields: str, price: str, listed: str | None) -> None:
    (found,) = products(f"x = {{name: 'Kettle', {fields}}}")
    offer = found.offers[0]
    assert (offer.amount, offer.list_price) == (Decimal(price), Decimal(listed) if listed else None)


def test_other_amounts_say_what_they_are() -> None:
    (found,) = products("x = {name: 'Kettle', price: 10, pricePerMonth: 1, memberPrice: 9, priceExclTax: 8}")
    assert [(a.role, str(a.amount)) for a in found.offers[0].amounts] == [
        (PriceRole.INSTALMENT, "1"),
        (PriceRole.CONDITIONAL, "9"),
        (PriceRole.WITHOUT_TAX, "8"),
    ]


def test_a_range_is_no_price() -> None:
    (found,) = products("x = {name: 'Kettle', price: {min: 10, max: 20}}")
    assert (found.offers[0].amount, found.offers[0].low, found.offers[0].high) == (None, Decimal(10), Decimal(20))


def test_variants_are_offers_of_their_product() -> None:
    (found,) = products(
        "x = {name: 'Shirt', variants: [{id: 7, size: 'S', price: 10}, {id: 8, size: 'M', price: 12, selected: true}]}"
    )
    assert [(o.sku, dict(o.variant), str(o.amount), o.is_selected) for o in found.offers] == [
        ("7", {"size": "S"}, "10", False),
        ("8", {"size": "M"}, "12", True),
    ]


def test_what_is_proposed_beside_the_product_is_left_out() -> None:
    found = products(
        "x = {name: 'Kettle', price: 10, relatedProducts: [{name: 'Lid', price: 3}], cart: {items: [{name: 'Cup', price: 4}]}}"
    )
    assert [p.title for p in found] == ["Kettle"]


def test_what_the_page_shows_is_told_from_a_list() -> None:
    shown = products("dataLayer.push({event: 'view_item', items: [{name: 'Kettle', price: 10}]})")
    listed = products(
        "dataLayer.push({event: 'view_item_list', items: [{name: 'a', price: 1}, {name: 'b', price: 2}]})"
    )
    assert [p.is_main for p in shown] == [True]
    assert [(p.is_main, p.is_listed) for p in listed] == [(False, True)] * 2


@pytest.mark.parametrize(
    ("known", "page", "price"),
    [
        ("14.50", "", "14.5"),
        ("1450", "", "1450"),
        ("", "<b>14,50 €</b>", "14.5"),
        ("99", "<b>14,50 €</b>", "1450"),
        ("", "<b>1450 kr</b>", "1450"),
    ],
)
def test_cents_are_told_by_what_else_the_page_says(known: str, page: str, price: str) -> None:
    (found,) = products("x = {name: 'Kettle', price: 1450}", known=known, page=page)
    assert found.offers[0].amount == Decimal(price)


def test_in_cents_are_all_amounts_of_an_offer() -> None:
    (found,) = products("x = {name: 'Kettle', price: 4999, oldPrice: 5999, shippingPrice: 590}", known="49.99")
    offer = found.offers[0]
    assert (str(offer.amount), str(offer.list_price)) == ("49.99", "59.99")
    assert [(a.role, str(a.amount)) for a in offer.amounts] == [(PriceRole.SHIPPING, "5.9")]
    (found,) = products("x = {name: 'Kettle', price: {min: 1450, max: 2050}}", known="14.50")
    assert (str(found.offers[0].low), str(found.offers[0].high)) == ("14.5", "20.5")


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ("priceCents: 1200, currency: 'EUR'", "12"),
        ("priceCents: 1200, currency: 'JPY'", "1200"),
        ("priceMinor: 1200, currency: 'KWD'", "1.2"),
        ("priceMicros: 1200000000, currency: 'JPY'", "1200"),
        ("price: 1450, currency: 'JPY'", "1450"),
    ],
)
def test_how_many_minor_units_make_a_whole_depends_on_the_currency(fields: str, price: str) -> None:
    (found,) = products(f"x = {{name: 'Kettle', {fields}}}", page="<b>14.50</b>")
    assert found.offers[0].amount == Decimal(price)


def test_a_number_of_the_scripts_own_is_no_article_number() -> None:
    (found,) = products("x = {name: 'Kettle', id: 123456, price: 10}")
    assert (found.sku, found.ids) == (None, ("123456",))


@pytest.mark.parametrize(
    "script",
    [
        '({"price":1,"a":' * 20_000,
        "={price:1," * 100_000,
        '("\\"price\\":1' * 50_000,
        "({price:'1" * 50_000,
        "[{" * 100_000 + "price:1",
        '=[{"price":1,"x":"' + '\\"' * 200_000,
        "rice:" + " " * 500_000,
        "x={name:'a',price:1,b:" + "{c:" * 100_000,
        "x=[" + "{name:'a',price:1}," * 5_000 + "]",
        '{"price":1,"a":' + "[" * 100_000,
        "(function(" + "a," * 9_000 + "){return {name:a,price:a}}(" + "1," * 9_000 + "1))",
        '{"name":"\x00","price":"1\x00"}',
        "price:1" * 100_000,
    ],
)  # fmt: skip
def test_hostile_scripts_end_with_few_products(script: str) -> None:
    assert len(products(script)) <= 300


def test_scripts_without_a_price_are_not_decoded() -> None:
    assert products('window.__STATE__ = {"name": "Kettle", "cost": 10}') == ()
