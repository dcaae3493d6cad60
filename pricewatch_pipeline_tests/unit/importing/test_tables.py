"""Tables as people and spreadsheets write them."""

import codecs
from typing import Any

import pytest

from pricewatch_pipeline.importing.read import Format
from pricewatch_pipeline_tests.unit.importing.conftest import Rows

LAMP = {"url": "https://shop.de/lamp", "title": "Lampe für den Tisch"}


@pytest.mark.parametrize(
    ("header", "value", "entry"),
    [
        ("url,name", '"Lampe für den Tisch"', {"title": "Lampe für den Tisch"}),
        ("Link;Product Name", "Lamp", {"title": "Lamp"}),
        ("URL\ttarget_price", "49.90", {"target": "49.90"}),
        ("url|Target Price", "1.299,00 €", {"target": {"amount": "1299.00", "currency": "EUR"}}),
        ("url;target", "99.90 USD", {"target": {"amount": "99.90", "currency": "USD"}}),
        ("url,group", '"kitchen, office"', {"tags": ["kitchen", "office"]}),
        ("url,interval", "6h", {"every": "6h"}),
        ("url,paused", "yes", {"paused": True}),
        ("url,paused", "no", {}),
        ("url,shop", "Shop", {"store": "Shop"}),
        ("url,sku", "4711", {"query": {"url": LAMP["url"], "sku": "4711"}, "url": None}),
        ("url,colour of the box", "red", {}),
        ("url,title", "-20 % on lamps", {"title": "-20 % on lamps"}),
        ("url,title", "'-20 % on lamps", {"title": "-20 % on lamps"}),
    ],
)
def test_columns_are_known_by_their_names(rows: Rows, header: str, value: str, entry: dict[str, Any]) -> None:
    mark = next(each for each in "\t;|," if each in header)
    (row,) = rows(f"{header}\n{LAMP['url']}{mark}{value}\n")
    expected = {"url": LAMP["url"], **entry}
    assert (row.problem, row.entry) == (None, {name: v for name, v in expected.items() if v is not None})


@pytest.mark.parametrize(
    ("header", "notes"),
    [
        ("url,tagret", ("the column 'tagret' means nothing here: is it `target`?",)),
        ("url,Curency,tilte", ("the column 'Curency' means nothing here: is it `currency`?", "the column 'tilte' means nothing here: is it `title`?")),
        ("url,colour,checked_at,current_price", ()),
        ("url,name,title", ()),
        ("https://shop.de/oven,label", ()),
    ],
)  # fmt: skip
def test_a_column_that_is_nearly_one_of_ours_is_told_once(rows: Rows, header: str, notes: tuple[str, ...]) -> None:
    found = rows(f"{header}\nhttps://shop.de/lamp,1,2,3\nhttps://shop.de/kettle,1,2,3\n")[-2:]
    assert [row.notes for row in found] == [notes, ()]


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("title", "=cmd|' /C calc'!A0", "formula"),
        ("title", "@SUM(1+1)*cmd|' /C calc'!A0", "formula"),
        ("title", "+HYPERLINK(\"x\")", "formula"),
        ("tags", "kitchen;=1+1", "formula"),
        ("url", "=HYPERLINK(\"https://evil.example\")", "formula"),
        ("target", "1.299", "two ways"),
        ("target", "cheap", "not an amount"),
        ("target", "0", "above 0"),
        ("paused", "perhaps", "neither true nor false"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_used_is_named(rows: Rows, header: str, value: str, said: str) -> None:
    cells = {"url": "https://shop.de/lamp", header: value}
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values())
    bad, good = rows(f"{','.join(cells)}\n{quoted}\nhttps://shop.de/2,\n", format=Format.CSV)
    assert bad.place == "line 2"
    assert said in str(bad.problem)
    assert good.problem is None


@pytest.mark.parametrize(
    "encoded",
    [
        codecs.BOM_UTF8 + "url,title\n{url},{title}\n".format(**LAMP).encode(),
        codecs.BOM_UTF16_LE + "url,title\r\n{url},{title}\r\n".format(**LAMP).encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "url\ttitle\n{url}\t{title}\n".format(**LAMP).encode("utf-16-be"),
        "url;title\n{url};{title}\n".format(**LAMP).encode("utf-16-le"),
        "url,title\n{url},{title}\n".format(**LAMP).encode("utf-16-be"),
        "url,title\n{url},{title}".format(**LAMP).encode(),
    ],
    ids=["UTF-8 with BOM", "UTF-16 LE", "UTF-16 BE", "UTF-16 LE without BOM", "UTF-16 BE without BOM", "UTF-8"],
)
def test_the_encoding_is_found(rows: Rows, encoded: bytes) -> None:
    (row,) = rows(encoded)
    assert (row.entry, row.notes) == (LAMP, ())


def test_what_is_not_utf8_is_read_as_latin1_and_said(rows: Rows) -> None:
    first, second = rows("url,title\n{url},{title}\nhttps://shop.de/2,plain\n".format(**LAMP).encode("latin-1"))
    assert (first.entry, first.notes) == (LAMP, ("not UTF-8: read as Latin-1",))
    assert second.notes == ()


def test_without_a_header_the_column_of_urls_counts(rows: Rows) -> None:
    first, second = rows("4711;https://shop.de/a;Lamp\n4712;https://shop.de/b;Kettle\n")
    assert first.entry == {"url": "https://shop.de/a", "title": "Lamp"}
    assert second.entry == {"url": "https://shop.de/b", "title": "Kettle"}


def test_a_table_without_urls_says_what_it_has(rows: Rows) -> None:
    (row,) = rows("name,price\nLamp,5\n")
    assert "no column holds URLs" in str(row.problem)
    assert "'name', 'price'" in str(row.problem)


@pytest.mark.parametrize("first", ["url,title\rhttps://a.example/1,x\r", "\ufffd\r\ufffd\x04,\ufffd\n\n"])
def test_a_first_row_that_is_none_is_refused(rows: Rows, first: str) -> None:
    read = rows((first + "\nurl,title\nhttps://shop.example/2,A lamp\n").encode(), name="list.csv")
    assert [row.problem is None for row in read] == [False, True]
    assert read[-1].entry == {"url": "https://shop.example/2", "title": "A lamp"}


def test_a_cell_may_hold_lines_and_delimiters(rows: Rows) -> None:
    first, second = rows('url,title\nhttps://shop.de/a,"A lamp,\nand ""more"""\nhttps://shop.de/b,B\n')
    assert first.entry["title"] == 'A lamp, and "more"'
    assert second.place == "line 4"


def test_a_quote_that_is_never_closed_costs_one_row(rows: Rows) -> None:
    lines = [f"https://shop.de/{n},title {n}" for n in range(200)]
    lines[7] = 'https://shop.de/7,"title 7'
    found = rows("url,title\n" + "\n".join(lines))
    assert [row.place for row in found if row.problem] == ["line 9"]
    assert [row.entry["title"] for row in found if not row.problem] == [f"title {n}" for n in range(200) if n != 7]


def test_a_row_that_is_too_long_is_refused_and_the_next_is_read(rows: Rows) -> None:
    bad, good = rows("url,title\nhttps://shop.de/a," + "x" * 3_000_000 + "\nhttps://shop.de/b,B\n")
    assert bad.problem == "the row is too long"
    assert good.entry == {"url": "https://shop.de/b", "title": "B"}


def test_a_row_without_a_url_is_refused_and_empty_ones_are_nothing(rows: Rows) -> None:
    (row,) = rows("url,title\n,Lamp\n,\n\n")
    assert (row.place, row.problem) == ("line 2", "there is no URL in this row")
