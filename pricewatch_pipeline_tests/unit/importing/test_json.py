"""JSON of nobody in particular, as a stream."""

import io
import json
import tracemalloc
from typing import Any

import pytest

from pricewatch_pipeline.importing import json_items
from pricewatch_pipeline.importing.read import read_import
from pricewatch_pipeline.importing.rows import What
from pricewatch_pipeline_tests.unit.importing.conftest import Rows


def test_a_list_of_urls_and_of_objects(rows: Rows) -> None:
    found = rows(
        json.dumps(
            [
                "https://shop.de/a",
                {
                    "link": "https://shop.de/b",
                    "name": "Lamp",
                    "tags": ["x"],
                    "target": 49.9,
                    "price": 60,
                    "paused": False,
                },
                {"url": "https://shop.de/c", "target": {"amount": "5", "currency": "EUR"}},
                7,
                {"name": "no url"},
                {"url": "https://shop.de/d", "title": {"a": 1}},
            ]
        )
    )
    assert [row.entry for row in found[:3]] == [
        {"url": "https://shop.de/a"},
        {"url": "https://shop.de/b", "title": "Lamp", "tags": ["x"], "target": "49.9"},
        {"url": "https://shop.de/c", "target": {"amount": "5", "currency": "EUR"}},
    ]
    assert [(row.place, row.problem) for row in found[3:]] == [
        ("[3]", "'7' is neither a URL nor an object"),
        ("[4]", "there is no URL in it: name it `url`"),
        ("[5]", "title: '{\"a\": 1}' is not a text"),
    ]


def test_the_sections_of_a_watch_file(rows: Rows) -> None:
    data = {
        "stores": [{"id": "s", "domains": ["s.de"]}],
        "watches": [{"id": "w", "url": "https://s.de/1", "priority": 5}],
    }
    store, watch = rows(json.dumps(data))
    assert (store.what, store.entry) == (What.STORE, {"id": "s", "domains": ["s.de"]})
    assert (watch.what, watch.entry) == (What.WATCH, {"id": "w", "url": "https://s.de/1", "priority": "5"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_in_any_encoding(rows: Rows, encoding: str) -> None:
    (row,) = rows(
        json.dumps([{"url": "https://shop.de/a", "title": "Lampe für Ä"}], ensure_ascii=False).encode(encoding)
    )
    assert row.entry["title"] == "Lampe für Ä"


def test_what_is_broken_ends_the_file_and_keeps_what_came_before(rows: Rows) -> None:
    found = rows('["https://shop.de/a", "https://shop.de/b", {"url": }')
    assert [row.entry.get("url") for row in found[:2]] == ["https://shop.de/a", "https://shop.de/b"]
    assert (found[2].place, str(found[2].problem).startswith("not valid JSON from here on")) == ("[2]", True)
    assert len(found) == 3


def test_a_file_that_ends_too_early_says_so(rows: Rows) -> None:
    *good, bad = rows('{"watches": [{"url": "https://shop.de/a"}, {"url": "https://shop')
    assert (len(good), "not valid JSON" in str(bad.problem)) == (1, True)


@pytest.mark.parametrize("value", ["[" * 100 + "]" * 100, json.dumps([1] * 300)])
def test_a_record_beyond_all_measure_is_let_go_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch, rows: Rows, value: str
) -> None:
    monkeypatch.setattr(json_items, "MOST_VALUES", 200)
    bad, good = rows(f'[{{"url": "https://shop.de/a", "x": {value}}}, "https://shop.de/b"]')
    assert str(bad.problem).startswith(("nested more than 40 deep", "it holds more than 200 values"))
    assert good.entry == {"url": "https://shop.de/b"}


@pytest.mark.parametrize("text", ['{"version": 1, "settings": {"a": 1}}', '{"name": "Lamp", "offers": []}'])
def test_an_object_that_holds_nothing_of_use_says_what_it_holds(rows: Rows, text: str) -> None:
    (row,) = rows(text)
    assert str(row.problem).startswith("there is no watch, store or product in it (there are: '")


def test_an_object_may_be_one_watch(rows: Rows) -> None:
    (row,) = rows(
        '{"url": "https://shop.de/a", "name": "Lamp", "processor": "restock_diff", "tags": [], "headers": {}}'
    )
    assert row.entry == {"url": "https://shop.de/a"}


def test_a_text_without_an_end_ends_the_file_and_is_not_held(rows: Rows) -> None:
    good, bad = rows('["https://shop.de/a", "' + "x" * 6_000_000 + '", "https://shop.de/b"]')
    assert good.entry == {"url": "https://shop.de/a"}
    assert (bad.place, bad.problem) == ("[1]", "not valid JSON from here on: a text of more than 4 MB")


@pytest.mark.parametrize("text", ["", "\n\n", "[]", "{}", '{"watches": []}', "# only a remark"])
def test_nothing_is_no_row(rows: Rows, text: str) -> None:
    assert rows(text) == []


class _Endless(io.RawIOBase):
    """A list that has no end, of which it counts what was read."""

    def __init__(self, head: bytes, item: bytes) -> None:
        self._left, self._item = head, item
        self.read_bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        while len(self._left) < size:
            self._left += self._item * 1000
        chunk, self._left = self._left[:size], self._left[size:]
        self.read_bytes += len(chunk)
        return chunk


@pytest.mark.parametrize(
    ("head", "item"),
    [
        (b"[1", b',"https://shop.de/a"'),
        (b"url,title\n", b"https://shop.de/a,Lamp\n"),
        (b"", b"https://shop.de/a\n"),
        ("url\n".encode("utf-16"), "https://shop.de/a\n".encode("utf-16-le")),
    ],
    ids=["json", "csv", "urls", "utf-16"],
)
def test_no_more_is_read_than_is_asked_for(head: bytes, item: bytes) -> None:
    stream: Any = _Endless(head, item)
    rows = read_import(stream)
    assert len([next(rows) for _ in range(1000)]) == 1000
    assert stream.read_bytes < 2_000_000


@pytest.mark.parametrize("number", ["1e99999999", "-1e99999999", "1e-99999999", "0e-99999999"])
@pytest.mark.parametrize(
    "where",
    ['[{"url": "https://a.example/1", "target": %s}]', '{"watches": [{"url": "https://a.example/1", "x": %s}]}'],
)
def test_a_number_that_would_fill_the_memory_is_not_written_out(rows: Rows, where: str, number: str) -> None:
    tracemalloc.start()
    read = rows((where % number).encode())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(read) == 1
    assert most < 5_000_000
