"""What a page says beside price and availability, on small pages."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.offers import Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.providers.retail.details import described
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import look_at
from pricewatch_pipeline.providers.retail.seen import Seen
from pricewatch_pipeline.providers.retail.terms import with_terms

URL = "https://www.shop.example/kettle"


def seen(body: str, *, head: str = "", url: str = URL) -> Seen:
    text = f"<html lang=en><head>{head}</head><body>{body}</body></html>"
    page = Page(request=PageRequest(url=url), outcome=Outcome.OK, final_url=url, status=200, body=text.encode())
    return look_at(Document(page.utf8, url=url), page, store=None, query=RetailQuery(url=url))


def details(body: str, *, head: str = "", url: str = URL) -> Offer:
    return described(seen(body, head=head, url=url))


def ld(**fields: Any) -> str:
    product = {"@type": "Product", "name": "Kettle", "offers": {"price": "10", "priceCurrency": "EUR"}} | fields
    return f'<script type="application/ld+json">{json.dumps(product)}</script>'


def terms(body: str, price: str, *, title: str = "Tea", currency: str = "EUR") -> Offer:
    page = seen(f"<h1>{title}</h1>{body}")
    return with_terms(Offer(price=Decimal(price), currency=currency, title=title), page)


@pytest.mark.parametrize(
    ("body", "head", "title"),
    [
        ("<h1>Our cookies</h1><h1>Steel Kettle 2 l</h1>", "<title>Steel Kettle 2 l | Shop</title>", "Steel Kettle 2 l"),
        ("<h1>Shop</h1><h2>Steel Kettle</h2>", "<title>Steel Kettle - Shop</title>", "Steel Kettle"),
        ("<h1>Acme Steel Kettle, red</h1>" + ld(name="Steel Kettle"), "", "Acme Steel Kettle, red"),
        ("<h1><b>Steel Kettle</b> Item no.: 4711</h1>" + ld(name="Steel Kettle"), "", "Steel Kettle"),
        ("<h1>Kettles</h1>" + ld(name="Steel Kettle"), "", "Steel Kettle"),
        ("<p>no heading</p>", "<title>Steel Kettle | Shop</title>", "Steel Kettle"),
        (
            "<p>no heading</p>",
            '<meta property="og:site_name" content="Fine Goods"><title>Fine Goods: Steel Kettle</title>',
            "Steel Kettle",
        ),
        ("<h1>Steel<div>Kettle</div></h1>", "<title>Steel Kettle</title>", "Steel Kettle"),
        ("<h1>Something</h1>", "", "Something"),
    ],
)
def test_the_title_is_what_a_reader_takes_for_the_name(body: str, head: str, title: str) -> None:
    assert details(body, head=head).title == title


@pytest.mark.parametrize(
    ("body", "url", "sku"),
    [
        (ld(sku="K-1"), URL, "K-1"),
        (ld(sku="238440995") + "<p>Product code: 50456418</p>", URL, "50456418"),
        (ld(sku="23844099") + "<p>Product code: 23844099/DE</p>", URL, "23844099"),
        ("<p>Art.-Nr.: 4711</p><p>Part number: 4711</p>", "https://www.shop.example/kettle-123456", "123456"),
        (ld(sku="STEEL KETTLE TWO LITRES"), "https://www.shop.example/Prod/144432/", "144432"),
        (ld(sku="TE50-12 Kettles, pots"), URL, "TE50-12"),
        (ld(sku="9780306406157"), "https://www.shop.example/book-1589482272.html", "1589482272"),
        (ld(sku="9780306406157"), URL, "9780306406157"),
        ("<p>nothing</p>", "https://www.shop.example/dp/B076TQK2D6", "B076TQK2D6"),
        ("<p>nothing</p>", URL, None),
    ],
)
def test_the_article_number_is_the_shops_own(body: str, url: str, sku: str | None) -> None:
    assert details(body, url=url).sku == sku


@pytest.mark.parametrize(
    ("body", "gtin"),
    [
        (ld(gtin13="4006381333931"), "4006381333931"),
        (ld(gtin13="4006381333932"), None),
        (ld(gtin13="4006381333932") + "<p>EAN: 4006381333931</p>", "4006381333931"),
        ("<dl><dt>ISBN-10<dd>0-306-40615-2</dl>", "9780306406157"),
        (ld(sku="4006381333931"), "4006381333931"),
        (ld(sku="12345678"), None),
    ],
)
def test_the_trades_number_is_checked(body: str, gtin: str | None) -> None:
    assert details(body).gtin == gtin


def test_the_makers_number_is_not_the_shops_repeated() -> None:
    assert details(ld(sku="144432", mpn="144432")).mpn is None
    assert details(ld(sku="GB-2470", mpn="GB-2470")).mpn == "GB-2470"
    assert details("<p>Model number: X5 Pro</p><p>MPN: X5-01</p>").mpn == "X5-01"
    assert details("<p>Model: Classic</p>").mpn is None
    assert details("<p>Manufacturer part number: MX-LAMP-RED</p>").mpn == "MX-LAMP-RED"


def test_the_brand_is_declared_or_labelled_and_not_the_products_name() -> None:
    assert details(ld(brand={"name": "Acme"}) + "<p>Brand: Other</p>").brand == "Acme"
    assert details(ld(brand="Kettle") + "<p>Hersteller: Acme</p>").brand == "Acme"
    assert details("<p>Shop by brand</p>").brand is None


def test_condition_seller_and_variant_come_from_labels_where_data_is_silent() -> None:
    found = details("<p>Condition: Used - very good</p><p>Sold by: Ann's Kettles</p><p>Colour: Red</p>")
    assert (found.condition, found.seller, dict(found.variant)) == ("used", "Ann's Kettles", {"color": "Red"})


def test_a_name_that_says_refurbished_is_believed_before_the_data() -> None:
    offers = {"price": "10", "itemCondition": "https://schema.org/NewCondition"}
    assert details("<h1>Phone X refurbished</h1>" + ld(name="Phone X refurbished", offers=offers)).condition == (
        "refurbished"
    )


@pytest.mark.parametrize(
    ("body", "head", "image"),
    [
        (ld(image="/a.jpg"), "<meta property='og:image' content='/b.jpg'>", "https://www.shop.example/a.jpg"),
        ("", "<meta property='og:image' content='/b.jpg'>", "https://www.shop.example/b.jpg"),
        (
            "<h1>Steel kettle</h1><img alt=Shop src=/c.jpg><img alt='Steel Kettle' src=/d.jpg>",
            "",
            "https://www.shop.example/d.jpg",
        ),
        ("<h1>Steel kettle</h1><img alt='Steel kettle' src='data:image/gif;base64,R0'>", "", None),
    ],
)
def test_the_picture_is_declared_or_bears_the_title(body: str, head: str, image: str | None) -> None:
    assert details(body, head=head).image_url == image


@pytest.mark.parametrize(
    ("body", "variant"),
    [
        (
            "<select name='size'><option value=''>Choose<option value=1>S<option value=2 selected>M</select>",
            {"size": "M"},
        ),
        ("<select name='size'><option value='x' selected>Please choose<option value=1>S</select>", {}),
        ("<select name='quantity'><option value=1 selected>1</select>", {}),
        (
            "<fieldset aria-label='Colour'><a role=radio aria-checked=true title='Navy'></a></fieldset>",
            {"color": "Navy"},
        ),
        (
            "<input type=radio name='farbe' value='rot' checked><input type=radio name='farbe' value='blau'>",
            {"color": "rot"},
        ),
        ("<p>Size: S</p><p>Size: M</p>", {}),
        (
            "<div id='size'><a role=radio itemprop=a aria-checked=false>S</a><a role=radio aria-checked=true>M</a></div>",
            {"size": "M"},
        ),
        ("<div id='size'><a role=tab aria-selected=true>Table</a></div>", {}),
    ],
)
def test_the_variant_is_what_is_picked_on_the_page(body: str, variant: dict[str, str]) -> None:
    assert dict(details(body).variant) == variant


@pytest.mark.parametrize(
    ("title", "size", "unit"),
    [
        ("Oat flakes 500 g", "0.5", "kg"),
        ("Cola 12 x 330 ml", "3.96", "l"),
        ("Batteries, pack of 6", "6", "piece"),
        ("Washing machine 8 kg", None, None),
        ("14g poker chips in a 2 kg case", None, None),
        ("Kettle", None, None),
    ],
)
def test_a_title_may_name_the_pack(title: str, size: str | None, unit: str | None) -> None:
    found = details(f"<h1>{title}</h1>", head=f"<title>{title}</title>")
    assert (found.pack_size, found.pack_unit) == (size and Decimal(size), unit)


def test_unit_price_and_pack_must_agree_with_the_price() -> None:
    found = terms("<p>(€ 14,00 / kg)</p>", "7.00", title="Tea 500 g")
    assert (found.unit_price, found.unit_price_per, found.pack_size, found.pack_unit) == (
        14,
        "kg",
        Decimal("0.5"),
        "kg",
    )
    other = terms("<p>(€ 14,00 / kg)</p>", "3.00", title="Tea 500 g")
    assert (other.unit_price, other.pack_size, other.pack_unit) == (14, None, None)


def test_of_several_unit_prices_the_one_that_fits_is_taken() -> None:
    found = terms("<p>€ 99,00 / kg</p><p>200 g (€ 35,00 / kg)</p>", "7.00")
    assert (found.unit_price, found.pack_size, found.pack_unit) == (35, Decimal("0.2"), "kg")


def test_unit_prices_of_other_money_and_of_related_products_are_not_taken() -> None:
    assert terms("<p>$ 14.00 / kg</p>", "7.00").unit_price is None
    assert terms("<div class='related-products'><p>€ 14,00 / kg</p></div>", "7.00").unit_price is None


def test_what_the_delivery_costs_is_read_where_it_is_told() -> None:
    assert terms("<p>plus € 4.95 shipping</p>", "7.00").shipping_price == Decimal("4.95")
    assert terms("<p>Free delivery</p>", "7.00").shipping_price == 0
    assert terms("<p>Free delivery from € 50</p>", "7.00").shipping_price is None
    assert terms("<footer><p>Free delivery</p></footer>", "7.00").shipping_price is None


def test_without_a_price_there_are_no_terms() -> None:
    page = seen("<p>Free delivery</p>")
    assert with_terms(Offer(title="Tea"), page) == Offer(title="Tea")


@pytest.mark.parametrize(
    "body",
    [
        f"<title>{': ' * 200_000}</title><h1>{'kettle: ' * 50_000}</h1>",
        "<p>SKU: 1</p>" * 5_000,
        f"<div aria-label=size>{'<b aria-checked=true>' * 500}{'size M ' * 50_000}</div>",
        "<p>Free delivery from 1 €/kg</p>" * 5_000,
        f"<h1>{'_' * 100_000}</h1>",
    ],
    ids=["long names", "many labels", "nested choices", "many deliveries", "one long word"],
)
def test_pages_made_to_take_long_do_not(body: str) -> None:
    page = seen(body, url=f"{URL}/{'a_-' * 1_200}1")
    found = described(page)
    assert len(found.title or "") <= 1_000
    assert with_terms(replace(found, price=Decimal(1), currency="EUR"), page).price == 1
