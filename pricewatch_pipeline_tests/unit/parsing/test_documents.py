"""What readers see of a page is what a browser without scripts makes of it."""

import pytest

from pricewatch_pipeline.parsing.documents import Document, text_length, text_of, visible_texts
from pricewatch_pipeline.parsing.embedded_json import json_ld


def document(page: str | bytes) -> Document:
    return Document(page if isinstance(page, bytes) else page.encode(), url="https://shop.example/p")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one\n <b>two</b></p>", "one two"),
        ("<p>19<sup>99</sup></p>", "19 99"),
        ("<p>H<sub>2</sub>O</p>", "H 2 O"),
        ("<p>a<script>b</script><style>c</style>d</p>", "ad"),
        ("<p>a<!-- b -->c &amp; d</p>", "ac & d"),
        ("<p></p>", ""),
        (b"<p>caf\xe9 9</p>", "caf\ufffd 9"),
    ],
)
def test_the_text_of_an_element(markup: str | bytes, text: str) -> None:
    assert text_of(document(markup).tree.css("p")[0]) == text


def test_only_the_beginning_of_a_huge_element_is_read() -> None:
    assert len(text_of(document("<div>" + "<p>x</p>" * 50_000).tree.css("div")[0])) < 1_000


def test_what_nobody_sees_is_no_visible_text() -> None:
    page = (
        "<head><title>t</title></head>a<script>b</script><style>c</style><noscript>d<p>e</p></noscript>"
        "<template>f</template><svg><text>g</text></svg><div><p>h</p></div>i"
    )
    body = document(page).tree.body
    assert body is not None
    assert [node.text_content for node in visible_texts(body)] == ["a", "h", "i"]
    assert (text_length(body, 100), text_length(body, 2), text_length(None, 2)) == (3, 2, 0)


def test_views_of_the_head() -> None:
    page = document(
        '<html lang=de><title> A <svg><title>x</title></svg></title><meta property="OG:Title" content=" T "><meta name=a content=1>'
        '<meta name=a content=2><meta name=b content=""><link rel="Canonical" href=/c><body><h1> </h1><h1>H</h1>'
    )
    assert (page.language, page.heading, page.canonical_url) == ("de", "H", "https://shop.example/c")
    assert page.metas == {"og:title": ["T"], "a": ["1", "2"]}
    assert (page.meta("none", "a"), page.meta("b")) == ("1", None)
    assert (page.title or "").startswith("A")


@pytest.mark.parametrize(
    "page",
    [
        '<script type="application/ld+json">{"a": 1}</script>',
        '<script type=" Application/LD+JSON ">{"a": 1}</script>',
        '<html><body></body></html><script type="application/ld+json">{"a": 1}</script>',
        '<noscript><img></noscript><script type="application/ld+json">{"a": 1}</script>',
        '<scr\x00ipt type="application/ld+json">{"a": \x001}</script>',
    ],
)
def test_linked_data_is_found_wherever_it_stands(page: str) -> None:
    assert json_ld(document(page)) == [{"a": 1}]


def test_what_a_template_holds_is_not_on_the_page() -> None:
    page = document('<template><h1>H</h1><script type="application/ld+json">{"a": 1}</script></template>')
    assert (page.heading, json_ld(page)) == (None, [])


def test_an_element_that_is_many_things_is_listed_once_for_each() -> None:
    page = document("<h1 itemprop=name itemscope>Kettle</h1><meta itemprop=price property=p content=5>")
    assert [attributes["itemprop"] for _, attributes in page.marked] == ["name", "price"]
    assert (page.heading, page.metas) == ("Kettle", {"p": ["5"]})
