"""How far prices may move, as files say it: read, inherited, and written again."""

from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.plausibility import PlausibilityBounds
from pricewatch_pipeline.watch_files.plausibility import bounds_entry
from pricewatch_pipeline_tests.unit.watch_files.conftest import Read

SAID = [
    ("off", PlausibilityBounds(is_on=False), "off"),
    ("false", PlausibilityBounds(is_on=False), "off"),
    ("{checked: false}", PlausibilityBounds(is_on=False), "off"),
    ("on", PlausibilityBounds(is_on=True), "on"),
    ("{}", PlausibilityBounds(is_on=True), "on"),
    ("null", PlausibilityBounds(), None),
    ("{max_fall: 60%}", PlausibilityBounds(is_on=True, max_fall=Decimal("0.6")), {"max_fall": "60%"}),
    ("{max_rise: 100%}", PlausibilityBounds(is_on=True, max_rise=Decimal(1)), {"max_rise": "100%"}),
    (
        "{max_fall: 60%, checked: false}",
        PlausibilityBounds(is_on=False, max_fall=Decimal("0.6")),
        {"max_fall": "60%", "checked": False},
    ),
    ("{max_rise: 12.5 %}", PlausibilityBounds(is_on=True, max_rise=Decimal("0.125")), {"max_rise": "12.5%"}),
    (
        "{max_fall: any, max_rise: any}",
        PlausibilityBounds(is_on=True, max_fall=Decimal(1), max_rise=Decimal("Infinity")),
        {"max_fall": "any", "max_rise": "any"},
    ),
    (
        "{currency: any, title: same}",
        PlausibilityBounds(is_on=True, checks_currency=False, checks_title=True),
        {"currency": "any", "title": "same"},
    ),
]


@pytest.mark.parametrize(("text", "bounds", "written"), SAID)
def test_what_is_said_is_read_and_written_again(
    read: Read, text: str, bounds: PlausibilityBounds, written: object
) -> None:
    (store,) = read(shops=f"stores: [{{id: s, domains: [shop.de], plausibility: {text}}}]").stores
    assert store.plausibility == bounds
    assert bounds_entry(bounds) == written


def test_the_nearest_level_that_says_something_wins_field_by_field(read: Read) -> None:
    found = read(
        a="""
defaults: {plausibility: off}
products:
  - id: lamp
    plausibility: {max_fall: 70%, title: any}
    urls:
      - {id: near, url: http://a.de/1, plausibility: {max_fall: 80%}}
      - {id: far, url: http://b.de/1}
watches:
  - {id: alone, url: http://c.de/1}
"""
    )
    bounds = {watch.watch_id: watch.plausibility for watch in found.watches}
    assert bounds == {
        "near": PlausibilityBounds(is_on=True, max_fall=Decimal("0.8"), checks_title=False),
        "far": PlausibilityBounds(is_on=True, max_fall=Decimal("0.7"), checks_title=False),
        "alone": PlausibilityBounds(is_on=False),
    }
