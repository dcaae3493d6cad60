"""What a check by hand asks for in place of its watch's query."""

import pytest

from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.ask_otherwise import query_asked

INSIDERS = Watch(
    watch_id="aapl",
    provider="sec_form4",
    query={"company": "AAPL", "days_back": "all", "max_filings": 5},
    host="sec.gov",
)
LAMP = Watch(watch_id="lamp", provider="retail", query={"url": "https://shop.example/lamp"}, host="shop.example")


def test_what_is_asked_for_stands_in_place_of_what_the_watch_says_and_the_rest_stays() -> None:
    query = query_asked(INSIDERS, providers(), {"days_back": "30"})
    assert (query["company"], query["days_back"], query["max_filings"]) == ("AAPL", 30, 5)


def test_all_is_a_value_too() -> None:
    assert query_asked(INSIDERS, providers(), {"days_back": "all", "max_filings": "7"})["days_back"] == "all"


@pytest.mark.parametrize(
    ("watch", "asked", "said"),
    [
        (LAMP, {"days_back": "30"}, "lamp is a watch of retail, whose queries have no days_back"),
        (INSIDERS, {"days_back": "-1"}, "aapl: days_back: "),
        (INSIDERS, {"days_back": "soon"}, "aapl: days_back: must be a whole number"),
        (INSIDERS, {"max_filings": "0"}, "aapl: max_filings: must be greater than or equal to 1"),
        (Watch(watch_id="w", provider="odd", query={}, host="h"), {"days_back": "1"}, "no provider 'odd' is installed"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(watch: Watch, asked: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        query_asked(watch, providers(), asked)
