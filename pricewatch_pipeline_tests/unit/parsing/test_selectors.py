"""Strategies read what they say, and refuse what they may not do."""

import pytest

from pricewatch_pipeline.domain.watches import Strategy
from pricewatch_pipeline.errors import UnsafePattern
from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.selectors import check_strategy, read_strategy

PAGE = """<html><body><h1>A kettle</h1>
<div class="price" data-amount="12.50">12<sup>50</sup> € <script>var x</script></div>
<meta itemprop="price" content="12.50"><img class="photo" src="/a.jpg">
<p class="empty"> </p><p class="empty">second</p>
<dl><dt>Price</dt><dd>99,-</dd></dl>
<script type="application/ld+json">{"@type": "Product", "offers": [{"price": "12.50"}, {"price": 13}]}</script>
<script id="__NEXT_DATA__" type="application/json">{"props": {"pageProps": {"product": {"price": {"value": 1250}}}}}</script>
<script>window.state = {"cart": {"total": "0.00"}, "key with space": {"a": 7}}; other()</script>
</body></html>"""


@pytest.mark.parametrize(
    ("kind", "expression", "expected"),
    [
        ("css", "h1", "A kettle"),
        ("css", ".price", "12 50 €"),
        ("css", "h1::text", "A kettle"),
        ("css", ".empty::text", "second"),
        ("css", "meta[itemprop=price]::attr(content)", "12.50"),
        ("css", ".absent", None),
        ("attr", "img.photo::src", "/a.jpg"),
        ("attr", "div.price::data-amount", "12.50"),
        ("xpath", "//h1", "A kettle"),
        ("xpath", "//dt[.='Price']/following-sibling::dd[1]", "99,-"),
        ("xpath", "string(//div/@data-amount)", "12.50"),
        ("xpath", "count(//p)", "2.0"),
        ("json", "$.offers[0].price", "12.50"),
        ("json", "offers[1].price", "13"),
        ("json", "$.offers[*].price", "12.50"),
        ("json", "$.props.pageProps.product.price.value", "1250"),
        ("json", "$..value", "1250"),
        ("json", "$.cart.total", "0.00"),
        ("json", "$['key with space'].a", "7"),
        ("json", "$.offers", None),
        ("regex", r"data-amount=\"([\d.]+)\"", "12.50"),
        ("regex", r"kettle", "kettle"),
        ("regex", r"never there", None),
    ],
)
def test_a_strategy_reads_the_first_value_with_text(kind: str, expression: str, expected: str | None) -> None:
    document = Document(PAGE.encode(), url="https://shop.example/")
    assert read_strategy(document, Strategy(kind=kind, expression=expression)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("div.price[data-amount]", "12 50 €"),
        ("body > div.price::attr(data-amount)", "12.50"),
        ("dl dd", "99,-"),
        ("dl>dd", "99,-"),
        ("DIV.price::attr(DATA-AMOUNT)", "12.50"),
        ("#__NEXT_DATA__::attr(type)", "application/json"),
        ("*.photo::attr(src)", "/a.jpg"),
        ("h1, dd", "A kettle"),
        ("body dl dd", "99,-"),
        ("dd:contains('99')", "99,-"),
        ("p:nth-of-type(2)", "second"),
        ("p:not(.x):last-of-type", "second"),
        ("h1::text, dd::text", "A kettle"),
        ("meta[itemprop='price']::attr(content)", "12.50"),
        ("meta[itemprop*=ric]::attr(content)", "12.50"),
    ],
)
def test_css_says_what_it_says_in_any_tool(expression: str, expected: str) -> None:
    document = Document(PAGE.encode(), url="https://shop.example/")
    assert read_strategy(document, Strategy(kind="css", expression=expression)) == expected


def test_a_page_that_is_not_parsed_gives_nothing() -> None:
    document = Document(b"<" * 1_000_000 + b"<h1>x</h1>", url="https://shop.example/")
    for kind, expression in (("css", "h1"), ("css", "h1:first-of-type"), ("xpath", "//h1")):
        assert read_strategy(document, Strategy(kind=kind, expression=expression)) is None


def test_prepend_and_append_surround_a_value_that_was_found() -> None:
    document = Document(PAGE.encode(), url="https://shop.example/")
    assert read_strategy(document, Strategy(kind="css", expression="h1", prepend="<", append=">")) == "<A kettle>"
    assert read_strategy(document, Strategy(kind="css", expression="h7", prepend="<", append=">")) is None


@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        ("xpath", "document('/etc/passwd')"),
        ("xpath", "unparsed-text('file:///etc/passwd')"),
        ("xpath", "re:test(., '(a+)+$')"),
        ("xpath", "//*[ str:tokenize(.) ]"),
        ("xpath", "//["),
        ("xpath", "//*/following::*"),
        ("xpath", "//p/following-sibling::p"),
        ("xpath", "//*[count(//*) > 1]"),
        ("xpath", "//*//*//*//*//*//*//*"),
        ("css", "p["),
        ("css", "* * * * * * * *"),
        ("attr", "img"),
        ("json", "$"),
        ("json", "$.a b"),
        ("json", "$..a..a..a"),
        ("regex", "("),
        ("regex", "x" * 2000),
        ("css", ""),
        ("jq", "env"),
    ],
)
def test_an_expression_that_may_not_run_is_refused_without_a_page(kind: str, expression: str) -> None:
    with pytest.raises(UnsafePattern):
        check_strategy(Strategy(kind=kind, expression=expression))


def test_a_regex_that_never_ends_is_stopped() -> None:
    document = Document(b"a" * 100_000 + b"!", url="https://shop.example/")
    with pytest.raises(UnsafePattern, match="took longer"):
        read_strategy(document, Strategy(kind="regex", expression="(a+)+$"))
