"""Lists of URLs, and what tells that two are one page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.importing.same_page import cleaned, page_key
from pricewatch_pipeline_tests.support.foreign_exports import CHANGEDETECTION
from pricewatch_pipeline_tests.unit.importing.conftest import Rows


def test_the_list_of_changedetection_says_tags_behind_a_space(rows: Rows) -> None:
    found = rows((CHANGEDETECTION / "urls.txt").read_bytes())
    assert [row.entry for row in found] == [
        {"url": "https://shop.example/p/kettle-1.7l?utm_source=mail", "tags": ["Kitchen"]},
        {"url": "https://laden.example/artikel/4711"},
        {"url": "https://news.example/"},
    ]


def test_remarks_and_empty_lines_are_nothing(rows: Rows) -> None:
    found = rows("# mine\n\n  https://shop.de/a one, two words ,\r\nno url\nhttps://shop.de/artikel,4711.html\n")
    assert [row.entry for row in found if not row.problem] == [
        {"url": "https://shop.de/a", "tags": ["one", "two words"]},
        {"url": "https://shop.de/artikel,4711.html"},
    ]
    (bad,) = [row for row in found if row.problem]
    assert (bad.place, "is not the URL of a page" in str(bad.problem)) == ("line 4", True)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://a.de/p?utm_source=x&id=5&utm_medium=y", "https://a.de/p?id=5"),
        ("https://a.de/p?gclid=1&fbclid=2&mc_cid=3&mc_eid=4&msclkid=5", "https://a.de/p"),
        ("https://a.de/p?ref=home&id=5", "https://a.de/p?ref=home&id=5"),
        ("https://a.de/p?b=2&a=%20x&UTM_ID=1#top", "https://a.de/p?b=2&a=%20x#top"),
        ("https://a.de/p?", "https://a.de/p?"),
    ],
)
def test_parameters_of_trackers_are_taken_away_and_no_others(url: str, clean: str) -> None:
    assert cleaned(url) == clean


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://A.de:443/p?a=1&b=2#reviews", "http://a.de/p?b=2&a=1&utm_source=x", True),
        ("https://a.de", "https://a.de/", True),
        ("https://a.de/caf%c3%a9", "https://a.de/café", True),
        ("https://a.de/p#/lamp", "https://a.de/p#/kettle", False),
        ("https://a.de/p?variant=1", "https://a.de/p?variant=2", False),
        ("https://a.de/p/", "https://a.de/p", False),
        ("https://a.de:8443/p", "https://a.de/p", False),
    ],
)
def test_one_page_has_one_key(one: str, other: str, is_same: bool) -> None:
    assert (page_key(one) == page_key(other)) is is_same


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://user:secret@a.de/", "https://", "javascript:alert(1)"])
def test_what_is_no_page_has_no_key(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        page_key(url)


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["", "?", "#", "&", "%", "/", ":", "@"]))
def test_whatever_a_url_holds_it_has_one_key_or_is_refused(path: str, query: str, mark: str) -> None:
    url = f"https://a.de/{path}{mark}?{query}&utm_source=x"
    try:
        key = page_key(url)
    except ForbiddenAddress:
        return
    assert page_key(cleaned(url)) == key
    assert cleaned(cleaned(url)) == cleaned(url)
