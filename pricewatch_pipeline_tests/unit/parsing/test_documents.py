"""A page is parsed however it is written, unless parsing it would hold the process for hours."""

import pytest

from pricewatch_pipeline.parsing.documents import MOST_ATTRIBUTES, Document

FAR_TOO_MANY = range(100 * MOST_ATTRIBUTES)
NAMES = " ".join(f"a{n}" for n in FAR_TOO_MANY)


def _document(text: str) -> Document:
    return Document(text, url="https://shop.example/p")


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
        f'<script>x = "<a b=\'"</script><div {NAMES}>',
        f'<!-- <a b=" --><div {NAMES}>',
        f"<a<b<c {NAMES}>",
    ],
)
def test_a_tag_with_endless_attributes_is_seen_and_not_parsed(page: str) -> None:
    document = _document(page)
    assert document.has_crowded_tag
    assert len(document.root) == 0


@pytest.mark.parametrize(
    "page",
    [
        "<div " + " ".join(f"a{n}=1" for n in range(MOST_ATTRIBUTES)) + "><p>x</p></div>",
        "<p>" + "many words and a < b " * MOST_ATTRIBUTES + "</p>",
        "<br>" * 10 * MOST_ATTRIBUTES + "<p>x</p>",
        '<i class="a b" title="a > b">' * 10 * MOST_ATTRIBUTES,
        "<a" * 1_000_000,
        "<a" + " " * 2_000_000,
    ],
    ids=["as-many-as-may-be", "words", "empty-tags", "nested", "no-end", "spaces"],
)
def test_other_pages_are_parsed_however_large(page: str) -> None:
    assert not _document(page).has_crowded_tag
