"""The fuzz target: mutated shop pages, random markup, data and strategies. No exception leaves the reader, and what it read
can be stored. A hundred examples each in an ordinary run; `pytest --hypothesis-profile=fuzz` takes as many as it has time for.
"""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.watches import Strategy
from pricewatch_pipeline.parsing.price_text import read_amount, read_price, read_range
from pricewatch_pipeline_tests.support.hostile_pages import GOOD
from pricewatch_pipeline_tests.support.hostile_reader import read

_SAVED = [
    page.read_bytes()
    for page in sorted((Path(__file__).parent / "pages").glob("*.html"))
    if page.stat().st_size < 400_000
]
_ODD = [
    *(
        "<",
        ">",
        '"',
        "'",
        "</script>",
        "<script>",
        "<!--",
        "-->",
        "<![CDATA[",
        "{",
        "}",
        "[",
        "]",
        "\\",
        "\\u0000",
        "\\ud800",
    ),
    *(
        "<template>",
        "<table>",
        "<svg>",
        "<select>",
        "<plaintext>",
        "<h1>",
        "<ul><li>",
        "<del>",
        "<button>",
        "\x00",
        "\x1b",
    ),
    *(
        "12,50 €",
        "$1.299",
        "1e999",
        "NaN",
        "-1",
        "9" * 400,
        "0",
        "null",
        "٫",
        "\u202e",
        "\ufffd",
        "€" * 300,
        "İ",
        "ß",
        "ﬁ",
    ),
    *(
        "itemscope",
        ' itemprop="price"',
        ' content="1e400"',
        ' style="display:none"',
        ' class="price old"',
        ' lang="xx-YY"',
    ),
]
_PRICES = [
    "12,50 €",
    "$10",
    "1.299",
    "-5 kr",
    "from 5 to 9 €",
    "3 x 9,99",
    "",
    "abc",
    "99¢",
    "1e5",
    "٣٫٥",
    "1" * 60,
    "50%",
]
_KEYS = [
    *("@type", "@id", "@graph", "@context", "name", "offers", "price", "priceCurrency", "lowPrice", "highPrice", "sku"),
    *(
        "availability",
        "priceSpecification",
        "hasVariant",
        "isVariantOf",
        "mainEntity",
        "url",
        "image",
        "brand",
        "gtin13",
    ),
    *("isRelatedTo", "itemListElement", "priceType", "validThrough", "seller", "shippingDetails", "eligibleQuantity"),
]
_WORDS = [
    *(
        "Product",
        "Offer",
        "AggregateOffer",
        "ProductGroup",
        "UnitPriceSpecification",
        "https://schema.org/ListPrice",
        "EUR",
    ),
    *(
        "InStock",
        "http://schema.org/OutOfStock",
        "#a",
        "#b",
        "/p/kettle",
        "http://[",
        "2020-99-99",
        "KGM",
        "USD",
        "Kettle",
    ),
]
_TAGS = [
    *(
        "div",
        "span",
        "p",
        "h1",
        "ul",
        "li",
        "table",
        "tr",
        "td",
        "del",
        "sup",
        "button",
        "form",
        "select",
        "option",
        "a",
    ),
    *("meta", "link", "script", "template", "noscript", "svg", "title", "main", "footer", "label", "input", "dialog"),
]
_ATTRIBUTES = [
    *(
        "class",
        "id",
        "itemprop",
        "itemtype",
        "itemscope",
        "content",
        "property",
        "typeof",
        "vocab",
        "style",
        "data-price",
    ),
    *(
        "data-product",
        "aria-label",
        "type",
        "href",
        "value",
        "name",
        "hidden",
        "disabled",
        "resource",
        "itemref",
        "lang",
    ),
]
_VALUES = [
    *(
        "price",
        "old-price sale",
        "offers",
        "http://schema.org/Product",
        "Product",
        "add-to-cart",
        "related",
        "og:price:amount",
    ),
    *(
        "application/ld+json",
        "display:none",
        "footer",
        "product",
        "submit",
        "https://schema.org/",
        "name",
        '{"price":1}',
        "0",
    ),
]

