"""From a product page to more of its kind."""

import pytest

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.page_links import links_alike


def links(url: str, *hrefs: str, head: str = "") -> list[str]:
    anchors = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    return links_alike(Document(f"<html><head>{head}</head><body>{anchors}</body></html>".encode(), url=url), at_most=3)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("https://shop.de/p/blue-lamp-123", "/p/red-lamp-124"),
        ("https://shop.de/p/lamp.html", "kettle.html?ref=1#top"),
        ("https://shop.de/lamp", "/kettle"),
        ("https://shop.de/en/home/lamps/1234", "/en/home/chairs/99"),
    ],
)
def test_an_address_that_is_built_alike_is_a_page_of_the_kind(here: str, there: str) -> None:
    assert len(links(here, there)) == 1


@pytest.mark.parametrize(
    "there",
    [
        "https://shop.de/p/blue-lamp-123",
        "/p/blue-lamp-123?color=red",
        "https://other.de/p/red-lamp-124",
        "/cart",
        "/p/my-cart-1",
        "/p/lamps/red-lamp-124",
        "/p/red-lamp-124.pdf",
        "javascript:void(0)",
        "mailto:a@b.de",
        "http://[",
    ],
)
def test_other_links_lead_elsewhere(there: str) -> None:
    assert links("https://shop.de/p/blue-lamp-123", there) == []


def test_the_most_alike_come_first_and_a_list_in_the_data_before_all() -> None:
    data = '{"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "url": "/p/listed"}]}'
    head = f'<script type="application/ld+json">{data}</script>'
    found = links("https://shop.de/p/blue-lamp-1", "/x/chair", "/p/red-lamp-2", head=head)
    assert found == ["https://shop.de/p/listed", "https://shop.de/p/red-lamp-2", "https://shop.de/x/chair"]


def test_a_page_without_an_address_leads_nowhere() -> None:
    assert links("not an address", "/p/1") == []
