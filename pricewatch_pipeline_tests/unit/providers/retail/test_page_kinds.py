"""Pages that are no product's, and pages that do not say what it costs: never a number from elsewhere on the page."""

import json

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

ASKED = "https://shop.example/p/kettle"
PROSE = "<p>" + "All about very fine kettles. " * 20 + "</p>"


def card(n: int) -> str:
    return f"<div class=card><a href=/p/{n}><h3>Kettle number {n}</h3></a><span class=amount>{n}5,90 €</span></div>"


CARDS = "".join(map(card, range(1, 15)))
TOOLS = "<div><div>Filter</div><div>Sort by</div><div>14 products</div></div>"
LIST = json.dumps({"@context": "https://schema.org", "@type": "SearchResultsPage", "name": "Kettles"})
PRODUCT = json.dumps(
    {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": "Kettle",
        "offers": {"price": "20", "priceCurrency": "EUR"},
    }
)


def read(body: str, *, title: str = "Example shop", final_url: str = ASKED) -> Reading:
    html = f"<html><head><title>{title}</title></head><body><main>{body}</main></body></html>"
    page = Page(request=PageRequest(url=ASKED), outcome=Outcome.OK, final_url=final_url, body=html.encode())
    return read_offer(page, store=None, query=RetailQuery(url=ASKED))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Search results for kettle", f"<h1>kettle</h1>{CARDS}"),
        ("Example shop", f"<h1>Suchergebnisse für „Wasserkocher“</h1>{PROSE}"),
        ("Wasserkocher", f"<h1>Wasserkocher</h1><div>Filter</div><div>Sortieren nach</div>{CARDS}"),
        ("検索結果: ケトル", f"<h1>ケトル</h1>{CARDS}"),
        ("Bouilloires", f"<h1>Bouilloires</h1>{TOOLS}{CARDS}"),
        ("Kettles", f'<script type="application/ld+json">{LIST}</script><h1>Kettles</h1>{PROSE}'),
    ],
)
def test_a_list_of_products_is_no_product(title: str, body: str) -> None:
    reading = read(body, title=title)
    assert (reading.outcome, reading.offer) == (Outcome.NOT_A_PRODUCT, None)


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Page not found", "<h1>Oh no</h1>"),
        ("Example shop", "<h1>Seite nicht gefunden</h1>"),
        ("404", "<h1>Cette page n'existe plus</h1>"),
        ("Sidan kunde inte hittas", "<h1>Oj</h1>"),
        ("Example shop", "<h1>Страница не найдена</h1>"),
        ("Example shop", "<h1>ページが見つかりません</h1>"),
    ],
)
def test_a_page_that_says_that_it_is_not_there_is_not_found(title: str, body: str) -> None:
    reading = read(f"{body}{PROSE}<h2>You may also like</h2>{CARDS}", title=title)
    assert (reading.outcome, reading.offer) == (Outcome.NOT_FOUND, None)


@pytest.mark.parametrize(
    "home", ["https://shop.example/", "https://shop.example/de-de/", "https://shop.example/index.html"]
)
def test_an_address_that_leads_home_is_not_found(home: str) -> None:
    assert read(f"<h1>Welcome</h1>{PROSE}", final_url=home).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("remark", "outcome"),
    [
        ("Price on request", Outcome.NOT_PRICED),
        ("Preis auf Anfrage", Outcome.NOT_PRICED),
        ("Prix sur demande", Outcome.NOT_PRICED),
        ("Цена по запросу", Outcome.NOT_PRICED),
        ("Cena na dotaz", Outcome.NOT_PRICED),
        ("Giá: Liên hệ", Outcome.NOT_PRICED),
        ("가격문의", Outcome.NOT_PRICED),
        ("Log in to see prices", Outcome.LOGIN),
        ("Preise nach Anmeldung", Outcome.LOGIN),
        ("Connectez-vous pour voir les prix", Outcome.LOGIN),
        ("Cena po zalogowaniu", Outcome.LOGIN),
        ("ログイン後に価格が表示されます", Outcome.LOGIN),
    ],
)
def test_a_price_on_request_or_for_customers_is_none(remark: str, outcome: Outcome) -> None:
    reading = read(f"<h1>Kettle</h1><p>{remark}</p>{PROSE}", title="Kettle")
    assert reading.outcome is outcome
    assert reading.offer is None or reading.offer.price is None


@pytest.mark.parametrize(
    "beside",
    [
        f"<h2>Similar products</h2>{CARDS}",
        f"{TOOLS}{CARDS}",
        "<a href=/login>Log in to see prices of your contract</a>",
        "<p>Search results for kettle</p>",
        "<footer><h2>Page not found? Tell us.</h2></footer>",
    ],
)
def test_what_stands_beside_a_product_does_not_make_it_another_page(beside: str) -> None:
    reading = read(
        f'<script type="application/ld+json">{PRODUCT}</script><h1>Kettle</h1>{PROSE}{beside}', title="Kettle"
    )
    assert reading.outcome is Outcome.OK
    assert reading.offer is not None
    assert str(reading.offer.price) == "20"


def test_a_product_without_data_in_a_shop_that_shows_many_others_is_no_list() -> None:
    body = f"<h1>Kettle</h1><p class=price>20,00 €</p><button>Add to cart</button>{PROSE}<h2>More</h2>{CARDS}"
    assert read(body, title="Kettle").outcome is not Outcome.NOT_A_PRODUCT


@pytest.mark.parametrize("remark", ["Sold out", "Ausverkauft", "Нет в наличии", "No longer available"])
def test_a_sold_out_product_with_a_price_of_0_is_read_and_has_none(remark: str) -> None:
    zero = PRODUCT.replace('"20"', '"0"')
    reading = read(
        f'<script type="application/ld+json">{zero}</script><h1>Kettle</h1><p>{remark}</p>{PROSE}', title="Kettle"
    )
    assert reading.outcome is Outcome.OK
    assert reading.offer is not None
    assert reading.offer.price is None
