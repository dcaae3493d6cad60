"""Stores and catalogues of PriceBuddy and CostCourter."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.domain.alert_rules import Baseline, RuleKind
from pricewatch_pipeline.importing.rows import What
from pricewatch_pipeline.importing.strategies import strategies_from
from pricewatch_pipeline_tests.support.foreign_exports import COSTCOURTER, PRICEBUDDY
from pricewatch_pipeline_tests.unit.importing.conftest import Rows


def test_a_store_of_pricebuddy_comes_with_its_strategies(rows: Rows) -> None:
    (row,) = rows(PRICEBUDDY.read_bytes())
    assert (row.what, row.entry) == (
        What.STORE,
        {
            "id": "lamps-co",
            "name": "Lamps & Co",
            "domains": ["lamps.example"],
            "locale": "de-DE",
            "currency": "EUR",
            "fetcher": "browser",
            "strategies": {
                "title": [{"type": "attr", "value": 'meta[property="og:title"]::content'}],
                "price": [{"type": "regex", "value": '(?i)"price":\\s*"?([\\d.]+)', "append": " EUR"}],
            },
        },
    )
    assert row.notes == ('strategy for image: regex:~"hiRes":"(.+?)"~U: there is nothing like its flag \'U\' here',)


def test_a_list_of_stores(rows: Rows) -> None:
    store = json.loads(PRICEBUDDY.read_bytes())
    assert [row.what for row in rows(json.dumps([store, store]))] == [What.STORE, What.STORE]


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("css:.price", {"type": "css", "value": ".price"}),
        ({"type": "selector", "value": ".price"}, {"type": "css", "value": ".price"}),
        ({"type": "selector", "value": "meta[itemprop=price]|content"}, {"type": "attr", "value": "meta[itemprop=\"price\"]::content"}),
        ("css:img.main::attr(src)", {"type": "attr", "value": "img.main::src"}),
        ("css:.price::text", {"type": "css", "value": ".price"}),
        ({"type": "xpath", "value": "//b[@id='p']"}, {"type": "xpath", "value": "//b[@id='p']"}),
        ({"type": "regex", "value": "/price: (\\d+)/"}, {"type": "regex", "value": "price: (\\d+)"}),
        ({"type": "regex", "value": "#a(b)#is"}, {"type": "regex", "value": "(?is)a(b)"}),
        ({"type": "regex", "value": "{a(b)}u"}, {"type": "regex", "value": "a(b)"}),
        ({"type": "regex", "value": "price (\\d+)"}, {"type": "regex", "value": "price (\\d+)"}),
        ({"type": "json", "value": "$.offers[0].price"}, {"type": "json", "value": "$.offers[0].price"}),
        ({"type": "schema_org", "value": None}, None),
        ("auto", None),
        ({"type": "css", "value": ""}, None),
    ],
)  # fmt: skip
def test_ways_to_read_a_price(way: Any, expected: Any) -> None:
    assert strategies_from({"price": way}) == ({"price": [expected]} if expected else {}, ())


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ({"type": "xpath", "value": "//a[unparsed-text('/etc/passwd')]"}, "not a function of XPath 1.0"),
        ({"type": "css", "value": "..price"}, "not a CSS selector"),
        ({"type": "regex", "value": "~(~"}, "not a regular expression"),
        ({"type": "llm", "value": "the price"}, "there is nothing like 'llm' here"),
        ([7], "not a way to read a page"),
    ],
)
def test_what_cannot_be_carried_over_is_said(way: Any, said: str) -> None:
    strategies, (note,) = strategies_from({"price": way})
    assert (strategies, said in note) == ({}, True)


def test_a_catalog_of_costcourter(rows: Rows) -> None:
    product, shop, kettle, laden, other = rows(COSTCOURTER.read_bytes())
    assert (product.what, product.entry, product.notes) == (
        What.PRODUCT,
        {
            "id": "kettle-1-7-l",
            "title": "Kettle 1.7 l",
            "tags": ["Kitchen"],
            "favourite": True,
            "notes": "For the office.",
        },
        ("not carried over: image_url",),
    )
    (rule,) = product.rules
    assert (rule.kind, rule.share, rule.baseline) == (RuleKind.DROP, Decimal("0.15"), Baseline.FIRST)
    assert (shop.what, shop.entry["domains"], shop.entry["locale"]) == (What.STORE, ["shop.example"], "de-DE")
    assert shop.entry["strategies"]["image"] == [{"type": "attr", "value": 'meta[property="og:image"]::content'}]
    assert laden.notes == ("not carried over: notes",)
    assert kettle.entry == {
        "url": "https://www.shop.example/p/kettle?utm_source=mail", "product": "kettle-1-7-l", "title": "Kettle 1.7 l",
        "tags": ["Kitchen"], "target": "39.9", "primary": True,
    }  # fmt: skip
    assert (other.entry["paused"], "primary" in other.entry) == (True, False)


def test_past_prices_belong_to_their_page_and_their_store_says_the_currency(rows: Rows) -> None:
    _, _, kettle, _, other = rows(COSTCOURTER.read_bytes())
    assert [(past.at.isoformat(), past.price, past.currency) for past in kettle.history] == [
        ("2025-11-03T10:00:00+00:00", Decimal("49.99"), "EUR"),
        ("2026-02-14T10:00:00+00:00", Decimal("44.50"), "EUR"),
        ("2199-01-01T00:00:00+00:00", Decimal("1.0"), "EUR"),
    ]
    assert kettle.notes == ("1 past prices without a time or an amount were left out",)
    assert [(past.at.isoformat(), past.currency) for past in other.history] == [("2026-02-15T09:30:00+00:00", "EUR")]


@pytest.mark.parametrize(
    "product",
    [{}, {"name": "Lamp", "notify_percent": 200}, {"name": "Lamp", "notify_price": "cheap"}, {"name": "=cmd|'x'!A0"}],
)
def test_a_product_that_is_wrong_is_refused_and_the_next_is_read(rows: Rows, product: dict[str, Any]) -> None:
    bad, good = rows(
        json.dumps({"products": [{"product": product, "urls": []}, {"product": {"name": "Lamp"}, "urls": []}]})
    )
    assert (bad.what, bool(bad.problem)) == (What.PRODUCT, True)
    assert good.entry == {"id": "lamp", "title": "Lamp"}


@pytest.mark.parametrize(
    ("at", "price"),
    [("0001-01-01T00:00:00+14:00", 5), ("9999-12-31T23:00:00-12:00", 5), ("yesterday", 5), (None, 5), (1764752400, 5), ("2026-01-01", 1e20), ("2026-01-01", -1), ("2026-01-01", "NaN")],
)  # fmt: skip
def test_a_past_price_that_is_none_is_left_out_and_said(rows: Rows, at: Any, price: Any) -> None:
    url = "https://shop.de/a"
    past = [{"recorded_at": at, "price": price, "url": url}, {"recorded_at": "2026-01-02", "price": 5, "url": url}]
    _, watch = rows(
        json.dumps({"products": [{"product": {"name": "Lamp"}, "urls": [{"url": url}], "price_history": past}]})
    )
    assert len(watch.history) == 1
    assert watch.notes == ("1 past prices without a time or an amount were left out",)
