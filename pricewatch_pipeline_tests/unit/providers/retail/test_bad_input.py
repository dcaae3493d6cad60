"""Whatever a page or a strategy holds, reading it ends soon, in bounds, with a typed outcome and an offer that can be stored.

All are read in one process that the kernel ends when it takes too much time or memory: none of them may.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline_tests.support.hostile_pages import PAGES, STRATEGIES

REFUSED = {
    "30 MB of tags": "200,000 tags",
    "1,000,000 text nodes": "200,000 tags",
    "100,000 elements deep": "1,000 deep",
    "50,000 attributes": "2,000 attributes",
    "random bytes": "no text but",
    "an image": "no text but",
}
WITHOUT_A_PRICE = (
    *("nothing", "white space", "cut off in its data", "30 MB of text", "30 MB in one word"),
    *("json nested a million deep", "json nested 50,000 deep and closed", "json with a million numbers"),
    *("a price of a million digits", "a price text of a million digits", "a price with a huge exponent"),
    *("a price text with a huge exponent", "a price that is no number", "an infinite price"),
    "a price of nulls and lists",
)
FIND_NOTHING = ("a regex of nested repeats", "an attribute of nothing")
"""Strategies that are no danger: the page is read as if they were not there."""
STILL_READ = (
    *("cut off in a tag", "nul bytes", "utf-16 without a mark", "utf-32", "a wrong charset", "an unknown charset"),
    *("broken utf-8", "lone surrogates", "900 elements deep", "lists in lists", "an attribute of 8 MB"),
    *("a title of 5 MB", "190,000 empty elements", "95,000 text nodes", "60,000 meta tags", "100,000 classes"),
    *("5,000 json-ld blocks", "application state of 8 MB", "scripts of nothing but braces", "a script of assignments"),
    *("a script of quotes", "a million currencies", "digits and spaces", "dots, dashes and brackets", "entities"),
)


@pytest.fixture(scope="module")
def readings() -> Mapping[str, Mapping[str, Any]]:
    """How each ended, by name; what comes after the one that took too much is missing."""
    reader = "pricewatch_pipeline_tests.support.hostile_reader"
    ended = subprocess.run([sys.executable, "-m", reader], capture_output=True, text=True, check=False)
    results = [json.loads(line) for line in ended.stdout.splitlines()]
    assert results, ended.stderr
    return {result["name"]: result for result in results} | {"": {"error": ended.stderr[-2000:]}}


def of(readings: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    assert name in readings, f"the reader took too much, or raised: {readings['']['error']}"
    return readings[name]


@pytest.mark.parametrize("name", PAGES)
def test_reading_it_ends_in_bounds_with_an_outcome_and_what_can_be_stored(
    name: str, readings: Mapping[str, Mapping[str, Any]]
) -> None:
    result = of(readings, name)
    outcome = Outcome(result["outcome"])
    assert result["problems"] == []
    assert outcome in (Outcome.OK, Outcome.UNREADABLE, Outcome.NOT_A_PRODUCT)
    assert bool(result["error"]) == (outcome is not Outcome.OK)


@pytest.mark.parametrize(("name", "why"), REFUSED.items())
def test_what_no_parser_could_end_is_not_parsed(name: str, why: str, readings: Mapping[str, Mapping[str, Any]]) -> None:
    assert why in of(readings, name)["error"]


@pytest.mark.parametrize("name", WITHOUT_A_PRICE)
def test_no_price_is_made_of_what_is_none(name: str, readings: Mapping[str, Mapping[str, Any]]) -> None:
    assert of(readings, name)["price"] is None


@pytest.mark.parametrize("name", STILL_READ)
def test_a_price_is_read_whatever_stands_beside_it(name: str, readings: Mapping[str, Mapping[str, Any]]) -> None:
    assert of(readings, name)["price"] == "12.50"


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_that_asks_too_much_is_refused_or_gives_nothing(
    name: str, readings: Mapping[str, Mapping[str, Any]]
) -> None:
    result = of(readings, name)
    if name in FIND_NOTHING:
        assert (result["outcome"], result["price"]) == ("ok", "12.50")
    else:
        assert result["outcome"] == "unreadable"
        assert "a strategy of the store 's' was refused" in result["error"]
