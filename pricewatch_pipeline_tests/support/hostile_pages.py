"""Pages and strategies made to hold a reader for hours, to fill its memory or to make it raise. Each is built when asked for."""

import json
import random
from collections.abc import Callable
from typing import Any

from pricewatch_pipeline.domain.watches import Strategy

MIB = 1 << 20
GOOD = (
    '<html lang="de"><title>Kettle</title><h1>Kettle</h1><script type="application/ld+json">'
    '{"@type":"Product","name":"Kettle","offers":{"@type":"Offer","price":"12.50","priceCurrency":"EUR"}}</script>'
    '<div class="price">12,50 €</div><button>In den Warenkorb</button><p>' + "All about a kettle. " * 40
)


def _ld(source: str) -> str:
    return f'<h1>Kettle</h1><script type="application/ld+json">{source}</script>'


def _product(price: str) -> str:
    return _ld(
        f'{{"@type":"Product","name":"Kettle","offers":{{"@type":"Offer","price":{price},"priceCurrency":"EUR"}}}}'
    )


def _many_references(nodes: int, each: int) -> str:
    """Every node names the next by several references: followed one by one, `each ** nodes` of them."""
    graph: list[dict[str, Any]] = []
    for n in range(nodes):
        links = [{"@id": f"#{n + 1}"}] * each
        names = dict.fromkeys(("isRelatedTo", "offers", "hasVariant"), links)
        graph.append({"@id": f"#{n}", "@type": "Product", "name": "K", **names})
    graph.append({"@id": f"#{nodes}", "offers": {"@id": "#0"}})
    return _ld(json.dumps({"@graph": graph}))


