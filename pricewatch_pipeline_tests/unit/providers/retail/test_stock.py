"""Data and visible page together: which of them is believed."""

import json
from typing import Any

import pytest

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.pages import Page, PageRequest
from pricewatch_pipeline.domain.watches import Store, Strategy
from pricewatch_pipeline.providers.retail.query import RetailQuery
from pricewatch_pipeline.providers.retail.reading import read_offer

URL = "https://shop.example/p/kettle"
TITLE = "<h1>Blue kettle</h1><p class=price>20,00 €</p>"
BUY = "<button>Add to cart</button>"
SOLD_OUT = "<button class=add-to-cart disabled>Sold out</button>"
NOTIFY = "<button>Notify me when available</button>"


def offer(availability: str | None = None, **fields: Any) -> dict[str, Any]:
    said = {"availability": f"https://schema.org/{availability}"} if availability else {}
    return {"@type": "Offer", "price": "20.00", "priceCurrency": "EUR", **said, **fields}


def data(*offers: dict[str, Any]) -> str:
    product = {"@context": "https://schema.org", "@type": "Product", "name": "Blue kettle", "offers": list(offers)}
    return f'<script type="application/ld+json">{json.dumps(product)}</script>'


def read(body: str, *, store: Store | None = None, **query: str) -> Availability | None:
    html = f"<html><head><title>Blue kettle</title></head><body><main>{body}</main></body></html>"
    page = Page(request=PageRequest(url=URL), outcome=Outcome.OK, final_url=URL, body=html.encode())
    reading = read_offer(page, store=store, query=RetailQuery(url=URL, **query))
    assert reading.offer is not None
    return reading.offer.availability


@pytest.mark.parametrize(
    ("body", "availability"),
    [
        (f"{data(offer('InStock'))}{TITLE}", Availability.IN_STOCK),
        (f"{data(offer())}{TITLE}", None),
        (f"{data(offer())}{TITLE}{BUY}", Availability.IN_STOCK),
        (f"{data(offer())}{TITLE}{SOLD_OUT}", Availability.OUT_OF_STOCK),
        (f"{data(offer('InStock'))}{TITLE}{SOLD_OUT}", Availability.OUT_OF_STOCK),
        (f"{data(offer('InStock'))}{TITLE}<p>Sold out</p>{NOTIFY}", Availability.OUT_OF_STOCK),
        (f"{data(offer('InStock'))}{TITLE}<p>Sold out</p>{BUY}", Availability.IN_STOCK),
        (f"{data(offer('OutOfStock'))}{TITLE}{BUY}", Availability.OUT_OF_STOCK),
        (f"{data(offer('OutOfStock'))}{TITLE}<p>In stock</p>{BUY}", Availability.IN_STOCK),
        (f"{data(offer('PreOrder'))}{TITLE}{BUY}", Availability.PRE_ORDER),
        (f"{data(offer('BackOrder'))}{TITLE}{BUY}", Availability.BACK_ORDER),
        (f"{data(offer('Discontinued'))}{TITLE}", Availability.DISCONTINUED),
        (f"{data(offer('OutOfStock', sku='s'), offer('InStock', sku='m'))}{TITLE}", Availability.IN_STOCK),
    ],
)
def test_data_and_page_are_weighed_against_each_other(body: str, availability: Availability | None) -> None:
    assert read(body) == availability


def test_a_variant_that_is_asked_for_is_not_there_because_another_is() -> None:
    body = f"{data(offer('OutOfStock', sku='s'), offer('InStock', sku='m'))}{TITLE}"
    assert read(body, variant="s") == Availability.OUT_OF_STOCK


def test_the_store_s_own_strategy_comes_first() -> None:
    strategies = {"availability": (Strategy(kind="css", expression=".state"),)}
    store = Store(store_id="s", domains=("shop.example",), strategies=strategies)
    body = f"{data(offer('InStock'))}{TITLE}{BUY}<p class=state>Ausverkauft</p>"
    assert read(body, store=store) == Availability.OUT_OF_STOCK