texts = st.sampled_from(_PRICES) | st.sampled_from(_WORDS) | st.text(max_size=20)
numbers = st.integers() | st.floats() | st.decimals().map(str)
data = st.recursive(
    texts | numbers | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6),
    max_leaves=30,
)
attributes = st.dictionaries(st.sampled_from(_ATTRIBUTES), st.sampled_from(_VALUES) | texts, max_size=4)
scripts = st.tuples(
    st.sampled_from(
        [
            '<script type="application/ld+json">{}</script>',
            "<script>window.__STATE__ = {};</script>",
            "<script>dataLayer.push({});</script>",
            '<script type="application/json" id="__NEXT_DATA__">{}</script>',
            "<div data-product='{}'></div>",
        ]
    ),
    data,
    st.floats(0.3, 1.5),
).map(lambda made: _script(*made))


def _script(around: str, value: Any, kept: float) -> str:
    source = json.dumps(value)
    return around.replace("{}", source[: int(len(source) * kept)])


def _element(tag: str, given_attributes: dict[str, str], children: list[str]) -> str:
    shown = "".join(f' {name}="{value}"' for name, value in given_attributes.items())
    return f"<{tag}{shown}>{''.join(children)}</{tag}>"


markup = st.recursive(
    texts | scripts | st.sampled_from(_ODD),
    lambda inner: st.builds(_element, st.sampled_from(_TAGS), attributes, st.lists(inner, max_size=5)),
    max_leaves=40,
)
changes = st.tuples(
    st.sampled_from(["cut", "insert", "repeat", "end"]), st.floats(0, 1), st.floats(0, 0.2), st.sampled_from(_ODD)
)


def _changed(page: bytes, change: tuple[str, float, float, str]) -> bytes:
    kind, where, share, odd = change
    at = int(where * len(page))
    after = min(len(page), at + int(share * len(page)))
    match kind:
        case "cut":
            return page[:at] + page[after:]
        case "insert":
            return page[:at] + odd.encode("utf-8", "surrogatepass") + page[at:]
        case "repeat":
            return page[:after] + page[at:]
        case _:
            return page[:at]


def assert_sound(body: bytes, *own: Strategy) -> None:
    result = read(body, *own)
    assert result["problems"] == []
    outcome = Outcome(str(result["outcome"]))
    assert outcome is Outcome.OK or result["error"]


@given(page=st.sampled_from(_SAVED), made=st.lists(changes, min_size=1, max_size=6))
def test_a_mutated_shop_page_is_read_to_an_outcome(page: bytes, made: list[tuple[str, float, float, str]]) -> None:
    for change in made:
        page = _changed(page, change)
    assert_sound(page[:500_000])


@given(parts=st.lists(markup | scripts, max_size=8), encoding=st.sampled_from(["utf-8", "utf-8", "utf-16", "cp1251"]))
def test_random_markup_is_read_to_an_outcome(parts: list[str], encoding: str) -> None:
    assert_sound(f"<html>{''.join(parts)}".encode(encoding, "replace"))


@given(body=st.binary(max_size=2_000) | st.text(max_size=500).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_random_bytes_are_read_to_an_outcome(body: bytes) -> None:
    assert_sound(body)


@given(
    kind=st.sampled_from(["css", "xpath", "attr", "json", "regex", "other"]),
    expression=st.text(max_size=40)
    | st.text("abpdiv.#[]()*/:=@'\"|,>+~$^\\{}0123456789 ", max_size=40)
    | st.lists(
        st.sampled_from(["//", "div", "*", "[", "]", "::", "price", "(", ")", "$", ".", "@class", "+", "{9}"]),
        max_size=12,
    ).map("".join),
)
def test_a_random_strategy_is_refused_or_read(kind: str, expression: str) -> None:
    assert_sound(GOOD.encode(), Strategy(kind=kind, expression=expression))


@given(
    raw=st.lists(
        texts | st.sampled_from(_ODD) | st.text("0123456789.,' €$-%()kKxp\u00a0", max_size=12), max_size=6
    ).map("".join),
    locale=st.sampled_from([None, "de-DE", "en-IN", "ar-SA", "xx", "shop.ch", ""]),
)
def test_a_random_price_text_is_read_to_an_outcome(raw: str, locale: str | None) -> None:
    price = read_price(raw, locale=locale, currency_hint=raw[-20:])
    assert (price.amount is None) == (price.outcome != "ok")
    assert price.amount is None or (price.amount.is_finite() and price.amount >= 0)
    amount = read_amount(raw, currency="EUR", locale=locale)
    assert amount is None or (amount.is_finite() and amount >= 0)
    ends = read_range(raw, locale=locale)
    assert ends is None or (ends[0].amount or 0) < (ends[1].amount or 0)