PAGES: dict[str, Callable[[], str | bytes]] = {
    "nothing": lambda: b"",
    "white space": lambda: b" \n" * 1000,
    "cut off in its data": lambda: GOOD[: GOOD.index('"price"') + 12],
    "cut off in a tag": lambda: GOOD[: GOOD.index("<div class") + 8],
    "random bytes": lambda: random.Random(1).randbytes(2 * MIB),
    "an image": lambda: b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(MIB),
    "nul bytes": lambda: GOOD.replace("e", "e\x00"),
    "utf-16 without a mark": lambda: GOOD.encode("utf-16-le"),
    "utf-32": lambda: GOOD.encode("utf-32"),
    "a wrong charset": lambda: GOOD.replace("<title>", "<meta charset=utf-7><title>").encode("cp1252"),
    "an unknown charset": lambda: GOOD.replace("<title>", "<meta charset=nonsense><title>"),
    "broken utf-8": lambda: GOOD.encode().replace(b"Kettle", b"Ket\xff\xed\xa0\x80\xc3tle"),
    "lone surrogates": lambda: GOOD.replace('"name":"Kettle"', r'"name":"Kettle \ud83d \udc00 \u0000","sku":"\udfff"'),
    "30 MB of tags": lambda: b"<p>12,50 EUR</p>" * (30 * MIB // 16),
    "30 MB of text": lambda: b"12,50 EUR " * (3 * MIB),
    "30 MB in one word": lambda: b"<p>" + b"1" * (30 * MIB),
    "100,000 elements deep": lambda: "<div>" * 100_000 + GOOD,
    "900 elements deep": lambda: ("<div class=price>12,50 €" * 900 + GOOD) * 3,
    "lists in lists": lambda: "<ul><li>" * 15_000 + GOOD,
    "tables in tables": lambda: "<table><tr><td>" * 5_000 + GOOD,
    "50,000 attributes": lambda: f"<div {' '.join(f'a{n}' for n in range(50_000))}>" + GOOD,
    "an attribute of 8 MB": lambda: f'<div class="price {"x " * (4 * MIB)}">' + GOOD,
    "a title of 5 MB": lambda: f"<title>{'Kettle ' * (MIB // 2)}</title><h1>{'Kettle ' * (MIB // 2)}</h1>" + GOOD,
    "190,000 empty elements": lambda: "<b></b>" * 95_000 + GOOD,
    "95,000 text nodes": lambda: "<b>x</b> " * 95_000 + GOOD,
    "1,000,000 text nodes": lambda: "x<b>" * 1_000_000 + GOOD,
    "60,000 prices": lambda: "".join(f"<div class=price>{n},99 €</div>" for n in range(60_000)) + GOOD,
    "100,000 prices in one line": lambda: "<p>" + "".join(f"{n},99 € " for n in range(100_000)) + GOOD,
    "60,000 buttons": lambda: "<button class=buy>Buy now 12,50 €</button>" * 60_000 + GOOD,
    "60,000 headings": lambda: "<h1>Kettle</h1>" * 60_000 + GOOD,
    "60,000 meta tags": lambda: "".join(f"<meta property=p{n} content=12.50>" for n in range(60_000)) + GOOD,
    "60,000 microdata products": lambda: (
        "<div itemscope itemtype=https://schema.org/Product><b itemprop=price>1</b></div>" * 40_000 + GOOD
    ),
    "900 scopes in scopes": lambda: "<div itemscope itemprop=offers itemtype=http://schema.org/Offer>" * 900 + GOOD,
    "60,000 rdfa properties": lambda: (
        "<b typeof=Product vocab=https://schema.org/><i property=price>1</i></b>" * 40_000 + GOOD
    ),
    "100,000 classes": lambda: f'<div class="{" ".join(f"price-{n}" for n in range(100_000))}">12,50 €</div>' + GOOD,
    "5,000 json-ld blocks": lambda: _product('"12.50"') * 5_000,
    "json nested a million deep": lambda: _ld("[" * 1_000_000),
    "json nested 50,000 deep and closed": lambda: _ld('{"a":' * 50_000 + "1" + "}" * 50_000),
    "json with a million numbers": lambda: _ld(f'{{"@type":"Product","offers":[{"1," * 1_000_000}1]}}'),
    "json with 100,000 products": lambda: _ld(
        "[" + '{"@type":"Product","name":"K","offers":{"price":1}},' * 100_000 + "1]"
    ),
    "json with 50,000 offers": lambda: _ld(
        '{"@type":"Product","name":"K","offers":[' + '{"@type":"Offer","price":1},' * 50_000 + "1]}"
    ),
    "references that multiply": lambda: _many_references(40, 10),
    "references in a circle": lambda: _many_references(2, 2),
    "a price of a million digits": lambda: _product("9" * 1_000_000),
    "a price text of a million digits": lambda: _product(f'"{"9" * 1_000_000}"'),
    "a price with a huge exponent": lambda: _product("1e999999999"),
    "a price text with a huge exponent": lambda: _product('"1e999999999"'),
    "a price that is no number": lambda: _product("NaN"),
    "an infinite price": lambda: _product("-Infinity"),
    "a price of nulls and lists": lambda: _product('[null,{"a":[]},true,"",[[]]]'),
    "a currency of a megabyte": lambda: GOOD.replace("EUR", "E" * MIB),
    "application state of 8 MB": lambda: f'<script>window.__STATE__={{"p":[{"1," * (4 * MIB)}1]}}</script>' + GOOD,
    "20,000 scripts": lambda: '<script>var a={"price":12.50}</script>' * 20_000 + GOOD,
    "scripts of nothing but braces": lambda: f"<script>{'{' * MIB}</script><script>{'[{' * MIB}</script>" + GOOD,
    "a script of assignments": lambda: f"<script>{'a={' * 300_000}</script>" + GOOD,
    "a script of quotes": lambda: f"<script>{chr(34) * MIB}var a = {{{chr(39) * MIB}</script>" + GOOD,
    "a million currencies": lambda: f"<script>{'currency:' * MIB}</script><p>{'$ kr ¥ ' * 100_000}</p>" + GOOD,
    "digits and spaces": lambda: f"<p>{'1 ' * MIB}</p><p>{'1.' * MIB}</p><p>{'123 456 ' * 100_000}</p>" + GOOD,
    "dots, dashes and brackets": lambda: f"<p>{'(' * MIB}</p><p>{'.-' * MIB}</p><p>{'€' * MIB}</p>" + GOOD,
    "entities": lambda: f"<p>{'&amp;' * MIB}{'&#x31;' * MIB}</p>" + GOOD,
    "data attributes": lambda: (
        "".join(f"<i data-price='{n}' data-json='{{\"price\":{n}}}'></i>" for n in range(40_000)) + GOOD
    ),
    "select options": lambda: (
        "<select>" + "".join(f"<option>Size {n} - 12,50 €</option>" for n in range(60_000)) + GOOD
    ),
    "comments": lambda: "<!--" + "-" * 5 * MIB + "<!-- 12,50 € -->" * 100_000 + GOOD,
}

STRATEGIES: dict[str, Strategy] = {
    "a regex that never ends": Strategy(kind="regex", expression=r"(x+x+)+y"),
    "a regex of nested repeats": Strategy(kind="regex", expression=r"(?:(?:x*)*)*y"),
    "a regex of a huge repeat": Strategy(kind="regex", expression=r"(?:x{9999}){9999}"),
    "a regex that is none": Strategy(kind="regex", expression=r"(((("),
    "an xpath that reads a file": Strategy(kind="xpath", expression="document('/etc/passwd')"),
    "an xpath that reads a file as text": Strategy(kind="xpath", expression="unparsed-text('/etc/passwd')"),
    "an xpath that reads an address": Strategy(kind="xpath", expression="doc('http://169.254.169.254/')"),
    "an xpath with a regex": Strategy(kind="xpath", expression="//*[re:test(., '(x+x+)+y')]"),
    "an xpath with exslt": Strategy(kind="xpath", expression="str:tokenize('a b')"),
    "an xpath that sweeps without end": Strategy(kind="xpath", expression="//*[//*[//*[//*]]]"),
    "an xpath with a namespace": Strategy(kind="xpath", expression="php:function('system', 'id')"),
    "an xpath of control characters": Strategy(kind="xpath", expression="//p[.='\x08\ud800']"),
    "a css that is none": Strategy(kind="css", expression="div[[["),
    "a css that sweeps without end": Strategy(kind="css", expression="* * * * * * * * * * p"),
    "an attribute of nothing": Strategy(kind="attr", expression="::a"),
    "a json path that is none": Strategy(kind="json", expression="$.[?(@"),
    "an unknown kind": Strategy(kind="eval", expression="1"),
}
