"""What `$`, `kr` and a bare number mean on a page is said by the page, or stays open."""

import pytest

from pricewatch_pipeline.domain.watches import Store
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.providers.retail.market import market_of


def currency(page: str, raw: str | None, *, url: str = "https://shop.com/p", store: Store | None = None) -> str | None:
    return market_of(Document(page.encode(), url=url), store).currency_of(raw, None)


@pytest.mark.parametrize(
    ("page", "raw", "expected"),
    [
        ("<html lang=en>", "$10", None),
        ("<html lang=es>", "$10", None),
        ("<html lang=en>", "10", None),
        ("<html lang=en-US>", "$10", "USD"),
        ("<html lang=en-AU>", "$10", "AUD"),
        ("<html lang=es-MX>", "$10", "MXN"),
        ('<html lang=en><meta property=og:locale content="en_US">', "$10", "USD"),
        ('<html lang=en-US><script>{"currency":"CAD"}</script>', "$10", "CAD"),
        ("<html lang=en><script>var o={currencyCode:'NZD'}</script>", "$10", "NZD"),
        (r'<html lang=en><script>x="{\"currencyCode\":\"SGD\"}"</script>', "$10", "SGD"),
        ('<script>{"currency":"EUR"}</script>', "$10", None),
        ('<script>{"currency":"EUR"}</script>', "10", "EUR"),
        ('<script>{"currency":"RUR"}</script>', "10", "RUB"),
        ('<script>[{"currency":"USD"},{"currency":"EUR"},{"currency":"CAD"}]</script>', "$10", None),
        ('<html lang=en><script>{"countryCode":"US"}</script>', "$10", "USD"),
        ('<html lang=en><script>{"locale":"en_US"}</script>', "$10", "USD"),
        ("<html lang=en><p>All prices in USD</p>", "$10", "USD"),
        ("<html lang=en><p>USD or CAD</p>", "$10", None),
        ("<html lang=en><p>Made in the USA", "$10", "USD"),
        ("<html lang=en><p>1 Main St, Austin, TX 78701", "$10", "USD"),
        ("<html lang=en><p>1 Main St, Toronto, ON M5V 2T6", "$10", "CAD"),
        ("<html lang=en><p>We ship all over Australia", "$10", "AUD"),
        ("<html lang=fr><p>Livraison partout au Canada", "$10", "CAD"),
        ("<html lang=en><p>A hat from Cuba", "$10", None),
        ("<html lang=en><option>Australia<option>Canada<option>United States", "$10", None),
        ("<html lang=sv>", "10 kr", "SEK"),
        ("<html lang=en><script>{currency:'DKK'}</script>", "10 kr", "DKK"),
        ("<html lang=zh-TW>", "10元", "TWD"),
        ("<html lang=zh-CN>", "¥10", "CNY"),
        ("<html lang=ja>", "¥10", "JPY"),
        ("<html lang=en-US>", "US$10", "USD"),
        ("<html lang=en-US>", "€10", "EUR"),
        ("<html lang=ro-MD>", "10 lei", "MDL"),
        ("<html lang=en-ZA>", "R 10", "ZAR"),
        ("<html lang=en-PK>", "Rs 10", "PKR"),
        ('<script>{"currency":"nonsense"}</script>', "10", None),
    ],
)
def test_the_page_says_what_a_mark_means(page: str, raw: str, expected: str | None) -> None:
    assert currency(page, raw) == expected


@pytest.mark.parametrize(
    ("url", "language", "expected"),
    [
        ("https://shop.com.au/p", "en", "AUD"),
        ("https://shop.ca/p", "fr", "CAD"),
        ("https://shop.com/en-us/p", "en", "USD"),
        ("https://shop.com/en_nz/p", "en", "NZD"),
        ("https://shop.com/us/en/p", "en", "USD"),
        ("https://shop.com/ca/fr/p", "fr", "CAD"),
        ("https://shop.com/us/p", "en", "USD"),
        ("https://us.shop.com/p", "en", "USD"),
        ("https://es-mx.shop.com/p", "es", "MXN"),
        ("https://shop.com/p/en-us-shoes", "en", None),
        ("https://shop.com/it/p", "it", None),
        ("https://shop.io/p", "en", None),
        ("https://shop.com/xx-yy/p", "en", None),
    ],
)
def test_the_address_says_what_a_dollar_is(url: str, language: str, expected: str | None) -> None:
    assert currency(f"<html lang={language}>", "$10", url=url) == expected


def test_a_lone_country_in_the_address_counts_where_its_language_is_spoken() -> None:
    assert currency("<html lang=en>", "10", url="https://shop.com/uk/p") == "GBP"
    assert currency("<html lang=uk>", "10", url="https://shop.com/uk/p") == "UAH"


def test_a_store_says_it_before_the_page_does() -> None:
    store = Store(store_id="s", domains=("shop.com",), currency="CAD")
    assert currency('<script>{"currency":"USD"}</script>', "$10", store=store) == "CAD"
    assert currency("<html lang=en-US>", "10", store=store) == "CAD"


def test_what_data_declares_is_believed() -> None:
    market = market_of(Document(b"<html lang=en-US>", url="https://shop.com/p"), None)
    assert market.currency_of("$10", "AUD") == "AUD"


def test_a_source_full_of_currencies_is_searched_once_and_in_bounds() -> None:
    page = '{"currency":"USD"},' * 200_000
    assert currency(page, "$10") == "USD"


@pytest.mark.parametrize(
    ("page", "url", "raw", "expected"),
    [
        ("<html lang=en>", "https://shop.com/p", "$10", "USD"),
        ("<html lang=en><p>also in CAD", "https://shop.com/p", "$10", None),
        ("<html lang=en><p>CADILLAC", "https://shop.com/p", "$10", "USD"),
        ("<html lang=en-CA>", "https://shop.com/p", "$10", None),
        ("<html lang=es>", "https://shop.com/p", "$10", None),
        ("<html>", "https://shop.com/p", "$10", None),
        ("<html lang=en>", "https://shop.com.au/p", "$10", None),
        ("<html lang=en>", "https://shop.com/p", "10 kr", None),
        ("<html lang=en>", "https://shop.com/p", "10", None),
    ],
)
def test_a_bare_dollar_is_presumed_to_be_of_the_usa_only_where_nothing_else_is_said(
    page: str, url: str, raw: str, expected: str | None
) -> None:
    assert market_of(Document(page.encode(), url=url), None).presumed_currency(raw) == expected
