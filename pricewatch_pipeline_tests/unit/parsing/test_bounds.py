"""A page is parsed however it is written, unless parsing it would hold the process for hours."""

import pytest

from pricewatch_pipeline.parsing.bounds import DEEPEST, MOST_ATTRIBUTES, MOST_TAGS, has_crowded_tag, refusal
from pricewatch_pipeline.parsing.documents import Document

FAR_TOO_MANY = range(50_000)
NAMES = " ".join(f"a{n}" for n in FAR_TOO_MANY)


@pytest.mark.parametrize("before", ["", "x" * 32_766, "x" * 40_000])
@pytest.mark.parametrize(
    "page",
    [
        f"<div {NAMES}>",
        f"<div\n{NAMES}",
        "<div/" + "/".join(f"a{n}" for n in FAR_TOO_MANY) + ">",
        "<div " + " ".join(f"a{n}=1" for n in FAR_TOO_MANY) + ">",
        "<div " + " ".join(f"a{n}='>'" for n in FAR_TOO_MANY) + ">",
        "<div " + "".join(f'a{n}=">"' for n in FAR_TOO_MANY) + ">",
        "<div " + " ".join(f'a{n} = "<b c=>"' for n in FAR_TOO_MANY) + ">",
        "<div " + " ".join(f'a{n}="{"long > " * 300}"' for n in range(3_000)) + ">",
        f'<div ="x a="y>" {NAMES}>',
        f'<div a=b="x c="y>" {NAMES}>',
        f'<script>x = "<a b=\'"</script><div {NAMES}>',
        f'<!-- <a b=" --><div {NAMES}>',
        f"<a<b<c {NAMES}>",
    ],
)
def test_a_tag_with_endless_attributes_is_seen_and_not_parsed(before: str, page: str) -> None:
    document = Document(f"{before}{page}<p>".encode(), url="https://shop.example/p")
    assert has_crowded_tag(document.body)
    assert f"{MOST_ATTRIBUTES:,} attributes" in (document.refusal or "")
    assert document.tree.css("p") == []
    assert len(document.lxml_root) == 0


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 60_000,
        "<table><div>" + "<div>" * 60_000,
        "<template>" + "<div>" * 60_000,
        "<p>x</p>" * 30_000 + "<ul><li>" * 30_000,
        "<p></p>" * 10_000 + "".join(f"<b a{n}>" for n in range(60_000)),
    ],
    ids=["elements", "beside a table", "in a template", "lists", "formatting"],
)
def test_a_page_nested_without_end_is_not_parsed(page: str) -> None:
    assert f"{DEEPEST:,} deep" in (refusal(page.encode()) or "")


def test_attributes_that_many_tags_give_one_element_are_counted_together() -> None:
    assert refusal("".join(f"<html a{n}>" for n in range(40_000)).encode()) is not None


def test_a_page_of_nothing_but_tags_is_not_parsed() -> None:
    assert f"{MOST_TAGS:,} tags" in (refusal(b"<" * 10_000_000) or "")


@pytest.mark.parametrize(
    "page",
    [
        "<div " + " ".join(f"a{n}=1" for n in range(MOST_ATTRIBUTES)) + "><p>x</p></div>",
        "<p>" + "many words and a < b " * MOST_ATTRIBUTES + "</p>",
        "<br>" * 150_000 + "<p>x</p>",
        '<i class="a b" title="a > b"></i>' * 20_000,
        "<a" * 100_000,
        "<a" + " " * 2_000_000,
        f'<div data-state="{"x > y " * 300_000}">',
        "<!--" + "-" * 5_000_000,
        "<script>" + "var a = b < c && d > e; " * 100_000,
        "&" * 5_000_000,
        "x" * 10_000_000,
        "",
    ],
    ids=[
        *("as-many-as-may-be", "words", "empty-tags", "elements", "no-end", "spaces", "long-value"),
        *("comment", "script", "entities", "text", "nothing"),
    ],
)
def test_other_pages_are_parsed_however_large(page: str) -> None:
    document = Document(page.encode(), url="https://shop.example/p")
    assert document.refusal is None
    assert document.tree.body is not None
